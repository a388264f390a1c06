//! The cloud's memory: organisations and their people, tills, sales, stock, products, catalogue generations, events, jobs, what
//! can be found.
//!
//! Owns one database, SQLite or PostgreSQL, and everything about it: the tables, the transactions, what two requests at
//! once may do to each other, and which errors may be tried again. It must never know how a request came in or how an
//! answer looks: no HTTP, no protobuf, no clock, no random number. No SQL and no serialisation leaves it.
//!
//! Promises, each with a test over both engines:
//! - what was acknowledged is stored, and what failed has changed nothing;
//! - no request of one organisation sees or changes what is another's.
//!
//! Read [`Store`] first, then `sql.rs` for how statements are written, then the area you work on.
#![forbid(unsafe_code)]

mod audit;
mod bulk;
mod certificates;
mod commands;
mod demand;
mod documents;
mod dump;
mod engine;
mod error;
mod events;
mod exchange;
mod exports;
mod files;
mod generations;
mod health;
mod hooks;
mod ids;
mod jobs;
mod language_use;
mod notices;
mod ordering;
mod organisations;
mod people;
mod products;
mod reports;
mod sales;
mod search;
mod sessions;
mod sourcing;
mod sql;
mod stock;
mod store;
mod tills;

pub use audit::{AUDIT_TEXT_MAX_LEN, AuditEntry, AuditReport, NewAuditEntry};
pub use certificates::{CertificateSerial, Claim, NewCertificate, NewClaim, SERIAL_MAX_LEN, TillCertificate};
pub use commands::{Command, CommandState, NewCommand, OPEN_COMMANDS_MAX};
pub use demand::{
    BookedChange, Forecast, ForecastRun, ForecastRunState, ForecastShard, ForecastTotal, Holiday,
    NewForecast, NewForecastPart, NewForecastRun, NewForecastTotal, NewShard, PriceMark, ProductRange,
    SoldDay, TotalLevel, TotalsOf,
};
pub use documents::{
    ConfirmedLine, Corrected, Cost, DOCUMENT_TEXT_MAX_LEN, DocumentFacts, DocumentFilter, DocumentReceipt,
    DocumentReceiptLine, DocumentState, DocumentVersion, Example, KnownMatch, Learning, MATCH_KEY_MAX_LEN,
    NewDocument, NewPart, NewVersion, StoredDocument,
};
pub use dump::{
    Cell, ColumnKind, DumpColumn, DumpError, DumpPart, DumpRows, DumpSummary, DumpTable, Filling, TableSum,
    read_rows,
};
pub use engine::{Address, StoreOptions};
pub use error::{Cause, ClaimProblem, StoreError, What};
pub use events::{Event, EventCounts, EventsWanted, NewEvent, ParkedEvent, Topics};
pub use exchange::{
    Applied, IMPORTS_OPEN_MAX, ImportCounts, ImportFinding, ImportOutcome, ImportPrice, ImportPut, ImportRow,
    ImportState, ImportWrite, MatchBy, MissingProducts, NewImport, PlannedImport, SALES_BACK_DAYS,
    SalesBatch, StoredImport,
};
pub use exports::{
    EXPORT_PLANS_MAX, EXPORTS_WAITING_MAX, ExportColumn, ExportDataset, ExportFormat, ExportKind, ExportPlan,
    ExportQuery, ExportState, NewExport, SheetTarget, StoredExport,
};
pub use files::{FileKind, FilePlace, FileSum, StoredFile};
pub use generations::{
    GENERATIONS_TOPIC, GenerationInfo, GenerationKind, Published, Publishing, Sign, StoredGeneration,
};
pub use health::{
    HEALTH_TEXT_MAX_CHARS, HealthChange, HealthState, HealthSubject, PartHealth, PartNow, ServiceCheck,
    ServiceSum,
};
pub use hooks::{
    HOOK_EVENT_ID_MAX_LEN, HOOK_EVENTS_MAX, HOOKS_MAX, Hook, HookArrival, HookChange, HookEvent, HookKind,
    HookRequest, HookSecret, HookSigning, NewHook, SeenProduct,
};
pub use ids::{
    Actor, AddressId, AuditNumber, CatalogueImportId, ClaimId, DeliveryId, DocumentId, EventId, ExportId,
    ExportPlanId, FamilyId, ForecastRunId, GoodsReceiptId, Hash, HealthChangeId, HookId, HookRequestId,
    JobId, MovementId, NoticeId, OfferId, PageTargetId, PhotoId, ProposalId, PurchaseOrderId, RawProductId,
    ReportId, StockCorrectionId, StockCountId, StockEntryId, StockReservationId, StockTransferId,
    StockWasteId, SubscriptionId, SupplierId, TokenId, UserId,
};
pub use jobs::{DeadJob, JOB_KINDS_MAX, JobCounts, LeasedJob, NewJob};
pub use language_use::{LanguageUse, UseOfDay};
pub use notices::{
    ADDRESSES_MAX, CODE_TRIES_MAX, Channel, DIGEST_NOTICES_MAX, Delivery, DeliveryCounts, DeliveryFilter,
    DeliveryState, DueDigest, EndedNotice, Listener, NOTICE_DATA_MAX_LEN, NOTICE_KEY_MAX_LEN,
    NOTICE_PEOPLE_MAX, NOTICES_AT_ONCE_MAX, NewAddress, NewCode, NewDelivery, NewNotice, Notice,
    NoticeAddress, NoticeEvent, NoticeFilter, NoticeHabit, NoticeReader, Planned, Reachable, Readers,
    SUBSCRIPTIONS_MAX, SendOutcome, SentTo, Severity, StoredTemplate, Subscription, TEMPLATE_MAX_LEN,
    TemplateText, WatchedDocument, WatchedTill,
};
pub use ordering::{
    NewProposal, OpenPurchase, OrderingPolicy, OrderingRule, PendingOf, Proposal, ProposalFilter,
    ProposalLine, ProposalState, RuleDetails, ServiceClass,
};
pub use organisations::{LABEL_MAX_LEN, Organisation, StoreDetails, StoreInfo};
pub use people::{EMAIL_MAX_LEN, Grant, NewServiceToken, NewUser, Role, ServiceToken, User};
pub use products::{
    Alike, Category, NewPhoto, NewView, PRODUCTS_AT_ONCE_MAX, Photo, PhotoState, PriceOrigin, PriceSpan,
    PriceSpanCursor, ProductFault, ProductFilter, ProductNumber, Registered, Registration, SEARCH_WORDS_MAX,
    SKU_MAX_LEN, ScheduledPrice, Seen, StorePrice, StoredProduct, StoredView, ViewsChange, ViewsMark,
    look_at_product,
};
pub use reports::{IdentifiedSum, ProductSum, Report, ReportFile, ReportKind};
pub use sales::{
    AMOUNT_MAX_MINOR, DaySum, Ingested, JournalFork, MONTHS_AHEAD, MONTHS_BACK, Outcome, SALES_TOPIC,
    SaleCursor, SaleFilter, SaleSummary, SequenceGap, SetAside, SetAsideReason, StoredSale, TillHead,
};
pub use search::{EventNote, SEARCH_ENTRIES_AT_ONCE_MAX, SearchEntry, SearchMark, SearchState, SearchWrite};
pub use sessions::{NewSession, SIGN_IN_KEY_MAX_LEN, Session};
pub use sourcing::{
    Contact, Family, FamilyFieldChange, FamilyFilter, GoodsReceipt, NewOffer, NewPageTarget,
    NewPurchaseOrder, NewRawProduct, OFFERS_AT_ONCE_MAX, OnOrder, OrderFilter, OrderLine, PageTarget,
    PageTargetKind, Placed, PurchaseOrder, RAW_PRODUCTS_AT_ONCE_MAX, RawProduct, ReceiptLine, Received,
    StoredOffer, Supplier, SupplierDetails, SupplierMarks, Visit,
};
pub use stock::{
    COUNT_ENTRIES_AT_ONCE_MAX, COUNT_PRODUCTS_MAX, CountEntry, CountLine, CountLineFilter, CountScope,
    CountState, CountSums, MissingGoods, NewCorrection, NewCount, NewReservation, NewTransfer, NewWaste,
    ReorderPoint, ShelfFilter, ShelfState, StockBalance, StockCorrection, StockCount, StockMismatch,
    StockMovement, StockOnShelf, StockOrigin, StockReason, StockReservation, StockTransfer, StockWaste,
    TRANSFER_LINES_MAX, TransferFilter, TransferGoods, TransferLine, TransferState, Uncounted, WasteReason,
    WasteSum, WasteTaken,
};
pub use store::Store;
pub use tills::{LastSeen, TillInfo};
