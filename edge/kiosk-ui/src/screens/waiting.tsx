import { MarkIcon } from "../parts/icons";
import { ScreenTitle } from "../parts/title";

/** Before the till has said anything, and while it looks up a payment from before it restarted. */
export function Waiting({ title, hint }: { readonly title: string; readonly hint: string }) {
  return (
    <div className="waiting" role="status">
      <span className="waiting-mark">
        <MarkIcon />
      </span>
      <ScreenTitle>{title}</ScreenTitle>
      <p className="screen-hint">{hint}</p>
    </div>
  );
}
