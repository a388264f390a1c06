import type { ReactNode } from "react";
import type { Notice } from "../api/types";
import { isKey } from "../i18n/translate";
import { useActing, useShop } from "../shop";
import { ageToCheck } from "./age";
import { Button } from "./button";
import { FailureText } from "./failure";
import { InfoIcon, StaffIcon, WarningIcon } from "./icons";

const RANK = { error: 0, warning: 1, info: 2 } as const;

/**
 * What is the matter, worst first, each with its way out. Nothing here hides the basket or stops what still works.
 * `onStaff` opens the staff desk; it is `null` while staff are there.
 */
export function Notices({ onStaff }: { readonly onStaff: (() => void) | null }) {
  const { state, known, t } = useShop();
  const notices = [...state.notices].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const age = ageToCheck(state);
  const waits = age !== null && onStaff !== null;
  const some = known.connection === "lost" || (state.staff_called && age === null) || waits || notices.length > 0;
  return (
    <div className="notices" role="status" tabIndex={some ? 0 : undefined}>
      {known.connection === "lost" && (
        <Banner tone="error" title={t("connectionLost")} hint={t("connectionLostHint")} code="connection_lost" />
      )}
      {waits && <AgeBanner age={age} onStaff={onStaff} />}
      {state.staff_called && age === null && <StaffBanner />}
      {notices.map((notice) => (
        <NoticeBanner key={notice.code} notice={notice} />
      ))}
    </div>
  );
}

function NoticeBanner({ notice }: { readonly notice: Notice }) {
  const { language, t } = useShop();
  const { code, severity, parameters } = notice;
  const hint = `${code}Hint`;
  const details = Object.values(parameters ?? {}).join(" · ");
  return isKey(language, code) && isKey(language, hint) ? (
    <Banner tone={severity} title={t(code)} hint={t(hint)} details={details} code={code} />
  ) : (
    <Banner tone={severity} title={t("noticeUnknown", { code })} hint={t("noticeUnknownHint")} details={details} code={code} />
  );
}

/** Says what is waited for; staff are called already. */
function AgeBanner({ age, onStaff }: { readonly age: number; readonly onStaff: () => void }) {
  const { t } = useShop();
  return (
    <Banner tone="info" title={t("ageTitle")} hint={t("ageHint", { age })} code="age" icon={<StaffIcon />}>
      <Button onClick={onStaff}>{t("ageStaff")}</Button>
    </Banner>
  );
}

function StaffBanner() {
  const { t } = useShop();
  const acting = useActing();
  return (
    <Banner tone="info" title={t("staffCalled")} hint={t("staffCalledHint")} code="staff_called" icon={<StaffIcon />}>
      <Button busy={acting.busy} onClick={() => void acting.run({ action: "dismiss_staff" })}>
        {t("dismissStaff")}
      </Button>
      <FailureText failure={acting.failure} />
    </Banner>
  );
}

interface BannerProps {
  readonly tone: Notice["severity"];
  readonly title: string;
  readonly hint: string;
  readonly code: string;
  readonly details?: string;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
}

function Banner({ tone, title, hint, code, details = "", icon, children }: BannerProps) {
  return (
    <div className={`banner banner-${tone}`} data-notice={code}>
      {icon ?? (tone === "info" ? <InfoIcon /> : <WarningIcon />)}
      <div className="banner-text">
        <p className="banner-title">{title}</p>
        <p>
          {hint}
          {details !== "" && <span className="banner-details"> ({details})</span>}
        </p>
      </div>
      {children}
    </div>
  );
}
