import { useEffect, useState } from "react";
import { change, storePath } from "../api/calls";
import type { StockCount, Store } from "../api/types";
import { useAsked } from "../fleet/asked";
import { usePage, useVisitor } from "../page";
import { CountLines } from "../parts/count-lines";
import { CountNow } from "../parts/count-now";
import { BackIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { Sure } from "../parts/sure";
import { may } from "../roles";
import { addressOf } from "../route";
import { CountFound, CountName, CountState } from "./counts";

/** How often it is asked what others have counted meanwhile. */
const ASK_MS = 10_000;

interface Props {
  readonly store: Store;
  readonly id: string;
}

/** One count: while it is under way one product after the other, and what was found. */
export function Count({ store, id }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const path = `${storePath(store.id)}/stock/counts/${encodeURIComponent(id)}`;
  const { part, again } = useAsked<StockCount>(path);
  // What was just counted is drawn anew in the list, and what others count is seen after a while.
  const [changed, setChanged] = useState(0);
  const count = part.value;
  const open = count?.state === "open";
  useEffect(() => {
    if (!open) {
      return;
    }
    const timer = setInterval(() => again(), ASK_MS);
    return () => clearInterval(timer);
  }, [open, again]);
  const onCounted = () => {
    setChanged((before) => before + 1);
    again();
  };
  return (
    <div className="place-parts">
      <p>
        <a className="back" href={addressOf("stock", null, { store: store.id, view: "counts" })}>
          <BackIcon />
          {t("allCounts")}
        </a>
      </p>
      <PartState part={part} forbidden="stockForbidden" />
      {count !== null && (
        <section className="panel store product" aria-labelledby="count" data-count={count.state}>
          <Head count={count} store={store} />
          {open && may(session, "count-stock", store.id) && <CountNow path={path} changed={changed} onCounted={onCounted} />}
          {open && <End path={path} count={count} store={store} onEnded={again} />}
          <CountLines path={path} count={count} changed={changed} />
        </section>
      )}
    </div>
  );
}

function Head({ count, store }: { readonly count: StockCount; readonly store: Store }) {
  const { lines, counted } = count.sums;
  return (
    <div className="count-head">
      <div>
        <h2 id="count">
          <CountName count={count} />
        </h2>
        <p className="soft small">
          {store.name} {"· "}
          <CountState state={count.state} /> {"· "}
          <Moment atMs={count.settled_at_ms ?? count.made_at_ms} timeZone={store.time_zone} />
        </p>
      </div>
      <p className="count-found">
        <CountFound count={count} />
      </p>
      {/* The words beside it say the same. */}
      <div className="count-bar" aria-hidden="true">
        <span style={{ inlineSize: `${lines === 0 ? 0 : (100 * counted) / lines}%` }} />
      </div>
    </div>
  );
}

interface EndProps {
  readonly path: string;
  readonly count: StockCount;
  readonly store: Store;
  readonly onEnded: () => void;
}

function End({ path, count, store, onEnded }: EndProps) {
  const { t } = usePage();
  const session = useVisitor();
  const [asking, setAsking] = useState<"closing" | "cancellation" | null>(null);
  const [uncounted, setUncounted] = useState("leave");
  const left = count.sums.lines - count.sums.counted;
  if (!may(session, "correct-stock", store.id)) {
    return <p className="soft small">{t("countOnlyHeads")}</p>;
  }
  const end = (done: boolean) => {
    setAsking(null);
    if (done) {
      onEnded();
    }
  };
  if (asking === "closing") {
    return (
      <Sure title={t("countCloseTitle")} deed={t("countClose")} onSure={() => change(session, "POST", `${path}/closing`, { uncounted })} onEnd={end}>
        <p>{t("countCloseHint")}</p>
        {left > 0 && (
          <fieldset className="count-left">
            <legend>{t("countUncounted", { count: left })}</legend>
            {(["leave", "nothing"] as const).map((one) => (
              <label key={one} className="check">
                <input type="radio" name="uncounted" checked={uncounted === one} onChange={() => setUncounted(one)} />
                <span>{t(one === "leave" ? "countUncountedLeave" : "countUncountedNothing")}</span>
              </label>
            ))}
          </fieldset>
        )}
      </Sure>
    );
  }
  if (asking === "cancellation") {
    return (
      <Sure title={t("countCancelTitle")} deed={t("countCancel")} onSure={() => change(session, "POST", `${path}/cancellation`)} onEnd={end}>
        <p>{t("countCancelHint")}</p>
      </Sure>
    );
  }
  return (
    <p className="deeds">
      <button type="button" className="button" onClick={() => setAsking("closing")}>
        {t("countClose")}
      </button>
      <button type="button" className="button" onClick={() => setAsking("cancellation")}>
        {t("countCancel")}
      </button>
    </p>
  );
}
