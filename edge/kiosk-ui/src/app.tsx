import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import type { Known, LiveState } from "./api/live";
import type { TillState } from "./api/types";
import type { Language } from "./i18n/language";
import { translate } from "./i18n/translate";
import { ageToCheck } from "./parts/age";
import { Header } from "./parts/header";
import { useLater } from "./parts/later";
import { Notices } from "./parts/notices";
import { TimeOut } from "./parts/time-out";
import { Ended, hasEnded, Paying } from "./screens/paying";
import { Receipt } from "./screens/receipt";
import { Review } from "./screens/review";
import { Scanning } from "./screens/scanning";
import { Start } from "./screens/start";
import { Waiting } from "./screens/waiting";
import { ShopContext, useLanguage, useShop, useShopOf } from "./shop";

/** Loaded only by tills whose camera is simulated. */
const Demo = lazy(() => import("./demo/drawer"));
/** Loaded only when there is an age to check. */
const loadStaffDesk = () => import("./staff/desk");

export function App({ live }: { readonly live: LiveState }) {
  const known = useSyncExternalStore(live.subscribe, live.current);
  const [language, speak] = useLanguage(known.state);
  useDocument(known.state, language);
  return known.state === null ? (
    <div className="page">
      <div className="kiosk" data-phase="connecting">
        <main className="screen">
          <Waiting title={translate(language, "connectingTitle")} hint={translate(language, "connectingHint")} />
        </main>
      </div>
    </div>
  ) : (
    <Page live={live} known={known} state={known.state} language={language} speak={speak} />
  );
}

interface PageProps {
  readonly live: LiveState;
  readonly known: Known;
  readonly state: TillState;
  readonly language: Language;
  readonly speak: (code: string) => void;
}

function Page({ live, known, state, language, speak }: PageProps) {
  const shop = useShopOf(known, state, language, speak);
  const age = ageToCheck(state);
  const staff = useLater(age === null ? null : loadStaffDesk, known.epoch);
  const [open, setOpen] = useState(false);
  const atDesk = open && age !== null && staff !== null;
  // A desk that closed by itself is not open when the next age is to be checked.
  useEffect(() => {
    if (age === null) {
      setOpen(false);
    }
  }, [age]);
  // Who works with keys goes on from where they opened it, or with what comes next once it is done.
  useEffect(() => {
    if (atDesk) {
      return () => document.querySelector<HTMLElement>("[data-notice=age] button, .next")?.focus();
    }
  }, [atDesk]);
  return (
    <ShopContext value={shop}>
      <div className="page">
        <div className="kiosk" data-phase={state.phase} data-connection={known.connection}>
          <Header />
          <Notices onStaff={atDesk ? null : () => setOpen(true)} />
          <main className="screen">
            {atDesk && <staff.StaffDesk age={age} onClose={() => setOpen(false)} />}
            <div className="screen-rest" hidden={atDesk}>
              <Screen live={live} />
            </div>
          </main>
          <TimeOut />
        </div>
        {state.till.simulated && (
          <Suspense fallback={null}>
            <Demo />
          </Suspense>
        )}
      </div>
    </ShopContext>
  );
}

function Screen({ live }: { readonly live: LiveState }) {
  const { state, t } = useShop();
  switch (state.phase) {
    case "idle":
      return <Start />;
    case "scanning":
      return <Scanning live={live} />;
    case "review":
      return hasEnded(state.payment) ? <Ended payment={state.payment} /> : <Review />;
    case "paying":
      return <Paying />;
    case "receipt":
      return state.receipt === null ? (
        <Waiting title={t("payingApproved")} hint={t("payingApprovedHint")} />
      ) : (
        <Receipt key={state.receipt.sale} receipt={state.receipt} />
      );
    case "recovering":
      return <Waiting title={t("recoveringTitle")} hint={t("recoveringHint")} />;
    default:
      return <Waiting title={t("recoveringTitle")} hint={t("connectingHint")} />;
  }
}

/** What the document as a whole takes from the till: its language and how large a millimetre is on its panel. */
function useDocument(state: TillState | null, language: Language): void {
  const millimetre = state?.till.mm_per_pixel ?? null;
  useEffect(() => {
    const root = document.documentElement;
    root.lang = language.code;
    root.dir = language.direction;
    document.title = translate(language, "appName");
  }, [language]);
  useEffect(() => {
    if (millimetre !== null && millimetre > 0) {
      document.documentElement.style.setProperty("--panel-mm", (1 / millimetre).toFixed(3));
    }
  }, [millimetre]);
}
