import type { Finding } from "../api/types";
import { sentenceIn } from "../i18n/sentences";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { addressOf } from "../route";
import { Cell, Column } from "./cell";

interface Props {
  readonly findings: readonly Finding[];
  /** Whether the products are there: those of a plan may not be yet. */
  readonly linked: boolean;
}

/** What is odd about products, each with what could be written instead. */
export function Findings({ findings, linked }: Props) {
  const { language, t } = usePage();
  return (
    <table role="table" className="rows findings">
      <caption className="hidden">{t("checkFound")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column>{t("columnFinding")}</Column>
          <Column>{t("columnFix")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {findings.map((one, index) => (
          <tr role="row" key={index} data-finding={one.code}>
            <th role="rowheader" scope="row">
              {linked ? <a href={addressOf("products", one.product)}>{one.name}</a> : one.name}
              {one.row !== undefined && <span className="under">{t("importRow", { row: one.row })}</span>}
            </th>
            <Cell label={t("columnFinding")}>
              <Level severity={one.severity} />
              <span className="under">{sentenceIn(language, one.text)}</span>
            </Cell>
            <Cell label={t("columnFix")}>{one.fix === undefined ? <span className="soft">{t("none")}</span> : t("checkFix", { value: one.fix.value })}</Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Level({ severity }: { readonly severity: string }) {
  const { language, t } = usePage();
  const key = `level_${severity}`;
  return (
    <span className="badge" data-badge={severity === "info" ? "new" : "likely"}>
      {isKey(language, key) ? t(key) : severity}
    </span>
  );
}

/** What a code of findings is called. */
export function useFindingName(): (code: string) => string {
  const { language, t } = usePage();
  return (code) => {
    const key = `finding_${code}`;
    return isKey(language, key) ? t(key) : code;
  };
}

interface CodesProps {
  readonly counts: readonly { readonly code: string; readonly count: number }[];
  readonly chosen: string;
  readonly onChoose: (code: string) => void;
}

/** How many there are of each kind; one of them can be shown alone. */
export function FindingCodes({ counts, chosen, onChoose }: CodesProps) {
  const { language, t } = usePage();
  const nameOf = useFindingName();
  const number = new Intl.NumberFormat(language.locale);
  return (
    <label className="choice">
      <span>{t("importShow")}</span>
      <select value={chosen} onChange={(event) => onChoose(event.target.value)}>
        <option value="">{t("checkAll")}</option>
        {counts.map(({ code, count }) => (
          <option key={code} value={code}>
            {nameOf(code)} · {number.format(count)}
          </option>
        ))}
      </select>
    </label>
  );
}
