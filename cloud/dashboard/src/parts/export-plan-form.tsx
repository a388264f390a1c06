import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { change, type Failure } from "../api/calls";
import type { ExportPlan, Store } from "../api/types";
import { aboutDataset, type Dataset, FORMATS, momentOf, spanOfPlan, spanText, spreadsheetOf } from "../exports/choices";
import type { Key } from "../i18n/language";
import { useCloudTime, usePage, useVisitor } from "../page";
import { DatasetField, FormatField, StoreField } from "./export-fields";

const WHERE = [...FORMATS, "sheet"] as const;
const DAYS_MAX = 366;
const DAY_MS = 86_400_000;
const SHEET_MAX = 200;

interface Props {
  readonly path: string;
  /** Where the visitor may plan exports: stores, and `null` for all of them. */
  readonly reach: readonly (Store | null)[];
  readonly timeZone: string;
  readonly onMade: () => void;
}

interface Draft {
  readonly dataset: Dataset;
  readonly format: (typeof WHERE)[number];
  readonly store: string;
  readonly every: string;
  /** How many days each has; `null` while nobody said: as many as lie between two. */
  readonly days: string | null;
  /** When the first one is made, by the clocks of the store; empty for at once. */
  readonly first: string;
  readonly spreadsheet: string;
  readonly sheet: string;
}

/** A button, and behind it what a plan is made of. */
export function ExportPlanForm({ onMade, ...of }: Props) {
  const { t } = usePage();
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (made) {
      opener.current?.focus();
    }
  }, [made]);
  return (
    <section className="panel store" aria-label={t("planNew")}>
      {open && <h2>{t("planNew")}</h2>}
      {open ? (
        <Fields
          {...of}
          onEnd={(done) => {
            setOpen(false);
            setMade(done);
            if (done) {
              onMade();
            }
          }}
        />
      ) : (
        <div className="deeds">
          <button
            ref={opener}
            type="button"
            className="button button-primary"
            onClick={() => {
              setMade(false);
              setOpen(true);
            }}
          >
            {t("planNew")}
          </button>
        </div>
      )}
      <div role="status" className="plan-made">{made && <p className="saved">{t("planMade")}</p>}</div>
    </section>
  );
}

function Fields({ path, reach, timeZone, onEnd }: Omit<Props, "onMade"> & { readonly onEnd: (done: boolean) => void }) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const nowMs = useCloudTime();
  const [draft, setDraft] = useState<Draft>({ dataset: "sales", format: "xlsx", store: reach[0]?.id ?? "", every: "1", days: null, first: "", spreadsheet: "", sheet: "" });
  // What is wrong is said once somebody wanted to make it.
  const [tried, setTried] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const zone = reach.find((one) => one?.id === draft.store)?.time_zone ?? timeZone;
  const wrong = tried ? wrongOf(draft, zone, nowMs) : {};
  const write = (changed: Partial<Draft>) => {
    setFailure(null);
    setDraft((before) => ({ ...before, ...changed }));
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (busy) {
      return;
    }
    if (Object.keys(wrongOf(draft, zone, nowMs)).length > 0) {
      // Once it is drawn as wrong, who works with keys is taken to it.
      setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    setBusy(true);
    setFailure(null);
    const outcome = await change<ExportPlan>(session, "POST", path, formOf(draft, zone));
    setBusy(false);
    if (outcome.ok) {
      onEnd(true);
    } else {
      setFailure(outcome.failure);
    }
  };
  return (
    <form ref={form} className="export-form" noValidate onSubmit={(event) => void submit(event)}>
      <DatasetField dataset={draft.dataset} onChoose={(dataset) => write({ dataset })} />
      <FormatField formats={WHERE} format={draft.format} onChoose={(format) => write({ format })} />
      {draft.format === "sheet" && <SheetFields draft={draft} wrong={wrong} onWrite={write} />}
      <div className="inline-form plan-fields">
        {draft.dataset !== "audit" && <StoreField reach={reach} store={draft.store} onChoose={(store) => write({ store })} />}
        <Field name="every" label={t("planEveryDays")} wrong={wrong.every}>
          {(rest) => <input type="number" min={1} max={DAYS_MAX} value={draft.every} {...rest} onChange={(event) => write({ every: event.target.value })} />}
        </Field>
        {aboutDataset(draft.dataset).days !== "none" && (
          <Field name="days" label={t("planDays")} wrong={wrong.days}>
            {(rest) => <input type="number" min={1} max={DAYS_MAX} value={draft.days ?? draft.every} {...rest} onChange={(event) => write({ days: event.target.value })} />}
          </Field>
        )}
        <Field name="first" label={t("planFirst", { zone })} hint={t("planFirstHint")} wrong={wrong.first}>
          {(rest) => <input type="datetime-local" value={draft.first} {...rest} onChange={(event) => write({ first: event.target.value })} />}
        </Field>
      </div>
      <p className="soft" data-span={draft.dataset}>
        <FirstSpan draft={draft} zone={zone} nowMs={nowMs} />
      </p>
      <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
      <div className="deeds">
        <button type="submit" className="button button-primary" aria-disabled={busy}>
          {t("planMake")}
        </button>
        <button type="button" className="button" onClick={() => onEnd(false)}>
          {t("leaveIt")}
        </button>
      </div>
    </form>
  );
}

type Wrong = Partial<Record<"every" | "days" | "first" | "spreadsheet" | "sheet", Key>>;

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly wrong: Key | undefined;
  readonly children: (rest: { readonly id: string; readonly "aria-invalid": boolean; readonly "aria-describedby": string | undefined }) => ReactNode;
}

function Field({ name, label, hint, wrong, children }: FieldProps) {
  const { t } = usePage();
  const id = useId();
  const told = wrong === undefined ? hint : t(wrong);
  return (
    <div className="field" data-field={name}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": wrong !== undefined, "aria-describedby": told === undefined ? undefined : `${id}-told` })}
      {told !== undefined && (
        <span id={`${id}-told`} className={wrong === undefined ? "under" : "field-wrong small"}>
          {told}
        </span>
      )}
    </div>
  );
}

function SheetFields({ draft, wrong, onWrite }: { readonly draft: Draft; readonly wrong: Wrong; readonly onWrite: (changed: Partial<Draft>) => void }) {
  const { t } = usePage();
  return (
    <div className="sheet-fields">
      <p className="soft small">{t("planAccountHint")}</p>
      <div className="inline-form plan-fields">
        <Field name="spreadsheet" label={t("planSpreadsheet")} hint={t("planSpreadsheetHint")} wrong={wrong.spreadsheet}>
          {(rest) => <input value={draft.spreadsheet} autoComplete="off" spellCheck={false} {...rest} onChange={(event) => onWrite({ spreadsheet: event.target.value })} />}
        </Field>
        <Field name="sheet" label={t("planSheet")} hint={t("planSheetHint")} wrong={wrong.sheet}>
          {(rest) => <input value={draft.sheet} maxLength={SHEET_MAX} autoComplete="off" {...rest} onChange={(event) => onWrite({ sheet: event.target.value })} />}
        </Field>
      </div>
    </div>
  );
}

/** Which days the first one has: the cloud counts them by UTC, which is not what the clock on the wall says. */
function FirstSpan({ draft, zone, nowMs }: { readonly draft: Draft; readonly zone: string; readonly nowMs: number }) {
  const { language, t } = usePage();
  const days = daysOf(draft.days ?? draft.every);
  if (aboutDataset(draft.dataset).days === "none") {
    return t("planSpanNone");
  }
  const span = days === null ? null : spanOfPlan(draft.dataset, days, momentOf(draft.first, zone) ?? nowMs);
  return span === null ? null : t("planSpan", { days: spanText(span, language.locale) ?? "" });
}

function wrongOf(draft: Draft, zone: string, nowMs: number): Wrong {
  const at = momentOf(draft.first, zone);
  const isSheet = draft.format === "sheet";
  return {
    ...(daysOf(draft.every) === null ? { every: "planWrongDays" as const } : {}),
    ...(draft.days !== null && aboutDataset(draft.dataset).days !== "none" && daysOf(draft.days) === null ? { days: "planWrongDays" as const } : {}),
    ...(at !== null && (at < nowMs - DAY_MS || at > nowMs + DAYS_MAX * DAY_MS) ? { first: "planWrongFirst" as const } : {}),
    ...(isSheet && spreadsheetOf(draft.spreadsheet) === null ? { spreadsheet: "planWrongSpreadsheet" as const } : {}),
    ...(isSheet && draft.sheet.trim() === "" ? { sheet: "planWrongSheet" as const } : {}),
  };
}

function formOf(draft: Draft, zone: string) {
  const first = momentOf(draft.first, zone);
  const hasDays = aboutDataset(draft.dataset).days !== "none" && draft.days !== null;
  return {
    dataset: draft.dataset,
    every_days: daysOf(draft.every),
    ...(hasDays ? { days: daysOf(draft.days ?? "") } : {}),
    ...(draft.store === "" || draft.dataset === "audit" ? {} : { store: draft.store }),
    ...(first === null ? {} : { first_at_ms: first }),
    ...(draft.format === "sheet" ? { spreadsheet: spreadsheetOf(draft.spreadsheet), sheet: draft.sheet.trim() } : { format: draft.format }),
  };
}

function daysOf(text: string): number | null {
  const days = Number(text);
  return text.trim() !== "" && Number.isInteger(days) && days >= 1 && days <= DAYS_MAX ? days : null;
}
