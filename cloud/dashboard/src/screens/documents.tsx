import { type ReactNode, useCallback } from "react";
import type { DocumentRow, Page } from "../api/types";
import { DOCUMENT_STATES } from "../documents/shown";
import { useAsked } from "../fleet/asked";
import { isForbidden, type FleetKnown } from "../fleet/known";
import { usePage, useVisitor } from "../page";
import { DocumentTable } from "../parts/document-table";
import { Finder } from "../parts/finder";
import { PartState } from "../parts/part-state";
import { SendDocuments } from "../parts/send-documents";
import { reachOf } from "../roles";
import { addressOf, replaceAddress } from "../route";

/** Documents on a page. */
const SHOWN = 50;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** What suppliers sent: taken in here, found, and opened to be confirmed and received. */
export function Documents({ known, params }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const stores = known.stores.value?.map(({ store }) => store) ?? [];
  const [search, state, after] = [params.get("search") ?? "", params.get("state") ?? "", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN) });
  for (const [name, value] of [["q", search], ["state", state], ["after", after]] as const) {
    if (value !== "") {
      query.set(name, value);
    }
  }
  // Words are looked for with their forms and mistakes, the best first; without them the newest come first.
  const { part, again } = useAsked<Page<DocumentRow>>(search === "" ? `/api/v1/documents?${query}` : `/api/v1/documents/search?${query}`);
  const targets = reachOf(session, "send-documents", stores);
  const content: ReactNode = (
    <section className="panel store" aria-label={t("documentsTitle")}>
      {!isForbidden(part) && <Search search={search} state={state} />}
      <PartState part={part} forbidden="documentsForbidden" />
      {part.value !== null && part.value.items.length === 0 && <NoDocuments search={search} state={state} maySend={targets.length > 0} />}
      {part.value !== null && part.value.items.length > 0 && <DocumentTable documents={part.value.items} />}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("documents", null, { search, state })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("documents", null, { search, state, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
  return targets.length === 0 ? (
    content
  ) : (
    <SendDocuments targets={targets} onTaken={again}>
      {content}
    </SendDocuments>
  );
}

function Search({ search, state }: { readonly search: string; readonly state: string }) {
  const { t } = usePage();
  const seek = useCallback((wanted: string) => replaceAddress(addressOf("documents", null, { search: wanted, state })), [state]);
  return (
    <Finder label={t("findDocument")} hint={t("findDocumentHint")} search={search} onSearch={seek}>
      <label className="choice">
        <span>{t("columnState")}</span>
        <select value={state} onChange={(event) => location.assign(addressOf("documents", null, { search, state: event.target.value }))}>
          <option value="">{t("anyState")}</option>
          {DOCUMENT_STATES.map((one) => (
            <option key={one} value={one}>
              {t(`document_${one}`)}
            </option>
          ))}
        </select>
      </label>
    </Finder>
  );
}

function NoDocuments({ search, state, maySend }: { readonly search: string; readonly state: string; readonly maySend: boolean }) {
  const { t } = usePage();
  const filtered = search !== "" || state !== "";
  return (
    <div className="empty">
      <h2>{t(filtered ? "findNoDocument" : "documentsEmpty")}</h2>
      <p className="soft">{t(filtered ? "findNoDocumentHint" : maySend ? "documentsEmptyHint" : "documentsEmptyOthers")}</p>
    </div>
  );
}
