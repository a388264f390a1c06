import { useEffect, useRef, useState, type FormEvent } from "react";
import type { Action } from "../api/types";
import { AgeBadge } from "../parts/age";
import { Button } from "../parts/button";
import { BackIcon, CheckIcon, DeleteIcon, RemoveIcon, WarningIcon } from "../parts/icons";
import { Picture } from "../parts/picture";
import { useSecondsTo, useShop } from "../shop";
import "../styles/staff.css";
import { sendPin, type Refusal } from "./approve";
import { bornBy } from "./birthday";

const SHORTEST = 4;
const LONGEST = 12;
/** Half a PIN is not left lying about. */
const LEFT_ALONE_MS = 30_000;

interface Props {
  readonly age: number;
  readonly onClose: () => void;
}

/** Where a member of staff says whether the shopper is old enough. It takes the screen's place; the rest stays in reach. */
export function StaffDesk({ age, onClose }: Props) {
  const { t, language } = useShop();
  const [pin, setPin] = useState("");
  const desk = useSending(() => setPin(""));
  const born = new Intl.DateTimeFormat(language.locale, { dateStyle: "long" }).format(bornBy(new Date(), age));
  const ready = pin.length >= SHORTEST && !desk.busy && desk.lockedFor === 0;
  useLeftAlone(pin, onClose);

  const send = (action: Action) => {
    if (ready) {
      void desk.send(action);
    }
  };
  const approve = (event: FormEvent) => {
    event.preventDefault();
    send({ action: "approve_age", pin, age_limit: age });
  };
  return (
    <section
      className="staff"
      role="dialog"
      aria-labelledby="staff-title"
      onKeyDown={(event) => (event.key === "Escape" ? onClose() : undefined)}
    >
      <form className="staff-desk" autoComplete="off" onSubmit={approve}>
        <div className="staff-head">
          <Button icon={<BackIcon />} onClick={onClose}>
            {t("searchBack")}
          </Button>
          <h1 id="staff-title" className="screen-title">
            {t("staffTitle", { age })}
          </h1>
        </div>
        <p className="staff-born">{t("staffBorn", { date: born })}</p>
        <Limited />
        <PinField pin={pin} onChange={setPin} />
        <Trouble refusal={desk.refusal} lockedFor={desk.lockedFor} />
        <Pad onDigit={(digit) => setPin((typed) => (typed + digit).slice(0, LONGEST))} onDelete={() => setPin((typed) => typed.slice(0, -1))} />
        <div className="staff-ways">
          <Button kind="primary" type="submit" icon={<CheckIcon />} busy={desk.busy} aria-disabled={!ready || undefined}>
            {t("staffApprove", { age })}
          </Button>
          <Button
            icon={<RemoveIcon />}
            busy={desk.busy}
            aria-disabled={!ready || undefined}
            onClick={() => send({ action: "refuse_age", pin })}
          >
            {t("staffRefuse")}
          </Button>
        </div>
      </form>
    </section>
  );
}

/** What it is about: the lines with an age limit. */
function Limited() {
  const { state, name } = useShop();
  const lines = state.basket.lines.filter((line) => line.age_limit);
  return (
    <ul className="staff-lines">
      {lines.map((line) => (
        <li key={line.line}>
          <Picture src={line.picture} name={name(line.name)} />
          <span>{name(line.name)}</span>
          <AgeBadge limit={line.age_limit} />
        </li>
      ))}
    </ul>
  );
}

function PinField({ pin, onChange }: { readonly pin: string; readonly onChange: (pin: string) => void }) {
  const { t } = useShop();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  return (
    <label className="staff-pin">
      <span>{t("staffPin")}</span>
      <input
        ref={field}
        type="password"
        inputMode="none"
        // No browser offers to keep what is only good once.
        autoComplete="one-time-code"
        maxLength={LONGEST}
        value={pin}
        onChange={(event) => onChange(event.target.value.replace(/[^0-9]/g, ""))}
      />
    </label>
  );
}

interface PadProps {
  readonly onDigit: (digit: string) => void;
  readonly onDelete: () => void;
}

function Pad({ onDigit, onDelete }: PadProps) {
  const { t } = useShop();
  return (
    <div className="staff-pad" role="group" aria-label={t("staffPad")} dir="ltr">
      {[..."1234567890"].map((digit) => (
        <button key={digit} type="button" className="key" onClick={() => onDigit(digit)}>
          {digit}
        </button>
      ))}
      <Button className="key" icon={<DeleteIcon />} aria-label={t("keyDelete")} onClick={onDelete} />
    </div>
  );
}

/** Why it did not work, in words and with the way out. */
function Trouble({ refusal, lockedFor }: { readonly refusal: Refusal | null; readonly lockedFor: number }) {
  return (
    <div role="alert" className="failure-place">
      {refusal !== null && (refusal.why !== "locked" || lockedFor > 0) && (
        <p className="failure">
          <WarningIcon />
          <Said refusal={refusal} lockedFor={lockedFor} />
        </p>
      )}
    </div>
  );
}

function Said({ refusal, lockedFor }: { readonly refusal: Refusal; readonly lockedFor: number }) {
  const { t } = useShop();
  switch (refusal.why) {
    case "wrong":
      return t("staffWrong", { count: refusal.triesLeft });
    case "locked":
      // The seconds are for the eye: said aloud each time, they would drown everything else.
      return (
        <span>
          {t("staffLocked")} <span aria-live="off">{t("staffLockedFor", { count: lockedFor })}</span>
        </span>
      );
    case "not_set":
      return `${t("staff_pin_missing")}. ${t("staff_pin_missingHint")}`;
    case "unfitting":
      return t("failureUnfitting");
    case "unreachable":
      return t("failureUnreachable");
    case "failed":
      return t("failureRefused");
  }
}

interface Sending {
  readonly send: (action: Action) => Promise<void>;
  readonly busy: boolean;
  readonly refusal: Refusal | null;
  /** Seconds for which the till looks at no PIN. */
  readonly lockedFor: number;
}

function useSending(onRefused: () => void): Sending {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [lockedUntil, setLockedUntil] = useState<number | null>(null);
  const lockedFor = useSecondsTo(lockedUntil) ?? 0;
  const send = async (action: Action) => {
    setBusy(true);
    const refused = await sendPin(action);
    setBusy(false);
    setRefusal(refused);
    if (refused !== null) {
      onRefused();
      setLockedUntil(refused.why === "locked" ? performance.now() + refused.seconds * 1000 : null);
    }
  };
  return { send, busy, refusal, lockedFor };
}

function useLeftAlone(pin: string, onClose: () => void): void {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const timer = setTimeout(() => close.current(), LEFT_ALONE_MS);
    return () => clearTimeout(timer);
  }, [pin]);
}
