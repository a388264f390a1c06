/** What the cloud's REST face says, as far as this page reads it. `/api/openapi.json` describes all of it. */

export interface Session {
  readonly organisation: string;
  readonly actor: string;
  readonly name?: string;
  readonly language?: string;
  /** What every change carries. */
  readonly csrf_token?: string;
  readonly expires_at_ms?: number;
}

export interface Store {
  readonly id: string;
  readonly name: string;
  /** IANA name. */
  readonly time_zone: string;
  readonly currency: string;
  readonly currency_exponent: number;
}

export interface Till {
  readonly id: string;
  readonly name: string;
  readonly created_at_ms: number;
  readonly retired_at_ms?: number;
  readonly last_seen?: {
    readonly at_ms: number;
    /** The catalogue generation it sells from; 0 before its first. */
    readonly generation: number;
    /** The number of its newest sale. */
    readonly sequence: number;
    readonly software: string;
  };
}

export interface Generation {
  readonly number: number;
  readonly made_at_ms: number;
  /** `catalogue`, `calibration`, `views` or `rollback`. */
  readonly kind: string;
  readonly products: number;
  readonly views: number;
}

export interface Sale {
  readonly id: string;
  readonly till: string;
  readonly sequence: number;
  readonly business_day: string;
  readonly completed_at_ms: number;
  readonly received_at_ms: number;
  readonly currency: string;
  readonly currency_exponent: number;
  readonly gross_minor: number;
  readonly lines: number;
}

/** What one till sold in one day, in one currency. */
export interface Sum {
  readonly till: string;
  readonly business_day: string;
  readonly currency: string;
  readonly currency_exponent: number;
  readonly sales: number;
  readonly gross_minor: number;
}

export interface Journals {
  readonly heads: readonly { readonly store: string; readonly till: string; readonly sequence: number; readonly received_at_ms: number }[];
  readonly gaps: readonly Gap[];
  readonly forks: readonly Fork[];
}

export interface Gap {
  readonly store: string;
  readonly till: string;
  readonly first: number;
  readonly last: number;
  /** The till itself lost them: they will never come. */
  readonly lost: boolean;
  readonly noticed_at_ms: number;
}

export interface Fork {
  readonly store: string;
  readonly till: string;
  readonly sequence: number;
  readonly noticed_at_ms: number;
}

/** An entry of a till's journal that was kept whole and not counted. */
export interface SetAside {
  readonly store: string;
  readonly till: string;
  readonly mark: string;
  /** `quarantined` or `parked`. */
  readonly reason: string;
  readonly problem: string;
  readonly received_at_ms: number;
}

export interface Items<T> {
  readonly items: readonly T[];
}

/** RFC 9457, with our `code` and what some codes add. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retry_after_s?: number;
}
