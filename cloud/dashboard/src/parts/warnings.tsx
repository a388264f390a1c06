import type { Warning } from "../api/types";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { WarningIcon } from "./icons";

interface Props {
  readonly warnings: readonly Warning[];
  /** Somebody has looked at the document since: these are of its reading, and may be mended. */
  readonly settled: boolean;
}

/** What to mind about a document: in this language where it has words for it, with the values in question as the cloud says them. */
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
  const { language, t } = usePage();
  return (
    <ul className="warnings">
      {warnings.map((warning, index) => {
        const key = `warning_${warning.code}`;
        return (
          <li key={index} data-code={warning.code}>
            {typeof warning.line === "number" && `${t("lineNumber", { number: warning.line + 1 })}: `}
            {isKey(language, key) ? t(key) : null}
            <span className="under" lang="en">
              {warning.message}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
