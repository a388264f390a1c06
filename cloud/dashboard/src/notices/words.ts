/** What notices are made of, by the words that the cloud has for it, and how a visitor reads those. */

import type { Key } from "../i18n/language";
import { isKey } from "../i18n/translate";
import { usePage } from "../page";

export const EVENTS = [
  "till_offline",
  "unsynced_sales",
  "device_fault",
  "recognition_drift",
  "low_stock",
  "proposals_ready",
  "document_needs_eyes",
  "price_not_taken",
  "backup_failed",
  "export_failed",
  "outside_service_down",
  "alert",
  "report",
  "broadcast",
] as const;
/** What is sent that is no event. */
export const OTHER_KINDS = ["digest", "settled", "confirmation"] as const;
export const SEVERITIES = ["info", "warning", "critical"] as const;
export const PACES = ["at_once", "hourly", "daily"] as const;
export const CHANNELS = ["telegram", "email", "webhook"] as const;
export const ROLES = ["owner", "manager", "clerk", "technician", "auditor"] as const;
export const DELIVERY_STATES = ["waiting", "sending", "sent", "dead"] as const;

/** The languages that templates are written in, by their own names. */
export const TEMPLATE_LANGUAGES = [
  ["en", "English"],
  ["ru", "Русский"],
  ["de", "Deutsch"],
] as const;

/** A word of the cloud's in the visitor's language, where it has one. */
export function useWord(): (prefix: string, word: string) => string {
  const { language, t } = usePage();
  return (prefix, word) => {
    const key = `${prefix}_${word}`;
    return isKey(language, key) ? t(key as Key) : word;
  };
}
