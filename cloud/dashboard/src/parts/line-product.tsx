import { productPath } from "../api/calls";
import type { Conversion, LineMatch, ParsedLine, Product } from "../api/types";
import type { Chosen } from "../documents/draft";
import { amountText, badgeOf, unitOf } from "../documents/shown";
import { useAsked } from "../fleet/asked";
import { nameOf } from "../fleet/products";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { addressOf } from "../route";
import { LineBadge } from "./badge";

interface Props {
  readonly line: ParsedLine;
  readonly match: LineMatch | undefined;
  readonly chosen: Chosen | undefined;
  /** Absent where nothing may be changed. */
  readonly onChoose?: (chosen: Chosen | undefined) => void;
}

/** What a line is in the shop, how sure that is, and what its unit is taken for. */
export function LineProduct({ line, match, chosen, onChoose }: Props) {
  const { t } = usePage();
  const badge = badgeOf(match, chosen);
  const product = chosen === undefined ? match?.product : chosen.kind === "product" ? chosen.product : undefined;
  const candidate = match?.candidates.find((one) => one.product === product);
  const name = chosen?.kind === "product" ? chosen.name : candidate?.name;
  const accept = badge === "likely" && product !== undefined && onChoose !== undefined;
  return (
    <div className="line-product">
      <LineBadge badge={badge} />
      {product !== undefined && (
        <a className="row-link" href={addressOf("products", product)}>
          {name ?? <ProductName id={product} />}
        </a>
      )}
      {chosen === undefined && match?.conversion !== undefined && <Assumption line={line} conversion={match.conversion} />}
      {chosen?.kind === "product" && chosen.factor !== null && <span className="under">{t("unitSaid", { factor: chosen.factor })}</span>}
      {badge === "new" && match?.proposal !== undefined && <span className="under">{t("couldBecome", { name: match.proposal.name })}</span>}
      {accept && (
        <button type="button" className="button" aria-label={t("acceptNamed", { name: name ?? product })} onClick={() => onChoose({ kind: "product", product, name: name ?? product, factor: null })}>
          {t("accept")}
        </button>
      )}
    </div>
  );
}

/** A product that nobody but its id is known of here. */
export function ProductName({ id }: { readonly id: string }) {
  const { language } = usePage();
  const { part } = useAsked<Product>(productPath(id));
  return part.value === null ? id : nameOf(part.value, language.code);
}

/** "1 case = 6 pieces, from the line's name": what the quantity rests on. */
function Assumption({ line, conversion }: { readonly line: ParsedLine; readonly conversion: Conversion }) {
  const { language, t } = usePage();
  const unit = unitOf(line);
  const amount = (value: string) => amountText(value, null, language.locale);
  const inStock = (value: string) => t(conversion.unit === "g" ? "stockGrams" : "stockPieces", { amount: amount(value) });
  const key = `assumed_${conversion.assumption.code}`;
  const of = "key" in unit ? t(unit.key) : unit.text === "" ? t("unitUnnamed") : unit.text;
  return (
    <>
      <span className="under">
        {t("oneIs", { unit: of, stock: inStock(conversion.factor) })} ({isKey(language, key) ? t(key) : conversion.assumption.message})
      </span>
      <span className="under">{conversion.quantity === undefined ? t("bringsUnclear") : t("brings", { stock: inStock(String(conversion.quantity)) })}</span>
    </>
  );
}
