import { useState } from "react";
import { type Failure, settle } from "../api/calls";
import type { SetAside, Store } from "../api/types";
import { isKey } from "../i18n/translate";
import { usePage, useVisitor } from "../page";
import { Cell, Column } from "./cell";
import { Moment } from "./moment";

interface Props {
  readonly store: Store;
  readonly entries: readonly SetAside[];
}

/** What was set aside, each with what notes that somebody has seen to it. */
export function AsideTable({ store, entries }: Props) {
  const { t } = usePage();
  return (
    <table role="table" className="aside">
      <caption className="hidden">{t("asideTitle", { count: entries.length })}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnTill")}</Column>
          <Column>{t("columnPlace")}</Column>
          <Column>{t("columnCameIn")}</Column>
          <Column>{t("columnReason")}</Column>
          <Column>{t("columnProblem")}</Column>
          <Column>{t("columnDone")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <AsideRow key={`${entry.till} ${entry.mark}`} store={store} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function AsideRow({ store, entry }: { readonly store: Store; readonly entry: SetAside }) {
  const { language, t } = usePage();
  const reason = `aside_${entry.reason}`;
  // A mark is the place in the journal and a hash; people need the place.
  const place = entry.mark.split("-")[0] ?? entry.mark;
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        {entry.till}
      </th>
      <Cell label={t("columnPlace")}>{place}</Cell>
      <Cell label={t("columnCameIn")}>
        <Moment atMs={entry.received_at_ms} timeZone={store.time_zone} />
      </Cell>
      <Cell label={t("columnReason")}>{isKey(language, reason) ? t(reason) : entry.reason}</Cell>
      <Cell label={t("columnProblem")}>
        <span lang="en">{entry.problem}</span>
      </Cell>
      <Cell label={t("columnDone")}>
        <SettleButton entry={entry} place={place} />
      </Cell>
    </tr>
  );
}

/** The row goes with the next answer of the cloud; until then the button says that it is at it. */
function SettleButton({ entry, place }: { readonly entry: SetAside; readonly place: string }) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [settled, setSettled] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const press = async (row: Element) => {
    if (settled) {
      return;
    }
    setSettled(true);
    setFailure(null);
    const outcome = await settle(session, entry);
    if (outcome.ok) {
      // Who works with keys goes on from what opened the list: this row goes.
      row.closest("details")?.querySelector("summary")?.focus();
    } else {
      setSettled(false);
      setFailure(outcome.failure);
    }
  };
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label={settled ? undefined : t("asideSettleNamed", { till: entry.till, place })}
        aria-disabled={settled}
        onClick={(event) => void press(event.currentTarget)}
      >
        {t(settled ? "asideSettling" : "asideSettle")}
      </button>
      <span role="alert">{failure !== null && <span className="under">{textOf(failure)}</span>}</span>
    </>
  );
}
