import { type FormEvent, useRef, useState } from "react";
import { change } from "../api/calls";
import type { Page, StockTransfer, Store, TransferLine } from "../api/types";
import { useAsked } from "../fleet/asked";
import { usePage, useVisitor } from "../page";
import { Cell, Column } from "../parts/cell";
import { ProductName } from "../parts/line-product";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { may } from "../roles";
import { addressOf } from "../route";
import { readStock, stockText, writtenStock } from "../stock/words";

/** Transfers on a page. */
const SHOWN = 20;
const OUTCOMES = ["waste", "found", "returned"] as const;
const STATES = { draft: "transfer_draft", sent: "transfer_sent", received: "transfer_received", cancelled: "transfer_cancelled" } as const;

interface Props {
  readonly stores: readonly Store[];
  readonly store: Store;
  readonly after: string;
}

/** Goods that go from or to a store. */
export function Transfers({ stores, store, after }: Props) {
  const { t } = usePage();
  const query = new URLSearchParams({ store: store.id, limit: String(SHOWN), ...(after === "" ? {} : { after }) });
  const { part, again } = useAsked<Page<StockTransfer>>(`/api/v1/stock-transfers?${query}`);
  const transfers = part.value?.items ?? [];
  const here = { store: store.id, view: "transfers" };
  return (
    <>
      <PartState part={part} forbidden="stockForbidden" />
      {part.value !== null && transfers.length === 0 && (
        <section className="panel empty">
          <h2>{t("transfersEmpty")}</h2>
          <p className="soft">{t(stores.length > 1 ? "transfersEmptyHint" : "transferOneStore")}</p>
        </section>
      )}
      {transfers.map((transfer) => (
        <Transfer key={`${transfer.id}/${transfer.state}`} transfer={transfer} stores={stores} onChanged={again} />
      ))}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("stock", null, here)}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("stock", null, { ...here, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </>
  );
}

interface TransferProps {
  readonly transfer: StockTransfer;
  readonly stores: readonly Store[];
  readonly onChanged: () => void;
}

function Transfer({ transfer, stores, onChanged }: TransferProps) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [wrong, setWrong] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const named = (id: string) => stores.find((one) => one.id === id)?.name ?? id;
  const [sends, receives] = [may(session, "count-stock", transfer.from), may(session, "count-stock", transfer.to)];
  const receiving = transfer.state === "sent" && receives;
  const step = async (name: string, body?: unknown) => {
    const outcome = await change(session, "POST", `/api/v1/stock-transfers/${transfer.id}/${name}`, body);
    setWrong(outcome.ok ? null : textOf(outcome.failure));
    if (outcome.ok) {
      onChanged();
    }
  };
  const receive = (event: FormEvent) => {
    event.preventDefault();
    const values = new FormData(form.current ?? undefined);
    const came = transfer.lines.map((line) => [String(line.number), readStock(String(values.get(`line-${line.number}`) ?? ""), line.unit)] as const);
    if (came.some(([, quantity]) => quantity === null)) {
      setWrong(t("stockWrongQuantity"));
      return;
    }
    void step("receipt", { received: Object.fromEntries(came) });
  };
  const heading = `transfer-${transfer.id}`;
  return (
    <section className="panel store product" aria-labelledby={heading} data-transfer={transfer.state}>
      <div>
        <h2 id={heading}>{t("transferFromTo", { from: named(transfer.from), to: named(transfer.to) })}</h2>
        <p className="soft small">
          {t(STATES[transfer.state as keyof typeof STATES] ?? "transfer_draft")} {"· "}
          <Moment atMs={transfer.settled_at_ms ?? transfer.sent_at_ms ?? transfer.made_at_ms} timeZone={stores.find((one) => one.id === transfer.to)?.time_zone ?? "UTC"} />
        </p>
        {transfer.note !== "" && <p>{transfer.note}</p>}
      </div>
      <form ref={form} noValidate aria-labelledby={heading} onSubmit={receive}>
        <Lines transfer={transfer} receiving={receiving} onSettle={(line, outcome) => void step("settlement", { line, outcome })} />
        <div role="alert">{wrong !== null && <p className="banner banner-error">{wrong}</p>}</div>
        <p className="deeds">
          {receiving && (
            <button type="submit" className="button button-primary">
              {t("transferReceive")}
            </button>
          )}
          {transfer.state === "draft" && sends && (
            <button type="button" className="button button-primary" onClick={() => void step("sending")}>
              {t("transferSend")}
            </button>
          )}
          {(transfer.state === "draft" || transfer.state === "sent") && sends && (
            <button type="button" className="button" onClick={() => void step("cancellation")}>
              {t("transferCancel")}
            </button>
          )}
        </p>
      </form>
    </section>
  );
}

interface LinesProps {
  readonly transfer: StockTransfer;
  readonly receiving: boolean;
  readonly onSettle: (line: number, outcome: string) => void;
}

function Lines({ transfer, receiving, onSettle }: LinesProps) {
  const { language, t } = usePage();
  const session = useVisitor();
  const settles = may(session, "correct-stock", transfer.to);
  return (
    <table role="table" className="rows transfer-lines">
      <caption className="hidden">{t("stockViewTransfers")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column numeric>{t("transferSent")}</Column>
          <Column numeric>{t("transferCame")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {transfer.lines.map((line) => (
          <tr role="row" key={line.number}>
            <th role="rowheader" scope="row">
              <ProductName id={line.product} />
            </th>
            <Cell label={t("transferSent")} numeric>
              <span className="amount">{stockText(line.quantity, line.unit, language.locale, t)}</span>
            </Cell>
            <Cell label={t("transferCame")} numeric>
              {receiving && (
                <input className="packs" name={`line-${line.number}`} inputMode="decimal" autoComplete="off" maxLength={14} aria-label={`${t("transferCame")}: ${line.product}`} defaultValue={writtenStock(line.quantity, line.unit)} />
              )}
              {!receiving && (typeof line.received === "number" ? <span className="amount">{stockText(line.received, line.unit, language.locale, t)}</span> : <span className="soft">{t("none")}</span>)}
              <Missing line={line} settles={settles} onSettle={onSettle} />
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What did not come, and what became of it. */
function Missing({ line, settles, onSettle }: { readonly line: TransferLine; readonly settles: boolean; readonly onSettle: LinesProps["onSettle"] }) {
  const { language, t } = usePage();
  if (line.missing === 0) {
    return null;
  }
  const amount = stockText(line.missing, line.unit, language.locale, t);
  const settled = OUTCOMES.find((one) => one === line.settled_as);
  return (
    <>
      <span className="difference" data-difference="short">
        {t("transferMissing", { amount })}
      </span>
      {settled !== undefined && <span className="under">{t(`settled_${settled}`)}</span>}
      {settled === undefined && settles && (
        <span className="deeds" role="group" aria-label={t("transferSettle")}>
          {OUTCOMES.map((one) => (
            <button key={one} type="button" className="button" onClick={() => onSettle(line.number, one)}>
              {t(`settled_${one}`)}
            </button>
          ))}
        </span>
      )}
    </>
  );
}
