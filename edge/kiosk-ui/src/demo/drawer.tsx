import { useCallback, useEffect, useState } from "react";
import { findProducts } from "../api/calls";
import { clear, put, take, terminal, trueItems, type NextOutcome, type TrueItem } from "../api/sim";
import type { Product } from "../api/types";
import type { Key } from "../i18n/language";
import { CloseIcon, TrayIcon } from "../parts/icons";
import { Picture } from "../parts/picture";
import { useActing, useShop } from "../shop";
import "../styles/demo.css";

/** The staff PIN of the shop that `cargo xtask demo` sets up. */
const DEMO_PIN = "2580";

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
  const { state, t, name } = useShop();
  const acting = useActing();
  const { attempt } = acting;
  const [filter, setFilter] = useState("");
  const products = useProducts(filter);
  const [items, refresh] = useTrueItems();
  const hasTray = items !== null;

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
      {hasTray && <p className="demo-hint">{t("demoHint")}</p>}
      {state.approval?.state === "needed" && <p className="demo-hint">{t("demoPin", { pin: DEMO_PIN })}</p>}
      <p role="alert" className="demo-failure">
        {acting.failure !== null && (acting.failure === "unfitting" ? t("demoFull") : t("failureRefused"))}
      </p>
      {hasTray && (
        <Lying
          items={items}
          nameOf={nameOf}
          onTake={(item) => void change(take(item))}
          onClear={() => void change(clear())}
        />
      )}
      <TerminalChoice onChoose={(next) => void attempt(terminal(next))} />
      {hasTray && (
        <>
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
        </>
      )}
    </aside>
  );
}

interface LyingProps {
  readonly items: readonly TrueItem[];
  readonly nameOf: (product: string) => string;
  readonly onTake: (item: number) => void;
  readonly onClear: () => void;
}

function Lying({ items, nameOf, onTake, onClear }: LyingProps) {
  const { t } = useShop();
  return (
    <div className="demo-lying">
      <h3>{t("demoOnTray")}</h3>
      {items.length === 0 ? (
        <p>{t("demoNothing")}</p>
      ) : (
        <ul className="demo-items">
          {items.map(({ item, product }) => (
            <li key={item}>
              <button
                type="button"
                className="demo-item"
                data-item={item}
                aria-label={t("demoTake", { name: nameOf(product) })}
                onClick={() => onTake(item)}
              >
                <Picture src={`/api/v1/products/${encodeURIComponent(product)}/picture`} name={nameOf(product)} />
                <CloseIcon />
              </button>
            </li>
          ))}
        </ul>
      )}
      {items.length > 0 && (
        <button type="button" className="demo-clear" onClick={onClear}>
          {t("demoClear")}
        </button>
      )}
    </div>
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

/**
 * What lies on the tray in truth, asked again whenever the till sees a change; `null` at a till that is shown photos and
 * so has no tray to put anything on.
 */
function useTrueItems(): readonly [readonly TrueItem[] | null, () => void] {
  const { state } = useShop();
  const [items, setItems] = useState<readonly TrueItem[] | null>([]);
  const [asked, setAsked] = useState(0);
  const seen = state.tray.items.map((item) => item.track).join();
  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  useEffect(() => {
    let wanted = true;
    void trueItems().then((answer) => {
      if (wanted && (answer.ok || answer.failure === "gone")) {
        setItems(answer.ok ? answer.value : null);
      }
    });
    return () => {
      wanted = false;
    };
  }, [asked, seen, state.phase]);
  return [items, refresh];
}
