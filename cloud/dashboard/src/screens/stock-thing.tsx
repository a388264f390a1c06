import { useState } from "react";
import { storePath } from "../api/calls";
import type { Balance, Page, StockMovement, StockMovements, Store } from "../api/types";
import { useAsked } from "../fleet/asked";
import { nameOf } from "../fleet/products";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { BackIcon, NextIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { StockDeeds } from "../parts/stock-deeds";
import { StockState } from "../parts/stock-state";
import { addressOf } from "../route";
import { changeText, stockText, withBalances } from "../stock/words";

/** Changes that are shown at first, and that each step adds. */
const SHOWN = 20;

interface Props {
  readonly stores: readonly Store[];
  readonly store: Store;
  readonly id: string;
}

/** One product in one store: what there is, what can be done with it, and what changed it. */
export function StockThing({ stores, store, id }: Props) {
  const { t } = usePage();
  const asked = useAsked<Page<Balance>>(`${storePath(store.id)}/stock?${new URLSearchParams({ all: "true", product: id })}`);
  const [shown, setShown] = useState(SHOWN);
  const ledger = useAsked<StockMovements>(`${storePath(store.id)}/stock/movements?${new URLSearchParams({ product: id, limit: String(shown) })}`);
  const balances = asked.part.value?.items ?? [];
  return (
    <div className="place-parts">
      <p>
        <a className="back" href={addressOf("stock", null, { store: store.id })}>
          <BackIcon />
          {t("allStock")}
        </a>
      </p>
      <PartState part={asked.part} forbidden="stockForbidden" />
      {asked.part.value !== null && balances.length === 0 && (
        <section className="panel empty">
          <h2>{t("stockEmpty")}</h2>
        </section>
      )}
      {balances.map((balance) => (
        <section key={balance.unit} className="panel store product" aria-labelledby={`stock-${balance.unit}`} data-stock={balance.product}>
          <Head balance={balance} store={store} />
          <StockDeeds
            stores={stores}
            store={store}
            balance={balance}
            onDone={() => {
              asked.again();
              ledger.again();
            }}
          />
          <Ledger balance={balance} movements={ledger.part.value?.items ?? null} store={store} />
          {ledger.part.value?.before !== undefined && shown < 500 && (
            <p className="deeds">
              <button type="button" className="button" onClick={() => setShown(Math.min(shown * 2, 500))}>
                {t("stockOlder")}
              </button>
            </p>
          )}
        </section>
      ))}
    </div>
  );
}

function Head({ balance, store }: { readonly balance: Balance; readonly store: Store }) {
  const { language, t } = usePage();
  const amount = (quantity: number) => stockText(quantity, balance.unit, language.locale, t);
  const facts = [
    ["columnOnHand", <span key="there" className="amount stock-there">{amount(balance.quantity)}</span>],
    ["columnAvailable", amount(balance.available)],
    ["columnComing", amount(balance.on_order + balance.in_transit)],
    ["columnLimits", typeof balance.reorder_point === "number" ? t("stockReorder", { amount: amount(balance.reorder_point) }) : t("none")],
    ["columnCounted", typeof balance.counted_at_ms === "number" ? <Moment key="counted" atMs={balance.counted_at_ms} timeZone={store.time_zone} /> : t("stockNeverCounted")],
  ] as const;
  return (
    <>
      <div>
        <h2 id={`stock-${balance.unit}`}>{nameOf({ id: balance.product, name: balance.name }, language.code)}</h2>
        <p className="soft small">
          {store.name} {"· "}
          <a href={addressOf("products", balance.product)}>{t("toProduct")}</a>
          {" · "}
          <a href={addressOf("ordering", null, { store: store.id, show: "rules", product: balance.product })}>{t("toRule")}</a>
        </p>
        <StockState state={balance.state} />
      </div>
      <dl className="facts">
        {facts.map(([key, value]) => (
          <div key={key} className="fact">
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

interface LedgerProps {
  readonly balance: Balance;
  readonly movements: readonly StockMovement[] | null;
  readonly store: Store;
}

function Ledger({ balance, movements, store }: LedgerProps) {
  const { language, t } = usePage();
  const told = movements === null ? [] : withBalances(movements, balance.unit, balance.quantity);
  return (
    <div className="product-part">
      <h3>{t("stockLedger")}</h3>
      {movements !== null && told.length === 0 && <p className="soft">{t("stockLedgerEmpty")}</p>}
      {told.length > 0 && (
        <table role="table" className="rows ledger">
          <caption className="hidden">{t("stockLedger")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnWhen")}</Column>
              <Column>{t("stockReason")}</Column>
              <Column numeric>{t("columnChange")}</Column>
              <Column numeric>{t("columnAfter")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {told.map(({ movement, after }) => (
              <tr role="row" key={movement.id} data-movement={movement.reason}>
                <th role="rowheader" scope="row">
                  <Moment atMs={movement.at_ms} timeZone={store.time_zone} />
                </th>
                <Cell label={t("stockReason")}>
                  <Why movement={movement} store={store} />
                </Cell>
                <Cell label={t("columnChange")} numeric>
                  <span className="amount">{changeText(movement.change, movement.unit, language.locale, t)}</span>
                </Cell>
                <Cell label={t("columnAfter")} numeric>
                  <span className="amount">{stockText(after, movement.unit, language.locale, t)}</span>
                </Cell>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Why something changed, with the way to what it belongs to. */
function Why({ movement, store }: { readonly movement: StockMovement; readonly store: Store }) {
  const { language, t } = usePage();
  const reason = `reason_${movement.reason}`;
  const { origin } = movement;
  const kind = `origin_${origin?.kind ?? ""}`;
  const ways: Readonly<Record<string, string>> = {
    count: addressOf("stock", null, { store: store.id, count: origin?.id ?? "" }),
    document: addressOf("documents", origin?.id),
    order: addressOf("orders", origin?.id),
    transfer: addressOf("stock", null, { store: store.id, view: "transfers" }),
  };
  const way = ways[origin?.kind ?? ""];
  return (
    <>
      <span>{isKey(language, reason) ? t(reason) : movement.reason}</span>
      {way !== undefined && isKey(language, kind) && (
        <span className="under">
          <a className="row-link" href={way}>
            {t(kind)}
            <NextIcon />
          </a>
        </span>
      )}
      {movement.note !== "" && <span className="under">{movement.note}</span>}
    </>
  );
}
