//! Finding documents.

use domain::ids::OrgId;

use super::rows::{LISTED, read_listed, read_whole};
use super::{DocumentFilter, StoredDocument};
use crate::error::{StoreError, What};
use crate::ids::DocumentId;
use crate::products::words;
use crate::sql::{composed, fetch_each, fetch_found, values};
use crate::store::Store;

impl Store {
    /// A document, whole.
    pub async fn document(&self, org: &OrgId, id: DocumentId) -> Result<StoredDocument, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{LISTED}, parsed, matches FROM document WHERE org = $1 AND id = $2 AND deleted_at IS NULL"
            ));
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Document, &id), sql, values![org, &id], read_whole).await
        })
        .await
    }

    /// Documents, the newest first, those before `before`; without what they say.
    pub async fn documents(
        &self,
        org: &OrgId,
        filter: &DocumentFilter,
        before: Option<DocumentId>,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        if filter.stores.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        self.answer(async {
            let mut sql = format!("{LISTED} FROM document WHERE org = $1 AND deleted_at IS NULL");
            let mut values = values![org, &limit];
            let mut place = 2;
            let mut next = || {
                place += 1;
                place
            };
            if let Some(before) = before {
                sql.push_str(&format!(" AND id < ${}", next()));
                values.push(&before);
            }
            if let Some(state) = filter.state {
                sql.push_str(&format!(" AND state = ${}", next()));
                values.push(&state);
            }
            if let Some(parent) = filter.parent {
                sql.push_str(&format!(" AND parent = ${}", next()));
                values.push(&parent);
            }
            for (column, value) in [("supplier_key", &filter.supplier_key), ("kind", &filter.kind)] {
                if let Some(value) = value {
                    sql.push_str(&format!(" AND {column} = ${}", next()));
                    values.push(value);
                }
            }
            if let Some(stores) = &filter.stores {
                let places: Vec<String> = stores.iter().map(|_| format!("${}", next())).collect();
                sql.push_str(&format!(" AND store IN ({})", places.join(", ")));
                stores.iter().for_each(|store| values.push(store));
            }
            for word in filter.text.iter().flat_map(|text| words(text)) {
                sql.push_str(&format!(" AND search_text LIKE ${} ESCAPE '\\'", next()));
                values.push(&word);
            }
            sql.push_str(" ORDER BY id DESC LIMIT $2");
            fetch_each(&mut *self.reading().await?, What::Document, composed(sql), values, read_listed).await
        })
        .await
    }
}
