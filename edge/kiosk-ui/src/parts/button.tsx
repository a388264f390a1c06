import type { ButtonHTMLAttributes, ReactNode } from "react";

type Kind = "primary" | "plain" | "quiet" | "danger";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: Kind;
  readonly icon?: ReactNode;
  /** Shows that the till is at it; taps still count. */
  readonly busy?: boolean;
}

/** A tap shows at once, by `:active`, whatever the till has to say about it later. */
export function Button({ kind = "plain", icon, busy = false, className = "", children, ...rest }: Props) {
  return (
    <button type="button" className={`button button-${kind} ${className}`} aria-busy={busy || undefined} {...rest}>
      {icon}
      {children !== undefined && <span className="button-text">{children}</span>}
    </button>
  );
}
