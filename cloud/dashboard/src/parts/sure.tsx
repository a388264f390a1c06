import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Failure, Outcome } from "../api/calls";
import { usePage } from "../page";
import { WarningIcon } from "./icons";

interface Props {
  /** What will be done, as a question. */
  readonly title: string;
  /** What follows from it. */
  readonly children: ReactNode;
  /** What the button says that does it. */
  readonly deed: string;
  readonly onSure: () => Promise<Outcome<unknown>>;
  /** It was done, or it was left: `done` says which. */
  readonly onEnd: (done: boolean) => void;
}

/** Asks once more before something that others feel, in the place where it was asked for. */
export function Sure({ title, children, deed, onSure, onEnd }: Props) {
  const { t, failure: textOf } = usePage();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const box = useRef<HTMLDivElement>(null);
  // The question is read out, and the next key is its answer.
  useEffect(() => box.current?.focus(), []);
  const press = async () => {
    if (busy) {
      return;
    }
    setBusy(true);
    setFailure(null);
    const outcome = await onSure();
    setBusy(false);
    if (outcome.ok) {
      onEnd(true);
    } else {
      setFailure(outcome.failure);
    }
  };
  return (
    <div
      ref={box}
      className="banner banner-warning sure"
      role="group"
      aria-label={title}
      tabIndex={-1}
      onKeyDown={(event) => event.key === "Escape" && onEnd(false)}
    >
      <WarningIcon />
      <div>
        <p>
          <strong>{title}</strong>
        </p>
        <div>{children}</div>
        <div role="alert">{failure !== null && <p className="sure-failed">{textOf(failure)}</p>}</div>
        <p className="deeds">
          <button type="button" className="button button-danger" aria-disabled={busy} onClick={() => void press()}>
            {deed}
          </button>
          <button type="button" className="button" onClick={() => onEnd(false)}>
            {t("leaveIt")}
          </button>
        </p>
      </div>
    </div>
  );
}

/** The same in a table, beneath the row that it is about. */
export function SureRow({ columns, ...rest }: Props & { readonly columns: number }) {
  return (
    <tr role="row" className="beneath">
      <td role="cell" colSpan={columns} aria-colspan={columns}>
        <Sure {...rest} />
      </td>
    </tr>
  );
}
