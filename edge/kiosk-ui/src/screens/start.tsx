import { useEffect, useState } from "react";
import { findProducts } from "../api/calls";
import type { Product } from "../api/types";
import { Button } from "../parts/button";
import { FailureText } from "../parts/failure";
import { Picture } from "../parts/picture";
import { ScreenTitle } from "../parts/title";
import { useActing, useShop } from "../shop";

/** How many of the shop's products lie on the drawn tray. */
const SHOWN = 5;

/** What a till shows to an empty shop: what to do, in large letters, and in whose language. */
export function Start() {
  const { state, t, language, languages, speak, name } = useShop();
  const acting = useActing();
  const products = useSomeProducts();
  const leftovers = state.tray.items.some((item) => item.status === "sold");
  const start = () => void acting.run({ action: "start" });
  return (
    <div className="start">
      <div className="start-words">
        <ScreenTitle className="start-title">{t("startTitle")}</ScreenTitle>
        <p className="start-hint">{leftovers ? t("startLeftovers") : t("startHint")}</p>
      </div>
      <div className="start-tray" onClick={start}>
        <svg className="start-corners" viewBox="0 0 400 300" aria-hidden="true" focusable="false">
          <path d="M6 62V40A34 34 0 0 1 40 6h22M338 6h22a34 34 0 0 1 34 34v22M394 238v22a34 34 0 0 1-34 34h-22M62 294H40a34 34 0 0 1-34-34v-22" />
        </svg>
        <div className="start-goods" aria-hidden="true">
          {products.map((product) => (
            <Picture key={product.product} src={product.picture} name={name(product.name)} />
          ))}
        </div>
      </div>
      <div className="start-next">
        <Button kind="primary" className="next" busy={acting.busy} onClick={start}>
          {t("startButton")}
        </Button>
        <FailureText failure={acting.failure} />
        <div className="start-languages" role="group" aria-label={t("chooseLanguage")}>
          {languages.map((one) => (
            <Button
              key={one.code}
              lang={one.code}
              aria-pressed={one.code === language.code}
              onClick={() => speak(one.code)}
            >
              {one.name}
            </Button>
          ))}
        </div>
      </div>
    </div>
  );
}

/** A few of the shop's own products for the drawing; without an answer the tray stays empty. */
function useSomeProducts(): readonly Product[] {
  const { state, known } = useShop();
  const { default_language } = state.till;
  const [products, setProducts] = useState<readonly Product[]>([]);
  useEffect(() => {
    let wanted = true;
    void findProducts("", default_language, 50).then((answer) => {
      if (wanted && answer.ok) {
        setProducts(spread(answer.value.filter((product) => product.picture !== null), SHOWN));
      }
    });
    return () => {
      wanted = false;
    };
  }, [default_language, known.epoch]);
  return products;
}

/** `count` of them, evenly from first to last. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, index) => index % step === 0).slice(0, count);
}
