import { useState } from "react";
import { change, storePath } from "../api/calls";
import type { Generation, Person, Till } from "../api/types";
import type { FleetKnown, StoreKnown } from "../fleet/known";
import { newestOf } from "../fleet/standing";
import { changeOf } from "../fleet/generations";
import { isKey } from "../i18n/translate";
import { useAskNow, usePage, useVisitor } from "../page";
import { Cell, Column } from "../parts/cell";
import { MadeBy, usePeople } from "../parts/made-by";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { Sure } from "../parts/sure";
import { may } from "../roles";
import { addressOf } from "../route";

/** What each store sells from, what it sold from before, and the way back. */
export function Catalogue({ known, wanted }: { readonly known: FleetKnown; readonly wanted: string | null }) {
  const { t } = usePage();
  const people = usePeople();
  const stores = known.stores.value;
  if (stores === null) {
    return <PartState part={known.stores} />;
  }
  const chosen = stores.find((one) => one.store.id === wanted) ?? stores[0];
  if (chosen === undefined) {
    return (
      <div className="panel empty">
        <h2>{t("fleetEmpty")}</h2>
        <p className="soft">{t("fleetEmptyHint")}</p>
      </div>
    );
  }
  return (
    <div className="place-parts">
      {stores.length > 1 && (
        <label className="choice store-choice">
          <span>{t("chooseStore")}</span>
          <select value={chosen.store.id} onChange={(event) => location.assign(addressOf("catalogue", event.target.value))}>
            {stores.map(({ store }) => (
              <option key={store.id} value={store.id}>
                {store.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <GenerationList key={chosen.store.id} known={chosen} people={people} />
    </div>
  );
}

function GenerationList({ known, people }: { readonly known: StoreKnown; readonly people: readonly Person[] }) {
  const { t } = usePage();
  const { store, generations } = known;
  const shown = [...(generations.value ?? [])].sort((a, b) => b.number - a.number);
  const heading = `generations-${store.id}`;
  return (
    <section className="panel store" aria-labelledby={heading} data-store={store.id}>
      <div>
        <h2 id={heading}>{store.name}</h2>
        <p className="soft small">{t("generationsHint")}</p>
      </div>
      <PartState part={generations} />
      {generations.value !== null && shown.length === 0 && (
        <div className="empty">
          <h3>{t("catalogueNone")}</h3>
          <p className="soft">{t("catalogueNoneHint")}</p>
        </div>
      )}
      {shown.length > 0 && (
        <table role="table" className="rows generations">
          <caption className="hidden">{t("generationsOf", { store: store.name })}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("columnGeneration")}</Column>
              <Column>{t("columnMade")}</Column>
              <Column>{t("columnChanged")}</Column>
              <Column>{t("columnBy")}</Column>
              <Column numeric>{t("columnProducts")}</Column>
              <Column numeric>{t("columnTillsOn")}</Column>
              <Column>{t("columnDo")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {shown.map((generation, index) => (
              <GenerationRows key={generation.number} generation={generation} before={shown[index + 1]} known={known} people={people} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface RowProps {
  readonly generation: Generation;
  readonly before: Generation | undefined;
  readonly known: StoreKnown;
  readonly people: readonly Person[];
}

function GenerationRows({ generation, before, known, people }: RowProps) {
  const { language, t } = usePage();
  const session = useVisitor();
  const [asking, setAsking] = useState(false);
  const { store } = known;
  const newest = newestOf(known.generations.value ?? [])?.number ?? generation.number;
  const isNewest = generation.number === newest;
  const number = new Intl.NumberFormat(language.locale);
  return (
    <>
      <tr role="row" data-generation={generation.number}>
        <th role="rowheader" scope="row">
          {number.format(generation.number)}
          {isNewest && <span className="tag">{t("generationNewest")}</span>}
        </th>
        <Cell label={t("columnMade")}>
          <Moment atMs={generation.made_at_ms} timeZone={store.time_zone} />
        </Cell>
        <Cell label={t("columnChanged")}>
          <Changed generation={generation} before={before} />
        </Cell>
        <Cell label={t("columnBy")}>
          <MadeBy maker={generation.made_by} people={people} />
        </Cell>
        <Cell label={t("columnProducts")} numeric>
          {number.format(generation.products)}
        </Cell>
        <Cell label={t("columnTillsOn")} numeric>
          {number.format(tillsOn(known.tills.value ?? [], generation.number))}
        </Cell>
        {isNewest || !may(session, "roll-back", store.id) ? (
          <td role="cell" />
        ) : (
          <Cell label={t("columnDo")}>
            <button type="button" className="button" aria-expanded={asking} aria-label={t("rollBackTo", { number: generation.number })} onClick={() => setAsking(true)}>
              {t("rollBack")}
            </button>
          </Cell>
        )}
      </tr>
      {asking && (
        <tr role="row" className="beneath">
          <td role="cell" colSpan={7} aria-colspan={7}>
            <RollBack generation={generation} newest={newest} known={known} onEnd={() => setAsking(false)} />
          </td>
        </tr>
      )}
    </>
  );
}

function tillsOn(tills: readonly Till[], generation: number): number {
  return tills.filter((till) => till.retired_at_ms === undefined && till.last_seen?.generation === generation).length;
}

/** The kind of the change, and how many products and pictures came or went with it. */
function Changed({ generation, before }: Pick<RowProps, "generation" | "before">) {
  const { language, t } = usePage();
  const key = `kind_${generation.kind}`;
  const { products, views } = changeOf(generation, before);
  const signed = new Intl.NumberFormat(language.locale, { signDisplay: "always" });
  return (
    <>
      {isKey(language, key) ? t(key) : t("kindOther", { kind: generation.kind })}
      {products !== 0 && <span className="under">{t("changedProducts", { difference: signed.format(products) })}</span>}
      {views !== 0 && <span className="under">{t("changedViews", { difference: signed.format(views) })}</span>}
    </>
  );
}

interface RollBackProps {
  readonly generation: Generation;
  readonly newest: number;
  readonly known: StoreKnown;
  readonly onEnd: () => void;
}

function RollBack({ generation, newest, known, onEnd }: RollBackProps) {
  const { t } = usePage();
  const session = useVisitor();
  const askNow = useAskNow();
  const tills = (known.tills.value ?? []).filter((till) => till.retired_at_ms === undefined && till.last_seen !== undefined).length;
  return (
    <Sure
      title={t("rollBackTitle", { store: known.store.name, number: generation.number })}
      deed={t("rollBackDeed", { number: generation.number })}
      onSure={() => change(session, "POST", `${storePath(known.store.id)}/generations/${generation.number}/rollback`)}
      onEnd={(done) => {
        onEnd();
        if (done) {
          askNow();
        }
      }}
    >
      <p>{t("rollBackHint", { next: newest + 1, count: tills })}</p>
    </Sure>
  );
}
