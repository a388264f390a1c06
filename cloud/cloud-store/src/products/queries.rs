//! Finding products.

use domain::ids::{OrgId, ProductId};

use super::rows::{PRODUCT, read_product};
use super::{ProductFilter, StoredProduct};
use crate::bulk::fetch_all_of;
use crate::demand::ProductRange;
use crate::error::{StoreError, What};
use crate::sql::{Fields, composed, fetch_each, fetch_found, values};
use crate::store::Store;

/// Products that may be asked for by id at once.
pub const PRODUCTS_AT_ONCE_MAX: usize = 1_000;
/// Words of a search that count; those behind are left out.
pub const SEARCH_WORDS_MAX: usize = 8;

/// What a product can be found by beside its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductNumber {
    /// The shop's article number.
    Sku,
    /// The GTIN, with all of its fourteen digits.
    Gtin,
    /// The PLU.
    Plu,
}

impl Store {
    /// A product, archived or not.
    pub async fn product(&self, org: &OrgId, id: &ProductId) -> Result<StoredProduct, StoreError> {
        self.answer(async {
            let sql = composed(format!("{PRODUCT} WHERE org = $1 AND id = $2"));
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Product, id), sql, values![org, id], read_product).await
        })
        .await
    }

    /// The product with an article number.
    pub async fn product_by_sku(&self, org: &OrgId, sku: &str) -> Result<StoredProduct, StoreError> {
        let sku = sku.to_owned();
        self.answer(async {
            let sql = composed(format!("{PRODUCT} WHERE org = $1 AND sku = $2"));
            let mut connection = self.reading().await?;
            fetch_found(&mut connection, (What::Product, &sku), sql, values![org, &sku], read_product).await
        })
        .await
    }

    /// Those products that have one of these numbers.
    pub async fn products_by_number(
        &self,
        org: &OrgId,
        number: ProductNumber,
        values_of: &[String],
    ) -> Result<Vec<StoredProduct>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let column = match number {
                ProductNumber::Sku => "sku",
                ProductNumber::Gtin => "gtin",
                ProductNumber::Plu => "plu",
            };
            let select = format!("{PRODUCT} WHERE (org, {column})");
            let rows = fetch_all_of(&mut connection, &select, 2, "", values_of, |number, values| {
                values.push(org);
                values.push(number);
            });
            rows.await?.iter().map(|row| read_product(&mut Fields::of(row, What::Product))).collect()
        })
        .await
    }

    /// Those of these products that are there, in order of id.
    pub async fn products_of(
        &self,
        org: &OrgId,
        ids: &[ProductId],
    ) -> Result<Vec<StoredProduct>, StoreError> {
        if ids.len() > PRODUCTS_AT_ONCE_MAX {
            let problem = format!("ask for at most {PRODUCTS_AT_ONCE_MAX} at once, not {}", ids.len());
            return Err(StoreError::invalid(What::Product, "", problem));
        }
        self.answer(async {
            let mut connection = self.reading().await?;
            // The organisation is named in each key, so that nothing of another's is found.
            let select = format!("{PRODUCT} WHERE (org, id)");
            let rows = fetch_all_of(&mut connection, &select, 2, "", ids, |id, values| {
                values.push(org);
                values.push(id);
            });
            let mut found = Vec::with_capacity(ids.len());
            for row in rows.await? {
                found.push(read_product(&mut Fields::of(&row, What::Product))?);
            }
            found.sort_by(|a: &StoredProduct, b| a.product.id.cmp(&b.product.id));
            found.dedup_by(|a, b| a.product.id == b.product.id);
            Ok(found)
        })
        .await
    }

    /// Products of a stretch of the ids that are not archived, in order of id.
    pub async fn products_between(
        &self,
        org: &OrgId,
        range: &ProductRange,
    ) -> Result<Vec<StoredProduct>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{PRODUCT} WHERE org = $1 AND id >= $2 AND id <= $3 AND archived = 0 ORDER BY id"
            ));
            let values = values![org, &range.first, &range.last];
            fetch_each(&mut *self.reading().await?, What::Product, sql, values, read_product).await
        })
        .await
    }

    /// Products in order of id, those behind `after`.
    pub async fn products(
        &self,
        org: &OrgId,
        filter: &ProductFilter,
        after: Option<&ProductId>,
        limit: u32,
    ) -> Result<Vec<StoredProduct>, StoreError> {
        let words: Vec<String> = filter.search.iter().flat_map(|text| words(text)).collect();
        self.answer(async {
            let mut sql = format!("{PRODUCT} WHERE org = $1 AND id > $2");
            let mut values = values![org, after.map_or("", ProductId::as_str), &limit];
            let mut place = 3;
            let mut next = || {
                place += 1;
                place
            };
            if let Some(category) = &filter.category {
                sql.push_str(&format!(" AND category = ${}", next()));
                values.push(category);
            }
            if let Some(archived) = filter.archived {
                sql.push_str(&format!(" AND archived = ${}", next()));
                values.push(&archived);
            }
            for word in &words {
                sql.push_str(&format!(" AND search_text LIKE ${} ESCAPE '\\'", next()));
                values.push(word);
            }
            sql.push_str(" ORDER BY id LIMIT $3");
            fetch_each(&mut *self.reading().await?, What::Product, composed(sql), values, read_product).await
        })
        .await
    }
}

/// Each word as a pattern; what a pattern would read as a joker stands for itself.
pub(crate) fn words(text: &str) -> Vec<String> {
    let escaped = |word: &str| {
        let mut pattern = String::from("%");
        for letter in word.to_lowercase().chars() {
            if ['%', '_', '\\'].contains(&letter) {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        pattern
    };
    text.split_whitespace().take(SEARCH_WORDS_MAX).map(escaped).collect()
}
