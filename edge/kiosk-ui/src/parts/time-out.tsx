import { useEffect } from "react";
import { useActing, useSecondsTo, useShop } from "../shop";
import { beep } from "./beep";
import { Button } from "./button";
import { FailureText } from "./failure";
import { ClockIcon } from "./icons";

/** Seconds left at which the warning sounds again. */
const SOUNDS_AGAIN = [10, 5];

/** Warns before an abandoned basket is cleared: by sight, by sound, and with as much more time as is wanted. */
export function TimeOut() {
  const { state, known, t } = useShop();
  const acting = useActing();
  const runs = state.time_out !== null && state.phase !== "receipt" && state.phase !== "idle";
  const seconds = useSecondsTo(runs ? known.timeOutAt : null);
  const again = seconds !== null && SOUNDS_AGAIN.includes(seconds) ? seconds : 0;

  useEffect(() => {
    if (runs) {
      beep();
    }
  }, [runs, again]);

  if (!runs || seconds === null) {
    return null;
  }
  return (
    <div className="time-out" role="alertdialog" aria-labelledby="time-out-title" aria-describedby="time-out-hint">
      <ClockIcon />
      <div className="time-out-text">
        <p id="time-out-title" className="time-out-title" role="alert">
          {t("timeOutTitle")}
        </p>
        <p id="time-out-hint">{t("timeOutHint", { count: seconds })}</p>
      </div>
      <Button kind="primary" busy={acting.busy} onClick={() => void acting.run({ action: "extend_time" })}>
        {t("timeOutMore")}
      </Button>
      <FailureText failure={acting.failure} />
    </div>
  );
}
