import { useEffect, useState } from "react";
import { act } from "../api/calls";
import type { Receipt as ReceiptState } from "../api/types";
import { formatRate, formatTime } from "../../../../shared/pages/amounts";
import { Button } from "../parts/button";
import { FailureText } from "../parts/failure";
import { BagIcon } from "../parts/icons";
import { SummaryLines } from "../parts/summary";
import { ScreenTitle } from "../parts/title";
import { useActing, useSecondsTo, useShop } from "../shop";

/** How long a receipt stays where the till does not say. */
const SHOWN_MS = 15_000;
/** The page closes a receipt only when the till, which closes it too, is late. */
const GRACE_MS = 2_000;

/** Thanks, what was paid, and a reminder to take it along. Closes by itself so that nobody else reads it. */
export function Receipt({ receipt }: { readonly receipt: ReceiptState }) {
  const { known, t } = useShop();
  const acting = useActing();
  const [ownEnd, setOwnEnd] = useState(() => performance.now() + SHOWN_MS);
  const seconds = useSecondsTo(known.timeOutAt ?? ownEnd) ?? 0;
  const over = seconds === 0;

  useEffect(() => {
    if (!over) {
      return;
    }
    const timer = setTimeout(() => void act({ action: "finish" }), GRACE_MS);
    return () => clearTimeout(timer);
  }, [over]);

  const keep = async () => {
    if (await acting.run({ action: "extend_time" })) {
      setOwnEnd(performance.now() + SHOWN_MS);
    }
  };

  return (
    <div className="receipt">
      <div className="receipt-thanks">
        <ScreenTitle className="receipt-title">{t("receiptTitle")}</ScreenTitle>
        <p className="receipt-take">
          <BagIcon />
          {t("receiptHint")}
        </p>
      </div>
      <div className="receipt-scroll" tabIndex={0} role="region" aria-label={t("receiptNumber", { number: String(receipt.sequence) })}>
        <Paper receipt={receipt} />
      </div>
      <div className="receipt-ways">
        <Button kind="primary" className="next" busy={acting.busy} onClick={() => void acting.run({ action: "finish" })}>
          {t("receiptDone")}
        </Button>
        <div className="receipt-closes">
          <p>{t("receiptCloses", { count: seconds })}</p>
          <Button onClick={() => void keep()}>{t("receiptKeep")}</Button>
        </div>
        <FailureText failure={acting.failure} />
      </div>
    </div>
  );
}

function Paper({ receipt }: { readonly receipt: ReceiptState }) {
  const { t, money, language } = useShop();
  return (
    <article className="paper" data-sale={receipt.sale}>
      <header className="paper-head">
        <h2>{t("receiptNumber", { number: String(receipt.sequence) })}</h2>
        <p>{formatTime(receipt.completed_at, language.locale)}</p>
      </header>
      <SummaryLines lines={receipt.lines} pictures={false} />
      <p className="paper-total">
        <span>{t("total")}</span>
        <span>{money(receipt.totals.gross_minor)}</span>
      </p>
      <dl className="taxes">
        {receipt.totals.taxes.map((tax) => (
          <div key={tax.code}>
            <dt>
              {t("receiptTaxRow", {
                rate: formatRate(tax.rate_basis_points, language.locale),
                net: money(tax.net_minor),
              })}
            </dt>
            <dd>{money(tax.tax_minor)}</dd>
          </div>
        ))}
      </dl>
      {receipt.authorisation !== null && receipt.authorisation !== "" && (
        <p className="paper-note">{t("receiptAuthorisation", { code: receipt.authorisation })}</p>
      )}
    </article>
  );
}
