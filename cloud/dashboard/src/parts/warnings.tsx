import type { Warning } from "../api/types";
import { type Note, noteText } from "../i18n/notes";
import { usePage } from "../page";
import { WarningIcon } from "./icons";

interface Props {
  readonly warnings: readonly Warning[];
  /** Somebody has looked at the document since: these are of its reading, and may be mended. */
  readonly settled: boolean;
}

/** What to mind about a document. */
export function Warnings({ warnings, settled }: Props) {
  const { t } = usePage();
  if (warnings.length === 0) {
    return null;
  }
  if (settled) {
    return (
      <details className="settled">
        <summary>{t("warningsSettled", { count: warnings.length })}</summary>
        <WarningList warnings={warnings} />
      </details>
    );
  }
  return (
    <div className="banner banner-warning">
      <WarningIcon />
      <div>
        <p>
          <strong>{t("warningsTitle", { count: warnings.length })}</strong>
        </p>
        <WarningList warnings={warnings} />
      </div>
    </div>
  );
}

function WarningList({ warnings }: Pick<Props, "warnings">) {
  const { t } = usePage();
  return (
    <ul className="warnings">
      {warnings.map((warning, index) => (
        <li key={index} data-code={warning.code}>
          {typeof warning.line === "number" && `${t("lineNumber", { number: warning.line + 1 })}: `}
          <NoteLine note={warning} />
        </li>
      ))}
    </ul>
  );
}

/** Something to mind, in this language; what was read before values had names has the cloud's English alone. */
export function NoteLine({ note }: { readonly note: Note }) {
  const { language } = usePage();
  const text = noteText(language, note);
  return text === null ? <span lang="en">{note.text}</span> : <>{text}</>;
}
