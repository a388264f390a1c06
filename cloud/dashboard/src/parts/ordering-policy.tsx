import { type FormEvent, type RefObject, useEffect, useState } from "react";
import { change, storePath } from "../api/calls";
import type { OrderingPolicy, Store } from "../api/types";
import { type Measures, POLICY_FIELDS, POLICY_NAMES, type PolicyField, readAll, refusedField, type Written, writtenValue } from "../demand/ordering";
import { usePage, useVisitor } from "../page";
import { amountOf } from "../stock/words";
import { OrderingField, useWrongText } from "./ordering-field";

type Told = { readonly kind: "wrong"; readonly field: PolicyField | null; readonly text: string } | { readonly kind: "saved" };

interface Props {
  readonly store: Store;
  readonly measures: Measures;
  readonly written: Written<PolicyField>;
  /** Whether what stands here was filled in from a trial, and is not saved yet. */
  readonly taken: boolean;
  readonly form: RefObject<HTMLFormElement | null>;
  readonly onWrite: (written: Written<PolicyField>) => void;
  readonly onSaved: (policy: OrderingPolicy) => void;
}

/** How a store orders, to be changed. */
export function PolicyForm({ store, measures, written, taken, form, onWrite, onSaved }: Props) {
  const { failure: textOf, t } = usePage();
  const session = useVisitor();
  const wrongText = useWrongText();
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<Told | null>(null);
  useEffect(() => {
    if (taken) {
      setTold(null);
    }
  }, [taken]);
  const refuse = (field: PolicyField | null, text: string) => {
    setTold({ kind: "wrong", field, text });
    form.current?.querySelector<HTMLElement>(field === null ? "button" : `#policy-${field}`)?.focus();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    const read = readAll(POLICY_FIELDS, POLICY_NAMES, written, measures);
    if ("wrong" in read) {
      return refuse(read.wrong, wrongText(POLICY_FIELDS[read.wrong], measures));
    }
    setBusy(true);
    const outcome = await change<OrderingPolicy>(session, "PUT", `${storePath(store.id)}/ordering`, read.values);
    setBusy(false);
    if (outcome.ok) {
      setTold({ kind: "saved" });
      onSaved(outcome.value);
    } else {
      refuse(refusedField(outcome.failure, POLICY_NAMES), textOf(outcome.failure));
    }
  };
  return (
    <form ref={form} className="ordering-form" noValidate onSubmit={(event) => void submit(event)}>
      <div className="ordering-fields">
        {POLICY_NAMES.map((name) => (
          <OrderingField
            key={name}
            id={`policy-${name}`}
            label={t(`field_${name}`, { currency: store.currency })}
            hint={t(`fieldHint_${name}`)}
            spec={POLICY_FIELDS[name]}
            value={written[name]}
            wrong={told?.kind === "wrong" && told.field === name ? told.text : null}
            onWrite={(text) => {
              setTold(null);
              onWrite({ ...written, [name]: text });
            }}
          />
        ))}
      </div>
      <p className="deeds">
        <button type="submit" className="button button-primary" aria-disabled={busy}>
          {t("policySave")}
        </button>
      </p>
      <div role="status" className="told">
        {told?.kind === "wrong" && told.field === null && <p className="banner banner-error">{told.text}</p>}
        {told?.kind === "saved" && <p className="saved">{t("policySaved")}</p>}
        {taken && told === null && <p className="banner banner-info">{t("trialTaken")}</p>}
      </div>
    </form>
  );
}

/** The same to be read only, by those who may not change it. */
export function PolicyFacts({ store, policy, measures }: { readonly store: Store; readonly policy: OrderingPolicy; readonly measures: Measures }) {
  const { language, money, t } = usePage();
  const shown = (name: PolicyField) => {
    const value = policy[name];
    if (value === null || value === undefined) {
      return t("policyNoLimit");
    }
    return POLICY_FIELDS[name].kind === "money" ? money(amountOf(value, store.currency, language.locale)) : writtenValue(POLICY_FIELDS[name], value, measures);
  };
  return (
    <>
      <dl className="facts">
        {POLICY_NAMES.map((name) => (
          <div key={name} className="fact" data-field={name}>
            <dt>{t(`field_${name}`, { currency: store.currency })}</dt>
            <dd>{shown(name)}</dd>
          </div>
        ))}
      </dl>
      <p className="soft small">{t("orderingReadOnly")}</p>
    </>
  );
}
