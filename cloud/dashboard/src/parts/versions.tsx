import { useState } from "react";
import { change, documentPath } from "../api/calls";
import type { DocumentDetail, DocumentVersion, Items } from "../api/types";
import { useAsked } from "../fleet/asked";
import { isKey } from "../i18n/translate";
import { usePage, useVisitor } from "../page";
import { MadeBy, usePeople } from "./made-by";
import { Moment } from "./moment";
import { PartState } from "./part-state";
import { Sure } from "./sure";

interface Props {
  readonly detail: DocumentDetail;
  readonly mayUndo: boolean;
  readonly onUndone: () => void;
}

/** Who corrected a document and when, what was learnt of it, and the way back. */
export function Versions({ detail, mayUndo, onUndone }: Props) {
  const { t } = usePage();
  const { part, again } = useAsked<Items<DocumentVersion>>(`${documentPath(detail.document.id)}/versions`);
  const people = usePeople();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const newest = part.value?.items.find((one) => one.undone_at_ms === undefined)?.version;
  return (
    <div className="product-part">
      <h3>{t("versionsTitle")}</h3>
      <PartState part={part} />
      <ul className="versions">
        {part.value?.items.map((one) => (
          <li key={one.version} data-version={one.version}>
            <strong>{t("versionNumber", { number: one.version })}</strong> <span><MadeBy maker={one.made_by} people={people} /></span> <Moment atMs={one.made_at_ms} timeZone={zone} />
            {one.undone_at_ms === undefined ? <Learnt version={one} /> : <span className="under">{t("versionUndone")}</span>}
            {mayUndo && one.version === newest && (
              <Undo
                document={detail.document.id}
                version={one.version}
                onUndone={() => {
                  again();
                  onUndone();
                }}
              />
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Learnt({ version }: { readonly version: DocumentVersion }) {
  const { language, t } = usePage();
  const key = `learning_${version.learning}`;
  return (
    <span className="under">
      {isKey(language, key) ? t(key) : null}{" "}
      {version.learning === "refused" && version.learning_note !== undefined && <span lang="en">{version.learning_note}</span>}
    </span>
  );
}

function Undo({ document, version, onUndone }: { readonly document: string; readonly version: number; readonly onUndone: () => void }) {
  const { t } = usePage();
  const session = useVisitor();
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <p className="deeds">
        <button type="button" className="button" onClick={() => setAsking(true)}>
          {t("undo")}
        </button>
      </p>
    );
  }
  return (
    <Sure
      title={t("undoTitle", { number: version })}
      deed={t("undo")}
      onSure={() => change(session, "POST", `${documentPath(document)}/feedback/${version}/undo`)}
      onEnd={(done) => {
        setAsking(false);
        if (done) {
          onUndone();
        }
      }}
    >
      <p>{t("undoHint")}</p>
    </Sure>
  );
}
