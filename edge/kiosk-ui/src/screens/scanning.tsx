import { useCallback, useEffect, useRef, useState } from "react";
import type { LiveState } from "../api/live";
import type { Question, TrayItem } from "../api/types";
import { Basket } from "../parts/basket";
import { QuestionCard } from "../parts/question";
import { useLater } from "../parts/later";
import { TotalBar } from "../parts/total";
import { Tray } from "../parts/tray";
import { useShop } from "../shop";

/** The question whose product is looked for by name; `add` looks for one that is on no tray. */
type Searching = number | "add" | null;

/** Fetched as soon as somebody shops, not with the first screen. */
const loadSearch = () => import("../parts/search");

/** The tray beside the basket, and whatever needs an answer between them. */
export function Scanning({ live }: { readonly live: LiveState }) {
  const { state, known, t } = useShop();
  const search = useLater(loadSearch, known.epoch);
  const [open, setOpen] = useState<number | null>(null);
  const [asked, setAsked] = useState<number | null>(null);
  const [searching, setSearching] = useState<Searching>(null);
  const side = useRef<HTMLDivElement>(null);

  const { questions } = state;
  const at = Math.max(0, questions.findIndex((one) => one.question === asked));
  const question = questions[at] ?? null;
  const sought = questions.find((one) => one.question === searching) ?? null;
  const searchOpen = search !== null && (searching === "add" || sought !== null);

  // A new question is shown from its top, however far down the basket was scrolled.
  const asking = question?.question ?? null;
  useEffect(() => {
    if (asking !== null) {
      side.current?.scrollTo({ top: 0 });
      document.getElementById("question-title")?.scrollIntoView({ block: "nearest" });
    }
  }, [asking]);

  const toQuestion = useCallback(() => {
    side.current?.scrollTo({ top: 0 });
    document.getElementById("question-title")?.focus({ preventScroll: true });
  }, []);

  const pick = useCallback(
    (item: TrayItem) => {
      const about = questions.find((one) => one.track === item.track || (one.line !== null && one.line === item.line));
      if (about !== undefined) {
        setAsked(about.question);
        toQuestion();
      } else if (item.line !== null) {
        setOpen(item.line);
        reveal(side.current, `[data-line="${item.line}"]`);
      } else {
        reveal(side.current, `[data-track="${item.track}"]`);
      }
    },
    [questions, toQuestion],
  );

  const selected = question?.track ?? state.basket.lines.find((line) => line.line === open)?.tracks[0] ?? null;

  return (
    <div className="scanning" data-search={searchOpen || undefined}>
      <h1 className="hidden">{t("trayTitle")}</h1>
      {searchOpen ? (
        <search.Search key={String(searching)} question={sought} onClose={() => setSearching(null)} />
      ) : (
        <>
          <Tray selected={selected} onPick={pick} />
          <div className="side" ref={side} tabIndex={-1}>
            {question !== null && (
              <QuestionCard
                key={question.question}
                question={question}
                number={at + 1}
                count={questions.length}
                onNext={() => setAsked(questions[(at + 1) % questions.length]?.question ?? null)}
                onSearch={() => setSearching(question.question)}
              />
            )}
            <Basket live={live} open={open} onOpen={setOpen} onSearch={() => setSearching("add")} />
          </div>
        </>
      )}
      <SpokenQuestion question={question} />
      <TotalBar onQuestions={toQuestion} />
    </div>
  );
}

/** Says by ear that there is something to answer. */
function SpokenQuestion({ question }: { readonly question: Question | null }) {
  const { t } = useShop();
  const which = question?.candidates.length === 0 ? "questionUnknown" : "questionWhich";
  return (
    <p className="hidden" role="status">
      {question !== null && t(question.kind === "weigh" ? "weighHint" : which)}
    </p>
  );
}

function reveal(within: HTMLElement | null, selector: string): void {
  within?.querySelector(selector)?.scrollIntoView({ block: "nearest" });
}
