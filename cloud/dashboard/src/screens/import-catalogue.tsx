import { useState } from "react";
import { upload } from "../api/calls";
import type { CatalogueImport, Page } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { isKey } from "../i18n/translate";
import { usePage, useVisitor } from "../page";
import { Cell, Column } from "../parts/cell";
import { Moment } from "../parts/moment";
import { PartState } from "../parts/part-state";
import { may } from "../roles";
import { addressOf } from "../route";
import { ImportPlan } from "./import-plan";

/** Imports of before that are shown. */
const SHOWN = 10;
const MATCHES = ["any", "id", "gtin", "sku"] as const;
const MISSING = ["leave", "retire"] as const;
/** Languages that names without one can be in. */
const LANGUAGES = [
  ["en", "English"],
  ["ru", "Русский"],
  ["de", "Deutsch"],
] as const;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** Takes a catalogue in from a file: chosen, planned, applied. */
export function ImportCatalogue({ known, params }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const timeZone = known.stores.value?.[0]?.store.time_zone ?? "UTC";
  const id = params.get("import");
  return (
    <>
      <p>
        <a href={addressOf("products")}>{t("backToProducts")}</a>
      </p>
      {!may(session, "change-products") && <p className="soft">{t("importForbidden")}</p>}
      {may(session, "change-products") && id === null && <SendFile />}
      {id === null ? <Recent timeZone={timeZone} /> : <ImportPlan key={id} id={id} params={params} />}
    </>
  );
}

function SendFile() {
  const { language, t, failure: textOf } = usePage();
  const session = useVisitor();
  const [match, setMatch] = useState<string>("any");
  const [missing, setMissing] = useState<string>("leave");
  const [names, setNames] = useState<string>(language.code);
  const [from, setFrom] = useState("");
  const [sending, setSending] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const send = async (file: File | undefined) => {
    if (file === undefined || sending !== null) {
      return;
    }
    setWrong(null);
    setSending(file.name);
    const form = new FormData();
    form.append("file", file);
    const query = new URLSearchParams({ match, missing, language: names, ...(from === "" ? {} : { prices_from_ms: String(new Date(from).getTime()) }) });
    const outcome = await upload<CatalogueImport>(session, `/api/v1/catalogue/imports?${query}`, form);
    setSending(null);
    if (outcome.ok) {
      location.assign(addressOf("products", null, { show: "import", import: outcome.value.id }));
    } else {
      setWrong(outcome.failure.kind === "unreachable" ? t("problemUnreachableOnce") : textOf(outcome.failure));
    }
  };
  return (
    <section className="panel store" aria-label={t("importTitle")}>
      <h2>{t("importTitle")}</h2>
      <div className="inline-form">
        <Choice label={t("importMatch")} value={match} onChoose={setMatch} options={MATCHES.map((one) => [one, t(`importMatch_${one}`)])} />
        <Choice label={t("importMissing")} value={missing} onChoose={setMissing} options={MISSING.map((one) => [one, t(`importMissing_${one}`)])} />
        <Choice label={t("importLanguage")} value={names} onChoose={setNames} options={LANGUAGES} />
        <label className="field">
          <span>{t("importFrom")}</span>
          <input type="datetime-local" value={from} aria-label={`${t("importFrom")} (${t("importFromNow")})`} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <div className="add-photos wide">
          <label className="button button-primary" data-busy={sending !== null || undefined}>
            {t("importChoose")}
            <input
              className="hidden"
              type="file"
              aria-describedby="import-hint"
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                event.currentTarget.value = "";
                void send(file);
              }}
            />
          </label>
          <p id="import-hint" className="soft small">
            {t("importHint")}
          </p>
        </div>
        <div role="status">{sending !== null && <p>{t("importSending", { name: sending })}</p>}</div>
        <div role="alert">{wrong !== null && <p className="sure-failed">{wrong}</p>}</div>
      </div>
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label className="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.target.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Recent({ timeZone }: { readonly timeZone: string }) {
  const { language, t } = usePage();
  const { part } = useAsked<Page<CatalogueImport>>(`/api/v1/catalogue/imports?limit=${SHOWN}`);
  const imports = part.value?.items ?? [];
  const stateOf = (state: string) => {
    const key = `importState_${state}`;
    return isKey(language, key) ? t(key) : state;
  };
  const number = new Intl.NumberFormat(language.locale);
  return (
    <section className="panel store" aria-label={t("importRecent")}>
      <h2>{t("importRecent")}</h2>
      <PartState part={part} />
      {part.value !== null && imports.length === 0 && <p className="soft">{t("importNone")}</p>}
      {imports.length > 0 && (
        <table role="table" className="rows">
          <caption className="hidden">{t("importRecent")}</caption>
          <thead role="rowgroup">
            <tr role="row">
              <Column>{t("importTitle")}</Column>
              <Column>{t("columnState")}</Column>
              <Column numeric>{t("columnChanges")}</Column>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {imports.map((one) => (
              <tr role="row" key={one.id} data-import={one.id}>
                <th role="rowheader" scope="row">
                  <a href={addressOf("products", null, { show: "import", import: one.id })}>{one.file_name}</a>
                  <span className="under">
                    <Moment atMs={one.made_at_ms} timeZone={timeZone} />
                  </span>
                </th>
                <Cell label={t("columnState")}>{stateOf(one.state)}</Cell>
                <Cell label={t("columnChanges")} numeric>
                  {number.format(one.counts.new + one.counts.changed + one.counts.retired)}
                </Cell>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
