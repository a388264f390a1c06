/** The page's own drawings. All are decoration: what they mean stands in words beside them. */

import type { ReactNode } from "react";

function Icon({ children, filled = false }: { readonly children: ReactNode; readonly filled?: boolean }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
      fill={filled ? "currentColor" : "none"}
      stroke={filled ? "none" : "currentColor"}
      strokeWidth="2.25"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

/** Four corners of a view finder around what is seen: the product's sign, and how the tray marks its items. */
export const MarkIcon = () => (
  <Icon>
    <path d="M3 9V6a3 3 0 0 1 3-3h3M15 3h3a3 3 0 0 1 3 3v3M21 15v3a3 3 0 0 1-3 3h-3M9 21H6a3 3 0 0 1-3-3v-3" />
    <circle cx="12" cy="12" r="3.2" fill="currentColor" stroke="none" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.6 4.6L19 7.5" />
  </Icon>
);
export const AskIcon = () => (
  <Icon>
    <path d="M8.2 9a3.9 3.9 0 1 1 5.6 3.5c-1.2.6-1.8 1.2-1.8 2.6" />
    <path d="M12 19.2v.1" strokeWidth="3" />
  </Icon>
);
export const ScaleIcon = () => (
  <Icon>
    <path d="M4 9h16l-1.6 10.2a2 2 0 0 1-2 1.8H7.6a2 2 0 0 1-2-1.8L4 9ZM3 5h18M12 5v4M12 17l2.2-3.4" />
  </Icon>
);
export const CoveredIcon = () => (
  <Icon>
    <path d="m12 3 9 5-9 5-9-5 9-5ZM3.5 12.5 12 17l8.5-4.5M3.5 16.5 12 21l8.5-4.5" />
  </Icon>
);
export const IgnoredIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="m5.8 5.8 12.4 12.4" />
  </Icon>
);
export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
export const MinusIcon = () => (
  <Icon>
    <path d="M5 12h14" />
  </Icon>
);
export const RemoveIcon = () => (
  <Icon>
    <path d="M4 7h16M9.5 7V4.5h5V7M6.5 7l.8 12.6a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 1.5-1.4L17.5 7M10 11v6M14 11v6" />
  </Icon>
);
export const UndoIcon = () => (
  <Icon>
    <path d="M8.5 5 4 9.5l4.5 4.5M4 9.5h10.2a5.3 5.3 0 0 1 0 10.5H9" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <circle cx="10.5" cy="10.5" r="6.5" />
    <path d="m15.5 15.5 5 5" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path className="icon-directed" d="M15 5 8 12l7 7" />
  </Icon>
);
export const NextIcon = () => (
  <Icon>
    <path className="icon-directed" d="m9 5 7 7-7 7" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="m6 9.5 6 6 6-6" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);
export const LanguageIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M3 12h18M12 3c2.7 2.5 4 5.5 4 9s-1.3 6.5-4 9c-2.7-2.5-4-5.5-4-9s1.3-6.5 4-9Z" />
  </Icon>
);
export const StaffIcon = () => (
  <Icon>
    <path d="M7 12.5V6a1.6 1.6 0 0 1 3.2 0v5M10.2 11V4.5a1.6 1.6 0 0 1 3.2 0V11M13.4 11V6a1.6 1.6 0 0 1 3.2 0v6M16.6 12V9.2a1.6 1.6 0 0 1 3.2 0V15a6.5 6.5 0 0 1-6.5 6.5c-3 0-4.8-1.3-6.2-3.6l-2.7-4.5c-.9-1.6 1.2-2.9 2.4-1.5L8 13.5" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon>
    <path d="M12 3.5 2.5 20h19L12 3.5ZM12 10v4.5" />
    <path d="M12 17.3v.1" strokeWidth="2.8" />
  </Icon>
);
export const InfoIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5.5" />
    <path d="M12 7.6v.1" strokeWidth="2.8" />
  </Icon>
);
export const ClockIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7v5.3l3.3 2" />
  </Icon>
);
export const DeleteIcon = () => (
  <Icon>
    <path d="M9 5h10.5A1.5 1.5 0 0 1 21 6.5v11a1.5 1.5 0 0 1-1.5 1.5H9l-6-7 6-7ZM11 9.5l5 5M16 9.5l-5 5" />
  </Icon>
);
export const KeyboardIcon = () => (
  <Icon>
    <rect x="2.5" y="6" width="19" height="12" rx="2" />
    <path d="M6.5 10h.1M10 10h.1M13.9 10h.1M17.4 10h.1M8 14h8" />
  </Icon>
);
export const BagIcon = () => (
  <Icon>
    <path d="M5 8h14l1 13H4L5 8ZM8.5 8V6.5a3.5 3.5 0 0 1 7 0V8" />
  </Icon>
);
export const TrayIcon = () => (
  <Icon>
    <rect x="2.5" y="5" width="19" height="14" rx="3.5" />
    <circle cx="9" cy="12" r="2.6" />
    <path d="M14 10.5h4M14 13.5h3" />
  </Icon>
);
