import type { ForecastBrief, Page, Store } from "../api/types";
import { storePath } from "../api/calls";
import { quantityText, unitKey } from "../demand/words";
import { useAsked } from "../fleet/asked";
import type { FleetKnown, Part } from "../fleet/known";
import { nameOf } from "../fleet/products";
import { usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { ExportLink } from "../parts/export-link";
import { ForecastTotals } from "../parts/forecast-totals";
import { Goodness } from "../parts/goodness";
import { NextIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { StoreChoice } from "../parts/store-choice";
import { addressOf } from "../route";

/** Forecasts on a page. */
const SHOWN = 50;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** What each store is expected to sell: all together, by category, and product by product. */
export function Forecasts({ known, params }: Props) {
  const stores = known.stores.value?.map(({ store }) => store) ?? null;
  const store = stores?.find((one) => one.id === params.get("store")) ?? stores?.[0];
  const after = params.get("after") ?? "";
  const query = new URLSearchParams({ limit: String(SHOWN), ...(after === "" ? {} : { after }) });
  const { part } = useAsked<Page<ForecastBrief>>(store === undefined ? null : `${storePath(store.id)}/forecasts?${query}`);
  if (stores === null) {
    return <PartState part={known.stores} />;
  }
  return (
    <div className="place-parts">
      {store !== undefined && <StoreChoice stores={stores} store={store} addressFor={(id) => addressOf("forecasts", null, { store: id })} />}
      {store !== undefined && after === "" && <ForecastTotals key={store.id} store={store} params={params} />}
      <Products part={part} store={store} after={after} />
    </div>
  );
}

interface ProductsProps {
  readonly part: Part<Page<ForecastBrief>>;
  readonly store: Store | undefined;
  readonly after: string;
}

function Products({ part, store, after }: ProductsProps) {
  const { t } = usePage();
  const forecasts = part.value?.items ?? [];
  return (
    <section className="panel store" aria-labelledby="forecasts-products">
      <div className="store-head">
        <h2 id="forecasts-products">{t("forecastsProducts")}</h2>
        {store !== undefined && <ExportLink dataset="forecasts" store={store.id} />}
      </div>
      <PartState part={part} forbidden="forecastsForbidden" />
      {part.value !== null && forecasts.length === 0 && (
        <div className="empty">
          <h3>{t("forecastsEmpty")}</h3>
          <p className="soft">{t("forecastsEmptyHint")}</p>
        </div>
      )}
      {store !== undefined && forecasts.length > 0 && <ForecastTable forecasts={forecasts} store={store} />}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("forecasts", null, { store: store?.id ?? "" })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("forecasts", null, { store: store?.id ?? "", after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}

function ForecastTable({ forecasts, store }: { readonly forecasts: readonly ForecastBrief[]; readonly store: { readonly id: string; readonly time_zone: string } }) {
  const { language, t } = usePage();
  const amount = (forecast: ForecastBrief, value: number) => t(unitKey(forecast.unit), { amount: quantityText(value, language.locale) });
  return (
    <table role="table" className="rows forecasts">
      <caption className="hidden">{t("forecastsTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column numeric>{t("columnWeek")}</Column>
          <Column numeric>{t("columnWeekHigh")}</Column>
          <Column>{t("columnGoodness")}</Column>
          <Column>{t("columnMade")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {forecasts.map((forecast) => (
          <tr role="row" key={forecast.product} data-product={forecast.product}>
            <th role="rowheader" scope="row">
              <a className="row-link" href={addressOf("forecasts", forecast.product, { store: store.id })}>
                {nameOf({ id: forecast.product, name: forecast.name }, language.code)}
                <NextIcon />
              </a>
            </th>
            <Cell label={t("columnWeek")} numeric>
              {amount(forecast, forecast.week_mean)}
            </Cell>
            <Cell label={t("columnWeekHigh")} numeric>
              {amount(forecast, forecast.week_high)}
            </Cell>
            <Cell label={t("columnGoodness")}>
              <Goodness forecast={forecast} />
            </Cell>
            <Cell label={t("columnMade")}>
              <Moment atMs={forecast.made_at_ms} timeZone={store.time_zone} />
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
