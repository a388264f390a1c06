/**
 * What the page offers to whom. The cloud decides and refuses by itself; this only keeps from people what would be refused.
 * Kept beside the cloud's own table of endpoints.
 */

import type { Role, Session } from "./api/types";

export type Deed = "claim-till" | "revoke-till" | "make-till" | "roll-back" | "change-products" | "see-people" | "send-documents" | "confirm-documents" | "receive-goods" | "take-notices" | "decide-proposals" | "count-stock" | "correct-stock" | "change-words" | "tell-people" | "send-again" | "make-backup" | "change-ordering" | "make-exports" | "plan-exports" | "see-audit";

const ALLOWED: Readonly<Record<Deed, readonly Role[]>> = {
  "claim-till": ["owner", "manager", "technician"],
  "revoke-till": ["owner", "manager", "technician"],
  "make-till": ["owner", "manager", "technician"],
  "roll-back": ["owner", "manager"],
  "change-products": ["owner", "manager"],
  "see-people": ["owner", "manager", "auditor"],
  "send-documents": ["owner", "manager", "clerk"],
  "confirm-documents": ["owner", "manager"],
  "receive-goods": ["owner", "manager", "clerk"],
  "take-notices": ["owner", "manager", "clerk", "technician"],
  "decide-proposals": ["owner", "manager"],
  "change-ordering": ["owner", "manager"],
  "change-words": ["owner", "manager"],
  "tell-people": ["owner", "manager"],
  "send-again": ["owner"],
  "make-backup": ["owner"],
  "make-exports": ["owner", "manager", "auditor"],
  "plan-exports": ["owner", "manager"],
  "see-audit": ["owner", "auditor"],
  "count-stock": ["owner", "manager", "clerk"],
  "correct-stock": ["owner", "manager"],
};

/** `store` is where; what concerns the whole organisation needs a role in all of it. */
export function may(session: Session, deed: Deed, store?: string): boolean {
  const grants = session.grants ?? [];
  return grants.some((grant) => ALLOWED[deed].includes(grant.role) && (grant.store === undefined || grant.store === store));
}

/** Whether somebody may do this somewhere. */
export function mayAnywhere(session: Session, deed: Deed): boolean {
  return (session.grants ?? []).some((grant) => ALLOWED[deed].includes(grant.role));
}

/** What somebody may do this for: each of these stores, and (`null`) the whole organisation. */
export function reachOf<S extends { readonly id: string }>(session: Session, deed: Deed, stores: readonly S[]): readonly (S | null)[] {
  const all: readonly (S | null)[] = may(session, deed) ? [null] : [];
  return [...all, ...stores.filter((store) => may(session, deed, store.id))];
}
