import { useState } from "react";
import { change, documentPath } from "../api/calls";
import type { DocumentDetail, DocumentReceipt, Store } from "../api/types";
import { numberOf } from "../documents/orders";
import { amountText } from "../documents/shown";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { Cell, Column } from "./cell";
import { ProductName } from "./line-product";
import { Moment } from "./moment";
import { Sure } from "./sure";

interface Props {
  readonly detail: DocumentDetail;
  readonly stores: readonly Store[];
  /** Something was written that is not confirmed. */
  readonly edited: boolean;
  readonly onReceived: () => void;
}

/** What a document's goods become: taken into a store's stock once it is confirmed, and what came in. */
export function Goods({ detail, stores, edited, onReceived }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const { document, receipt } = detail;
  if (receipt !== undefined) {
    return <Received receipt={receipt} stores={stores} />;
  }
  const open = stores.filter((store) => (document.store === undefined || document.store === store.id) && may(session, "receive-goods", store.id));
  if (document.state !== "confirmed" || document.kind === "credit_note" || open.length === 0) {
    return document.state === "confirmed" && document.kind !== "credit_note" ? <p className="soft">{t("receiveForbidden")}</p> : null;
  }
  return edited ? <p className="soft">{t("receiveAfterConfirm")}</p> : <Receive detail={detail} stores={open} onReceived={onReceived} />;
}

function Receive({ detail, stores, onReceived }: Omit<Props, "edited">) {
  const { t } = usePage();
  const session = useVisitor();
  const [asking, setAsking] = useState(false);
  const [wanted, setWanted] = useState<string | null>(null);
  const [counted, setCounted] = useState(true);
  const store = stores.find((one) => one.id === wanted) ?? stores[0];
  // An order is for one store; in another the goods are not those that it waits for.
  const order = detail.order?.store === store?.id && detail.order?.state !== "draft" ? detail.order : undefined;
  const form = { store: store?.id, order: order !== undefined && counted ? order.id : "none" };
  const bringing = (detail.matches?.lines ?? []).filter((line) => line.product !== undefined && (line.badge === "sure" || line.badge === "confirmed"));
  const unclear = bringing.find((line) => line.conversion?.quantity === undefined);
  if (store === undefined) {
    return null;
  }
  if (bringing.length === 0 || unclear !== undefined) {
    return <p className="soft">{unclear === undefined ? t("receiveNothing") : t("receiveUnclear", { number: unclear.line + 1 })}</p>;
  }
  return (
    <div className="product-part next-deed">
      <h3>{t("receiveTitle")}</h3>
      {asking ? (
        <Sure
          title={t("receiveSure", { store: store.name })}
          deed={t("receive")}
          onSure={() => change(session, "POST", `${documentPath(detail.document.id)}/receive`, form)}
          onEnd={(done) => {
            setAsking(false);
            if (done) {
              onReceived();
            }
          }}
        >
          <p>{t("receiveHint", { count: bringing.length })}</p>
          {order !== undefined && <p>{t(counted ? "receiveCounted" : "receiveNotCounted", { order: numberOf(order) })}</p>}
        </Sure>
      ) : (
        <div className="inline-form">
          <label className="choice">
            <span>{t("receiveInto")}</span>
            <select value={store.id} onChange={(event) => setWanted(event.target.value)}>
              {stores.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
          {order !== undefined && (
            <label className="check">
              <input type="checkbox" checked={counted} onChange={(event) => setCounted(event.target.checked)} />
              <span>{t("receiveCount", { order: numberOf(order) })}</span>
            </label>
          )}
          <button type="button" className="button button-primary button-next" onClick={() => setAsking(true)}>
            {t("receive")}
          </button>
        </div>
      )}
    </div>
  );
}

function Received({ receipt, stores }: { readonly receipt: DocumentReceipt; readonly stores: readonly Store[] }) {
  const { language, t } = usePage();
  const store = stores.find((one) => one.id === receipt.store);
  const zone = store?.time_zone ?? "UTC";
  return (
    <div className="product-part" data-receipt>
      <h3>{t("receivedTitle", { store: store?.name ?? receipt.store })}</h3>
      <p className="soft small">
        <Moment atMs={receipt.made_at_ms} timeZone={zone} />
      </p>
      <table role="table" className="rows received">
        <caption className="hidden">{t("receivedTitle", { store: store?.name ?? receipt.store })}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <Column>{t("columnProduct")}</Column>
            <Column numeric>{t("columnCameInto")}</Column>
            <Column numeric>{t("columnCost")}</Column>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {receipt.lines.map((line, index) => (
            <tr role="row" key={index}>
              <th role="rowheader" scope="row">
                <ProductName id={line.product} />
              </th>
              <Cell label={t("columnCameInto")} numeric>
                {t(line.unit === "g" ? "stockGrams" : "stockPieces", { amount: amountText(String(line.quantity), null, language.locale) })}
              </Cell>
              <Cell label={t("columnCost")} numeric>
                {line.cost === undefined ? <span className="soft">{t("none")}</span> : <span className="amount">{amountText(line.cost, line.currency, language.locale)}</span>}
              </Cell>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
