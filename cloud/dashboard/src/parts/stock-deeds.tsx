import { type FormEvent, useRef, useState } from "react";
import { change, type Outcome, storePath } from "../api/calls";
import type { Balance, Store, StockCount, StockTransfer } from "../api/types";
import type { Key } from "../i18n/language";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { addressOf } from "../route";
import { readStock, stockText, writtenStock } from "../stock/words";

const REASONS = ["expired", "damaged", "stolen", "own_use", "other"] as const;

type Deed = "correct" | "waste" | "send";

interface Props {
  readonly stores: readonly Store[];
  readonly store: Store;
  readonly balance: Balance;
  readonly onDone: () => void;
}

/** What can be done with a product in a store: counted, corrected, thrown away, sent to another store. */
export function StockDeeds({ stores, store, balance, onDone }: Props) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [open, setOpen] = useState<Deed | null>(null);
  const [told, setTold] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const others = stores.filter((one) => one.id !== store.id && may(session, "count-stock", one.id));
  const floor = may(session, "count-stock", store.id);
  const deeds: readonly (readonly [Deed, Key])[] = [
    ...(may(session, "correct-stock", store.id) ? [["correct", "stockCorrect"] as const] : []),
    ...(floor ? [["waste", "stockWaste"] as const] : []),
    ...(floor && others.length > 0 ? [["send", "stockSend"] as const] : []),
  ];
  const countIt = async () => {
    const begun = await change<StockCount>(session, "POST", `${storePath(store.id)}/stock/counts`, { products: [balance.product] });
    if (begun.ok) {
      location.assign(addressOf("stock", null, { store: store.id, count: begun.value.id }));
    } else {
      setWrong(textOf(begun.failure));
    }
  };
  return (
    <div className="stock-deeds">
      <p className="deeds">
        {floor && (
          <button type="button" className="button button-primary" onClick={() => void countIt()}>
            {t("stockCountThis")}
          </button>
        )}
        {deeds.map(([deed, key]) => (
          <button key={deed} type="button" className="button" aria-expanded={open === deed} onClick={() => setOpen(open === deed ? null : deed)}>
            {t(key)}
          </button>
        ))}
      </p>
      <div role="alert">{wrong !== null && <p className="banner banner-error">{wrong}</p>}</div>
      {open !== null && (
        <DeedForm
          key={open}
          deed={open}
          others={others}
          store={store}
          balance={balance}
          onEnd={(done) => {
            setOpen(null);
            setTold(done);
            onDone();
          }}
        />
      )}
      <div role="status">{told !== null && <p className="soft">{told}</p>}</div>
    </div>
  );
}

interface FormProps {
  readonly deed: Deed;
  readonly others: readonly Store[];
  readonly store: Store;
  readonly balance: Balance;
  /** What is told once it is done. */
  readonly onEnd: (told: string) => void;
}

const TITLES: Readonly<Record<Deed, Key>> = { correct: "stockCorrectTitle", waste: "stockWasteTitle", send: "stockSendTitle" };

function DeedForm({ deed, others, store, balance, onEnd }: FormProps) {
  const { language, t, failure: textOf } = usePage();
  const session = useVisitor();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  // Sent again after an answer that was lost, it is booked once.
  const [id] = useState(() => crypto.randomUUID());
  const form = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const values = new FormData(form.current ?? undefined);
    const quantity = readStock(String(values.get("quantity") ?? ""), balance.unit);
    if (quantity === null || (quantity === 0 && deed !== "correct")) {
      setWrong(t(balance.unit === "g" ? "stockWrongWeight" : "stockWrongQuantity"));
      field.current?.focus();
      return;
    }
    if (busy) {
      return;
    }
    setBusy(true);
    const said = { id, product: balance.product, unit: balance.unit, quantity, note: String(values.get("note") ?? "") };
    const outcome = await book(deed, said, values);
    setBusy(false);
    if (!outcome.ok) {
      setWrong(textOf(outcome.failure));
    } else if (outcome.value === null) {
      onEnd(t("transferMade"));
    } else {
      onEnd(t("stockBooked", { amount: stockText(outcome.value, balance.unit, language.locale, t) }));
    }
  };
  const book = async (what: Deed, said: { readonly id: string; readonly product: string; readonly unit: Balance["unit"]; readonly quantity: number; readonly note: string }, values: FormData): Promise<Outcome<number | null>> => {
    if (what === "send") {
      const { note, product, unit, quantity } = said;
      const made = await change<StockTransfer>(session, "POST", "/api/v1/stock-transfers", { id, from: store.id, to: values.get("to"), note, lines: [{ product, unit, quantity }] });
      const sent = made.ok ? await change(session, "POST", `/api/v1/stock-transfers/${made.value.id}/sending`) : made;
      return sent.ok ? { ok: true, value: null } : sent;
    }
    const [path, body] = what === "waste" ? ["waste", { ...said, reason: values.get("reason") }] : ["corrections", said];
    const done = await change<{ readonly quantity: number }>(session, "POST", `${storePath(store.id)}/stock/${path}`, body);
    return done.ok ? { ok: true, value: done.value.quantity } : done;
  };
  const told = wrong === null ? {} : { "aria-invalid": true, "aria-describedby": "stock-wrong" };
  return (
    <form ref={form} className="inline-form" noValidate aria-label={t(TITLES[deed])} onSubmit={(event) => void submit(event)}>
      <p className="wide">
        <strong>{t(TITLES[deed])}</strong> {deed === "correct" && <span className="soft small">{t("stockCorrectHint")}</span>}
      </p>
      <label className="field field-short">
        <span>{t(balance.unit === "g" ? "stockQuantityKg" : "stockQuantityPcs")}</span>
        <input ref={field} name="quantity" inputMode="decimal" autoFocus autoComplete="off" maxLength={14} defaultValue={deed === "correct" ? writtenStock(Math.max(balance.quantity, 0), balance.unit) : ""} {...told} />
      </label>
      {deed === "waste" && <Choice name="reason" label={t("stockReason")} options={REASONS.map((one) => [one, t(`waste_${one}`)])} />}
      {deed === "send" && <Choice name="to" label={t("transferTo")} options={others.map((one) => [one.id, one.name])} />}
      <label className="field">
        <span>{t("stockNote")}</span>
        <input name="note" maxLength={500} autoComplete="off" />
      </label>
      <button type="submit" className="button button-primary" aria-disabled={busy}>
        {t(deed === "send" ? "transferSend" : "stockBook")}
      </button>
      <div role="alert" id="stock-wrong">
        {wrong !== null && <p className="banner banner-error">{wrong}</p>}
      </div>
    </form>
  );
}

function Choice({ name, label, options }: { readonly name: string; readonly label: string; readonly options: readonly (readonly [string, string])[] }) {
  return (
    <label className="choice">
      <span>{label}</span>
      <select name={name}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
