//! Ids of things that only the cloud knows. Callers draw them; the store draws no random number.

use std::fmt;

use domain::ids::{TillId, Uuid};

use crate::sql::{number_column, uuid_column};

/// A SHA-256 value.
pub type Hash = [u8; 32];

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        uuid_column!($name);
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        number_column!($name);
    };
}

uuid_id!(
    /// One claim code that was made for a till.
    ClaimId
);
uuid_id!(
    /// A person who signs in.
    UserId
);
uuid_id!(
    /// A token that software signs in with.
    TokenId
);
uuid_id!(
    /// A photo of a product.
    PhotoId
);
uuid_id!(
    /// A document of a supplier's.
    DocumentId
);
uuid_id!(
    /// Who goods are bought from.
    SupplierId
);
uuid_id!(
    /// What a supplier asks for an article.
    OfferId
);
uuid_id!(
    /// An order that goes to a supplier.
    PurchaseOrderId
);
uuid_id!(
    /// Goods that came for a purchase order.
    GoodsReceiptId
);
uuid_id!(
    /// A forecast of everything that an organisation sells.
    ForecastRunId
);
uuid_id!(
    /// What is proposed to order from a supplier.
    ProposalId
);
uuid_id!(
    /// One and the same product, whoever speaks of it.
    FamilyId
);
uuid_id!(
    /// What was read somewhere of a product.
    RawProductId
);
uuid_id!(
    /// A public page, or a GTIN, that is looked up again and again.
    PageTargetId
);
uuid_id!(
    /// Where somebody is told of things.
    AddressId
);
uuid_id!(
    /// What somebody wants to be told of.
    SubscriptionId
);
number_id!(
    /// What people are told of: later ones are higher.
    NoticeId
);
number_id!(
    /// What goes to an address: later ones are higher.
    DeliveryId
);
uuid_id!(
    /// A catalogue that came as a file.
    CatalogueImportId
);
uuid_id!(
    /// What was asked for as a file.
    ExportId
);
uuid_id!(
    /// An export that is made again and again.
    ExportPlanId
);
uuid_id!(
    /// Where another system tells of changes.
    HookId
);
number_id!(
    /// A request that a hook got: later ones are higher.
    HookRequestId
);
uuid_id!(
    /// One count of what is in a store.
    StockCountId
);
uuid_id!(
    /// One number that somebody counted.
    StockEntryId
);
uuid_id!(
    /// A correction of a balance.
    StockCorrectionId
);
uuid_id!(
    /// What was thrown away or lost.
    StockWasteId
);
uuid_id!(
    /// Goods that go from one store to another.
    StockTransferId
);
uuid_id!(
    /// What is kept for somebody.
    StockReservationId
);
number_id!(
    /// Place of an entry in its organisation's audit log: 1, 2, 3, ... without gaps.
    AuditNumber
);

number_id!(
    /// Place of a movement in the stock ledger: later ones are higher.
    MovementId
);

number_id!(
    /// An event on its way out: later ones are higher.
    EventId
);
number_id!(
    /// A piece of work: later ones are higher.
    JobId
);
number_id!(
    /// A state of health that became another: later ones are higher.
    HealthChangeId
);
uuid_id!(
    /// What a day or a week was like.
    ReportId
);

/// Who did something: as the audit log and the things themselves keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    User(UserId),
    /// Software of the organisation's.
    Token(TokenId),
    /// A till, by its certificate.
    Till(TillId),
    /// Another system, by what it signs with.
    Hook(HookId),
    /// The cloud itself: the word says which part, for example `admin` for its command line.
    System(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::Till(id) => write!(f, "till:{id}"),
            Self::Hook(id) => write!(f, "hook:{id}"),
            Self::System(part) => write!(f, "system:{part}"),
        }
    }
}

impl Actor {
    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` is nobody");
        let (kind, name) = text.split_once(':').ok_or_else(unknown)?;
        let uuid = || Uuid::parse_str(name).map_err(|error| error.to_string());
        match kind {
            "user" => Ok(Self::User(UserId(uuid()?))),
            "token" => Ok(Self::Token(TokenId(uuid()?))),
            "hook" => Ok(Self::Hook(HookId(uuid()?))),
            "till" => Ok(Self::Till(TillId::new(name).map_err(|error| error.to_string())?)),
            "system" => Ok(Self::System(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}

crate::sql::column!(Actor as String, ToString::to_string, |text| Actor::parse(&text));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_who_did_it() {
        for actor in [
            Actor::User(UserId(Uuid::from_u128(7))),
            Actor::Token(TokenId(Uuid::from_u128(8))),
            Actor::Till(TillId::new("till-1").unwrap()),
            Actor::Hook(HookId(Uuid::from_u128(9))),
            Actor::System("admin: by hand".to_owned()),
        ] {
            assert_eq!(Actor::parse(&actor.to_string()), Ok(actor));
        }
        for nobody in ["", "user:x", "cat:1", "till:A B"] {
            assert!(Actor::parse(nobody).is_err(), "{nobody}");
        }
    }
}
