import type { Line } from "../api/types";
import { formatProbability } from "../../../../shared/pages/amounts";
import type { Key } from "../i18n/language";
import { useActing, useShop } from "../shop";
import { Button } from "./button";
import { FailureText } from "./failure";
import { AskIcon } from "./icons";

const IDENTIFIED: Readonly<Record<Line["identified_by"], Key>> = {
  vision: "identifiedVision",
  candidate: "identifiedCandidate",
  search: "identifiedSearch",
  barcode: "identifiedBarcode",
  plu: "identifiedPlu",
  staff: "identifiedStaff",
};

/** Why a line costs what it costs and how the till came to it, and the way to say that it is something else. */
export function LineReason({ line, id }: { readonly line: Line; readonly id: string }) {
  const { t, money, price, quantity, language } = useShop();
  const acting = useActing();
  const sure = line.identified_by === "vision" && line.probability !== null;
  return (
    <div className="reason" id={id}>
      <p className="reason-sum">
        {line.quantity === null || line.amount_minor === null
          ? t("notWeighed")
          : t("sum", {
              quantity: quantity(line.quantity),
              price: price(line.unit_price),
              amount: money(line.amount_minor),
            })}
      </p>
      <p className="reason-how">
        {sure && line.probability !== null
          ? t("identifiedVisionSure", { percent: formatProbability(line.probability, language.locale) })
          : t(IDENTIFIED[line.identified_by] ?? "identifiedStaff")}
        {!line.on_tray && ` · ${t("notOnTray")}`}
      </p>
      {line.tracks.length > 0 && (
        <Button icon={<AskIcon />} busy={acting.busy} onClick={() => void acting.run({ action: "reopen_line", line: line.line })}>
          {t("wrongProduct")}
        </Button>
      )}
      <FailureText failure={acting.failure} />
    </div>
  );
}
