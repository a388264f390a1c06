import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { change } from "../api/calls";
import type { CountLine, Page } from "../api/types";
import { useAsked } from "../fleet/asked";
import { nameOf } from "../fleet/products";
import { usePage, useVisitor } from "../page";
import { readStock, stockText } from "../stock/words";
import { Finder } from "./finder";
import { PartState } from "./part-state";

/** Lines that are fetched at once: the next ones are there before they are needed. */
const AHEAD = 50;

interface Props {
  /** The count's path. */
  readonly path: string;
  /** Rises with every number that was saved. */
  readonly changed: number;
  readonly onCounted: () => void;
}

function keyOf(line: CountLine): string {
  return `${line.product}/${line.unit}`;
}

/** The product that is to be counted now: a number, a key, and the next one is there. */
export function CountNow({ path, changed, onCounted }: Props) {
  const { t } = usePage();
  const [search, setSearch] = useState("");
  const [passed, setPassed] = useState<ReadonlySet<string>>(new Set());
  const [after, setAfter] = useState("");
  // What is looked for may have been counted already: it is counted again, or more of it is found elsewhere.
  const wanted = search === "" ? { counted: "false", after } : { q: search };
  const query = new URLSearchParams(Object.entries({ limit: String(AHEAD), ...wanted }).filter(([, value]) => value !== ""));
  const { part, again } = useAsked<Page<CountLine>>(`${path}/lines?${query}`);
  useEffect(() => again(), [again, changed]);
  const seek = useCallback((text: string) => setSearch(text), []);
  const lines = part.value?.items ?? [];
  const line = lines.find((one) => search !== "" || !passed.has(keyOf(one)));
  const next = part.value?.next;
  useEffect(() => {
    // All of these were passed over: those behind them come next.
    if (line === undefined && search === "" && next !== undefined) {
      setAfter(next);
    }
  }, [line, search, next]);
  const pass = (done: CountLine) => setPassed((before) => new Set(before).add(keyOf(done)));
  return (
    <div className="count-now">
      <Finder label={t("countFind")} hint={t("countFindHint")} search={search} onSearch={seek}>
        {null}
      </Finder>
      <PartState part={part} />
      {part.value !== null && line === undefined && <p className="count-done">{t(search === "" ? "countAllDone" : "countNoMatch")}</p>}
      {line !== undefined && (
        <LineNow
          key={keyOf(line)}
          path={path}
          line={line}
          onSkip={search === "" ? () => pass(line) : null}
          onSaved={() => {
            pass(line);
            setSearch("");
            onCounted();
          }}
        />
      )}
    </div>
  );
}

interface LineProps {
  readonly path: string;
  readonly line: CountLine;
  readonly onSkip: (() => void) | null;
  readonly onSaved: () => void;
}

function LineNow({ path, line, onSkip, onSaved }: LineProps) {
  const { language, t, failure: textOf } = usePage();
  const session = useVisitor();
  const [written, setWritten] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const [id] = useState(() => crypto.randomUUID());
  const field = useRef<HTMLInputElement>(null);
  const quantity = readStock(written, line.unit);
  const expected = line.expected ?? 0;
  const save = async (add: boolean) => {
    if (quantity === null) {
      setWrong(t(line.unit === "g" ? "stockWrongWeight" : "stockWrongQuantity"));
      field.current?.focus();
      return;
    }
    if (busy) {
      return;
    }
    setBusy(true);
    const outcome = await change(session, "POST", `${path}/lines`, { entries: [{ id, product: line.product, unit: line.unit, quantity, add }] });
    setBusy(false);
    if (outcome.ok) {
      onSaved();
    } else {
      setWrong(textOf(outcome.failure));
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(false);
  };
  const told = wrong === null ? {} : { "aria-invalid": true, "aria-describedby": "count-wrong" };
  const amount = (value: number) => stockText(value, line.unit, language.locale, t);
  return (
    <form className="count-line" noValidate onSubmit={submit} data-product={line.product}>
      <h3>{nameOf({ id: line.product, name: line.name }, language.code)}</h3>
      <p className="soft">
        <span className="id">{line.product}</span> {"· "}
        {t("countExpected", { amount: amount(expected) })}
        {typeof line.quantity === "number" && ` · ${t("countShow_counted")}: ${amount(line.quantity)}`}
      </p>
      <label className="count-field">
        <span>{t(line.unit === "g" ? "stockQuantityKg" : "stockQuantityPcs")}</span>
        <input
          ref={field}
          inputMode={line.unit === "g" ? "decimal" : "numeric"}
          autoFocus
          autoComplete="off"
          enterKeyHint="next"
          maxLength={14}
          value={written}
          onChange={(event) => {
            setWritten(event.target.value);
            setWrong(null);
          }}
          {...told}
        />
      </label>
      <p className="count-difference" role="status">
        {quantity !== null && <Difference line={line} difference={quantity - expected} />}
      </p>
      <div role="alert" id="count-wrong">
        {wrong !== null && <p className="banner banner-error">{wrong}</p>}
      </div>
      <p className="count-deeds">
        <button type="submit" className="button button-primary" aria-disabled={busy}>
          {t("countNext")}
        </button>
        {typeof line.quantity === "number" && (
          <button type="button" className="button" aria-disabled={busy} onClick={() => void save(true)}>
            {t("countAdd")}
          </button>
        )}
        {onSkip !== null && (
          <button type="button" className="button" onClick={onSkip}>
            {t("countSkip")}
          </button>
        )}
      </p>
    </form>
  );
}

/** How what was counted differs, in words. */
export function Difference({ line, difference }: { readonly line: Pick<CountLine, "unit">; readonly difference: number }) {
  const { language, t } = usePage();
  const amount = stockText(Math.abs(difference), line.unit, language.locale, t);
  const [state, text] = difference === 0 ? ["right", t("countRight")] : difference < 0 ? ["short", t("countLineShort", { amount })] : ["over", t("countLineOver", { amount })];
  return (
    <span className="difference" data-difference={state}>
      {text}
    </span>
  );
}
