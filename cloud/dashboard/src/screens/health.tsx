import { useEffect } from "react";
import type { HealthChange, HealthParts, Items, Page, Report, Services } from "../api/types";
import { useAsked } from "../fleet/asked";
import { type FleetKnown, isForbidden } from "../fleet/known";
import type { Key } from "../i18n/language";
import { isKey } from "../i18n/translate";
import { useCloudTime, usePage } from "../page";
import { Cell, Column } from "../parts/cell";
import { Filled } from "../parts/filled";
import { AwayIcon, ConnectedIcon, WarningIcon } from "../parts/icons";
import { Exactly, Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { dayText } from "../documents/shown";

/** How often it is asked anew. */
const ASK_EVERY_MS = 15_000;
/** Changes and reports that are shown. */
const SHOWN = 50;

interface Props {
  readonly known: FleetKnown;
}

/** How tills, the cloud and services outside are doing, what they did before, and the reports of days and weeks. */
export function Health({ known }: Props) {
  const stores = known.stores.value?.map(({ store }) => store) ?? [];
  const timeZone = stores[0]?.time_zone ?? "UTC";
  return (
    <>
      <ServicesPanel timeZone={timeZone} />
      <PartsPanel known={known} timeZone={timeZone} />
      <ChangesPanel of="tills" known={known} timeZone={timeZone} />
      <ChangesPanel of="cloud" known={known} timeZone={timeZone} />
      <ReportsPanel known={known} timeZone={timeZone} />
    </>
  );
}

/** Asked for again and again while somebody looks. */
function useWatched<T>(path: string) {
  const { part, again } = useAsked<T>(path);
  useEffect(() => {
    const timer = setInterval(again, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [again]);
  return part;
}

function ServicesPanel({ timeZone }: { readonly timeZone: string }) {
  const { language, t } = usePage();
  const part = useWatched<Services>("/api/v1/health/services");
  if (isForbidden(part)) {
    return <p className="soft">{t("healthForbidden")}</p>;
  }
  const services = part.value?.items ?? [];
  const number = new Intl.NumberFormat(language.locale);
  const percent = new Intl.NumberFormat(language.locale, { style: "percent", maximumFractionDigits: 2 });
  return (
    <section className="panel store" aria-label={t("servicesTitle")}>
      <h2>{t("servicesTitle")}</h2>
      <PartState part={part} />
      {part.value !== null && <AsOf atMs={part.value.as_of_ms} timeZone={timeZone} />}
      {part.value !== null && services.length === 0 && <p className="soft">{t("servicesNone")}</p>}
      {services.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("servicesTitle")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnService")}</Column>
              <Column>{t("columnState")}</Column>
              <Column>{t("columnChecked")}</Column>
              <Column numeric>{t("columnLastDay")}</Column>
              <Column numeric>{t("columnLastWeek")}</Column>
              <Column numeric>{t("columnAnswers")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {services.map((one) => (
              <tr role="row" key={one.service} data-service={one.service}>
                <th role="rowheader" scope="row">
                  {one.service}
                </th>
                <Cell label={t("columnState")}>
                  <HealthState state={one.state} detail={one.detail} sinceMs={one.since_ms} timeZone={timeZone} />
                </Cell>
                <Cell label={t("columnChecked")}>
                  <Moment atMs={one.checked_at_ms} timeZone={timeZone} />
                </Cell>
                <Cell label={t("columnLastDay")} numeric>
                  {one.day.checks === 0 ? t("none") : percent.format(one.day.answered / one.day.checks)}
                </Cell>
                <Cell label={t("columnLastWeek")} numeric>
                  {one.week.checks === 0 ? t("none") : percent.format(one.week.answered / one.week.checks)}
                </Cell>
                <Cell label={t("columnAnswers")} numeric>
                  {t("milliseconds", { mean: number.format(one.day.latency_mean_ms), longest: number.format(one.day.latency_max_ms) })}
                </Cell>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function PartsPanel({ known, timeZone }: Props & { readonly timeZone: string }) {
  const { t } = usePage();
  const part = useWatched<HealthParts>("/api/v1/health/parts");
  if (isForbidden(part)) {
    return null;
  }
  const ill = (part.value?.items ?? []).filter((one) => one.state !== "ok");
  const parts = part.value?.items.length ?? 0;
  return (
    <section className="panel store" aria-label={t("partsTitle")}>
      <h2>{t("partsTitle")}</h2>
      <PartState part={part} />
      {part.value !== null && <AsOf atMs={part.value.as_of_ms} timeZone={timeZone} />}
      {part.value !== null && (
        <p className={ill.length === 0 ? "soft" : undefined}>{t("partsWell", { count: parts - ill.length, all: parts })}</p>
      )}
      {ill.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("partsTitle")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnWhose")}</Column>
              <Column>{t("columnPart")}</Column>
              <Column>{t("columnState")}</Column>
              <Column>{t("columnSaid")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {ill.map((one) => (
              <tr role="row" key={`${one.subject} ${one.part}`}>
                <th role="rowheader" scope="row">
                  <Subject known={known} subject={one.subject} />
                </th>
                <Cell label={t("columnPart")}>
                  <PartName part={one.part} />
                </Cell>
                <Cell label={t("columnState")}>
                  <HealthState state={one.state} detail={one.detail} sinceMs={one.since_ms} timeZone={timeZone} />
                </Cell>
                <Cell label={t("columnSaid")}>
                  <Moment atMs={one.seen_at_ms} timeZone={timeZone} />
                </Cell>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function ChangesPanel({ of, known, timeZone }: Props & { readonly of: "tills" | "cloud"; readonly timeZone: string }) {
  const { t } = usePage();
  const part = useWatched<Page<HealthChange>>(`/api/v1/health/changes?of=${of}&limit=${SHOWN}`);
  const nowMs = useCloudTime();
  if (isForbidden(part)) {
    return null;
  }
  const title: Key = of === "tills" ? "changesOfTills" : "changesOfCloud";
  const changes = part.value?.items ?? [];
  return (
    <section className="panel store" aria-label={t(title)}>
      <h2>{t(title)}</h2>
      <PartState part={part} />
      {part.heardAtMs !== null && <AsOf atMs={Math.min(part.heardAtMs, nowMs)} timeZone={timeZone} />}
      {part.value !== null && changes.length === 0 && <p className="soft">{t("changesNone")}</p>}
      {changes.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t(title)}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnWhen")}</Column>
              <Column>{t("columnWhose")}</Column>
              <Column>{t("columnPart")}</Column>
              <Column>{t("columnBecame")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {changes.map((one) => (
              <tr role="row" key={one.id}>
                <th role="rowheader" scope="row">
                  <Moment atMs={one.at_ms} timeZone={timeZone} />
                </th>
                <Cell label={t("columnWhose")}>
                  <Subject known={known} subject={one.subject} />
                </Cell>
                <Cell label={t("columnPart")}>
                  <PartName part={one.part} />
                </Cell>
                <Cell label={t("columnBecame")}>
                  <HealthState state={one.state} detail={one.detail} timeZone={timeZone} />
                </Cell>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function ReportsPanel({ known, timeZone }: Props & { readonly timeZone: string }) {
  const { language, t } = usePage();
  const part = useWatched<Items<Report>>(`/api/v1/reports?limit=${SHOWN}`);
  if (isForbidden(part)) {
    return null;
  }
  const stores = known.stores.value?.map(({ store }) => store) ?? [];
  const reports = part.value?.items ?? [];
  const place = (report: Report) => (report.store === undefined ? t("allStores") : (stores.find((one) => one.id === report.store)?.name ?? report.store));
  const days = (report: Report) =>
    report.first_day === report.last_day ? dayText(report.first_day, language.locale) : `${dayText(report.first_day, language.locale)} – ${dayText(report.last_day, language.locale)}`;
  const file = (report: Report, format: string) => `/api/v1/reports/${encodeURIComponent(report.id)}/content?format=${format}&language=${language.code}`;
  return (
    <section className="panel store" aria-label={t("reportsTitle")}>
      <h2>{t("reportsTitle")}</h2>
      <PartState part={part} />
      {part.value !== null && reports.length === 0 && <p className="soft">{t("reportsNone")}</p>}
      {reports.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("reportsTitle")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnDays")}</Column>
              <Column>{t("columnOf")}</Column>
              <Column>{t("columnMade")}</Column>
              <Column>{t("columnFiles")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {reports.map((report) => (
              <tr role="row" key={report.id}>
                <th role="rowheader" scope="row">
                  {days(report)}
                  <span className="under">{t(report.kind === "weekly" ? "reportWeekly" : "reportDaily")}</span>
                </th>
                <Cell label={t("columnOf")}>{place(report)}</Cell>
                <Cell label={t("columnMade")}>
                  <Moment atMs={report.made_at_ms} timeZone={timeZone} />
                </Cell>
                <Cell label={t("columnFiles")}>
                  <span className="deeds">
                    {["pdf", "html"].map((format) => (
                      <a key={format} className="button" href={file(report, format)} download aria-label={`${format.toUpperCase()}, ${days(report)}, ${place(report)}`}>
                        {format.toUpperCase()}
                      </a>
                    ))}
                  </span>
                </Cell>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function AsOf({ atMs, timeZone }: { readonly atMs: number; readonly timeZone: string }) {
  return (
    <p className="soft">
      <Filled text="asOf">
        <Exactly atMs={atMs} timeZone={timeZone} />
      </Filled>
    </p>
  );
}

/** A state in a word and a drawing, with what is wrong and since when. */
function HealthState({ state, detail, sinceMs, timeZone }: { readonly state: string; readonly detail: string; readonly sinceMs?: number; readonly timeZone: string }) {
  const { language, t } = usePage();
  const key = `health_${state}`;
  const icon = state === "ok" ? <ConnectedIcon /> : state === "down" ? <AwayIcon /> : <WarningIcon />;
  return (
    <>
      <span className={`state state-${state === "ok" ? "connected" : "away"}`}>
        {icon}
        {isKey(language, key) ? t(key) : state}
      </span>
      {detail !== "" && (
        <span className="under" lang="en">
          {detail}
        </span>
      )}
      {sinceMs !== undefined && (
        <span className="under">
          <Filled text="healthSince">
            <Moment atMs={sinceMs} timeZone={timeZone} />
          </Filled>
        </span>
      )}
    </>
  );
}

/** `till:STORE/TILL`, `process:NAME`, `service:NAME`. */
function Subject({ known, subject }: Props & { readonly subject: string }) {
  const { t } = usePage();
  const [kind = "", name = ""] = subject.split(":", 2);
  switch (kind) {
    case "till":
      return t("subjectTill", { name: tillName(known, name) });
    case "process":
      return t("subjectProcess", { name });
    default:
      return t("subjectService", { name });
  }
}

/** `STORE/TILL` by the names that people gave them; the ids where they are not known. */
function tillName(known: FleetKnown, place: string): string {
  const [storeId = "", tillId = ""] = place.split("/", 2);
  const at = known.stores.value?.find(({ store }) => store.id === storeId);
  const till = at?.tills.value?.find(({ id }) => id === tillId);
  return `${till?.name ?? tillId}, ${at?.store.name ?? storeId}`;
}

function PartName({ part }: { readonly part: string }) {
  const { language, t } = usePage();
  const key = `part_${part}`;
  return isKey(language, key) ? t(key) : part;
}
