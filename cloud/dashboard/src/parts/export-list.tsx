import { useRef, useState } from "react";
import { change } from "../api/calls";
import type { Export, Page, Person, Store } from "../api/types";
import { DATASETS, spanText } from "../exports/choices";
import { isForbidden, type Part } from "../fleet/known";
import { sizeText } from "../format/sizes";
import { dayOf } from "../format/times";
import { useWord } from "../notices/words";
import { useCloudTime, usePage, useVisitor } from "../page";
import { may } from "../roles";
import { addressOf } from "../route";
import { Cell, Column } from "./cell";
import { AsWhat, Download, exportPath, FailedBecause, spanOf } from "./export-parts";
import { AwayIcon, ConnectedIcon, NeverIcon } from "./icons";
import { MadeBy, usePeople } from "./made-by";
import { Moment } from "./moment";
import { PartState } from "./part-state";
import { SureRow } from "./sure";

/** What takes longer than this did not work at once. */
const TRYING_AFTER_MS = 60_000;

interface Props {
  readonly part: Part<Page<Export>>;
  readonly stores: readonly Store[];
  /** Times of what is of no one store are told in this zone. */
  readonly timeZone: string;
  readonly params: URLSearchParams;
  readonly onChanged: () => void;
}

/** Every export that is kept: those that are being made, those that can be fetched, and why others cannot. */
export function ExportList({ part, stores, timeZone, params, onChanged }: Props) {
  const { t } = usePage();
  const people = usePeople();
  const heading = useRef<HTMLHeadingElement>(null);
  const [listed, after] = [params.get("listed") ?? "", params.get("after") ?? ""];
  // What the form was opened with stays in the address.
  const kept = { dataset: params.get("dataset") ?? "", store: params.get("store") ?? "" };
  const all = part.value?.items ?? [];
  const shown = all.filter((one) => listed === "" || one.dataset === listed);
  return (
    <section className="panel store" aria-labelledby="exports-made">
      <h2 id="exports-made" ref={heading} tabIndex={-1}>
        {t("exportsMade")}
      </h2>
      {!isForbidden(part) && (all.length > 0 || after !== "") && (
        <label className="choice store-choice">
          <span>{t("columnExport")}</span>
          <select value={listed} onChange={(event) => location.assign(addressOf("exports", null, { ...kept, listed: event.target.value }))}>
            <option value="">{t("exportsAny")}</option>
            {DATASETS.map((one) => (
              <option key={one} value={one}>
                {t(`dataset_${one}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <PartState part={part} forbidden="exportsForbidden" />
      {part.value !== null && shown.length === 0 && <Nothing isAll={listed === "" && after === ""} />}
      {shown.length > 0 && (
        <ExportTable
          items={shown}
          stores={stores}
          timeZone={timeZone}
          people={people}
          onRemoved={() => {
            // The row goes with what had the focus: who works with keys goes on from the head of the list.
            heading.current?.focus();
            onChanged();
          }}
        />
      )}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("exports", null, { ...kept, listed })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("exports", null, { ...kept, listed, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}

function Nothing({ isAll }: { readonly isAll: boolean }) {
  const { t } = usePage();
  return isAll ? (
    <div className="empty">
      <h3>{t("exportsNone")}</h3>
      <p className="soft">{t("exportsNoneHint")}</p>
    </div>
  ) : (
    <p className="soft">{t("exportsNoneSuch")}</p>
  );
}

interface TableProps extends Pick<Props, "stores" | "timeZone"> {
  readonly items: readonly Export[];
  readonly people: readonly Person[];
  readonly onRemoved: () => void;
}

function ExportTable({ items, ...of }: TableProps) {
  const { t } = usePage();
  return (
    <table role="table" className="rows exports">
      <caption className="hidden">{t("exportsMade")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnExport")}</Column>
          <Column>{t("chooseStore")}</Column>
          <Column>{t("columnAsked")}</Column>
          <Column>{t("columnState")}</Column>
          <Column numeric>{t("columnRows")}</Column>
          <Column numeric>{t("fileSize")}</Column>
          <Column>{t("columnKeptUntil")}</Column>
          <Column>{t("columnDo")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {items.map((one) => (
          <ExportRows key={one.id} of={one} {...of} />
        ))}
      </tbody>
    </table>
  );
}

function ExportRows({ of, stores, people, timeZone, onRemoved }: Omit<TableProps, "items"> & { readonly of: Export }) {
  const { language, t } = usePage();
  const word = useWord();
  const session = useVisitor();
  const [asking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const store = stores.find(({ id }) => id === of.store);
  const zone = store?.time_zone ?? timeZone;
  const number = new Intl.NumberFormat(language.locale);
  const days = spanText(spanOf(of), language.locale);
  const isReady = of.state === "ready";
  const isFile = isReady && of.spreadsheet === undefined;
  return (
    <>
      <tr role="row" data-export={of.id} data-state={of.state} data-dataset={of.dataset}>
        <th role="rowheader" scope="row">
          <span>
            {word("dataset", of.dataset)}
            <span className="under">
              <AsWhat of={of} />
            </span>
          </span>
        </th>
        <Cell label={t("chooseStore")}>
          {store?.name ?? of.store ?? t("allStores")}
          <span className="under whole">{days ?? (of.dataset === "stock" ? null : t("days_all"))}</span>
        </Cell>
        <Cell label={t("columnAsked")}>
          <Moment atMs={of.made_at_ms} timeZone={zone} />
          <span className="under">
            <MadeBy maker={of.made_by} people={people} />
          </span>
        </Cell>
        <Cell label={t("columnState")}>
          <State of={of} />
        </Cell>
        <Cell label={t("columnRows")} numeric>
          {isReady ? number.format(of.rows) : "—"}
        </Cell>
        <Cell label={t("fileSize")} numeric>
          <span className="whole">{isFile ? sizeText(of.size_bytes, language.locale) : "—"}</span>
        </Cell>
        <Cell label={t("columnKeptUntil")}>
          <time className="whole" dateTime={new Date(of.expires_at_ms).toISOString()}>{dayOf(of.expires_at_ms, language.locale, zone)}</time>
        </Cell>
        <Cell label={t("columnDo")}>
          <span className="deeds">
            {isFile && <Download of={of} />}
            {may(session, "plan-exports", of.store) && (
              <button ref={opener} type="button" className="button" aria-expanded={asking} aria-label={t("exportRemoveNamed", { what: word("dataset", of.dataset) })} onClick={() => setAsking(true)}>
                {t("exportRemove")}
              </button>
            )}
          </span>
        </Cell>
      </tr>
      {asking && (
        <SureRow
          columns={8}
          title={t("exportRemoveTitle")}
          deed={t("exportRemove")}
          onSure={() => change(session, "DELETE", exportPath(of.id))}
          onEnd={(done) => {
            setAsking(false);
            if (done) {
              onRemoved();
            } else {
              opener.current?.focus();
            }
          }}
        >
          <p>{t(isFile ? "exportRemoveHint" : "exportRemoveRow")}</p>
        </SureRow>
      )}
    </>
  );
}

function State({ of }: { readonly of: Export }) {
  const { t } = usePage();
  const word = useWord();
  const nowMs = useCloudTime();
  const icon = of.state === "ready" ? <ConnectedIcon /> : of.state === "failed" ? <AwayIcon /> : <NeverIcon />;
  return (
    <>
      <span className={`state state-${of.state === "failed" ? "away" : "connected"}`}>
        {icon}
        {of.state === "ready" && of.spreadsheet !== undefined ? t("exportInSheet") : word("export", of.state)}
      </span>
      {of.state === "waiting" && nowMs - of.made_at_ms > TRYING_AFTER_MS && <span className="under export-reason">{t("exportTrying")}</span>}
      {of.problem !== undefined && (
        <span className="under export-reason">
          <FailedBecause of={of} />
        </span>
      )}
    </>
  );
}
