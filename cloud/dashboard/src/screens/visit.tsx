import { type ReactNode, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { Reader } from "../api/calls";
import type { Session } from "../api/types";
import type { FleetKnown } from "../fleet/known";
import { FleetWatch } from "../fleet/watch";
import { AskNowContext, ClockOffsetContext, CloudTimeContext, ReaderContext, useNow, usePage, VisitorContext } from "../page";
import { Bar } from "../parts/bar";
import { Connection } from "../parts/connection";
import { TITLES } from "../places";
import { type Route, useRoute } from "../route";
import { Catalogue } from "./catalogue";
import { CatalogueCheck } from "./catalogue-check";
import { Document } from "./document";
import { Documents } from "./documents";
import { Exports } from "./exports";
import { Files } from "./files";
import { Fleet, FleetSummary } from "./fleet";
import { Health } from "./health";
import { ImportCatalogue } from "./import-catalogue";
import { Inbox } from "./inbox";
import { Forecast } from "./forecast";
import { Forecasts } from "./forecasts";
import { Messages } from "./messages";
import { Order } from "./order";
import { Ordering } from "./ordering";
import { Orders } from "./orders";
import { Product } from "./product";
import { Products } from "./products";
import { Proposals } from "./proposals";
import { Stock } from "./stock";
import { Tills } from "./tills";

interface Props {
  readonly session: Session;
  readonly reader: Reader;
  readonly chooser: ReactNode;
  readonly onEnded: () => void;
  readonly onSignOut: () => void;
}

/** The page of somebody who is signed in: the way to each place, and the place they are at. */
export function Visit({ session, reader, chooser, onEnded, onSignOut }: Props) {
  const { t } = usePage();
  const watch = useMemo(() => new FleetWatch(reader, onEnded), [reader, onEnded]);
  useEffect(() => watch.start(), [watch]);
  const known = useSyncExternalStore(watch.subscribe, watch.current);
  // The watch forgets what is not of the fleet, so places read and remember for themselves.
  const places = useMemo(() => new Reader(), []);
  const now = useNow();
  const route = useRoute();
  const content = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${t(TITLES[route.place])} · ${t("appName")}`;
  }, [t, route.place]);
  useStartOfPlace(route);
  return (
    <CloudTimeContext value={now + known.clockOffsetMs}>
      <ClockOffsetContext value={known.clockOffsetMs}>
        <VisitorContext value={session}>
          <ReaderContext value={places}>
            <AskNowContext value={watch.askNow}>
              <button type="button" className="skip" onClick={() => content.current?.focus()}>
                {t("skip")}
              </button>
              <Bar session={session} at={route.place} chooser={chooser} onSignOut={onSignOut} />
              <main ref={content} className="place" data-place={route.place} tabIndex={-1}>
                <div className="place-head">
                  <h1>{t(TITLES[route.place])}</h1>
                  {route.place === "fleet" && <FleetSummary known={known} />}
                  <Connection known={known} nowMs={now} />
                </div>
                <Here route={route} known={known} nowMs={now} />
              </main>
            </AskNowContext>
          </ReaderContext>
        </VisitorContext>
      </ClockOffsetContext>
    </CloudTimeContext>
  );
}

function Here({ route, known, nowMs }: { readonly route: Route; readonly known: FleetKnown; readonly nowMs: number }) {
  switch (route.place) {
    case "fleet":
      return <Fleet known={known} nowMs={nowMs} />;
    case "tills":
      return <Tills known={known} />;
    case "inbox":
      return <Inbox known={known} params={route.params} />;
    case "catalogue":
      return <Catalogue known={known} wanted={route.of} />;
    case "health":
      return <Health known={known} />;
    case "messages":
      return <Messages known={known} view={route.of} params={route.params} />;
    case "exports":
      return <Exports known={known} view={route.of} params={route.params} />;
    case "files":
      return <Files known={known} params={route.params} />;
    case "documents":
      return route.of === null ? <Documents known={known} params={route.params} /> : <Document key={route.of} known={known} id={route.of} />;
    case "stock":
      return <Stock known={known} of={route.of} params={route.params} />;
    case "forecasts":
      return route.of === null ? <Forecasts known={known} params={route.params} /> : <Forecast key={route.of} known={known} id={route.of} params={route.params} />;
    case "proposals":
      return <Proposals known={known} params={route.params} />;
    case "ordering":
      return <Ordering known={known} params={route.params} />;
    case "orders":
      return route.of === null ? <Orders known={known} params={route.params} /> : <Order key={route.of} known={known} id={route.of} />;
    case "products":
      return route.of === null ? <ProductsPlace known={known} params={route.params} /> : <Product key={route.of} id={route.of} />;
  }
}

/** All products, a file that brings some, or what is odd about them. */
function ProductsPlace({ known, params }: { readonly known: FleetKnown; readonly params: URLSearchParams }) {
  switch (params.get("show")) {
    case "import":
      return <ImportCatalogue known={known} params={params} />;
    case "check":
      return <CatalogueCheck params={params} />;
    default:
      return <Products known={known} params={params} />;
  }
}

/** Another place begins at its top; what changes within one leaves the eye where it is. */
function useStartOfPlace({ place, of }: Route): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
  }, [place, of]);
}
