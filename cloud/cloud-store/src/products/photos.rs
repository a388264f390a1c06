//! Photos: what is known of them; their bytes lie in the blob store.

use domain::ids::{OrgId, ProductId};
use domain::time::WallMs;

use super::rows::{PHOTO, read_photo};
use super::{Photo, PhotoState};
use crate::bulk::fetch_all_of;
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::PhotoId;
use crate::sql::{Fields, composed, execute, fetch_each, fetch_found, values};
use crate::store::Store;

impl Store {
    /// A photo.
    pub async fn photo(&self, org: &OrgId, id: PhotoId) -> Result<Photo, StoreError> {
        self.answer(async {
            let sql = composed(format!("{PHOTO} WHERE org = $1 AND id = $2"));
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Photo, &id), sql, values![org, &id], read_photo).await
        })
        .await
    }

    /// The photos of a product in the order in which they came; removed ones are left out.
    pub async fn photos(&self, org: &OrgId, product: &ProductId) -> Result<Vec<Photo>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{PHOTO} WHERE org = $1 AND product = $2 AND state <> 'removed' ORDER BY made_at, id"
            ));
            fetch_each(&mut *self.reading().await?, What::Photo, sql, values![org, product], read_photo).await
        })
        .await
    }

    /// Says how far a photo has come.
    pub async fn set_photo_state(
        &self,
        org: &OrgId,
        id: PhotoId,
        state: PhotoState,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE photo SET state = $3 WHERE org = $1 AND id = $2";
            if execute(writing.connection(), sql, values![org, &id, &state]).await? == 0 {
                return Err(StoreError::not_found(What::Photo, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// Takes a photo away: its views are retired, and its bytes may go.
    pub async fn remove_photo(
        &self,
        org: &OrgId,
        id: PhotoId,
        event: &NewEvent,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let sql = "UPDATE photo SET state = 'removed' WHERE org = $1 AND id = $2";
            if execute(connection, sql, values![org, &id]).await? == 0 {
                return Err(StoreError::not_found(What::Photo, id).into());
            }
            let sql = "UPDATE product_view SET retired_at = $3
                       WHERE org = $1 AND photo = $2 AND retired_at IS NULL";
            execute(connection, sql, values![org, &id, &now]).await?;
            emit(connection, org, event, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Those of these blobs that a photo needs, of whichever organisation: a sweeper may remove the others once they are
    /// older than any request can be.
    pub async fn blobs_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let select = "SELECT blob_key FROM photo WHERE state <> 'removed' AND blob_key";
            let rows =
                fetch_all_of(&mut connection, select, 1, "", keys, |key, values| values.push(key)).await?;
            let mut found = Vec::with_capacity(rows.len());
            for row in &rows {
                found.push(Fields::of(row, What::Photo).take()?);
            }
            found.sort();
            found.dedup();
            Ok(found)
        })
        .await
    }
}
