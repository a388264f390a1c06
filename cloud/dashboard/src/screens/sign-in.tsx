import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type Failure, signIn } from "../api/calls";
import type { Session } from "../api/types";
import { usePage } from "../page";
import { MarkIcon, WarningIcon } from "../parts/icons";

/** Why somebody has to sign in. */
export type Reason = "new" | "ended" | "left";

interface Props {
  readonly reason: Reason;
  readonly chooser: ReactNode;
  readonly onSignedIn: (session: Session) => void;
}

export function SignIn({ reason, chooser, onSignedIn }: Props) {
  const { t } = usePage();
  useEffect(() => {
    document.title = `${t("signInTitle")} · ${t("appName")}`;
  }, [t]);
  return (
    <div className="entrance">
      <header className="bar">
        <p className="brand">
          <MarkIcon />
          <span>{t("appName")}</span>
        </p>
        {chooser}
      </header>
      <main className="entrance-main">
        <h1>{t("signInTitle")}</h1>
        <p className="soft">{t("signInHint")}</p>
        {reason !== "new" && (
          <p className="banner banner-info" role="status">
            {t(reason === "ended" ? "signInEnded" : "signInLeft")}
          </p>
        )}
        <SignInForm onSignedIn={onSignedIn} />
      </main>
    </div>
  );
}

type Wrong = { readonly field: "email" | "password" | null; readonly text: string };

function SignInForm({ onSignedIn }: Pick<Props, "onSignedIn">) {
  const { t } = usePage();
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const refusal = useRefusal();

  const refuse = (field: Wrong["field"], text: string) => {
    setWrong({ field, text });
    (field === "email" ? email : password).current?.focus();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const [who, secret] = [email.current?.value.trim() ?? "", password.current?.value ?? ""];
    if (busy) {
      return;
    }
    if (who === "") {
      return refuse("email", t("signInEmptyEmail"));
    }
    if (secret === "") {
      return refuse("password", t("signInEmptyPassword"));
    }
    setBusy(true);
    setWrong(null);
    const outcome = await signIn(who, secret);
    setBusy(false);
    if (outcome.ok) {
      return onSignedIn(outcome.value);
    }
    if (password.current !== null) {
      password.current.value = "";
    }
    refuse("password", refusal(outcome.failure));
  };
  const told = (field: Wrong["field"]) => (wrong?.field === field ? { "aria-invalid": true, "aria-describedby": "sign-in-wrong" } : {});
  return (
    // The API has the last word on what is an address, so the browser says nothing of its own, in its own language.
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <label className="field">
        <span>{t("signInEmail")}</span>
        <input ref={email} type="email" name="email" autoComplete="username" autoFocus maxLength={254} {...told("email")} />
      </label>
      <label className="field">
        <span>{t("signInPassword")}</span>
        <input ref={password} type="password" name="password" autoComplete="current-password" {...told("password")} />
      </label>
      <div role="alert" id="sign-in-wrong">
        {wrong !== null && (
          <p className="banner banner-error">
            <WarningIcon />
            <span>{wrong.text}</span>
          </p>
        )}
      </div>
      <button type="submit" className="button button-primary" aria-disabled={busy}>
        {t(busy ? "signInBusy" : "signInButton")}
      </button>
    </form>
  );
}

/** Here nothing is asked again by itself. */
function useRefusal(): (failure: Failure) => string {
  const { t, failure: text } = usePage();
  return (failure) => (failure.kind === "unreachable" ? t("problemUnreachableOnce") : text(failure));
}
