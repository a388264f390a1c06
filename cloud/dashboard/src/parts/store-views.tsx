import type { ReactNode } from "react";
import type { Store } from "../api/types";
import type { Key } from "../i18n/language";
import { usePage } from "../page";
import { StoreChoice } from "./store-choice";

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
      <StoreChoice stores={stores} store={store} addressFor={(id) => addressFor(id, view)} />
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
