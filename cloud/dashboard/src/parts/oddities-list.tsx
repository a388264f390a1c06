import type { Store } from "../api/types";
import { byTill, needsAttention, type Oddities } from "../fleet/standing";
import { usePage } from "../page";
import { AsideTable } from "./aside-table";
import { WarningIcon } from "./icons";

interface Props {
  readonly store: Store;
  readonly oddities: Oddities;
}

/** What is odd about a store's journals, in words that say what to do. Nothing where nothing is. */
export function OdditiesList({ store, oddities }: Props) {
  const { t } = usePage();
  const ranges = useRanges();
  if (!needsAttention(oddities)) {
    return null;
  }
  return (
    <div className="banner banner-warning oddities">
      <WarningIcon />
      <div>
        <h3>{t("needsAttention")}</h3>
        <ul>
          {byTill(oddities.missing).map(([till, gaps]) => (
            <Oddity key={`missing-${till}`} title={t("missingTitle", { count: places(gaps), till })} text={t("missingHint", { places: ranges(gaps) })} />
          ))}
          {byTill(oddities.lost).map(([till, gaps]) => (
            <Oddity key={`lost-${till}`} title={t("lostSalesTitle", { count: places(gaps), till })} text={t("lostSalesHint", { places: ranges(gaps) })} />
          ))}
          {byTill(oddities.forks).map(([till, forks]) => (
            <Oddity
              key={`fork-${till}`}
              title={t("forkTitle", { count: forks.length, till })}
              text={t("forkHint", { places: ranges(forks.map(({ sequence }) => ({ first: sequence, last: sequence }))) })}
            />
          ))}
          {oddities.setAside.length > 0 && (
            <li>
              <strong>{t("asideTitle", { count: oddities.setAside.length })}</strong>
              <p>{t("asideHint")}</p>
              <details>
                <summary>{t("asideShow")}</summary>
                <AsideTable store={store} entries={oddities.setAside} />
              </details>
            </li>
          )}
        </ul>
      </div>
    </div>
  );
}

function Oddity({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <li>
      <strong>{title}</strong>
      <p>{text}</p>
    </li>
  );
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function places(gaps: readonly Range[]): number {
  return gaps.reduce((count, gap) => count + gap.last - gap.first + 1, 0);
}

/** Most ranges that are named one by one. */
const RANGES_MAX = 6;

function useRanges(): (ranges: readonly Range[]) => string {
  const { language, t } = usePage();
  return (ranges) => {
    const sorted = [...ranges].sort((a, b) => a.first - b.first);
    const named = sorted
      .slice(0, RANGES_MAX)
      .map(({ first, last }) => (first === last ? String(first) : t("range", { first: String(first), last: String(last) })));
    return new Intl.ListFormat(language.locale).format(sorted.length > RANGES_MAX ? [...named, "…"] : named);
  };
}
