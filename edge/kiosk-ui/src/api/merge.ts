/** How a message from the till changes what the page knows. */

import type { Message, TillState } from "./types";

/** `resync` means a message was missed: what is on screen stays, and the page asks for a new snapshot. */
export type Merged = { readonly state: TillState } | { readonly resync: true };

export function merge(current: TillState | null, message: Message): Merged {
  if (message.type === "snapshot") {
    return { state: message.state };
  }
  if (current === null || message.previous !== current.revision) {
    return { resync: true };
  }
  return { state: { ...current, ...message.changes, revision: message.revision } };
}

/** Reads one WebSocket text; `null` for anything that is not a message this page knows. */
export function readMessage(text: string): Message | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) {
    return null;
  }
  if (value.type === "snapshot" && "state" in value && isObject(value.state)) {
    return value as unknown as Message;
  }
  if (value.type === "delta" && "changes" in value && isObject(value.changes)) {
    return value as unknown as Message;
  }
  return null;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
