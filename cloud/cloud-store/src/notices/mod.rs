//! What people are told of. A notice is what an inbox shows; what goes to somebody's phone or mailbox follows from it.

mod addresses;
mod broadcasts;
mod deliveries;
mod ends;
mod inbox;
mod subscriptions;
mod templates;
mod watched;

pub use addresses::{ADDRESSES_MAX, CODE_TRIES_MAX, Channel, NewAddress, NewCode, NoticeAddress};
pub use broadcasts::{Reachable, SentTo};
pub use deliveries::{
    DIGEST_NOTICES_MAX, Delivery, DeliveryCounts, DeliveryFilter, DeliveryState, DueDigest, NewDelivery,
    Planned, SendOutcome,
};
pub use ends::EndedNotice;
pub use inbox::{NOTICES_AT_ONCE_MAX, Notice, NoticeFilter, NoticeReader};
pub use subscriptions::{Listener, NoticeHabit, SUBSCRIPTIONS_MAX, Subscription};
pub use templates::{StoredTemplate, TEMPLATE_MAX_LEN, TemplateText};
pub use watched::{WatchedDocument, WatchedTill};

use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;
use serde_json::Value;

use crate::error::{StoreError, What};
use crate::ids::{NoticeId, UserId};
use crate::people::{Grant, Role, check_store};
use crate::sql::{execute, fetch_value, values, word_column};
use crate::store::Store;

/// Longest key of a notice, in bytes.
pub const NOTICE_KEY_MAX_LEN: usize = 300;
/// Most bytes that the data of a notice has as JSON.
pub const NOTICE_DATA_MAX_LEN: usize = 16 * 1024;
/// Most people whom a notice names.
pub const NOTICE_PEOPLE_MAX: usize = 500;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeEvent {
    /// Nothing was heard of a till for a while.
    TillOffline,
    /// Sales of a till have not come.
    UnsyncedSales,
    /// A scale, a printer or a camera does not work.
    DeviceFault,
    /// A till recognises worse than it did.
    RecognitionDrift,
    /// Little is left of a product.
    LowStock,
    /// Orders are proposed.
    ProposalsReady,
    /// A document waits for somebody to look at it.
    DocumentNeedsEyes,
    /// A till sells with old prices.
    PriceNotTaken,
    /// No copy of the data was made.
    BackupFailed,
    /// What was to go out did not.
    ExportFailed,
    /// What is needed from elsewhere does not answer.
    OutsideServiceDown,
    /// Alertmanager says something.
    Alert,
    /// A report is there.
    Report,
    /// Somebody tells the others something.
    Broadcast,
}

word_column!(NoticeEvent:
    TillOffline = "till_offline",
    UnsyncedSales = "unsynced_sales",
    DeviceFault = "device_fault",
    RecognitionDrift = "recognition_drift",
    LowStock = "low_stock",
    ProposalsReady = "proposals_ready",
    DocumentNeedsEyes = "document_needs_eyes",
    PriceNotTaken = "price_not_taken",
    BackupFailed = "backup_failed",
    ExportFailed = "export_failed",
    OutsideServiceDown = "outside_service_down",
    Alert = "alert",
    Report = "report",
    Broadcast = "broadcast",
);

impl NoticeEvent {
    /// Every one of them.
    pub const ALL: [Self; 14] = [
        Self::TillOffline,
        Self::UnsyncedSales,
        Self::DeviceFault,
        Self::RecognitionDrift,
        Self::LowStock,
        Self::ProposalsReady,
        Self::DocumentNeedsEyes,
        Self::PriceNotTaken,
        Self::BackupFailed,
        Self::ExportFailed,
        Self::OutsideServiceDown,
        Self::Alert,
        Self::Report,
        Self::Broadcast,
    ];
}

/// How bad it is; later ones are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look at it.
    Warning,
    /// Somebody has to do something now.
    Critical,
}

word_column!(Severity: Info = "info", Warning = "warning", Critical = "critical");

/// A notice as it is raised.
#[derive(Debug, Clone, PartialEq)]
pub struct NewNotice {
    /// Where; `None` is the whole organisation.
    pub store: Option<StoreId>,
    /// What happened.
    pub event: NoticeEvent,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about, within organisation and event: raised again while it is open, it changes nothing but when it was seen last.
    pub key: String,
    /// A flat object of what its words need: till, product, count, ..
    pub data: Value,
}

/// Whom a notice is for, of those who may see where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readers {
    /// Those with one of these roles; none is every role.
    pub roles: Vec<Role>,
    /// These alone, whatever their roles; none leaves it to roles and stores.
    pub people: Vec<UserId>,
}

impl Readers {
    /// Whether somebody is among them, for a notice of this kind and place. What is told to all reaches those of single stores too.
    pub fn has(&self, event: NoticeEvent, store: Option<&StoreId>, person: UserId, grants: &[Grant]) -> bool {
        if !self.people.is_empty() {
            return self.people.contains(&person);
        }
        let is_for_all = event == NoticeEvent::Broadcast && store.is_none();
        grants.iter().any(|grant| {
            let reaches = is_for_all || grant.store.is_none() || grant.store.as_ref() == store;
            reaches && (self.roles.is_empty() || self.roles.contains(&grant.role))
        })
    }
}

impl Store {
    /// Raises a notice; its id where it is new, or came back after it was settled.
    pub async fn raise_notice(
        &self,
        org: &OrgId,
        notice: &NewNotice,
        now: WallMs,
    ) -> Result<Option<NoticeId>, StoreError> {
        self.raise_notice_for(org, notice, &Readers::default(), now).await
    }

    /// As [`Store::raise_notice`], for these readers alone.
    pub async fn raise_notice_for(
        &self,
        org: &OrgId,
        notice: &NewNotice,
        readers: &Readers,
        now: WallMs,
    ) -> Result<Option<NoticeId>, StoreError> {
        let data = checked_data(notice)?;
        if readers.people.len() > NOTICE_PEOPLE_MAX {
            let problem =
                format!("names {} people: name at most {NOTICE_PEOPLE_MAX}, or roles", readers.people.len());
            return Err(StoreError::invalid(What::Notice, notice.event.as_str(), problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, notice.store.as_ref()).await?;
            let NewNotice { store, event, severity, key, .. } = notice;
            let sql = "UPDATE notice SET last_seen_at = $4
                       WHERE org = $1 AND event = $2 AND notice_key = $3 AND settled_at IS NULL";
            if execute(connection, sql, values![org, event, key, &now]).await? > 0 {
                writing.commit().await?;
                return Ok(None);
            }
            let sql = "INSERT INTO notice (org, store, event, severity, notice_key, data, roles, people, raised_at, last_seen_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
                       ON CONFLICT (org, event, notice_key) WHERE settled_at IS NULL DO NOTHING RETURNING id";
            let store = store.as_ref().map_or("", StoreId::as_str);
            let (roles, people) = (written_roles(&readers.roles), written_people(&readers.people));
            let values = values![org, store, event, severity, key, &data, &roles, &people, &now];
            let id = fetch_value(connection, What::Notice, sql, values).await?;
            writing.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Says that what a notice tells of has ended; whether one was open.
    pub async fn settle_notice(
        &self,
        org: &OrgId,
        event: NoticeEvent,
        key: &str,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE notice SET settled_at = $4
                       WHERE org = $1 AND event = $2 AND notice_key = $3 AND settled_at IS NULL";
            let rows = execute(writing.connection(), sql, values![org, &event, key, &now]).await?;
            writing.commit().await?;
            Ok(rows > 0)
        })
        .await
    }
}

/// Roles as they are stored: a pattern finds one of them.
fn written_roles(roles: &[Role]) -> String {
    if roles.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    format!(",{},", words.join(","))
}

/// People as they are stored, in the same way.
fn written_people(people: &[UserId]) -> String {
    if people.is_empty() {
        return String::new();
    }
    let ids: Vec<String> = people.iter().map(UserId::to_string).collect();
    format!(",{},", ids.join(","))
}

/// The data as it is stored: an object without objects or lists in it, so that every template can be written without loops.
fn checked_data(notice: &NewNotice) -> Result<String, StoreError> {
    let refuse = |problem: String| Err(StoreError::invalid(What::Notice, notice.event.as_str(), problem));
    if notice.key.is_empty() || notice.key.len() > NOTICE_KEY_MAX_LEN {
        return refuse(format!(
            "its key has {} bytes: 1 to {NOTICE_KEY_MAX_LEN} are taken",
            notice.key.len()
        ));
    }
    let Value::Object(fields) = &notice.data else {
        return refuse("its data has to be an object of names and values".to_owned());
    };
    if let Some((name, _)) = fields.iter().find(|(_, value)| value.is_object() || value.is_array()) {
        return refuse(format!("`{name}` of its data is no plain value"));
    }
    let data = notice.data.to_string();
    if data.len() > NOTICE_DATA_MAX_LEN {
        return refuse(format!("its data has {} bytes: at most {NOTICE_DATA_MAX_LEN} are taken", data.len()));
    }
    Ok(data)
}
