//! The audit log: who did what, one chain an organisation, nothing edited.
//!
//! `hash(n) = SHA-256(hash(n-1) || entry(n))`, where an entry is its number and time as eight bytes each, big end first, and
//! then actor, action, object and detail, each after its length in eight bytes. `hash(0)` is SHA-256 over a title and the
//! organisation's id. The chain has no key: it shows edits as long as a later hash is known elsewhere.

use domain::ids::OrgId;
use domain::time::WallMs;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use crate::engine::Engine;
use crate::error::{StoreError, What};
use crate::ids::{Actor, AuditNumber, Hash};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_one, values, without_zeros};
use crate::store::{Store, on_key};

/// Longest action, object or detail, in bytes.
pub const AUDIT_TEXT_MAX_LEN: usize = 16 * 1024;
/// Entries that are read at once when the chain is checked.
const PAGE: u32 = 1_000;

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// Who.
    pub actor: Actor,
    /// What, for example `till.claim`.
    pub action: String,
    /// To what, for example `corner-shop/till-1`.
    pub object: String,
    /// What else is worth knowing, as JSON or empty. No secrets.
    pub detail: String,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place: 1, 2, 3, ...
    pub number: AuditNumber,
    /// When.
    pub at: WallMs,
    /// Who did what.
    pub entry: NewAuditEntry,
    /// The chain's hash after it.
    pub hash: Hash,
}

/// What a check of the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Entries that fit.
    pub checked: u64,
    /// The chain's hash after the last of them.
    pub hash: Hash,
    /// The first thing that does not fit, in words; `None` where all does.
    pub problem: Option<String>,
}

const ENTRY: &str = "SELECT number, at, actor, action, object, detail, hash FROM audit_entry";

impl Store {
    /// Adds an entry to the log. What tells of a change of the store's own belongs into that change's transaction:
    /// [`Store::audited`].
    pub async fn append_audit(
        &self,
        org: &OrgId,
        entry: &NewAuditEntry,
        now: WallMs,
    ) -> Result<AuditEntry, StoreError> {
        let pending = PendingAudit::new(org, entry, now)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let appended = append(writing.connection(), self.engine(), &pending).await?;
            writing.commit().await?;
            Ok(appended)
        })
        .await
    }

    /// Entries before `before`, or the newest, newest first.
    pub async fn audit(
        &self,
        org: &OrgId,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.answer(async {
            let sql =
                composed(format!("{ENTRY} WHERE org = $1 AND number < $2 ORDER BY number DESC LIMIT $3"));
            let before = before.unwrap_or(AuditNumber(u64::MAX));
            let values = values![org, &before, &limit];
            fetch_each(&mut *self.reading().await?, What::AuditEntry, sql, values, read_entry).await
        })
        .await
    }

    /// Checks the whole chain of an organisation.
    pub async fn verify_audit(&self, org: &OrgId) -> Result<AuditReport, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            // Read first: what is added meanwhile lies behind it.
            let head = audit_head(&mut connection, org, "").await?;
            let mut report = AuditReport { checked: 0, hash: genesis(org), problem: None };
            let sql =
                format!("{ENTRY} WHERE org = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4");
            loop {
                let values = values![org, &report.checked, &head.0, &PAGE];
                let sql = composed(sql.clone());
                let page = fetch_each(&mut connection, What::AuditEntry, sql, values, read_entry).await?;
                if page.is_empty() {
                    break;
                }
                for entry in &page {
                    if let Some(problem) = problem_with(entry, &report) {
                        return Ok(AuditReport { problem: Some(problem), ..report });
                    }
                    report = AuditReport { checked: entry.number.0, hash: entry.hash, problem: None };
                }
            }
            if (AuditNumber(report.checked), report.hash) != head {
                report.problem =
                    Some(format!("the log ends with entry {}, and should with {}", report.checked, head.0));
            }
            Ok(report)
        })
        .await
    }
}

/// An entry that waits for the transaction that it tells of.
#[derive(Debug)]
pub(crate) struct PendingAudit {
    pub(crate) org: OrgId,
    pub(crate) entry: NewAuditEntry,
    pub(crate) at: WallMs,
}

impl PendingAudit {
    pub(crate) fn new(org: &OrgId, entry: &NewAuditEntry, at: WallMs) -> Result<Self, StoreError> {
        let NewAuditEntry { actor, action, object, detail } = entry;
        let too_long = [action, object, detail].into_iter().find(|text| text.len() > AUDIT_TEXT_MAX_LEN);
        if let Some(text) = too_long {
            let problem = format!("its texts may have {AUDIT_TEXT_MAX_LEN} bytes, one has {}", text.len());
            return Err(StoreError::invalid(What::AuditEntry, action, problem));
        }
        // The hash is over what is stored.
        let entry = NewAuditEntry {
            actor: actor.clone(),
            action: without_zeros(action),
            object: without_zeros(object),
            detail: without_zeros(detail),
        };
        Ok(Self { org: org.clone(), entry, at })
    }
}

/// Adds an entry in the transaction of `connection`, as the last thing that it does: the end of the chain is held until then.
pub(crate) async fn append(
    connection: &mut AnyConnection,
    engine: Engine,
    pending: &PendingAudit,
) -> Result<AuditEntry, Failure> {
    let PendingAudit { org, entry, at } = pending;
    let (number, previous) = lock_head(connection, engine, org).await?;
    let number = AuditNumber(number.0 + 1);
    let hash = link(&previous, number, *at, entry);
    let NewAuditEntry { actor, action, object, detail } = entry;
    let sql = "INSERT INTO audit_entry (org, number, at, actor, action, object, detail, hash)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    execute(connection, sql, values![org, &number, at, actor, action, object, detail, &hash]).await?;
    let sql = "UPDATE audit_head SET number = $2, hash = $3 WHERE org = $1";
    execute(connection, sql, values![org, &number, &hash]).await?;
    Ok(AuditEntry { number, at: *at, entry: entry.clone(), hash })
}

/// Holds the end of the chain until the transaction ends.
async fn lock_head(
    connection: &mut AnyConnection,
    engine: Engine,
    org: &OrgId,
) -> Result<(AuditNumber, Hash), Failure> {
    let sql = "INSERT INTO audit_head (org, number, hash) VALUES ($1, 0, $2) ON CONFLICT (org) DO NOTHING";
    let missing = || StoreError::not_found(What::Organisation, org);
    on_key(execute(connection, sql, values![org, &genesis(org)]).await, missing, missing)?;
    audit_head(connection, org, engine.for_update()).await
}

async fn audit_head(
    connection: &mut AnyConnection,
    org: &OrgId,
    lock: &str,
) -> Result<(AuditNumber, Hash), Failure> {
    let sql = composed(format!("SELECT number, hash FROM audit_head WHERE org = $1{lock}"));
    let Some(row) = fetch_one(connection, sql, values![org]).await? else {
        return Ok((AuditNumber(0), genesis(org)));
    };
    let mut fields = Fields::of(&row, What::AuditEntry);
    Ok((fields.take()?, fields.take()?))
}

fn read_entry(fields: &mut Fields<'_>) -> Result<AuditEntry, Failure> {
    Ok(AuditEntry {
        number: fields.take()?,
        at: fields.take()?,
        entry: NewAuditEntry {
            actor: fields.take()?,
            action: fields.take()?,
            object: fields.take()?,
            detail: fields.take()?,
        },
        hash: fields.take()?,
    })
}

fn problem_with(entry: &AuditEntry, before: &AuditReport) -> Option<String> {
    let expected = AuditNumber(before.checked + 1);
    if entry.number != expected {
        return Some(format!("entry {expected} is missing"));
    }
    let hash = link(&before.hash, entry.number, entry.at, &entry.entry);
    (hash != entry.hash).then(|| format!("entry {expected} is not what it was when it was written"))
}

fn genesis(org: &OrgId) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"tillsight audit 1\n");
    hasher.update(org.as_str());
    hasher.finalize().into()
}

fn link(previous: &Hash, number: AuditNumber, at: WallMs, entry: &NewAuditEntry) -> Hash {
    let NewAuditEntry { actor, action, object, detail } = entry;
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(number.0.to_be_bytes());
    hasher.update(at.0.to_be_bytes());
    for text in [&actor.to_string(), action, object, detail] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}
