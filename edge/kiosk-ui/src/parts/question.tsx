import { useState } from "react";
import type { Product, Question, UnitPrice } from "../api/types";
import { useActing, useShop } from "../shop";
import { AgeBadge } from "./age";
import { Button } from "./button";
import { FailureText } from "./failure";
import { AskIcon, IgnoredIcon, NextIcon, ScaleIcon, SearchIcon } from "./icons";
import { Picture } from "./picture";

interface Props {
  readonly question: Question;
  readonly number: number;
  readonly count: number;
  readonly onNext: () => void;
  readonly onSearch: () => void;
}

/** One question, where the basket is: nothing is hidden by it, and nothing is guessed without it. */
export function QuestionCard(props: Props) {
  const { question, number, count, onNext } = props;
  const { t } = useShop();
  return (
    <section className="question" aria-labelledby="question-title" data-question={question.question} data-kind={question.kind}>
      {question.kind === "weigh" ? <Weigh {...props} /> : <Which {...props} />}
      {count > 1 && (
        <div className="question-more">
          <span>{t("questionCount", { number, count })}</span>
          <Button icon={<NextIcon />} onClick={onNext}>
            {t("questionNext")}
          </Button>
        </div>
      )}
    </section>
  );
}

function Which({ question, onSearch }: Props) {
  const { t } = useShop();
  const acting = useActing();
  const known = question.candidates.length > 0;
  return (
    <>
      <div className="question-head">
        <ItemPhoto question={question} />
        <div>
          <h2 id="question-title" className="question-title" tabIndex={-1}>
            {known ? t("questionWhich") : t("questionUnknown")}
          </h2>
          {!known && <p>{t("questionUnknownHint")}</p>}
        </div>
      </div>
      {known && (
        <ul className="candidates">
          {question.candidates.slice(0, 3).map((candidate) => (
            <li key={candidate.product}>
              <ProductCard
                product={candidate}
                onPick={() =>
                  void acting.run({ action: "choose", question: question.question, product: candidate.product })
                }
              />
            </li>
          ))}
        </ul>
      )}
      <FailureText failure={acting.failure} />
      <div className="question-ways">
        <Button kind={known ? "plain" : "primary"} icon={<SearchIcon />} onClick={onSearch}>
          {known ? t("somethingElse") : t("findByName")}
        </Button>
        <Button
          icon={<IgnoredIcon />}
          busy={acting.busy}
          onClick={() => void acting.run({ action: "ignore_item", question: question.question })}
        >
          {t("notBuying")}
        </Button>
      </div>
    </>
  );
}

function Weigh({ question }: Props) {
  const { state, t, name } = useShop();
  const acting = useActing();
  const line = state.basket.lines.find((one) => one.line === question.line);
  const called = line === undefined ? t("itemUnknown") : name(line.name);
  return (
    <>
      <div className="question-head">
        {line === undefined ? (
          <span className="question-sign">
            <ScaleIcon />
          </span>
        ) : (
          <span className="question-photo">
            <Picture src={line.picture} name={called} />
          </span>
        )}
        <div>
          <h2 id="question-title" className="question-title" tabIndex={-1}>
            {t("weighTitle", { name: called })}
          </h2>
          <p>{t("weighHint")}</p>
        </div>
      </div>
      <p className="question-waiting">
        <ScaleIcon />
        {t("weighWaiting")}
      </p>
      <FailureText failure={acting.failure} />
      <div className="question-ways">
        <Button
          icon={<IgnoredIcon />}
          busy={acting.busy}
          onClick={() => void acting.run({ action: "ignore_item", question: question.question })}
        >
          {t("notBuying")}
        </Button>
      </div>
    </>
  );
}

/** A product to choose: its picture, its name, its price; the whole card is the target. */
export function ProductCard({ product, onPick }: { readonly product: Product; readonly onPick: () => void }) {
  const { name } = useShop();
  return (
    <button type="button" className="product-card" data-product={product.product} onClick={onPick}>
      <Picture src={product.picture} name={name(product.name)} />
      <span className="product-words">
        <span className="product-name">{name(product.name)}</span>
        <PriceTag price={product.unit_price} />
        <AgeBadge limit={product.age_limit} />
      </span>
    </button>
  );
}

/** A price as on a shelf: the amount large, what it is for small. */
function PriceTag({ price }: { readonly price: UnitPrice }) {
  const { t, money } = useShop();
  const [before = "", after = ""] = t(price.per === "piece" ? "perPiece" : "perKilogram", { price: "\n" }).split("\n");
  return (
    <span className="product-price">
      {before}
      <span className="product-amount">{money(price.minor)}</span>
      {after}
    </span>
  );
}

/** The item itself, cut out of the picture of the tray as it was when the question came up. */
export function ItemPhoto({ question }: { readonly question: Question }) {
  const { state, t } = useShop();
  const [gone, setGone] = useState(false);
  const { bounds } = question;
  if (bounds === null || bounds.width === 0 || state.tray.frame_width === 0 || gone) {
    return (
      <span className="question-sign">
        <AskIcon />
      </span>
    );
  }
  const { frame_width, frame_height } = state.tray;
  const side = Math.max(bounds.width, bounds.height);
  const left = bounds.x + (bounds.width - side) / 2;
  const top = bounds.y + (bounds.height - side) / 2;
  return (
    <span className="question-photo">
      <img
        src={`/api/v1/preview.jpg?question=${question.question}`}
        alt={t("questionItem")}
        draggable={false}
        onError={() => setGone(true)}
        style={{
          width: `${(frame_width / side) * 100}%`,
          insetInlineStart: 0,
          transform: `translate(${(-left / frame_width) * 100}%, ${(-top / frame_height) * 100}%)`,
          aspectRatio: `${frame_width} / ${frame_height}`,
        }}
      />
    </span>
  );
}
