import { useRef, useState } from "react";
import { change } from "../api/calls";
import type { CatalogueImport, ImportFindings, ImportRow, Page } from "../api/types";
import { useAgainWhile, useAsked } from "../fleet/asked";
import { changedText, sentenceIn } from "../i18n/sentences";
import { isKey } from "../i18n/translate";
import { usePage, useVisitor } from "../page";
import { Cell, Column } from "../parts/cell";
import { FindingCodes, Findings } from "../parts/findings";
import { WarningIcon } from "../parts/icons";
import { PartState } from "../parts/part-state";
import { Sure } from "../parts/sure";
import { NoteLine } from "../parts/warnings";
import { may } from "../roles";
import { addressOf } from "../route";

/** How often it is asked how far it has come. */
const ASK_EVERY_MS = 700;
/** Rows and findings on a page. */
const SHOWN = 50;
const OUTCOMES = ["new", "changed", "left_out", "retired"] as const;

interface Props {
  readonly id: string;
  readonly params: URLSearchParams;
}

/** What a file would change, and what became of it. */
export function ImportPlan({ id, params }: Props) {
  const { t } = usePage();
  const path = `/api/v1/catalogue/imports/${encodeURIComponent(id)}`;
  const { part, again } = useAsked<CatalogueImport>(path);
  const state = part.value?.state;
  const underWay = state === "planning" || state === "applying";
  useAgainWhile(underWay, again, ASK_EVERY_MS);
  const plan = part.value;
  return (
    <>
      <section className="panel store" aria-label={plan?.file_name ?? t("importTitle")}>
        <PartState part={part} />
        {plan !== null && <Summary plan={plan} path={path} onDone={again} />}
      </section>
      {plan !== null && !underWay && plan.state !== "failed" && (
        <>
          <Changes plan={plan} path={path} params={params} />
          <Odd id={id} path={path} params={params} />
        </>
      )}
    </>
  );
}

function Summary({ plan, path, onDone }: { readonly plan: CatalogueImport; readonly path: string; readonly onDone: () => void }) {
  const { language, t } = usePage();
  const session = useVisitor();
  const [sure, setSure] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const { counts, state } = plan;
  const changing = counts.new + counts.changed + counts.retired;
  const stateKey = `importState_${state}`;
  const said = [
    t("importRows", { count: counts.rows }),
    t("importNew", { count: counts.new }),
    t("importChanged", { count: counts.changed }),
    t("importUnchanged", { count: counts.unchanged }),
    ...(counts.left_out === 0 ? [] : [t("importLeftOut", { count: counts.left_out })]),
    ...(counts.retired === 0 ? [] : [t("importRetired", { count: counts.retired })]),
  ];
  return (
    <div data-import-state={state}>
      <h2>{plan.file_name}</h2>
      <p role="status">
        <strong>{isKey(language, stateKey) ? t(stateKey) : state}</strong>
        {state === "applying" && <span className="under">{t("importProgress", { done: counts.done, all: changing })}</span>}
        {state === "applied" && <span className="under">{t("importDone", { count: counts.done })}</span>}
      </p>
      {state === "applying" && <progress value={counts.done} max={Math.max(1, changing)} aria-label={t("importTitle")} />}
      {plan.problem !== undefined && (
        <p className="banner banner-warning">
          <WarningIcon />
          <span data-code={plan.problem.code}>
            {/* The heading says which file it is; one inside it is named here. */}
            {plan.problem.path !== "" && plan.problem.path !== plan.file_name && `${plan.problem.path}: `}
            <NoteLine note={plan.problem} />
          </span>
        </p>
      )}
      {state !== "planning" && state !== "failed" && (
        <ul className="deeds plan-counts">
          {said.map((text) => (
            <li key={text} className="badge">
              {text}
            </li>
          ))}
        </ul>
      )}
      {counts.refused > 0 && <p>{t("importRefused", { count: counts.refused })}</p>}
      {plan.notes.map((note) => (
        <p key={note.code} className="soft small">
          <NoteLine note={note} />
        </p>
      ))}
      {state === "planned" && changing === 0 && <p>{t("importNothing")}</p>}
      {state === "planned" && changing > 0 && may(session, "change-products") && !sure && (
        <p className="deeds">
          <button ref={opener} type="button" className="button button-primary" onClick={() => setSure(true)}>
            {t("importApply")}
          </button>
        </p>
      )}
      {sure && state === "planned" && (
        <Sure
          title={t("importApplyTitle")}
          deed={t("importApply")}
          onSure={() => change(session, "POST", `${path}/apply`, {})}
          onEnd={(done) => {
            setSure(false);
            if (done) {
              onDone();
            } else {
              opener.current?.focus();
            }
          }}
        >
          <p>{t("importApplyHint")}</p>
        </Sure>
      )}
      {(state === "applied" || state === "failed") && (
        <p className="deeds">
          <a className="button" href={addressOf("products", null, { show: "import" })}>
            {t("importAnother")}
          </a>
        </p>
      )}
    </div>
  );
}

function Changes({ plan, path, params }: { readonly plan: CatalogueImport; readonly path: string; readonly params: URLSearchParams }) {
  const { t } = usePage();
  const [outcome, after, code] = [params.get("outcome") ?? "", params.get("after") ?? "", params.get("code") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN), ...(outcome === "" ? {} : { outcome }), ...(after === "" ? {} : { after }) });
  // Applied rows say other things than planned ones.
  const { part } = useAsked<Page<ImportRow>>(`${path}/rows?${query}`);
  const rows = part.value?.items ?? [];
  const title = t(plan.state === "applied" ? "importChangesDone" : "importChanges");
  const go = (to: Readonly<Record<string, string>>) => addressOf("products", null, { show: "import", import: plan.id, code, ...to });
  return (
    <section className="panel store" aria-label={title}>
      <h2>{title}</h2>
      <label className="choice">
        <span>{t("importShow")}</span>
        <select value={outcome} onChange={(event) => location.assign(go({ outcome: event.target.value }))}>
          <option value="">{t("importShow_all")}</option>
          {OUTCOMES.map((one) => (
            <option key={one} value={one}>
              {t(`importShow_${one}`)}
            </option>
          ))}
        </select>
      </label>
      <PartState part={part} />
      {rows.length > 0 && <ChangeTable rows={rows} title={title} />}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={go({ outcome })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={go({ outcome, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}

function ChangeTable({ rows, title }: { readonly rows: readonly ImportRow[]; readonly title: string }) {
  const { language, t } = usePage();
  const becomes = (outcome: string) => {
    const key = `becomes_${outcome}`;
    return isKey(language, key) ? t(key) : outcome;
  };
  return (
    <table role="table" className="rows plan-rows">
      <caption className="hidden">{title}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column>{t("columnBecomes")}</Column>
          <Column>{t("columnChanges")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row" key={row.number} data-outcome={row.outcome}>
            <th role="rowheader" scope="row">
              {row.label}
              {row.row !== undefined && <span className="under">{t("importRow", { row: row.row })}</span>}
            </th>
            <Cell label={t("columnBecomes")}>
              <span className="badge" data-badge={row.outcome === "left_out" ? "likely" : row.outcome === "new" ? "new" : undefined}>
                {becomes(row.outcome)}
              </span>
            </Cell>
            <Cell label={t("columnChanges")}>
              {row.problem !== undefined && <span data-reason={row.problem.code}>{sentenceIn(language, row.problem.text)}</span>}
              {row.changes.map((one) => (
                <span key={one.field} className="plan-change">
                  <span className="soft">{changedText(language, one.field)}</span>{" "}
                  {one.from === undefined ? (one.to === "true" ? t("changedYes") : one.to) : t("importFromTo", { from: one.from, to: one.to ?? t("importNoValue") })}
                </span>
              ))}
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Odd({ id, path, params }: { readonly id: string; readonly path: string; readonly params: URLSearchParams }) {
  const { t } = usePage();
  const [code, outcome] = [params.get("code") ?? "", params.get("outcome") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN), ...(code === "" ? {} : { code }) });
  const { part } = useAsked<ImportFindings>(`${path}/findings?${query}`);
  const found = part.value;
  if (found !== null && found.counts.length === 0) {
    return null;
  }
  const go = (chosen: string) => addressOf("products", null, { show: "import", import: id, outcome, code: chosen });
  return (
    <section className="panel store" aria-label={t("checkFound")}>
      <h2>{t("checkFound")}</h2>
      <PartState part={part} />
      {found !== null && (
        <>
          <FindingCodes counts={found.counts} chosen={code} onChoose={(chosen) => location.assign(go(chosen))} />
          <Findings findings={found.items} linked={false} />
        </>
      )}
    </section>
  );
}
