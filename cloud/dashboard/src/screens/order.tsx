import type { OrderLine, PurchaseOrder } from "../api/types";
import { differencesOf, numberOf } from "../documents/orders";
import { amountText, dayText } from "../documents/shown";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { BackIcon } from "../parts/icons";
import { PartState } from "../parts/part-state";
import { addressOf } from "../route";
import { OrderState, SupplierName } from "./orders";

const FILES = [["pdf", "PDF"], ["xlsx", "XLSX"], ["ubl", "UBL"], ["order-x", "Order-X"]] as const;

/** One purchase order: what was ordered, what came of it, and its papers. */
export function Order({ known, id }: { readonly known: FleetKnown; readonly id: string }) {
  const { t } = usePage();
  const { part } = useAsked<PurchaseOrder>(orderPath(id));
  return (
    <div className="place-parts">
      <p>
        <a className="back" href={addressOf("orders")}>
          <BackIcon />
          {t("allOrders")}
        </a>
      </p>
      <PartState part={part} forbidden="ordersForbidden" />
      {part.value !== null && <Opened order={part.value} known={known} />}
    </div>
  );
}

function orderPath(id: string): string {
  return `/api/v1/purchase-orders/${encodeURIComponent(id)}`;
}

function Opened({ order, known }: { readonly order: PurchaseOrder; readonly known: FleetKnown }) {
  const { language, t } = usePage();
  const store = known.stores.value?.find((one) => one.store.id === order.store)?.store;
  const facts = [
    ["columnState", <OrderState state={order.state} />],
    ["columnSupplier", <SupplierName id={order.supplier} />],
    ["chooseStore", store?.name ?? order.store],
    ["columnWanted", typeof order.wanted_on === "string" ? dayText(order.wanted_on, language.locale) : t("none")],
    ["orderReference", order.supplier_reference === "" ? t("none") : order.supplier_reference],
  ] as const;
  return (
    <section className="panel store product" aria-labelledby="order" data-order={order.id}>
      <h2 id="order">{numberOf(order)}</h2>
      <dl className="facts">
        {facts.map(([key, value]) => (
          <div key={key} className="fact">
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {order.reason !== "" && <p>{order.reason}</p>}
      {order.note !== "" && <p>{order.note}</p>}
      <Lines lines={order.lines ?? []} currency={order.currency} />
      <div className="product-part">
        <h3>{t("orderFiles")}</h3>
        <p className="deeds">
          {FILES.map(([format, name]) => (
            <a key={format} className="button" href={`${orderPath(order.id)}/file?format=${format}`} target="_blank" rel="noreferrer">
              {name}
            </a>
          ))}
        </p>
      </div>
    </section>
  );
}

function Lines({ lines, currency }: { readonly lines: readonly OrderLine[]; readonly currency: string }) {
  const { language, t } = usePage();
  const stock = (line: OrderLine, amount: number) => t(line.unit === "gram" ? "stockGrams" : "stockPieces", { amount: amountText(String(amount), null, language.locale) });
  return (
    <div className="product-part lines-part">
      <h3>{t("linesTitle", { count: lines.length })}</h3>
      <table role="table" className="rows order-lines">
        <caption className="hidden">{t("linesTitle", { count: lines.length })}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <Column>{t("columnLine")}</Column>
            <Column numeric>{t("columnPacks")}</Column>
            <Column numeric>{t("columnPackPrice")}</Column>
            <Column numeric>{t("columnAmount")}</Column>
            <Column numeric>{t("columnCameInto")}</Column>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {lines.map((line) => (
            <tr role="row" key={line.number} data-line={line.number}>
              <th role="rowheader" scope="row">
                <span>
                  {line.name}
                  {line.article !== "" && <span className="under id">{line.article}</span>}
                </span>
              </th>
              <Cell label={t("columnPacks")} numeric>
                {amountText(String(line.packs), null, language.locale)}
                <span className="under">{t("packOf", { stock: stock(line, line.pack.content) })}</span>
                {typeof line.packs_confirmed === "number" && line.packs_confirmed !== line.packs && <span className="under">{t("packsConfirmed", { packs: line.packs_confirmed })}</span>}
              </Cell>
              <Cell label={t("columnPackPrice")} numeric>
                <span className="amount">{amountText(line.pack_price, currency, language.locale)}</span>
              </Cell>
              <Cell label={t("columnAmount")} numeric>
                <span className="amount">{amountText(line.amount, currency, language.locale)}</span>
              </Cell>
              <Cell label={t("columnCameInto")} numeric>
                {stock(line, line.accepted)}
                {differencesOf(line).map(([kind, amount]) => (
                  <span key={kind} className="under">
                    {t(`came_${kind}`, { stock: stock(line, amount) })}
                  </span>
                ))}
              </Cell>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
