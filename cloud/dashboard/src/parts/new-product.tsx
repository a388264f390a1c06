import { type FormEvent, type RefObject, useRef, useState } from "react";
import { formatRate } from "../../../../shared/pages/amounts";
import { type Failure, upload } from "../api/calls";
import type { Category, Items, Product, ProductRegistered, Proposal, Store } from "../api/types";
import { amountText } from "../documents/shown";
import { useAsked } from "../fleet/asked";
import { readPrice, taxesOf } from "../fleet/products";
import { usePage, useVisitor } from "../page";
import { addressOf } from "../route";
import { PHOTO_KINDS, photosWrong } from "./photos";

/** Adds a product with its photos, and leads to it. */
export function NewProduct({ stores }: { readonly stores: readonly Store[] }) {
  const { t } = usePage();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <div className="new-product">
      <button ref={opener} type="button" className="button" aria-expanded={open} onClick={() => (open ? close() : setOpen(true))}>
        {t("newProduct")}
      </button>
      {open && <NewProductForm stores={stores} onLeave={close} />}
    </div>
  );
}

/** The fields that can be wrong, by the names that the cloud has for them. */
type Field = "name" | "category_name" | "price" | "tax_code";

interface Wrong {
  /** `null` for what concerns no field of this form. */
  readonly field: Field | null;
  readonly text: string;
}

interface FormProps {
  readonly stores: readonly Store[];
  /** What is known of it already. */
  readonly proposal?: Proposal;
  readonly onLeave: () => void;
  /** Leads to the product when left out. */
  readonly onMade?: (product: Product) => void;
}

export function NewProductForm({ stores, proposal, onLeave, onMade = openProduct }: FormProps) {
  const { language, t } = usePage();
  const form = useRef<HTMLFormElement>(null);
  const { busy, wrong, submit, forgive } = useNewProduct(form, stores, onMade);
  const [photos, setPhotos] = useState(0);
  const categories = useAsked<Items<Category>>("/api/v1/categories").part.value?.items ?? [];
  const told = (field: Field) => (wrong?.field === field ? { "aria-invalid": true, "aria-describedby": "new-product-wrong" } : {});
  return (
    <form
      ref={form}
      className="inline-form"
      noValidate
      onSubmit={(event) => void submit(event)}
      onInput={forgive}
      onKeyDown={(event) => event.key === "Escape" && onLeave()}
    >
      <label className="field">
        <span>{t("newProductName")}</span>
        <input name="name" autoFocus maxLength={200} autoComplete="off" defaultValue={proposal?.name} {...told("name")} />
      </label>
      <label className="field">
        <span>{t("columnCategory")}</span>
        <input name="category_name" list="categories" maxLength={200} autoComplete="off" defaultValue={proposal?.category} {...told("category_name")} />
        <datalist id="categories">
          {categories.map((category) => (
            <option key={category.name} value={category.name} />
          ))}
        </datalist>
      </label>
      <label className="field field-short">
        <span>{t("columnPrice")}</span>
        <input name="price" inputMode="decimal" maxLength={16} autoComplete="off" {...told("price")} />
      </label>
      <label className="choice">
        <span>{t("newProductUnit")}</span>
        <select name="unit" defaultValue={proposal?.unit}>
          <option value="piece">{t("perPiece")}</option>
          <option value="kg">{t("perKg")}</option>
        </select>
      </label>
      <label className="choice">
        <span>{t("factTax")}</span>
        <select name="tax_code" defaultValue={proposal?.tax_code} {...told("tax_code")}>
          {taxesOf(stores).map(([code, basisPoints]) => (
            <option key={code} value={code}>
              {t("taxNamed", { code, rate: formatRate(basisPoints, language.locale) })}
            </option>
          ))}
        </select>
      </label>
      {proposal?.gtin !== undefined && <input type="hidden" name="gtin" value={proposal.gtin} />}
      {proposal?.cost !== undefined && <p className="soft small wide">{t("newProductCost", { cost: amountText(proposal.cost, proposal.currency, language.locale) })}</p>}
      <div className="add-photos wide">
        <label className="button">
          {t("photosAdd")}
          <input
            name="images"
            className="hidden"
            type="file"
            accept={PHOTO_KINDS}
            multiple
            aria-describedby="new-product-photos"
            onChange={(event) => setPhotos(event.currentTarget.files?.length ?? 0)}
          />
        </label>
        <p id="new-product-photos" className="small">
          {photos > 0 ? <strong>{t("photosChosen", { count: photos })}</strong> : <span className="soft">{t("photosHint")}</span>}
        </p>
      </div>
      <button type="submit" className="button button-primary" aria-disabled={busy}>
        {t(busy ? "newProductAdding" : "newTillAdd")}
      </button>
      <div role="alert" id="new-product-wrong">
        {wrong !== null && <p className="banner banner-error">{wrong.text}</p>}
      </div>
    </form>
  );
}

const FIELDS: readonly Field[] = ["name", "category_name", "price", "tax_code"];

function openProduct(product: Product): void {
  location.assign(addressOf("products", product.id));
}

/** Sends the form, and leads to where it is wrong or on with the product. */
function useNewProduct(form: RefObject<HTMLFormElement | null>, stores: readonly Store[], onMade: (product: Product) => void) {
  const { failure: textOf, language, t } = usePage();
  const session = useVisitor();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const refuse = (field: Field | null, text: string) => {
    setWrong({ field, text });
    form.current?.querySelector<HTMLElement>(`[name=${field ?? "name"}]`)?.focus();
  };
  const refused = (failure: Failure) => {
    const named = failure.kind === "refused" ? FIELDS.find((one) => one === failure.problem.field) : undefined;
    refuse(named ?? null, failure.kind === "unreachable" ? t("problemUnreachableOnce") : textOf(failure));
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (form.current === null || busy) {
      return;
    }
    const data = new FormData(form.current);
    const written = (name: string) => String(data.get(name) ?? "").trim();
    const price = readPrice(written("price"));
    const files = data.getAll("images").filter((one): one is File => one instanceof File && one.size > 0);
    const photos = photosWrong(files);
    if (written("name") === "") {
      return refuse("name", t("newProductNoName"));
    }
    if (written("category_name") === "") {
      return refuse("category_name", t("newProductNoCategory"));
    }
    if (price === null) {
      return refuse("price", t("priceWrong", { example: "2.49" }));
    }
    if (photos !== null) {
      return refuse(null, t(photos.key, photos.values));
    }
    data.set("price", price);
    data.set("language", language.code);
    data.delete("images");
    files.forEach((file) => data.append("images", file));
    if (stores.length === 0) {
      data.delete("tax_code");
    }
    setBusy(true);
    setWrong(null);
    const outcome = await upload<ProductRegistered>(session, "/api/v1/products", data);
    setBusy(false);
    if (outcome.ok) {
      onMade(outcome.value.product);
    } else {
      refused(outcome.failure);
    }
  };
  return { busy, wrong, submit, forgive: () => setWrong(null) };
}
