import { useState } from "react";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { addressOf } from "../route";

/** What the whole catalogue is given out as. */
const KINDS = ["csv", "xlsx", "json", "commerceml"] as const;

/** What can be done with the whole catalogue: taken in, given out, looked at. */
export function FileDeeds() {
  const { t } = usePage();
  const session = useVisitor();
  const [open, setOpen] = useState(false);
  return (
    <div className="file-deeds">
      <p className="deeds">
        {may(session, "change-products") && (
          <a className="button" href={addressOf("products", null, { show: "import" })}>
            {t("importTitle")}
          </a>
        )}
        <button type="button" className="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t("exportTitle")}
        </button>
        <a className="button" href={addressOf("products", null, { show: "check" })}>
          {t("checkTitle")}
        </a>
      </p>
      {open && (
        <ul className="deeds export-kinds" aria-label={t("exportTitle")}>
          {KINDS.map((kind) => (
            <li key={kind}>
              <a className="button" href={`/api/v1/catalogue/export?format=${kind}`} download>
                {t(`exportAs_${kind}`)}
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
