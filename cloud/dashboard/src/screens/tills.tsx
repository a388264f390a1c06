import { useState } from "react";
import { change, type Failure, tillPath } from "../api/calls";
import type { Claim, Journals, Store, Till } from "../api/types";
import { type FleetKnown, isForbidden, type StoreKnown } from "../fleet/known";
import { standingOf, unsentOf } from "../fleet/standing";
import { useAskNow, useClockOffset, usePage, useVisitor } from "../page";
import { Cell, Column } from "../parts/cell";
import { ClaimCode } from "../parts/claim-code";
import { NewTill } from "../parts/new-till";
import { PartState } from "../parts/part-state";
import { Sure } from "../parts/sure";
import { SellsFrom, State } from "../parts/till-table";
import { may } from "../roles";

/** The tills of every store: how each is, and what can be done about it. */
export function Tills({ known }: { readonly known: FleetKnown }) {
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
    <div className="place-parts">
      {stores.map((one) => (
        <StoreTills key={one.store.id} known={one} journals={known.journals.value} journalsForbidden={isForbidden(known.journals)} />
      ))}
    </div>
  );
}

interface StoreProps {
  readonly known: StoreKnown;
  readonly journals: Journals | null;
  readonly journalsForbidden: boolean;
}

function StoreTills({ known, ...of }: StoreProps) {
  const { t } = usePage();
  const session = useVisitor();
  const { store, tills } = known;
  const heading = `tills-${store.id}`;
  const shown = [...(tills.value ?? [])].sort((a, b) => Number(a.retired_at_ms !== undefined) - Number(b.retired_at_ms !== undefined));
  return (
    <section className="panel store" aria-labelledby={heading} data-store={store.id}>
      <div className="store-head">
        <div>
          <h2 id={heading}>{store.name}</h2>
          {store.name !== store.id && <p className="soft small id">{store.id}</p>}
        </div>
        {may(session, "make-till", store.id) && <NewTill store={store} tills={tills.value ?? []} />}
      </div>
      <PartState part={tills} />
      {tills.value !== null && shown.length === 0 && (
        <div className="empty">
          <h3>{t("tillsEmpty")}</h3>
          <p className="soft">{t("tillsEmptyHere")}</p>
        </div>
      )}
      {shown.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("tillsOf", { store: store.name })}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnTill")}</Column>
              <Column>{t("columnState")}</Column>
              <Column>{t("columnSoftware")}</Column>
              <Column>{t("columnCatalogue")}</Column>
              <Column>{t("columnUnsent")}</Column>
              <Column>{t("columnDo")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {shown.map((till) => (
              <TillRows key={till.id} till={till} known={known} {...of} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** What was opened beneath a till. */
type Opened = { readonly kind: "claim"; readonly claim: Claim } | { readonly kind: "revoke" } | { readonly kind: "failed"; readonly failure: Failure };

function TillRows({ till, known, journals, journalsForbidden }: { readonly till: Till } & StoreProps) {
  const { t } = usePage();
  const offsetMs = useClockOffset();
  const [opened, setOpened] = useState<Opened | null>(null);
  const { store } = known;
  const standing = standingOf(till, known.tills.heardAtMs === null ? 0 : known.tills.heardAtMs + offsetMs);
  return (
    <>
      <tr role="row" data-till={till.id} data-standing={standing}>
        <th role="rowheader" scope="row">
          {till.name}
          {till.name !== till.id && <span className="id">{till.id}</span>}
        </th>
        <Cell label={t("columnState")}>
          <State till={till} standing={standing} timeZone={store.time_zone} />
        </Cell>
        <Cell label={t("columnSoftware")}>{till.last_seen?.software ?? <span className="soft">{t("none")}</span>}</Cell>
        <Cell label={t("columnCatalogue")}>
          <SellsFrom till={till} known={known} />
        </Cell>
        <Cell label={t("columnUnsent")}>
          <Unsent till={till} store={store} journals={journals} forbidden={journalsForbidden} />
        </Cell>
        {standing === "retired" ? (
          <td role="cell" />
        ) : (
          <Cell label={t("columnDo")}>
            <Deeds till={till} store={store} onOpened={setOpened} />
          </Cell>
        )}
      </tr>
      {opened !== null && (
        <tr role="row" className="beneath">
          <td role="cell" colSpan={6} aria-colspan={6}>
            <Beneath store={store} till={till} opened={opened} onClose={() => setOpened(null)} />
          </td>
        </tr>
      )}
    </>
  );
}

/** Sales that the till said it has and that did not come yet. */
function Unsent({ till, store, journals, forbidden }: { readonly till: Till; readonly store: Store; readonly journals: Journals | null; readonly forbidden: boolean }) {
  const { t } = usePage();
  if (journals === null) {
    return <span className="soft">{t(forbidden ? "notShown" : "loading")}</span>;
  }
  const unsent = unsentOf(till, store.id, journals);
  return unsent === 0 ? <span className="soft">{t("none")}</span> : t("soldCount", { count: unsent });
}

function Deeds({ till, store, onOpened }: { readonly till: Till; readonly store: Store; readonly onOpened: (opened: Opened) => void }) {
  const { t } = usePage();
  const session = useVisitor();
  const [busy, setBusy] = useState(false);
  const claimed = till.last_seen !== undefined;
  const claim = async () => {
    if (busy) {
      return;
    }
    setBusy(true);
    const outcome = await change<Claim>(session, "POST", `${tillPath(store.id, till.id)}/claims`);
    setBusy(false);
    onOpened(outcome.ok ? { kind: "claim", claim: outcome.value } : { kind: "failed", failure: outcome.failure });
  };
  if (!may(session, "claim-till", store.id)) {
    return <span className="soft">{t("deedsForbidden")}</span>;
  }
  return (
    <span className="deeds">
      <button
        type="button"
        className={claimed ? "button" : "button button-primary"}
        aria-disabled={busy}
        aria-label={t("claimMakeFor", { till: till.name })}
        onClick={() => void claim()}
      >
        {t("claimMake")}
      </button>
      {claimed && (
        <button type="button" className="button" aria-label={t("revokeFor", { till: till.name })} onClick={() => onOpened({ kind: "revoke" })}>
          {t("revoke")}
        </button>
      )}
    </span>
  );
}

function Beneath({ store, till, opened, onClose }: { readonly store: Store; readonly till: Till; readonly opened: Opened; readonly onClose: () => void }) {
  const { t, failure } = usePage();
  const session = useVisitor();
  const askNow = useAskNow();
  switch (opened.kind) {
    case "claim":
      return <ClaimCode store={store} till={till} claim={opened.claim} onClose={onClose} />;
    case "failed":
      return (
        <p className="banner banner-error" role="alert">
          <span>{failure(opened.failure)}</span>
        </p>
      );
    case "revoke":
      return (
        <Sure
          title={t("revokeTitle", { till: till.name })}
          deed={t("revokeDeed")}
          onSure={() => change(session, "DELETE", `${tillPath(store.id, till.id)}/certificates`)}
          onEnd={(done) => {
            onClose();
            if (done) {
              askNow();
            }
          }}
        >
          <p>{t("revokeHint")}</p>
        </Sure>
      );
  }
}
