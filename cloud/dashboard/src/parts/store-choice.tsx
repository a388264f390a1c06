import type { Store } from "../api/types";
import { usePage } from "../page";

interface Props {
  readonly stores: readonly Store[];
  readonly store: Store;
  readonly addressFor: (store: string) => string;
}

/** Leads to the same place of another store, where there are several. */
export function StoreChoice({ stores, store, addressFor }: Props) {
  const { t } = usePage();
  if (stores.length < 2) {
    return null;
  }
  return (
    <label className="choice store-choice">
      <span>{t("chooseStore")}</span>
      <select value={store.id} onChange={(event) => location.assign(addressFor(event.target.value))}>
        {stores.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </select>
    </label>
  );
}
