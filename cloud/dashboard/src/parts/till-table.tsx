import type { Journals, Till } from "../api/types";
import { isForbidden, type StoreKnown } from "../fleet/known";
import { catalogueOf, newestOf, soldBy, type Standing, standingOf } from "../fleet/standing";
import type { Key } from "../i18n/language";
import { useClockOffset, usePage } from "../page";
import { Amounts } from "./amounts";
import { Cell, Column } from "./cell";
import { Filled } from "./filled";
import { AwayIcon, ConnectedIcon, NeverIcon, WarningIcon } from "./icons";
import { Moment } from "./moment";

interface Props {
  readonly known: StoreKnown;
  readonly tills: readonly Till[];
  readonly journals: Journals | null;
  readonly journalsForbidden: boolean;
}

export function TillTable({ known, tills, ...of }: Props) {
  const { t } = usePage();
  const { store, sums } = known;
  const shown = [...tills].sort((a, b) => Number(a.retired_at_ms !== undefined) - Number(b.retired_at_ms !== undefined));
  const all = soldBy(sums.value ?? []);
  return (
    <table role="table" className="tills">
      <caption className="hidden">{t("tillsOf", { store: store.name })}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnTill")}</Column>
          <Column>{t("columnState")}</Column>
          <Column>{t("columnSoftware")}</Column>
          <Column>{t("columnCatalogue")}</Column>
          <Column numeric>{t("columnSales")}</Column>
          <Column numeric>{t("columnSum")}</Column>
          <Column>{t("columnNewest")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {shown.map((till) => (
          <TillRow key={till.id} till={till} known={known} {...of} />
        ))}
      </tbody>
      {shown.length > 1 && sums.value !== null && (
        <tfoot role="rowgroup">
          <tr role="row">
            <th role="rowheader" scope="row" colSpan={4} aria-colspan={4}>
              {t("allTills")}
            </th>
            <Cell label={t("columnSales")} numeric>
              {t("soldCount", { count: all.sales })}
            </Cell>
            <Cell label={t("columnSum")} numeric>
              <Amounts amounts={all.amounts} nothing={t("none")} />
            </Cell>
            <td role="cell" />
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function TillRow({ till, known, ...of }: { readonly till: Till } & Omit<Props, "tills">) {
  const { language, t } = usePage();
  const offsetMs = useClockOffset();
  const { store, sums } = known;
  const standing = standingOf(till, known.tills.heardAtMs === null ? 0 : known.tills.heardAtMs + offsetMs);
  const sold = sums.value === null ? null : soldBy(sums.value, till.id);
  const unknown = t(isForbidden(sums) ? "notShown" : "loading");
  return (
    <tr role="row" data-till={till.id} data-standing={standing}>
      <th role="rowheader" scope="row">
        {till.name}
        {till.name !== till.id && <span className="id">{till.id}</span>}
      </th>
      <Cell label={t("columnState")}>
        <State till={till} standing={standing} timeZone={store.time_zone} />
      </Cell>
      <Cell label={t("columnSoftware")}>{till.last_seen?.software ?? <span className="soft">{t("none")}</span>}</Cell>
      <Cell label={t("columnCatalogue")}>
        <SellsFrom till={till} known={known} />
      </Cell>
      <Cell label={t("columnSales")} numeric>
        {sold === null ? unknown : new Intl.NumberFormat(language.locale).format(sold.sales)}
      </Cell>
      <Cell label={t("columnSum")} numeric>
        {sold === null ? unknown : <Amounts amounts={sold.amounts} nothing={t("none")} />}
      </Cell>
      <Cell label={t("columnNewest")}>
        <NewestSale till={till} known={known} {...of} />
      </Cell>
    </tr>
  );
}

const STANDINGS: Readonly<Record<Standing, Key>> = {
  connected: "stateConnected",
  away: "stateAway",
  never: "stateNever",
  retired: "stateRetired",
};

/** How a till stands, and since when. */
export function State({ till, standing, timeZone }: { readonly till: Till; readonly standing: Standing; readonly timeZone: string }) {
  const { t } = usePage();
  const icon = standing === "connected" ? <ConnectedIcon /> : standing === "away" ? <AwayIcon /> : <NeverIcon />;
  const at = standing === "retired" ? till.retired_at_ms : till.last_seen?.at_ms;
  return (
    <>
      <span className={`state state-${standing}`}>
        {icon}
        {t(STANDINGS[standing])}
      </span>
      {at !== undefined && (
        <span className="under">
          {standing === "retired" ? <Moment atMs={at} timeZone={timeZone} /> : <Filled text="stateSeen"><Moment atMs={at} timeZone={timeZone} /></Filled>}
        </span>
      )}
      {standing === "never" && <span className="under soft">{t("stateNeverHint")}</span>}
    </>
  );
}

/** The generation that a till sells from, against its store's newest. */
export function SellsFrom({ till, known }: { readonly till: Till; readonly known: StoreKnown }) {
  const { t } = usePage();
  const catalogue = catalogueOf(till, newestOf(known.generations.value ?? [])?.number ?? null);
  switch (catalogue.kind) {
    case "none":
      return <span className="soft">{t("tillNone")}</span>;
    case "newest":
      return t("tillNewest", { number: catalogue.number });
    case "unknown":
      return t("tillOn", { number: catalogue.number });
    case "behind":
      return (
        <span className="behind">
          <WarningIcon />
          {t("tillBehind", { number: catalogue.number, count: catalogue.by })}
        </span>
      );
  }
}

/** Of the journal, so that a till whose sales are not among the newest of its store has one too. */
function NewestSale({ till, known, journals, journalsForbidden }: { readonly till: Till } & Omit<Props, "tills">) {
  const { t } = usePage();
  const { store } = known;
  const head = journals?.heads.find((one) => one.store === store.id && one.till === till.id);
  if (head !== undefined) {
    return <Moment atMs={head.received_at_ms} timeZone={store.time_zone} />;
  }
  return <span className="soft">{t(journals === null ? (journalsForbidden ? "notShown" : "loading") : "noSaleYet")}</span>;
}
