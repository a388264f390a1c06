import { productPath } from "../api/calls";
import type { PriceSpan, Product } from "../api/types";
import { useAsked } from "../fleet/asked";
import { priceOf } from "../fleet/products";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { Cell, Column } from "./cell";
import { Exactly } from "./moment";
import { PartState } from "./part-state";

/** Prices that are shown; the cloud has all of them. */
const SHOWN = 20;

/** What a product cost, costs and will cost everywhere, the last to come first. */
export function PriceHistory({ product }: { readonly product: Product }) {
  const { t } = usePage();
  const asked = useAsked<{ readonly items: readonly PriceSpan[] }>(`${productPath(product.id)}/price-history?limit=${SHOWN}`);
  const spans = asked.part.value?.items ?? [];
  return (
    <div className="product-part">
      <h3 id="price-history">{t("priceHistory")}</h3>
      <PartState part={asked.part} />
      {asked.part.value !== null && spans.length === 0 && <p className="soft">{t("priceHistoryNone")}</p>}
      {spans.length > 0 && (
        <table role="table" className="rows" aria-labelledby="price-history" data-prices={spans.length}>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnPrice")}</Column>
              <Column>{t("priceFrom")}</Column>
              <Column>{t("priceUntil")}</Column>
              <Column>{t("priceOrigin")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {spans.map((span) => (
              <SpanRow key={`${span.from_ms} ${span.made_at_ms} ${span.price_minor}`} span={span} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function SpanRow({ span }: { readonly span: PriceSpan }) {
  const { language, money, t } = usePage();
  const { currency, price, price_minor, unit } = span;
  // A price of the organisation's belongs to no store's clock.
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const origin = `price_${span.origin}`;
  const by = `priceBy_${span.made_by.split(":")[0]}`;
  const state = `priceState_${span.state}`;
  return (
    <tr role="row" data-state={span.state}>
      <th role="rowheader" scope="row">
        {currency !== undefined && price !== undefined && price_minor !== undefined ? money(priceOf({ currency, price, price_minor })) : t("none")}{" "}
        <span className="soft small">
          {t(unit === "kg" ? "perKg" : "perPiece")}, {isKey(language, state) ? t(state) : span.state}
        </span>
      </th>
      <Cell label={t("priceFrom")}>
        <Exactly atMs={span.from_ms} timeZone={timeZone} />
      </Cell>
      <Cell label={t("priceUntil")}>{span.until_ms === undefined ? t("priceOpenEnd") : <Exactly atMs={span.until_ms} timeZone={timeZone} />}</Cell>
      <Cell label={t("priceOrigin")}>
        {isKey(language, origin) ? t(origin) : span.origin}
        {isKey(language, by) && <span className="soft small">, {t(by)}</span>}
      </Cell>
    </tr>
  );
}
