import { type FleetKnown, isForbidden } from "../fleet/known";
import { needsAttention, odditiesOf, standingsOf } from "../fleet/standing";
import { usePage } from "../page";
import { PartState } from "../parts/part-state";
import { SalesSection } from "../parts/sales-section";
import { StoreSection } from "../parts/store-section";

interface Props {
  readonly known: FleetKnown;
  readonly nowMs: number;
}

/** How many there are of what, and what needs somebody. */
export function FleetSummary({ known }: Pick<Props, "known">) {
  const { t } = usePage();
  const stores = known.stores.value;
  if (stores === null || stores.length === 0) {
    return null;
  }
  const standings = stores.flatMap((one) => standingsOf(one.tills, known.clockOffsetMs));
  const inUse = standings.filter((standing) => standing !== "retired").length;
  const connected = standings.filter((standing) => standing === "connected").length;
  const odd = stores.filter((one) => needsAttention(odditiesOf(one.store.id, known.journals.value, known.setAside.value)));
  return (
    <p className="fleet-summary">
      {stores.length > 1 && <span>{t("fleetStores", { count: stores.length })}</span>}
      <span>{t("fleetTills", { count: inUse })}</span>
      <span>{t("fleetConnected", { count: connected })}</span>
      {odd.length > 0 && <span className="fleet-odd">{t("fleetAttention", { count: odd.length })}</span>}
    </p>
  );
}

/** Every store with its tills, and what they sell as it comes in. */
export function Fleet({ known, nowMs }: Props) {
  const { t } = usePage();
  const stores = known.stores.value;
  if (stores === null) {
    return <PartState part={known.stores} />;
  }
  if (stores.length === 0) {
    return (
      <div className="panel empty">
        <h2>{t("fleetEmpty")}</h2>
        <p className="soft">{t("fleetEmptyHint")}</p>
      </div>
    );
  }
  return (
    <div className="fleet-parts">
      <div className="fleet-stores">
        {stores.map((one) => (
          <StoreSection
            key={one.store.id}
            known={one}
            journals={known.journals.value}
            journalsForbidden={isForbidden(known.journals)}
            setAside={known.setAside.value}
          />
        ))}
      </div>
      <SalesSection stores={stores} arrivals={known.arrivals} nowMs={nowMs} />
    </div>
  );
}
