import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import { change, type Failure } from "../api/calls";
import type { Items, Problem, Template, TemplateForm, TemplatePreview } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { Key } from "../i18n/language";
import { TEMPLATE_LANGUAGES, useWord } from "../notices/words";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { Moment } from "./moment";
import { Sure } from "./sure";
import { versionOf } from "./templates";

/** How long nothing was written before the preview follows. */
const PREVIEW_AFTER_MS = 350;
const PARTS = ["subject", "body", "html"] as const;
type PartName = (typeof PARTS)[number];
const LABELS: Readonly<Record<PartName, Key>> = { subject: "wordsSubject", body: "wordsBody", html: "wordsHtml" };

interface Props {
  readonly template: Template;
  readonly onKept: () => void;
}

/** The words for an event in a language: written, looked at as they will be read, kept, and taken back. */
export function TemplateEditor({ template, onKept }: Props) {
  const { t } = usePage();
  const word = useWord();
  const session = useVisitor();
  const [draft, setDraft] = useState<TemplateForm>({ ...template.template, html: template.template.html ?? "" });
  const mayChange = may(session, "change-words");
  const { preview, problem } = usePreview(template.event, draft, mayChange);
  const fields = useRef<HTMLDivElement>(null);
  const language = TEMPLATE_LANGUAGES.find(([code]) => code === template.language)?.[1] ?? template.language;
  return (
    <section className="panel store" aria-labelledby="template" data-template={`${template.event}/${template.language}`}>
      <div>
        <h2 id="template">
          {word("event", template.event)}, {language}
        </h2>
        <p className="soft small">{versionOf(template, t)}</p>
      </div>
      {!mayChange && <p className="soft">{t("wordsForbidden")}</p>}
      <div className="template-sides">
        <div className="template-fields" ref={fields}>
          <Names names={template.fields} within={fields} onDraft={setDraft} disabled={!mayChange} />
          {PARTS.map((part) => (
            <PartField key={part} part={part} text={draft[part] ?? ""} problem={problem?.part === part ? problem : null} readOnly={!mayChange} onText={(text) => setDraft((before) => ({ ...before, [part]: text }))} />
          ))}
        </div>
        <Preview preview={preview} problem={problem} />
      </div>
      {mayChange && <Keep template={template} draft={draft} isWrong={problem !== null} onKept={onKept} />}
      <TemplateVersions template={template} mayChange={mayChange} onKept={onKept} />
    </section>
  );
}

/** How the words will be read, asked of the cloud once nobody writes any more, or what is wrong with them. */
function usePreview(event: string, draft: TemplateForm, mayAsk: boolean) {
  const session = useVisitor();
  const [seen, setSeen] = useState<{ readonly preview: TemplatePreview | null; readonly problem: Problem | null }>({ preview: null, problem: null });
  useEffect(() => {
    if (!mayAsk || draft.body === "") {
      setSeen({ preview: null, problem: null });
      return;
    }
    let here = true;
    const timer = setTimeout(async () => {
      const outcome = await change<TemplatePreview>(session, "POST", "/api/v1/notice-templates/preview", { event, template: draft });
      if (!here) {
        return;
      }
      if (outcome.ok) {
        setSeen({ preview: outcome.value, problem: null });
      } else if (outcome.failure.kind === "refused") {
        const { problem } = outcome.failure;
        setSeen((before) => ({ ...before, problem }));
      }
    }, PREVIEW_AFTER_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [session, event, draft, mayAsk]);
  return seen;
}

interface NamesProps {
  readonly names: readonly string[];
  readonly within: RefObject<HTMLDivElement | null>;
  readonly onDraft: (write: (before: TemplateForm) => TemplateForm) => void;
  readonly disabled: boolean;
}

/** What the words can name; pressed, it is written where the cursor was last. */
function Names({ names, within, onDraft, disabled }: NamesProps) {
  const { t } = usePage();
  const last = useRef<PartName>("body");
  useEffect(() => {
    const box = within.current;
    const note = (event: FocusEvent) => {
      const part = PARTS.find((one) => event.target instanceof HTMLElement && event.target.dataset.part === one);
      last.current = part ?? last.current;
    };
    box?.addEventListener("focusin", note);
    return () => box?.removeEventListener("focusin", note);
  }, [within]);
  const write = (name: string) => {
    const part = last.current;
    const field = within.current?.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[data-part=${part}]`);
    const [from, until] = [field?.selectionStart ?? 0, field?.selectionEnd ?? 0];
    const said = `{{ ${name} }}`;
    onDraft((before) => {
      const text = before[part] ?? "";
      return { ...before, [part]: text.slice(0, from) + said + text.slice(until) };
    });
    // Once it is drawn, writing goes on behind it.
    requestAnimationFrame(() => {
      field?.focus();
      field?.setSelectionRange(from + said.length, from + said.length);
    });
  };
  return (
    <div role="group" aria-labelledby="template-names" className="template-names">
      <h3 id="template-names">{t("wordsNames")}</h3>
      <div className="deeds">
        {names.map((name) => (
          <button key={name} type="button" className="button name-button id" disabled={disabled} onClick={() => write(name)}>
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}

interface PartFieldProps {
  readonly part: PartName;
  readonly text: string;
  readonly problem: Problem | null;
  readonly readOnly: boolean;
  readonly onText: (text: string) => void;
}

function PartField({ part, text, problem, readOnly, onText }: PartFieldProps) {
  const { t } = usePage();
  const told = `template-${part}-wrong`;
  const own = {
    "data-part": part,
    value: text,
    readOnly,
    spellCheck: part !== "html",
    "aria-invalid": problem !== null || undefined,
    "aria-describedby": problem === null ? undefined : told,
  };
  return (
    <div className="field-box">
      <label className="field">
        <span>{t(LABELS[part])}</span>
        {part === "subject" ? (
          <input {...own} maxLength={500} onChange={(event) => onText(event.target.value)} />
        ) : (
          <textarea {...own} rows={part === "body" ? 7 : 4} onChange={(event) => onText(event.target.value)} />
        )}
      </label>
      <div id={told} role="alert">
        {problem !== null && <TemplateWrong problem={problem} />}
      </div>
    </div>
  );
}

/** What is wrong in a part of a template; the details are Jinja's own, which speaks English. */
function TemplateWrong({ problem }: { readonly problem: Problem }) {
  const { t } = usePage();
  const line = problem.line ?? 0;
  return (
    <p className="field-wrong">
      {line > 0 ? t("wordsWrongLine", { line }) : t("wordsWrong")} <span lang="en">{reasonOf(problem.detail)}</span>
    </p>
  );
}

/** The cloud says what, where and why; where is said beside the part already. */
function reasonOf(detail: string): string {
  return detail.replace(/^the template cannot be filled in: \w+(, line \d+)?: /, "");
}

function Preview({ preview, problem }: { readonly preview: TemplatePreview | null; readonly problem: Problem | null }) {
  const { t } = usePage();
  return (
    <div className="template-preview" aria-live="polite">
      <h3>{t("wordsPreview")}</h3>
      {problem !== null && problem.part === undefined && <p className="field-wrong">{problem.detail}</p>}
      {preview === null ? (
        <p className="soft">{t("wordsPreviewNone")}</p>
      ) : (
        <div className="notice" data-preview data-stale={problem !== null || undefined}>
          <p>
            <strong>{preview.subject}</strong>
          </p>
          <p className="notice-text">{preview.body}</p>
        </div>
      )}
      <p className="soft small">{t("wordsPreviewHint")}</p>
    </div>
  );
}

function path(template: Template): string {
  return `/api/v1/notice-templates/${template.event}/${template.language}`;
}

const BUILT_IN: TemplateForm = { subject: "", body: "", html: "" };

interface KeepProps {
  readonly template: Template;
  readonly draft: TemplateForm;
  readonly isWrong: boolean;
  readonly onKept: () => void;
}

function Keep({ template, draft, isWrong, onKept }: KeepProps) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const isOwn = template.version > 0 && template.template.body !== "";
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy || isWrong || draft.body.trim() === "") {
      return;
    }
    setBusy(true);
    const outcome = await change(session, "PUT", path(template), draft);
    setBusy(false);
    setFailure(outcome.ok ? null : outcome.failure);
    if (outcome.ok) {
      onKept();
    }
  };
  return (
    <>
      <form className="deeds" onSubmit={(event) => void submit(event)}>
        <button type="submit" className="button button-primary" aria-disabled={busy || isWrong || draft.body.trim() === ""}>
          {t("wordsKeep")}
        </button>
        {isOwn && (
          <button type="button" className="button" onClick={() => setAsking(true)}>
            {t("wordsReset")}
          </button>
        )}
        <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
      </form>
      {asking && (
        <Sure
          title={t("wordsResetTitle")}
          deed={t("wordsReset")}
          onSure={() => change(session, "PUT", path(template), BUILT_IN)}
          onEnd={(done) => {
            setAsking(false);
            if (done) {
              onKept();
            }
          }}
        >
          <p>{t("wordsResetHint")}</p>
        </Sure>
      )}
    </>
  );
}

function TemplateVersions({ template, mayChange, onKept }: { readonly template: Template; readonly mayChange: boolean; readonly onKept: () => void }) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const { part, again } = useAsked<Items<Template>>(`${path(template)}/versions`);
  const [failure, setFailure] = useState<Failure | null>(null);
  const versions = part.value?.items ?? [];
  if (versions.length === 0) {
    return null;
  }
  const goBack = async (version: Template) => {
    const outcome = await change(session, "PUT", path(template), version.template);
    setFailure(outcome.ok ? null : outcome.failure);
    if (outcome.ok) {
      again();
      onKept();
    }
  };
  return (
    <div className="product-part">
      <h3>{t("wordsVersions")}</h3>
      <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
      <ul className="versions">
        {versions.map((version) => (
          <li key={version.version} data-version={version.version}>
            <strong>{t("versionNumber", { number: version.version })}</strong>
            {version.made_at_ms !== undefined && (
              <span className="soft">
                <Moment atMs={version.made_at_ms} timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone} />
              </span>
            )}
            <span className="under">{version.template.body === "" ? t("wordsBuiltIn") : version.template.subject}</span>
            {mayChange && version.version !== template.version && (
              <span className="deeds">
                <button type="button" className="button" aria-label={t("wordsGoBackTo", { number: version.version })} onClick={() => void goBack(version)}>
                  {t("wordsGoBack")}
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
