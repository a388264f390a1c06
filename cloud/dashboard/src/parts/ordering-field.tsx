import { type FieldSpec, type Measures, writtenValue } from "../demand/ordering";
import { usePage } from "../page";

interface Props {
  readonly id: string;
  readonly label: string;
  /** What it means, in a sentence. */
  readonly hint: string;
  readonly spec: FieldSpec;
  readonly value: string;
  /** What is wrong with it; `null` for nothing. */
  readonly wrong: string | null;
  readonly autoFocus?: boolean;
  readonly onWrite: (text: string) => void;
}

/** A number of how something is ordered: what it means stands beneath it, and what is wrong with it too. */
export function OrderingField({ id, label, hint, spec, value, wrong, autoFocus = false, onWrite }: Props) {
  return (
    <div className="ordering-field">
      <label className="field">
        <span>{label}</span>
        <input
          id={id}
          inputMode={spec.kind === "days" ? "numeric" : "decimal"}
          autoComplete="off"
          autoFocus={autoFocus}
          maxLength={18}
          value={value}
          aria-invalid={wrong !== null || undefined}
          aria-describedby={wrong === null ? `${id}-hint` : `${id}-wrong ${id}-hint`}
          onChange={(event) => onWrite(event.target.value)}
        />
      </label>
      {wrong !== null && (
        <p id={`${id}-wrong`} className="field-wrong small">
          {wrong}
        </p>
      )}
      <p id={`${id}-hint`} className="soft small">
        {hint}
      </p>
    </div>
  );
}

/** What is said where something stands in a field that cannot. */
export function useWrongText(): (spec: FieldSpec, measures: Measures) => string {
  const { t } = usePage();
  return (spec, measures) => {
    switch (spec.kind) {
      case "percent":
        return t("fieldWrong_percent", { least: spec.least / 100, most: spec.most / 100 });
      case "days":
        return t("fieldWrong_days", { least: spec.least, most: spec.most });
      case "money":
        return t("fieldWrong_money", { example: writtenValue(spec, 250 * 10 ** measures.exponent, measures) });
      case "stock":
        return t(`fieldWrong_${measures.unit}`, { example: writtenValue(spec, 1_500, measures) });
    }
  };
}
