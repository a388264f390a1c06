import { useCallback } from "react";
import { storePath } from "../api/calls";
import type { Balance, Page, Store } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { nameOf } from "../fleet/products";
import type { Key } from "../i18n/language";
import { usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { ExportLink } from "../parts/export-link";
import { Finder } from "../parts/finder";
import { NextIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { StockState } from "../parts/stock-state";
import { StoreViews } from "../parts/store-views";
import { addressOf, replaceAddress } from "../route";
import { stockText } from "../stock/words";
import { Count } from "./count";
import { Counts } from "./counts";
import { StockThing } from "./stock-thing";
import { Transfers } from "./transfers";
import { Waste } from "./waste";

/** Things on a page. */
const SHOWN = 50;
const STATES = ["all", "negative", "out", "low", "ok", "over"] as const;
const VIEWS = [
  ["", "stockViewShelf"],
  ["counts", "stockViewCounts"],
  ["transfers", "stockViewTransfers"],
  ["waste", "stockViewWaste"],
] as const satisfies readonly (readonly [string, Key])[];

interface Props {
  readonly known: FleetKnown;
  /** A product's id, or nothing. */
  readonly of: string | null;
  readonly params: URLSearchParams;
}

/** What there is in a store, what is being counted, and what goes from store to store. */
export function Stock({ known, of, params }: Props) {
  const { t } = usePage();
  const stores = known.stores.value?.map(({ store }) => store) ?? null;
  const store = stores?.find((one) => one.id === params.get("store")) ?? stores?.[0];
  if (stores === null || store === undefined) {
    return <PartState part={known.stores} />;
  }
  const [view, count] = [params.get("view") ?? "", params.get("count")];
  if (of !== null) {
    return <StockThing key={`${store.id}/${of}`} stores={stores} store={store} id={of} />;
  }
  if (count !== null) {
    return <Count key={count} store={store} id={count} />;
  }
  return (
    <div className="place-parts">
      <StoreViews stores={stores} store={store} label={t("stockViews")} views={VIEWS} view={view} addressFor={(id, name) => addressOf("stock", null, { store: id, view: name })}>
        {view === "" && <ExportLink dataset="stock" store={store.id} />}
      </StoreViews>
      {view === "counts" && <Counts key={store.id} store={store} />}
      {view === "transfers" && <Transfers key={store.id} stores={stores} store={store} after={params.get("after") ?? ""} />}
      {view === "waste" && <Waste key={store.id} store={store} />}
      {view === "" && <Shelf store={store} params={params} />}
    </div>
  );
}

function Shelf({ store, params }: { readonly store: Store; readonly params: URLSearchParams }) {
  const { t } = usePage();
  const [search, state, after] = [params.get("search") ?? "", params.get("state") ?? "all", params.get("after") ?? ""];
  const wanted = { store: store.id, search, state: state === "all" ? "" : state };
  const query = new URLSearchParams({ all: "true", limit: String(SHOWN) });
  for (const [name, value] of [["q", search], ["state", wanted.state], ["after", after]] as const) {
    if (value !== "") {
      query.set(name, value);
    }
  }
  const { part } = useAsked<Page<Balance>>(`${storePath(store.id)}/stock?${query}`);
  const seek = useCallback((text: string) => replaceAddress(addressOf("stock", null, { ...wanted, search: text })), [store.id, wanted.state]);
  const balances = part.value?.items ?? [];
  return (
    <section className="panel store" aria-label={t("stockTitle")}>
      <Finder label={t("find")} hint={t("findHint")} search={search} onSearch={seek}>
        <label className="choice">
          <span>{t("stockState")}</span>
          <select value={state} onChange={(event) => location.assign(addressOf("stock", null, { ...wanted, state: event.target.value === "all" ? "" : event.target.value }))}>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {t(`stockState_${one}`)}
              </option>
            ))}
          </select>
        </label>
      </Finder>
      <PartState part={part} forbidden="stockForbidden" />
      {part.value !== null && balances.length === 0 && (
        <div className="empty">
          <h2>{t(search === "" && state === "all" ? "stockNone" : "stockEmpty")}</h2>
          <p className="soft">{t(search === "" && state === "all" ? "stockNoneHint" : "stockEmptyHint")}</p>
        </div>
      )}
      {balances.length > 0 && <ShelfTable balances={balances} store={store} />}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("stock", null, wanted)}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("stock", null, { ...wanted, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}

function ShelfTable({ balances, store }: { readonly balances: readonly Balance[]; readonly store: Store }) {
  const { language, t } = usePage();
  return (
    <table role="table" className="rows shelf">
      <caption className="hidden">{t("stockTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column>{t("columnState")}</Column>
          <Column numeric>{t("columnOnHand")}</Column>
          <Column numeric>{t("columnAvailable")}</Column>
          <Column numeric>{t("columnComing")}</Column>
          <Column>{t("columnLimits")}</Column>
          <Column>{t("columnCounted")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {balances.map((balance) => (
          <tr role="row" key={`${balance.product}/${balance.unit}`} data-product={balance.product}>
            <th role="rowheader" scope="row">
              <a className="row-link" href={addressOf("stock", balance.product, { store: store.id })}>
                {nameOf({ id: balance.product, name: balance.name }, language.code)}
                <NextIcon />
              </a>
            </th>
            <Cell label={t("columnState")}>
              <StockState state={balance.state} />
            </Cell>
            <ShelfNumbers balance={balance} />
            <Cell label={t("columnCounted")}>
              {typeof balance.counted_at_ms === "number" ? <Moment atMs={balance.counted_at_ms} timeZone={store.time_zone} /> : <span className="soft">{t("stockNeverCounted")}</span>}
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ShelfNumbers({ balance }: { readonly balance: Balance }) {
  const { language, t } = usePage();
  const amount = (quantity: number) => stockText(quantity, balance.unit, language.locale, t);
  const none = <span className="soft">{t("none")}</span>;
  return (
    <>
      <Cell label={t("columnOnHand")} numeric>
        <span className="amount">{amount(balance.quantity)}</span>
      </Cell>
      <Cell label={t("columnAvailable")} numeric>
        <span className="amount">{amount(balance.available)}</span>
        {balance.reserved > 0 && <span className="under">{t("stockReserved", { amount: amount(balance.reserved) })}</span>}
      </Cell>
      <Cell label={t("columnComing")} numeric>
        {balance.on_order + balance.in_transit === 0 ? none : <span className="amount">{amount(balance.on_order + balance.in_transit)}</span>}
        {balance.in_transit > 0 && <span className="under">{t("stockInTransit", { amount: amount(balance.in_transit) })}</span>}
      </Cell>
      <Cell label={t("columnLimits")}>
        {typeof balance.reorder_point !== "number" && typeof balance.maximum !== "number" && none}
        {typeof balance.reorder_point === "number" && <span>{t("stockReorder", { amount: amount(balance.reorder_point) })}</span>}
        {typeof balance.maximum === "number" && <span className="under">{t("stockMaximum", { amount: amount(balance.maximum) })}</span>}
      </Cell>
    </>
  );
}
