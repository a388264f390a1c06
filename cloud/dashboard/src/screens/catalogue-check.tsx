import type { CatalogueReport } from "../api/types";
import { useAsked } from "../fleet/asked";
import { usePage } from "../page";
import { FindingCodes, Findings } from "../parts/findings";
import { PartState } from "../parts/part-state";
import { addressOf } from "../route";

/** Findings on a page. */
const SHOWN = 50;

/** The present catalogue, looked at for what is odd. */
export function CatalogueCheck({ params }: { readonly params: URLSearchParams }) {
  const { t } = usePage();
  const [code, after] = [params.get("code") ?? "", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN), ...(code === "" ? {} : { code }), ...(after === "" ? {} : { after }) });
  const { part } = useAsked<CatalogueReport>(`/api/v1/catalogue/report?${query}`);
  const report = part.value;
  const go = (to: Readonly<Record<string, string>>) => addressOf("products", null, { show: "check", ...to });
  return (
    <section className="panel store" aria-label={t("checkTitle")}>
      <p>
        <a href={addressOf("products")}>{t("backToProducts")}</a>
      </p>
      <h2>{t("checkTitle")}</h2>
      <PartState part={part} />
      {report !== null && <p className="soft">{t("checkHint", { count: report.products })}</p>}
      {report !== null && report.counts.length === 0 && (
        <div className="empty">
          <h3>{t("checkEmpty")}</h3>
          <p className="soft">{t("checkEmptyHint")}</p>
        </div>
      )}
      {report !== null && report.counts.length > 0 && (
        <>
          <FindingCodes counts={report.counts} chosen={code} onChoose={(chosen) => location.assign(go({ code: chosen }))} />
          <Findings findings={report.items} linked />
        </>
      )}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={go({ code })}>
            {t("firstPage")}
          </a>
        )}
        {report?.next !== undefined && (
          <a className="button" href={go({ code, after: report.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}
