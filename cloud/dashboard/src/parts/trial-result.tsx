import type { ReactNode } from "react";
import type { WhatIf } from "../api/types";
import { type Clause, clauses, type Compared, compared, pointsOf, shareText, tellsNothing } from "../demand/compared";
import { dayText } from "../documents/shown";
import { usePage } from "../page";
import { amountOf } from "../stock/words";
import { Cell, Column } from "./cell";
import { WarningIcon } from "./icons";

interface SummaryProps {
  readonly result: WhatIf;
  /** How many days were asked for. */
  readonly days: number;
}

/** What came of a trial in a sentence, and how far that can be believed. */
export function TrialSummary({ result, days }: SummaryProps) {
  const { language, money, t } = usePage();
  const empty = tellsNothing(result);
  const said = ({ key, share, amount, kind }: Clause) =>
    kind === "points" ? t(key, { count: pointsOf(amount) }) : t(key, { by: share === null ? money(amountOf(amount, result.currency, language.locale)) : shareText(share, language.locale) });
  const [cost = "", fill = "", waste = ""] = clauses(result).map(said);
  return (
    <>
      {(empty || result.days < days) && (
        <p className="banner banner-warning">
          <WarningIcon />
          <span>{empty ? t("trialEmpty") : t("trialFewer", { count: result.days })}</span>
        </p>
      )}
      {!empty && <p className="trial-sum">{t("sumAll", { cost, fill, waste })}</p>}
    </>
  );
}

interface Props {
  readonly result: WhatIf;
  /** What can be done with it. */
  readonly children: ReactNode;
}

/** What came of a trial in numbers, where it tells anything. */
export function TrialResult({ result, children }: Props) {
  const { language, t } = usePage();
  const told = !tellsNothing(result);
  return (
    <div className="trial-result" data-trial-result>
      {told && <TrialTable result={result} />}
      <p className="soft small">{t("trialOf", { products: result.products, days: result.days, day: dayText(result.first_day, language.locale) })}</p>
      {told && children}
    </div>
  );
}

function TrialTable({ result }: { readonly result: WhatIf }) {
  const { t } = usePage();
  return (
    <table role="table" className="rows trial">
      <caption className="hidden">{t("trialResult")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("trialColumnWhat")}</Column>
          <Column numeric>{t("trialColumnNow")}</Column>
          <Column numeric>{t("trialColumnThen")}</Column>
          <Column numeric>{t("trialColumnDifference")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {compared(result).map((row) => (
          <Row key={row.name} row={row} currency={result.currency} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, currency }: { readonly row: Compared; readonly currency: string }) {
  const { language, money, t } = usePage();
  const shown = (value: number) => {
    switch (row.kind) {
      case "money":
        return money(amountOf(value, currency, language.locale));
      case "share":
        return new Intl.NumberFormat(language.locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 2 }).format(value);
      case "count":
        return new Intl.NumberFormat(language.locale).format(value);
    }
  };
  const size = Math.abs(row.difference);
  const sign = row.difference < 0 ? "−" : "+";
  return (
    <tr role="row" data-measure={row.name} data-verdict={row.verdict}>
      <th role="rowheader" scope="row">
        <span>
          {t(`measure_${row.name}`)}
          <span className="under">{t(`measureHint_${row.name}`)}</span>
        </span>
      </th>
      <Cell label={t("trialColumnNow")} numeric>
        <span className="amount">{shown(row.before)}</span>
      </Cell>
      <Cell label={t("trialColumnThen")} numeric>
        <span className="amount">{shown(row.after)}</span>
      </Cell>
      <Cell label={t("trialColumnDifference")} numeric>
        {row.difference !== 0 && <span className="amount">{`${sign}${row.kind === "share" ? t("points", { count: Math.round(size * 10_000) / 100 }) : shown(size)}`}</span>}
        {row.verdict !== "neither" && <span className="verdict">{t(`verdict_${row.verdict}`)}</span>}
      </Cell>
    </tr>
  );
}
