//! Comparing views inside PostgreSQL, where it has the extension `vector` (pgvector).
//!
//! The vectors are a second copy in a table that is no migration's: the extension may come and go with the server, and a
//! database without it is as good. What is missing in the copy is brought when somebody asks.

use domain::embedding::Embedding;
use domain::ids::{ModelVersion, OrgId, ProductId, ViewId};
use sqlx::AnyConnection;

use super::alike::{Alike, Seen};
use super::rows::floats;
use crate::engine::Engine;
use crate::error::{StoreError, What};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_value, values};
use crate::store::Store;

/// Views that are brought in one transaction.
const PAGE: u32 = 500;
/// Two processes that bring the same must not wait for each other row by row.
const BRINGING: i64 = 0x7469_6c6c_7669_6577;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS view_vector (
    org TEXT NOT NULL,
    id BYTEA NOT NULL,
    embedding vector NOT NULL,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, id) REFERENCES product_view (org, id) ON DELETE CASCADE
)";

/// Every pair of views of two products that are looked at; what is compared follows.
const PAIRS: &str = "FROM product_view AS ours
    JOIN view_vector AS a ON a.org = ours.org AND a.id = ours.id
    JOIN product AS mine ON mine.org = ours.org AND mine.id = ours.product AND mine.archived = 0
    JOIN product_view AS theirs ON theirs.org = ours.org AND theirs.model = ours.model AND theirs.retired_at IS NULL
    JOIN view_vector AS b ON b.org = theirs.org AND b.id = theirs.id
    JOIN product AS other ON other.org = theirs.org AND other.id = theirs.product AND other.archived = 0
    WHERE ours.org = $1 AND ours.model = $2 AND ours.retired_at IS NULL";

/// A pair of views, and their cosine.
const PAIR: &str = "ours.product AS one_product, ours.id AS one_view, ours.photo AS one_photo,
    theirs.product AS other_product, theirs.id AS other_view, theirs.photo AS other_photo,
    CAST(1 - (a.embedding <=> b.embedding) AS DOUBLE PRECISION) AS similarity";

impl Store {
    /// Whether this database compares views itself: PostgreSQL with the extension `vector`.
    pub fn compares_views(&self) -> bool {
        self.has_vectors()
    }

    /// As an index would answer: the products that a product looks most like, the likest first. `None` where the database
    /// compares no views.
    pub async fn alike(
        &self,
        org: &OrgId,
        model: &ModelVersion,
        product: &ProductId,
        most: u32,
    ) -> Result<Option<Vec<Alike>>, StoreError> {
        if !self.has_vectors() {
            return Ok(None);
        }
        self.bring_vectors(org, model).await?;
        let sql = format!(
            "SELECT * FROM (
                 SELECT DISTINCT ON (theirs.product) {PAIR} {PAIRS} AND ours.product = $3 AND theirs.product <> $3
                 ORDER BY theirs.product, a.embedding <=> b.embedding, ours.id, theirs.id
             ) AS found ORDER BY similarity DESC, other_product LIMIT $4"
        );
        let found = self.answer(async {
            let mut connection = self.reading().await?;
            fetch_each(&mut connection, What::View, composed(sql), values![org, model, product, &most], read)
                .await
        });
        found.await.map(Some)
    }

    /// Pairs of products that look at least so much alike, the likest first. `None` where the database compares no views.
    pub async fn alike_pairs(
        &self,
        org: &OrgId,
        model: &ModelVersion,
        least: f64,
        most: u32,
    ) -> Result<Option<Vec<Alike>>, StoreError> {
        if !self.has_vectors() {
            return Ok(None);
        }
        self.bring_vectors(org, model).await?;
        let sql = format!(
            "SELECT * FROM (
                 SELECT DISTINCT ON (ours.product, theirs.product) {PAIR} {PAIRS} AND ours.product < theirs.product
                     AND 1 - (a.embedding <=> b.embedding) >= $3
                 ORDER BY ours.product, theirs.product, a.embedding <=> b.embedding, ours.id, theirs.id
             ) AS found ORDER BY similarity DESC, one_product, other_product LIMIT $4"
        );
        let found = self.answer(async {
            let mut connection = self.reading().await?;
            fetch_each(&mut connection, What::View, composed(sql), values![org, model, &least, &most], read)
                .await
        });
        found.await.map(Some)
    }

    /// Makes the table where the extension can be had. A database that refuses is one that compares no views.
    pub(crate) async fn look_for_vectors(&self, make: bool) -> bool {
        if self.engine() != Engine::Postgres {
            return false;
        }
        let found = async {
            let mut connection = self.reading().await?;
            let sql = "SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'vector'";
            let available: Option<i64> = fetch_value(&mut connection, What::View, sql, values![]).await?;
            if available.unwrap_or(0) == 0 {
                return Ok(false);
            }
            if make {
                execute(&mut connection, "CREATE EXTENSION IF NOT EXISTS vector", values![]).await?;
                execute(&mut connection, TABLE, values![]).await?;
            }
            let sql = "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('view_vector')";
            let there: Option<i64> = fetch_value(&mut connection, What::View, sql, values![]).await?;
            Ok::<bool, Failure>(there.unwrap_or(0) > 0)
        };
        found.await.unwrap_or(false)
    }

    /// Brings what the copy does not have yet.
    async fn bring_vectors(&self, org: &OrgId, model: &ModelVersion) -> Result<(), StoreError> {
        while self.bring_some(org, model).await? {}
        Ok(())
    }

    /// Whether there may be more.
    async fn bring_some(&self, org: &OrgId, model: &ModelVersion) -> Result<bool, StoreError> {
        self.answer(async {
            if missing(&mut *self.reading().await?, org, model, 1).await?.is_empty() {
                return Ok(false);
            }
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            // It gives back nothing that the driver can carry.
            let lock = "SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS held";
            execute(connection, lock, values![BRINGING]).await?;
            let some = missing(connection, org, model, PAGE).await?;
            for (view, embedding) in &some {
                let sql = "INSERT INTO view_vector (org, id, embedding) VALUES ($1, $2, CAST($3 AS vector))
                           ON CONFLICT (org, id) DO NOTHING";
                execute(connection, sql, values![org, view, literal(embedding).as_str()]).await?;
            }
            writing.commit().await?;
            Ok(some.len() == PAGE as usize)
        })
        .await
    }
}

async fn missing(
    connection: &mut AnyConnection,
    org: &OrgId,
    model: &ModelVersion,
    limit: u32,
) -> Result<Vec<(ViewId, Embedding)>, Failure> {
    let sql = "SELECT product_view.id, model, vector FROM product_view
               WHERE org = $1 AND model = $2 AND retired_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM view_vector
                                   WHERE view_vector.org = product_view.org AND view_vector.id = product_view.id)
               LIMIT $3";
    fetch_each(connection, What::View, sql, values![org, model, &limit], |fields| {
        let (view, model): (ViewId, ModelVersion) = (fields.take()?, fields.take()?);
        let vector: Vec<u8> = fields.take()?;
        let embedding = Embedding::new(model, floats(&vector)).map_err(|error| StoreError::Unreadable {
            what: What::View,
            name: format!("{view:?}"),
            problem: error.to_string(),
        })?;
        Ok((view, embedding))
    })
    .await
}

/// A vector as the extension reads it.
fn literal(embedding: &Embedding) -> String {
    let numbers: Vec<String> = embedding.values().iter().map(f32::to_string).collect();
    format!("[{}]", numbers.join(","))
}

fn read(fields: &mut Fields<'_>) -> Result<Alike, Failure> {
    let one = Seen { product: fields.take()?, view: fields.take()?, photo: fields.take_option()? };
    let other = Seen { product: fields.take()?, view: fields.take()?, photo: fields.take_option()? };
    let similarity: f64 = fields.take()?;
    Ok(Alike { one, other, similarity: similarity as f32 })
}
