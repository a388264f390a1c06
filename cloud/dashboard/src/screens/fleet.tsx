import { type ReactNode, useEffect, useMemo, useSyncExternalStore } from "react";
import type { Reader } from "../api/calls";
import type { Session } from "../api/types";
import { type FleetKnown, isForbidden } from "../fleet/known";
import { needsAttention, odditiesOf, standingsOf } from "../fleet/standing";
import { FleetWatch } from "../fleet/watch";
import { ClockOffsetContext, CloudTimeContext, useNow, usePage, VisitorContext } from "../page";
import { Connection } from "../parts/connection";
import { MarkIcon } from "../parts/icons";
import { PartState } from "../parts/part-state";
import { SalesSection } from "../parts/sales-section";
import { StoreSection } from "../parts/store-section";

interface Props {
  readonly session: Session;
  readonly reader: Reader;
  readonly chooser: ReactNode;
  readonly onEnded: () => void;
  readonly onSignOut: () => void;
}

/** Every store with its tills, and what they sell as it comes in. */
export function Fleet({ session, reader, chooser, onEnded, onSignOut }: Props) {
  const { t } = usePage();
  const known = useFleet(reader, onEnded);
  const now = useNow();
  useEffect(() => {
    document.title = `${t("fleetTitle")} · ${t("appName")}`;
  }, [t]);
  return (
    <CloudTimeContext value={now + known.clockOffsetMs}>
      <a className="skip" href="#content">
        {t("skip")}
      </a>
      <header className="bar">
        <p className="brand">
          <MarkIcon />
          <span>{t("appName")}</span>
          <span className="brand-of">{session.organisation}</span>
        </p>
        <div className="bar-tools">
          {chooser}
          {session.name !== undefined && <span className="bar-name">{session.name}</span>}
          <button type="button" className="button" onClick={onSignOut}>
            {t("signOut")}
          </button>
        </div>
      </header>
      <main id="content" className="fleet" tabIndex={-1}>
        <div className="fleet-head">
          <h1>{t("fleetTitle")}</h1>
          <Summary known={known} />
          <Connection known={known} nowMs={now} />
        </div>
        <VisitorContext value={session}>
          <ClockOffsetContext value={known.clockOffsetMs}>
            <Stores known={known} nowMs={now} />
          </ClockOffsetContext>
        </VisitorContext>
      </main>
    </CloudTimeContext>
  );
}

function useFleet(reader: Reader, onEnded: () => void): FleetKnown {
  const watch = useMemo(() => new FleetWatch(reader, onEnded), [reader, onEnded]);
  useEffect(() => watch.start(), [watch]);
  return useSyncExternalStore(watch.subscribe, watch.current);
}

function Summary({ known }: { readonly known: FleetKnown }) {
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

function Stores({ known, nowMs }: { readonly known: FleetKnown; readonly nowMs: number }) {
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
