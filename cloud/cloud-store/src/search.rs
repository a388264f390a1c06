//! What can be found: a copy of what other tables say, in the shape that the search index takes, with the order of its changes.
//!
//! One process at a time writes entries (by a lease, and by the row of the counter); whoever keeps an index reads what came behind
//! the change that it has. Changes are numbered under that row's lock, so that none appears behind one that was read already.

use std::collections::BTreeMap;

use cloud_core::search::{Entry, EntryKind};
use domain::ids::{OrgId, ProductId};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use crate::bulk::{fetch_all_of, insert_all};
use crate::error::{StoreError, What};
use crate::ids::{DocumentId, EventId, SupplierId};
use crate::sql::{Failure, Fields, column, composed, execute, fetch_each, fetch_value, push_values, values};
use crate::store::Store;

/// Entries that are written or read at once.
pub const SEARCH_ENTRIES_AT_ONCE_MAX: usize = 1_000;

/// An entry as it is to be; `None` where the thing is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWrite {
    /// What it is about.
    pub kind: EntryKind,
    /// Which.
    pub id: String,
    /// What is said of it.
    pub entry: Option<Entry>,
}

/// An entry as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchEntry {
    /// Whose.
    pub org: OrgId,
    /// It.
    pub write: SearchWrite,
    /// The how-manieth change it was, over all organisations.
    pub change: u64,
}

/// How far the entries of an organisation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchState {
    /// Its newest change; zero where there is none.
    pub newest: u64,
    /// Entries that were removed before this one may be forgotten: an index that is not as far is made anew.
    pub forgotten: u64,
}

/// How far somebody who keeps a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchMark {
    /// Up to which event or change.
    pub place: u64,
    /// When it last looked.
    pub looked_at: WallMs,
    /// When it last compared everything.
    pub reviewed_at: WallMs,
}

/// That something happened, without what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNote {
    /// The event.
    pub id: EventId,
    /// Whose.
    pub org: OrgId,
    /// What it is about.
    pub topic: String,
    /// What it happened to.
    pub key: String,
}

column!(EntryKind as String, |kind| kind.as_str().to_owned(), |word| {
    EntryKind::from_word(&word).ok_or_else(|| format!("`{word}` is no kind of entry"))
});

/// An entry as it is stored. A field that a later version adds is none that this one can find by.
#[derive(Serialize, Deserialize)]
struct Body {
    names: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    brand: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    category: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(default)]
    archived: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<String>,
}

column!(Entry as String, |entry| write_body(entry), |json| {
    let Body { names, brand, category, numbers, text, archived, store } =
        serde_json::from_str(&json).map_err(|error| error.to_string())?;
    Ok(Entry { names, brand, category, numbers, text, archived, store })
});

fn write_body(entry: &Entry) -> String {
    let Entry { names, brand, category, numbers, text, archived, store } = entry.clone();
    let body = Body { names, brand, category, numbers, text, archived, store };
    let json = serde_json::to_string(&body).expect("its keys are text");
    crate::sql::without_zeros(&json)
}

const ENTRY: &str = "SELECT org, kind, id, body, removed, change FROM search_entry";

impl Store {
    /// Writes those of these entries that are other than before; gives back how many were.
    pub async fn write_search_entries(
        &self,
        org: &OrgId,
        writes: &[SearchWrite],
        now: WallMs,
    ) -> Result<u64, StoreError> {
        if writes.len() > SEARCH_ENTRIES_AT_ONCE_MAX {
            let problem = format!("write at most {SEARCH_ENTRIES_AT_ONCE_MAX} at once, not {}", writes.len());
            return Err(StoreError::invalid(What::SearchEntry, "", problem));
        }
        // The last one of a thing counts.
        let writes: BTreeMap<(EntryKind, &str), &SearchWrite> =
            writes.iter().map(|write| ((write.kind, write.id.as_str()), write)).collect();
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            // Taken first: what is read below is what the writer before has left.
            let sql = "UPDATE search_change SET last = last + $1 WHERE one = 1 RETURNING last";
            let count = writes.len() as u64;
            let last: u64 =
                fetch_value(connection, What::SearchEntry, sql, values![&count]).await?.unwrap_or(count);
            let keys: Vec<(EntryKind, &str)> = writes.keys().copied().collect();
            let known = known_entries(connection, org, &keys).await?;
            let is_other = |write: &&&SearchWrite| {
                let before = known.get(&(write.kind, write.id.clone()));
                before.map_or(write.entry.is_some(), |before| *before != write.entry)
            };
            let changed: Vec<&SearchWrite> = writes.values().filter(is_other).copied().collect();
            if changed.is_empty() {
                return Ok(0);
            }
            let numbered: Vec<(u64, &SearchWrite)> = (last - count + 1..).zip(changed).collect();
            let nothing = Entry::default();
            let insert = "INSERT INTO search_entry (org, kind, id, body, removed, change, changed_at)";
            let rest = "ON CONFLICT (org, kind, id) DO UPDATE SET body = excluded.body, removed = excluded.removed,
                            change = excluded.change, changed_at = excluded.changed_at";
            let written = insert_all(connection, insert, 7, rest, &numbered, |(change, write), values| {
                let entry = write.entry.as_ref().unwrap_or(&nothing);
                push_values!(values; org, &write.kind, &write.id, entry, &write.entry.is_none(), change, &now);
            });
            let written = written.await?;
            writing.commit().await?;
            Ok(written)
        })
        .await
    }

    /// How far the entries of an organisation are.
    pub async fn search_state(&self, org: &OrgId) -> Result<SearchState, StoreError> {
        self.answer(async {
            let sql = "SELECT (SELECT COALESCE(MAX(change), 0) FROM search_entry WHERE org = $1), forgotten
                       FROM search_change WHERE one = 1";
            let mut connection = self.reading().await?;
            let found = fetch_each(&mut connection, What::SearchEntry, sql, values![org], |fields| {
                Ok(SearchState { newest: fields.take()?, forgotten: fields.take()? })
            });
            Ok(found.await?.into_iter().next().unwrap_or_default())
        })
        .await
    }

    /// How many entries an organisation has.
    pub async fn search_entry_count(&self, org: &OrgId) -> Result<u64, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*) FROM search_entry WHERE org = $1 AND removed = 0";
            let mut connection = self.reading().await?;
            Ok(fetch_value(&mut connection, What::SearchEntry, sql, values![org]).await?.unwrap_or(0))
        })
        .await
    }

    /// Those of these entries that are there.
    pub async fn search_entries(
        &self,
        org: &OrgId,
        keys: &[(EntryKind, &str)],
    ) -> Result<BTreeMap<(EntryKind, String), Entry>, StoreError> {
        self.answer(async {
            let known = known_entries(&mut *self.reading().await?, org, keys).await?;
            Ok(known.into_iter().filter_map(|(key, entry)| Some((key, entry?))).collect())
        })
        .await
    }

    /// Entries of an organisation that changed behind this change, in order of change.
    pub async fn search_entries_since(
        &self,
        org: &OrgId,
        change: u64,
        limit: u32,
    ) -> Result<Vec<SearchEntry>, StoreError> {
        let sql = format!("{ENTRY} WHERE org = $1 AND change > $2 ORDER BY change LIMIT $3");
        self.answer(async {
            let mut connection = self.reading().await?;
            let values = values![org, &change, &limit];
            fetch_each(&mut connection, What::SearchEntry, composed(sql), values, read_entry).await
        })
        .await
    }

    /// Entries of all organisations that changed behind this change, in order of change.
    pub async fn all_search_entries_since(
        &self,
        change: u64,
        limit: u32,
    ) -> Result<Vec<SearchEntry>, StoreError> {
        let sql = format!("{ENTRY} WHERE change > $1 ORDER BY change LIMIT $2");
        self.answer(async {
            let mut connection = self.reading().await?;
            let values = values![&change, &limit];
            fetch_each(&mut connection, What::SearchEntry, composed(sql), values, read_entry).await
        })
        .await
    }

    /// Ids of an organisation's entries of a kind that are there, in order, those behind `after` and not behind `to`.
    pub async fn search_entry_ids(
        &self,
        org: &OrgId,
        kind: EntryKind,
        (after, to): (&str, Option<&str>),
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let mut sql =
                "SELECT id FROM search_entry WHERE org = $1 AND kind = $2 AND id > $3 AND removed = 0"
                    .to_owned();
            let mut values = values![org, &kind, after, &limit];
            if let Some(to) = to {
                sql.push_str(" AND id <= $5");
                values.push(to);
            }
            sql.push_str(" ORDER BY id LIMIT $4");
            let mut connection = self.reading().await?;
            crate::sql::fetch_values(&mut connection, What::SearchEntry, composed(sql), values).await
        })
        .await
    }

    /// Suppliers of all organisations that were changed at this moment or later.
    pub async fn suppliers_changed_since(
        &self,
        since: WallMs,
        limit: u32,
    ) -> Result<Vec<(OrgId, SupplierId)>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT org, id FROM supplier WHERE updated_at >= $1 ORDER BY updated_at, org, id LIMIT $2";
            let mut connection = self.reading().await?;
            fetch_each(&mut connection, What::Supplier, sql, values![&since, &limit], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Products whose families were changed since a moment, in order of when they were.
    pub async fn products_described_since(
        &self,
        since: WallMs,
        limit: u32,
    ) -> Result<Vec<(OrgId, ProductId)>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, product FROM product_family WHERE updated_at >= $1 AND product IS NOT NULL
                       ORDER BY updated_at, org, id LIMIT $2";
            let mut connection = self.reading().await?;
            fetch_each(&mut connection, What::Family, sql, values![&since, &limit], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Documents that were changed or taken away since a moment, in order of when they were.
    pub async fn documents_changed_since(
        &self,
        since: WallMs,
        limit: u32,
    ) -> Result<Vec<(OrgId, DocumentId)>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT org, id FROM document WHERE changed_at >= $1 ORDER BY changed_at, org, id LIMIT $2";
            let mut connection = self.reading().await?;
            fetch_each(&mut connection, What::Document, sql, values![&since, &limit], |fields| {
                Ok((fields.take()?, fields.take()?))
            })
            .await
        })
        .await
    }

    /// Forgets entries that were removed before a moment; gives back how many.
    pub async fn forget_search_entries(&self, before: WallMs) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE search_change SET forgotten = COALESCE(
                           (SELECT MAX(change) FROM search_entry WHERE removed = 1 AND changed_at < $1), forgotten)
                       WHERE one = 1";
            execute(connection, sql, values![&before]).await?;
            let sql = "DELETE FROM search_entry WHERE removed = 1 AND changed_at < $1";
            let removed = execute(connection, sql, values![&before]).await?;
            writing.commit().await?;
            Ok(removed)
        })
        .await
    }

    /// How far somebody has come; nowhere where nothing was noted.
    pub async fn search_mark(&self, name: &str) -> Result<Option<SearchMark>, StoreError> {
        self.answer(async {
            let sql = "SELECT place, looked_at, reviewed_at FROM search_mark WHERE name = $1";
            let mut connection = self.reading().await?;
            let found = fetch_each(&mut connection, What::SearchEntry, sql, values![name], |fields| {
                Ok(SearchMark {
                    place: fields.take()?,
                    looked_at: fields.take()?,
                    reviewed_at: fields.take()?,
                })
            });
            Ok(found.await?.into_iter().next())
        })
        .await
    }

    /// Notes how far somebody has come.
    pub async fn note_search_mark(&self, name: &str, mark: &SearchMark) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO search_mark (name, place, looked_at, reviewed_at) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (name) DO UPDATE SET place = excluded.place, looked_at = excluded.looked_at,
                           reviewed_at = excluded.reviewed_at";
            let values = values![name, &mark.place, &mark.looked_at, &mark.reviewed_at];
            execute(writing.connection(), sql, values).await?;
            writing.commit().await
        })
        .await
    }

    /// Forgets how far somebody has come, so that it begins anew.
    pub async fn forget_search_mark(&self, name: &str) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            execute(writing.connection(), "DELETE FROM search_mark WHERE name = $1", values![name]).await?;
            writing.commit().await
        })
        .await
    }

    /// The newest event that there is, sent or not; zero where there is none.
    pub async fn newest_event(&self) -> Result<EventId, StoreError> {
        self.answer(async {
            let sql = "SELECT COALESCE(MAX(id), 0) FROM outbox_event";
            let mut connection = self.reading().await?;
            Ok(fetch_value(&mut connection, What::Event, sql, values![]).await?.unwrap_or_default())
        })
        .await
    }

    /// That something happened in one of these topics, behind one event and up to another, sent or not, in order.
    pub async fn event_notes(
        &self,
        topics: &[&str],
        (after, to): (EventId, EventId),
        limit: u32,
    ) -> Result<Vec<EventNote>, StoreError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        self.answer(async {
            let places: Vec<String> = (4..4 + topics.len()).map(|place| format!("${place}")).collect();
            let sql = composed(format!(
                "SELECT id, org, topic, event_key FROM outbox_event
                 WHERE id > $1 AND id <= $2 AND topic IN ({}) ORDER BY id LIMIT $3",
                places.join(", ")
            ));
            let mut values = values![&after, &to, &limit];
            for topic in topics {
                values.push(*topic);
            }
            fetch_each(&mut *self.reading().await?, What::Event, sql, values, |fields| {
                Ok(EventNote {
                    id: fields.take()?,
                    org: fields.take()?,
                    topic: fields.take()?,
                    key: fields.take()?,
                })
            })
            .await
        })
        .await
    }
}

async fn known_entries(
    connection: &mut AnyConnection,
    org: &OrgId,
    keys: &[(EntryKind, &str)],
) -> Result<BTreeMap<(EntryKind, String), Option<Entry>>, Failure> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let select = format!("{ENTRY} WHERE (org, kind, id)");
    let rows = fetch_all_of(connection, &select, 3, "", keys, |(kind, id), values| {
        push_values!(values; org, kind, *id);
    });
    let mut known = BTreeMap::new();
    for row in rows.await? {
        let entry = read_entry(&mut Fields::of(&row, What::SearchEntry))?;
        known.insert((entry.write.kind, entry.write.id), entry.write.entry);
    }
    Ok(known)
}

fn read_entry(fields: &mut Fields<'_>) -> Result<SearchEntry, Failure> {
    let (org, kind, id) = (fields.take()?, fields.take()?, fields.take()?);
    let (entry, removed): (Entry, bool) = (fields.take()?, fields.take()?);
    let write = SearchWrite { kind, id, entry: (!removed).then_some(entry) };
    Ok(SearchEntry { org, write, change: fields.take()? })
}
