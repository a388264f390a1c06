//! Where other systems tell of changes: hooks, what each has told, and how their last requests were answered.
//!
//! What a request tells is one transaction that holds the hook: all of its events or none, each once (`taking.rs`).

mod taking;

use std::fmt;

use domain::ids::{OrgId, ProductId, StoreId};
use domain::quantity::UnitPrice;
use domain::time::WallMs;

use crate::error::{StoreError, What};
use crate::ids::{Actor, Hash, HookId, HookRequestId};
use crate::organisations::check_label;
use crate::products::{Registration, StorePrice, StoredProduct};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, values, word_column,
};
use crate::store::{Store, on_key};

/// Hooks that one organisation may have.
pub const HOOKS_MAX: u64 = 50;
/// Events that one request may tell of.
pub const HOOK_EVENTS_MAX: usize = 1_000;
/// Longest id of an event or a request, in bytes.
pub const HOOK_EVENT_ID_MAX_LEN: usize = 128;
/// Longest reason that is kept of a request that was refused, in bytes.
const PROBLEM_MAX_LEN: usize = 1_000;

/// How requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HookSigning {
    /// As Standard Webhooks has it: with an id and a time.
    Standard,
    /// The content alone, in `X-Hub-Signature-256`.
    Hub,
}

word_column!(HookSigning: Standard = "standard", Hub = "hub");

/// What a hook may tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookKind {
    /// A product costs something else.
    PriceChanged,
    /// Somebody counted what there is.
    StockCounted,
    /// Goods came.
    StockDelivered,
    /// A product is new or other than before.
    ProductUpserted,
}

word_column!(HookKind:
    PriceChanged = "price.changed",
    StockCounted = "stock.counted",
    StockDelivered = "stock.delivered",
    ProductUpserted = "product.upserted",
);

impl HookKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::PriceChanged, Self::StockCounted, Self::StockDelivered, Self::ProductUpserted];
}

/// What a hook's requests are signed with. Nobody sees it twice.
#[derive(Clone, PartialEq, Eq)]
pub struct HookSecret(pub String);

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret(..)")
    }
}

/// A new hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHook {
    /// A new id.
    pub id: HookId,
    /// What it is for, as people read it.
    pub name: String,
    /// How its requests are signed.
    pub signing: HookSigning,
    /// What it may tell of.
    pub kinds: Vec<HookKind>,
    /// With what.
    pub secret: HookSecret,
    /// Who made it.
    pub made_by: Actor,
}

/// A hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Of which organisation.
    pub org: OrgId,
    /// As it was made, with its secret of today.
    pub hook: NewHook,
    /// The secret before, and until when it counts too.
    pub secret_before: Option<(HookSecret, WallMs)>,
    /// Since when it is there.
    pub made_at: WallMs,
    /// Since when it takes nothing.
    pub disabled_at: Option<WallMs>,
    /// When something was taken last, as far back as requests are kept.
    pub taken_at: Option<WallMs>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookArrival {
    /// At which hook.
    pub hook: HookId,
    /// Its id, as its sender has it.
    pub message: String,
    /// When.
    pub at: WallMs,
    /// How long its content is.
    pub size_bytes: u64,
    /// How many events it tells of.
    pub events: u32,
}

/// A request and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRequest {
    /// Its place in the list.
    pub id: HookRequestId,
    /// As it came.
    pub arrival: HookArrival,
    /// The HTTP status of the answer.
    pub status: u32,
    /// Why it was refused; empty where it was taken.
    pub problem: String,
    /// Events of it that were not known before.
    pub new_events: u32,
}

/// One thing that another system tells, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEvent {
    /// Its id, as its sender has it.
    pub id: String,
    /// SHA-256 over what it says.
    pub hash: Hash,
    /// What follows.
    pub change: HookChange,
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookChange {
    /// A product is made or changed.
    Product(Box<Registration>),
    /// A product costs this from a moment on.
    Price {
        /// Which.
        product: ProductId,
        /// How much.
        price: UnitPrice,
        /// From when on.
        from: WallMs,
    },
    /// A product costs this in one store.
    StorePrice {
        /// Which.
        product: ProductId,
        /// How much, where, and from when on.
        price: StorePrice,
    },
    /// So much is there.
    Counted {
        /// Where.
        store: StoreId,
        /// Of what.
        product: ProductId,
        /// Pieces or grams, as the product is sold.
        quantity: i64,
    },
    /// So much came.
    Delivered {
        /// Where.
        store: StoreId,
        /// Of what.
        product: ProductId,
        /// Pieces or grams, as the product is sold.
        quantity: i64,
    },
}

/// What was known of a product when the changes were thought out; nothing where there was none.
pub type SeenProduct = (ProductId, Option<StoredProduct>);

const HOOK: &str =
    "SELECT org, id, name, signing, kinds, secret, made_by, secret_before, secret_before_until, made_at, disabled_at,
            (SELECT MAX(hook_request.at) FROM hook_request WHERE hook_request.hook = incoming_hook.id AND status = 200)
     FROM incoming_hook";

impl Store {
    /// Makes a hook.
    pub async fn create_hook(&self, org: &OrgId, hook: &NewHook, now: WallMs) -> Result<(), StoreError> {
        check_label(What::Hook, &hook.id.to_string(), &hook.name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT COUNT(*) FROM incoming_hook WHERE org = $1";
            let count: Option<u64> = fetch_value(connection, What::Hook, sql, values![org]).await?;
            if count.unwrap_or(0) >= HOOKS_MAX {
                let problem = format!("is one too many: there are {HOOKS_MAX}, remove another first");
                return Err(StoreError::conflict(What::Hook, &hook.name, problem).into());
            }
            let sql = "INSERT INTO incoming_hook (org, id, name, signing, kinds, secret, made_by, made_at,
                                                  secret_before, secret_before_until)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0)";
            let NewHook { id, name, signing, kinds, secret, made_by } = hook;
            let kinds = written(kinds);
            let values = values![org, id, name, signing, &kinds, &secret.0, made_by, &now];
            on_key(
                execute(connection, sql, values).await,
                || StoreError::exists(What::Hook, id),
                || StoreError::not_found(What::Organisation, org),
            )?;
            writing.commit().await
        })
        .await
    }

    /// The hooks of an organisation, in the order in which they were made.
    pub async fn hooks(&self, org: &OrgId) -> Result<Vec<Hook>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{HOOK} WHERE org = $1 ORDER BY made_at, id"));
            fetch_each(&mut *self.reading().await?, What::Hook, sql, values![org], read_hook).await
        })
        .await
    }

    /// A hook by its id, of any organisation: it is what says of which.
    pub async fn hook(&self, id: HookId) -> Result<Hook, StoreError> {
        self.answer(async {
            let sql = composed(format!("{HOOK} WHERE id = $1"));
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Hook, &id), sql, values![&id], read_hook).await
        })
        .await
    }

    /// Gives a hook another secret; the one before counts until a moment.
    pub async fn rotate_hook_secret(
        &self,
        org: &OrgId,
        id: HookId,
        secret: &HookSecret,
        before_until: WallMs,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE incoming_hook SET secret_before = secret, secret_before_until = $4, secret = $3
                   WHERE org = $1 AND id = $2";
        self.change_hook(id, sql, values![org, &id, &secret.0, &before_until]).await
    }

    /// Lets a hook take nothing from now on, or take again.
    pub async fn disable_hook(
        &self,
        org: &OrgId,
        id: HookId,
        disabled: bool,
        now: WallMs,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE incoming_hook SET disabled_at = $3 WHERE org = $1 AND id = $2";
        self.change_hook(id, sql, values![org, &id, Some(&now).filter(|_| disabled)]).await
    }

    /// Removes a hook with everything that is known of its requests.
    pub async fn remove_hook(&self, org: &OrgId, id: HookId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            for sql in [
                "DELETE FROM hook_event WHERE hook IN (SELECT id FROM incoming_hook WHERE org = $1 AND id = $2)",
                "DELETE FROM hook_request WHERE hook IN (SELECT id FROM incoming_hook WHERE org = $1 AND id = $2)",
            ] {
                execute(connection, sql, values![org, &id]).await?;
            }
            let sql = "DELETE FROM incoming_hook WHERE org = $1 AND id = $2";
            if execute(connection, sql, values![org, &id]).await? == 0 {
                return Err(StoreError::not_found(What::Hook, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// The requests that a hook got, the newest first; those before `before`.
    pub async fn hook_requests(
        &self,
        org: &OrgId,
        id: HookId,
        before: Option<HookRequestId>,
        limit: u32,
    ) -> Result<Vec<HookRequest>, StoreError> {
        self.answer(async {
            let sql = "SELECT id, hook, message, at, size_bytes, events, status, problem, new_events FROM hook_request
                       WHERE hook IN (SELECT id FROM incoming_hook WHERE org = $1 AND id = $2) AND id < $3
                       ORDER BY id DESC LIMIT $4";
            let before = before.unwrap_or(HookRequestId(u64::MAX));
            let values = values![org, &id, &before, &limit];
            fetch_each(&mut *self.reading().await?, What::Hook, sql, values, |fields| {
                Ok(HookRequest {
                    id: fields.take()?,
                    arrival: HookArrival {
                        hook: fields.take()?,
                        message: fields.take()?,
                        at: fields.take()?,
                        size_bytes: fields.take()?,
                        events: fields.take()?,
                    },
                    status: fields.take()?,
                    problem: fields.take()?,
                    new_events: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// Forgets events and requests of before these moments; gives back how many rows that were.
    pub async fn prune_hooks(
        &self,
        events_before: WallMs,
        requests_before: WallMs,
    ) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "DELETE FROM hook_event WHERE taken_at < $1";
            let events = execute(connection, sql, values![&events_before]).await?;
            let sql = "DELETE FROM hook_request WHERE at < $1";
            let requests = execute(connection, sql, values![&requests_before]).await?;
            writing.commit().await?;
            Ok(events + requests)
        })
        .await
    }

    async fn change_hook(
        &self,
        id: HookId,
        sql: &'static str,
        values: crate::sql::Values,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            if execute(writing.connection(), sql, values).await? == 0 {
                return Err(StoreError::not_found(What::Hook, id).into());
            }
            writing.commit().await
        })
        .await
    }
}

/// `,price.changed,stock.counted,`.
fn written(kinds: &[HookKind]) -> String {
    kinds.iter().fold(",".to_owned(), |text, kind| text + kind.as_str() + ",")
}

fn read_hook(fields: &mut Fields<'_>) -> Result<Hook, Failure> {
    let (org, id, name, signing) = (fields.take()?, fields.take()?, fields.take()?, fields.take()?);
    let kinds: String = fields.take()?;
    let words = kinds.split(',').filter(|word| !word.is_empty());
    let kinds = words.map(|word| {
        let problem = format!("`{word}` is no kind of event");
        HookKind::from_word(word).ok_or_else(|| StoreError::Unreadable {
            what: What::Hook,
            name: "kinds".to_owned(),
            problem,
        })
    });
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    let (secret, made_by) = (HookSecret(fields.take()?), fields.take()?);
    let (before, until): (String, WallMs) = (fields.take()?, fields.take()?);
    Ok(Hook {
        org,
        hook: NewHook { id, name, signing, kinds, secret, made_by },
        secret_before: Some((HookSecret(before), until)).filter(|(secret, _)| !secret.0.is_empty()),
        made_at: fields.take()?,
        disabled_at: fields.take_option()?,
        taken_at: fields.take_option()?,
    })
}
