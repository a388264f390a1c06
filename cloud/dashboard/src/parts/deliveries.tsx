import { useState } from "react";
import { change, type Failure } from "../api/calls";
import type { Delivery, Page, Person } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import type { Key } from "../i18n/language";
import { CHANNELS, DELIVERY_STATES, EVENTS, OTHER_KINDS, useWord } from "../notices/words";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { addressOf } from "../route";
import { Cell, Column } from "./cell";
import { AwayIcon, ConnectedIcon, WarningIcon } from "./icons";
import { usePeople } from "./made-by";
import { Moment } from "./moment";
import { PartState } from "./part-state";

/** Deliveries on a page. */
const SHOWN = 50;
const FILTERS = ["state", "channel", "event", "person"] as const;
type Filter = (typeof FILTERS)[number];

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** Every message that went out, waits or was given up, and what can be tried again. */
export function Deliveries({ known, params }: Props) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [failure, setFailure] = useState<Failure | null>(null);
  const filters = Object.fromEntries(FILTERS.map((name) => [name, params.get(name) ?? ""])) as Record<Filter, string>;
  const after = params.get("after") ?? "";
  const query = new URLSearchParams({ limit: String(SHOWN), ...said(filters), ...(after === "" ? {} : { after }) });
  const { part, again } = useAsked<Page<Delivery>>(`/api/v1/notice-deliveries?${query}`);
  const people = usePeople();
  const deliveries = part.value?.items ?? [];
  const zone = known.stores.value?.[0]?.store.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const revive = async (id: number) => {
    const outcome = await change<null>(session, "POST", `/api/v1/notice-deliveries/${id}/revival`);
    setFailure(outcome.ok ? null : outcome.failure);
    again();
  };
  return (
    <section className="panel store" aria-labelledby="deliveries">
      <h2 id="deliveries">{t("deliveriesTitle")}</h2>
      <Filters filters={filters} people={people} />
      <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
      <PartState part={part} forbidden="deliveriesForbidden" />
      {part.value !== null && deliveries.length === 0 && <p className="soft">{t("deliveriesNone")}</p>}
      {deliveries.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("deliveriesTitle")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnWhen")}</Column>
              <Column>{t("deliveryTo")}</Column>
              <Column>{t("wantedEvent")}</Column>
              <Column>{t("columnState")}</Column>
              {may(session, "send-again") && <Column>{t("columnDo")}</Column>}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {deliveries.map((one) => (
              <Row key={one.id} delivery={one} name={people.find(({ id }) => id === one.person)?.name} zone={zone} onRevive={may(session, "send-again") ? () => void revive(one.id) : null} />
            ))}
          </tbody>
        </table>
      )}
      {part.value?.next !== undefined && (
        <nav className="deeds" aria-label={t("pages")}>
          <a className="button" href={addressOf("messages", "deliveries", { ...said(filters), after: part.value.next })}>
            {t("nextPage")}
          </a>
        </nav>
      )}
    </section>
  );
}

function said(filters: Readonly<Record<Filter, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));
}

function Filters({ filters, people }: { readonly filters: Readonly<Record<Filter, string>>; readonly people: readonly Person[] }) {
  const { t } = usePage();
  const word = useWord();
  const named = (prefix: string, words: readonly string[]) => words.map((one) => [one, word(prefix, one)] as const);
  const choices: readonly (readonly [Filter, Key, Key, readonly (readonly [string, string])[]])[] = [
    ["state", "columnState", "anyState", named("delivery", DELIVERY_STATES)],
    ["channel", "toldChannel", "anyChannel", named("channel", CHANNELS)],
    ["event", "wantedEvent", "wantedAny", [...named("event", EVENTS), ...named("kindSent", OTHER_KINDS)]],
    ["person", "deliveryTo", "anybody", people.map(({ id, name }) => [id, name] as const)],
  ];
  return (
    <div className="inline-form">
      {choices.map(([name, label, any, options]) => (
        <label key={name} className="choice">
          <span>{t(label)}</span>
          <select value={filters[name]} onChange={(event) => location.assign(addressOf("messages", "deliveries", said({ ...filters, [name]: event.target.value })))}>
            <option value="">{t(any)}</option>
            {options.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}

interface RowProps {
  readonly delivery: Delivery;
  readonly name: string | undefined;
  readonly zone: string;
  readonly onRevive: (() => void) | null;
}

function Row({ delivery, name, zone, onRevive }: RowProps) {
  const { t } = usePage();
  const word = useWord();
  const isOther = OTHER_KINDS.some((one) => one === delivery.event);
  const what = word(isOther ? "kindSent" : "event", delivery.event);
  const isDead = delivery.state === "dead";
  const icon = delivery.state === "sent" ? <ConnectedIcon /> : isDead ? <AwayIcon /> : <WarningIcon />;
  return (
    <tr role="row" data-delivery={delivery.id} data-state={delivery.state}>
      <th role="rowheader" scope="row">
        <Moment atMs={delivery.made_at_ms} timeZone={zone} />
      </th>
      <Cell label={t("deliveryTo")}>
        {name ?? t("bySomebody")}
        <span className="under">{word("channel", delivery.channel)}</span>
      </Cell>
      <Cell label={t("wantedEvent")}>{what}</Cell>
      <Cell label={t("columnState")}>
        <span className={`state state-${delivery.state === "sent" ? "connected" : "away"}`}>
          {icon}
          {word("delivery", delivery.state)}
        </span>
        {delivery.attempts > 1 && <span className="under">{t("deliveryTries", { count: delivery.attempts })}</span>}
        {delivery.doubtful && <span className="under">{t("deliveryDoubtful")}</span>}
        {delivery.problem !== undefined && (
          <span className="under" lang="en">
            {delivery.problem}
          </span>
        )}
      </Cell>
      {onRevive !== null && isDead && (
        <Cell label={t("columnDo")}>
          <button type="button" className="button" aria-label={t("deliverySendAgainNamed", { what, who: name ?? t("bySomebody") })} onClick={onRevive}>
            {t("deliverySendAgain")}
          </button>
        </Cell>
      )}
      {onRevive !== null && !isDead && <td role="cell" />}
    </tr>
  );
}
