import type { Items, Template } from "../api/types";
import { useAsked } from "../fleet/asked";
import { EVENTS, TEMPLATE_LANGUAGES, useWord } from "../notices/words";
import { usePage } from "../page";
import { addressOf } from "../route";
import { Cell, Column } from "./cell";
import { BackIcon } from "./icons";
import { PartState } from "./part-state";
import { TemplateEditor } from "./template-editor";

/** The words for every event in every language, and one of them to be changed. */
export function Templates({ params }: { readonly params: URLSearchParams }) {
  const { t } = usePage();
  const { part, again } = useAsked<Items<Template>>("/api/v1/notice-templates");
  const [event, language] = [params.get("event"), params.get("language")];
  const templates = part.value?.items ?? [];
  const chosen = templates.find((one) => one.event === event && one.language === language);
  if (chosen !== undefined) {
    return (
      <>
        <p>
          <a className="back" href={addressOf("messages")}>
            <BackIcon />
            {t("wordsAll")}
          </a>
        </p>
        {/* Another event or language is another draft. */}
        <TemplateEditor key={`${chosen.event} ${chosen.language} ${chosen.version}`} template={chosen} onKept={again} />
      </>
    );
  }
  return (
    <section className="panel store" aria-labelledby="words">
      <div>
        <h2 id="words">{t("wordsTitle")}</h2>
        <p className="soft small">{t("wordsHint")}</p>
      </div>
      <PartState part={part} />
      {templates.length > 0 && <TemplateTable templates={templates} />}
    </section>
  );
}

function TemplateTable({ templates }: { readonly templates: readonly Template[] }) {
  const { t } = usePage();
  const word = useWord();
  return (
    <table role="table" className="rows template-table">
      <caption className="hidden">{t("wordsTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("wantedEvent")}</Column>
          {TEMPLATE_LANGUAGES.map(([code, name]) => (
            <Column key={code}>{name}</Column>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {EVENTS.map((event) => (
          <tr role="row" key={event} data-event={event}>
            <th role="rowheader" scope="row">
              {word("event", event)}
            </th>
            {TEMPLATE_LANGUAGES.map(([code, name]) => {
              const template = templates.find((one) => one.event === event && one.language === code);
              return (
                <Cell key={code} label={name}>
                  {template !== undefined && (
                    <a
                      className="row-link"
                      href={addressOf("messages", null, { event, language: code })}
                      aria-label={`${word("event", event)}, ${name}: ${versionOf(template, t)}`}
                    >
                      {versionOf(template, t)}
                    </a>
                  )}
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Whose words they are. */
export function versionOf(template: Template, t: ReturnType<typeof usePage>["t"]): string {
  return template.version === 0 || template.template.body === "" ? t("wordsBuiltIn") : t("wordsOwn", { version: template.version });
}
