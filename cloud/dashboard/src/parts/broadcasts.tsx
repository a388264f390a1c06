import { useEffect, useState } from "react";
import type { Broadcast, BroadcastWhole, Page } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { useWord } from "../notices/words";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { BroadcastWriting } from "./broadcast-writing";
import { Moment } from "./moment";
import { PartState } from "./part-state";

/** What was told that is shown. */
const SHOWN = 20;
/** How often it is asked how far it is, while messages are on their way. */
const ASK_EVERY_MS = 2_000;
const PATH = "/api/v1/broadcasts";

/** Something is told to all or to some, and how far that is. */
export function Broadcasts({ known }: { readonly known: FleetKnown }) {
  const { t } = usePage();
  const session = useVisitor();
  const { part, again } = useAsked<Page<Broadcast>>(`${PATH}?limit=${SHOWN}`);
  const [opened, setOpened] = useState<number | null>(null);
  const stores = known.stores.value?.map(({ store }) => store) ?? [];
  const told = part.value?.items ?? [];
  const mayTell = may(session, "tell-people") || stores.some((store) => may(session, "tell-people", store.id));
  return (
    <>
      {mayTell && (
        <BroadcastWriting
          stores={stores}
          onTold={(id) => {
            again();
            setOpened(id);
          }}
        />
      )}
      <section className="panel store" aria-labelledby="told-before">
        <h2 id="told-before">{t("broadcastsBefore")}</h2>
        <PartState part={part} />
        {part.value !== null && told.length === 0 && <p className="soft">{t("broadcastsNone")}</p>}
        <ul className="notices">
          {told.map((one) => (
            <BroadcastRow key={one.id} broadcast={one} isOpen={opened === one.id} onOpen={() => setOpened(opened === one.id ? null : one.id)} known={known} />
          ))}
        </ul>
      </section>
    </>
  );
}

interface RowProps {
  readonly broadcast: Broadcast;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  readonly known: FleetKnown;
}

function BroadcastRow({ broadcast, isOpen, onOpen, known }: RowProps) {
  const { t } = usePage();
  const word = useWord();
  const store = known.stores.value?.find((one) => one.store.id === broadcast.store)?.store;
  const zone = store?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const to = [
    ...(broadcast.named > 0 ? [t("broadcastNamed", { count: broadcast.named })] : [store?.name ?? broadcast.store ?? t("wholeOrganisation")]),
    ...broadcast.roles.map((role) => word("role", role)),
  ];
  return (
    <li className="notice" data-severity={broadcast.severity} data-broadcast={broadcast.id}>
      <p className="notice-head">
        <strong>{broadcast.subject === "" ? broadcast.text.slice(0, 60) : broadcast.subject}</strong>
      </p>
      <p className="notice-text">{broadcast.text}</p>
      <p className="soft small">
        {to.join(" · ")} · <Moment atMs={broadcast.told_at_ms} timeZone={zone} />
      </p>
      <button type="button" className="button" aria-expanded={isOpen} onClick={onOpen}>
        {t("broadcastHowFar")}
      </button>
      {isOpen && <HowFar id={broadcast.id} />}
    </li>
  );
}

/** How far it is, and who did not get it, until every message was taken or given up. */
function HowFar({ id }: { readonly id: number }) {
  const { language, t } = usePage();
  const word = useWord();
  const { part, again } = useAsked<BroadcastWhole>(`${PATH}/${id}`);
  const whole = part.value;
  const isUnderWay = whole === null || whole.waiting > 0;
  // Messages are planned a moment after it was told.
  const [settledAt, setSettledAt] = useState(() => Date.now() + 10 * ASK_EVERY_MS);
  useEffect(() => {
    if (isUnderWay) {
      setSettledAt(Date.now() + 5 * ASK_EVERY_MS);
    }
  }, [isUnderWay]);
  useEffect(() => {
    const timer = setInterval(() => (isUnderWay || Date.now() < settledAt) && again(), ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isUnderWay, settledAt, again]);
  const number = new Intl.NumberFormat(language.locale);
  const all = whole === null ? 0 : whole.sent + whole.waiting + whole.dead;
  return (
    <div className="how-far" role="status">
      <PartState part={part} />
      {whole !== null && (
        <>
          <p>{t("broadcastRead", { count: whole.recipients, read: number.format(whole.read) })}</p>
          {all > 0 && (
            <>
              <progress max={all} value={whole.sent + whole.dead} aria-label={t("broadcastHowFar")} />
              <p>{t("broadcastSent", { sent: whole.sent, waiting: whole.waiting, dead: whole.dead })}</p>
            </>
          )}
          {whole.missed_count > 0 && (
            <>
              <h3>{t("broadcastMissed", { count: whole.missed_count })}</h3>
              <ul className="missed">
                {whole.missed.map((one) => (
                  <li key={one.person} data-missed={one.state}>
                    {one.name} <span className="soft">— {word("missed", one.state)}</span>
                    {one.problem !== undefined && (
                      <span className="under" lang="en">
                        {one.problem}
                      </span>
                    )}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </div>
  );
}
