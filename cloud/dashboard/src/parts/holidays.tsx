import { type FormEvent, useRef, useState } from "react";
import { change, type Failure, type Outcome } from "../api/calls";
import type { Holiday, Items, Store } from "../api/types";
import { dayText } from "../documents/shown";
import { useAsked } from "../fleet/asked";
import { useClockOffset, usePage, useVisitor } from "../page";
import { may } from "../roles";
import { addressOf } from "../route";
import { Column } from "./cell";
import { weekdayText } from "./forecast-chart";
import { BackIcon, NextIcon } from "./icons";
import { PartState } from "./part-state";

/** Whose public holidays the cloud knows. */
const COUNTRIES = ["de", "ru"] as const;
const YEARS = { first: 1990, last: 2100 } as const;

interface Props {
  readonly store: Store;
  readonly year: string | null;
}

interface Told {
  readonly text: string;
  /** What puts it back as it was. */
  readonly undo: (() => Promise<Outcome<unknown>>) | null;
}

/** Days on which people buy otherwise, of a year: they count in all stores. */
export function Holidays({ store, year: wanted }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const offset = useClockOffset();
  const asked = Number(wanted ?? "");
  const year = Number.isInteger(asked) && asked >= YEARS.first && asked <= YEARS.last ? asked : new Date(Date.now() + offset).getUTCFullYear();
  const { part, again } = useAsked<Items<Holiday>>(`/api/v1/holidays?from=${year}-01-01&to=${year}-12-31`);
  const [told, setTold] = useState<Told | null>(null);
  const changes = may(session, "change-ordering");
  const holidays = part.value?.items ?? [];
  const address = (of: number) => addressOf("ordering", null, { store: store.id, show: "holidays", year: String(of) });
  const done = (next: Told) => {
    setTold(next);
    again();
  };
  return (
    <section className="panel store" aria-labelledby="holidays" data-holidays={year}>
      <h2 id="holidays">{t("holidaysTitle", { year: String(year) })}</h2>
      <p className="soft reading-width">{t("holidaysHint")}</p>
      <nav className="deeds" aria-label={t("holidaysYears")}>
        {year > YEARS.first && (
          <a className="button" href={address(year - 1)}>
            <BackIcon />
            {year - 1}
          </a>
        )}
        {year < YEARS.last && (
          <a className="button" href={address(year + 1)}>
            {year + 1}
            <NextIcon />
          </a>
        )}
      </nav>
      {changes ? (
        <>
          <NewHoliday key={year} year={year} holidays={holidays} onDone={done} onOtherYear={(other) => location.assign(address(other))} />
          <BuiltIn year={year} currency={store.currency} onDone={done} />
        </>
      ) : (
        <p className="soft small">{t("orderingReadOnly")}</p>
      )}
      <JustDone told={told} onDone={done} />
      <PartState part={part} />
      {part.value !== null && holidays.length === 0 && (
        <div className="empty">
          <h3>{t("holidaysEmpty", { year: String(year) })}</h3>
          <p className="soft">{t("holidaysEmptyHint")}</p>
        </div>
      )}
      {holidays.length > 0 && <HolidayTable holidays={holidays} onDone={changes ? done : null} />}
    </section>
  );
}

/** What was just done, with the way back. */
function JustDone({ told, onDone }: { readonly told: Told | null; readonly onDone: (told: Told) => void }) {
  const { failure: textOf, t } = usePage();
  const [failure, setFailure] = useState<Failure | null>(null);
  const back = async (undo: () => Promise<Outcome<unknown>>) => {
    const outcome = await undo();
    setFailure(outcome.ok ? null : outcome.failure);
    if (outcome.ok) {
      onDone({ text: t("holidayBack"), undo: null });
    }
  };
  return (
    <div role="status" className="told">
      {failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}
      {told !== null && (
        <p className="deeds">
          <span className="saved">{told.text}</span>
          {told.undo !== null && (
            <button type="button" className="button" onClick={() => told.undo !== null && void back(told.undo)}>
              {t("putBack")}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function holidayPath(day: string): string {
  return `/api/v1/holidays/${encodeURIComponent(day)}`;
}

interface NewProps {
  readonly year: number;
  readonly holidays: readonly Holiday[];
  readonly onDone: (told: Told) => void;
  readonly onOtherYear: (year: number) => void;
}

function NewHoliday({ year, holidays, onDone, onOtherYear }: NewProps) {
  const { failure: textOf, language, t } = usePage();
  const session = useVisitor();
  const form = useRef<HTMLFormElement>(null);
  const [wrong, setWrong] = useState<{ readonly field: "day" | "name"; readonly text: string } | null>(null);
  const refuse = (field: "day" | "name", text: string) => {
    setWrong({ field, text });
    form.current?.querySelector<HTMLElement>(`[name=${field}]`)?.focus();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const data = new FormData(form.current ?? undefined);
    const [day, name] = [String(data.get("day") ?? ""), String(data.get("name") ?? "").trim()];
    if (day === "") {
      return refuse("day", t("holidayNoDay"));
    }
    if (name === "") {
      return refuse("name", t("holidayNoName"));
    }
    const old = holidays.find((one) => one.day === day)?.name;
    const outcome = await change<Holiday>(session, "PUT", holidayPath(day), { name });
    if (!outcome.ok) {
      return refuse("day", textOf(outcome.failure));
    }
    form.current?.reset();
    form.current?.querySelector<HTMLElement>("[name=day]")?.focus();
    const said = { name, day: dayText(day, language.locale), old: old ?? "" };
    const undo = () => (old === undefined ? change(session, "DELETE", holidayPath(day)) : change(session, "PUT", holidayPath(day), { name: old }));
    onDone({ text: t(old === undefined || old === name ? "holidayAdded" : "holidayRenamed", said), undo: old === name ? null : undo });
    if (Number(day.slice(0, 4)) !== year) {
      onOtherYear(Number(day.slice(0, 4)));
    }
  };
  const told = (field: "day" | "name") => (wrong?.field === field ? { "aria-invalid": true, "aria-describedby": "holiday-wrong" } : {});
  return (
    <form ref={form} className="inline-form" noValidate onSubmit={(event) => void submit(event)} onInput={() => setWrong(null)}>
      <label className="field">
        <span>{t("holidayDay")}</span>
        <input name="day" type="date" min={`${YEARS.first}-01-01`} max={`${YEARS.last}-12-31`} {...told("day")} />
      </label>
      <label className="field">
        <span>{t("holidayName")}</span>
        <input name="name" maxLength={100} autoComplete="off" {...told("name")} />
      </label>
      <button type="submit" className="button button-primary">
        {t("holidayAdd")}
      </button>
      <div role="alert" id="holiday-wrong">
        {wrong !== null && <p className="banner banner-error">{wrong.text}</p>}
      </div>
    </form>
  );
}

interface BuiltInProps {
  readonly year: number;
  readonly currency: string;
  readonly onDone: (told: Told) => void;
}

function BuiltIn({ year, currency, onDone }: BuiltInProps) {
  const { failure: textOf, language, t } = usePage();
  const session = useVisitor();
  const [country, setCountry] = useState<string>(currency === "RUB" ? "ru" : "de");
  const [failure, setFailure] = useState<Failure | null>(null);
  const names = new Intl.DisplayNames(language.locale, { type: "region" });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const outcome = await change<Items<Holiday>>(session, "POST", "/api/v1/holidays/built-in", { country, year });
    setFailure(outcome.ok ? null : outcome.failure);
    if (outcome.ok) {
      onDone({ text: t("holidayBuiltInDone", { count: outcome.value.items.length, year: String(year) }), undo: null });
    }
  };
  return (
    <form className="inline-form" onSubmit={(event) => void submit(event)}>
      <label className="choice">
        <span>{t("holidayCountry")}</span>
        <select value={country} onChange={(event) => setCountry(event.target.value)}>
          {COUNTRIES.map((one) => (
            <option key={one} value={one}>
              {names.of(one.toUpperCase())}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="button">
        {t("holidayBuiltIn", { year: String(year) })}
      </button>
      <p className="soft small wide">{t("holidayBuiltInHint")}</p>
      <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
    </form>
  );
}

interface TableProps {
  readonly holidays: readonly Holiday[];
  /** `null` where nothing may be changed. */
  readonly onDone: ((told: Told) => void) | null;
}

function HolidayTable({ holidays, onDone }: TableProps) {
  const { failure: textOf, language, t } = usePage();
  const session = useVisitor();
  const [failure, setFailure] = useState<Failure | null>(null);
  const remove = async ({ day, name }: Holiday) => {
    const outcome = await change(session, "DELETE", holidayPath(day));
    setFailure(outcome.ok ? null : outcome.failure);
    if (outcome.ok) {
      onDone?.({ text: t("holidayRemoved", { name, day: dayText(day, language.locale) }), undo: () => change(session, "PUT", holidayPath(day), { name }) });
    }
  };
  return (
    <>
      <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
      <table role="table" className="rows holidays">
        <caption className="hidden">{t("orderingViewHolidays")}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <Column>{t("holidayDay")}</Column>
            <Column>{t("columnHoliday")}</Column>
            {onDone !== null && <Column>{t("columnDo")}</Column>}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {holidays.map((holiday) => (
            <tr role="row" key={holiday.day} data-holiday={holiday.day}>
              <th role="rowheader" scope="row">
                {weekdayText(holiday.day, language.locale)}
              </th>
              <td role="cell">{holiday.name}</td>
              {onDone !== null && (
                <td role="cell">
                  <button type="button" className="button" aria-label={t("holidayRemoveNamed", { name: holiday.name, day: dayText(holiday.day, language.locale) })} onClick={() => void remove(holiday)}>
                    {t("holidayRemove")}
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
