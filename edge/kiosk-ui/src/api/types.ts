/**
 * What the till says, as `docs/reference/kiosk-api.md` has it. Fields the page does not know are ignored.
 * Money is in minor units, weights are in grams, boxes in pixels of the camera frame.
 */

export type Phase = "idle" | "scanning" | "review" | "paying" | "receipt" | "recovering";

/** A name by language code. */
export type LocalizedText = Readonly<Record<string, string>>;

export interface Till {
  readonly org: string;
  readonly store: string;
  readonly till: string;
  readonly currency: string;
  readonly currency_exponent: number;
  readonly tax_inclusive: boolean;
  readonly languages: readonly string[];
  readonly default_language: string;
  readonly mm_per_pixel: number;
  readonly simulated: boolean;
}

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type ItemStatus = "sure" | "asking" | "weighing" | "covered" | "ignored" | "sold";

export interface TrayItem {
  readonly track: number;
  readonly bounds: Bounds;
  readonly status: ItemStatus;
  readonly product: string | null;
  readonly line: number | null;
}

export interface Tray {
  readonly frame_width: number;
  readonly frame_height: number;
  readonly unsettled: "moving" | "blurred" | "scene_changed" | null;
  readonly items: readonly TrayItem[];
}

export interface UnitPrice {
  readonly minor: number;
  readonly per: "piece" | "kilogram";
}

export type Quantity = { readonly pieces: number } | { readonly grams: number };

export type IdentifiedBy = "vision" | "candidate" | "search" | "barcode" | "plu" | "staff";

export interface Line {
  readonly line: number;
  readonly product: string;
  readonly name: LocalizedText;
  readonly picture: string | null;
  readonly unit_price: UnitPrice;
  readonly quantity: Quantity | null;
  readonly amount_minor: number | null;
  readonly identified_by: IdentifiedBy;
  readonly probability: number | null;
  readonly tracks: readonly number[];
  readonly on_tray: boolean;
  readonly can_change_quantity: boolean;
  /** How old in years the buyer must be. */
  readonly age_limit: number | null;
}

export interface Tax {
  readonly code: string;
  readonly rate_basis_points: number;
  readonly net_minor: number;
  readonly tax_minor: number;
  readonly gross_minor: number;
}

export interface Totals {
  readonly net_minor: number;
  readonly tax_minor: number;
  readonly gross_minor: number;
  readonly taxes: readonly Tax[];
}

export interface Basket {
  readonly lines: readonly Line[];
  readonly item_count: number;
  readonly totals: Totals;
}

/** A product as a search or a question offers it. */
export interface Product {
  readonly product: string;
  readonly name: LocalizedText;
  readonly picture: string | null;
  readonly unit_price: UnitPrice;
  readonly age_limit: number | null;
}

export interface Question {
  readonly question: number;
  readonly kind: "which_product" | "weigh";
  readonly track: number | null;
  readonly line: number | null;
  readonly bounds: Bounds | null;
  readonly candidates: readonly (Product & { readonly probability: number })[];
}

export type PayBlock = "empty" | "questions" | "approval" | "unsettled" | "device";

/** What a member of staff must look at before the basket is paid. */
export interface Approval {
  readonly kind: "age";
  readonly age_limit: number;
  readonly lines: readonly number[];
  readonly state: "needed" | "approved";
}

export type PaymentState = "preparing" | "authorising" | "querying" | "approved" | "declined" | "failed";

export interface Payment {
  readonly state: PaymentState;
  readonly amount_minor: number;
  readonly reason:
    | "declined_by_issuer"
    | "cancelled_by_shopper"
    | "terminal_unavailable"
    | "outcome_unknown"
    | "storage_failed"
    | null;
}

export interface Receipt {
  readonly sale: string;
  readonly sequence: number;
  readonly completed_at: string;
  readonly lines: readonly Line[];
  readonly totals: Totals;
  readonly authorisation: string | null;
  readonly clear_tray: boolean;
}

export interface Notice {
  readonly code: string;
  readonly severity: "info" | "warning" | "error";
  readonly since: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

export interface TillState {
  readonly revision: number;
  readonly till: Till;
  readonly phase: Phase;
  readonly tray: Tray;
  readonly basket: Basket;
  readonly questions: readonly Question[];
  readonly pay_blocked_by: PayBlock | null;
  readonly approval: Approval | null;
  readonly payment: Payment | null;
  readonly receipt: Receipt | null;
  readonly time_out: { readonly ends_in_ms: number } | null;
  readonly staff_called: boolean;
  readonly notices: readonly Notice[];
}

export type Message =
  | { readonly type: "snapshot"; readonly state: TillState }
  | {
      readonly type: "delta";
      readonly previous: number;
      readonly revision: number;
      readonly changes: Partial<TillState>;
    };

export type Action =
  | { readonly action: "start" }
  | { readonly action: "choose"; readonly question: number; readonly product: string }
  | { readonly action: "ignore_item"; readonly question: number }
  | { readonly action: "add_product"; readonly product: string }
  | { readonly action: "set_quantity"; readonly line: number; readonly pieces: number }
  | { readonly action: "remove_line"; readonly line: number }
  | { readonly action: "restore_item"; readonly track: number }
  | { readonly action: "reopen_line"; readonly line: number }
  | { readonly action: "review" }
  | { readonly action: "back" }
  | { readonly action: "pay" }
  | { readonly action: "cancel_payment" }
  | { readonly action: "cancel" }
  | { readonly action: "finish" }
  | { readonly action: "extend_time" }
  | { readonly action: "call_staff" }
  | { readonly action: "dismiss_staff" }
  | { readonly action: "approve_age"; readonly pin: string; readonly age_limit: number }
  | { readonly action: "refuse_age"; readonly pin: string };
