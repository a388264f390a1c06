import type { ForecastTotal, Page, Store } from "../api/types";
import { storePath } from "../api/calls";
import { said, shortAmount, totalAddress, totalDays } from "../demand/words";
import { useAsked } from "../fleet/asked";
import { isKey } from "../i18n/translate";
import { type PageWords, usePage } from "../page";
import { addressOf } from "../route";
import { Cell, Column } from "./cell";
import { ExportLink } from "./export-link";
import { ChartLegend, ForecastChart, weekdayText } from "./forecast-chart";
import { Goodness } from "./goodness";
import { NextIcon } from "./icons";
import { Moment } from "./moment";

/** Categories on a page: as many as the cloud tells at once. */
const SHOWN = 100;

interface Props {
  readonly store: Store;
  readonly params: URLSearchParams;
}

/** What a whole store and each of its categories are expected to sell in value, one of them as a picture. Nothing before there are forecasts. */
export function ForecastTotals({ store, params }: Props) {
  const { t } = usePage();
  const path = `${storePath(store.id)}/forecast-totals`;
  const [wanted, after] = [params.get("total") ?? "", params.get("categories") ?? ""];
  const query = new URLSearchParams({ by: "category", limit: String(SHOWN), ...(after === "" ? {} : { after }) });
  const whole = useAsked<Page<ForecastTotal>>(path);
  const categories = useAsked<Page<ForecastTotal>>(`${path}?${query}`);
  const totals = [...(whole.part.value?.items ?? []), ...(categories.part.value?.items ?? [])];
  const opened = totals.find((total) => totalAddress(total) === wanted) ?? totals[0];
  if (opened === undefined) {
    return null;
  }
  const next = categories.part.value?.next;
  return (
    <section className="panel store" aria-labelledby="forecast-totals" data-totals={store.id}>
      <div>
        <div className="store-head">
          <h2 id="forecast-totals">{t("totalsTitle")}</h2>
          <ExportLink dataset="forecast_totals" store={store.id} />
        </div>
        <p className="soft small">
          {t("totalsHint")} {t("forecastAsOf")} <Moment atMs={opened.made_at_ms} timeZone={store.time_zone} />
        </p>
      </div>
      <TotalTable totals={totals} opened={opened} store={store} categories={after} />
      {(after !== "" || next !== undefined) && (
        <nav className="deeds" aria-label={t("totalsPages")}>
          {after !== "" && (
            <a className="button" href={addressOf("forecasts", null, { store: store.id })}>
              {t("firstPage")}
            </a>
          )}
          {next !== undefined && (
            <a className="button" href={addressOf("forecasts", null, { store: store.id, categories: next })}>
              {t("nextPage")}
            </a>
          )}
        </nav>
      )}
      <Opened total={opened} />
    </section>
  );
}

function nameOf(total: ForecastTotal, t: PageWords["t"]): string {
  return total.by === "store" ? t("totalWhole") : (total.category ?? t("totalNoCategory"));
}

function useMoney(total: ForecastTotal): (minor: number) => string {
  const { money } = usePage();
  return (minor) => money({ minor, currency: total.currency, exponent: total.currency_exponent });
}

interface TableProps {
  readonly totals: readonly ForecastTotal[];
  readonly opened: ForecastTotal;
  readonly store: Store;
  /** Which page of categories is shown. */
  readonly categories: string;
}

function TotalTable({ totals, opened, store, categories }: TableProps) {
  const { t } = usePage();
  return (
    <table role="table" className="rows totals">
      <caption className="hidden">{t("totalsTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnOfTotal")}</Column>
          <Column numeric>{t("columnWeek")}</Column>
          <Column numeric>{t("columnFortnight")}</Column>
          <Column>{t("columnGoodness")}</Column>
          <Column>{t("columnMethod")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {totals.map((total) => {
          const address = addressOf("forecasts", null, { store: store.id, total: totalAddress(total), categories });
          return <TotalRow key={address} total={total} address={address} isOpened={total === opened} />;
        })}
      </tbody>
    </table>
  );
}

function TotalRow({ total, address, isOpened }: { readonly total: ForecastTotal; readonly address: string; readonly isOpened: boolean }) {
  const { language, t } = usePage();
  const money = useMoney(total);
  const method = `method_${total.method}`;
  return (
    <tr role="row" data-total={totalAddress(total) || "store"}>
      <th role="rowheader" scope="row">
        <a className="row-link" href={address} aria-current={isOpened ? "true" : undefined}>
          {nameOf(total, t)}
          <NextIcon />
        </a>
      </th>
      <Cell label={t("columnWeek")} numeric>
        {money(total.week.mean_minor)}
      </Cell>
      <Cell label={t("columnFortnight")} numeric>
        {money(total.fortnight.mean_minor)}
      </Cell>
      <Cell label={t("columnGoodness")}>
        <Goodness forecast={total} />
      </Cell>
      <Cell label={t("columnMethod")}>{isKey(language, method) ? t(method) : total.method}</Cell>
    </tr>
  );
}

/** One sum: in words, as a picture, why, and in numbers. */
function Opened({ total }: { readonly total: ForecastTotal }) {
  const { language, t } = usePage();
  const money = useMoney(total);
  const name = nameOf(total, t);
  const summary = t("totalSummary", { week: money(total.week.mean_minor), high: money(total.week.high_minor), fortnight: money(total.fortnight.mean_minor) });
  return (
    <div className="product-part" data-opened={totalAddress(total) || "store"}>
      <h3>{name}</h3>
      <p>{summary}</p>
      <ForecastChart days={totalDays(total)} label={t("totalChart", { name, summary })} amount={(value) => shortAmount(value, language.locale)} />
      <ChartLegend />
      {total.reasons.length > 0 && (
        <ul className="reasons">
          {total.reasons.map(({ text }, index) => (
            <li key={index}>{said(text, language.code)}</li>
          ))}
        </ul>
      )}
      <details>
        <summary>{t("forecastDays")}</summary>
        <DayTable total={total} />
        <p className="soft small">{t("totalOwnHint")}</p>
      </details>
    </div>
  );
}

/** The picture's twin in numbers. */
function DayTable({ total }: { readonly total: ForecastTotal }) {
  const { language, t } = usePage();
  const money = useMoney(total);
  return (
    <table role="table" className="rows total-days">
      <caption className="hidden">{t("forecastDays")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnDay")}</Column>
          <Column numeric>{t("columnExpected")}</Column>
          <Column numeric>{t("columnAtLeast")}</Column>
          <Column numeric>{t("columnAtMost")}</Column>
          <Column numeric>{t("columnOwn")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {total.forecast.map(({ day, mean_minor, low_minor, high_minor, own_mean_minor }) => (
          <tr role="row" key={day}>
            <th role="rowheader" scope="row">
              {weekdayText(day, language.locale)}
            </th>
            <Cell label={t("columnExpected")} numeric>
              {money(mean_minor)}
            </Cell>
            <Cell label={t("columnAtLeast")} numeric>
              {money(low_minor)}
            </Cell>
            <Cell label={t("columnAtMost")} numeric>
              {money(high_minor)}
            </Cell>
            <Cell label={t("columnOwn")} numeric>
              {own_mean_minor === null || own_mean_minor === undefined ? "–" : money(own_mean_minor)}
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
