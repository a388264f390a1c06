import { useState } from "react";
import type { OrderProposal, Page } from "../api/types";
import { amountText, dayText } from "../documents/shown";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { isForbidden } from "../fleet/known";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { NextIcon } from "../parts/icons";
import { Exactly } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { ProposalLines } from "../parts/proposal-lines";
import { addressOf } from "../route";
import { SupplierName } from "./orders";

export const PROPOSAL_STATES = ["open", "accepted", "rejected", "expired", "replaced"] as const;

/** Proposals on a page. */
const SHOWN = 20;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** What is proposed to order, supplier by supplier. */
export function Proposals({ known, params }: Props) {
  const { t } = usePage();
  const [state, after] = [params.get("state") ?? "open", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN), state, ...(after === "" ? {} : { after }) });
  const asked = useAsked<Page<OrderProposal>>(`/api/v1/proposals?${query}`);
  const { part } = asked;
  const proposals = part.value?.items ?? [];
  return (
    <div className="place-parts">
      {!isForbidden(part) && (
        <label className="choice store-choice">
          <span>{t("columnState")}</span>
          <select value={state} onChange={(event) => location.assign(addressOf("proposals", null, { state: event.target.value }))}>
            {PROPOSAL_STATES.map((one) => (
              <option key={one} value={one}>
                {t(`proposal_${one}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <PartState part={part} forbidden="proposalsForbidden" />
      {part.value !== null && proposals.length === 0 && (
        <section className="panel empty">
          <h2>{t(state === "open" ? "proposalsEmpty" : "proposalsNone")}</h2>
          {state === "open" && <p className="soft">{t("proposalsEmptyHint")}</p>}
        </section>
      )}
      {proposals.map((proposal) => (
        <ProposalPanel key={proposal.id} proposal={proposal} known={known} onChanged={asked.again} />
      ))}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("proposals", null, { state })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("proposals", null, { state, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </div>
  );
}

interface PanelProps {
  readonly proposal: OrderProposal;
  readonly known: FleetKnown;
  readonly onChanged: () => void;
}

function ProposalPanel({ proposal, known, onChanged }: PanelProps) {
  const { language, t } = usePage();
  const [became, setBecame] = useState<string | null>(proposal.purchase_order ?? null);
  const store = known.stores.value?.find((one) => one.store.id === proposal.store)?.store;
  const heading = `proposal-${proposal.id}`;
  const facts = [
    ["chooseStore", <StoreLink key="store" store={proposal.store} name={store?.name ?? proposal.store} />],
    ["columnState", <ProposalState key="state" state={proposal.state} />],
    ["columnWanted", typeof proposal.arrives_on === "string" ? dayText(proposal.arrives_on, language.locale) : t("none")],
    ["proposalUntil", <Exactly key="until" atMs={proposal.expires_at_ms} timeZone={store?.time_zone ?? "UTC"} />],
    ["columnAmount", <span key="amount" className="amount">{amountText(proposal.amount, proposal.currency, language.locale)}</span>],
  ] as const;
  return (
    <section className="panel store product" aria-labelledby={heading} data-proposal={proposal.id}>
      <h2 id={heading}>
        <SupplierName id={proposal.supplier} />
      </h2>
      <dl className="facts">
        {facts.map(([key, value]) => (
          <div key={key} className="fact">
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {proposal.reason !== "" && <p>{proposal.reason}</p>}
      {proposal.edited && proposal.state === "open" && <p className="soft small">{t("proposalEdited")}</p>}
      {became !== null && (
        <p role="status">
          <a className="row-link" href={addressOf("orders", became)}>
            {t("proposalBecame")}
            <NextIcon />
          </a>
        </p>
      )}
      <ProposalLines
        proposal={proposal}
        onAccepted={(order) => {
          setBecame(order);
          onChanged();
        }}
        onChanged={onChanged}
      />
    </section>
  );
}

/** The store, and the way to what its proposals follow from. */
function StoreLink({ store, name }: { readonly store: string; readonly name: string }) {
  const { t } = usePage();
  return (
    <>
      {name}
      <a className="row-link small" href={addressOf("ordering", null, { store })}>
        {t("toOrdering")}
        <NextIcon />
      </a>
    </>
  );
}

function ProposalState({ state }: { readonly state: string }) {
  const { language, t } = usePage();
  const key = `proposal_${state}`;
  return isKey(language, key) ? t(key) : state;
}
