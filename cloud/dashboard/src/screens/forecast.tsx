import type { Forecast as ForecastSaid } from "../api/types";
import { storePath } from "../api/calls";
import { chartDays, quantityText, said, unitKey } from "../demand/words";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { nameOf } from "../fleet/products";
import { usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { ChartLegend, ForecastChart, weekdayText } from "../parts/forecast-chart";
import { Goodness } from "../parts/goodness";
import { BackIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { addressOf } from "../route";

interface Props {
  readonly known: FleetKnown;
  readonly id: string;
  readonly params: URLSearchParams;
}

/** What one product is expected to sell in one store: as a picture, in words, in numbers, and why. */
export function Forecast({ known, id, params }: Props) {
  const { t } = usePage();
  const stores = known.stores.value?.map(({ store }) => store) ?? null;
  const store = stores?.find((one) => one.id === params.get("store")) ?? stores?.[0];
  const path = store === undefined ? null : `${storePath(store.id)}/forecasts/${encodeURIComponent(id)}`;
  const { part } = useAsked<ForecastSaid>(path);
  return (
    <div className="place-parts">
      <p>
        <a className="back" href={addressOf("forecasts", null, { store: store?.id ?? "" })}>
          <BackIcon />
          {t("allForecasts")}
        </a>
      </p>
      <PartState part={stores === null ? known.stores : part} forbidden="forecastsForbidden" />
      {part.value !== null && store !== undefined && <Opened forecast={part.value} store={store} />}
    </div>
  );
}

interface OpenedProps {
  readonly forecast: ForecastSaid;
  readonly store: { readonly id: string; readonly name: string; readonly time_zone: string };
}

function Opened({ forecast, store }: OpenedProps) {
  const { language, t } = usePage();
  const amount = (value: number) => t(unitKey(forecast.unit), { amount: quantityText(value, language.locale) });
  const name = nameOf({ id: forecast.product, name: forecast.name }, language.code);
  const summary = t("forecastSummary", { mean: amount(forecast.week_mean), high: amount(forecast.week_high) });
  return (
    <section className="panel store product" aria-labelledby="forecast" data-forecast={forecast.product}>
      <div>
        <h2 id="forecast">{name}</h2>
        <p className="soft small">
          {store.name}
          {" · "}
          {t("forecastAsOf")} <Moment atMs={forecast.made_at_ms} timeZone={store.time_zone} />
        </p>
      </div>
      <p>
        <strong>{summary}</strong> <Goodness forecast={forecast} />
      </p>
      <ForecastChart days={chartDays(forecast)} label={t("forecastChart", { product: name, summary })} amount={(value) => quantityText(value, language.locale)} />
      <ChartLegend />
      <Why forecast={forecast} />
      <DayTable forecast={forecast} />
      <p className="deeds">
        <a className="button" href={addressOf("products", forecast.product)}>
          {t("toProduct")}
        </a>
        <a className="button" href={addressOf("ordering", null, { store: store.id, show: "rules", product: forecast.product })}>
          {t("toRule")}
        </a>
      </p>
    </section>
  );
}

function Why({ forecast }: { readonly forecast: ForecastSaid }) {
  const { language, t } = usePage();
  return (
    <div className="product-part">
      <h3>{t("forecastWhy")}</h3>
      {forecast.reasons.length === 0 ? (
        <p className="soft">{t("forecastNoReasons")}</p>
      ) : (
        <ul className="reasons">
          {forecast.reasons.map(({ text }, index) => (
            <li key={index}>{said(text, language.code)}</li>
          ))}
        </ul>
      )}
      <p className="soft small">{t("forecastHistory", { days: forecast.history_days })}</p>
    </div>
  );
}

/** The picture's twin in numbers. */
function DayTable({ forecast }: { readonly forecast: ForecastSaid }) {
  const { language, t } = usePage();
  const days = chartDays(forecast).filter(({ mean }) => mean !== null);
  const amount = (value: number | null) => (value === null ? "" : quantityText(value, language.locale));
  return (
    <div className="product-part">
      <h3>{t("forecastDays")}</h3>
      <table role="table" className="rows forecast-days">
        <caption className="hidden">{t("forecastDays")}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <Column>{t("columnDay")}</Column>
            <Column numeric>{t("columnExpected")}</Column>
            <Column numeric>{t("columnAtLeast")}</Column>
            <Column numeric>{t("columnAtMost")}</Column>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {days.map(({ day, mean, low, high }) => (
            <tr role="row" key={day}>
              <th role="rowheader" scope="row">
                {weekdayText(day, language.locale)}
              </th>
              <Cell label={t("columnExpected")} numeric>
                {amount(mean)}
              </Cell>
              <Cell label={t("columnAtLeast")} numeric>
                {amount(low)}
              </Cell>
              <Cell label={t("columnAtMost")} numeric>
                {amount(high)}
              </Cell>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
