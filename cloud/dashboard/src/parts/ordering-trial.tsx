import { type FormEvent, useEffect, useRef, useState } from "react";
import { type Failure, storePath, whatIf } from "../api/calls";
import type { ForecastTotal, Items, OrderingPolicy, Store, WhatIf } from "../api/types";
import { asItIs, knowsTooLittle, type Measures, readAll, refusedField, TRIAL_DAYS, TRIAL_FIELDS, TRIAL_NAMES, type Trial, type TrialField, trialForm, trialOf, usualDays, WORLD_NAMES, type Written, writtenAll } from "../demand/ordering";
import { useAsked } from "../fleet/asked";
import { usePage, useVisitor } from "../page";
import { OrderingField, useWrongText } from "./ordering-field";
import { TrialResult } from "./trial-result";

interface Props {
  readonly store: Store;
  readonly policy: OrderingPolicy;
  readonly measures: Measures;
  /** What the address says is tried. */
  readonly trial: Trial | null;
  readonly onTry: (trial: Trial) => void;
  readonly onTake: (written: Written<TrialField>) => void;
}

/** Lives through days that were, as the store orders and as somebody would have it, before anything is chosen. */
export function OrderingTrial({ store, policy, measures, trial, onTry, onTake }: Props) {
  const { t } = usePage();
  const totals = useAsked<Items<ForecastTotal>>(`${storePath(store.id)}/forecast-totals?by=store`);
  const knownDays = totals.part.value?.items[0]?.history_days ?? null;
  const running = useRunning(store.id, trial);
  const [written, setWritten] = useState(() => writtenTrial(policy, trial, measures));
  const [days, setDays] = useState(trial?.days ?? null);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const wrongText = useWrongText();
  // Back and a link lead to what was tried then.
  const tried = JSON.stringify(trial);
  useEffect(() => {
    if (trial !== null) {
      setWritten(writtenTrial(policy, trial, measures));
      setDays(trial.days);
    }
  }, [tried]);
  const refuse = (field: TrialField | null, text: string) => {
    setWrong({ field, text });
    form.current?.querySelector<HTMLElement>(`#trial-${field ?? TRIAL_NAMES[0]}`)?.focus();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readAll(TRIAL_FIELDS, TRIAL_NAMES, written, measures);
    if ("wrong" in read) {
      return refuse(read.wrong, wrongText(TRIAL_FIELDS[read.wrong], measures));
    }
    const wanted = trialOf(policy, read.values, days ?? usualDays(knownDays));
    if (Object.keys(wanted.changes).length === 0) {
      return refuse(null, t("trialNoChange"));
    }
    if (JSON.stringify(wanted) === JSON.stringify(trial)) {
      running.begin();
    } else {
      onTry(wanted);
    }
  };
  const refused = running.state === "failed" ? { field: refusedField(running.failure, TRIAL_NAMES), text: running.text } : null;
  return (
    <section className="panel store" aria-labelledby="ordering-trial" data-trial={running.state}>
      <h2 id="ordering-trial">{t("trialTitle")}</h2>
      <p className="soft reading-width">{t("trialHint")}</p>
      <form ref={form} className="ordering-form" noValidate onSubmit={submit}>
        <TrialFields
          store={store}
          written={written}
          wrong={wrong ?? refused}
          onWrite={(name, text) => {
            setWrong(null);
            setWritten({ ...written, [name]: text });
          }}
        />
        <div className="trial-deeds">
          <label className="choice">
            <span>{t("trialDays")}</span>
            <select value={days ?? usualDays(knownDays)} onChange={(event) => setDays(Number(event.target.value))}>
              {offeredDays(days).map((count) => (
                <option key={count} value={count}>
                  {t("countedDays", { count })}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" className="button button-primary" aria-disabled={running.state === "working"}>
            {t("trialRun")}
          </button>
          {running.state === "working" && (
            <button type="button" className="button" onClick={running.stop}>
              {t("trialStop")}
            </button>
          )}
        </div>
      </form>
      <Told running={running} wrong={wrong} days={trial?.days ?? 0} />
      {running.state === "done" && (
        <TrialResult result={running.result} tooLittle={knowsTooLittle(running.result.days, knownDays) ? knownDays : null}>
          <p className="deeds">
            <button type="button" className="button" onClick={() => onTake(writtenTrial(policy, trial, measures))}>
              {t("trialTake")}
            </button>
          </p>
          {WORLD_NAMES.some((name) => trial?.changes[name] !== undefined) && <p className="soft small">{t("trialTakeHint")}</p>}
        </TrialResult>
      )}
    </section>
  );
}

/** An address may name other days than those that are offered. */
function offeredDays(days: number | null): readonly number[] {
  return days === null || TRIAL_DAYS.some((one) => one === days) ? TRIAL_DAYS : [...TRIAL_DAYS, days].sort((a, b) => a - b);
}

function writtenTrial(policy: OrderingPolicy, trial: Trial | null, measures: Measures): Written<TrialField> {
  const values = Object.fromEntries(TRIAL_NAMES.map((name) => [name, trial?.changes[name] === undefined ? asItIs(policy, name) : trial.changes[name]]));
  return writtenAll(TRIAL_FIELDS, TRIAL_NAMES, values, measures);
}

interface Wrong {
  /** `null` for what concerns no field. */
  readonly field: TrialField | null;
  readonly text: string;
}

type Running = { readonly begin: () => void; readonly stop: () => void } & (
  | { readonly state: "none" | "working" }
  | { readonly state: "done"; readonly result: WhatIf }
  | { readonly state: "failed"; readonly failure: Failure; readonly text: string }
);

/** Asks the cloud what would be otherwise; leaving the place, or trying something else, gives up the question before. */
function useRunning(store: string, trial: Trial | null): Running {
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

interface FieldsProps {
  readonly store: Store;
  readonly written: Written<TrialField>;
  readonly wrong: Wrong | null;
  readonly onWrite: (name: TrialField, text: string) => void;
}

function TrialFields({ store, written, wrong, onWrite }: FieldsProps) {
  const { t } = usePage();
  return (
    <div className="ordering-fields">
      {TRIAL_NAMES.map((name) => (
        <OrderingField
          key={name}
          id={`trial-${name}`}
          label={t(`field_${name}`, { currency: store.currency })}
          hint={t(`fieldHint_${name}`)}
          spec={TRIAL_FIELDS[name]}
          value={written[name]}
          wrong={wrong?.field === name ? wrong.text : null}
          onWrite={(text) => onWrite(name, text)}
        />
      ))}
    </div>
  );
}

function Told({ running, wrong, days }: { readonly running: Running; readonly wrong: Wrong | null; readonly days: number }) {
  const { t } = usePage();
  return (
    <div role="status" className="told">
      {wrong !== null && <p className="banner banner-error">{wrong.text}</p>}
      {wrong === null && running.state === "failed" && <p className="banner banner-error">{running.text}</p>}
      {running.state === "working" && (
        <div className="trial-working">
          <p>{t("trialWorking", { days })}</p>
          <progress aria-label={t("trialWorking", { days })} />
        </div>
      )}
    </div>
  );
}
