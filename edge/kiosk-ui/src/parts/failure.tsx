import type { Failure } from "../api/calls";
import type { Key } from "../i18n/language";
import { useShop } from "../shop";
import { WarningIcon } from "./icons";

const TEXTS: Readonly<Record<Failure, Key>> = {
  unreachable: "failureUnreachable",
  unfitting: "failureUnfitting",
  gone: "failureGone",
  busy: "failureBusy",
  full: "failureFull",
  refused: "failureRefused",
};

/** What went wrong with the last tap here, in words, where the tap was. */
export function FailureText({ failure }: { readonly failure: Failure | null }) {
  const { t } = useShop();
  return (
    <div role="alert" className="failure-place">
      {failure !== null && (
        <p className="failure">
          <WarningIcon />
          <span>{t(TEXTS[failure])}</span>
        </p>
      )}
    </div>
  );
}
