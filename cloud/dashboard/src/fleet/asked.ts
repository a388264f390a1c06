/** Something that a place asks for once, and again when it is told to. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type Part, told, unheard } from "./known";
import { useReader } from "../page";

export interface Asked<T> {
  readonly part: Part<T>;
  /** Asks again; what was known stays until the answer is there. */
  readonly again: () => void;
}

/**
 * `path` is `null` where there is nothing to ask. What another path said stays until this one's answer is there, so that a list
 * does not blink while somebody writes what to look for.
 */
export function useAsked<T>(path: string | null): Asked<T> {
  const reader = useReader();
  const [kept, setKept] = useState<{ readonly path: string | null; readonly part: Part<T> }>({ path, part: unheard() });
  const wanted = useRef(path);
  wanted.current = path;
  const ask = useCallback(async () => {
    if (path === null) {
      return;
    }
    const outcome = await reader.get<T>(path);
    if (wanted.current === path) {
      setKept((before) => ({ path, part: told(before.path === path ? before.part : unheard<T>(), outcome, Date.now()) }));
    }
  }, [reader, path]);
  useEffect(() => void ask(), [ask]);
  const again = useCallback(() => void ask(), [ask]);
  return { part: kept.part, again };
}

/** Asks again and again while something is under way. */
export function useAgainWhile(isUnderWay: boolean, again: () => void, everyMs: number): void {
  useEffect(() => {
    if (!isUnderWay) {
      return;
    }
    const timer = setInterval(again, everyMs);
    return () => clearInterval(timer);
  }, [isUnderWay, again, everyMs]);
}
