import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { change, type Failure, productPath } from "../api/calls";
import type { Product as ProductSaid, ProductRegistered } from "../api/types";
import { type Asked, useAsked } from "../fleet/asked";
import { nameOf, priceOf, readPrice, writtenPrice } from "../fleet/products";
import { usePage, useReader, useVisitor } from "../page";
import { BackIcon } from "../parts/icons";
import { PartState } from "../parts/part-state";
import { Photos } from "../parts/photos";
import { PriceHistory } from "../parts/price-history";
import { Sure } from "../parts/sure";
import { may } from "../roles";
import { addressOf } from "../route";

/** One product: what is known of it, its price, its photos, and whether it is sold. */
export function Product({ id }: { readonly id: string }) {
  const { language, t } = usePage();
  const asked = useAsked<ProductSaid>(productPath(id));
  const product = asked.part.value;
  return (
    <div className="place-parts">
      <p>
        <a className="back" href={addressOf("products")}>
          <BackIcon />
          {t("allProducts")}
        </a>
      </p>
      <PartState part={asked.part} />
      {product !== null && (
        <section className="panel store product" aria-labelledby="product" data-product={product.id}>
          <div>
            <h2 id="product">{nameOf(product, language.code)}</h2>
            <OtherNames product={product} />
          </div>
          <Facts product={product} />
          <Price product={product} asked={asked} />
          <PriceHistory key={product.updated_at_ms} product={product} />
          <Photos product={product} />
          <p className="deeds">
            <a className="button" href={addressOf("forecasts", product.id)}>
              {t("toForecast")}
            </a>
            <a className="button" href={addressOf("ordering", null, { show: "rules", product: product.id })}>
              {t("toRule")}
            </a>
          </p>
          <Archive product={product} asked={asked} />
        </section>
      )}
    </div>
  );
}

function OtherNames({ product }: { readonly product: ProductSaid }) {
  const { language } = usePage();
  const shown = nameOf(product, language.code);
  const others = Object.entries<string>(product.name).filter(([, name]) => name !== shown);
  return (
    others.length > 0 && (
      <p className="soft small">
        {others.map(([code, name]) => (
          <span key={code} lang={code} className="other-name">
            {name}
          </span>
        ))}
      </p>
    )
  );
}

function Facts({ product }: { readonly product: ProductSaid }) {
  const { t } = usePage();
  const fact = (label: string, value: ReactNode) => (
    <div className="fact">
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
  return (
    <dl className="facts">
      {fact(t("factSku"), <span className="id">{product.sku}</span>)}
      {product.gtin !== undefined && fact("GTIN", <span className="id">{product.gtin}</span>)}
      {product.plu !== undefined && fact("PLU", <span className="id">{product.plu}</span>)}
      {fact(t("columnCategory"), product.category_name ?? t("none"))}
      {fact(t("factTax"), <span className="id">{product.tax_code}</span>)}
      {product.age_limit !== undefined && fact(t("factAge"), t("fromAge", { years: product.age_limit }))}
    </dl>
  );
}

interface PartProps {
  readonly product: ProductSaid;
  readonly asked: Asked<ProductSaid>;
}

/** The price, which is changed where it stands. */
function Price({ product, asked }: PartProps) {
  const { money, t } = usePage();
  const session = useVisitor();
  return (
    <div className="product-part">
      <h3>{t("columnPrice")}</h3>
      <p className="price">
        <strong>{money(priceOf(product))}</strong> <span className="soft">{t(product.unit === "kg" ? "perKg" : "perPiece")}</span>
      </p>
      {may(session, "change-products") ? <PriceForm product={product} asked={asked} /> : <p className="soft small">{t("changesForbidden")}</p>}
    </div>
  );
}

type Told = { readonly kind: "wrong"; readonly text: string } | { readonly kind: "saved" };

function PriceForm({ product, asked }: PartProps) {
  const { failure: textOf, language, t } = usePage();
  const session = useVisitor();
  const reader = useReader();
  const written = writtenPrice(product.price, language.locale);
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<Told | null>(null);
  const refuse = (text: string) => {
    setTold({ kind: "wrong", text });
    input.current?.focus();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const price = readPrice(input.current?.value ?? "");
    if (busy) {
      return;
    }
    if (price === null) {
      return refuse(t("priceWrong", { example: written }));
    }
    setBusy(true);
    setTold(null);
    const path = productPath(product.id);
    const outcome = await change<ProductRegistered>(session, "PATCH", path, { price }, reader.tagOf(path));
    setBusy(false);
    asked.again();
    if (outcome.ok) {
      setTold({ kind: "saved" });
    } else {
      refuse(textOf(outcome.failure));
    }
  };
  const wrong = told?.kind === "wrong" ? { "aria-invalid": true, "aria-describedby": "price-told" } : {};
  return (
    <form className="inline-form" noValidate onSubmit={(event) => void submit(event)}>
      <label className="field">
        <span>{t("priceNew", { currency: product.currency })}</span>
        <input ref={input} key={written} inputMode="decimal" autoComplete="off" maxLength={16} defaultValue={written} {...wrong} />
      </label>
      <button type="submit" className="button button-primary" aria-disabled={busy}>
        {t("priceSave")}
      </button>
      <div role="status" id="price-told" className="told">
        {told?.kind === "wrong" && <p className="banner banner-error">{told.text}</p>}
        {told?.kind === "saved" && <p className="saved">{t("priceSaved")}</p>}
      </div>
    </form>
  );
}

/** Takes it out of what is sold, or back. */
function Archive({ product, asked }: PartProps) {
  const { failure: textOf, t } = usePage();
  const session = useVisitor();
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  if (!may(session, "change-products")) {
    return product.archived ? <p className="soft">{t("archivedNow")}</p> : null;
  }
  const put = async (archived: boolean) => change(session, "PUT", `${productPath(product.id)}/archived`, { archived });
  if (product.archived) {
    const back = async () => {
      const outcome = await put(false);
      setFailure(outcome.ok ? null : outcome.failure);
      asked.again();
    };
    return (
      <div className="product-part">
        <p>{t("archivedNow")}</p>
        <p className="deeds">
          <button type="button" className="button" onClick={() => void back()}>
            {t("unarchive")}
          </button>
        </p>
        <div role="alert">{failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}</div>
      </div>
    );
  }
  return (
    <div className="product-part">
      {asking ? (
        <Sure
          title={t("archiveTitle")}
          deed={t("archive")}
          onSure={() => put(true)}
          onEnd={(done) => {
            setAsking(false);
            if (done) {
              asked.again();
            }
          }}
        >
          <p>{t("archiveHint")}</p>
        </Sure>
      ) : (
        <p className="deeds">
          <button type="button" className="button" onClick={() => setAsking(true)}>
            {t("archive")}
          </button>
        </p>
      )}
    </div>
  );
}
