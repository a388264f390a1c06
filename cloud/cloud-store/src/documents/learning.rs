//! What confirmed documents teach: how a supplier's next one is read, and what its articles are.

use domain::ids::{OrgId, ProductId, StoreId};

use super::rows::store_column;
use super::{Learning, short_key};
use crate::bulk::fetch_all_of;
use crate::error::{StoreError, What};
use crate::ids::{DocumentId, Hash};
use crate::sql::{Failure, Fields, composed, execute, fetch_each, values};
use crate::store::Store;

/// What a line was confirmed to be, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMatch {
    /// The supplier.
    pub supplier_key: String,
    /// Its article number; empty where there was none.
    pub article: String,
    /// The line's name, normalised.
    pub name_key: String,
    /// The unit that the line counted in.
    pub unit: String,
    /// What it is.
    pub product: ProductId,
    /// Thousandths of a stock unit that one unit of the line is.
    pub factor_thousandths: i64,
}

/// What a supplier's document is read by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The document that taught it.
    pub document: DocumentId,
    /// As the reader made it, JSON.
    pub example: String,
}

/// A document that somebody corrected, to try something on, or to learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    /// Which.
    pub document: DocumentId,
    /// What the supplier is known by.
    pub supplier_key: Option<String>,
    /// What its pages look like.
    pub layout: Option<String>,
    /// Where its bytes are.
    pub blob_key: Option<String>,
    /// SHA-256 of its file.
    pub hash: Hash,
    /// Its place in the file.
    pub place: u32,
    /// What the file is called.
    pub file_name: String,
    /// What was read of it, as JSON.
    pub read: String,
    /// What it says, as JSON.
    pub corrected: String,
    /// What its lines are, as JSON.
    pub matches: String,
}

const KNOWN: &str =
    "SELECT known_match.supplier_key, article, name_key, unit, product, factor FROM known_match
    JOIN document ON document.org = known_match.org AND document.id = known_match.document
        AND document.version = known_match.version AND document.deleted_at IS NULL";

impl Store {
    /// What a supplier's articles were confirmed to be, the newest first.
    pub async fn known_articles(
        &self,
        org: &OrgId,
        supplier_key: &str,
        articles: &[String],
    ) -> Result<Vec<KnownMatch>, StoreError> {
        let supplier_key = short_key(supplier_key);
        self.answer(async {
            let mut connection = self.reading().await?;
            let select = format!("{KNOWN} WHERE (known_match.org, known_match.supplier_key, article)");
            let rest = "ORDER BY document.changed_at DESC";
            let rows = fetch_all_of(&mut connection, &select, 3, rest, articles, |article, values| {
                values.push(org);
                values.push(supplier_key);
                values.push(short_key(article));
            });
            rows.await?.iter().map(|row| read_known(&mut Fields::of(row, What::Document))).collect()
        })
        .await
    }

    /// What lines of these names were confirmed to be, of any supplier, the newest first.
    pub async fn known_names(&self, org: &OrgId, names: &[String]) -> Result<Vec<KnownMatch>, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            let select = format!("{KNOWN} WHERE (known_match.org, name_key)");
            let rest = "ORDER BY document.changed_at DESC";
            let rows = fetch_all_of(&mut connection, &select, 2, rest, names, |name, values| {
                values.push(org);
                values.push(short_key(name));
            });
            rows.await?.iter().map(|row| read_known(&mut Fields::of(row, What::Document))).collect()
        })
        .await
    }

    /// What documents are read by, the newest first.
    pub async fn document_examples(&self, org: &OrgId, limit: u32) -> Result<Vec<Example>, StoreError> {
        self.answer(async {
            let sql = "SELECT document_version.document, COALESCE(document_version.example, '')
                       FROM document_version
                       JOIN document ON document.org = document_version.org AND document.id = document_version.document
                           AND document.version = document_version.version AND document.deleted_at IS NULL
                       WHERE document_version.org = $1 AND document_version.learning = 'learnt'
                       ORDER BY document_version.made_at DESC LIMIT $2";
            fetch_each(&mut *self.reading().await?, What::Document, sql, values![org, &limit], |fields| {
                Ok(Example { document: fields.take()?, example: fields.take()? })
            })
            .await
        })
        .await
    }

    /// Says what came of learning from a version.
    pub async fn settle_learning(
        &self,
        org: &OrgId,
        (id, version): (DocumentId, u32),
        learning: Learning,
        example: Option<&str>,
        note: &str,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE document_version SET learning = $4, example = $5, learning_note = $6
                       WHERE org = $1 AND document = $2 AND version = $3";
            execute(writing.connection(), sql, values![org, &id, &version, &learning, example, note]).await?;
            writing.commit().await
        })
        .await
    }

    /// Corrected documents in the order of their ids, those behind `after`: of a store's, or all.
    pub async fn corrected_documents(
        &self,
        org: &OrgId,
        store: Option<&StoreId>,
        after: Option<DocumentId>,
        limit: u32,
    ) -> Result<Vec<Corrected>, StoreError> {
        let of_store = if store.is_some() { "AND document.store = $4" } else { "" };
        let sql = composed(format!(
            "{CORRECTED} WHERE document.org = $1 AND document.id > $2 {of_store} {STANDING}
             ORDER BY document.id LIMIT $3"
        ));
        let after = after.map_or_else(Vec::new, |after| after.0.as_bytes().to_vec());
        self.answer(async {
            let mut values = values![org, after.as_slice(), &limit];
            if store.is_some() {
                values.push(store_column(store));
            }
            fetch_each(&mut *self.reading().await?, What::Document, sql, values, read_corrected).await
        })
        .await
    }

    /// The newest corrected documents of a supplier whose files are there.
    pub async fn corrected_of_supplier(
        &self,
        org: &OrgId,
        supplier_key: &str,
        limit: u32,
    ) -> Result<Vec<Corrected>, StoreError> {
        let sql = composed(format!(
            "{CORRECTED} WHERE document.org = $1 AND document.supplier_key = $2 AND document.blob_key IS NOT NULL
                 {STANDING} ORDER BY document.id DESC LIMIT $3"
        ));
        self.answer(async {
            let values = values![org, supplier_key, &limit];
            fetch_each(&mut *self.reading().await?, What::Document, sql, values, read_corrected).await
        })
        .await
    }

    /// Corrected documents of other suppliers whose files are there, to try something learnt on: those of the same layout first, then the
    /// newest.
    pub async fn documents_to_try(
        &self,
        org: &OrgId,
        not_of: Option<&str>,
        layout: &str,
        limit: u32,
    ) -> Result<Vec<Corrected>, StoreError> {
        let sql = composed(format!(
            "{CORRECTED} WHERE document.org = $1 AND COALESCE(document.supplier_key, '') <> $2
                 AND document.blob_key IS NOT NULL AND document.layout IS NOT NULL {STANDING}
             ORDER BY CASE WHEN document.layout = $3 THEN 0 ELSE 1 END, document.changed_at DESC LIMIT $4"
        ));
        self.answer(async {
            let values = values![org, not_of.unwrap_or(""), layout, &limit];
            fetch_each(&mut *self.reading().await?, What::Document, sql, values, read_corrected).await
        })
        .await
    }
}

const CORRECTED: &str = "SELECT document.id, document.supplier_key, document.layout, document.blob_key,
        document.hash, document.place, document.file_name, was.parsed, COALESCE(document.parsed, ''),
        COALESCE(document.matches, '')
    FROM document JOIN document_version AS was
        ON was.org = document.org AND was.document = document.id AND was.version = 0";
const STANDING: &str = "AND document.version > 0 AND document.deleted_at IS NULL";

fn read_corrected(fields: &mut Fields<'_>) -> Result<Corrected, Failure> {
    Ok(Corrected {
        document: fields.take()?,
        supplier_key: fields.take_option()?,
        layout: fields.take_option()?,
        blob_key: fields.take_option()?,
        hash: fields.take()?,
        place: fields.take()?,
        file_name: fields.take()?,
        read: fields.take()?,
        corrected: fields.take()?,
        matches: fields.take()?,
    })
}

fn read_known(fields: &mut Fields<'_>) -> Result<KnownMatch, Failure> {
    Ok(KnownMatch {
        supplier_key: fields.take()?,
        article: fields.take()?,
        name_key: fields.take()?,
        unit: fields.take()?,
        product: fields.take()?,
        factor_thousandths: fields.take()?,
    })
}
