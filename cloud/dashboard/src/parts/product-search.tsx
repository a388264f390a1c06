import { useEffect, useState } from "react";
import type { Page, Product } from "../api/types";
import { useAsked } from "../fleet/asked";
import { nameOf } from "../fleet/products";
import { usePage } from "../page";
import { PartState } from "./part-state";

/** A pause in writing that means a word is done. */
const PAUSE_MS = 250;
/** Products that a search shows. */
const FOUND = 8;

interface Props {
  readonly label: string;
  readonly onFound: (product: string, name: string) => void;
}

/** Looks among the shop's products for what is written, a moment after the last key; each that is found is a button. */
export function ProductSearch({ label, onFound }: Props) {
  const { language, t } = usePage();
  const [written, setWritten] = useState("");
  const [search, setSearch] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSearch(written.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  const { part } = useAsked<Page<Product>>(search === "" ? null : `/api/v1/products?limit=${FOUND}&search=${encodeURIComponent(search)}`);
  const found = search === "" ? [] : (part.value?.items ?? []);
  return (
    <form role="search" className="finder" onSubmit={(event) => event.preventDefault()}>
      <label className="field">
        <span>{label}</span>
        <input type="search" value={written} maxLength={100} placeholder={t("findHint")} onChange={(event) => setWritten(event.target.value)} />
      </label>
      <div className="choices-found" aria-live="polite">
        {search !== "" && <PartState part={part} />}
        {search !== "" && part.value !== null && found.length === 0 && <p className="soft">{t("findNothing", { search })}</p>}
        {found.length > 0 && (
          <ul className="choices" aria-label={label}>
            {found.map((product) => {
              const name = nameOf(product, language.code);
              return <ProductButton key={product.id} name={name} numbers={[product.sku, product.gtin].filter((one) => one !== undefined).join(" · ")} onPress={() => onFound(product.id, name)} />;
            })}
          </ul>
        )}
      </div>
    </form>
  );
}

interface ButtonProps {
  readonly name: string;
  readonly numbers: string;
  readonly note?: string;
  readonly onPress: () => void;
}

export function ProductButton({ name, numbers, note, onPress }: ButtonProps) {
  return (
    <li>
      <button type="button" className="button choice-button" onClick={onPress}>
        <span>{name}</span>
        <span className="under id">{numbers}</span>
        {note !== undefined && <span className="under">{note}</span>}
      </button>
    </li>
  );
}
