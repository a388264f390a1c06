import type { TillState } from "../api/types";
import { useShop } from "../shop";

/** How old who buys it must be; nothing for what anybody may buy. */
export function AgeBadge({ limit }: { readonly limit: number | null }) {
  const { t } = useShop();
  return limit ? (
    <span className="age">
      <span aria-hidden="true">{t("ageBadge", { age: limit })}</span>
      <span className="hidden">{t("ageSpoken", { age: limit })}</span>
    </span>
  ) : null;
}

/** The age that a member of staff must still check; `null` when there is none, or the basket cannot be changed now. */
export function ageToCheck({ approval, phase }: TillState): number | null {
  const waits = approval?.state === "needed" && (phase === "scanning" || phase === "review");
  return waits ? approval.age_limit : null;
}
