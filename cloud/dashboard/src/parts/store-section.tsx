import { memo } from "react";
import type { Generation, Journals, SetAside } from "../api/types";
import { clockTime, dayName, zoneName } from "../format/times";
import { isForbidden, type Part, type StoreKnown } from "../fleet/known";
import { newestOf, odditiesOf, soldBy } from "../fleet/standing";
import { useClockOffset, usePage } from "../page";
import { isKey } from "../i18n/translate";
import { addressOf } from "../route";
import { Amounts } from "./amounts";
import { Moment } from "./moment";
import { OdditiesList } from "./oddities-list";
import { PartState } from "./part-state";
import { TillTable } from "./till-table";

interface Props {
  readonly known: StoreKnown;
  readonly journals: Journals | null;
  readonly journalsForbidden: boolean;
  readonly setAside: readonly SetAside[] | null;
}

/**
 * A store: what it sells from, what it sold, what somebody has to look at, and its tills. Drawn again only when something of
 * it was heard, so that hundreds of stores on a page cost little.
 */
export const StoreSection = memo(function StoreSection({ known, journals, journalsForbidden, setAside }: Props) {
  const { language, t } = usePage();
  const offsetMs = useClockOffset();
  const { store, tills } = known;
  const heading = `store-${store.id}`;
  return (
    <section className="panel store" aria-labelledby={heading} data-store={store.id}>
      <div className="store-head">
        <div>
          <h2 id={heading}>{store.name}</h2>
          <p className="soft small">
            <span className="id">{store.id}</span> · {t("storeTimes", { zone: zoneName(store.time_zone, (tills.heardAtMs ?? 0) + offsetMs, language.locale) })} ·{" "}
            <AsOf known={known} />
          </p>
        </div>
        <dl className="facts">
          <Catalogue known={known} />
          <SoldToday known={known} />
        </dl>
      </div>
      <OdditiesList store={store} oddities={odditiesOf(store.id, journals, setAside)} />
      <PartState part={tills} />
      {tills.value?.length === 0 && (
        <div className="empty">
          <h3>{t("tillsEmpty")}</h3>
          <p className="soft">{t("tillsEmptyHint")}</p>
        </div>
      )}
      {tills.value !== null && tills.value.length > 0 && <TillTable known={known} tills={tills.value} journals={journals} journalsForbidden={journalsForbidden} />}
    </section>
  );
});

/** The oldest thing said of this store: nothing in it is older. */
function AsOf({ known }: { readonly known: StoreKnown }) {
  const { language, t } = usePage();
  const parts: readonly Part<unknown>[] = [known.tills, known.generations, known.sums];
  const heard = parts.filter((part) => !isForbidden(part)).map((part) => part.heardAtMs);
  const oldest = heard.reduce<number | null>((least, at) => (least === null || at === null ? null : Math.min(least, at)), Infinity);
  return oldest === null || oldest === Infinity
    ? t("storeAsOfNever")
    : t("storeAsOf", { time: clockTime(oldest, language.locale, known.store.time_zone) });
}

function Catalogue({ known }: { readonly known: StoreKnown }) {
  const { t } = usePage();
  const { generations, store } = known;
  const newest = newestOf(generations.value ?? []);
  return (
    <div className="fact">
      <dt>{t("catalogue")}</dt>
      <dd>
        <PartState part={generations} />
        {generations.value !== null && newest === null && (
          <>
            <span className="fact-value">{t("catalogueNone")}</span>
            <span className="soft small">{t("catalogueNoneHint")}</span>
          </>
        )}
        {newest !== null && (
          <>
            <span className="fact-value">
              <a href={addressOf("catalogue", store.id)}>{t("catalogueGeneration", { number: newest.number })}</a>
            </span>
            <span className="small">
              <Change generation={newest} />, <Moment atMs={newest.made_at_ms} timeZone={store.time_zone} />
            </span>
          </>
        )}
      </dd>
    </div>
  );
}

function Change({ generation }: { readonly generation: Generation }) {
  const { language, t } = usePage();
  const key = `kind_${generation.kind}`;
  return isKey(language, key) ? t(key) : t("kindOther", { kind: generation.kind });
}

function SoldToday({ known }: { readonly known: StoreKnown }) {
  const { language, t } = usePage();
  const { sums, day } = known;
  if (isForbidden(sums)) {
    return null;
  }
  const sold = soldBy(sums.value ?? []);
  return (
    <div className="fact">
      <dt>{t("soldToday")}</dt>
      <dd>
        <PartState part={sums} />
        {sums.value !== null && (
          <>
            <span className="fact-value">
              <Amounts amounts={sold.amounts} nothing={t("soldNothing")} />
            </span>
            <span className="small">
              {sold.sales > 0 && `${t("soldCount", { count: sold.sales })}, `}
              {t("soldTodayOn", { day: dayName(day, language.locale) })}
            </span>
          </>
        )}
      </dd>
    </div>
  );
}
