/** What every part of the page may ask: the language, how amounts and times are written in it, and what time it is. */

import { createContext, useContext, useEffect, useState } from "react";
import type { Values } from "../../../shared/pages/texts";
import type { Failure, Reader } from "./api/calls";
import type { Session } from "./api/types";
import type { Amount } from "./fleet/standing";
import type { Key, Language } from "./i18n/language";

export interface PageWords {
  readonly language: Language;
  readonly t: (key: Key, values?: Values) => string;
  readonly money: (amount: Amount) => string;
  /** What went wrong, in this language where it has words for it, else in the cloud's own. */
  readonly failure: (failure: Failure) => string;
}

export const PageContext = createContext<PageWords | null>(null);

export function usePage(): PageWords {
  const page = useContext(PageContext);
  if (page === null) {
    throw new Error("every part of the page stands within it");
  }
  return page;
}

/** This machine's clock, in steps of a second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Who looks at the page, with what their changes carry. */
export const VisitorContext = createContext<Session | null>(null);

export function useVisitor(): Session {
  const session = useContext(VisitorContext);
  if (session === null) {
    throw new Error("what asks who looks stands where somebody is signed in");
  }
  return session;
}

/** What reads from the cloud for this visit. */
export const ReaderContext = createContext<Reader | null>(null);

export function useReader(): Reader {
  const reader = useContext(ReaderContext);
  if (reader === null) {
    throw new Error("what reads stands where somebody is signed in");
  }
  return reader;
}

/** Asks the cloud at once how the fleet is: something was changed here. */
export const AskNowContext = createContext<() => void>(() => undefined);

export function useAskNow(): () => void {
  return useContext(AskNowContext);
}

/** The cloud's time now, by which it says when things happened. What asks for it is drawn every second. */
export const CloudTimeContext = createContext(0);

export function useCloudTime(): number {
  return useContext(CloudTimeContext);
}

/** The cloud's clock less this machine's. */
export const ClockOffsetContext = createContext(0);

export function useClockOffset(): number {
  return useContext(ClockOffsetContext);
}
