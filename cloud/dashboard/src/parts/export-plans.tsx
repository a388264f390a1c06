import { useRef, useState } from "react";
import { change } from "../api/calls";
import type { ExportPlan, Items, Person, Store } from "../api/types";
import { aboutDataset, datasetOf } from "../exports/choices";
import { useAgainWhile, useAsked } from "../fleet/asked";
import { useWord } from "../notices/words";
import { useCloudTime, usePage, useVisitor } from "../page";
import { may, reachOf } from "../roles";
import { Cell, Column } from "./cell";
import { AsWhat } from "./export-parts";
import { ExportPlanForm } from "./export-plan-form";
import { MadeBy, usePeople } from "./made-by";
import { Exactly } from "./moment";
import { PartState } from "./part-state";
import { SureRow } from "./sure";

const PLANS = "/api/v1/export-plans";
/** How often it is asked whether one whose moment has come was made. */
const ASK_EVERY_MS = 2_000;

interface Props {
  readonly stores: readonly Store[];
  readonly timeZone: string;
}

/** What is exported again and again, and one more of it. */
export function ExportPlans({ stores, timeZone }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const nowMs = useCloudTime();
  const people = usePeople();
  const { part, again } = useAsked<Items<ExportPlan>>(PLANS);
  const heading = useRef<HTMLHeadingElement>(null);
  const plans = part.value?.items ?? [];
  const reach = reachOf(session, "plan-exports", stores);
  useAgainWhile(
    plans.some((plan) => plan.next_at_ms <= nowMs),
    again,
    ASK_EVERY_MS,
  );
  return (
    <>
      <section className="panel store" aria-labelledby="plans">
        <h2 id="plans" ref={heading} tabIndex={-1}>
          {t("plansTitle")}
        </h2>
        <PartState part={part} forbidden="exportsForbidden" />
        {part.value !== null && plans.length === 0 && (
          <div className="empty">
            <h3>{t("plansNone")}</h3>
            <p className="soft">{t("plansNoneHint")}</p>
          </div>
        )}
        {plans.length > 0 && (
          <PlanTable
            plans={plans}
            stores={stores}
            timeZone={timeZone}
            people={people}
            onRemoved={() => {
              // As in the list of exports: the row takes the focus with it.
              heading.current?.focus();
              again();
            }}
          />
        )}
      </section>
      {reach.length > 0 && part.value !== null && <ExportPlanForm path={PLANS} reach={reach} timeZone={timeZone} onMade={again} />}
    </>
  );
}

interface TableProps extends Props {
  readonly plans: readonly ExportPlan[];
  readonly people: readonly Person[];
  readonly onRemoved: () => void;
}

function PlanTable({ plans, ...of }: TableProps) {
  const { t } = usePage();
  return (
    <table role="table" className="rows exports">
      <caption className="hidden">{t("plansTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnExport")}</Column>
          <Column>{t("chooseStore")}</Column>
          <Column>{t("columnHowOften")}</Column>
          <Column>{t("columnNextOne")}</Column>
          <Column>{t("columnBy")}</Column>
          <Column>{t("columnDo")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {plans.map((plan) => (
          <PlanRows key={plan.id} plan={plan} {...of} />
        ))}
      </tbody>
    </table>
  );
}

function PlanRows({ plan, stores, people, timeZone, onRemoved }: Omit<TableProps, "plans"> & { readonly plan: ExportPlan }) {
  const { t } = usePage();
  const word = useWord();
  const session = useVisitor();
  const nowMs = useCloudTime();
  const [asking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const store = stores.find(({ id }) => id === plan.store);
  const what = word("dataset", plan.dataset);
  return (
    <>
      <tr role="row" data-plan={plan.id} data-dataset={plan.dataset}>
        <th role="rowheader" scope="row">
          <span>
            {what}
            <span className="under">
              <AsWhat of={plan} />
            </span>
          </span>
        </th>
        <Cell label={t("chooseStore")}>{store?.name ?? plan.store ?? t("allStores")}</Cell>
        <Cell label={t("columnHowOften")}>
          {plan.every_days === 1 ? t("planDaily") : t("planEvery", { count: plan.every_days })}
          <DaysOfEach plan={plan} />
        </Cell>
        <Cell label={t("columnNextOne")}>{plan.next_at_ms <= nowMs ? t("planDue") : <Exactly atMs={plan.next_at_ms} timeZone={store?.time_zone ?? timeZone} />}</Cell>
        <Cell label={t("columnBy")}>
          <MadeBy maker={plan.made_by} people={people} />
        </Cell>
        {may(session, "plan-exports", plan.store) ? (
          <Cell label={t("columnDo")}>
            <button ref={opener} type="button" className="button" aria-expanded={asking} aria-label={t("planRemoveNamed", { what })} onClick={() => setAsking(true)}>
              {t("planRemove")}
            </button>
          </Cell>
        ) : (
          <td role="cell" />
        )}
      </tr>
      {asking && (
        <SureRow
          columns={6}
          title={t("planRemoveTitle")}
          deed={t("planRemove")}
          onSure={() => change(session, "DELETE", `${PLANS}/${encodeURIComponent(plan.id)}`)}
          onEnd={(done) => {
            setAsking(false);
            if (done) {
              onRemoved();
            } else {
              opener.current?.focus();
            }
          }}
        >
          <p>{t("planRemoveHint")}</p>
        </SureRow>
      )}
    </>
  );
}

function DaysOfEach({ plan }: { readonly plan: ExportPlan }) {
  const { t } = usePage();
  const dataset = datasetOf(plan.dataset);
  const days = dataset === null ? "past" : aboutDataset(dataset).days;
  return days === "none" ? null : <span className="under">{t(days === "past" ? "planDaysBefore" : "planDaysAfter", { count: plan.days })}</span>;
}
