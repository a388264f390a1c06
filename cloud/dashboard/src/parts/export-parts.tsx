import type { Export, ExportPlan } from "../api/types";
import { reasonOf, type Span, spanText } from "../exports/choices";
import { useWord } from "../notices/words";
import { usePage } from "../page";

export const EXPORTS = "/api/v1/exports";

export function exportPath(id: string): string {
  return `${EXPORTS}/${encodeURIComponent(id)}`;
}

/** The days that an export was asked for; `null` where none were. */
export function spanOf({ first_day, last_day }: Export): Partial<Span> {
  return { ...(first_day === undefined ? {} : { first: first_day }), ...(last_day === undefined ? {} : { last: last_day }) };
}

/** Its file; the button is the largest thing where it is what comes next. */
export function Download({ of, isNext = false }: { readonly of: Export; readonly isNext?: boolean }) {
  const { language, t } = usePage();
  const word = useWord();
  const what = [word("dataset", of.dataset), word("format", of.format), spanText(spanOf(of), language.locale)].filter((one) => one !== null).join(", ");
  return (
    <a className={isNext ? "button button-primary" : "button"} href={`${exportPath(of.id)}/file`} download aria-label={t("exportDownloadNamed", { what })}>
      {t("exportDownload")}
    </a>
  );
}

/** Why it failed: in the visitor's language where the page knows the reason. */
export function FailedBecause({ of }: { readonly of: Export }) {
  const { t } = usePage();
  if (of.problem === undefined) {
    return null;
  }
  const reason = reasonOf(of.problem);
  return reason === null ? <span lang="en">{of.problem}</span> : <span>{t(reason.key, reason.values)}</span>;
}

/** As what it is made: a format, or the sheet that its rows go to. */
export function AsWhat({ of }: { readonly of: Pick<Export & ExportPlan, "format" | "spreadsheet" | "sheet"> }) {
  const { t } = usePage();
  const word = useWord();
  if (of.spreadsheet === undefined) {
    return word("format", of.format);
  }
  return (
    <>
      <a href={`https://docs.google.com/spreadsheets/d/${encodeURIComponent(of.spreadsheet)}`} target="_blank" rel="noreferrer">
        {t("format_sheet")}
      </a>
      {of.sheet !== undefined && ` · ${of.sheet}`}
    </>
  );
}
