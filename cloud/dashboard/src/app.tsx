import { useCallback, useEffect, useMemo, useState } from "react";
import { Reader, signOut } from "./api/calls";
import type { Session } from "./api/types";
import { choose, chosen, useChoice, useTheme } from "./choices";
import { languageFor } from "./i18n/translate";
import { PageContext } from "./page";
import { Chooser } from "./parts/chooser";
import { Waiting } from "./parts/waiting";
import { type Reason, SignIn } from "./screens/sign-in";
import { Visit } from "./screens/visit";
import { wordsOf } from "./words";

type Visiting =
  | { readonly kind: "asking" }
  | { readonly kind: "signed-out"; readonly reason: Reason }
  | { readonly kind: "signed-in"; readonly session: Session; readonly reader: Reader };

/** How long after an unanswered question who is signed in it is asked again. */
const ASK_AGAIN_MS = 3_000;

export function App() {
  const [language, setLanguage] = useChoice("language");
  const [theme, setTheme] = useTheme();
  const [visit, setVisit] = useVisit();
  const session = visit.kind === "signed-in" ? visit.session : null;
  const page = useMemo(
    () => wordsOf(languageFor([language, session?.language, ...navigator.languages])),
    [language, session?.language],
  );
  useEffect(() => {
    document.documentElement.lang = page.language.code;
    document.documentElement.dir = page.language.direction;
  }, [page]);
  const leave = useCallback(
    (reason: Reason) => {
      choose("signed-in", null);
      setVisit({ kind: "signed-out", reason });
    },
    [setVisit],
  );
  const ended = useCallback(() => leave("ended"), [leave]);
  const chooser = <Chooser language={page.language} onLanguage={setLanguage} theme={theme} onTheme={setTheme} />;
  return (
    <PageContext value={page}>
      {visit.kind === "asking" && <Waiting />}
      {visit.kind === "signed-out" && (
        <SignIn
          reason={visit.reason}
          chooser={chooser}
          onSignedIn={(begun) => {
            choose("signed-in", "yes");
            setVisit({ kind: "signed-in", session: begun, reader: new Reader() });
          }}
        />
      )}
      {visit.kind === "signed-in" && (
        <Visit
          session={visit.session}
          reader={visit.reader}
          chooser={chooser}
          onEnded={ended}
          onSignOut={() => {
            leave("left");
            void signOut(visit.session);
          }}
        />
      )}
    </PageContext>
  );
}

/** Who is signed in is asked only where somebody was: a browser that nobody signed in with has no session. */
function useVisit(): readonly [Visiting, (visit: Visiting) => void] {
  const [visit, setVisit] = useState<Visiting>(() =>
    chosen("signed-in") === null ? { kind: "signed-out", reason: "new" } : { kind: "asking" },
  );
  useEffect(() => {
    if (visit.kind !== "asking") {
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    let here = true;
    const ask = async () => {
      const reader = new Reader();
      const answer = await reader.get<Session>("/api/v1/session");
      if (!here) {
        return;
      }
      if (answer.ok) {
        setVisit({ kind: "signed-in", session: answer.value, reader });
      } else if (answer.failure.kind === "refused" && answer.failure.problem.status === 401) {
        choose("signed-in", null);
        setVisit({ kind: "signed-out", reason: "ended" });
      } else {
        timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
      }
    };
    void ask();
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [visit.kind]);
  return [visit, setVisit];
}
