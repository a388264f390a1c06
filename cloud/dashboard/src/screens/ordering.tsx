import { useRef, useState } from "react";
import { storePath } from "../api/calls";
import type { OrderingPolicy, Store } from "../api/types";
import { type Measures, POLICY_FIELDS, POLICY_NAMES, type PolicyField, trialIn, trialParams, type Written, writtenAll } from "../demand/ordering";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import type { Key } from "../i18n/language";
import { usePage, useVisitor } from "../page";
import { Holidays } from "../parts/holidays";
import { PolicyFacts, PolicyForm } from "../parts/ordering-policy";
import { OrderingRules } from "../parts/ordering-rules";
import { OrderingTrial } from "../parts/ordering-trial";
import { PartState } from "../parts/part-state";
import { StoreViews } from "../parts/store-views";
import { may } from "../roles";
import { addressOf, replaceAddress } from "../route";

const VIEWS = [
  ["", "orderingViewStore"],
  ["rules", "orderingViewRules"],
  ["holidays", "orderingViewHolidays"],
] as const satisfies readonly (readonly [string, Key])[];

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** How a store orders, what would be if it ordered otherwise, what is said of single products, and on which days people buy otherwise. */
export function Ordering({ known, params }: Props) {
  const { t } = usePage();
  const stores = known.stores.value?.map(({ store }) => store) ?? null;
  const store = stores?.find((one) => one.id === params.get("store")) ?? stores?.[0];
  if (stores === null || store === undefined) {
    return <PartState part={known.stores} />;
  }
  const view = params.get("show") ?? "";
  return (
    <div className="place-parts">
      <StoreViews stores={stores} store={store} label={t("orderingViews")} views={VIEWS} view={view} addressFor={(id, show) => addressOf("ordering", null, { store: id, show })} />
      {view === "" && <StoreOrdering key={store.id} store={store} params={params} />}
      {view === "rules" && <OrderingRules key={store.id} store={store} after={params.get("after") ?? ""} product={params.get("product")} />}
      {view === "holidays" && <Holidays store={store} year={params.get("year")} />}
    </div>
  );
}

function StoreOrdering({ store, params }: { readonly store: Store; readonly params: URLSearchParams }) {
  const { language, t } = usePage();
  const session = useVisitor();
  const { part, again } = useAsked<OrderingPolicy>(`${storePath(store.id)}/ordering`);
  const [written, setWritten] = useState<Written<PolicyField> | null>(null);
  const [taken, setTaken] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const measures: Measures = { locale: language.locale, exponent: store.currency_exponent, unit: "piece" };
  const policy = part.value;
  const trial = trialIn(params);
  const changes = may(session, "change-ordering", store.id);
  return (
    <>
      <section className="panel store" aria-labelledby="ordering-policy" data-ordering={store.id}>
        <h2 id="ordering-policy">{t("policyTitle", { store: store.name })}</h2>
        <p className="soft reading-width">{t("policyHint")}</p>
        <PartState part={part} forbidden="orderingForbidden" />
        {policy !== null && !changes && <PolicyFacts store={store} policy={policy} measures={measures} />}
        {policy !== null && changes && (
          <PolicyForm
            store={store}
            measures={measures}
            written={written ?? writtenAll(POLICY_FIELDS, POLICY_NAMES, policy, measures)}
            taken={taken}
            form={form}
            onWrite={setWritten}
            onSaved={(saved) => {
              setTaken(false);
              setWritten(writtenAll(POLICY_FIELDS, POLICY_NAMES, saved, measures));
              // What was tried stands beside how the store ordered before.
              replaceAddress(addressOf("ordering", null, { store: store.id }));
              again();
            }}
          />
        )}
      </section>
      {policy !== null && changes && (
        <OrderingTrial
          key={JSON.stringify(policy)}
          store={store}
          policy={policy}
          measures={measures}
          trial={trial}
          onTry={(wanted) => location.assign(addressOf("ordering", null, { store: store.id, ...trialParams(wanted) }))}
          onTake={(tried) => {
            setTaken(true);
            setWritten(Object.fromEntries(POLICY_NAMES.map((name) => [name, tried[name]])) as Written<PolicyField>);
            form.current?.querySelector("input")?.focus();
          }}
        />
      )}
    </>
  );
}
