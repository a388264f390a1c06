import { type FormEvent, useRef, useState } from "react";
import { change, storePath } from "../api/calls";
import type { Store, Till } from "../api/types";
import { useAskNow, usePage, useVisitor } from "../page";

/** Adds a till to a store. Its id stands in certificates and never changes, so it is proposed and can be written otherwise. */
export function NewTill({ store, tills }: { readonly store: Store; readonly tills: readonly Till[] }) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const askNow = useAskNow();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const name = useRef<HTMLInputElement>(null);
  const id = useRef<HTMLInputElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    setWrong(null);
    opener.current?.focus();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const [called, known] = [name.current?.value.trim() ?? "", id.current?.value.trim() ?? ""];
    if (busy) {
      return;
    }
    if (known === "") {
      setWrong(t("newTillNoId"));
      id.current?.focus();
      return;
    }
    setBusy(true);
    const outcome = await change(session, "POST", `${storePath(store.id)}/tills`, { id: known, name: called === "" ? known : called });
    setBusy(false);
    if (outcome.ok) {
      askNow();
      close();
    } else {
      setWrong(textOf(outcome.failure));
    }
  };
  const problem = `new-till-${store.id}`;
  const told = wrong === null ? {} : { "aria-invalid": true, "aria-describedby": problem };
  return (
    <div className="new-till">
      <button ref={opener} type="button" className="button" aria-expanded={open} onClick={() => (open ? close() : setOpen(true))}>
        {t("newTill")}
      </button>
      {open && (
        <form className="inline-form" noValidate onSubmit={(event) => void submit(event)} onKeyDown={(event) => event.key === "Escape" && close()}>
          <label className="field">
            <span>{t("newTillName")}</span>
            <input ref={name} autoFocus maxLength={100} autoComplete="off" />
          </label>
          <label className="field">
            <span>{t("newTillId")}</span>
            <input ref={id} maxLength={64} autoComplete="off" spellCheck={false} defaultValue={nextId(tills)} {...told} />
          </label>
          <button type="submit" className="button button-primary" aria-disabled={busy}>
            {t("newTillAdd")}
          </button>
          <div role="alert" id={problem}>
            {wrong !== null && <p className="banner banner-error">{wrong}</p>}
          </div>
        </form>
      )}
    </div>
  );
}

/** `till-5` where there are up to `till-4`. */
export function nextId(tills: readonly Pick<Till, "id">[]): string {
  const numbers = tills.map((till) => Number(/^till-(\d{1,6})$/.exec(till.id)?.[1] ?? 0));
  return `till-${Math.max(0, ...numbers) + 1}`;
}
