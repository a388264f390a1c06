import { ago, fullTime, shortTime } from "../format/times";
import { useCloudTime, usePage } from "../page";

interface Props {
  readonly atMs: number;
  readonly timeZone: string;
}

/** When something happened: how long ago and exactly, with everything on the exact time's title. */
export function Moment({ atMs, timeZone }: Props) {
  const { language, t } = usePage();
  const nowMs = useCloudTime();
  return (
    <time className="moment" dateTime={new Date(atMs).toISOString()} title={fullTime(atMs, language.locale, timeZone)}>
      <span className="moment-ago">{ago(atMs, nowMs, language.locale) ?? t("justNow")}</span>{" "}
      <span className="moment-exact">{shortTime(atMs, nowMs, language.locale, timeZone)}</span>
    </time>
  );
}

/** The exact time alone. */
export function Exactly({ atMs, timeZone }: Props) {
  const { language } = usePage();
  const nowMs = useCloudTime();
  return (
    <time dateTime={new Date(atMs).toISOString()} title={fullTime(atMs, language.locale, timeZone)}>
      {shortTime(atMs, nowMs, language.locale, timeZone)}
    </time>
  );
}
