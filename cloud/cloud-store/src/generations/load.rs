//! Reading generations.

use std::sync::Arc;

use domain::ids::{Generation, OrgId, StoreId};
use sqlx::AnyConnection;

use super::rows::{Bodies, GENERATION, read_info};
use super::{GenerationInfo, StoredGeneration};
use crate::error::{StoreError, What};
use crate::ids::Hash;
use crate::sql::{Failure, composed, fetch_each, fetch_found, fetch_value, values};
use crate::store::Store;

impl Store {
    /// The newest generation of a store without its contents; `None` where none was made.
    pub async fn newest_generation(
        &self,
        org: &OrgId,
        store: &StoreId,
    ) -> Result<Option<GenerationInfo>, StoreError> {
        self.answer(async { newest(&mut *self.reading().await?, org, store).await }).await
    }

    /// A kept generation of a store without its contents.
    pub async fn generation(
        &self,
        org: &OrgId,
        store: &StoreId,
        number: Generation,
    ) -> Result<GenerationInfo, StoreError> {
        self.answer(async { info(&mut *self.reading().await?, org, store, number).await }).await
    }

    /// The kept generations of a store, newest first.
    pub async fn generations(&self, org: &OrgId, store: &StoreId) -> Result<Vec<GenerationInfo>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{GENERATION} WHERE org = $1 AND store = $2 ORDER BY number DESC"));
            fetch_each(&mut *self.reading().await?, What::Generation, sql, values![org, store], read_info)
                .await
        })
        .await
    }

    /// A kept generation with its contents, checked against its hashes.
    pub async fn load_generation(
        &self,
        org: &OrgId,
        store: &StoreId,
        number: Generation,
    ) -> Result<StoredGeneration, StoreError> {
        let (info, bodies) = self
            .answer(async {
                let mut connection = self.reading().await?;
                let info = info(&mut connection, org, store, number).await?;
                let bodies = read_bodies(&mut connection, org, store, &info).await?;
                // It may have left while it was read: then its parts are not all there, and this says so.
                self::info(&mut connection, org, store, number).await?;
                Ok((info, bodies))
            })
            .await?;
        let head = info.head.clone();
        let content = tokio::task::spawn_blocking(move || bodies.content(&head)).await;
        let content = content.map_err(|error| self.stopped(error))??;
        Ok(StoredGeneration { info, content: Arc::new(content) })
    }

    /// A thread that ended without its result: the program is ending.
    pub(super) fn stopped(&self, error: tokio::task::JoinError) -> StoreError {
        StoreError::Unavailable { database: self.name().to_owned(), source: error.into() }
    }
}

pub(super) async fn newest(
    connection: &mut AnyConnection,
    org: &OrgId,
    store: &StoreId,
) -> Result<Option<GenerationInfo>, Failure> {
    let sql = composed(format!("{GENERATION} WHERE org = $1 AND store = $2 ORDER BY number DESC LIMIT 1"));
    Ok(fetch_each(connection, What::Generation, sql, values![org, store], read_info)
        .await?
        .into_iter()
        .next())
}

async fn info(
    connection: &mut AnyConnection,
    org: &OrgId,
    store: &StoreId,
    number: Generation,
) -> Result<GenerationInfo, Failure> {
    let sql = composed(format!("{GENERATION} WHERE org = $1 AND store = $2 AND number = $3"));
    fetch_found(connection, (What::Generation, &number), sql, values![org, store, &number], read_info).await
}

async fn read_bodies(
    connection: &mut AnyConnection,
    org: &OrgId,
    store: &StoreId,
    info: &GenerationInfo,
) -> Result<Bodies, Failure> {
    let catalogue = body(connection, org, &info.head.catalogue).await?;
    let calibration = match &info.head.calibration {
        Some(hash) => Some(body(connection, org, hash).await?),
        None => None,
    };
    let sql = "SELECT view, product, body FROM generation_view
               JOIN content ON content.org = generation_view.org AND content.hash = generation_view.vector
               WHERE generation_view.org = $1 AND store = $2 AND added_in <= $3
                   AND (removed_in IS NULL OR removed_in > $3)";
    let values = values![org, store, &info.head.number];
    let views = fetch_each(connection, What::Generation, sql, values, |fields| {
        Ok((fields.take()?, fields.take()?, fields.take()?))
    });
    Ok(Bodies { catalogue, calibration, views: views.await? })
}

async fn body(connection: &mut AnyConnection, org: &OrgId, hash: &Hash) -> Result<Vec<u8>, Failure> {
    let sql = "SELECT body FROM content WHERE org = $1 AND hash = $2";
    let body = fetch_value(connection, What::Generation, sql, values![org, hash]).await?;
    let missing = || StoreError::Unreadable {
        what: What::Generation,
        name: sync_core::chain::to_hex(hash),
        problem: "its content is gone".to_owned(),
    };
    Ok(body.ok_or_else(missing)?)
}
