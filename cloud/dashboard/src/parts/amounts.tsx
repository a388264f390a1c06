import type { Amount } from "../fleet/standing";
import { usePage } from "../page";

/** One line for each currency. */
export function Amounts({ amounts, nothing }: { readonly amounts: readonly Amount[]; readonly nothing: string }) {
  const { money } = usePage();
  if (amounts.length === 0) {
    return <span className="soft">{nothing}</span>;
  }
  return amounts.map((amount) => (
    <span key={amount.currency} className="amount">
      {money(amount)}
    </span>
  ));
}
