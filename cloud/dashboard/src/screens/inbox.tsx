import { useState } from "react";
import { change } from "../api/calls";
import type { Notice, Page } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { isKey } from "../i18n/translate";
import { usePage, useVisitor } from "../page";
import { NOTICES_READ } from "../parts/bell";
import { WarningIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { QuietHours } from "../parts/quiet-hours";
import { ToldWhere } from "../parts/told-where";
import { may } from "../roles";
import { addressOf } from "../route";

/** Notices on a page. */
const SHOWN = 50;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** What was raised and needs somebody, and where else the visitor is told of it. */
export function Inbox({ known, params }: Props) {
  return (
    <div className="place-parts">
      <Notices known={known} params={params} />
      <ToldWhere stores={known.stores.value?.map(({ store }) => store) ?? []} />
      <QuietHours />
    </div>
  );
}

function Notices({ known, params }: Props) {
  const { language, t, failure } = usePage();
  const session = useVisitor();
  const [wrong, setWrong] = useState<string | null>(null);
  const [shown, after] = [params.get("shown") ?? "open", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN), language: language.code });
  if (shown === "open") {
    query.set("open", "true");
  }
  if (after !== "") {
    query.set("after", after);
  }
  const { part, again } = useAsked<Page<Notice>>(`/api/v1/notices?${query}`);
  const notices = part.value?.items ?? [];
  const send = async (method: "POST" | "PUT", path: string, body?: unknown) => {
    const outcome = await change<null>(session, method, path, body);
    setWrong(outcome.ok ? null : failure(outcome.failure));
    again();
    window.dispatchEvent(new Event(NOTICES_READ));
  };
  const newest = Math.max(0, ...notices.map((notice) => notice.id));
  return (
    <section className="panel store" aria-label={t("inboxTitle")}>
      <div className="deeds">
        <label className="choice store-choice">
          <span>{t("inboxShow")}</span>
          <select value={shown} onChange={(event) => location.assign(addressOf("inbox", null, { shown: event.target.value }))}>
            <option value="open">{t("inboxOpen")}</option>
            <option value="all">{t("inboxAll")}</option>
          </select>
        </label>
        {notices.some((notice) => !notice.read) && (
          <button type="button" className="button" onClick={() => void send("PUT", "/api/v1/notices/read", { up_to: newest })}>
            {t("inboxReadAll")}
          </button>
        )}
      </div>
      <div role="alert">{wrong !== null && <p className="banner banner-error">{wrong}</p>}</div>
      <PartState part={part} />
      {part.value !== null && notices.length === 0 && (
        <div className="empty">
          <h2>{t("inboxEmpty")}</h2>
          <p className="soft">{t("inboxEmptyHint")}</p>
        </div>
      )}
      <ul className="notices">
        {notices.map((notice) => (
          <NoticeRow key={notice.id} notice={notice} zone={zoneOf(known, notice.store)} place={placeOf(known, notice.store)} onTake={() => void send("POST", `/api/v1/notices/${notice.id}/acknowledgement`)} />
        ))}
      </ul>
      {part.value?.next !== undefined && (
        <nav className="deeds" aria-label={t("pages")}>
          <a className="button" href={addressOf("inbox", null, { shown, after: part.value.next })}>
            {t("nextPage")}
          </a>
        </nav>
      )}
    </section>
  );
}

interface RowProps {
  readonly notice: Notice;
  readonly zone: string;
  /** The store's name, where it is about one. */
  readonly place: string | undefined;
  readonly onTake: () => void;
}

function NoticeRow({ notice, zone, place, onTake }: RowProps) {
  const { language, t } = usePage();
  const session = useVisitor();
  const severity = `severity_${notice.severity}`;
  const isOpen = notice.settled_at_ms === undefined;
  return (
    <li className="notice" data-severity={notice.severity} data-notice={notice.id} data-read={notice.read}>
      <p className="notice-head">
        {notice.severity !== "info" && isOpen && <WarningIcon />}
        <strong>{notice.subject}</strong>
        {!notice.read && <span className="tag">{t("inboxNew")}</span>}
      </p>
      <p className="notice-text">{notice.text}</p>
      <p className="soft small">
        {isKey(language, severity) ? t(severity) : notice.severity} · {place ?? session.organisation} · <Moment atMs={notice.raised_at_ms} timeZone={zone} />
        {!isOpen && ` · ${t("inboxEnded")}`}
        {notice.acknowledged_at_ms !== undefined && ` · ${t("inboxTaken")}`}
      </p>
      {isOpen && notice.acknowledged_at_ms === undefined && may(session, "take-notices") && (
        <button type="button" className="button" onClick={onTake}>
          {t("inboxTake")}
        </button>
      )}
    </li>
  );
}

function placeOf(known: FleetKnown, store: string | undefined): string | undefined {
  return known.stores.value?.find((one) => one.store.id === store)?.store.name ?? store;
}

function zoneOf(known: FleetKnown, store: string | undefined): string {
  return known.stores.value?.find((one) => one.store.id === store)?.store.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}
