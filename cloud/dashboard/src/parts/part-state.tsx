import type { Key } from "../i18n/language";
import { isForbidden, type Part } from "../fleet/known";
import { usePage } from "../page";
import { WarningIcon } from "./icons";

interface Props {
  readonly part: Part<unknown>;
  /** What is said to those whose role does not show this. */
  readonly forbidden?: Key;
}

/** What stands in for something that is not there: on its way, not for this visitor, or failed. Nothing when it is there. */
export function PartState({ part, forbidden = "problem_forbidden" }: Props) {
  const { t, failure } = usePage();
  if (isForbidden(part)) {
    return <p className="soft">{t(forbidden)}</p>;
  }
  if (part.value !== null) {
    return null;
  }
  if (part.failure === null) {
    return <p className="soft">{t("loading")}</p>;
  }
  return (
    <p className="banner banner-warning">
      <WarningIcon />
      <span>{failure(part.failure)}</span>
    </p>
  );
}
