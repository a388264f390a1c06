import type { Items, KindTotal, OwnFile, Page } from "../api/types";
import { useAsked } from "../fleet/asked";
import { type FleetKnown, isForbidden } from "../fleet/known";
import { lastsText, sizeText } from "../format/sizes";
import { dayOf } from "../format/times";
import { useWord } from "../notices/words";
import { usePage } from "../page";
import { BackupsPanel } from "../parts/backups-panel";
import { Cell, Column } from "../parts/cell";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { addressOf } from "../route";

/** Files on a page. */
const SHOWN = 50;
/** The kinds of which there are files to list. */
const LISTED = ["document", "photo", "export", "report"] as const;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** What is kept here as files, how large it is and when it goes; and the copies of all of it. */
export function Files({ known, params }: Props) {
  const timeZone = known.stores.value?.[0]?.store.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="place-parts">
      <BackupsPanel timeZone={timeZone} />
      <Totals />
      <Listed params={params} timeZone={timeZone} />
    </div>
  );
}

function Totals() {
  const { language, t } = usePage();
  const word = useWord();
  const { part } = useAsked<Items<KindTotal>>("/api/v1/files/totals");
  if (isForbidden(part)) {
    return <p className="soft">{t("filesForbidden")}</p>;
  }
  const totals = part.value?.items ?? [];
  const number = new Intl.NumberFormat(language.locale);
  const all = totals.reduce((sum, one) => sum + (one.size_bytes ?? 0), 0);
  return (
    <section className="panel store" aria-labelledby="totals">
      <h2 id="totals">{t("filesTotals")}</h2>
      <PartState part={part} />
      {totals.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("filesTotals")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("fileKind")}</Column>
              <Column numeric>{t("fileCount")}</Column>
              <Column numeric>{t("fileSize")}</Column>
              <Column>{t("fileKept")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {totals.map((one) => (
              <tr role="row" key={one.kind} data-kind={one.kind}>
                <th role="rowheader" scope="row">
                  {word("files", one.kind)}
                </th>
                <Cell label={t("fileCount")} numeric>
                  {one.files === undefined ? t("fileAsNeeded") : number.format(one.files)}
                </Cell>
                <Cell label={t("fileSize")} numeric>
                  {one.size_bytes === undefined ? "—" : sizeText(one.size_bytes, language.locale)}
                </Cell>
                <Cell label={t("fileKept")}>
                  <Kept total={one} />
                </Cell>
              </tr>
            ))}
          </tbody>
          <tfoot role="rowgroup">
            <tr role="row">
              <th role="rowheader" scope="row">
                {t("fileAll")}
              </th>
              <Cell label={t("fileCount")} numeric>
                {number.format(totals.reduce((sum, one) => sum + (one.files ?? 0), 0))}
              </Cell>
              <Cell label={t("fileSize")} numeric>
                {sizeText(all, language.locale)}
              </Cell>
              <td role="cell" />
            </tr>
          </tfoot>
        </table>
      )}
    </section>
  );
}

function Kept({ total }: { readonly total: KindTotal }) {
  const { language, t } = usePage();
  if (total.kept_hours === undefined) {
    return t("fileStays");
  }
  return total.kind === "camera_crop" ? t("fileCrop", { time: lastsText(total.kept_hours, language.locale, "short") }) : lastsText(total.kept_hours, language.locale);
}

function Listed({ params, timeZone }: { readonly params: URLSearchParams; readonly timeZone: string }) {
  const { t } = usePage();
  const word = useWord();
  const [kind, after] = [params.get("kind") ?? "", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN), ...(kind === "" ? {} : { kind }), ...(after === "" ? {} : { after }) });
  const { part } = useAsked<Page<OwnFile>>(`/api/v1/files?${query}`);
  if (isForbidden(part)) {
    return null;
  }
  const files = part.value?.items ?? [];
  return (
    <section className="panel store" aria-labelledby="files">
      <h2 id="files">{t("filesList")}</h2>
      <label className="choice store-choice">
        <span>{t("fileKind")}</span>
        <select value={kind} onChange={(event) => location.assign(addressOf("files", null, { kind: event.target.value }))}>
          <option value="">{t("fileAnyKind")}</option>
          {LISTED.map((one) => (
            <option key={one} value={one}>
              {word("files", one)}
            </option>
          ))}
        </select>
      </label>
      <PartState part={part} />
      {part.value !== null && files.length === 0 && <p className="soft">{t("filesNone")}</p>}
      {files.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("filesList")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("fileName")}</Column>
              <Column>{t("fileKind")}</Column>
              <Column numeric>{t("fileSize")}</Column>
              <Column>{t("columnMade")}</Column>
              <Column>{t("fileGoes")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {files.map((file) => (
              <FileRow key={`${file.kind} ${file.id} ${file.name}`} file={file} timeZone={timeZone} />
            ))}
          </tbody>
        </table>
      )}
      {part.value?.next !== undefined && (
        <nav className="deeds" aria-label={t("pages")}>
          <a className="button" href={addressOf("files", null, { kind, after: part.value.next })}>
            {t("nextPage")}
          </a>
        </nav>
      )}
    </section>
  );
}

function FileRow({ file, timeZone }: { readonly file: OwnFile; readonly timeZone: string }) {
  const { language, t } = usePage();
  const word = useWord();
  const there = whereOf(file);
  return (
    <tr role="row" data-file={file.id} data-kind={file.kind}>
      <th role="rowheader" scope="row">
        {there === null ? (
          file.name
        ) : (
          <a className="row-link" href={there}>
            {file.name}
          </a>
        )}
      </th>
      <Cell label={t("fileKind")}>{word("file", file.kind)}</Cell>
      <Cell label={t("fileSize")} numeric>
        {file.size_bytes === undefined ? t("notSaid") : sizeText(file.size_bytes, language.locale)}
      </Cell>
      <Cell label={t("columnMade")}>
        <Moment atMs={file.made_at_ms} timeZone={timeZone} />
      </Cell>
      <Cell label={t("fileGoes")}>
        {file.expires_at_ms === undefined ? t("fileStays") : <time dateTime={new Date(file.expires_at_ms).toISOString()}>{dayOf(file.expires_at_ms, language.locale, timeZone)}</time>}
        {file.removed && <span className="under">{t("fileRemoved")}</span>}
      </Cell>
    </tr>
  );
}

/** Where a file is looked at; a photo is named by its product. */
function whereOf(file: OwnFile): string | null {
  switch (file.kind) {
    case "document":
      return file.removed ? null : addressOf("documents", file.id);
    case "photo":
      return addressOf("products", file.name);
    case "export":
      return `/api/v1/exports/${encodeURIComponent(file.id)}/file`;
    case "report":
      return reportAddress(file);
    default:
      return null;
  }
}

/** `daily-20260102.en.pdf` says its language and its format. */
function reportAddress({ id, name }: OwnFile): string {
  const [, language = "", format = ""] = name.split(".");
  return `/api/v1/reports/${encodeURIComponent(id)}/content?${new URLSearchParams({ format, language })}`;
}
