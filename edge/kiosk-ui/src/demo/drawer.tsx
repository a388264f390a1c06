import { useCallback, useEffect, useState } from "react";
import { findProducts } from "../api/calls";
import { clear, put, take, terminal, trueItems, type NextOutcome, type TrueItem } from "../api/sim";
import type { Product } from "../api/types";
import type { Key } from "../i18n/language";
import { CloseIcon, TrayIcon } from "../parts/icons";
import { Picture } from "../parts/picture";
import { useActing, useShop } from "../shop";

const OUTCOMES: readonly (readonly [NextOutcome, Key])[] = [
  ["approve", "demoApprove"],
  ["decline", "demoDecline"],
  ["time_out", "demoTimeOut"],
  ["lose_answer", "demoLoseAnswer"],
];

/** The hand that a simulated till lacks. Not part of what a shopper sees, and drawn so that nobody takes it for that. */
export default function Drawer() {
  const { t } = useShop();
  const [open, setOpen] = useState(false);
  if (!open) {
    return (
      <button type="button" className="demo-tab" aria-expanded={false} aria-label={t("demoOpen")} onClick={() => setOpen(true)}>
        <TrayIcon />
        <span aria-hidden="true">{t("demoTitle")}</span>
      </button>
    );
  }
  return <OpenDrawer onClose={() => setOpen(false)} />;
}

function OpenDrawer({ onClose }: { readonly onClose: () => void }) {
  const { t, name } = useShop();
  const acting = useActing();
  const { attempt } = acting;
  const [filter, setFilter] = useState("");
  const products = useProducts(filter);
  const [items, refresh] = useTrueItems();

  const change = async (request: ReturnType<typeof put | typeof take>) => {
    await attempt<unknown>(request);
    refresh();
  };

  const nameOf = (product: string) => {
    const found = products.all.get(product);
    return found === undefined ? product : name(found.name);
  };

  return (
    <aside className="demo" aria-label={t("demoTitle")}>
      <div className="demo-head">
        <h2>{t("demoTitle")}</h2>
        <button type="button" className="demo-close" aria-label={t("demoClose")} aria-expanded onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <p className="demo-hint">{t("demoHint")}</p>
      <p role="alert" className="demo-failure">
        {acting.failure !== null && (acting.failure === "unfitting" ? t("demoFull") : t("failureRefused"))}
      </p>
      <div className="demo-lying">
        <h3>{t("demoOnTray")}</h3>
        {items.length === 0 ? (
          <p>{t("demoNothing")}</p>
        ) : (
          <ul className="demo-items">
            {items.map((item) => (
              <li key={item.item}>
                <button
                  type="button"
                  className="demo-item"
                  data-item={item.item}
                  aria-label={t("demoTake", { name: nameOf(item.product) })}
                  onClick={() => void change(take(item.item))}
                >
                  <Picture src={`/api/v1/products/${encodeURIComponent(item.product)}/picture`} name={nameOf(item.product)} />
                  <CloseIcon />
                </button>
              </li>
            ))}
          </ul>
        )}
        {items.length > 0 && (
          <button type="button" className="demo-clear" onClick={() => void change(clear())}>
            {t("demoClear")}
          </button>
        )}
      </div>
      <TerminalChoice onChoose={(next) => void attempt(terminal(next))} />
      <label className="demo-filter">
        <span>{t("demoFilter")}</span>
        <input type="text" value={filter} autoComplete="off" onChange={(event) => setFilter(event.target.value)} />
      </label>
      <ul className="demo-products">
        {products.shown.map((product) => (
          <li key={product.product}>
            <button
              type="button"
              className="demo-product"
              data-product={product.product}
              aria-label={t("demoPut", { name: name(product.name) })}
              onClick={() => void change(put(product.product))}
            >
              <Picture src={product.picture} name={name(product.name)} />
              <span aria-hidden="true">{name(product.name)}</span>
            </button>
          </li>
        ))}
      </ul>
    </aside>
  );
}

function TerminalChoice({ onChoose }: { readonly onChoose: (next: NextOutcome) => void }) {
  const { state, t } = useShop();
  const [next, setNext] = useState<NextOutcome>("approve");
  const over = state.phase === "receipt" || state.payment?.state === "declined" || state.payment?.state === "failed";
  // What was chosen holds for one payment; the terminal approves again after it.
  useEffect(() => {
    if (over) {
      setNext("approve");
    }
  }, [over]);
  return (
    <fieldset className="demo-terminal">
      <legend>{t("demoTerminal")}</legend>
      {OUTCOMES.map(([outcome, text]) => (
        <label key={outcome}>
          <input
            type="radio"
            name="demo-terminal"
            value={outcome}
            checked={next === outcome}
            onChange={() => {
              setNext(outcome);
              onChoose(outcome);
            }}
          />
          <span>{t(text)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function useProducts(filter: string): { readonly shown: readonly Product[]; readonly all: ReadonlyMap<string, Product> } {
  const { language, known } = useShop();
  const [shown, setShown] = useState<readonly Product[]>([]);
  const [all, setAll] = useState<ReadonlyMap<string, Product>>(new Map());
  useEffect(() => {
    const stop = new AbortController();
    void findProducts(filter.trim(), language.code, 50, stop.signal).then((answer) => {
      if (answer.ok && !stop.signal.aborted) {
        setShown(answer.value);
        setAll((before) => new Map([...before, ...answer.value.map((product) => [product.product, product] as const)]));
      }
    });
    return () => stop.abort();
  }, [filter, language.code, known.epoch]);
  return { shown, all };
}

/** What lies on the tray in truth, asked again whenever the till sees a change. */
function useTrueItems(): readonly [readonly TrueItem[], () => void] {
  const { state } = useShop();
  const [items, setItems] = useState<readonly TrueItem[]>([]);
  const [asked, setAsked] = useState(0);
  const seen = state.tray.items.map((item) => item.track).join();
  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  useEffect(() => {
    let wanted = true;
    void trueItems().then((answer) => {
      if (wanted && answer.ok) {
        setItems(answer.value);
      }
    });
    return () => {
      wanted = false;
    };
  }, [asked, seen, state.phase]);
  return [items, refresh];
}
