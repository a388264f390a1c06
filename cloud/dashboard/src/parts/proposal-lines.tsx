import { useRef, useState } from "react";
import { change, type Failure } from "../api/calls";
import type { Accepted, OrderProposal, ProposalLine } from "../api/types";
import { previewAmount, readPacks, said } from "../demand/words";
import { amountText } from "../documents/shown";
import { usePage, useVisitor } from "../page";
import { Cell, Column } from "./cell";
import { Sure } from "./sure";
import { may } from "../roles";
import { addressOf } from "../route";

interface Props {
  readonly proposal: OrderProposal;
  readonly onAccepted: (order: string) => void;
  readonly onChanged: () => void;
}

type Asking = "accept" | "reject" | null;

/** The lines of a proposal with why, and what somebody may do with it: change packs, accept it, reject it. */
export function ProposalLines({ proposal, onAccepted, onChanged }: Props) {
  const { failure: textOf, language, t } = usePage();
  const session = useVisitor();
  const path = `/api/v1/proposals/${encodeURIComponent(proposal.id)}`;
  const [changed, setChanged] = useState<ReadonlyMap<number, number>>(new Map());
  const [wrong, setWrong] = useState<ReadonlySet<number>>(new Set());
  const [asking, setAsking] = useState<Asking>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const reason = useRef<HTMLTextAreaElement>(null);
  const open = proposal.state === "open" && may(session, "decide-proposals", proposal.store);
  const write = (line: ProposalLine, text: string) => {
    const packs = readPacks(text, line);
    setWrong((before) => new Set([...before].filter((one) => one !== line.number).concat(packs === null ? [line.number] : [])));
    setChanged((before) => {
      const after = new Map([...before].filter(([number]) => number !== line.number));
      return packs === null || packs === line.packs ? after : after.set(line.number, packs);
    });
  };
  const save = async () => {
    const outcome = await change<OrderProposal>(session, "PUT", `${path}/packs`, { packs: Object.fromEntries(changed) });
    setFailure(outcome.ok ? null : outcome.failure);
    if (outcome.ok) {
      setChanged(new Map());
      onChanged();
    }
  };
  const amount = amountText(previewAmount(proposal.lines, changed), proposal.currency, language.locale);
  return (
    <div className="product-part lines-part">
      <h3>{t("linesTitle", { count: proposal.lines.length })}</h3>
      <table role="table" className="rows proposal-lines">
        <caption className="hidden">{t("linesTitle", { count: proposal.lines.length })}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <Column>{t("columnLine")}</Column>
            <Column numeric>{t("columnPacks")}</Column>
            <Column numeric>{t("columnPackPrice")}</Column>
            <Column>{t("columnWhy")}</Column>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {proposal.lines.map((line) => (
            <Line key={line.number} line={line} proposal={proposal} wrong={wrong.has(line.number)} onWrite={open ? (text) => write(line, text) : null} />
          ))}
        </tbody>
      </table>
      <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
      {open && changed.size > 0 && (
        <p className="deeds">
          <span role="status">{t("proposalPreview", { amount })}</span>
          <button type="button" className="button button-primary" aria-disabled={wrong.size > 0} onClick={() => wrong.size === 0 && void save()}>
            {t("proposalSave")}
          </button>
        </p>
      )}
      {open && changed.size === 0 && asking === null && (
        <p className="deeds">
          <button type="button" className="button button-primary" onClick={() => setAsking("accept")}>
            {t("proposalAccept")}
          </button>
          <button type="button" className="button" onClick={() => setAsking("reject")}>
            {t("proposalReject")}
          </button>
        </p>
      )}
      {asking === "accept" && (
        <Sure
          title={t("proposalAcceptTitle")}
          deed={t("proposalAccept")}
          onSure={async () => {
            const outcome = await change<Accepted>(session, "POST", `${path}/accept`);
            if (outcome.ok) {
              onAccepted(outcome.value.purchase_order);
            }
            return outcome;
          }}
          onEnd={() => setAsking(null)}
        >
          <p>{t("proposalAcceptHint", { amount, count: proposal.lines.filter(({ packs }) => packs > 0).length })}</p>
        </Sure>
      )}
      {asking === "reject" && (
        <Sure
          title={t("proposalRejectTitle")}
          deed={t("proposalReject")}
          onSure={() => change(session, "POST", `${path}/reject`, { reason: reason.current?.value ?? "" })}
          onEnd={(done) => {
            setAsking(null);
            if (done) {
              onChanged();
            }
          }}
        >
          <label className="field">
            <span>{t("proposalReason")}</span>
            <textarea ref={reason} rows={2} maxLength={500} />
          </label>
        </Sure>
      )}
    </div>
  );
}

interface LineProps {
  readonly line: ProposalLine;
  readonly proposal: OrderProposal;
  readonly wrong: boolean;
  /** Takes what somebody writes; `null` where they may not. */
  readonly onWrite: ((text: string) => void) | null;
}

function Line({ line, proposal, wrong, onWrite }: LineProps) {
  const { language, t } = usePage();
  const stock = t(line.pack.unit === "gram" ? "stockGrams" : "stockPieces", { amount: amountText(String(line.pack.content), null, language.locale) });
  const told = `packs-${proposal.id}-${line.number}`;
  return (
    <tr role="row" data-line={line.number}>
      <th role="rowheader" scope="row">
        <span>
          <a className="row-link" href={addressOf("forecasts", line.product, { store: proposal.store })}>
            {line.name === "" ? line.product : line.name}
          </a>
          {line.article !== "" && <span className="under id">{line.article}</span>}
        </span>
      </th>
      <Cell label={t("columnPacks")} numeric>
        {onWrite === null ? (
          amountText(String(line.packs), null, language.locale)
        ) : (
          <input
            key={line.packs}
            className="packs"
            inputMode="numeric"
            autoComplete="off"
            maxLength={6}
            defaultValue={line.packs}
            aria-label={t("packsOf", { product: line.name })}
            aria-invalid={wrong || undefined}
            aria-describedby={wrong ? told : undefined}
            onChange={(event) => onWrite(event.target.value)}
          />
        )}
        <span className="under">{t("packOf", { stock })}</span>
        {wrong && (
          <span id={told} className="under packs-wrong">
            {t("packsWrong", { least: line.packs_min, step: line.packs_multiple })}
          </span>
        )}
        {line.packs !== line.packs_proposed && <span className="under">{t("packsProposed", { packs: line.packs_proposed })}</span>}
      </Cell>
      <Cell label={t("columnPackPrice")} numeric>
        <span className="amount">{amountText(line.pack_price, proposal.currency, language.locale)}</span>
      </Cell>
      <Cell label={t("columnWhy")}>
        <ul className="reasons small">
          {line.reasons.map(({ text }, index) => (
            <li key={index}>{said(text, language.code)}</li>
          ))}
        </ul>
      </Cell>
    </tr>
  );
}
