import { useCallback } from "react";
import type { Page, Product } from "../api/types";
import { useAsked } from "../fleet/asked";
import type { FleetKnown } from "../fleet/known";
import { nameOf, priceOf } from "../fleet/products";
import { usePage, useVisitor } from "../page";
import { Cell, Column } from "../parts/cell";
import { FileDeeds } from "../parts/file-deeds";
import { Finder } from "../parts/finder";
import { NextIcon } from "../parts/icons";
import { NewProduct } from "../parts/new-product";
import { PartState } from "../parts/part-state";
import { may } from "../roles";
import { addressOf, replaceAddress } from "../route";

/** Products on a page. */
const SHOWN = 50;

interface Props {
  readonly known: FleetKnown;
  readonly params: URLSearchParams;
}

/** Every product of the organisation: found by name or number, opened to be changed. */
export function Products({ known, params }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const stores = known.stores.value?.map(({ store }) => store) ?? [];
  const [search, archived, after] = [params.get("search") ?? "", params.get("archived") ?? "", params.get("after") ?? ""];
  const query = new URLSearchParams({ limit: String(SHOWN) });
  for (const [name, value] of [["search", search], ["archived", archived === "yes" ? "true" : ""], ["after", after]] as const) {
    if (value !== "") {
      query.set(name, value);
    }
  }
  const { part } = useAsked<Page<Product>>(`/api/v1/products?${query}`);
  return (
    <section className="panel store" aria-label={t("productsTitle")}>
      <Search search={search} archived={archived} />
      <FileDeeds />
      {may(session, "change-products") && <NewProduct stores={stores} />}
      <PartState part={part} />
      {part.value !== null && part.value.items.length === 0 && <NoProducts search={search} archived={archived} />}
      {part.value !== null && part.value.items.length > 0 && <ProductTable products={part.value.items} />}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("products", null, { search, archived })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("products", null, { search, archived, after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}

function Search({ search, archived }: { readonly search: string; readonly archived: string }) {
  const { t } = usePage();
  const seek = useCallback((wanted: string) => replaceAddress(addressOf("products", null, { search: wanted, archived })), [archived]);
  return (
    <Finder label={t("find")} hint={t("findHint")} search={search} onSearch={seek}>
      <label className="choice">
        <span>{t("findWhich")}</span>
        <select value={archived} onChange={(event) => location.assign(addressOf("products", null, { search, archived: event.target.value }))}>
          <option value="">{t("findSold")}</option>
          <option value="yes">{t("findArchived")}</option>
        </select>
      </label>
    </Finder>
  );
}

function NoProducts({ search, archived }: { readonly search: string; readonly archived: string }) {
  const { t } = usePage();
  if (search !== "") {
    return (
      <div className="empty">
        <h2>{t("findNothing", { search })}</h2>
        <p className="soft">{t("findNothingHint")}</p>
      </div>
    );
  }
  return (
    <div className="empty">
      <h2>{t(archived === "" ? "productsEmpty" : "archivedEmpty")}</h2>
      <p className="soft">{t(archived === "" ? "productsEmptyHint" : "archivedEmptyHint")}</p>
    </div>
  );
}

function ProductTable({ products }: { readonly products: readonly Product[] }) {
  const { language, money, t } = usePage();
  return (
    <table role="table" className="rows products">
      <caption className="hidden">{t("productsTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column>{t("columnNumbers")}</Column>
          <Column>{t("columnCategory")}</Column>
          <Column numeric>{t("columnPrice")}</Column>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {products.map((product) => (
          <tr role="row" key={product.id} data-product={product.id}>
            <th role="rowheader" scope="row">
              <a className="row-link" href={addressOf("products", product.id)}>
                {nameOf(product, language.code)}
                <NextIcon />
              </a>
            </th>
            <Cell label={t("columnNumbers")}>
              <span className="id">{product.sku}</span>
              {product.gtin !== undefined && <span className="under id">GTIN {product.gtin}</span>}
              {product.plu !== undefined && <span className="under id">PLU {product.plu}</span>}
            </Cell>
            <Cell label={t("columnCategory")}>{product.category_name ?? <span className="soft">{t("none")}</span>}</Cell>
            <Cell label={t("columnPrice")} numeric>
              <span className="amount">{money(priceOf(product))}</span>
              <span className="under">{t(product.unit === "kg" ? "perKg" : "perPiece")}</span>
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
