import { useState } from "react";
import { change, type Failure } from "../api/calls";
import type { Backups } from "../api/types";
import { useAgainWhile, useAsked } from "../fleet/asked";
import { isForbidden } from "../fleet/known";
import { lastsText, sizeText } from "../format/sizes";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { Cell, Column } from "./cell";
import { AwayIcon, ConnectedIcon, WarningIcon } from "./icons";
import { Moment } from "./moment";
import { PartState } from "./part-state";

/** How often it is asked whether one that was asked for is there. */
const ASK_EVERY_MS = 3_000;

/** The copies of the whole cloud: how old the last good one is, all of them, and one more at once. */
export function BackupsPanel({ timeZone }: { readonly timeZone: string }) {
  const { language, t } = usePage();
  const { part, again } = useAsked<Backups>("/api/v1/backups");
  if (isForbidden(part)) {
    return <p className="soft">{t("backupsForbidden")}</p>;
  }
  const backups = part.value;
  return (
    <section className="panel store" aria-labelledby="backups">
      <h2 id="backups">{t("backupsTitle")}</h2>
      <PartState part={part} />
      {backups !== null && (
        <>
          <p className="soft small">{backups.every_hours === 0 ? t("backupsOff") : t("backupsEvery", { time: lastsText(backups.every_hours, language.locale) })}</p>
          <LastGood backups={backups} timeZone={timeZone} />
          <MakeOne backups={backups} onAsked={again} />
          {backups.items.length > 0 && <BackupTable backups={backups} timeZone={timeZone} />}
        </>
      )}
    </section>
  );
}

interface PartProps {
  readonly backups: Backups;
  readonly timeZone: string;
}

function LastGood({ backups, timeZone }: PartProps) {
  const { t } = usePage();
  const good = backups.items.find((one) => one.verified_at_ms !== undefined);
  if (good?.verified_at_ms === undefined) {
    return (
      <p className="banner banner-warning">
        <WarningIcon />
        <span>{t("backupsNone")}</span>
      </p>
    );
  }
  return (
    <dl className="facts">
      <div className="fact">
        <dt>{t("backupLast")}</dt>
        <dd>
          <Moment atMs={good.made_at_ms} timeZone={timeZone} />
        </dd>
      </div>
      <div className="fact">
        <dt>{t("backupVerified")}</dt>
        <dd>
          <Moment atMs={good.verified_at_ms} timeZone={timeZone} />
        </dd>
      </div>
    </dl>
  );
}

/** One that was asked for is there once there is one more than when it was. */
function MakeOne({ backups, onAsked }: { readonly backups: Backups; readonly onAsked: () => void }) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [waitsFor, setWaitsFor] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const newest = backups.items[0]?.id ?? "";
  // It is listed before it is proven.
  const isBeingProven = backups.items[0] !== undefined && backups.items[0].verified_at_ms === undefined && backups.items[0].problem === undefined;
  const waits = backups.is_asked || waitsFor === newest || (waitsFor !== null && isBeingProven);
  useAgainWhile(waits, onAsked, ASK_EVERY_MS);
  if (!may(session, "make-backup") || backups.every_hours === 0) {
    return null;
  }
  const press = async () => {
    if (waits) {
      return;
    }
    const outcome = await change<null>(session, "POST", "/api/v1/backups");
    setFailure(outcome.ok ? null : outcome.failure);
    setWaitsFor(outcome.ok ? newest : null);
    onAsked();
  };
  return (
    <div className="deeds">
      <button type="button" className="button" aria-disabled={waits} onClick={() => void press()}>
        {t("backupMake")}
      </button>
      <span role="status">{waits && <span className="soft">{t("backupMaking")}</span>}</span>
      <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
    </div>
  );
}

function BackupTable({ backups, timeZone }: PartProps) {
  const { language, t } = usePage();
  const number = new Intl.NumberFormat(language.locale);
  return (
    <table role="table" className="rows">
      <caption className="hidden">{t("backupsTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnMade")}</Column>
          <Column>{t("columnState")}</Column>
          <Column numeric>{t("fileSize")}</Column>
          <Column numeric>{t("backupRows")}</Column>
          <Column numeric>{t("fileCount")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {backups.items.map((one) => {
          const isGood = one.verified_at_ms !== undefined;
          return (
            <tr role="row" key={one.id} data-backup={one.id} data-verified={isGood}>
              <th role="rowheader" scope="row">
                <Moment atMs={one.made_at_ms} timeZone={timeZone} />
              </th>
              <Cell label={t("columnState")}>
                <span className={`state state-${isGood ? "connected" : "away"}`}>
                  {isGood ? <ConnectedIcon /> : <AwayIcon />}
                  {t(isGood ? "backupGood" : "backupUnproven")}
                </span>
                {one.problem !== undefined && (
                  <span className="under" lang="en">
                    {one.problem}
                  </span>
                )}
              </Cell>
              <Cell label={t("fileSize")} numeric>
                {sizeText(one.size_bytes, language.locale)}
              </Cell>
              <Cell label={t("backupRows")} numeric>
                {number.format(one.rows)}
              </Cell>
              <Cell label={t("fileCount")} numeric>
                {number.format(one.blobs)}
              </Cell>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
