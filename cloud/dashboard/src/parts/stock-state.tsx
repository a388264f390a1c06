import { isKey } from "../i18n/translate";
import { usePage } from "../page";

/** Whether there is enough of something, in words. */
export function StockState({ state }: { readonly state: string }) {
  const { language, t } = usePage();
  const key = `stockState_${state}`;
  return (
    <span className="stock-state" data-state={state}>
      {isKey(language, key) ? t(key) : state}
    </span>
  );
}
