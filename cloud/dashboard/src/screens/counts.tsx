import { type FormEvent, useRef, useState } from "react";
import { change, storePath } from "../api/calls";
import type { Category, Items, Page, StockCount, Store } from "../api/types";
import { useAsked } from "../fleet/asked";
import { usePage, useVisitor } from "../page";
import { Cell, Column } from "../parts/cell";
import { NextIcon } from "../parts/icons";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { may } from "../roles";
import { addressOf } from "../route";
import { amountOf } from "../stock/words";

/** Counts on a page: older ones are of little use. */
const SHOWN = 50;

/** What is being counted in a store, and what was. */
export function Counts({ store }: { readonly store: Store }) {
  const { t } = usePage();
  const session = useVisitor();
  const { part } = useAsked<Page<StockCount>>(`${storePath(store.id)}/stock/counts?limit=${SHOWN}`);
  const counts = part.value?.items ?? [];
  return (
    <section className="panel store" aria-label={t("stockViewCounts")}>
      {may(session, "count-stock", store.id) && <Begin store={store} />}
      <PartState part={part} forbidden="stockForbidden" />
      {part.value !== null && counts.length === 0 && (
        <div className="empty">
          <h2>{t("countsEmpty")}</h2>
          <p className="soft">{t("countsEmptyHint")}</p>
        </div>
      )}
      {counts.length > 0 && <CountTable counts={counts} store={store} />}
    </section>
  );
}

function Begin({ store }: { readonly store: Store }) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const categories = useAsked<Items<Category>>(open ? "/api/v1/categories" : null).part.value?.items ?? [];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    setBusy(true);
    const values = new FormData(form.current ?? undefined);
    const category = String(values.get("category") ?? "");
    const body = { note: String(values.get("note") ?? ""), ...(category === "" ? {} : { category }) };
    const begun = await change<StockCount>(session, "POST", `${storePath(store.id)}/stock/counts`, body);
    setBusy(false);
    if (begun.ok) {
      location.assign(addressOf("stock", null, { store: store.id, count: begun.value.id }));
    } else {
      setWrong(textOf(begun.failure));
    }
  };
  return (
    <div className="stock-deeds">
      <button type="button" className="button button-primary" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("countStart")}
      </button>
      {open && (
        <form ref={form} className="inline-form" aria-label={t("countStart")} onSubmit={(event) => void submit(event)}>
          <label className="choice">
            <span>{t("countWhat")}</span>
            <select name="category">
              <option value="">{t("countWhole")}</option>
              {categories.map((category) => (
                <option key={category.name} value={category.name}>
                  {category.name}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>{t("countName")}</span>
            <input name="note" maxLength={200} autoComplete="off" />
          </label>
          <button type="submit" className="button button-primary" aria-disabled={busy}>
            {t("countBegin")}
          </button>
          <div role="alert">{wrong !== null && <p className="banner banner-error">{wrong}</p>}</div>
        </form>
      )}
    </div>
  );
}

function CountTable({ counts, store }: { readonly counts: readonly StockCount[]; readonly store: Store }) {
  const { t } = usePage();
  return (
    <table role="table" className="rows counts">
      <caption className="hidden">{t("stockViewCounts")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnCount")}</Column>
          <Column>{t("columnState")}</Column>
          <Column>{t("columnFound")}</Column>
          <Column>{t("columnWhen")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {counts.map((count) => (
          <tr role="row" key={count.id} data-count={count.id}>
            <th role="rowheader" scope="row">
              <a className="row-link" href={addressOf("stock", null, { store: store.id, count: count.id })}>
                <CountName count={count} />
                <NextIcon />
              </a>
            </th>
            <Cell label={t("columnState")}>
              <CountState state={count.state} />
            </Cell>
            <Cell label={t("columnFound")}>
              <CountFound count={count} />
            </Cell>
            <Cell label={t("columnWhen")}>
              <Moment atMs={count.settled_at_ms ?? count.made_at_ms} timeZone={store.time_zone} />
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What a count is called: by whoever began it, else by what is counted. */
export function CountName({ count }: { readonly count: StockCount }) {
  const { t } = usePage();
  const what = count.category ?? t(count.scope === "products" ? "countOf_products" : "countOf_store");
  return count.note === "" ? what : `${count.note} · ${what}`;
}

export function CountState({ state }: { readonly state: string }) {
  const { t } = usePage();
  return <span>{t(state === "open" ? "count_open" : state === "closed" ? "count_closed" : "count_cancelled")}</span>;
}

/** How far it has come, and what is missing or over. */
export function CountFound({ count }: { readonly count: StockCount }) {
  const { language, money, t } = usePage();
  const { lines, counted, different, short_minor, over_minor } = count.sums;
  const worth = (minor: number) => money(amountOf(minor, count.currency, language.locale));
  return (
    <>
      <span>{t("countProgress", { counted, lines })}</span>
      {different > 0 && <span className="under">{t("countDifferent", { count: different })}</span>}
      {short_minor > 0 && <span className="under">{t("countShort", { amount: worth(short_minor) })}</span>}
      {over_minor > 0 && <span className="under">{t("countOver", { amount: worth(over_minor) })}</span>}
    </>
  );
}
