import { useEffect, useState } from "react";
import type { CountLine, Page, StockCount } from "../api/types";
import { useAsked } from "../fleet/asked";
import { nameOf } from "../fleet/products";
import { usePage } from "../page";
import { amountOf, stockText } from "../stock/words";
import { Cell, Column } from "./cell";
import { Difference } from "./count-now";
import { PartState } from "./part-state";

/** Lines on a page. */
const SHOWN = 50;
const SHOWS = { open: "counted=false", counted: "counted=true", different: "different=true", all: "" } as const;
type Show = keyof typeof SHOWS;

interface Props {
  readonly path: string;
  readonly count: StockCount;
  /** Rises with every number that was saved. */
  readonly changed: number;
}

/** The lines of a count: what was found, beside what was expected. */
export function CountLines({ path, count, changed }: Props) {
  const { t } = usePage();
  const [show, setShow] = useState<Show>(count.state === "closed" ? "different" : "counted");
  const [after, setAfter] = useState("");
  const query = [SHOWS[show], `limit=${SHOWN}`, after === "" ? "" : `after=${encodeURIComponent(after)}`].filter((part) => part !== "").join("&");
  const { part, again } = useAsked<Page<CountLine>>(`${path}/lines?${query}`);
  useEffect(() => again(), [again, changed, count.state, count.sums.counted]);
  const lines = part.value?.items ?? [];
  return (
    <div className="product-part">
      <h3>{t("countLines")}</h3>
      <label className="choice store-choice">
        <span>{t("countShow")}</span>
        <select
          value={show}
          onChange={(event) => {
            setShow(event.target.value as Show);
            setAfter("");
          }}
        >
          {(Object.keys(SHOWS) as Show[]).map((one) => (
            <option key={one} value={one}>
              {t(`countShow_${one}`)}
            </option>
          ))}
        </select>
      </label>
      <PartState part={part} />
      {part.value !== null && lines.length === 0 && <p className="soft">{t("countNoMatch")}</p>}
      {lines.length > 0 && <LineTable lines={lines} currency={count.currency} />}
      <p className="deeds">
        {after !== "" && (
          <button type="button" className="button" onClick={() => setAfter("")}>
            {t("firstPage")}
          </button>
        )}
        {part.value?.next !== undefined && (
          <button type="button" className="button" onClick={() => setAfter(part.value?.next ?? "")}>
            {t("nextPage")}
          </button>
        )}
      </p>
    </div>
  );
}

function LineTable({ lines, currency }: { readonly lines: readonly CountLine[]; readonly currency: string }) {
  const { language, money, t } = usePage();
  const none = <span className="soft">{t("none")}</span>;
  return (
    <table role="table" className="rows count-lines">
      <caption className="hidden">{t("countLines")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column numeric>{t("columnExpected")}</Column>
          <Column numeric>{t("columnCounted")}</Column>
          <Column numeric>{t("columnFound")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {lines.map((line) => (
          <tr role="row" key={`${line.product}/${line.unit}`} data-line={line.product}>
            <th role="rowheader" scope="row">
              {nameOf({ id: line.product, name: line.name }, language.code)}
            </th>
            <Cell label={t("columnExpected")} numeric>
              {typeof line.expected === "number" ? <span className="amount">{stockText(line.expected, line.unit, language.locale, t)}</span> : none}
            </Cell>
            <Cell label={t("columnCounted")} numeric>
              {typeof line.quantity === "number" ? <span className="amount">{stockText(line.quantity, line.unit, language.locale, t)}</span> : none}
            </Cell>
            <Cell label={t("columnFound")} numeric>
              {typeof line.difference === "number" ? <Difference line={line} difference={line.difference} /> : none}
              {typeof line.worth_minor === "number" && line.worth_minor !== 0 && <span className="under">{money(amountOf(line.worth_minor, currency, language.locale))}</span>}
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
