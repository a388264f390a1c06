//! Views: the vectors that products are recognised by.

use domain::ids::{ModelVersion, OrgId, ProductId, ViewId};
use domain::time::WallMs;

use super::rows::{VIEW, read_view, vector_bytes};
use super::{StoredView, ViewsChange};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::events::emit;
use crate::sql::{composed, execute, fetch_each, push_values, values};
use crate::store::{Store, on_key};

impl Store {
    /// Brings views and retires others, all or nothing.
    pub async fn change_views(
        &self,
        org: &OrgId,
        change: &ViewsChange,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let insert = "INSERT INTO product_view (org, id, product, photo, model, vector, made_at)";
            let rest = "ON CONFLICT (org, id) DO NOTHING";
            let inserted = insert_all(connection, insert, 7, rest, &change.add, |new, values| {
                let view = &new.view;
                push_values!(values; org, &view.id, &view.product, &new.photo, view.embedding.model());
                push_values!(values; vector_bytes(&view.embedding).as_slice(), &now);
            });
            let names: Vec<&str> = change.add.iter().map(|new| new.view.product.as_str()).collect();
            // Products may have been deleted while a worker looked at their photos.
            let missing = || StoreError::not_found(What::Product, names.join(", "));
            on_key(inserted.await, missing, missing)?;
            for view in &change.retire {
                let sql = "UPDATE product_view SET retired_at = COALESCE(retired_at, $3) WHERE org = $1 AND id = $2";
                execute(connection, sql, values![org, view, &now]).await?;
            }
            for (photo, state) in &change.photos {
                // One that was removed meanwhile stays so.
                let sql = "UPDATE photo SET state = $3 WHERE org = $1 AND id = $2 AND state <> 'removed'";
                execute(connection, sql, values![org, photo, state]).await?;
            }
            for event in &change.events {
                emit(connection, org, event, now).await?;
            }
            writing.commit().await
        })
        .await
    }

    /// The views of a product, retired ones too, in order of id.
    pub async fn views_of(&self, org: &OrgId, product: &ProductId) -> Result<Vec<StoredView>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{VIEW} WHERE product_view.org = $1 AND product = $2 ORDER BY product_view.id"
            ));
            fetch_each(&mut *self.reading().await?, What::View, sql, values![org, product], read_view).await
        })
        .await
    }

    /// Views of a model that tills are to look at, in order of id, those behind `after`: neither retired nor of an archived
    /// product.
    pub async fn current_views(
        &self,
        org: &OrgId,
        model: &ModelVersion,
        after: Option<ViewId>,
        limit: u32,
    ) -> Result<Vec<StoredView>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{VIEW} JOIN product ON product.org = product_view.org AND product.id = product_view.product
                 WHERE product_view.org = $1 AND model = $2 AND product_view.id > $3 AND retired_at IS NULL
                     AND archived = 0
                 ORDER BY product_view.id LIMIT $4"
            ));
            let after = after.unwrap_or(ViewId(domain::ids::Uuid::nil()));
            let values = values![org, model, &after, &limit];
            fetch_each(&mut *self.reading().await?, What::View, sql, values, read_view).await
        })
        .await
    }
}
