import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { formatRate } from "../../../../shared/pages/amounts";
import { change, productPath, storePath } from "../api/calls";
import type { OrderingPolicy, OrderingRule, OrderingRuleForm, Product, ProductOffers, Store, Supplier } from "../api/types";
import { type Measures, readAll, refusedField, RULE_FIELDS, RULE_NAMES, type RuleField, saysSomething, type Written, writtenAll } from "../demand/ordering";
import { useAsked } from "../fleet/asked";
import { nameOf } from "../fleet/products";
import { useRule } from "../fleet/rules";
import { usePage, useVisitor } from "../page";
import { OrderingField, useWrongText } from "./ordering-field";
import { PartState } from "./part-state";

const CLASSES = ["a", "b", "c"] as const;

/** A rule that was changed, with what was said before. */
export interface RuleSaved {
  readonly kind: "saved" | "reset" | "back";
  readonly name: string;
  readonly before: OrderingRule;
}

interface Props {
  readonly store: Store;
  readonly policy: OrderingPolicy | null;
  readonly id: string;
  readonly onSaved: (saved: RuleSaved) => void;
  readonly onEnd: () => void;
}

/** What is said of one product, where it stands. */
export function RuleEditor({ store, policy, id, onSaved, onEnd }: Props) {
  const { language, t } = usePage();
  const product = useAsked<Product>(productPath(id)).part;
  const rule = useRule(store.id, id).part;
  const name = product.value === null ? id : nameOf(product.value, language.code);
  return (
    <div className="line-editor" role="group" aria-label={t("ruleTitle", { product: name })} data-rule-open={id} onKeyDown={(event) => event.key === "Escape" && onEnd()}>
      <h3>{t("ruleTitle", { product: name })}</h3>
      <PartState part={product.value === null ? product : rule} />
      {product.value !== null && rule.value !== null && (
        <RuleFields store={store} policy={policy} product={product.value} name={name} rule={rule.value} onSaved={onSaved} onEnd={onEnd} />
      )}
    </div>
  );
}

interface FieldsProps extends Pick<Props, "store" | "policy" | "onSaved" | "onEnd"> {
  readonly product: Product;
  readonly name: string;
  readonly rule: OrderingRule;
}

interface Wrong {
  readonly field: RuleField | null;
  readonly text: string;
}

function RuleFields({ store, policy, product, name, rule, onSaved, onEnd }: FieldsProps) {
  const { language, t } = usePage();
  const measures: Measures = { locale: language.locale, exponent: store.currency_exponent, unit: product.unit === "kg" ? "g" : "piece" };
  const [written, setWritten] = useState(() => writtenAll(RULE_FIELDS, RULE_NAMES, rule, measures));
  const form = useRef<HTMLFormElement>(null);
  const { wrong, setWrong, busy, save } = useSaving(store, rule, name, form, onSaved);
  const wrongText = useWrongText();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const read = readAll(RULE_FIELDS, RULE_NAMES, written, measures);
    if ("wrong" in read) {
      return setWrong({ field: read.wrong, text: wrongText(RULE_FIELDS[read.wrong], measures) });
    }
    const { stock_min, stock_max } = read.values;
    if (stock_min !== null && stock_max !== null && stock_min > stock_max) {
      return setWrong({ field: "stock_max", text: t("fieldWrongRoom") });
    }
    const data = new FormData(event.currentTarget);
    const chosen = (of: string) => String(data.get(of) ?? "") || null;
    void save("saved", { ...read.values, supplier: chosen("supplier"), class: chosen("class") });
  };
  const write = (field: RuleField, text: string) => {
    setWrong(null);
    setWritten((before: Written<RuleField>) => ({ ...before, [field]: text }));
  };
  const label = (field: RuleField) => (field === "stock_min" || field === "stock_max" ? t(`rule_${field}_${measures.unit}`) : t(`rule_${field}`));
  return (
    <form ref={form} className="ordering-form" noValidate onSubmit={submit}>
      <div className="ordering-fields">
        <SupplierChoice product={product} chosen={rule.supplier ?? null} />
        <ClassChoice policy={policy} chosen={rule.class ?? null} />
        {RULE_NAMES.map((field) => (
          <OrderingField
            key={field}
            id={`rule-${field}`}
            label={label(field)}
            hint={t(`ruleHint_${field}`)}
            spec={RULE_FIELDS[field]}
            value={written[field]}
            wrong={wrong?.field === field ? wrong.text : null}
            onWrite={(text) => write(field, text)}
          />
        ))}
      </div>
      <div role="alert">{wrong !== null && wrong.field === null && <p className="banner banner-error">{wrong.text}</p>}</div>
      <p className="deeds">
        <button type="submit" className="button button-primary" aria-disabled={busy}>
          {t("ruleSave")}
        </button>
        {saysSomething(rule) && (
          <button type="button" className="button" aria-disabled={busy} onClick={() => void save("reset", {})}>
            {t("ruleReset")}
          </button>
        )}
        <button type="button" className="button" onClick={onEnd}>
          {t("close")}
        </button>
      </p>
    </form>
  );
}

/** Sends a rule; what is wrong with it is said at its field, which takes the focus. */
function useSaving(store: Store, before: OrderingRule, name: string, form: { readonly current: HTMLFormElement | null }, onSaved: Props["onSaved"]) {
  const { failure: textOf } = usePage();
  const session = useVisitor();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const refuse = (next: Wrong | null) => {
    setWrong(next);
    if (next !== null) {
      form.current?.querySelector<HTMLElement>(next.field === null ? "button" : `#rule-${next.field}`)?.focus();
    }
  };
  const save = async (kind: "saved" | "reset", said: OrderingRuleForm) => {
    if (busy) {
      return;
    }
    setBusy(true);
    const path = `${storePath(store.id)}/ordering/rules/${encodeURIComponent(before.product)}`;
    const outcome = await change<OrderingRule>(session, "PUT", path, said);
    setBusy(false);
    if (outcome.ok) {
      onSaved({ kind, name, before });
    } else {
      refuse({ field: refusedField(outcome.failure, RULE_NAMES), text: textOf(outcome.failure) });
    }
  };
  return { wrong, setWrong: refuse, busy, save };
}

interface ChoiceProps {
  readonly name: "supplier" | "class";
  readonly chosen: string | null;
  readonly autoFocus?: boolean;
  readonly children: ReactNode;
}

function Choice({ name, chosen, autoFocus = false, children }: ChoiceProps) {
  const { t } = usePage();
  return (
    <div className="ordering-field">
      <label className="choice">
        <span>{t(`rule_${name}`)}</span>
        <select name={name} defaultValue={chosen ?? ""} autoFocus={autoFocus} aria-describedby={`rule-${name}-hint`}>
          {children}
        </select>
      </label>
      <p id={`rule-${name}-hint`} className="soft small">
        {t(`ruleHint_${name}`)}
      </p>
    </div>
  );
}

/** Who offers the product, and who the rule names though they offer it no more. */
function SupplierChoice({ product, chosen }: { readonly product: Product; readonly chosen: string | null }) {
  const { t } = usePage();
  const offers = useAsked<ProductOffers>(`${productPath(product.id)}/offers`).part;
  const named = useAsked<Supplier>(chosen === null ? null : `/api/v1/suppliers/${encodeURIComponent(chosen)}`).part.value;
  const suppliers = new Map((offers.value?.offers ?? []).map(({ offer, supplier_name }) => [offer.supplier, supplier_name]));
  if (chosen !== null && !suppliers.has(chosen)) {
    suppliers.set(chosen, named?.name ?? chosen);
  }
  return (
    <Choice key={offers.value === null && offers.failure === null ? "asked" : "known"} name="supplier" chosen={chosen} autoFocus>
      <option value="">{t("ruleCheapest")}</option>
      {[...suppliers].map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Choice>
  );
}

function ClassChoice({ policy, chosen }: { readonly policy: OrderingPolicy | null; readonly chosen: string | null }) {
  const { language, t } = usePage();
  return (
    <Choice name="class" chosen={chosen}>
      <option value="">{t("ruleByValue")}</option>
      {CLASSES.map((one) => (
        <option key={one} value={one}>
          {policy === null ? one.toUpperCase() : t("ruleClass", { letter: one.toUpperCase(), percent: formatRate(policy[`service_${one}`], language.locale) })}
        </option>
      ))}
    </Choice>
  );
}
