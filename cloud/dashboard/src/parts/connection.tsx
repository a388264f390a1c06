import { useEffect, useState } from "react";
import { clockTime } from "../format/times";
import type { FleetKnown } from "../fleet/known";
import { ASK_EVERY_MS } from "../fleet/watch";
import { usePage } from "../page";
import { WarningIcon } from "./icons";

/** A silence shorter than this is not worth a banner. */
const LOST_AFTER_MS = 2.5 * ASK_EVERY_MS;

/** When the cloud was last heard from, and what is wrong where it is not heard. Times are this device's own. */
export function Connection({ known, nowMs }: { readonly known: FleetKnown; readonly nowMs: number }) {
  const { t, language, failure } = usePage();
  const online = useOnline();
  const { heardAtMs } = known;
  const failed = known.stores.failure;
  const heard = heardAtMs === null ? null : clockTime(heardAtMs, language.locale);
  const lost = failed?.kind === "unreachable" && heardAtMs !== null && nowMs - heardAtMs > LOST_AFTER_MS;
  const refused = failed?.kind === "refused" ? failed : null;
  return (
    <>
      <p className="heard">{heard === null ? t("notHeard") : t("heardAt", { time: heard })}</p>
      <div role="status" className="connection">
        {(lost || !online) && heard !== null && (
          <Banner title={t(online ? "lostTitle" : "offlineTitle")} text={t("lostHint", { time: heard })} />
        )}
        {online && refused !== null && known.stores.value !== null && (
          <Banner title={t("busyTitle")} text={failure(refused)} />
        )}
      </div>
    </>
  );
}

function Banner({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className="banner banner-warning">
      <WarningIcon />
      <p>
        <strong>{title}.</strong> {text}
      </p>
    </div>
  );
}

/** What the browser knows of the device's network; it is wrong in one direction only. */
function useOnline(): boolean {
  const [online, setOnline] = useState(() => navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    window.addEventListener("online", update);
    window.addEventListener("offline", update);
    return () => {
      window.removeEventListener("online", update);
      window.removeEventListener("offline", update);
    };
  }, []);
  return online;
}
