import type { ReactNode } from "react";
import { type Badge, BADGES } from "../documents/shown";
import { usePage } from "../page";
import { AwayIcon, ConnectedIcon, NeverIcon, PlusIcon } from "./icons";

const DRAWINGS: Readonly<Record<Badge, () => ReactNode>> = {
  sure: ConnectedIcon,
  confirmed: ConnectedIcon,
  chosen: ConnectedIcon,
  likely: NeverIcon,
  new: PlusIcon,
  left_out: AwayIcon,
};

/** How sure a line is, in a word and a drawing. */
export function LineBadge({ badge }: { readonly badge: Badge }) {
  const { t } = usePage();
  const Drawing = DRAWINGS[badge];
  return (
    <span className="badge" data-badge={badge}>
      <Drawing />
      {t(BADGES[badge])}
    </span>
  );
}
