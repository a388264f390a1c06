//! Public pages and GTINs that are looked up again and again.

use domain::ids::OrgId;
use domain::time::WallMs;

use super::check_text;
use crate::error::{StoreError, What};
use crate::ids::{Actor, PageTargetId, SupplierId};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
    word_column,
};
use crate::store::{Store, on_key};

/// Targets of one organisation: each is a visit to somebody else's server.
const TARGETS_MAX: i64 = 10_000;
/// Longest problem that is kept of a visit, in bytes.
const PROBLEM_MAX_LEN: usize = 1_000;

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageTargetKind {
    /// A page of a shop, by its address.
    Page,
    /// A GTIN in Open Food Facts.
    OpenFoodFacts,
}

word_column!(PageTargetKind: Page = "page", OpenFoodFacts = "open_food_facts");

/// A target as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPageTarget {
    /// A new id.
    pub id: PageTargetId,
    /// Of what kind.
    pub kind: PageTargetKind,
    /// The address or the GTIN.
    pub address: String,
    /// Whose shop it is, where that is a supplier.
    pub supplier: Option<SupplierId>,
    /// How often it is visited.
    pub every_minutes: u32,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageTarget {
    /// Whose.
    pub org: OrgId,
    /// As it was named.
    pub target: NewPageTarget,
    /// When it is visited next.
    pub next_at: WallMs,
    /// When it was visited last.
    pub visited_at: Option<WallMs>,
    /// Why the last visit went wrong, where it did.
    pub problem: Option<String>,
    /// Visits in a row that went wrong.
    pub failures: u32,
    /// Products that were found at the last visit that went well.
    pub products: u32,
    /// Where what was read at the last visit that went well is kept.
    pub snapshot: Option<String>,
    /// Who named it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
}

/// How a visit went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Products that were found, or why none could be.
    pub outcome: Result<u32, String>,
    /// Where what was read is kept.
    pub snapshot: Option<String>,
    /// When to come again.
    pub next_at: WallMs,
}

const TARGET: &str = "SELECT org, id, kind, address, supplier, every_minutes, next_at, visited_at, problem, failures, products,
                             snapshot, made_by, made_at
                      FROM page_target";

impl Store {
    /// Names a target, or changes how often it is visited; it is visited soon. Gives back its id.
    pub async fn put_page_target(
        &self,
        org: &OrgId,
        target: &NewPageTarget,
        by: &Actor,
        now: WallMs,
    ) -> Result<PageTargetId, StoreError> {
        check_text(What::PageTarget, "", &target.address)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "SELECT COUNT(*) FROM page_target WHERE org = $1";
            let count: Option<i64> = fetch_value(connection, What::PageTarget, sql, values![org]).await?;
            if count.is_some_and(|count| count >= TARGETS_MAX) {
                let problem = format!("cannot be added: there are {TARGETS_MAX} already; remove some");
                return Err(StoreError::conflict(What::PageTarget, &target.address, problem).into());
            }
            let sql = "INSERT INTO page_target (org, id, kind, address, supplier, every_minutes, next_at, failures, products,
                           made_by, made_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $7)
                       ON CONFLICT (org, kind, address) DO UPDATE SET supplier = excluded.supplier,
                           every_minutes = excluded.every_minutes, next_at = excluded.next_at, failures = 0
                       RETURNING id";
            let NewPageTarget { id, kind, address, supplier, every_minutes } = target;
            let mut values = values![org, id, kind, address, supplier, every_minutes];
            push_values!(values; &now, by);
            let put = match fetch_value(connection, What::PageTarget, sql, values).await {
                Err(Failure::Engine(error)) => on_key(
                    Err(error),
                    || StoreError::exists(What::PageTarget, address),
                    || StoreError::not_found(What::Supplier, supplier.map(|id| id.to_string()).unwrap_or_default()),
                )?,
                put => put?,
            };
            writing.commit().await?;
            Ok(put.unwrap_or(*id))
        })
        .await
    }

    /// Targets of an organisation in order of id, those behind `after`.
    pub async fn page_targets(
        &self,
        org: &OrgId,
        after: Option<PageTargetId>,
        limit: u32,
    ) -> Result<Vec<PageTarget>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{TARGET} WHERE org = $1 AND id > $2 ORDER BY id LIMIT $3"));
            let after = after.map_or_else(Vec::new, |after| after.0.as_bytes().to_vec());
            let values = values![org, after.as_slice(), &limit];
            fetch_each(&mut *self.reading().await?, What::PageTarget, sql, values, read).await
        })
        .await
    }

    /// A target.
    pub async fn page_target(&self, org: &OrgId, id: PageTargetId) -> Result<PageTarget, StoreError> {
        self.answer(async {
            let sql = composed(format!("{TARGET} WHERE org = $1 AND id = $2"));
            fetch_found(&mut *self.reading().await?, (What::PageTarget, &id), sql, values![org, &id], read)
                .await
        })
        .await
    }

    /// Forgets a target; what was read there stays.
    pub async fn remove_page_target(&self, org: &OrgId, id: PageTargetId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM page_target WHERE org = $1 AND id = $2";
            if execute(writing.connection(), sql, values![org, &id]).await? == 0 {
                return Err(StoreError::not_found(What::PageTarget, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// Targets of all organisations that are due, the longest first.
    pub async fn due_page_targets(&self, now: WallMs, limit: u32) -> Result<Vec<PageTarget>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{TARGET} WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2"));
            fetch_each(&mut *self.reading().await?, What::PageTarget, sql, values![&now, &limit], read).await
        })
        .await
    }

    /// Notes how a visit went. A target that was removed meanwhile is none any more, and that is no error.
    pub async fn note_visit(
        &self,
        org: &OrgId,
        id: PageTargetId,
        visit: &Visit,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let (products, problem) = match &visit.outcome {
                Ok(products) => (i64::from(*products), None),
                Err(problem) => (0, Some(&problem[..problem.floor_char_boundary(PROBLEM_MAX_LEN)])),
            };
            let sql = "UPDATE page_target SET visited_at = $3, next_at = $4, problem = $5,
                           failures = CASE WHEN $5 IS NULL THEN 0 ELSE failures + 1 END,
                           products = CASE WHEN $5 IS NULL THEN $6 ELSE products END,
                           snapshot = COALESCE($7, snapshot)
                       WHERE org = $1 AND id = $2";
            let mut values = values![org, &id, &now, &visit.next_at, problem];
            push_values!(values; products, &visit.snapshot);
            execute(writing.connection(), sql, values).await?;
            writing.commit().await
        })
        .await
    }
}

fn read(fields: &mut Fields<'_>) -> Result<PageTarget, Failure> {
    Ok(PageTarget {
        org: fields.take()?,
        target: NewPageTarget {
            id: fields.take()?,
            kind: fields.take()?,
            address: fields.take()?,
            supplier: fields.take_option()?,
            every_minutes: fields.take()?,
        },
        next_at: fields.take()?,
        visited_at: fields.take_option()?,
        problem: fields.take_option()?,
        failures: fields.take()?,
        products: fields.take()?,
        snapshot: fields.take_option()?,
        made_by: fields.take()?,
        made_at: fields.take()?,
    })
}
