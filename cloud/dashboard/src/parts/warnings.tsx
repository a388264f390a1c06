import type { Warning } from "../api/types";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { WarningIcon } from "./icons";

/** What to mind about a document: in this language where it has words for it, with the values in question as the cloud says them. */
export function Warnings({ warnings }: { readonly warnings: readonly Warning[] }) {
  const { language, t } = usePage();
  if (warnings.length === 0) {
    return null;
  }
  return (
    <div className="banner banner-warning">
      <WarningIcon />
      <div>
        <p>
          <strong>{t("warningsTitle", { count: warnings.length })}</strong>
        </p>
        <ul className="warnings">
          {warnings.map((warning, index) => {
            const key = `warning_${warning.code}`;
            return (
              <li key={index} data-code={warning.code}>
                {typeof warning.line === "number" && `${t("lineNumber", { number: warning.line + 1 })}: `}
                {isKey(language, key) ? t(key) : null} <span lang="en">{warning.message}</span>
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}
