//! Why the store did not do what it was asked, and how the engines' reasons become ours.

use std::error::Error;
use std::fmt;

use sqlx::error::ErrorKind;
use thiserror::Error;

/// What an engine or a parser gave as its reason.
pub type Cause = Box<dyn Error + Send + Sync>;

/// What a thing of the store is called, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// An organisation.
    Organisation,
    /// A store: a shop of an organisation.
    Store,
    /// A till.
    Till,
    /// A till's certificate.
    Certificate,
    /// A claim code.
    Claim,
    /// Something a till was told to do.
    Command,
    /// A person who signs in.
    User,
    /// A token that software signs in with.
    ServiceToken,
    /// A signed-in browser.
    Session,
    /// An entry of the audit log.
    AuditEntry,
    /// A sale.
    Sale,
    /// A stock balance.
    Stock,
    /// An event on its way out.
    Event,
    /// A piece of work.
    Job,
    /// A category of products.
    Category,
    /// A product.
    Product,
    /// A photo of a product.
    Photo,
    /// A view of a product.
    View,
    /// A price from a point in time on.
    Price,
    /// A catalogue generation.
    Generation,
    /// A document of a supplier's.
    Document,
    /// An entry that can be found.
    SearchEntry,
    /// What a language model was asked.
    LanguageUse,
    /// Who goods are bought from.
    Supplier,
    /// What a supplier asks for an article.
    Offer,
    /// An order that goes to a supplier.
    PurchaseOrder,
    /// Goods that came for a purchase order.
    GoodsReceipt,
    /// What was read somewhere of a product.
    RawProduct,
    /// One and the same product, whoever speaks of it.
    Family,
    /// A page or GTIN that is looked up.
    PageTarget,
    /// A forecast.
    Forecast,
    /// A forecast of everything that an organisation sells.
    ForecastRun,
    /// A day on which people buy otherwise.
    Holiday,
    /// How a store orders.
    OrderingPolicy,
    /// How a product is ordered in a store.
    OrderingRule,
    /// What is proposed to order.
    Proposal,
    /// What people are told of.
    Notice,
    /// Where somebody is told of things.
    NoticeAddress,
    /// What somebody wants to be told of.
    Subscription,
    /// The words that people are told of something in.
    NoticeTemplate,
    /// What goes to an address.
    Delivery,
    /// How something is doing.
    Health,
    /// What a day or a week was like.
    Report,
    /// A table of the database.
    Table,
    /// What was asked for as a file.
    Export,
    /// An export that is made again and again.
    ExportPlan,
    /// Where another system tells of changes.
    Hook,
    /// What another system tells of.
    HookEvent,
    /// A file, whatever it is of.
    File,
    /// A count of what is in a store.
    StockCount,
    /// What was thrown away or lost.
    StockWaste,
    /// Goods that go from one store to another.
    StockTransfer,
    /// What is kept for somebody.
    StockReservation,
    /// A catalogue that came as a file.
    Import,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organisation => "organisation",
            Self::Store => "store",
            Self::Till => "till",
            Self::Certificate => "certificate",
            Self::Claim => "claim",
            Self::Command => "command",
            Self::User => "user",
            Self::ServiceToken => "service token",
            Self::Session => "session",
            Self::AuditEntry => "audit entry",
            Self::Sale => "sale",
            Self::Stock => "stock balance",
            Self::Event => "event",
            Self::Job => "job",
            Self::Category => "category",
            Self::Product => "product",
            Self::Photo => "photo",
            Self::View => "view",
            Self::Price => "price",
            Self::Generation => "generation",
            Self::Document => "document",
            Self::SearchEntry => "search entry",
            Self::LanguageUse => "use of the language model",
            Self::Supplier => "supplier",
            Self::Offer => "offer",
            Self::PurchaseOrder => "purchase order",
            Self::GoodsReceipt => "goods receipt",
            Self::RawProduct => "raw product",
            Self::Family => "product family",
            Self::PageTarget => "page target",
            Self::Forecast => "forecast",
            Self::ForecastRun => "forecast run",
            Self::Holiday => "holiday",
            Self::OrderingPolicy => "ordering policy",
            Self::OrderingRule => "ordering rule",
            Self::Proposal => "proposal",
            Self::Notice => "notice",
            Self::NoticeAddress => "address",
            Self::Subscription => "subscription",
            Self::NoticeTemplate => "template",
            Self::Delivery => "delivery",
            Self::Health => "state of health",
            Self::Report => "report",
            Self::Table => "table",
            Self::Export => "export",
            Self::ExportPlan => "plan for exports",
            Self::Hook => "incoming hook",
            Self::HookEvent => "event",
            Self::File => "file",
            Self::StockCount => "count",
            Self::StockWaste => "waste",
            Self::StockTransfer => "transfer",
            Self::StockReservation => "reservation",
            Self::Import => "import",
        })
    }
}

/// Why a claim code was not redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClaimProblem {
    /// Nobody made such a code, or it was made for a till that is no more.
    Unknown,
    /// It was redeemed before.
    Used,
    /// Its time is over.
    Expired,
    /// A later code for the same till took its place.
    Withdrawn,
}

impl fmt::Display for ClaimProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "is not known",
            Self::Used => "was used before",
            Self::Expired => "is too old",
            Self::Withdrawn => "was replaced by a later one",
        })
    }
}

/// Why the store did not do what it was asked. Nothing was changed, whatever the variant.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such thing in this organisation.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for.
        what: What,
        /// Its name or id.
        name: String,
    },
    /// It is there already, or not in the state that the change needs.
    #[error("{what} `{name}` {problem}")]
    Conflict {
        /// What stands in the way.
        what: What,
        /// Its name or id.
        name: String,
        /// What is wrong and the way out.
        problem: String,
    },
    /// A value that the store does not take.
    #[error("{what} `{name}`: {problem}")]
    Invalid {
        /// What it belongs to.
        what: What,
        /// Its name or id.
        name: String,
        /// What is wrong and what is right.
        problem: String,
    },
    /// A claim code that cannot be redeemed.
    #[error("the claim code {0}: make a new one for the till")]
    Claim(ClaimProblem),
    /// The database cannot be reached, is busy, or went away. The same may be tried again.
    #[error("{database} cannot be reached: check that it is there and answers, and try again")]
    Unavailable {
        /// Which database, without its password.
        database: String,
        /// The engine's reason.
        #[source]
        source: Cause,
    },
    /// The disk under the database is full.
    #[error("the disk under {database} is full: make room there and try again; nothing was lost")]
    Full {
        /// Which database.
        database: String,
        /// The engine's reason.
        #[source]
        source: Cause,
    },
    /// So many requests wait that another would wait too long.
    #[error("{waiting} requests wait for {database}: try again in {retry_after_ms} ms")]
    Busy {
        /// Which database.
        database: String,
        /// How many wait.
        waiting: usize,
        /// When to try again.
        retry_after_ms: u64,
    },
    /// What is stored cannot be read: damage, or written by a later version.
    #[error("the {what} `{name}` cannot be read: {problem}")]
    Unreadable {
        /// What it is.
        what: What,
        /// Its name or id, as far as known.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The database's tables are not those of this version.
    #[error("the tables of {database} are not those of this version: {way_out}")]
    Schema {
        /// Which database.
        database: String,
        /// What to do.
        way_out: String,
        /// The migrator's reason.
        #[source]
        source: Option<Cause>,
    },
    /// The address of the database cannot be understood.
    #[error(
        "`{address}` is no database: write `sqlite:` and a path, or `postgres://user:password@host/name`"
    )]
    Address {
        /// The address, without its password.
        address: String,
    },
    /// The engine refused for a reason that the store did not expect: a mistake in it, or damage.
    #[error("{database} refused")]
    Refused {
        /// Which database.
        database: String,
        /// The engine's reason.
        #[source]
        source: Cause,
    },
}

impl StoreError {
    /// Whether the same may succeed later, with nothing changed by the caller.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Full { .. } | Self::Busy { .. })
    }

    pub(crate) fn not_found(what: What, name: impl fmt::Display) -> Self {
        Self::NotFound { what, name: name.to_string() }
    }

    pub(crate) fn conflict(what: What, name: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self::Conflict { what, name: name.to_string(), problem: problem.into() }
    }

    pub(crate) fn invalid(what: What, name: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self::Invalid { what, name: name.to_string(), problem: problem.into() }
    }

    pub(crate) fn exists(what: What, name: impl fmt::Display) -> Self {
        Self::conflict(what, name, "is there already: choose another name, or change that one")
    }
}

/// What an engine's error means to a caller, before the database's name is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A row with this key is there.
    Exists,
    /// A row that this one names is not there.
    Missing,
    /// Two transactions stood in each other's way; the same may be tried again at once.
    Collision,
    Full,
    Gone,
    Other,
}

/// PostgreSQL's codes: <https://www.postgresql.org/docs/15/errcodes-appendix.html>; SQLite's: <https://sqlite.org/rescode.html>.
pub(crate) fn kind_of(error: &sqlx::Error) -> Kind {
    let sqlx::Error::Database(database) = error else {
        return match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Kind::Gone,
            _ => Kind::Other,
        };
    };
    match database.kind() {
        ErrorKind::UniqueViolation | ErrorKind::ExclusionViolation => return Kind::Exists,
        ErrorKind::ForeignKeyViolation => return Kind::Missing,
        _ => {}
    }
    let code = database.code().unwrap_or_default();
    // SQLite gives extended codes: the low byte says what it is.
    let sqlite = code.parse::<u32>().ok().filter(|_| code.len() != 5).map(|code| code & 0xff);
    match (code.as_ref(), sqlite) {
        ("40001" | "40P01", _) => Kind::Collision,
        ("53100", _) | (_, Some(13)) => Kind::Full,
        // The operator ends it, it starts or recovers, too many are connected, the connection is lost.
        ("57P01" | "57P02" | "57P03" | "53300" | "53200" | "55P03", _) => Kind::Gone,
        (code, _) if code.starts_with("08") && code.len() == 5 => Kind::Gone,
        // Busy, locked, I/O error, cannot open.
        (_, Some(5 | 6 | 10 | 14)) => Kind::Gone,
        _ => Kind::Other,
    }
}
