//! The newest generation of every store, for whoever tells tills of it.

use std::collections::BTreeMap;

use domain::ids::{Generation, OrgId, StoreId};

use crate::error::{StoreError, What};
use crate::sql::{fetch_each, values};
use crate::store::Store;

impl Store {
    /// The number of the newest generation of every store that has one, of all organisations: for the cloud itself, never for
    /// somebody who asks.
    pub async fn newest_generations(&self) -> Result<BTreeMap<(OrgId, StoreId), Generation>, StoreError> {
        self.answer(async {
            let sql = "SELECT org, store, MAX(number) FROM generation GROUP BY org, store";
            let mut connection = self.reading().await?;
            let heads = fetch_each(&mut connection, What::Generation, sql, values![], |fields| {
                Ok(((fields.take()?, fields.take()?), fields.take()?))
            });
            Ok(heads.await?.into_iter().collect())
        })
        .await
    }
}
