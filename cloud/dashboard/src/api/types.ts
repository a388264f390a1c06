/** What the cloud's REST face says, by the names this page has for it. `schema.d.ts` is made from the cloud's own description. */

import type { components } from "./schema";

type Schemas = components["schemas"];

/** The description allows `null` for what can be absent; the cloud leaves such things out and never says `null`. */
type Said<T> = T extends readonly (infer One)[]
  ? readonly Said<One>[]
  : T extends object
    ? { readonly [K in keyof T]: Said<Exclude<T[K], null>> }
    : T;

export type Session = Said<Schemas["SessionShown"]>;
export type Role = Schemas["RoleWord"];
export type Store = Said<Schemas["Store"]>;
export type Till = Said<Schemas["Till"]>;
export type Claim = Said<Schemas["ClaimShown"]>;
export type Generation = Said<Schemas["GenerationShown"]>;
export type Sale = Said<Schemas["SaleRow"]>;
/** What one till sold in one day, in one currency. */
export type Sum = Said<Schemas["Sum"]>;
export type Journals = Said<Schemas["Journals"]>;
/** An entry of a till's journal that was kept whole and not counted. */
export type SetAside = Said<Schemas["AsideEntry"]>;
export type Product = Said<Schemas["ProductShown"]>;
/** A price of a product and the time in which it counts. */
export type PriceSpan = Said<Schemas["PriceSpanShown"]>;
export type ProductRegistered = Said<Schemas["ProductRegistered"]>;
export type Photo = Said<Schemas["PhotoShown"]>;
export type Person = Said<Schemas["Person"]>;
export type Category = Said<Schemas["CategoryShown"]>;
/** A catalogue that came as a file. */
export type CatalogueImport = Said<Schemas["ImportShown"]>;
export type ImportRow = Said<Schemas["ImportRowShown"]>;
export type ImportFindings = Said<Schemas["Findings"]>;
export type Finding = Said<Schemas["FindingShown"]>;
export type CatalogueReport = Said<Schemas["CatalogueReport"]>;

/** A supplier's document as lists have it. */
export type DocumentRow = Said<Schemas["DocumentShown"]>;
/**
 * What a document says. It is given back with corrections as it came, so its absent values stay the `null` that they are.
 */
export type Parsed = Schemas["ParsedDocument"];
export type ParsedLine = Schemas["Line"];
export type Field = Schemas["Field_String"];
/** A part of a page, as fractions of its width and height. */
export type Place = Schemas["Place"];
export type Warning = Schemas["Warning"];
export type LineMatch = Said<Schemas["LineMatch"]>;
export type Candidate = Said<Schemas["Candidate"]>;
export type Conversion = Said<Schemas["Conversion"]>;
export type Proposal = Said<Schemas["Proposal"]>;
export type MatchForm = Said<Schemas["MatchForm"]>;
export type DocumentReceipt = Said<Schemas["DocumentReceiptShown"]>;
export type DocumentVersion = Said<Schemas["VersionShown"]>;

/** What is bought says `null` for what is absent. */
export type PurchaseOrder = Schemas["OrderShown"];
export type OrderLine = Schemas["OrderLineShown"];
export type Supplier = Schemas["SupplierShown"];

/** Something that people are told of. */
export interface Notice {
  readonly id: number;
  readonly store?: string;
  readonly event: string;
  readonly severity: string;
  readonly subject: string;
  readonly text: string;
  readonly raised_at_ms: number;
  readonly settled_at_ms?: number;
  readonly acknowledged_at_ms?: number;
  readonly acknowledged_by?: string;
  readonly read: boolean;
}

export interface Unread {
  readonly unread: number;
}

/** Where the visitor is told of things. */
export interface NoticeAddress {
  readonly id: string;
  readonly channel: string;
  readonly address: string;
  readonly confirmed_at_ms?: number;
  readonly off_at_ms?: number;
  readonly off_reason?: string;
}

export interface NoticeAddresses {
  readonly items: readonly NoticeAddress[];
  /** The channels that this cloud has. */
  readonly channels: readonly string[];
}

export interface AddressMade {
  readonly id: string;
  readonly secret?: string;
}

/** Of what the visitor is told. */
export interface Subscription {
  readonly id: string;
  readonly address: string;
  readonly store?: string;
  readonly event?: string;
  readonly least: string;
  readonly pace: string;
  /** Whether they are told that it is over; absent: of what is critical. */
  readonly tell_settled?: boolean;
}

/** The words for an event in a language. */
export type Template = Said<Schemas["TemplateShown"]>;
export type TemplateForm = Schemas["TemplateForm"];
export type TemplatePreview = Said<Schemas["Preview"]>;
/** Something that was told to all or to some. */
export type Broadcast = Said<Schemas["BroadcastShown"]>;
export type BroadcastWhole = Said<Schemas["BroadcastWhole"]>;
export type BroadcastPreview = Said<Schemas["BroadcastPreview"]>;
/** What the cloud is asked to tell. */
export type BroadcastForm = Schemas["BroadcastForm"];
export type Delivery = Said<Schemas["DeliveryShown"]>;

export type OwnFile = Said<Schemas["OwnFile"]>;
export type KindTotal = Said<Schemas["KindTotal"]>;
export type Export = Said<Schemas["ExportShown"]>;
export type ExportPlan = Said<Schemas["PlanShown"]>;
export type Backups = Said<Schemas["BackupsShown"]>;

/** When the visitor is left alone, in minutes from midnight. */
export interface Habit {
  readonly time_zone: string;
  readonly quiet_from_minute: number;
  readonly quiet_until_minute: number;
  readonly critical_always: boolean;
  readonly digest_minute: number;
}

/** What is expected to be sold says `null` for what is absent. */
export type ForecastBrief = Schemas["ForecastBrief"];
export type Forecast = Schemas["ForecastShown"];
export type ForecastTotal = Schemas["TotalShown"];
export type OrderProposal = Schemas["ProposalShown"];
export type ProposalLine = Schemas["ProposalLineShown"];
export type Accepted = Schemas["AcceptedShown"];
/** How a store orders, what is said of single products, and what would be otherwise. */
export type OrderingPolicy = Schemas["PolicyForm"];
export type OrderingRule = Schemas["RuleShown"];
export type OrderingRuleForm = Schemas["RuleForm"];
export type WhatIf = Schemas["WhatIf"];
export type WhatIfForm = Schemas["WhatIfForm"];
export type Holiday = Schemas["HolidayShown"];
/** Who offers a product. */
export type ProductOffers = Schemas["Comparison"];

/** Stock says `null` for what is absent. */
export type Balance = Schemas["Balance"];
export type StockMovement = Schemas["MovementShown"];
export type StockCount = Schemas["CountShown"];
export type CountLine = Schemas["CountLineShown"];
export type StockTransfer = Schemas["TransferShown"];
export type TransferLine = Schemas["TransferLineShown"];
export type WasteSum = Schemas["WasteSumShown"];
export type CountedIn = Schemas["CountedIn"];

export interface StockMovements extends Items<StockMovement> {
  /** What to ask for to see older ones. */
  readonly before?: number;
}

export interface DocumentDetail extends Pick<Said<Schemas["DocumentDetail"]>, "document" | "matches" | "skipped" | "receipt" | "supplier" | "order"> {
  readonly parsed?: Parsed;
}

/** What became of a file that was sent. */
export interface Taken extends DocumentDetail {
  readonly already_there: boolean;
}

/** What came of a correction. */
export interface FeedbackDone extends DocumentDetail, Pick<Said<Schemas["VersionShown"]>, "version" | "learning" | "learning_note"> {}

export type HealthParts = Said<Schemas["PartsShown"]>;
export type HealthChange = Said<Schemas["HealthChangeShown"]>;
export type Services = Said<Schemas["ServicesShown"]>;
export type Report = Said<Schemas["ReportShown"]>;

export interface Items<T> {
  readonly items: readonly T[];
}

/** A part of a long list; `next` leads to the one after it. */
export interface Page<T> extends Items<T> {
  readonly next?: string;
}

/** RFC 9457, with our `code` and what some codes add. */
export type Problem = Pick<Schemas["Problem"], "status" | "code" | "detail"> & {
  readonly retry_after_s?: number;
  /** The field of a form that is wrong. */
  readonly field?: string;
  /** The part of a template that is wrong, and its line from 1, or 0. */
  readonly part?: string;
  readonly line?: number;
};
