import type { Key } from "../i18n/language";
import { useActing, useShop } from "../shop";
import { Button } from "./button";
import { FailureText } from "./failure";
import type { PayBlock } from "../api/types";

const BLOCKED: Readonly<Record<PayBlock, Key>> = {
  empty: "payEmpty",
  questions: "payQuestions",
  // The basket can be looked over meanwhile.
  approval: "reviewAndPay",
  unsettled: "payUnsettled",
  device: "payDevice",
};

/** The foot of the screen: what it comes to, and the one thing to do next. */
export function TotalBar({ onQuestions }: { readonly onQuestions: () => void }) {
  const { state, t } = useShop();
  const acting = useActing();
  const blocked = state.pay_blocked_by;
  const review = () => void acting.run({ action: "review" });
  const toDo = blocked === "questions" ? onQuestions : blocked === null || blocked === "approval" ? review : undefined;
  return (
    <footer className="foot">
      <TotalAmount />
      <div className="foot-next">
        <Button kind="primary" className="next" busy={acting.busy} aria-disabled={toDo === undefined || undefined} onClick={toDo}>
          {blocked === null ? t("reviewAndPay") : t(BLOCKED[blocked], { count: state.questions.length })}
        </Button>
        {blocked === "device" && <p className="foot-hint">{t("payDeviceHint")}</p>}
        <FailureText failure={acting.failure} />
      </div>
    </footer>
  );
}

export function TotalAmount() {
  const { state, t, money } = useShop();
  const { totals, item_count } = state.basket;
  return (
    <div className="total">
      <p className="hidden" role="status">
        {t("totalSpoken", { amount: money(totals.gross_minor), count: item_count })}
      </p>
      <p className="total-label">
        {t("total")} · {t("items", { count: item_count })}
      </p>
      <p className="total-amount">{money(totals.gross_minor)}</p>
    </div>
  );
}
