import { CancelAll } from "../parts/basket";
import { Button } from "../parts/button";
import { FailureText } from "../parts/failure";
import { BackIcon } from "../parts/icons";
import { SummaryLines, Taxes } from "../parts/summary";
import { ScreenTitle } from "../parts/title";
import { TotalAmount } from "../parts/total";
import { useActing, useShop } from "../shop";

/** The last look before paying. */
export function Review() {
  const { state, t, money } = useShop();
  const acting = useActing();
  const { basket } = state;
  return (
    <div className="review">
      <div className="review-scroll" tabIndex={0} role="region" aria-label={t("basketTitle")}>
        <ScreenTitle>{t("reviewTitle")}</ScreenTitle>
        <p className="screen-hint">{t("reviewHint")}</p>
        <div className="sheet">
          <SummaryLines lines={basket.lines} pictures />
          <Taxes totals={basket.totals} />
        </div>
        <CancelAll />
      </div>
      <footer className="foot">
        <TotalAmount />
        <div className="foot-next foot-two">
          <Button icon={<BackIcon />} onClick={() => void acting.run({ action: "back" })}>
            {t("reviewBack")}
          </Button>
          <Button
            kind="primary"
            className="next"
            busy={acting.busy}
            aria-disabled={state.pay_blocked_by !== null || undefined}
            onClick={() => (state.pay_blocked_by === null ? void acting.run({ action: "pay" }) : undefined)}
          >
            {state.pay_blocked_by === null
              ? t("pay", { amount: money(basket.totals.gross_minor) })
              : t(state.pay_blocked_by === "approval" ? "payApproval" : "payDevice")}
          </Button>
          <FailureText failure={acting.failure} />
        </div>
      </footer>
    </div>
  );
}
