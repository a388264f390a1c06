/** A trial of how a store might order, while the cloud works on it and once it has answered. */

import { useEffect, useState } from "react";
import { type Failure, whatIf } from "../api/calls";
import type { WhatIf } from "../api/types";
import { type Trial, trialForm } from "../demand/ordering";
import { usePage, useVisitor } from "../page";

export type Running = { readonly begin: () => void; readonly stop: () => void } & (
  | { readonly state: "none" | "working" }
  | { readonly state: "done"; readonly result: WhatIf }
  | { readonly state: "failed"; readonly failure: Failure; readonly text: string }
);

/** Asks the cloud what would be otherwise; leaving the place, or trying something else, gives up the question before. */
export function useRunning(store: string, trial: Trial | null): Running {
  const { failure: textOf } = usePage();
  const session = useVisitor();
  const [round, setRound] = useState(0);
  const [stopped, setStopped] = useState("");
  const [came, setCame] = useState<{ readonly of: string; readonly outcome: Awaited<ReturnType<typeof whatIf>> } | null>(null);
  const asked = trial === null ? null : JSON.stringify(trialForm(store, trial));
  const now = `${round} ${asked}`;
  useEffect(() => {
    if (asked === null || stopped === now) {
      return;
    }
    const leaving = new AbortController();
    // The cloud answers one at a time, so a question that is given up at once is better not asked.
    const timer = setTimeout(async () => {
      const outcome = await whatIf(session, JSON.parse(asked), leaving.signal);
      if (!leaving.signal.aborted) {
        setCame({ of: now, outcome });
      }
    });
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [session, asked, stopped, now]);
  const deeds = { begin: () => setRound(round + 1), stop: () => setStopped(now) };
  if (asked === null || stopped === now) {
    return { state: "none", ...deeds };
  }
  if (came === null || came.of !== now) {
    return { state: "working", ...deeds };
  }
  const { outcome } = came;
  return outcome.ok ? { state: "done", result: outcome.value, ...deeds } : { state: "failed", failure: outcome.failure, text: textOf(outcome.failure), ...deeds };
}
