import type { ReactNode } from "react";
import type { Store } from "../api/types";
import type { Key } from "../i18n/language";
import { usePage } from "../page";

interface Props<V extends string> {
  readonly stores: readonly Store[];
  readonly store: Store;
  readonly label: string;
  readonly views: readonly (readonly [V, Key])[];
  readonly view: string;
  readonly addressFor: (store: string, view: string) => string;
  /** What else can be done there. */
  readonly children?: ReactNode;
}

/** Of which store somebody sees what: the store where there are several, and the views of a place. */
export function StoreViews<V extends string>({ stores, store, label, views, view, addressFor, children }: Props<V>) {
  const { t } = usePage();
  return (
    <div className="stock-head">
      {stores.length > 1 && (
        <label className="choice store-choice">
          <span>{t("chooseStore")}</span>
          <select value={store.id} onChange={(event) => location.assign(addressFor(event.target.value, view))}>
            {stores.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <nav className="places views" aria-label={label}>
        <ul>
          {views.map(([name, key]) => (
            <li key={name}>
              <a href={addressFor(store.id, name)} aria-current={name === view ? "page" : undefined}>
                {t(key)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {children}
    </div>
  );
}
