import { type FormEvent, useId, useState } from "react";
import { change, type Failure } from "../api/calls";
import type { Export, Store } from "../api/types";
import { aboutDataset, type Dataset, FORMATS, type Format, firstSpan, isBackwards, quickSpans, type Span } from "../exports/choices";
import { useAgainWhile, useAsked } from "../fleet/asked";
import { usePage, useVisitor } from "../page";
import { DatasetField, FormatField, StoreField } from "./export-fields";
import { Download, EXPORTS, exportPath, FailedBecause } from "./export-parts";

/** How often it is asked whether it is ready. */
const ASK_EVERY_MS = 1_000;

interface Props {
  /** Where the visitor may export from: stores, and `null` for all of them. */
  readonly reach: readonly (Store | null)[];
  /** The trading day it is now. */
  readonly today: string;
  readonly dataset: Dataset;
  /** A store's id; empty for all of them. */
  readonly store: string;
  readonly onAsked: () => void;
}

interface Draft {
  readonly dataset: Dataset;
  readonly format: Format;
  readonly store: string;
  readonly span: Span;
}

/** Asks for an export, and gives its file out once it is made. */
export function ExportForm({ reach, today, dataset, store, onAsked }: Props) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [draft, setDraft] = useState<Draft>({ dataset, format: "xlsx", store, span: firstSpan(dataset, today) });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const write = (changed: Partial<Draft>) => {
    setMade(null);
    setFailure(null);
    setDraft((before) => ({ ...before, ...changed }));
  };
  // Days that are over are none that are still to come; otherwise what was chosen stays.
  const choose = (chosen: Dataset) => write(aboutDataset(chosen).days === aboutDataset(draft.dataset).days ? { dataset: chosen } : { dataset: chosen, span: firstSpan(chosen, today) });
  const isWrong = isBackwards(draft.span);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || isWrong) {
      return;
    }
    setBusy(true);
    setFailure(null);
    setMade(null);
    const outcome = await change<Export>(session, "POST", EXPORTS, formOf(draft));
    setBusy(false);
    if (outcome.ok) {
      setMade(outcome.value.id);
      onAsked();
    } else {
      setFailure(outcome.failure);
    }
  };
  return (
    <section className="panel store" aria-labelledby="export-ask">
      <h2 id="export-ask">{t("exportAsk")}</h2>
      <form className="export-form" noValidate onSubmit={(event) => void submit(event)}>
        <DatasetField dataset={draft.dataset} onChoose={choose} />
        <FormatField formats={FORMATS} format={draft.format} onChoose={(format) => write({ format })} />
        {draft.dataset !== "audit" && (
          <div className="inline-form">
            <StoreField reach={reach} store={draft.store} onChoose={(chosen) => write({ store: chosen })} />
          </div>
        )}
        <DaysField dataset={draft.dataset} today={today} span={draft.span} isWrong={isWrong} onChoose={(span) => write({ span })} />
        <div className="deeds">
          <button type="submit" className="button button-primary" aria-disabled={busy || isWrong}>
            {t("exportMake")}
          </button>
        </div>
        <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
        <div role="status">{made !== null && <Asked key={made} id={made} />}</div>
      </form>
    </section>
  );
}

function formOf({ dataset, format, store, span }: Draft) {
  const days = aboutDataset(dataset).days === "none" ? {} : { ...(span.first === "" ? {} : { first_day: span.first }), ...(span.last === "" ? {} : { last_day: span.last }) };
  return { dataset, format, ...(store === "" || dataset === "audit" ? {} : { store }), ...days };
}

interface DaysProps {
  readonly dataset: Dataset;
  readonly today: string;
  readonly span: Span;
  readonly isWrong: boolean;
  readonly onChoose: (span: Span) => void;
}

function DaysField({ dataset, today, span, isWrong, onChoose }: DaysProps) {
  const { t } = usePage();
  const id = useId();
  const { days, hint } = aboutDataset(dataset);
  const ends = [
    ["first", "exportFirstDay"],
    ["last", "exportLastDay"],
  ] as const;
  return (
    <fieldset className="export-days">
      <legend>{t("exportDays")}</legend>
      <p id={id} className="soft small">
        {t(hint)}
      </p>
      {days !== "none" && (
        <>
          <div className="deeds">
            {quickSpans(days, today).map(([key, quick]) => (
              <button key={key} type="button" className="button quick" aria-pressed={quick.first === span.first && quick.last === span.last} onClick={() => onChoose(quick)}>
                {t(key)}
              </button>
            ))}
          </div>
          <div className="inline-form">
            {ends.map(([end, label]) => (
              <label key={end} className="field">
                <span>{t(label)}</span>
                <input type="date" value={span[end]} aria-invalid={isWrong} aria-describedby={isWrong ? `${id} ${id}-wrong` : id} onChange={(event) => onChoose({ ...span, [end]: event.target.value })} />
              </label>
            ))}
          </div>
          {isWrong && (
            <p id={`${id}-wrong`} className="field-wrong">
              {t("exportBackwards")}
            </p>
          )}
        </>
      )}
    </fieldset>
  );
}

/** What became of the one that was just asked for. */
function Asked({ id }: { readonly id: string }) {
  const { t, failure: textOf } = usePage();
  const { part, again } = useAsked<Export>(exportPath(id));
  const one = part.value;
  useAgainWhile(one === null || one.state === "waiting", again, ASK_EVERY_MS);
  if (one?.state === "ready") {
    return (
      <p className="deeds" data-made="ready">
        <span>{t("exportMade", { count: one.rows })}</span>
        <Download of={one} isNext />
      </p>
    );
  }
  if (one?.state === "failed") {
    return (
      <p data-made="failed">
        {t("exportFailedNow")} <FailedBecause of={one} />
      </p>
    );
  }
  return <p className="soft">{one === null && part.failure !== null ? textOf(part.failure) : t("exportMaking")}</p>;
}
