//! Finding documents.

use domain::ids::OrgId;

use super::rows::{LISTED, read_listed, read_whole};
use super::{DocumentFilter, StoredDocument};
use crate::bulk::fetch_all_of;
use crate::error::{StoreError, What};
use crate::ids::DocumentId;
use crate::products::words;
use crate::sql::{Failure, Fields, composed, fetch_each, fetch_found, push_values, values};
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

    /// Documents of these ids that are there, with the words by which they are found.
    pub async fn documents_of(
        &self,
        org: &OrgId,
        ids: &[DocumentId],
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let select =
                format!("{LISTED}, search_text FROM document WHERE deleted_at IS NULL AND (org, id)");
            let rows = fetch_all_of(&mut connection, &select, 2, "", ids, |id, values| {
                push_values!(values; org, id);
            });
            let mut found = Vec::with_capacity(ids.len());
            for row in rows.await? {
                found.push(read_found(&mut Fields::of(&row, What::Document))?);
            }
            Ok(found)
        })
        .await
    }

    /// A page of documents in order of id, those behind `after`, with the words by which they are found.
    pub async fn documents_in_order(
        &self,
        org: &OrgId,
        after: Option<DocumentId>,
        limit: u32,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.answer(async {
            let behind = if after.is_some() { "AND id > $3 " } else { "" };
            let sql = composed(format!(
                "{LISTED}, search_text FROM document WHERE org = $1 AND deleted_at IS NULL {behind}ORDER BY id LIMIT $2"
            ));
            let mut values = values![org, &limit];
            if let Some(after) = &after {
                values.push(after);
            }
            let mut connection = self.reading().await?;
            fetch_each(&mut connection, What::Document, sql, values, read_found).await
        })
        .await
    }
}

fn read_found(fields: &mut Fields<'_>) -> Result<StoredDocument, Failure> {
    let mut stored = read_listed(fields)?;
    stored.facts.search_text = fields.take()?;
    Ok(stored)
}
