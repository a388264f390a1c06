//! What is asked about sales and journals.

use domain::ids::{OrgId, SaleId, StoreId};
use domain::sale::TillRef;
use domain::time::{BusinessDay, WallMs};
use sqlx::AnyConnection;
use sync_core::entry::{Entry, Mark};
use sync_core::message::Hello;
use sync_core::receiver::Standing;
use sync_core::sale_document;

use super::plan::beginning;
use super::{
    DaySum, JournalFork, SaleCursor, SaleFilter, SaleSummary, SequenceGap, SetAside, StoredSale, TillHead,
};
use crate::error::{StoreError, What};
use crate::ids::Actor;
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, values};
use crate::store::Store;
use crate::tills::read_till_ref;

/// Days that no till has: the filter's ends where none is given.
const FIRST_DAY: BusinessDay = BusinessDay { year: 0, month: 1, day: 1 };
const LAST_DAY: BusinessDay = BusinessDay { year: 9999, month: 12, day: 31 };

impl Store {
    /// What the cloud knows of a till's journal, as the till's hello asks.
    pub async fn standing(&self, till: &TillRef, hello: &Hello) -> Result<Standing, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            Ok(Standing {
                has_head: has(&mut connection, till, &hello.head).await?,
                has_acked: has(&mut connection, till, &hello.acked).await?,
                newest: newest(&mut connection, till).await?,
            })
        })
        .await
    }

    /// Sales of a store, the newest first (by when the till says they were paid), those behind `after`.
    pub async fn sales(
        &self,
        org: &OrgId,
        store: &StoreId,
        filter: &SaleFilter,
        after: Option<SaleCursor>,
        limit: u32,
    ) -> Result<Vec<SaleSummary>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT org, store, till, id, sequence, business_day, completed_at, currency, gross_minor, lines,
                        received_at
                 FROM sale WHERE org = $1 AND store = $2 AND business_day BETWEEN $3 AND $4
                     AND (completed_at < $5 OR (completed_at = $5 AND id < $6)) {}
                 ORDER BY completed_at DESC, id DESC LIMIT $7",
                if filter.till.is_some() { "AND till = $8" } else { "" }
            ));
            let first_day = filter.first_day.unwrap_or(FIRST_DAY);
            let last_day = filter.last_day.unwrap_or(LAST_DAY);
            let after = after.unwrap_or(SaleCursor {
                completed_at: WallMs(i64::MAX),
                id: SaleId(domain::ids::Uuid::max()),
            });
            let mut values =
                values![org, store, &first_day, &last_day, &after.completed_at, &after.id, &limit];
            if let Some(till) = &filter.till {
                values.push(till);
            }
            fetch_each(&mut *self.reading().await?, What::Sale, sql, values, read_summary).await
        })
        .await
    }

    /// A sale with its lines.
    pub async fn sale(&self, org: &OrgId, id: SaleId) -> Result<StoredSale, StoreError> {
        self.answer(async {
            let sql = "SELECT sequence, payload, sale.received_at FROM sale
                       JOIN sale_inbox ON sale_inbox.org = sale.org AND sale_inbox.sale = sale.id
                           AND sale_inbox.business_day = sale.business_day
                       WHERE sale_inbox.org = $1 AND sale_inbox.sale = $2";
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Sale, &id), sql, values![org, &id], |fields| {
                let (sequence, payload): (_, Vec<u8>) = (fields.take()?, fields.take()?);
                let sale = sale_document::decode(&payload).map_err(|problem| StoreError::Unreadable {
                    what: What::Sale,
                    name: id.to_string(),
                    problem,
                })?;
                Ok(StoredSale { sale, sequence, received_at: fields.take()? })
            })
            .await
        })
        .await
    }

    /// What each till of a store sold on each trading day of the filter, in order of day, till and currency.
    pub async fn day_sums(
        &self,
        org: &OrgId,
        store: &StoreId,
        filter: &SaleFilter,
    ) -> Result<Vec<DaySum>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT org, store, till, business_day, currency, COUNT(*), CAST(SUM(net_minor) AS BIGINT),
                        CAST(SUM(tax_minor) AS BIGINT), CAST(SUM(gross_minor) AS BIGINT)
                 FROM sale WHERE org = $1 AND store = $2 AND business_day BETWEEN $3 AND $4 {}
                 GROUP BY org, store, till, business_day, currency ORDER BY business_day, till, currency",
                if filter.till.is_some() { "AND till = $5" } else { "" }
            ));
            let first_day = filter.first_day.unwrap_or(FIRST_DAY);
            let last_day = filter.last_day.unwrap_or(LAST_DAY);
            let mut values = values![org, store, &first_day, &last_day];
            if let Some(till) = &filter.till {
                values.push(till);
            }
            fetch_each(&mut *self.reading().await?, What::Sale, sql, values, |fields| {
                Ok(DaySum {
                    till: read_till_ref(fields)?,
                    business_day: fields.take()?,
                    currency: fields.take()?,
                    sales: fields.take()?,
                    net_minor: fields.take()?,
                    tax_minor: fields.take()?,
                    gross_minor: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// The newest place of each till that ever sent anything.
    pub async fn heads(&self, org: &OrgId) -> Result<Vec<TillHead>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, store, till, sequence, hash, received_at FROM till_head
                       WHERE org = $1 AND sequence > 0 ORDER BY store, till";
            fetch_each(&mut *self.reading().await?, What::Till, sql, values![org], |fields| {
                let till = read_till_ref(fields)?;
                let mark = Mark { sequence: fields.take()?, hash: fields.take()? };
                Ok(TillHead { till, mark, received_at: fields.take()? })
            })
            .await
        })
        .await
    }

    /// Places of tills' journals that never came, those noticed last first.
    pub async fn gaps(&self, org: &OrgId, limit: u32) -> Result<Vec<SequenceGap>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, store, till, first, last, lost, noticed_at FROM sequence_gap
                       WHERE org = $1 ORDER BY noticed_at DESC, store, till, first LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Till, sql, values![org, &limit], |fields| {
                Ok(SequenceGap {
                    till: read_till_ref(fields)?,
                    first: fields.take()?,
                    last: fields.take()?,
                    lost: fields.take()?,
                    noticed_at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// Places where a till's journal went two ways, those noticed last first.
    pub async fn forks(&self, org: &OrgId, limit: u32) -> Result<Vec<JournalFork>, StoreError> {
        self.answer(async {
            let sql =
                "SELECT org, store, till, sequence, known_hash, other_hash, noticed_at FROM journal_fork
                       WHERE org = $1 ORDER BY noticed_at DESC, store, till, sequence LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Till, sql, values![org, &limit], |fields| {
                Ok(JournalFork {
                    till: read_till_ref(fields)?,
                    sequence: fields.take()?,
                    known_hash: fields.take()?,
                    other_hash: fields.take()?,
                    noticed_at: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// What was quarantined or parked and nobody settled yet, whole; the newest first.
    pub async fn set_aside(&self, org: &OrgId, limit: u32) -> Result<Vec<SetAside>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, store, till, sequence, sale, previous, hash, payload, reason, problem, received_at,
                              settled_at, settled_by
                       FROM set_aside WHERE org = $1 AND settled_at IS NULL
                       ORDER BY received_at DESC, store, till, sequence LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Sale, sql, values![org, &limit], read_set_aside).await
        })
        .await
    }

    /// How many wait for somebody to look at them: what an alarm shows.
    pub async fn set_aside_count(&self, org: &OrgId) -> Result<u64, StoreError> {
        self.answer(async {
            let sql = "SELECT COUNT(*) FROM set_aside WHERE org = $1 AND settled_at IS NULL";
            let count = fetch_value(&mut *self.reading().await?, What::Sale, sql, values![org]).await?;
            Ok(count.unwrap_or(0))
        })
        .await
    }

    /// Notes that somebody has seen to what was put aside at this place. It stays where it is.
    pub async fn settle(
        &self,
        till: &TillRef,
        mark: &Mark,
        by: &Actor,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE set_aside SET settled_at = COALESCE(settled_at, $6), settled_by = COALESCE(settled_by, $7)
                       WHERE org = $1 AND store = $2 AND till = $3 AND sequence = $4 AND hash = $5";
            let values = values![till, &mark.sequence, &mark.hash, &now, by];
            if execute(writing.connection(), sql, values).await? == 0 {
                let name = format!("{} of {}", mark.sequence, till.till);
                return Err(StoreError::not_found(What::Sale, name).into());
            }
            writing.commit().await
        })
        .await
    }
}

async fn has(connection: &mut AnyConnection, till: &TillRef, mark: &Mark) -> Result<bool, Failure> {
    if mark.sequence.0 == 0 {
        return Ok(*mark == beginning(till));
    }
    let sql = "SELECT COUNT(*) FROM received
               WHERE org = $1 AND store = $2 AND till = $3 AND sequence = $4 AND hash = $5";
    let values = values![till, &mark.sequence, &mark.hash];
    let found: Option<i64> = fetch_value(connection, What::Sale, sql, values).await?;
    Ok(found.unwrap_or(0) > 0)
}

async fn newest(connection: &mut AnyConnection, till: &TillRef) -> Result<Mark, Failure> {
    let sql = "SELECT sequence, hash FROM till_head WHERE org = $1 AND store = $2 AND till = $3";
    let marks = fetch_each(connection, What::Till, sql, values![till], |fields| {
        Ok(Mark { sequence: fields.take()?, hash: fields.take()? })
    });
    Ok(marks.await?.into_iter().next().unwrap_or_else(|| beginning(till)))
}

fn read_summary(fields: &mut Fields<'_>) -> Result<SaleSummary, Failure> {
    Ok(SaleSummary {
        till: read_till_ref(fields)?,
        id: fields.take()?,
        sequence: fields.take()?,
        business_day: fields.take()?,
        completed_at: fields.take()?,
        currency: fields.take()?,
        gross_minor: fields.take()?,
        lines: fields.take()?,
        received_at: fields.take()?,
    })
}

fn read_set_aside(fields: &mut Fields<'_>) -> Result<SetAside, Failure> {
    Ok(SetAside {
        till: read_till_ref(fields)?,
        entry: Entry {
            sequence: fields.take()?,
            sale: fields.take()?,
            previous: fields.take()?,
            hash: fields.take()?,
            payload: fields.take()?,
        },
        reason: fields.take()?,
        problem: fields.take()?,
        received_at: fields.take()?,
        settled: match (fields.take_option()?, fields.take_option()?) {
            (Some(at), Some(by)) => Some((at, by)),
            _ => None,
        },
    })
}
