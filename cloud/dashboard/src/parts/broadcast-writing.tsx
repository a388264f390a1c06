import { type FormEvent, useEffect, useState } from "react";
import { change, type Failure } from "../api/calls";
import type { BroadcastForm, BroadcastPreview, Items, NoticeAddresses, Person, Store } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { Key } from "../i18n/language";
import { CHANNELS, ROLES, SEVERITIES, TEMPLATE_LANGUAGES, useWord } from "../notices/words";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { Checks } from "./checks";
import { Sure } from "./sure";

/** How long nothing was written before it is asked whom it would reach. */
const PREVIEW_AFTER_MS = 400;
const TEXT_MAX = 2_000;
const PATH = "/api/v1/broadcasts";

interface Props {
  readonly stores: readonly Store[];
  /** It was told, and has this id. */
  readonly onTold: (id: number) => void;
}

interface Draft {
  readonly subject: string;
  readonly text: string;
  readonly severity: string;
  readonly whom: "groups" | "people";
  readonly roles: readonly string[];
  readonly stores: readonly string[];
  readonly people: readonly string[];
  readonly channels: readonly string[];
}

const EMPTY: Draft = { subject: "", text: "", severity: "info", whom: "groups", roles: [], stores: [], people: [], channels: [] };

/** Something is written once, looked at, and told to those who were chosen. */
export function BroadcastWriting({ stores, onTold }: Props) {
  const { t, failure: textOf } = usePage();
  const word = useWord();
  const session = useVisitor();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [asking, setAsking] = useState(false);
  const form = formOf(draft);
  const { preview, failure } = useReach(form);
  const write = (change: Partial<Draft>) => {
    setAsking(false);
    setDraft((before) => ({ ...before, ...change }));
  };
  const isReady = form !== null && preview !== null && failure === null && preview.recipients > 0;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setAsking(isReady);
  };
  return (
    <section className="panel store" aria-labelledby="telling">
      <div>
        <h2 id="telling">{t("broadcastTitle")}</h2>
        <p className="soft small">{t("broadcastHint")}</p>
      </div>
      <form className="telling" onSubmit={submit}>
        <label className="field">
          <span>{t("wordsSubject")}</span>
          <input value={draft.subject} maxLength={200} onChange={(event) => write({ subject: event.target.value })} />
        </label>
        <label className="field">
          <span>{t("wordsBody")}</span>
          <textarea value={draft.text} rows={4} maxLength={TEXT_MAX} required onChange={(event) => write({ text: event.target.value })} />
        </label>
        <label className="choice store-choice">
          <span>{t("broadcastSeverity")}</span>
          <select value={draft.severity} onChange={(event) => write({ severity: event.target.value })}>
            {SEVERITIES.map((one) => (
              <option key={one} value={one}>
                {word("severity", one)}
              </option>
            ))}
          </select>
        </label>
        <Whom draft={draft} stores={stores} onWrite={write} />
        <Over chosen={draft.channels} onChosen={(channels) => write({ channels })} />
        <Reach preview={preview} failure={failure} />
        <div className="deeds">
          <button type="submit" className="button button-primary" aria-disabled={!isReady}>
            {t("broadcastSend")}
          </button>
        </div>
      </form>
      {asking && form !== null && preview !== null && (
        <Sure
          title={t("broadcastSure", { count: preview.recipients })}
          deed={t("broadcastSend")}
          onSure={async () => {
            const outcome = await change<{ readonly id: number }>(session, "POST", PATH, form);
            if (outcome.ok) {
              setDraft(EMPTY);
              onTold(outcome.value.id);
            }
            return outcome;
          }}
          onEnd={() => setAsking(false)}
        >
          <p>{t("broadcastSureHint")}</p>
        </Sure>
      )}
      <div role="alert">{asking && failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
    </section>
  );
}

/** What the cloud is asked to tell; `null` while there is nothing to tell or nobody to tell it to. */
function formOf({ whom, roles, stores, people, ...rest }: Draft): Partial<BroadcastForm> | null {
  if (rest.text.trim() === "" || (whom === "people" && people.length === 0)) {
    return null;
  }
  const told = { ...rest, channels: [...rest.channels] };
  return whom === "people" ? { ...told, people: [...people] } : { ...told, roles: [...roles] as BroadcastForm["roles"] & object, stores: [...stores] };
}

/** Whom it would reach, asked once nobody writes any more. */
function useReach(form: Partial<BroadcastForm> | null) {
  const session = useVisitor();
  const asked = form === null ? null : JSON.stringify(form);
  const [seen, setSeen] = useState<{ readonly preview: BroadcastPreview | null; readonly failure: Failure | null }>({ preview: null, failure: null });
  useEffect(() => {
    if (asked === null) {
      setSeen({ preview: null, failure: null });
      return;
    }
    let here = true;
    const timer = setTimeout(async () => {
      const outcome = await change<BroadcastPreview>(session, "POST", `${PATH}/preview`, JSON.parse(asked));
      if (here) {
        setSeen(outcome.ok ? { preview: outcome.value, failure: null } : { preview: null, failure: outcome.failure });
      }
    }, PREVIEW_AFTER_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [session, asked]);
  return seen;
}

interface WhomProps {
  readonly draft: Draft;
  readonly stores: readonly Store[];
  readonly onWrite: (change: Partial<Draft>) => void;
}

function Whom({ draft, stores, onWrite }: WhomProps) {
  const { t } = usePage();
  const word = useWord();
  const session = useVisitor();
  const mayName = may(session, "see-people") && may(session, "tell-people");
  const people = useAsked<Items<Person>>(mayName && draft.whom === "people" ? "/api/v1/people" : null);
  const choices: readonly (readonly [Draft["whom"], Key])[] = [
    ["groups", "broadcastGroups"],
    ["people", "broadcastPeople"],
  ];
  return (
    <fieldset className="whom">
      <legend>{t("broadcastWhom")}</legend>
      {mayName &&
        choices.map(([value, label]) => (
          <label key={value} className="check">
            <input type="radio" name="whom" checked={draft.whom === value} onChange={() => onWrite({ whom: value })} />
            <span>{t(label)}</span>
          </label>
        ))}
      {draft.whom === "groups" ? (
        <>
          <Checks title={t("broadcastRoles")} hint={t("broadcastRolesHint")} options={ROLES.map((role) => [role, word("role", role)])} chosen={draft.roles} onChosen={(roles) => onWrite({ roles })} />
          <Checks title={t("broadcastStores")} hint={t("broadcastStoresHint")} options={stores.map((store) => [store.id, store.name])} chosen={draft.stores} onChosen={(stores) => onWrite({ stores })} />
        </>
      ) : (
        <Checks
          title={t("broadcastNames")}
          options={(people.part.value?.items ?? []).filter((one) => !one.disabled).map((one) => [one.id, one.name])}
          chosen={draft.people}
          onChosen={(chosen) => onWrite({ people: chosen })}
        />
      )}
    </fieldset>
  );
}

/** The channels that this cloud has. */
function Over({ chosen, onChosen }: { readonly chosen: readonly string[]; readonly onChosen: (chosen: readonly string[]) => void }) {
  const { t } = usePage();
  const word = useWord();
  const { part } = useAsked<NoticeAddresses>("/api/v1/notice-addresses");
  const there = CHANNELS.filter((channel) => part.value?.channels.includes(channel));
  return <Checks title={t("broadcastOver")} hint={t("broadcastOverHint")} options={there.map((channel) => [channel, word("channel", channel)])} chosen={chosen} onChosen={onChosen} />;
}

/** Whom it would reach, and in which words. */
function Reach({ preview, failure }: { readonly preview: BroadcastPreview | null; readonly failure: Failure | null }) {
  const { t, failure: textOf } = usePage();
  const word = useWord();
  return (
    <div className="template-preview" aria-live="polite">
      <h3>{t("wordsPreview")}</h3>
      {failure !== null && <p className="field-wrong">{textOf(failure)}</p>}
      {preview === null && failure === null && <p className="soft">{t("broadcastPreviewNone")}</p>}
      {preview !== null && (
        <>
          <p data-recipients={preview.recipients}>
            <strong>{t("broadcastRecipients", { count: preview.recipients })}</strong>
            {preview.channels.map(({ channel, people }) => (
              <span key={channel}>
                {" · "}
                {word("channel", channel)}: {people}
              </span>
            ))}
            {preview.channels.length > 0 && preview.inbox_only > 0 && ` · ${t("broadcastInboxOnly", { count: preview.inbox_only })}`}
          </p>
          {preview.words.map((one) => (
            <div key={one.language} className="notice" lang={one.language}>
              <p className="soft small">{TEMPLATE_LANGUAGES.find(([code]) => code === one.language)?.[1] ?? one.language}</p>
              <p>
                <strong>{one.subject}</strong>
              </p>
              <p className="notice-text">{one.text}</p>
            </div>
          ))}
        </>
      )}
    </div>
  );
}
