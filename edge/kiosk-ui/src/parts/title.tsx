import { useEffect, useRef, type ReactNode } from "react";

/**
 * A screen's heading. When the screen before it took the focus away with it, the heading takes it, so that who works
 * with keys or by ear goes on from the top of the new screen and not from nowhere.
 */
export function ScreenTitle({ children, className = "" }: { readonly children: ReactNode; readonly className?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const lost = document.activeElement === document.body || document.activeElement === null;
    // Before the first touch or key nobody has put the focus anywhere that could be lost.
    if (lost && navigator.userActivation.hasBeenActive) {
      heading.current?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} className={`screen-title ${className}`}>
      {children}
    </h1>
  );
}
