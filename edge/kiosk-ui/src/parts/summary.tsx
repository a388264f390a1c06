import type { Line, Quantity, Totals } from "../api/types";
import { formatRate } from "../../../../shared/pages/amounts";
import { useShop } from "../shop";
import { AgeBadge } from "./age";
import { Picture } from "./picture";

/** Lines as they are read on paper: what, how much of it, and what it comes to. */
export function SummaryLines({ lines, pictures }: { readonly lines: readonly Line[]; readonly pictures: boolean }) {
  const { name, money, price, quantity, t, language } = useShop();
  const count = new Intl.NumberFormat(language.locale);
  const much = (of: Quantity) => ("pieces" in of ? count.format(of.pieces) : quantity(of));
  return (
    <ul className="summary-lines">
      {lines.map((line) => (
        <li key={line.line} className="summary-line" data-product={line.product}>
          {pictures && <Picture src={line.picture} name={name(line.name)} />}
          <span className="summary-words">
            <span className="summary-name">{name(line.name)}</span>
            <span className="summary-unit">
              <AgeBadge limit={line.age_limit} /> {line.quantity === null ? t("notWeighed") : `${much(line.quantity)} × ${price(line.unit_price)}`}
            </span>
          </span>
          <span className="summary-amount">{line.amount_minor === null ? "—" : money(line.amount_minor)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The taxes within the total, or on top of it. */
export function Taxes({ totals }: { readonly totals: Totals }) {
  const { state, t, money, language } = useShop();
  const included = state.till.tax_inclusive;
  return (
    <dl className="taxes">
      {!included && (
        <div>
          <dt>{t("netAmount")}</dt>
          <dd>{money(totals.net_minor)}</dd>
        </div>
      )}
      {totals.taxes.map((tax) => (
        <div key={tax.code}>
          <dt>{t(included ? "taxIncluded" : "taxAdded", { rate: formatRate(tax.rate_basis_points, language.locale) })}</dt>
          <dd>{money(tax.tax_minor)}</dd>
        </div>
      ))}
    </dl>
  );
}
