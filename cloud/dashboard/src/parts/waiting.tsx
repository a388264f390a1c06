import { usePage } from "../page";

/** Before anything is known. */
export function Waiting() {
  const { t } = usePage();
  return (
    <main className="waiting">
      <p role="status">{t("loading")}</p>
    </main>
  );
}
