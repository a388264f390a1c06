import { type FormEvent, useState } from "react";
import { change } from "../api/calls";
import type { Habit } from "../api/types";
import { useAsked } from "../fleet/asked";
import { clockOf, minuteOf } from "../format/clock";
import { usePage, useVisitor } from "../page";
import { PartState } from "./part-state";

/** When the visitor is left alone. */
export function QuietHours() {
  const { t } = usePage();
  const { part, again } = useAsked<Habit>("/api/v1/notice-habit");
  return (
    <section className="panel store" aria-labelledby="quiet-title">
      <h2 id="quiet-title">{t("quietTitle")}</h2>
      <PartState part={part} />
      {part.value !== null && <HabitForm key={JSON.stringify(part.value)} habit={part.value} onSaved={again} />}
    </section>
  );
}

function HabitForm({ habit, onSaved }: { readonly habit: Habit; readonly onSaved: () => void }) {
  const { t, failure } = usePage();
  const session = useVisitor();
  const [said, setSaid] = useState<{ readonly ok: boolean; readonly text: string } | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const wanted: Habit = {
      time_zone: text("zone").trim(),
      quiet_from_minute: minuteOf(text("from")),
      quiet_until_minute: minuteOf(text("until")),
      critical_always: form.has("critical"),
      digest_minute: minuteOf(text("digest")),
    };
    const outcome = await change<null>(session, "PUT", "/api/v1/notice-habit", wanted);
    setSaid(outcome.ok ? { ok: true, text: t("quietSaved") } : { ok: false, text: failure(outcome.failure) });
    if (outcome.ok) {
      onSaved();
    }
  };
  return (
    <form className="inline-form" onSubmit={(event) => void submit(event)}>
      {(
        [
          ["from", "quietFrom", habit.quiet_from_minute],
          ["until", "quietUntil", habit.quiet_until_minute],
          ["digest", "quietDigest", habit.digest_minute],
        ] as const
      ).map(([name, label, minute]) => (
        <label key={name} className="field">
          <span>{t(label)}</span>
          <input name={name} type="time" required defaultValue={clockOf(minute)} />
        </label>
      ))}
      <label className="field">
        <span>{t("quietZone")}</span>
        <input name="zone" maxLength={60} autoComplete="off" spellCheck={false} defaultValue={habit.time_zone} />
      </label>
      <label className="check">
        <input name="critical" type="checkbox" defaultChecked={habit.critical_always} />
        <span>{t("quietCritical")}</span>
      </label>
      <button type="submit" className="button button-primary">
        {t("quietSave")}
      </button>
      <div role="status">{said !== null && <p className={said.ok ? "soft" : "banner banner-error"}>{said.text}</p>}</div>
    </form>
  );
}
