import type { Dataset } from "../exports/choices";
import { usePage, useVisitor } from "../page";
import { may, mayAnywhere } from "../roles";
import { addressOf } from "../route";
import { NextIcon } from "./icons";

/** The way to the export of what is looked at, for whoever may ask for it. */
export function ExportLink({ dataset, store }: { readonly dataset: Dataset; readonly store?: string }) {
  const { t } = usePage();
  const session = useVisitor();
  if (store === undefined ? !mayAnywhere(session, "make-exports") : !may(session, "make-exports", store)) {
    return null;
  }
  return (
    <p className="export-link">
      <a className="row-link" href={addressOf("exports", null, { dataset, store: store ?? "" })} aria-label={t("exportLinkNamed", { what: t(`dataset_${dataset}`) })}>
        {t("exportLink")}
        <NextIcon />
      </a>
    </p>
  );
}
