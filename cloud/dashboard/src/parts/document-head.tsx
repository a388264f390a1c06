import type { ChangeEvent } from "react";
import type { Parsed, Place } from "../api/types";
import { type Edits, HEAD_KINDS, type HeadField, headOf, readField } from "../documents/draft";
import { placeOf } from "../documents/places";
import { amountText, dayText, DOCUMENT_KINDS, isDoubtful, writtenAmount } from "../documents/shown";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";
import { WarningIcon } from "./icons";

const FIELDS = Object.keys(HEAD_KINDS) as readonly HeadField[];

/** The head of a document, as it is read. */
export function DocumentFacts({ parsed }: { readonly parsed: Parsed }) {
  const { language, t } = usePage();
  const shown = (field: HeadField, value: string) => {
    const key = `kindOf_${value}`;
    switch (HEAD_KINDS[field]) {
      case "amount":
        return amountText(value, parsed.currency?.value, language.locale);
      case "day":
        return dayText(value, language.locale);
      case "choice":
        return isKey(language, key) ? t(key) : value;
      default:
        return value;
    }
  };
  return (
    <dl className="facts">
      {FIELDS.map((field) => {
        const said = headOf(parsed, field);
        return (
          said !== null && (
            <div key={field} className="fact">
              <dt>{t(`head_${field}`)}</dt>
              <dd>{shown(field, said.value)}</dd>
            </div>
          )
        );
      })}
    </dl>
  );
}

interface Props {
  readonly parsed: Parsed;
  readonly edits: Edits;
  readonly onEdits: (edits: (before: Edits) => Edits) => void;
  readonly wrong: ReadonlySet<HeadField>;
  readonly onWrong: (wrong: ReadonlySet<HeadField>) => void;
  /** Told where the field that has the focus stands on its page. */
  readonly onPlace: (place: Place | null) => void;
}

/** The same to be corrected where it stands. */
export function DocumentHead({ parsed, edits, onEdits, wrong, onWrong, onPlace }: Props) {
  const { t } = usePage();
  const write = (field: HeadField, text: string) => {
    const value = readField(HEAD_KINDS[field], text);
    const others = new Set([...wrong].filter((one) => one !== field));
    onWrong(value === undefined ? new Set([...others, field]) : others);
    if (value !== undefined) {
      onEdits((before) => {
        const { [field]: _, ...rest } = before.head;
        return { ...before, head: value === (headOf(parsed, field)?.value ?? null) ? rest : { ...rest, [field]: value } };
      });
    }
  };
  return (
    <form className="head-form" data-head noValidate aria-label={t("headOf")} onSubmit={(event) => event.preventDefault()}>
      {FIELDS.map((field) => (
        <HeadInput key={field} field={field} parsed={parsed} changed={edits.head[field] !== undefined} wrong={wrong.has(field)} onWrite={(text) => write(field, text)} onFocus={() => onPlace(placeOf(headOf(parsed, field)))} />
      ))}
    </form>
  );
}

interface InputProps {
  readonly field: HeadField;
  readonly parsed: Parsed;
  readonly changed: boolean;
  readonly wrong: boolean;
  readonly onWrite: (text: string) => void;
  readonly onFocus: () => void;
}

function HeadInput({ field, parsed, changed, wrong, onWrite, onFocus }: InputProps) {
  const { language, t } = usePage();
  const said = headOf(parsed, field);
  const kind = HEAD_KINDS[field];
  const doubtful = !changed && isDoubtful(said);
  const note = `head-note-${field}`;
  const own = {
    name: field,
    "aria-invalid": wrong || undefined,
    "aria-describedby": wrong || doubtful ? note : undefined,
    onFocus,
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement>) => onWrite(event.target.value),
  };
  const written = kind === "amount" ? writtenAmount(said?.value ?? "", language.locale) : (said?.value ?? "");
  return (
    <div className="head-field" data-doubtful={doubtful || undefined}>
      <label className={kind === "choice" ? "choice" : "field"}>
        <span>{t(`head_${field}`)}</span>
        {kind === "choice" ? (
          <select {...own} defaultValue={said?.value ?? ""}>
            <option value="">{t("notSaid")}</option>
            {DOCUMENT_KINDS.map((one) => (
              <option key={one} value={one}>
                {t(`kindOf_${one}`)}
              </option>
            ))}
          </select>
        ) : (
          <input {...own} type={kind === "day" ? "date" : "text"} inputMode={kind === "amount" ? "decimal" : undefined} autoComplete="off" maxLength={200} defaultValue={written} />
        )}
      </label>
      {(wrong || doubtful) && (
        <p id={note} className="doubt small">
          <WarningIcon />
          {t(wrong ? "amountWrong" : "doubtful")}
        </p>
      )}
    </div>
  );
}
