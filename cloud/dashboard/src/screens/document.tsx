import { useState } from "react";
import { correct, documentPath, type Failure } from "../api/calls";
import type { DocumentDetail, DocumentRow, Page, Parsed, Place } from "../api/types";
import { correctedOf, countOf, type Edits, hasEdits, type HeadField, matchesOf, NO_EDITS } from "../documents/draft";
import { isUnderWay, titleOf } from "../documents/shown";
import { type Asked, useAgainWhile, useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { usePage, useVisitor } from "../page";
import { DocumentFacts, DocumentHead } from "../parts/document-head";
import { DocumentLinks } from "../parts/document-links";
import { DocumentLines } from "../parts/document-lines";
import { DocumentState, DocumentTable } from "../parts/document-table";
import { Goods } from "../parts/goods";
import { BackIcon, WarningIcon } from "../parts/icons";
import { PagePictures } from "../parts/page-picture";
import { PartState } from "../parts/part-state";
import { Versions } from "../parts/versions";
import { NoteLine, Warnings } from "../parts/warnings";
import { may } from "../roles";
import { addressOf } from "../route";

/** A document is read within seconds; until then it is asked about so often. */
const ASK_EVERY_MS = 1_500;

interface Props {
  readonly known: FleetKnown;
  readonly id: string;
}

/** One document: what was read of it, what its lines are in the shop, and what came in by it. */
export function Document({ known, id }: Props) {
  const { t } = usePage();
  const asked = useAsked<DocumentDetail>(documentPath(id));
  const { again } = asked;
  const detail = asked.part.value;
  const waits = detail !== null && isUnderWay(detail.document.state);
  useAgainWhile(waits, again, ASK_EVERY_MS);
  return (
    <div className="place-parts">
      <p>
        <a className="back" href={addressOf("documents", detail?.document.parent)}>
          <BackIcon />
          {t(detail?.document.parent === undefined ? "allDocuments" : "containerOf")}
        </a>
      </p>
      <PartState part={asked.part} forbidden="documentsForbidden" />
      {detail !== null && <Opened known={known} detail={detail} asked={asked} />}
    </div>
  );
}

interface OpenedProps {
  readonly known: FleetKnown;
  readonly detail: DocumentDetail;
  readonly asked: Asked<DocumentDetail>;
}

function Opened({ known, detail, asked }: OpenedProps) {
  const { t } = usePage();
  const { document, parsed } = detail;
  // Kept here: where somebody else was quicker, another draft begins, and this says why.
  const [refused, setRefused] = useState<Failure | null>(null);
  return (
    <section className="panel store product" aria-labelledby="document" data-document={document.id} data-state={document.state}>
      <div className="document-title">
        <h2 id="document">{titleOf(document)}</h2>
        <span role="status">
          <DocumentState state={document.state} />
        </span>
        <Original document={document} />
      </div>
      {isUnderWay(document.state) && <p role="status">{t("documentUnderWay")}</p>}
      {document.state === "failed" && <Failed document={document} />}
      {detail.skipped.length > 0 && <Skipped skipped={detail.skipped} />}
      {document.state === "split" && <Parts id={document.id} />}
      {/* Another version is another draft: what was written about the one before is in it or was left. */}
      {parsed !== undefined && <Read key={`${document.version} ${document.state}`} known={known} detail={detail} parsed={parsed} asked={asked} refused={refused} onRefused={setRefused} />}
    </section>
  );
}

/** The file as it came. */
function Original({ document }: { readonly document: DocumentRow }) {
  const { t } = usePage();
  return document.has_file ? (
    <a className="button" href={`${documentPath(document.id)}/file`} target="_blank" rel="noreferrer">
      {t("originalFile", { name: document.file_name })}
    </a>
  ) : (
    <span className="soft">{t("originalGone")}</span>
  );
}

function Failed({ document }: { readonly document: DocumentRow }) {
  const { t } = usePage();
  return (
    <div className="banner banner-error">
      <WarningIcon />
      <div>
        <p>
          <strong>{t("documentFailed")}</strong>
        </p>
        <p lang="en">{document.reason}</p>
        <p>{t("documentFailedHint")}</p>
      </div>
    </div>
  );
}

function Skipped({ skipped }: { readonly skipped: DocumentDetail["skipped"] }) {
  const { t } = usePage();
  return (
    <div className="banner banner-warning">
      <WarningIcon />
      <div>
        <p>
          <strong>{t("skippedTitle")}</strong>
        </p>
        <ul className="warnings">
          {skipped.map((one, index) => (
            <li key={index} data-code={one.code}>
              {one.path !== "" && `${one.path}: `}
              <NoteLine note={one} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** What came in a container, a document each. */
function Parts({ id }: { readonly id: string }) {
  const { t } = usePage();
  const { part } = useAsked<Page<DocumentRow>>(`/api/v1/documents?limit=500&parent=${encodeURIComponent(id)}`);
  return (
    <div className="product-part">
      <h3>{t("partsOf")}</h3>
      <PartState part={part} />
      {part.value !== null && (part.value.items.length === 0 ? <p className="soft">{t("partsNone")}</p> : <DocumentTable documents={part.value.items} />)}
    </div>
  );
}

interface ReadProps extends OpenedProps {
  readonly parsed: Parsed;
  /** Why the last confirmation was not taken. */
  readonly refused: Failure | null;
  readonly onRefused: (failure: Failure | null) => void;
}

/** What was read, with what somebody writes about it until they confirm. */
function Read({ known, detail, parsed, asked, refused, onRefused }: ReadProps) {
  const { failure: textOf, t } = usePage();
  const session = useVisitor();
  const { document } = detail;
  const [edits, setEdits] = useState<Edits>(NO_EDITS);
  const [wrong, setWrong] = useState<ReadonlySet<HeadField>>(new Set());
  const [place, setPlace] = useState<Place | null>(null);
  const stores = known.stores.value?.map(({ store }) => store) ?? [];
  const matches = detail.matches?.lines ?? [];
  const refusal = (failure: Failure) => {
    const meanwhile = failure.kind === "refused" && failure.problem.code === "conflict";
    return meanwhile ? t("problem_changed_meanwhile") : failure.kind === "unreachable" ? t("problemUnreachableOnce") : textOf(failure);
  };
  // What is in the stock is corrected there.
  const changes = may(session, "confirm-documents", document.store) && document.state !== "received_goods";
  return (
    <>
      <DocumentLinks detail={detail} />
      <Warnings warnings={parsed.warnings ?? []} settled={document.version > 0} />
      {document.has_file && <PagePictures document={document.id} parsed={parsed} place={place} />}
      {changes ? <DocumentHead parsed={parsed} edits={edits} onEdits={setEdits} wrong={wrong} onWrong={setWrong} onPlace={setPlace} /> : <DocumentFacts parsed={parsed} />}
      <DocumentLines onPlace={setPlace} parsed={parsed} matches={matches} edits={edits} {...(changes ? { onEdits: setEdits } : {})} stores={stores} />
      {changes && <Confirm detail={detail} parsed={parsed} edits={edits} wrong={wrong} asked={asked} onRefused={onRefused} />}
      <div role="alert">{refused !== null && <p className="banner banner-error">{refusal(refused)}</p>}</div>
      <Goods detail={detail} stores={stores} edited={hasEdits(edits)} onReceived={asked.again} />
      {document.version > 0 && <Versions detail={detail} mayUndo={changes} onUndone={asked.again} />}
    </>
  );
}

interface ConfirmProps extends Pick<ReadProps, "detail" | "parsed" | "asked" | "onRefused"> {
  readonly edits: Edits;
  readonly wrong: ReadonlySet<HeadField>;
}

/** Says that it is right as it stands here. */
function Confirm({ detail, parsed, edits, wrong, asked, onRefused }: ConfirmProps) {
  const { t } = usePage();
  const session = useVisitor();
  const { document } = detail;
  const matches = detail.matches?.lines ?? [];
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const { known, open, lines } = countOf(parsed, matches, edits);
  const edited = hasEdits(edits);
  if (document.state === "confirmed" && !edited) {
    return null;
  }
  const press = async () => {
    if (busy) {
      return;
    }
    if (wrong.size > 0) {
      setTried(true);
      window.document.querySelector<HTMLElement>("[data-head] [aria-invalid]")?.focus();
      return;
    }
    setBusy(true);
    onRefused(null);
    const form = { document: document.id, version: document.version, corrected: correctedOf(parsed, edits), matches: matchesOf(parsed, matches, edits) };
    const outcome = await correct(session, form);
    setBusy(false);
    onRefused(outcome.ok ? null : outcome.failure);
    asked.again();
  };
  return (
    <div className="product-part next-deed">
      <p>
        {t("confirmHint", { known, lines })} {open > 0 && <strong>{t("confirmOpen", { count: open })}</strong>}
      </p>
      <p className="deeds">
        <button type="button" className="button button-primary button-next" aria-disabled={busy} onClick={() => void press()}>
          {t(busy ? "confirming" : document.state === "confirmed" ? "confirmAgain" : "confirm")}
        </button>
      </p>
      <div role="alert">{tried && wrong.size > 0 && <p className="banner banner-error">{t("confirmWrong")}</p>}</div>
    </div>
  );
}
