import { FRESH_MS, type ListedSale, newest } from "../fleet/arrivals";
import { isForbidden, type StoreKnown } from "../fleet/known";
import { SALES_SHOWN } from "../fleet/watch";
import { usePage } from "../page";
import { Cell, Column } from "./cell";
import { ExportLink } from "./export-link";
import { Filled } from "./filled";
import { Exactly, Moment } from "./moment";

interface Props {
  readonly stores: readonly StoreKnown[];
  readonly arrivals: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** A sale that came in so long after it was paid was kept by its till meanwhile. */
const LATE_MS = 60_000;

/** The newest sales of all stores, as they come in. */
export function SalesSection({ stores, arrivals, nowMs }: Props) {
  const { t } = usePage();
  return (
    // It scrolls by itself beside many stores, so keys must be able to get to it.
    <section className="panel sales" aria-labelledby="sales-heading" tabIndex={0}>
      <div className="store-head">
        <h2 id="sales-heading">{t("salesTitle")}</h2>
        <ExportLink dataset="sales" />
      </div>
      <Sales stores={stores} arrivals={arrivals} nowMs={nowMs} />
    </section>
  );
}

function Sales({ stores, arrivals, nowMs }: Props) {
  const { t } = usePage();
  const listed = newest(stores, SALES_SHOWN);
  if (listed.length > 0) {
    return <SalesTable listed={listed} withStore={stores.length > 1} arrivals={arrivals} nowMs={nowMs} />;
  }
  if (stores.every((one) => isForbidden(one.sales))) {
    return <p className="soft">{t("salesForbidden")}</p>;
  }
  return stores.some((one) => one.sales.value !== null) ? (
    <div className="empty">
      <h3>{t("salesEmpty")}</h3>
      <p className="soft">{t("salesEmptyHint")}</p>
    </div>
  ) : (
    <p className="soft">{t("loading")}</p>
  );
}

interface TableProps extends Omit<Props, "stores"> {
  readonly listed: readonly ListedSale[];
  readonly withStore: boolean;
}

function SalesTable({ listed, withStore, arrivals, nowMs }: TableProps) {
  const { t, money } = usePage();
  return (
    <table role="table" className="newest">
      <caption className="hidden">{t("salesTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnTime")}</Column>
          <Column>{t("columnTill")}</Column>
          <Column numeric>{t("columnLines")}</Column>
          <Column numeric>{t("columnAmount")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {listed.map(({ sale, of }) => {
          const at = arrivals.get(sale.id);
          const fresh = at !== undefined && nowMs - at < FRESH_MS;
          const { currency, currency_exponent: exponent, gross_minor: minor } = sale;
          return (
            <tr role="row" key={sale.id} data-sale={sale.id} data-fresh={fresh || undefined}>
              <Cell label={t("columnTime")}>
                <Moment atMs={sale.completed_at_ms} timeZone={of.store.time_zone} />
                {fresh && <span className="fresh">{t("saleFresh")}</span>}
                {sale.received_at_ms - sale.completed_at_ms > LATE_MS && <CameIn {...{ sale, of }} />}
              </Cell>
              <Cell label={t("columnTill")}>
                {of.tills.value?.find((till) => till.id === sale.till)?.name ?? sale.till}
                {withStore && <span className="under soft">{of.store.name}</span>}
              </Cell>
              <Cell label={t("columnLines")} numeric>
                {sale.lines}
              </Cell>
              <Cell label={t("columnAmount")} numeric>
                {money({ currency, exponent, minor })}
              </Cell>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function CameIn({ sale, of }: ListedSale) {
  return (
    <span className="under soft">
      <Filled text="saleLate">
        <Exactly atMs={sale.received_at_ms} timeZone={of.store.time_zone} />
      </Filled>
    </span>
  );
}
