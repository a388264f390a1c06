import type { Export, Page, Store } from "../api/types";
import { datasetOf } from "../exports/choices";
import { useAgainWhile, useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { today } from "../fleet/today";
import type { Key } from "../i18n/language";
import { useCloudTime, usePage, useVisitor } from "../page";
import { ExportForm } from "../parts/export-form";
import { ExportList } from "../parts/export-list";
import { EXPORTS } from "../parts/export-parts";
import { ExportPlans } from "../parts/export-plans";
import { PartState } from "../parts/part-state";
import { may, reachOf } from "../roles";
import { addressOf } from "../route";

/** Exports on a page; where only some are listed, as many as the cloud tells at once are looked through. */
const SHOWN = 50;
const LOOKED_THROUGH = 500;
/** How often it is asked how they are while some are being made. */
const ASK_EVERY_MS = 2_000;
const VIEWS = [
  [null, "exportsOnce"],
  ["plans", "exportsPlanned"],
] as const satisfies readonly (readonly [string | null, Key])[];

interface Props {
  readonly known: FleetKnown;
  /** Which of its views: what was asked for (`null`), or what is made again and again. */
  readonly view: string | null;
  readonly params: URLSearchParams;
}

/** What the cloud knows as files for other programs: asked for, fetched, and made again and again. */
export function Exports({ known, view, params }: Props) {
  const { t } = usePage();
  const stores = known.stores.value?.map(({ store }) => store) ?? null;
  const timeZone = stores?.[0]?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="place-parts">
      <nav className="places views" aria-label={t("exportsTitle")}>
        <ul>
          {VIEWS.map(([of, title]) => (
            <li key={title}>
              <a href={addressOf("exports", of)} aria-current={of === view ? "page" : undefined}>
                {t(title)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {stores === null && <PartState part={known.stores} />}
      {stores !== null && view === "plans" && <ExportPlans stores={stores} timeZone={timeZone} />}
      {stores !== null && view !== "plans" && <Once stores={stores} timeZone={timeZone} params={params} />}
    </div>
  );
}

interface OnceProps {
  readonly stores: readonly Store[];
  readonly timeZone: string;
  readonly params: URLSearchParams;
}

function Once({ stores, timeZone, params }: OnceProps) {
  const session = useVisitor();
  const nowMs = useCloudTime();
  const [listed, after] = [params.get("listed") ?? "", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(listed === "" ? SHOWN : LOOKED_THROUGH), ...(after === "" ? {} : { after }) });
  const { part, again } = useAsked<Page<Export>>(`${EXPORTS}?${query}`);
  useAgainWhile(part.value?.items.some((one) => one.state === "waiting") ?? false, again, ASK_EVERY_MS);
  const reach = reachOf(session, "make-exports", stores);
  const wanted = datasetOf(params.get("dataset"));
  const dataset = wanted === null || (wanted === "audit" && !may(session, "see-audit")) ? "sales" : wanted;
  const store = reach.find((one) => one?.id === params.get("store")) ?? reach[0];
  const zone = store?.time_zone ?? timeZone;
  return (
    <>
      {reach.length > 0 && (
        <ExportForm key={`${dataset}/${store?.id ?? ""}`} reach={reach} today={today(nowMs, zone)} dataset={dataset} store={store?.id ?? ""} onAsked={again} />
      )}
      <ExportList part={part} stores={stores} timeZone={timeZone} params={params} onChanged={again} />
    </>
  );
}
