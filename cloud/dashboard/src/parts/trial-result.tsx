import type { ReactNode } from "react";
import type { WhatIf } from "../api/types";
import { type Clause, clauses, type Compared, compared, pointsOf, shareText, tellsNothing } from "../demand/compared";
import { dayText } from "../documents/shown";
import { usePage } from "../page";
import { amountOf } from "../stock/words";
import { Cell, Column } from "./cell";
import { WarningIcon } from "./icons";

interface Props {
  readonly result: WhatIf;
  /** How many days are known, where that is too few for what was asked. */
  readonly tooLittle: number | null;
  /** What can be done with it. */
  readonly children: ReactNode;
}

/** What came of a trial: in a sentence, then in numbers. */
export function TrialResult({ result, tooLittle, children }: Props) {
  const { language, t } = usePage();
  const day = dayText(result.first_day, language.locale);
  const empty = tellsNothing(result);
  return (
    <div className="product-part" data-trial-result>
      <h3>{t("trialResult")}</h3>
      {(empty || tooLittle !== null) && (
        <p className="banner banner-warning">
          <WarningIcon />
          <span>{empty || tooLittle === null ? t("trialEmpty", { day }) : t("trialTooLittle", { known: tooLittle })}</span>
        </p>
      )}
      {!empty && (
        <>
          <TrialSentence result={result} />
          <TrialTable result={result} />
        </>
      )}
      <p className="soft small">{t("trialOf", { products: result.products, days: result.days, day })}</p>
      {!empty && children}
    </div>
  );
}

function TrialSentence({ result }: { readonly result: WhatIf }) {
  const { language, money, t } = usePage();
  const said = ({ key, share, amount, kind }: Clause) =>
    kind === "points" ? t(key, { count: pointsOf(amount) }) : t(key, { by: share === null ? money(amountOf(amount, result.currency, language.locale)) : shareText(share, language.locale) });
  const [cost = "", fill = "", waste = ""] = clauses(result).map(said);
  return (
    <p role="status" className="trial-sum">
      {t("sumAll", { cost, fill, waste })}
    </p>
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
