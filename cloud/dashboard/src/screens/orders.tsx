import type { Page, PurchaseOrder, Supplier } from "../api/types";
import { numberOf, ORDER_STATES } from "../documents/orders";
import { dayText } from "../documents/shown";
import { useAsked } from "../fleet/asked";
import { type FleetKnown, isForbidden } from "../fleet/known";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { NextIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { addressOf } from "../route";

/** Orders on a page. */
const SHOWN = 50;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** What was ordered from suppliers, the newest first. */
export function Orders({ known, params }: Props) {
  const { t } = usePage();
  const [state, after] = [params.get("state") ?? "", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN) });
  for (const [name, value] of [["state", state], ["after", after]] as const) {
    if (value !== "") {
      query.set(name, value);
    }
  }
  const { part } = useAsked<Page<PurchaseOrder>>(`/api/v1/purchase-orders?${query}`);
  const orders = part.value?.items ?? [];
  return (
    <section className="panel store" aria-label={t("ordersTitle")}>
      {!isForbidden(part) && (
        <label className="choice store-choice">
          <span>{t("columnState")}</span>
          <select value={state} onChange={(event) => location.assign(addressOf("orders", null, { state: event.target.value }))}>
            <option value="">{t("anyState")}</option>
            {ORDER_STATES.map((one) => (
              <option key={one} value={one}>
                {t(`order_${one}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <PartState part={part} forbidden="ordersForbidden" />
      {part.value !== null && orders.length === 0 && (
        <div className="empty">
          <h2>{t(state === "" ? "ordersEmpty" : "ordersNone")}</h2>
          {state === "" && <p className="soft">{t("ordersEmptyHint")}</p>}
        </div>
      )}
      {orders.length > 0 && <OrderTable orders={orders} known={known} />}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("orders", null, { state })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("orders", null, { state, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}

function OrderTable({ orders, known }: { readonly orders: readonly PurchaseOrder[]; readonly known: FleetKnown }) {
  const { language, t } = usePage();
  const stores = known.stores.value?.map(({ store }) => store) ?? [];
  return (
    <table role="table" className="rows orders">
      <caption className="hidden">{t("ordersTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnOrder")}</Column>
          <Column>{t("columnSupplier")}</Column>
          <Column>{t("columnState")}</Column>
          <Column>{t("chooseStore")}</Column>
          <Column>{t("columnWanted")}</Column>
          <Column>{t("columnMade")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {orders.map((order) => {
          const store = stores.find((one) => one.id === order.store);
          return (
            <tr role="row" key={order.id} data-order={order.id}>
              <th role="rowheader" scope="row">
                <a className="row-link" href={addressOf("orders", order.id)}>
                  {numberOf(order)}
                  <NextIcon />
                </a>
              </th>
              <Cell label={t("columnSupplier")}>
                <SupplierName id={order.supplier} />
              </Cell>
              <Cell label={t("columnState")}>
                <OrderState state={order.state} />
              </Cell>
              <Cell label={t("chooseStore")}>{store?.name ?? order.store}</Cell>
              <Cell label={t("columnWanted")}>{typeof order.wanted_on === "string" ? dayText(order.wanted_on, language.locale) : <span className="soft">{t("none")}</span>}</Cell>
              <Cell label={t("columnMade")}>
                <Moment atMs={order.made_at_ms} timeZone={store?.time_zone ?? "UTC"} />
              </Cell>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function OrderState({ state }: { readonly state: string }) {
  const { language, t } = usePage();
  const key = `order_${state}`;
  return isKey(language, key) ? t(key) : state;
}

export function SupplierName({ id }: { readonly id: string }) {
  const { part } = useAsked<Supplier>(`/api/v1/suppliers/${encodeURIComponent(id)}`);
  return part.value?.name ?? "…";
}
