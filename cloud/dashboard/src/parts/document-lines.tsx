import { useRef, useState } from "react";
import type { Field, LineMatch, Parsed, ParsedLine, Place, Store } from "../api/types";
import { type Chosen, type Edits, lineOf } from "../documents/draft";
import { placeOfLine } from "../documents/places";
import { amountText, badgeOf, isDoubtful, unitOf } from "../documents/shown";
import { usePage } from "../page";
import { Cell, Column } from "./cell";
import { LineEditor } from "./line-editor";
import { LineProduct } from "./line-product";
import { WarningIcon } from "./icons";

/** Lines that are shown at once; a price list has thousands. */
const STEP = 100;

interface Props {
  readonly parsed: Parsed;
  readonly matches: readonly LineMatch[];
  readonly edits: Edits;
  /** Absent where nothing may be changed. */
  readonly onEdits?: (edits: (before: Edits) => Edits) => void;
  readonly stores: readonly Store[];
  /** Told where the line that has the focus stands on its page. */
  readonly onPlace: (place: Place | null) => void;
}

/** The goods of a document, and what each of them is in the shop. */
export function DocumentLines({ parsed, matches, edits, onEdits, stores, onPlace }: Props) {
  const { t } = usePage();
  const [open, setOpen] = useState<number | null>(null);
  const [shown, setShown] = useState(STEP);
  const lines = parsed.lines ?? [];
  if (lines.length === 0) {
    return <p className="soft">{t("noLines")}</p>;
  }
  return (
    <div className="product-part lines-part">
      <h3>{t("linesTitle", { count: lines.length })}</h3>
      <table role="table" className="rows lines">
        <caption className="hidden">{t("linesTitle", { count: lines.length })}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <Column>{t("columnLine")}</Column>
            <Column numeric>{t("columnQuantity")}</Column>
            <Column numeric>{t("columnUnitPrice")}</Column>
            <Column numeric>{t("columnTotal")}</Column>
            <Column>{t("columnInShop")}</Column>
            {onEdits !== undefined && <Column>{t("columnDo")}</Column>}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {lines.slice(0, shown).map((line, number) => (
            <LineRows
              key={number}
              number={number}
              line={line}
              match={matches[number]}
              parsed={parsed}
              edits={edits}
              stores={stores}
              onPlace={onPlace}
              open={open === number}
              onOpen={(wanted) => setOpen(wanted ? number : null)}
              {...(onEdits === undefined ? {} : { onEdits })}
            />
          ))}
        </tbody>
      </table>
      {lines.length > shown && (
        <p className="deeds">
          <button type="button" className="button" onClick={() => setShown(shown + STEP)}>
            {t("moreLines", { count: lines.length - shown })}
          </button>
        </p>
      )}
    </div>
  );
}

interface RowProps extends Omit<Props, "matches"> {
  readonly number: number;
  readonly line: ParsedLine;
  readonly match: LineMatch | undefined;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

function LineRows({ number, line: read, match, parsed, edits, onEdits, stores, onPlace, open, onOpen }: RowProps) {
  const { language, t } = usePage();
  const opener = useRef<HTMLButtonElement>(null);
  const line = lineOf(read, edits.lines[number]);
  const currency = parsed.currency?.value;
  const chosen = edits.chosen[number];
  const removed = edits.removed.includes(number);
  const close = () => {
    onOpen(false);
    opener.current?.focus();
  };
  const choose = (one: Chosen | undefined) => {
    onEdits?.((before) => {
      const { [number]: _, ...others } = before.chosen;
      return { ...before, chosen: one === undefined ? others : { ...others, [number]: one } };
    });
  };
  const remove = (wanted: boolean) => onEdits?.((before) => ({ ...before, removed: [...before.removed.filter((one) => one !== number), ...(wanted ? [number] : [])] }));
  const amount = (field: Field | null) => (field === null ? <span className="soft">{t("none")}</span> : <span className="amount">{amountText(field.value, currency, language.locale)}</span>);
  return (
    <>
      <tr role="row" data-line={number} data-removed={removed || undefined} onFocus={() => onPlace(placeOfLine(read))}>
        <th role="rowheader" scope="row">
          <span>
            {line.name?.value ?? t("noName")}
            <Numbers line={line} />
            <Doubt fields={[line.name, line.supplier_article, line.gtin]} />
          </span>
        </th>
        <Cell label={t("columnQuantity")} numeric>
          <Quantity line={line} />
          <Doubt fields={[line.quantity, line.unit]} />
        </Cell>
        <Cell label={t("columnUnitPrice")} numeric>
          {amount(line.unit_price)}
          <Doubt fields={[line.unit_price]} />
        </Cell>
        <Cell label={t("columnTotal")} numeric>
          {amount(line.net_amount)}
          <Doubt fields={[line.net_amount]} />
        </Cell>
        <Cell label={t("columnInShop")}>
          {removed ? <span className="soft">{t("lineRemoved")}</span> : <LineProduct line={line} match={match} chosen={chosen} unitChanged={line.unit !== read.unit} {...(onEdits === undefined ? {} : { onChoose: choose })} />}
        </Cell>
        {onEdits !== undefined && (
          <Cell label={t("columnDo")}>
            {removed ? (
              <button type="button" className="button" aria-label={t("lineBackNamed", { number: number + 1 })} onClick={() => remove(false)}>
                {t("lineBack")}
              </button>
            ) : (
              <button ref={opener} type="button" className="button" aria-expanded={open} aria-label={t("lineChangeNamed", { number: number + 1 })} onClick={() => (open ? close() : onOpen(true))}>
                {t("lineChange")}
              </button>
            )}
          </Cell>
        )}
      </tr>
      {open && !removed && onEdits !== undefined && (
        <tr role="row" className="beneath">
          <td role="cell" colSpan={6} aria-colspan={6}>
            <LineEditor
              number={number}
              line={line}
              match={match}
              badge={badgeOf(match, chosen)}
              stores={stores}
              onWrite={(written) => onEdits((before) => ({ ...before, lines: { ...before.lines, [number]: { ...before.lines[number], ...written } } }))}
              onChoose={(one) => {
                choose(one);
                close();
              }}
              onRemove={() => {
                remove(true);
                onOpen(false);
              }}
              onEnd={close}
            />
          </td>
        </tr>
      )}
    </>
  );
}

function Numbers({ line }: { readonly line: ParsedLine }) {
  return (
    <>
      {line.supplier_article !== null && <span className="under id">{line.supplier_article.value}</span>}
      {line.gtin !== null && <span className="under id">GTIN {line.gtin.value}</span>}
    </>
  );
}

function Quantity({ line }: { readonly line: ParsedLine }) {
  const { language, t } = usePage();
  const unit = unitOf(line);
  if (line.quantity === null) {
    return <span className="soft">{t("none")}</span>;
  }
  return (
    <>
      <span className="amount">{amountText(line.quantity.value, null, language.locale)}</span>
      <span className="under">{"key" in unit ? t(unit.key) : unit.text}</span>
    </>
  );
}

/** Says that something of this was hard to read. */
function Doubt({ fields }: { readonly fields: readonly (Field | null)[] }) {
  const { t } = usePage();
  return (
    fields.some(isDoubtful) && (
      <span className="doubt small">
        <WarningIcon />
        {t("doubtful")}
      </span>
    )
  );
}

