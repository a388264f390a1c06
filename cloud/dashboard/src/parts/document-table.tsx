import type { DocumentRow } from "../api/types";
import { amountText, dayText, isUnderWay, titleOf } from "../documents/shown";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { addressOf } from "../route";
import { Cell, Column } from "./cell";
import { ConnectedIcon, NeverIcon, NextIcon, WarningIcon } from "./icons";

/** Suppliers' documents, each of which leads to itself. */
export function DocumentTable({ documents }: { readonly documents: readonly DocumentRow[] }) {
  const { language, t } = usePage();
  return (
    <table role="table" className="rows documents">
      <caption className="hidden">{t("documentsTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnDocument")}</Column>
          <Column>{t("columnSupplier")}</Column>
          <Column>{t("columnState")}</Column>
          <Column>{t("columnDay")}</Column>
          <Column numeric>{t("columnTotal")}</Column>
          <Column numeric>{t("columnLinesKnown")}</Column>
          <Column numeric>{t("columnWarnings")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {documents.map((document) => (
          <tr role="row" key={document.id} data-document={document.id}>
            <th role="rowheader" scope="row">
              <a className="row-link" href={addressOf("documents", document.id)}>
                {titleOf(document)}
                <NextIcon />
              </a>
              <DocumentKind document={document} />
            </th>
            <Cell label={t("columnSupplier")}>{document.supplier_name ?? <Absent document={document} />}</Cell>
            <Cell label={t("columnState")}>
              <DocumentState state={document.state} />
              {document.reason !== undefined && (
                <span className="under" lang="en">
                  {document.reason}
                </span>
              )}
            </Cell>
            <Cell label={t("columnDay")}>{document.issued === undefined ? <Absent document={document} /> : dayText(document.issued, language.locale)}</Cell>
            <Cell label={t("columnTotal")} numeric>
              {document.gross === undefined ? <Absent document={document} /> : <span className="amount">{amountText(document.gross, document.currency, language.locale)}</span>}
            </Cell>
            <Cell label={t("columnLinesKnown")} numeric>
              {document.lines === 0 ? <Absent document={document} /> : t("linesKnown", { sure: document.lines_sure, lines: document.lines })}
            </Cell>
            <Cell label={t("columnWarnings")} numeric>
              {document.warnings === 0 ? <Absent document={document} /> : new Intl.NumberFormat(language.locale).format(document.warnings)}
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What it is for, and the file where the number is its name. */
function DocumentKind({ document }: { readonly document: DocumentRow }) {
  const { language, t } = usePage();
  const key = `kindOf_${document.kind ?? ""}`;
  const words = [isKey(language, key) ? t(key) : "", document.number === undefined ? "" : document.file_name].filter((word) => word !== "");
  return words.length > 0 && <span className="under">{words.join(" · ")}</span>;
}

/** A document that is read and does not say it has none of it; of another nothing is known yet. */
function Absent({ document }: { readonly document: DocumentRow }) {
  const { t } = usePage();
  const read = document.format !== undefined;
  return <span className="soft">{read ? t("none") : "–"}</span>;
}

export function DocumentState({ state }: { readonly state: string }) {
  const { language, t } = usePage();
  const key = `document_${state}`;
  return (
    <span className="state document-state" data-state={state}>
      {state === "failed" || state === "needs_review" ? <WarningIcon /> : isUnderWay(state) ? <NeverIcon /> : <ConnectedIcon />}
      {isKey(language, key) ? t(key) : state}
    </span>
  );
}
