import { type FormEvent, useEffect, useRef, useState } from "react";
import type { OrderingPolicy, Store } from "../api/types";
import { asItIs, type Measures, POLICY_NAMES, readAll, refusedField, TRIAL_DAYS, TRIAL_FIELDS, TRIAL_NAMES, type Trial, type TrialField, trialOf, USUAL_DAYS, WORLD_NAMES, type Written, writtenAll, writtenValue } from "../demand/ordering";
import { type Running, useRunning } from "../fleet/running";
import { usePage } from "../page";
import { OrderingField, useWrongText } from "./ordering-field";
import { TrialResult, TrialSummary } from "./trial-result";

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
  const running = useRunning(store.id, trial);
  const [written, setWritten] = useState(() => writtenTrial(policy, trial, measures));
  const [days, setDays] = useState(trial?.days ?? USUAL_DAYS);
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
    if (running.state === "working") {
      return;
    }
    const read = readAll(TRIAL_FIELDS, TRIAL_NAMES, written, measures);
    if ("wrong" in read) {
      return refuse(read.wrong, wrongText(TRIAL_FIELDS[read.wrong], measures));
    }
    const wanted = trialOf(policy, read.values, days);
    if (Object.keys(wanted.changes).length === 0) {
      return refuse(null, t("trialNoChange"));
    }
    if (JSON.stringify(wanted) === JSON.stringify(trial)) {
      running.begin();
    } else {
      onTry(wanted);
    }
  };
  const changed = (names: readonly TrialField[]) => names.some((name) => trial?.changes[name] !== undefined);
  const refused = running.state === "failed" ? { field: refusedField(running.failure, TRIAL_NAMES), text: running.text } : null;
  const problem = wrong ?? refused;
  return (
    <section className="panel store" aria-labelledby="ordering-trial" data-trial={running.state}>
      <h2 id="ordering-trial">{t("trialTitle")}</h2>
      <p className="soft reading-width">{t("trialHint")}</p>
      <form ref={form} className="ordering-form" noValidate onSubmit={submit}>
        <TrialFields
          store={store}
          policy={policy}
          measures={measures}
          written={written}
          wrong={problem}
          onWrite={(name, text) => {
            setWrong(null);
            setWritten({ ...written, [name]: text });
          }}
        />
        <TrialDeeds days={days} running={running} onDays={setDays} />
      </form>
      <Told running={running} problem={problem} days={trial?.days ?? 0} />
      {running.state === "done" && (
        <TrialResult result={running.result}>
          {changed(POLICY_NAMES) && (
            <p className="deeds">
              <button type="button" className="button" onClick={() => onTake(writtenTrial(policy, trial, measures))}>
                {t("trialTake")}
              </button>
            </p>
          )}
          {changed(WORLD_NAMES) && <p className="soft small">{t("trialTakeHint")}</p>}
        </TrialResult>
      )}
    </section>
  );
}

interface DeedsProps {
  readonly days: number;
  readonly running: Running;
  readonly onDays: (days: number) => void;
}

function TrialDeeds({ days, running, onDays }: DeedsProps) {
  const { t } = usePage();
  return (
    <div className="trial-deeds">
      <label className="choice">
        <span>{t("trialDays")}</span>
        <select value={days} onChange={(event) => onDays(Number(event.target.value))}>
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
  );
}

/** An address may name other days than those that are offered. */
function offeredDays(days: number): readonly number[] {
  return TRIAL_DAYS.some((one) => one === days) ? TRIAL_DAYS : [...TRIAL_DAYS, days].sort((a, b) => a - b);
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

interface FieldsProps {
  readonly store: Store;
  readonly policy: OrderingPolicy;
  readonly measures: Measures;
  readonly written: Written<TrialField>;
  readonly wrong: Wrong | null;
  readonly onWrite: (name: TrialField, text: string) => void;
}

/** What a field means stands above, in the settings: here stands how it is now. */
function TrialFields({ store, policy, measures, written, wrong, onWrite }: FieldsProps) {
  const { t } = usePage();
  const hint = (name: TrialField) => {
    const value = writtenValue(TRIAL_FIELDS[name], asItIs(policy, name), measures);
    switch (name) {
      case "lead_days":
      case "order_min_minor":
      case "shelf_life_days":
        return t(`fieldHint_${name}`);
      case "budget_minor":
        return value === "" ? t("trialNow", { value: t("policyNoLimit") }) : t("trialNowBudget", { value });
      default:
        return t("trialNow", { value });
    }
  };
  return (
    <div className="ordering-fields">
      {TRIAL_NAMES.map((name) => (
        <OrderingField
          key={name}
          id={`trial-${name}`}
          label={t(`field_${name}`, { currency: store.currency })}
          hint={hint(name)}
          spec={TRIAL_FIELDS[name]}
          value={written[name]}
          wrong={wrong?.field === name ? wrong.text : null}
          onWrite={(text) => onWrite(name, text)}
        />
      ))}
    </div>
  );
}

interface ToldProps {
  readonly running: Running;
  readonly problem: Wrong | null;
  readonly days: number;
}

/** How a trial goes, and what is wrong with it where no field says so. */
function Told({ running, problem, days }: ToldProps) {
  const { t } = usePage();
  return (
    <div role="status" className="told">
      {problem !== null && problem.field === null && <p className="banner banner-error">{problem.text}</p>}
      {running.state === "working" && (
        <div className="trial-working">
          <p>{t("trialWorking", { days })}</p>
          <progress aria-label={t("trialWorking", { days })} />
        </div>
      )}
      {running.state === "done" && <TrialSummary result={running.result} days={days} />}
    </div>
  );
}
