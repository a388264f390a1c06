/** What every part of the page may ask: the till's state, the language, and how amounts are written in it. */

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { act, type Failure, type Outcome } from "./api/calls";
import type { Known } from "./api/live";
import type { Action, Line, LocalizedText, Quantity, TillState, UnitPrice } from "./api/types";
import { formatMoney, formatWeight } from "../../../shared/pages/amounts";
import type { Values } from "../../../shared/pages/texts";
import type { Key, Language } from "./i18n/language";
import { languageOr, localized, offered, translate } from "./i18n/translate";

export interface Shop {
  readonly state: TillState;
  readonly known: Known;
  readonly language: Language;
  readonly languages: readonly Language[];
  readonly speak: (code: string) => void;
  /** What an item on the tray was last on the bill as, also after its line was removed. */
  readonly lineOf: (track: number) => Line | null;
  readonly t: (key: Key, values?: Values) => string;
  readonly money: (minor: number) => string;
  readonly name: (name: LocalizedText) => string;
  readonly price: (price: UnitPrice) => string;
  readonly quantity: (quantity: Quantity) => string;
}

export const ShopContext = createContext<Shop | null>(null);

export function useShop(): Shop {
  const shop = useContext(ShopContext);
  if (shop === null) {
    throw new Error("every part of the page stands within the shop");
  }
  return shop;
}

/** A language chosen on the start screen and left there goes back to the till's own after this long. */
const LANGUAGE_KEPT_MS = 60_000;

/**
 * The language in use: the till's default until the shopper picks another, and the default again for the next one.
 * It lives in memory only.
 */
export function useLanguage(state: TillState | null): readonly [Language, (code: string) => void] {
  const [chosen, setChosen] = useState<string | null>(null);
  const phase = state?.phase ?? null;
  const before = useRef(phase);
  useEffect(() => {
    if (phase === "idle" && before.current !== null && before.current !== "idle") {
      setChosen(null);
    }
    before.current = phase;
    if (phase !== "idle" || chosen === null) {
      return;
    }
    const timer = setTimeout(() => setChosen(null), LANGUAGE_KEPT_MS);
    return () => clearTimeout(timer);
  }, [phase, chosen]);
  return [languageOr(chosen ?? state?.till.default_language), setChosen];
}

export function useShopOf(known: Known, state: TillState, language: Language, speak: (code: string) => void): Shop {
  const lineOf = useLineOf(state);
  return useMemo(() => {
    const { till } = state;
    const t = (key: Key, values?: Values) => translate(language, key, values);
    const money = (minor: number) => formatMoney(minor, till.currency, till.currency_exponent, language.locale);
    return {
      state,
      known,
      language,
      languages: offered(till.languages),
      speak,
      lineOf,
      t,
      money,
      name: (name) => localized(name, language.code, till.default_language),
      price: (price) => t(price.per === "piece" ? "perPiece" : "perKilogram", { price: money(price.minor) }),
      quantity: (quantity) =>
        "grams" in quantity ? formatWeight(quantity.grams, language.locale) : t("pieces", { count: quantity.pieces }),
    };
  }, [known, state, language, speak, lineOf]);
}

/** Remembers lines by the items they counted, for one shopper: a removed line's item is still called by its name. */
function useLineOf(state: TillState): (track: number) => Line | null {
  const seen = useRef(new Map<number, Line>());
  if (state.phase === "idle") {
    seen.current.clear();
  }
  for (const line of state.basket.lines) {
    for (const track of line.tracks) {
      seen.current.set(track, line);
    }
  }
  return useCallback((track) => seen.current.get(track) ?? null, []);
}

export interface Acting {
  /** Sends an action; true when the till has done it. */
  readonly run: (action: Action) => Promise<boolean>;
  /** Any request whose failure belongs here. */
  readonly attempt: <T>(request: Promise<Outcome<T>>) => Promise<boolean>;
  readonly busy: boolean;
  readonly failure: Failure | null;
}

/** Sends actions for one place on the screen and keeps what went wrong for that place to show. */
export function useActing(): Acting {
  const [running, setRunning] = useState(0);
  const [failure, setFailure] = useState<Failure | null>(null);
  const attempt = useCallback(async <T>(request: Promise<Outcome<T>>): Promise<boolean> => {
    setRunning((count) => count + 1);
    setFailure(null);
    const outcome = await request;
    setRunning((count) => count - 1);
    if (!outcome.ok) {
      setFailure(outcome.failure);
    }
    return outcome.ok;
  }, []);
  const run = useCallback((action: Action) => attempt(act(action)), [attempt]);
  return { run, attempt, busy: running > 0, failure };
}

/** Whole seconds until `deadline` (of `performance.now()`), never below 0; `null` without one. */
export function useSecondsTo(deadline: number | null): number | null {
  const [now, setNow] = useState(() => performance.now());
  const left = deadline === null ? null : Math.max(0, deadline - now);
  useEffect(() => {
    if (deadline === null) {
      return;
    }
    const update = () => setNow(performance.now());
    update();
    const timer = setInterval(update, 250);
    return () => clearInterval(timer);
  }, [deadline]);
  return left === null ? null : Math.ceil(left / 1000);
}
