//! Which notices of a store are open, so that whoever raised them can settle them.

use domain::ids::{OrgId, StoreId};

use crate::error::{StoreError, What};
use crate::notices::NoticeEvent;
use crate::sql::{fetch_values, values};
use crate::store::Store;

impl Store {
    /// The keys of a store's open notices of an event, in order.
    pub async fn open_notice_keys(
        &self,
        org: &OrgId,
        store: &StoreId,
        event: NoticeEvent,
    ) -> Result<Vec<String>, StoreError> {
        self.answer(async {
            let sql = "SELECT notice_key FROM notice
                       WHERE org = $1 AND store = $2 AND event = $3 AND settled_at IS NULL ORDER BY notice_key";
            let values = values![org, store, &event];
            fetch_values(&mut *self.reading().await?, What::Notice, sql, values).await
        })
        .await
    }
}
