import { useState } from "react";
import { useShop } from "../shop";
import { Button } from "./button";
import { DeleteIcon, KeyboardIcon } from "./icons";

const DIGITS = "1234567890";

interface Props {
  readonly onKey: (letter: string) => void;
  readonly onDelete: () => void;
  readonly onClear: () => void;
}

/** The kiosk has no keyboard of its own. The letters start in the shopper's language; one key brings the next one's. */
export function Keyboard({ onKey, onDelete, onClear }: Props) {
  const { t, language, languages } = useShop();
  const [code, setCode] = useState(language.code);
  const at = Math.max(0, languages.findIndex((one) => one.code === code));
  const layout = languages[at] ?? language;
  const next = languages[(at + 1) % languages.length] ?? language;
  return (
    <div className="keyboard" role="group" aria-label={t("keyboard")} dir="ltr">
      {[DIGITS, ...layout.keyboard.rows].map((row) => (
        <div className="keyboard-row" key={row}>
          {[...row].map((letter) => (
            <button key={letter} type="button" className="key" lang={layout.code} onClick={() => onKey(letter)}>
              {letter.toLocaleUpperCase(layout.locale)}
            </button>
          ))}
        </div>
      ))}
      <div className="keyboard-row">
        {next.code !== layout.code && (
          <Button
            className="key-wide"
            icon={<KeyboardIcon />}
            aria-label={`${next.keyboard.label}, ${t("keyLetters", { name: next.keyboard.name })}`}
            onClick={() => setCode(next.code)}
          >
            {next.keyboard.label}
          </Button>
        )}
        <Button className="key-wide" onClick={onClear}>
          {t("keyClear")}
        </Button>
        <Button className="key-space" onClick={() => onKey(" ")}>
          {t("keySpace")}
        </Button>
        <Button className="key-wide" icon={<DeleteIcon />} onClick={onDelete}>
          {t("keyDelete")}
        </Button>
      </div>
    </div>
  );
}
