import type { ForecastBrief } from "../api/types";
import { usePage } from "../page";

/** How good it has been against repeating the last week, as a share. */
export function Goodness({ forecast }: { readonly forecast: Pick<ForecastBrief, "goodness"> }) {
  const { language, t } = usePage();
  const { goodness } = forecast;
  if (goodness === undefined || goodness === null || goodness.seasonal_naive_mase === 0) {
    return <span className="soft">{t("goodnessUnknown")}</span>;
  }
  const share = 1 - goodness.mase / goodness.seasonal_naive_mase;
  const percent = new Intl.NumberFormat(language.locale, { style: "percent" }).format(Math.abs(share));
  return <>{t(goodness.is_better ? "goodnessBetter" : "goodnessWorse", { percent })}</>;
}
