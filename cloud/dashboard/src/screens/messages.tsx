import type { FleetKnown } from "../fleet/known";
import type { Key } from "../i18n/language";
import { usePage } from "../page";
import { Broadcasts } from "../parts/broadcasts";
import { Deliveries } from "../parts/deliveries";
import { Templates } from "../parts/templates";
import { addressOf } from "../route";

const VIEWS = [
  [null, "wordsTitle"],
  ["broadcasts", "broadcastsTitle"],
  ["deliveries", "deliveriesTitle"],
] as const satisfies readonly (readonly [string | null, Key])[];

interface Props {
  readonly known: FleetKnown;
  /** Which of its views: the words (`null`), what was told to all, or what was sent. */
  readonly view: string | null;
  readonly params: URLSearchParams;
}

/** What people are told, in which words, and what became of it. */
export function Messages({ known, view, params }: Props) {
  const { t } = usePage();
  return (
    <div className="place-parts">
      <nav className="places views" aria-label={t("messagesTitle")}>
        <ul>
          {VIEWS.map(([of, title]) => (
            <li key={title}>
              <a href={addressOf("messages", of)} aria-current={of === view ? "page" : undefined}>
                {t(title)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {view === "broadcasts" && <Broadcasts known={known} />}
      {view === "deliveries" && <Deliveries known={known} params={params} />}
      {view !== "broadcasts" && view !== "deliveries" && <Templates params={params} />}
    </div>
  );
}
