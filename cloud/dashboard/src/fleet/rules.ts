/** What is said of one product in a store. The cloud lists rules in order of product, and has no question for one of them. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type Outcome, type Reader, storePath } from "../api/calls";
import type { OrderingRule, Page } from "../api/types";
import { useReader } from "../page";
import { type Asked } from "./asked";
import { told, unheard, type Part } from "./known";

/** As many as the cloud gives at once. */
const AT_ONCE = 500;

/** The rule of a product; one that says nothing where there is none. */
export function useRule(store: string, product: string): Asked<OrderingRule> {
  const reader = useReader();
  const [part, setPart] = useState<Part<OrderingRule>>(unheard);
  const here = useRef(true);
  const ask = useCallback(async () => {
    const outcome = await readRule(reader, store, product);
    if (here.current) {
      setPart((before) => told(before, outcome, Date.now()));
    }
  }, [reader, store, product]);
  useEffect(() => {
    here.current = true;
    void ask();
    return () => {
      here.current = false;
    };
  }, [ask]);
  return { part, again: useCallback(() => void ask(), [ask]) };
}

export async function readRule(reader: Pick<Reader, "get">, store: string, product: string): Promise<Outcome<OrderingRule>> {
  let after = "";
  for (;;) {
    const query = new URLSearchParams({ limit: String(AT_ONCE), ...(after === "" ? {} : { after }) });
    const outcome = await reader.get<Page<OrderingRule>>(`${storePath(store)}/ordering/rules?${query}`);
    if (!outcome.ok) {
      return outcome;
    }
    const { items, next } = outcome.value;
    const found = items.find((one) => one.product === product);
    if (found !== undefined || next === undefined) {
      return { ok: true, value: found ?? { product } };
    }
    after = next;
  }
}
