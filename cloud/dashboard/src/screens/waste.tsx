import { storePath } from "../api/calls";
import type { Items, Store, WasteSum } from "../api/types";
import { useAsked } from "../fleet/asked";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { ProductName } from "../parts/line-product";
import { PartState } from "../parts/part-state";
import { addressOf } from "../route";
import { amountOf, stockText } from "../stock/words";

/** What was thrown away or lost in a store lately, by product and reason. */
export function Waste({ store }: { readonly store: Store }) {
  const { t } = usePage();
  const { part } = useAsked<Items<WasteSum>>(`${storePath(store.id)}/stock/waste`);
  const sums = part.value?.items ?? [];
  return (
    <section className="panel store" aria-labelledby="waste">
      <h2 id="waste">{t("wasteSince")}</h2>
      <PartState part={part} forbidden="stockForbidden" />
      {part.value !== null && sums.length === 0 && (
        <div className="empty">
          <h3>{t("wasteEmpty")}</h3>
          <p className="soft">{t("wasteEmptyHint")}</p>
        </div>
      )}
      {sums.length > 0 && <WasteTable sums={sums} store={store} />}
    </section>
  );
}

function WasteTable({ sums, store }: { readonly sums: readonly WasteSum[]; readonly store: Store }) {
  const { language, money, t } = usePage();
  const worth = (minor: number | null | undefined, currency: string) =>
    typeof minor === "number" ? <span className="amount">{money(amountOf(minor, currency, language.locale))}</span> : <span className="soft">{t("wasteUnknownCost")}</span>;
  const why = (reason: string) => {
    const key = `waste_${reason}`;
    return isKey(language, key) ? t(key) : reason;
  };
  return (
    <table role="table" className="rows waste">
      <caption className="hidden">{t("wasteSince")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column>{t("stockReason")}</Column>
          <Column numeric>{t("stockViewWaste")}</Column>
          <Column numeric>{t("columnTimes")}</Column>
          <Column numeric>{t("columnAtCost")}</Column>
          <Column numeric>{t("columnAtPrice")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {sums.map(({ waste, times }) => (
          <tr role="row" key={`${waste.product}/${waste.unit}/${waste.currency}/${waste.reason}`} data-waste={waste.reason}>
            <th role="rowheader" scope="row">
              <a className="row-link" href={addressOf("stock", waste.product, { store: store.id })}>
                <ProductName id={waste.product} />
              </a>
            </th>
            <Cell label={t("stockReason")}>{why(waste.reason)}</Cell>
            <Cell label={t("stockViewWaste")} numeric>
              <span className="amount">{stockText(waste.quantity, waste.unit, language.locale, t)}</span>
            </Cell>
            <Cell label={t("columnTimes")} numeric>
              {times}
            </Cell>
            <Cell label={t("columnAtCost")} numeric>
              {worth(waste.cost_minor, waste.currency)}
            </Cell>
            <Cell label={t("columnAtPrice")} numeric>
              {worth(waste.price_minor, waste.currency)}
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
