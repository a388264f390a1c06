import { type FormEvent, useRef, useState } from "react";
import type { LineMatch, ParsedLine, Store } from "../api/types";
import { type Chosen, LINE_KINDS, type LineField, readField } from "../documents/draft";
import { type Badge, writtenAmount } from "../documents/shown";
import { nameOf } from "../fleet/products";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { NewProductForm } from "./new-product";
import { ProductButton, ProductSearch } from "./product-search";

const FIELDS = Object.keys(LINE_KINDS) as readonly LineField[];

type Written = Readonly<Partial<Record<LineField, string | null>>>;

interface Props {
  readonly number: number;
  readonly line: ParsedLine;
  readonly match: LineMatch | undefined;
  readonly badge: Badge;
  readonly stores: readonly Store[];
  readonly onWrite: (written: Written) => void;
  readonly onChoose: (chosen: Chosen) => void;
  readonly onRemove: () => void;
  readonly onEnd: () => void;
}

/** One line, beneath its row: what it says, and what it is in the shop. Nothing of it is kept before the document is confirmed. */
export function LineEditor({ number, line, match, badge, stores, onWrite, onChoose, onRemove, onEnd }: Props) {
  const { t } = usePage();
  return (
    <div className="line-editor" role="group" aria-label={t("lineChangeNamed", { number: number + 1 })} onKeyDown={(event) => event.key === "Escape" && onEnd()}>
      <LineForm line={line} onWrite={onWrite} onRemove={onRemove} onEnd={onEnd} />
      <ProductChoice line={line} match={match} badge={badge} stores={stores} onChoose={onChoose} />
    </div>
  );
}

type FormProps = Pick<Props, "line" | "onWrite" | "onRemove" | "onEnd">;

function LineForm({ line, onWrite, onRemove, onEnd }: FormProps) {
  const { language, t } = usePage();
  const [wrong, setWrong] = useState<LineField | null>(null);
  const shown = (field: LineField) => {
    const value = line[field]?.value ?? "";
    return LINE_KINDS[field] === "amount" ? writtenAmount(value, language.locale) : value;
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const written = FIELDS.map((field) => [field, readField(LINE_KINDS[field], String(data.get(field) ?? ""))] as const);
    const bad = written.find(([, value]) => value === undefined)?.[0] ?? null;
    setWrong(bad);
    if (bad !== null) {
      event.currentTarget.querySelector<HTMLElement>(`[name=${bad}]`)?.focus();
      return;
    }
    onWrite(Object.fromEntries(written.filter(([field, value]) => value !== (line[field]?.value ?? null))) as Written);
    onEnd();
  };
  return (
    <form className="inline-form" noValidate onSubmit={submit} onInput={() => setWrong(null)}>
      {FIELDS.map((field, index) => (
        <label key={field} className={LINE_KINDS[field] === "amount" || field === "unit" ? "field field-short" : "field"}>
          <span>{t(`line_${field}`)}</span>
          <input
            name={field}
            autoFocus={index === 0}
            inputMode={LINE_KINDS[field] === "amount" ? "decimal" : undefined}
            autoComplete="off"
            maxLength={300}
            defaultValue={shown(field)}
            {...(wrong === field ? { "aria-invalid": true, "aria-describedby": "line-wrong" } : {})}
          />
        </label>
      ))}
      <button type="submit" className="button">
        {t("lineTake")}
      </button>
      <button type="button" className="button" onClick={onRemove}>
        {t("lineRemove")}
      </button>
      <div role="alert" id="line-wrong">
        {wrong !== null && <p className="banner banner-error">{t("amountWrong")}</p>}
      </div>
    </form>
  );
}

type ChoiceProps = Pick<Props, "line" | "match" | "badge" | "stores" | "onChoose">;

/** Which of the shop's products it is: one that is proposed, one that is looked for, a new one, or none. */
function ProductChoice({ line, match, badge, stores, onChoose }: ChoiceProps) {
  const { language, t } = usePage();
  const session = useVisitor();
  const factor = useRef<HTMLInputElement>(null);
  const [making, setMaking] = useState(false);
  const [wrong, setWrong] = useState(false);
  const choose = (product: string, name: string) => {
    const said = readField("amount", factor.current?.value ?? "");
    if (said === undefined || Number(said ?? 1) <= 0) {
      setWrong(true);
      factor.current?.focus();
      return;
    }
    onChoose({ kind: "product", product, name, factor: said });
  };
  return (
    <div className="product-choice">
      <h4>{t("whichProduct")}</h4>
      <label className="field field-short">
        <span>{t("factorSaid")}</span>
        <input ref={factor} inputMode="decimal" autoComplete="off" maxLength={16} onInput={() => setWrong(false)} aria-describedby="factor-hint" aria-invalid={wrong || undefined} />
      </label>
      <p id="factor-hint" className={wrong ? "doubt small" : "soft small"} role={wrong ? "alert" : undefined}>
        {t(wrong ? "amountWrong" : "factorHint")}
      </p>
      {match !== undefined && match.candidates.length > 0 && (
        <ul className="choices" aria-label={t("proposed")}>
          {match.candidates.map((one) => (
            <ProductButton key={one.product} name={one.name} numbers={one.sku} note={t("probability", { percent: percent(one.probability, language.locale) })} onPress={() => choose(one.product, one.name)} />
          ))}
        </ul>
      )}
      <ProductSearch label={t("findAnother")} onFound={choose} />
      <p className="deeds">
        {may(session, "change-products") && (
          <button type="button" className="button" aria-expanded={making} onClick={() => setMaking(!making)}>
            {t("makeProduct")}
          </button>
        )}
        {badge !== "left_out" && (
          <button type="button" className="button" onClick={() => onChoose({ kind: "none" })}>
            {t("noneOfShop")}
          </button>
        )}
      </p>
      {making && (
        <NewProductForm
          stores={stores}
          proposal={match?.proposal ?? { name: line.name?.value ?? "", unit: "piece" }}
          onLeave={() => setMaking(false)}
          onMade={(product) => choose(product.id, nameOf(product, language.code))}
        />
      )}
    </div>
  );
}

function percent(probability: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "percent" }).format(probability);
}
