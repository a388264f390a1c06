import { type FormEvent, useState } from "react";
import { change, type Outcome } from "../api/calls";
import type { AddressMade, Items, NoticeAddress, NoticeAddresses, Store, Subscription } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { Key } from "../i18n/language";
import { isKey } from "../i18n/translate";
import { EVENTS, PACES, SEVERITIES, useWord } from "../notices/words";
import { usePage, useVisitor } from "../page";
import { Filled } from "./filled";
import { PartState } from "./part-state";

/** Where the visitor is told of things beside the inbox, and of what. */
export function ToldWhere({ stores }: { readonly stores: readonly Store[] }) {
  const { t, failure } = usePage();
  const { part, again } = useAsked<NoticeAddresses>("/api/v1/notice-addresses");
  const wanted = useAsked<Items<Subscription>>("/api/v1/notice-subscriptions");
  const [wrong, setWrong] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const settle = (outcome: Outcome<unknown>) => {
    setWrong(outcome.ok ? null : failure(outcome.failure));
    again();
    wanted.again();
  };
  const addresses = part.value?.items ?? [];
  return (
    <section className="panel store" aria-labelledby="told-title">
      <div>
        <h2 id="told-title">{t("toldTitle")}</h2>
        <p className="soft small">{t("toldHint")}</p>
      </div>
      <PartState part={part} />
      <div role="alert">{wrong !== null && <p className="banner banner-error">{wrong}</p>}</div>
      {secret !== null && <p className="banner banner-info">{t("toldSecret", { secret })}</p>}
      {part.value !== null && addresses.length === 0 && <p className="soft">{t("toldNone")}</p>}
      <ul className="notices">
        {addresses.map((address) => (
          <AddressRow key={address.id} address={address} onDone={settle} />
        ))}
      </ul>
      {part.value !== null && part.value.channels.length > 0 && (
        <NewAddress
          channels={part.value.channels}
          onDone={(outcome) => {
            setSecret(outcome.ok ? (outcome.value.secret ?? null) : null);
            settle(outcome);
          }}
        />
      )}
      <Wanted addresses={addresses.filter((one) => one.confirmed_at_ms !== undefined)} stores={stores} wanted={wanted.part.value?.items ?? []} onDone={settle} />
    </section>
  );
}

function AddressRow({ address, onDone }: { readonly address: NoticeAddress; readonly onDone: (outcome: Outcome<null>) => void }) {
  const { t } = usePage();
  const word = useWord();
  const session = useVisitor();
  const path = `/api/v1/notice-addresses/${address.id}`;
  const isOff = address.off_at_ms !== undefined;
  const waits = address.confirmed_at_ms === undefined;
  const confirm = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("code") ?? "").trim();
    onDone(await change<null>(session, "POST", `${path}/confirmation`, { code }));
  };
  return (
    <li className="notice" data-address={address.id}>
      <p className="notice-head">
        <strong>{word("channel", address.channel)}</strong> <span>{address.address}</span>
      </p>
      <p className="soft small">{isOff ? (
          <Filled text="toldOff">
            <span lang="en">{address.off_reason}</span>
          </Filled>
        ) : (
          t(waits ? "toldWaits" : "toldCounts")
        )}</p>
      {waits && !isOff && (
        <form className="inline-form" onSubmit={(event) => void confirm(event)}>
          <label className="field">
            <span>{t("toldCode")}</span>
            <input name="code" inputMode="numeric" autoComplete="one-time-code" maxLength={6} required />
          </label>
          <button type="submit" className="button button-primary">
            {t("toldConfirm")}
          </button>
        </form>
      )}
      <div className="deeds">
        {(waits || isOff) && (
          <button type="button" className="button" onClick={async () => onDone(await change<null>(session, "POST", `${path}/code`))}>
            {t("toldSendAgain")}
          </button>
        )}
        <button type="button" className="button" onClick={async () => onDone(await change<null>(session, "DELETE", path))}>
          {t("toldRemove")}
        </button>
      </div>
    </li>
  );
}

function NewAddress({ channels, onDone }: { readonly channels: readonly string[]; readonly onDone: (outcome: Outcome<AddressMade>) => void }) {
  const { language, t } = usePage();
  const word = useWord();
  const session = useVisitor();
  const [channel, setChannel] = useState(channels[0] ?? "");
  const hint = `toldAddressOf_${channel}`;
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const address = String(new FormData(form).get("address") ?? "").trim();
    const outcome = await change<AddressMade>(session, "POST", "/api/v1/notice-addresses", { channel, address });
    if (outcome.ok) {
      form.reset();
    }
    onDone(outcome);
  };
  return (
    <form className="inline-form" onSubmit={(event) => void submit(event)}>
      <label className="choice">
        <span>{t("toldChannel")}</span>
        <select value={channel} onChange={(event) => setChannel(event.target.value)}>
          {channels.map((one) => (
            <option key={one} value={one}>
              {word("channel", one)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{isKey(language, hint) ? t(hint as Key) : t("toldAddress")}</span>
        <input name="address" required maxLength={2000} autoComplete="off" spellCheck={false} />
      </label>
      <button type="submit" className="button button-primary">
        {t("toldAdd")}
      </button>
    </form>
  );
}

interface WantedProps {
  readonly addresses: readonly NoticeAddress[];
  readonly stores: readonly Store[];
  readonly wanted: readonly Subscription[];
  readonly onDone: (outcome: Outcome<unknown>) => void;
}

function Wanted({ addresses, stores, wanted, onDone }: WantedProps) {
  const { t } = usePage();
  const word = useWord();
  const session = useVisitor();
  const nameOf = (id: string) => {
    const address = addresses.find((one) => one.id === id);
    return address === undefined ? "…" : `${word("channel", address.channel)} ${address.address}`;
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const body = { address: text("address"), least: text("least"), pace: text("pace"), ...(text("event") === "" ? {} : { event: text("event") }), ...(text("over") === "" ? {} : { tell_settled: text("over") === "yes" }), ...(text("store") === "" ? {} : { store: text("store") }) };
    onDone(await change(session, "POST", "/api/v1/notice-subscriptions", body));
  };
  const choice = (name: string, label: Key, options: readonly (readonly [string, string])[]) => (
    <label className="choice">
      <span>{t(label)}</span>
      <select name={name}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="product-part">
      <h3>{t("wantedTitle")}</h3>
      {wanted.length === 0 && <p className="soft">{t("wantedNone")}</p>}
      <ul className="notices">
        {wanted.map((one) => (
          <li key={one.id} className="notice" data-subscription={one.id}>
            <p>
              <strong>{one.event === undefined ? t("wantedAny") : word("event", one.event)}</strong> · {stores.find((store) => store.id === one.store)?.name ?? one.store ?? t("wantedEverywhere")} ·{" "}
              {t("wantedLeast")}: {word("severity", one.least)} · {word("pace", one.pace)} · {t("wantedOver")}: {overText(one, t)} · {nameOf(one.address)}
            </p>
            <button type="button" className="button" onClick={async () => onDone(await change(session, "DELETE", `/api/v1/notice-subscriptions/${one.id}`))}>
              {t("toldRemove")}
            </button>
          </li>
        ))}
      </ul>
      {addresses.length > 0 && (
        <form className="inline-form" onSubmit={(event) => void submit(event)}>
          {choice("address", "toldAddress", addresses.map((one) => [one.id, nameOf(one.id)]))}
          {choice("event", "wantedEvent", [["", t("wantedAny")], ...EVENTS.map((one) => [one, word("event", one)] as const)])}
          {choice("store", "chooseStore", [["", t("wantedEverywhere")], ...stores.map((one) => [one.id, one.name] as const)])}
          {choice("least", "wantedLeast", SEVERITIES.map((one) => [one, word("severity", one)]))}
          {choice("pace", "wantedPace", PACES.map((one) => [one, word("pace", one)]))}
          {choice("over", "wantedOver", [["", t("over_default")], ["yes", t("over_yes")], ["no", t("over_no")]])}
          <button type="submit" className="button button-primary">
            {t("wantedAdd")}
          </button>
        </form>
      )}
    </div>
  );
}

/** Whether the end is told too. */
function overText({ tell_settled }: Subscription, t: ReturnType<typeof usePage>["t"]): string {
  if (tell_settled === undefined) {
    return t("over_default");
  }
  return t(tell_settled ? "over_yes" : "over_no");
}
