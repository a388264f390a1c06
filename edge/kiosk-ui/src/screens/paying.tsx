import type { Payment } from "../api/types";
import type { Key } from "../i18n/language";
import { Button } from "../parts/button";
import { FailureText } from "../parts/failure";
import { BackIcon, CheckIcon, WarningIcon } from "../parts/icons";
import { ScreenTitle } from "../parts/title";
import { useActing, useShop } from "../shop";

type Running = Exclude<Payment["state"], "declined" | "failed">;

const RUNNING: Readonly<Record<Running, readonly [Key, Key]>> = {
  preparing: ["payingPreparing", "payingPreparingHint"],
  authorising: ["payingTitle", "payingHint"],
  querying: ["payingQuerying", "payingQueryingHint"],
  approved: ["payingApproved", "payingApprovedHint"],
};

const ENDED: Readonly<Record<NonNullable<Payment["reason"]>, readonly [Key, Key]>> = {
  declined_by_issuer: ["declinedTitle", "declinedHint"],
  cancelled_by_shopper: ["cancelledTitle", "cancelledHint"],
  terminal_unavailable: ["terminalTitle", "terminalHint"],
  outcome_unknown: ["unknownTitle", "unknownHint"],
  storage_failed: ["storageTitle", "storageHint"],
};

/** True for a payment that came to nothing and waits for what the shopper wants to do next. */
export function hasEnded(payment: Payment | null): payment is Payment {
  return payment !== null && (payment.state === "declined" || payment.state === "failed");
}

/** While the terminal has the word, and after it said no. */
export function Paying() {
  const { payment } = useShop().state;
  return hasEnded(payment) ? <Ended payment={payment} /> : <Underway payment={payment} />;
}

function Underway({ payment }: { readonly payment: Payment | null }) {
  const { state, t, money } = useShop();
  const acting = useActing();
  const step = (payment?.state ?? "preparing") as Running;
  const [title, hint] = RUNNING[step] ?? RUNNING.preparing;
  const cancellable = step === "preparing" || step === "authorising";
  return (
    <div className="paying" data-payment={step}>
      <div className="paying-body">
        <p className="paying-label">{t("payingAmount")}</p>
        <p className="paying-amount">{money(payment?.amount_minor ?? state.basket.totals.gross_minor)}</p>
        {step === "approved" ? <span className="paying-sign"><CheckIcon /></span> : <Terminal asking={step === "querying"} />}
        <div role="status" className="paying-words">
          <ScreenTitle>{t(title)}</ScreenTitle>
          <p className="screen-hint">{t(hint)}</p>
        </div>
      </div>
      <div className="paying-ways">
        {cancellable && (
          <Button busy={acting.busy} onClick={() => void acting.run({ action: "cancel_payment" })}>
            {t("payingCancel")}
          </Button>
        )}
        <FailureText failure={acting.failure} />
      </div>
    </div>
  );
}

export function Ended({ payment }: { readonly payment: Payment }) {
  const { t, money } = useShop();
  const acting = useActing();
  const [title, hint] = (payment.reason === null ? undefined : ENDED[payment.reason]) ?? ["failedTitle", "failedHint"];
  return (
    <div className="paying" data-payment={payment.state} data-reason={payment.reason ?? undefined}>
      <div className="paying-body">
        <span className="paying-sign paying-sign-ended">
          <WarningIcon />
        </span>
        <div role="alert" className="paying-words">
          <ScreenTitle>{t(title)}</ScreenTitle>
          <p className="screen-hint">{t(hint)}</p>
        </div>
        <p className="paying-label">{t("payingAmount")}</p>
        <p className="paying-amount paying-amount-ended">{money(payment.amount_minor)}</p>
      </div>
      <div className="paying-ways">
        <Button kind="primary" className="next" busy={acting.busy} onClick={() => void acting.run({ action: "pay" })}>
          {t("payAgain")}
        </Button>
        <Button icon={<BackIcon />} onClick={() => void acting.run({ action: "back" })}>
          {t("backToBasket")}
        </Button>
        <FailureText failure={acting.failure} />
      </div>
    </div>
  );
}

/** A card held to a terminal; the waves stand still for who asked for less motion. */
function Terminal({ asking }: { readonly asking: boolean }) {
  return (
    <svg className="terminal" viewBox="0 0 320 260" aria-hidden="true" focusable="false" data-asking={asking || undefined}>
      <rect className="terminal-body" x="84" y="24" width="124" height="216" rx="20" />
      <rect className="terminal-screen" x="102" y="44" width="88" height="62" rx="8" />
      {asking ? (
        <g className="terminal-dots">
          <circle cx="126" cy="75" r="6" />
          <circle cx="146" cy="75" r="6" />
          <circle cx="166" cy="75" r="6" />
        </g>
      ) : (
        <path className="terminal-waves" d="M132 88a18 18 0 0 1 0-26M146 94a27 27 0 0 0 0-38M160 100a37 37 0 0 0 0-50" />
      )}
      <g className="terminal-keys">
        {[0, 1, 2, 3].map((row) =>
          [0, 1, 2].map((column) => <rect key={`${row}${column}`} x={106 + column * 30} y={124 + row * 25} width="20" height="14" rx="4" />),
        )}
      </g>
      <g className="terminal-card">
        <rect x="196" y="88" width="112" height="72" rx="10" />
        <path d="M196 110h112" />
        <path d="M210 140h34" />
      </g>
    </svg>
  );
}
