import { useActing, useShop } from "../shop";
import { Button } from "./button";
import { FailureText } from "./failure";
import { LanguageIcon, MarkIcon, StaffIcon } from "./icons";

/** On every screen: whose till this is, the other languages, and a person to call. */
export function Header() {
  const { state, t, language, languages, speak } = useShop();
  const acting = useActing();
  const others = languages.filter((other) => other.code !== language.code);
  const called = state.staff_called;
  return (
    <header className="header">
      <p className="header-mark">
        <MarkIcon />
        <span>{t("appName")}</span>
      </p>
      <div className="header-tools">
        {state.phase !== "idle" &&
          others.map((other) => (
            <Button key={other.code} kind="quiet" icon={<LanguageIcon />} lang={other.code} onClick={() => speak(other.code)}>
              {other.name}
            </Button>
          ))}
        <Button
          icon={<StaffIcon />}
          busy={acting.busy}
          aria-disabled={called || undefined}
          onClick={() => (called ? undefined : void acting.run({ action: "call_staff" }))}
        >
          {called ? t("staffCalled") : t("callStaff")}
        </Button>
      </div>
      <FailureText failure={acting.failure} />
    </header>
  );
}
