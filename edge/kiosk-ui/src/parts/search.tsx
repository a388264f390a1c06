import { useEffect, useRef, useState } from "react";
import { findProducts, type Failure } from "../api/calls";
import type { Product, Question } from "../api/types";
import { useActing, useShop } from "../shop";
import { Button } from "./button";
import { FailureText } from "./failure";
import { BackIcon, SearchIcon } from "./icons";
import { Keyboard } from "./keyboard";
import { ItemPhoto, ProductCard } from "./question";

const PAUSE_MS = 120;
const SHOWN = 50;

interface Props {
  /** The question the found product answers; without one it is added to the basket. */
  readonly question: Question | null;
  readonly onClose: () => void;
}

/** Finding a product by name, in any of the shop's languages, without a keyboard on the desk. */
export function Search({ question, onClose }: Props) {
  const { t } = useShop();
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // What is sold by weight cannot be added unseen: it has to lie on the scale.
  const found = useFound(query, question === null);
  const acting = useActing();

  const pick = async (product: Product) => {
    const done = await acting.run(
      question === null
        ? { action: "add_product", product: product.product }
        : { action: "choose", question: question.question, product: product.product },
    );
    if (done) {
      onClose();
    }
  };

  useEffect(() => field.current?.focus({ preventScroll: true }), []);

  return (
    <section className="search" aria-labelledby="search-title">
      <div className="search-head">
        <Button icon={<BackIcon />} onClick={onClose}>
          {t("searchBack")}
        </Button>
        {question !== null && <ItemPhoto question={question} />}
        <h2 id="search-title" className="question-title">
          {question === null ? t("searchAddTitle") : t("searchTitle")}
        </h2>
      </div>
      <label className="search-field">
        <SearchIcon />
        <span className="hidden">{t("searchLabel")}</span>
        <input
          ref={field}
          type="text"
          inputMode="none"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          maxLength={60}
          value={query}
          placeholder={t("searchHint")}
          onChange={(event) => setQuery(event.target.value)}
        />
      </label>
      <FailureText failure={acting.failure ?? found.failure} />
      <Results query={query} products={found.products} onPick={(product) => void pick(product)} />
      <Keyboard
        onKey={(letter) => setQuery((text) => (text + letter).slice(0, 60).trimStart())}
        onDelete={() => setQuery((text) => text.slice(0, -1))}
        onClear={() => setQuery("")}
      />
    </section>
  );
}

interface ResultsProps {
  readonly query: string;
  readonly products: readonly Product[] | null;
  readonly onPick: (product: Product) => void;
}

function Results({ query, products, onPick }: ResultsProps) {
  const { t } = useShop();
  const none = products !== null && products.length === 0;
  return (
    <div className="search-results">
      <p className="hidden" role="status">
        {products !== null && !none && t("searchResults", { count: products.length })}
      </p>
      {none && (
        <div className="search-none" role="status">
          <p className="search-none-title">{t("searchNone", { query })}</p>
          <p>{t("searchNoneHint")}</p>
        </div>
      )}
      {products !== null && !none && (
        <ul className="found" tabIndex={0} aria-label={t("searchResults", { count: products.length })}>
          {products.map((product) => (
            <li key={product.product}>
              <ProductCard product={product} onPick={() => onPick(product)} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface Found {
  readonly products: readonly Product[] | null;
  readonly failure: Failure | null;
}

/** What fits the query so far. What was found last stays until the next answer, so that nothing flickers. */
function useFound(query: string, piecesOnly: boolean): Found {
  const { language, known } = useShop();
  const [found, setFound] = useState<Found>({ products: null, failure: null });
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(
      async () => {
        const answer = await findProducts(query.trim(), language.code, SHOWN, stop.signal);
        if (!stop.signal.aborted) {
          setFound((before) =>
            answer.ok
              ? { products: answer.value.filter((product) => !piecesOnly || product.unit_price.per === "piece"), failure: null }
              : { products: before.products, failure: answer.failure },
          );
        }
      },
      query === "" ? 0 : PAUSE_MS,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [query, piecesOnly, language.code, known.epoch]);
  return found;
}
