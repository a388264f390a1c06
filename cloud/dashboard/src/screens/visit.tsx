import { type ReactNode, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { Reader } from "../api/calls";
import type { Session } from "../api/types";
import type { FleetKnown } from "../fleet/known";
import { FleetWatch } from "../fleet/watch";
import type { Key } from "../i18n/language";
import { AskNowContext, ClockOffsetContext, CloudTimeContext, ReaderContext, useNow, usePage, VisitorContext } from "../page";
import { Bell } from "../parts/bell";
import { Connection } from "../parts/connection";
import { MarkIcon } from "../parts/icons";
import { addressOf, type Place, PLACES, type Route, useRoute } from "../route";
import { Catalogue } from "./catalogue";
import { CatalogueCheck } from "./catalogue-check";
import { Document } from "./document";
import { Documents } from "./documents";
import { Fleet, FleetSummary } from "./fleet";
import { Health } from "./health";
import { ImportCatalogue } from "./import-catalogue";
import { Inbox } from "./inbox";
import { Forecast } from "./forecast";
import { Forecasts } from "./forecasts";
import { Order } from "./order";
import { Orders } from "./orders";
import { Product } from "./product";
import { Products } from "./products";
import { Proposals } from "./proposals";
import { Tills } from "./tills";

interface Props {
  readonly session: Session;
  readonly reader: Reader;
  readonly chooser: ReactNode;
  readonly onEnded: () => void;
  readonly onSignOut: () => void;
}

const TITLES: Readonly<Record<Place, Key>> = { fleet: "fleetTitle", tills: "tillsTitle", products: "productsTitle", documents: "documentsTitle", orders: "ordersTitle", catalogue: "catalogueTitle", health: "healthTitle", inbox: "inboxTitle", forecasts: "forecastsTitle", proposals: "proposalsTitle" };

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
              <header className="bar">
                <p className="brand">
                  <MarkIcon />
                  <span>{t("appName")}</span>
                  <span className="brand-of">{session.organisation}</span>
                </p>
                <Places at={route.place} />
                <div className="bar-tools">
                  <Bell />
                  {chooser}
                  {session.name !== undefined && <span className="bar-name">{session.name}</span>}
                  <button type="button" className="button" onClick={onSignOut}>
                    {t("signOut")}
                  </button>
                </div>
              </header>
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

function Places({ at }: { readonly at: Place }) {
  const { t } = usePage();
  return (
    <nav className="places" aria-label={t("places")}>
      <ul>
        {PLACES.map((place) => (
          <li key={place}>
            <a href={addressOf(place)} aria-current={place === at ? "page" : undefined}>
              {t(TITLES[place])}
            </a>
          </li>
        ))}
      </ul>
    </nav>
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
    case "documents":
      return route.of === null ? <Documents known={known} params={route.params} /> : <Document key={route.of} known={known} id={route.of} />;
    case "forecasts":
      return route.of === null ? <Forecasts known={known} params={route.params} /> : <Forecast key={route.of} known={known} id={route.of} params={route.params} />;
    case "proposals":
      return <Proposals known={known} params={route.params} />;
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
