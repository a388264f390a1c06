import { useEffect } from "react";
import type { Unread } from "../api/types";
import { useAsked } from "../fleet/asked";
import { usePage } from "../page";
import { addressOf } from "../route";
import { BellIcon } from "./icons";

/** How often it is asked whether there is anything new. */
const ASK_EVERY_MS = 15_000;
/** What is told the bell when notices were read here. */
export const NOTICES_READ = "tillsight-notices-read";

/** The way to the inbox, with how much of it is new. */
export function Bell() {
  const { t } = usePage();
  const { part, again } = useAsked<Unread>("/api/v1/notices/unread");
  useEffect(() => {
    const ask = () => document.visibilityState === "visible" && again();
    const timer = setInterval(ask, ASK_EVERY_MS);
    window.addEventListener(NOTICES_READ, again);
    return () => {
      clearInterval(timer);
      window.removeEventListener(NOTICES_READ, again);
    };
  }, [again]);
  const unread = part.value?.unread ?? 0;
  const words = unread === 0 ? t("inboxNothingNew") : t("inboxUnread", { count: unread });
  return (
    <a className="button bell" href={addressOf("inbox")} aria-label={words} title={words} data-unread={unread}>
      <BellIcon />
      {unread > 0 && <span className="bell-count">{unread > 99 ? "99+" : unread}</span>}
    </a>
  );
}
