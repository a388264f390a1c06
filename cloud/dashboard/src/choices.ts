/** What a visitor chose for this browser. Nothing here says who they are. */

import { useCallback, useEffect, useState } from "react";

const PREFIX = "tillsight.";

export type ChoiceName = "language" | "theme" | "signed-in";

/** Storage can be switched off; the page then forgets with each visit. */
export function chosen(name: ChoiceName): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function choose(name: ChoiceName, value: string | null): void {
  try {
    if (value === null) {
      localStorage.removeItem(PREFIX + name);
    } else {
      localStorage.setItem(PREFIX + name, value);
    }
  } catch {
    // Nothing is lost but the choice.
  }
}

/** A choice that is kept. */
export function useChoice(name: ChoiceName): readonly [string | null, (value: string | null) => void] {
  const [value, setValue] = useState(() => chosen(name));
  const set = useCallback(
    (next: string | null) => {
      choose(name, next);
      setValue(next);
    },
    [name],
  );
  return [value, set];
}

export type Theme = "system" | "light" | "dark";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** The colours that were chosen, put on the document. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [value, setValue] = useChoice("theme");
  const theme = THEMES.find((one) => one === value) ?? "system";
  useEffect(() => {
    if (theme === "system") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = theme;
    }
  }, [theme]);
  return [theme, (next) => setValue(next === "system" ? null : next)];
}
