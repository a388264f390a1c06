import { useId } from "react";
import type { Store } from "../api/types";
import { type Dataset, DATASETS } from "../exports/choices";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";

interface OptionsProps {
  readonly title: string;
  /** What can be chosen: its value, how it is called, and what it is. */
  readonly options: readonly (readonly [string, string, string])[];
  readonly chosen: string;
  readonly onChoose: (value: string) => void;
}

/** One of a few things, each explained in a line. */
export function Options({ title, options, chosen, onChoose }: OptionsProps) {
  const id = useId();
  return (
    <fieldset className="options">
      <legend>{title}</legend>
      {options.map(([value, name, hint]) => (
        <label key={value} className="option">
          <input type="radio" name={id} value={value} checked={value === chosen} aria-labelledby={`${id}-${value}`} aria-describedby={`${id}-${value}-hint`} onChange={() => onChoose(value)} />
          <span>
            <strong id={`${id}-${value}`}>{name}</strong>
            <span id={`${id}-${value}-hint`} className="under">
              {hint}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export function DatasetField({ dataset, onChoose }: { readonly dataset: Dataset; readonly onChoose: (dataset: Dataset) => void }) {
  const { t } = usePage();
  const session = useVisitor();
  // Nobody is offered the audit log but those who look after everybody.
  const offered = DATASETS.filter((one) => one !== "audit" || may(session, "see-audit"));
  return (
    <Options
      title={t("exportWhat")}
      options={offered.map((one) => [one, t(`dataset_${one}`), t(`rowOf_${one}`)])}
      chosen={dataset}
      onChoose={(value) => onChoose(value as Dataset)}
    />
  );
}

export function FormatField<F extends "xlsx" | "csv" | "json" | "parquet" | "sheet">({ formats, format, onChoose }: { readonly formats: readonly F[]; readonly format: F; readonly onChoose: (format: F) => void }) {
  const { t } = usePage();
  return (
    <Options
      title={t("exportFormat")}
      options={formats.map((one) => [one, t(`format_${one}`), t(`formatHint_${one}`)])}
      chosen={format}
      onChoose={(value) => onChoose(value as F)}
    />
  );
}

interface StoreProps {
  /** Where the visitor may: stores, and `null` for all of them. */
  readonly reach: readonly (Store | null)[];
  /** A store's id; empty for all of them. */
  readonly store: string;
  readonly onChoose: (store: string) => void;
}

export function StoreField({ reach, store, onChoose }: StoreProps) {
  const { t } = usePage();
  return (
    <label className="choice">
      <span>{t("chooseStore")}</span>
      <select value={store} onChange={(event) => onChoose(event.target.value)}>
        {reach.map((one) => (
          <option key={one?.id ?? ""} value={one?.id ?? ""}>
            {one?.name ?? t("allStores")}
          </option>
        ))}
      </select>
    </label>
  );
}
