import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { upload } from "../api/calls";
import type { Store, Taken } from "../api/types";
import { titleOf } from "../documents/shown";
import { usePage, useVisitor } from "../page";
import { addressOf } from "../route";

/** As long as the cloud may be asked to wait for what is read, in seconds. */
const WAIT_S = 20;
/** As the cloud takes them, unless it is told otherwise; it has the last word. */
const FILES_MAX = 50;

interface Props {
  /** The stores that documents can be sent for; `null` is the whole organisation. */
  readonly targets: readonly (Store | null)[];
  /** Something of what was sent is in the list now. */
  readonly onTaken: () => void;
  readonly children: ReactNode;
}

/** A file that is sent. */
interface Sending {
  readonly number: number;
  readonly name: string;
  readonly outcome: "waiting" | "sending" | Taken | { readonly wrong: string };
}

/** Takes documents by a button, and wherever on the place files are let fall. */
export function SendDocuments({ targets, onTaken, children }: Props) {
  const { t } = usePage();
  const [store, setStore] = useState(targets[0]?.id ?? "");
  const { sendings, send, busy } = useSendings(store, onTaken);
  const [over, setOver] = useState(false);
  const bringsFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  const drag = (event: DragEvent) => {
    if (bringsFiles(event)) {
      event.preventDefault();
      setOver(true);
    }
  };
  const drop = (event: DragEvent) => {
    if (bringsFiles(event)) {
      event.preventDefault();
      setOver(false);
      send([...event.dataTransfer.files]);
    }
  };
  const leave = (event: DragEvent) => {
    if (!event.currentTarget.contains(event.relatedTarget as Node | null)) {
      setOver(false);
    }
  };
  return (
    <div className="place-parts drop-place" data-over={over || undefined} onDragEnter={drag} onDragOver={drag} onDragLeave={leave} onDrop={drop}>
      <section className="panel store" aria-label={t("sendDocuments")}>
        <div className="inline-form">
          {targets.length > 1 && (
            <label className="choice">
              <span>{t("sendFor")}</span>
              <select value={store} onChange={(event) => setStore(event.target.value)}>
                {targets.map((target) => (
                  <option key={target?.id ?? ""} value={target?.id ?? ""}>
                    {target?.name ?? t("wholeOrganisation")}
                  </option>
                ))}
              </select>
            </label>
          )}
          <Chooser busy={busy} onFiles={send} />
        </div>
        <Progress sendings={sendings} />
      </section>
      {children}
    </div>
  );
}

function Chooser({ busy, onFiles }: { readonly busy: boolean; readonly onFiles: (files: readonly File[]) => void }) {
  const { t } = usePage();
  return (
    <div className="add-photos">
      <label className="button button-primary" data-busy={busy || undefined}>
        {t("sendDocuments")}
        <input
          className="hidden"
          type="file"
          multiple
          aria-describedby="documents-hint"
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])];
            event.currentTarget.value = "";
            onFiles(files);
          }}
        />
      </label>
      <p id="documents-hint" className="soft small">
        {t("sendHint", { count: FILES_MAX })}
      </p>
    </div>
  );
}

/** One after the other: reading is the cloud's work, and a slow line is slow for all of them. */
function useSendings(store: string, onTaken: () => void) {
  const { failure: textOf, t } = usePage();
  const session = useVisitor();
  const [sendings, setSendings] = useState<readonly Sending[]>([]);
  const queue = useRef<{ readonly number: number; readonly file: File; readonly store: string }[]>([]);
  const next = useRef(0);
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const tell = (number: number, outcome: Sending["outcome"]) => setSendings((before) => before.map((one) => (one.number === number ? { ...one, outcome } : one)));
  const work = async () => {
    if (running.current) {
      return;
    }
    running.current = true;
    setBusy(true);
    for (let one = queue.current.shift(); one !== undefined; one = queue.current.shift()) {
      tell(one.number, "sending");
      const form = new FormData();
      form.append("file", one.file);
      const where = one.store === "" ? "" : `&store=${encodeURIComponent(one.store)}`;
      const outcome = await upload<Taken>(session, `/api/v1/parse?wait=${WAIT_S}${where}`, form);
      const wrong = () => (outcome.ok ? "" : outcome.failure.kind === "unreachable" ? t("problemUnreachableOnce") : textOf(outcome.failure));
      tell(one.number, outcome.ok ? outcome.value : { wrong: wrong() });
      onTaken();
    }
    running.current = false;
    setBusy(false);
  };
  const send = (files: readonly File[]) => {
    if (files.length === 0) {
      return;
    }
    const added = files.slice(0, FILES_MAX).map((file) => ({ number: next.current++, file, store }));
    queue.current.push(...added);
    const waiting: readonly Sending[] = added.map(({ number, file }) => ({ number, name: file.name, outcome: "waiting" }));
    const refused: readonly Sending[] =
      files.length > FILES_MAX ? [{ number: next.current++, name: t("sendTooMany"), outcome: { wrong: t("sendTooManyHint", { count: FILES_MAX }) } }] : [];
    setSendings((before) => [...before.filter((one) => one.outcome === "waiting" || one.outcome === "sending"), ...waiting, ...refused]);
    void work();
  };
  return { sendings, send, busy };
}

function Progress({ sendings }: { readonly sendings: readonly Sending[] }) {
  const { t } = usePage();
  const done = sendings.filter((one) => typeof one.outcome === "object").length;
  return (
    <>
      <p role="status" className={sendings.length === 0 ? "hidden" : "small"}>
        {sendings.length > 0 && t("sentOf", { done, files: sendings.length })}
      </p>
      {sendings.length > 0 && (
        <>
          <progress value={done} max={sendings.length} aria-label={t("sentOf", { done, files: sendings.length })} />
          <ul className="sendings">
            {sendings.map((one) => (
              <li key={one.number} data-outcome={typeof one.outcome === "string" ? one.outcome : "wrong" in one.outcome ? "wrong" : one.outcome.document.state}>
                <strong className="sending-name">{one.name}</strong>
                <SendingOutcome outcome={one.outcome} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function SendingOutcome({ outcome }: { readonly outcome: Sending["outcome"] }) {
  const { t } = usePage();
  if (typeof outcome === "string") {
    return <span className="soft">{t(outcome === "waiting" ? "sendWaiting" : "sendSending")}</span>;
  }
  if ("wrong" in outcome) {
    return <span className="sending-wrong">{t("sendRefused", { why: outcome.wrong })}</span>;
  }
  const { document } = outcome;
  const failed = document.state === "failed";
  return (
    <span>
      {outcome.already_there && `${t("sendKnown")} `}
      {failed ? <span className="sending-wrong">{t("sendFailed", { why: document.reason ?? "" })}</span> : t(outcome.parsed !== undefined ? "sendRead" : document.state === "split" ? "sendSplit" : "sendReading")}{" "}
      <a href={addressOf("documents", document.id)}>{t("sendOpen", { name: titleOf(document) })}</a>
    </span>
  );
}
