import { THEMES, type Theme } from "../choices";
import type { Key, Language } from "../i18n/language";
import { languages } from "../i18n/translate";
import { usePage } from "../page";

interface Props {
  readonly language: Language;
  readonly onLanguage: (code: string) => void;
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
}

const THEME_NAMES: Readonly<Record<Theme, Key>> = { system: "themeSystem", light: "themeLight", dark: "themeDark" };

/** The language and the colours of this browser. */
export function Chooser({ language, onLanguage, theme, onTheme }: Props) {
  const { t } = usePage();
  return (
    <div className="chooser">
      <label className="choice">
        <span className="hidden">{t("chooseLanguage")}</span>
        <select value={language.code} onChange={(event) => onLanguage(event.target.value)}>
          {languages.map((one) => (
            <option key={one.code} value={one.code} lang={one.code}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <label className="choice">
        <span className="hidden">{t("chooseTheme")}</span>
        <select
          value={theme}
          onChange={(event) => onTheme(THEMES.find((one) => one === event.target.value) ?? "system")}
        >
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {t(THEME_NAMES[one])}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
