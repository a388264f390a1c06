//! What was raised, as somebody sees it: what is theirs to see, read or not.

use domain::ids::{OrgId, StoreId, Uuid};
use domain::time::WallMs;
use serde_json::Value;
use sqlx::AnyConnection;

use super::{NoticeEvent, Readers, Severity, written_people, written_roles};
use crate::error::{StoreError, What};
use crate::ids::{Actor, NoticeId, UserId};
use crate::people::Role;
use crate::sql::{Failure, Fields, Values, composed, execute, fetch_each, fetch_value, values};
use crate::store::Store;

/// Notices that are marked as read at once.
pub const NOTICES_AT_ONCE_MAX: usize = 500;

/// Something that people are told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// Its organisation.
    pub org: OrgId,
    /// Where; `None` is the whole organisation.
    pub store: Option<StoreId>,
    /// What happened.
    pub event: NoticeEvent,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub key: String,
    /// What its words need.
    pub data: Value,
    /// Whom it is for.
    pub readers: Readers,
    /// When it was raised.
    pub raised_at: WallMs,
    /// When it was last found to be so.
    pub last_seen_at: WallMs,
    /// When it ended.
    pub settled_at: Option<WallMs>,
    /// When somebody took it on.
    pub acknowledged_at: Option<WallMs>,
    /// Who did.
    pub acknowledged_by: Option<Actor>,
}

/// Whose inbox it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeReader {
    /// Who reads; software has read nothing.
    pub person: Option<UserId>,
    /// Their roles: what is for others alone is not shown.
    pub roles: Vec<Role>,
    /// Where; `None` is everywhere, and what belongs to no store.
    pub stores: Option<Vec<StoreId>>,
}

/// Which notices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Only those that have not ended.
    pub open: bool,
    /// Only those that were not read.
    pub unread: bool,
    /// Only of this kind.
    pub event: Option<NoticeEvent>,
    /// Only those at least as bad.
    pub least: Option<Severity>,
    /// Only in this store.
    pub store: Option<StoreId>,
}

pub(super) const NOTICE: &str = "SELECT notice.id, notice.org, notice.store, notice.event, notice.severity, notice_key, data, roles, people, raised_at,
    last_seen_at, settled_at, acknowledged_at, acknowledged_by";
/// Needs the organisation as `$1` and the person as `$2`.
const IS_READ: &str =
    "(notice.id <= COALESCE((SELECT read_up_to FROM notice_reader WHERE org = $1 AND person = $2), 0)
    OR EXISTS (SELECT 1 FROM notice_read WHERE person = $2 AND notice = notice.id))";

impl Store {
    /// Notices as somebody sees them, the newest first, those before `before`, each with whether it was read.
    pub async fn notices(
        &self,
        org: &OrgId,
        reader: &NoticeReader,
        filter: &NoticeFilter,
        before: Option<NoticeId>,
        limit: u32,
    ) -> Result<Vec<(Notice, bool)>, StoreError> {
        self.answer(async {
            let mut seen = Seen::of(org, reader);
            if let Some(before) = before {
                seen.add("notice.id <", &before);
            }
            seen.narrow(filter);
            let Seen { condition, mut values, places } = seen;
            values.push(&limit);
            let sql = composed(format!(
                "{NOTICE}, CASE WHEN {IS_READ} THEN 1 ELSE 0 END FROM notice
                 WHERE {condition} ORDER BY notice.id DESC LIMIT ${}",
                places + 1
            ));
            fetch_each(&mut *self.reading().await?, What::Notice, sql, values, |fields| {
                Ok((read_notice(fields)?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// A notice that somebody may see.
    pub async fn notice(
        &self,
        org: &OrgId,
        reader: &NoticeReader,
        id: NoticeId,
    ) -> Result<Notice, StoreError> {
        self.answer(async {
            let mut seen = Seen::of(org, reader);
            seen.add("notice.id =", &id);
            let sql = composed(format!("{NOTICE} FROM notice WHERE {}", seen.condition));
            let mut connection = self.reading().await?;
            let found = fetch_each(&mut connection, What::Notice, sql, seen.values, read_notice).await?;
            let found = found.into_iter().next();
            Ok(found.ok_or_else(|| StoreError::not_found(What::Notice, id))?)
        })
        .await
    }

    /// How many notices somebody has not read.
    pub async fn unread_notices(&self, org: &OrgId, reader: &NoticeReader) -> Result<u64, StoreError> {
        self.answer(async {
            let mut seen = Seen::of(org, reader);
            seen.narrow(&NoticeFilter { unread: true, ..NoticeFilter::default() });
            let sql = composed(format!("SELECT COUNT(*) FROM notice WHERE {}", seen.condition));
            let mut connection = self.reading().await?;
            Ok(fetch_value(&mut connection, What::Notice, sql, seen.values).await?.unwrap_or(0))
        })
        .await
    }

    /// Notes that somebody has read some notices. What is not there is passed over.
    pub async fn mark_notices_read(
        &self,
        org: &OrgId,
        person: UserId,
        notices: &[NoticeId],
    ) -> Result<(), StoreError> {
        if notices.len() > NOTICES_AT_ONCE_MAX {
            let problem = format!("mark at most {NOTICES_AT_ONCE_MAX} at once, not {}", notices.len());
            return Err(StoreError::invalid(What::Notice, "these", problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            for id in notices {
                let sql = "INSERT INTO notice_read (person, notice) SELECT $2, id FROM notice WHERE org = $1 AND id = $3
                           ON CONFLICT (person, notice) DO NOTHING";
                execute(writing.connection(), sql, values![org, &person, id]).await?;
            }
            writing.commit().await
        })
        .await
    }

    /// Notes that somebody has read everything up to a notice.
    pub async fn mark_notices_read_up_to(
        &self,
        org: &OrgId,
        person: UserId,
        up_to: NoticeId,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            // No further than there are notices, or what comes later would be read before it is written.
            let sql = "SELECT COALESCE(MAX(id), 0) FROM notice WHERE org = $1 AND id <= $2";
            let newest: Option<NoticeId> =
                fetch_value(writing.connection(), What::Notice, sql, values![org, &up_to]).await?;
            let newest = newest.unwrap_or_default();
            let sql = "INSERT INTO notice_reader (org, person, read_up_to) VALUES ($1, $2, $3)
                       ON CONFLICT (org, person) DO UPDATE SET read_up_to = excluded.read_up_to
                       WHERE notice_reader.read_up_to < excluded.read_up_to";
            execute(writing.connection(), sql, values![org, &person, &newest]).await?;
            let sql = "DELETE FROM notice_read WHERE person = $1 AND notice <= $2";
            execute(writing.connection(), sql, values![&person, &newest]).await?;
            writing.commit().await
        })
        .await
    }

    /// Notes that somebody takes a notice on; whoever did first stays. Whether it was this one.
    pub async fn acknowledge_notice(
        &self,
        org: &OrgId,
        id: NoticeId,
        by: &Actor,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE notice SET acknowledged_at = $3, acknowledged_by = $4
                       WHERE org = $1 AND id = $2 AND acknowledged_at IS NULL";
            let rows = execute(writing.connection(), sql, values![org, &id, &now, by]).await?;
            if rows == 0 {
                check_notice(writing.connection(), org, id).await?;
                return Ok(false);
            }
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Removes notices that were raised before a moment, at most so many; gives back how many.
    pub async fn prune_notices(&self, before: WallMs, limit: u32) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE raised_at < $1 LIMIT $2)";
            let removed = execute(writing.connection(), sql, values![&before, &limit]).await?;
            writing.commit().await?;
            Ok(removed)
        })
        .await
    }
}

async fn check_notice(connection: &mut AnyConnection, org: &OrgId, id: NoticeId) -> Result<(), Failure> {
    let sql = "SELECT 1 FROM notice WHERE org = $1 AND id = $2";
    let found: Option<i64> = fetch_value(connection, What::Notice, sql, values![org, &id]).await?;
    found.ok_or_else(|| StoreError::not_found(What::Notice, id))?;
    Ok(())
}

/// What somebody sees, as a condition; its first two values are the organisation and the person.
struct Seen {
    condition: String,
    values: Values,
    places: usize,
}

impl Seen {
    fn of(org: &OrgId, reader: &NoticeReader) -> Self {
        // Nobody has these sixteen bytes as an id.
        let person = reader.person.map_or_else(Vec::new, |person| person.0.as_bytes().to_vec());
        let values = values![org, person.as_slice()];
        // SQLite and PostgreSQL want every value to be used.
        let condition = "org = $1 AND LENGTH($2) >= 0".to_owned();
        let mut seen = Self { condition, values, places: 2 };
        let mut shown = vec!["people = ''".to_owned()];
        if let Some(stores) = &reader.stores {
            let places: Vec<String> = stores.iter().map(|store| seen.place(store)).collect();
            let here = if places.is_empty() {
                "1 = 0".to_owned()
            } else {
                // What is told to all is for those of single stores too.
                format!("(store IN ({}) OR (store = '' AND event = 'broadcast'))", places.join(", "))
            };
            shown.push(here);
        }
        let patterns = reader.roles.iter().map(|role| format!("%{}%", written_roles(&[*role])));
        let patterns: Vec<String> =
            patterns.map(|pattern| format!(" OR roles LIKE {}", seen.place(&pattern))).collect();
        shown.push(format!("(roles = ''{})", patterns.concat()));
        let mut condition = format!("({})", shown.join(" AND "));
        if let Some(person) = reader.person {
            let named = seen.place(&format!("%{}%", written_people(&[person])));
            condition = format!("({condition} OR people LIKE {named})");
        }
        seen.condition.push_str(&format!(" AND {condition}"));
        seen
    }

    fn place(&mut self, value: impl crate::sql::Bind) -> String {
        self.values.push(value);
        self.places += 1;
        format!("${}", self.places)
    }

    fn add(&mut self, comparison: &str, value: impl crate::sql::Bind) {
        let place = self.place(value);
        self.condition.push_str(&format!(" AND {comparison} {place}"));
    }

    fn narrow(&mut self, filter: &NoticeFilter) {
        let NoticeFilter { open, unread, event, least, store } = filter;
        if *open {
            self.condition.push_str(" AND settled_at IS NULL");
        }
        if *unread {
            self.condition.push_str(&format!(" AND NOT {IS_READ}"));
        }
        if let Some(event) = event {
            self.add("event =", event);
        }
        if let Some(store) = store {
            self.add("store =", store);
        }
        if let Some(least) = least {
            let worse = [Severity::Info, Severity::Warning, Severity::Critical]
                .into_iter()
                .filter(|one| one >= least);
            let places: Vec<String> = worse.map(|severity| self.place(&severity)).collect();
            self.condition.push_str(&format!(" AND severity IN ({})", places.join(", ")));
        }
    }
}

pub(super) fn read_notice(fields: &mut Fields<'_>) -> Result<Notice, Failure> {
    Ok(Notice {
        id: fields.take()?,
        org: fields.take()?,
        store: read_store(fields)?,
        event: fields.take()?,
        severity: fields.take()?,
        key: fields.take()?,
        data: {
            let text: String = fields.take()?;
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?
        },
        readers: Readers {
            roles: {
                let text: String = fields.take()?;
                text.split(',').filter_map(Role::from_word).collect()
            },
            people: {
                let text: String = fields.take()?;
                let named = text.split(',').filter(|id| !id.is_empty());
                let read: Result<Vec<UserId>, _> = named.map(|id| Uuid::parse_str(id).map(UserId)).collect();
                // Whom it names is never taken for everybody.
                read.map_err(|error| unreadable(error.to_string()))?
            },
        },
        raised_at: fields.take()?,
        last_seen_at: fields.take()?,
        settled_at: fields.take_option()?,
        acknowledged_at: fields.take_option()?,
        acknowledged_by: fields.take_option()?,
    })
}

/// A store, where an empty one stands for all of them.
pub(super) fn read_store(fields: &mut Fields<'_>) -> Result<Option<StoreId>, Failure> {
    let text: String = fields.take()?;
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(StoreId::new(&text).map_err(|error| unreadable(error.to_string()))?))
}

fn unreadable(problem: String) -> StoreError {
    StoreError::Unreadable { what: What::Notice, name: String::new(), problem }
}
