import { productPath } from "../api/calls";
import type { LineMatch, ParsedLine, Product } from "../api/types";
import type { Chosen } from "../documents/draft";
import { amountText, badgeOf, inStockUnits, unitOf } from "../documents/shown";
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
  /** Somebody wrote another unit, which only the cloud can tell the meaning of. */
  readonly unitChanged: boolean;
  /** Absent where nothing may be changed. */
  readonly onChoose?: (chosen: Chosen | undefined) => void;
}

/** What a line is in the shop, how sure that is, and what its unit is taken for. */
export function LineProduct({ line, match, chosen, unitChanged, onChoose }: Props) {
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
      {product !== undefined && <Brings line={line} match={match} product={product} factor={chosen?.kind === "product" ? chosen.factor : null} unitChanged={unitChanged} />}
      {badge === "new" && match?.proposal !== undefined && match.proposal.name !== line.name?.value && <span className="under">{t("couldBecome", { name: match.proposal.name })}</span>}
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

interface BringsProps extends Pick<Props, "line" | "match" | "unitChanged"> {
  readonly product: string;
  /** What somebody just said that a unit is. */
  readonly factor: string | null;
}

/** "1 case = 6 pcs (from the line's name)": what the quantity rests on, and what it brings. */
function Brings({ line, match, product, factor, unitChanged }: BringsProps) {
  const { language, t } = usePage();
  const conversion = match?.product === product ? match.conversion : undefined;
  const unit = unitOf(line);
  const of = "key" in unit ? t(unit.key) : unit.text === "" ? t("unitUnnamed") : unit.text;
  const inStock = (value: string) => t(conversion?.unit === "g" ? "stockGrams" : "stockPieces", { amount: amountText(value, null, language.locale) });
  if (factor !== null) {
    return <span className="under">{t("unitSaid", { unit: of, factor: amountText(factor, null, language.locale) })}</span>;
  }
  if (conversion === undefined || unitChanged) {
    return null;
  }
  const { code, message } = conversion.assumption;
  const key = `assumed_${code}`;
  const goesWithoutSaying = code === "same_unit" && conversion.factor === "1";
  const quantity = inStockUnits(line.quantity?.value ?? "0", conversion.factor);
  return (
    <>
      {!goesWithoutSaying && (
        <span className="under">
          {t("oneIs", { unit: of, stock: inStock(conversion.factor) })} ({isKey(language, key) ? t(key) : message})
        </span>
      )}
      <span className="under">{quantity === null ? t("bringsUnclear") : t("brings", { stock: inStock(quantity) })}</span>
    </>
  );
}
