//! The files that an organisation has, whatever table names them: documents as they came, photos of products, exports, reports.

use domain::ids::OrgId;
use domain::time::WallMs;

use crate::error::{StoreError, What};
use crate::sql::{composed, fetch_each, read_uuid, values, word_column};
use crate::store::Store;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A supplier's document, as it came.
    Document,
    /// A photo of a product.
    Photo,
    /// Rows that somebody asked for.
    Export,
    /// A report of a day or a week, in one language and format.
    Report,
}

word_column!(FileKind: Document = "document", Photo = "photo", Export = "export", Report = "report");

impl FileKind {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Document, Self::Photo, Self::Export, Self::Report];
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// What it is.
    pub kind: FileKind,
    /// The id of what it belongs to; a report has several files.
    pub id: domain::ids::Uuid,
    /// As people know it: the name it came with, or one made of what it is.
    pub name: String,
    /// How large; older reports do not say.
    pub size_bytes: Option<u64>,
    /// Since when it is there.
    pub made_at: WallMs,
    /// When it goes, where that is written down.
    pub expires_at: Option<WallMs>,
    /// When it was taken out of sight; it goes some time after that.
    pub removed_at: Option<WallMs>,
    /// Whether its goods are in the stock, so that it stays.
    pub is_booked: bool,
}

/// A place in the list of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// When the file was made.
    pub made_at: WallMs,
    /// What it is.
    pub kind: FileKind,
    /// What it belongs to.
    pub id: domain::ids::Uuid,
    /// Its name.
    pub name: String,
}

/// What there is of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSum {
    /// Of which.
    pub kind: FileKind,
    /// How many.
    pub files: u64,
    /// How large together, as far as they say.
    pub size_bytes: u64,
}

/// Every file, with the same columns. What lies in an archive has no file of its own.
const FILES: &str = "
    SELECT 'document' AS kind, id, file_name AS name, size_bytes, made_at, CAST(NULL AS BIGINT) AS expires_at,
           deleted_at AS removed_at,
           CASE WHEN state = 'received_goods' OR EXISTS (
               SELECT 1 FROM document AS part
               WHERE part.org = document.org AND part.parent = document.id AND part.state = 'received_goods')
           THEN 1 ELSE 0 END AS is_booked
    FROM document WHERE org = $1 AND blob_key IS NOT NULL AND place = 0
    UNION ALL
    SELECT 'photo', id, product, size_bytes, made_at, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0
    FROM photo WHERE org = $1 AND state <> 'removed'
    UNION ALL
    SELECT 'export', id, dataset || '.' || format, size_bytes, made_at, expires_at, CAST(NULL AS BIGINT), 0
    FROM export WHERE org = $1 AND blob_key IS NOT NULL
    UNION ALL
    SELECT 'report', report.id, kind || '-' || CAST(first_day AS TEXT) || '.' || language || '.' || format,
           report_file.size_bytes, made_at, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0
    FROM report JOIN report_file ON report_file.org = report.org AND report_file.report = report.id
    WHERE report.org = $1";

impl Store {
    /// The files of an organisation, the newest first, those after `after`; of one kind where it is named.
    pub async fn files(
        &self,
        org: &OrgId,
        kind: Option<FileKind>,
        after: Option<&FilePlace>,
        limit: u32,
    ) -> Result<Vec<StoredFile>, StoreError> {
        self.answer(async {
            let mut values = values![org, &limit];
            let mut conditions = Vec::new();
            let mut places = 2;
            let mut place = || {
                places += 1;
                format!("${places}")
            };
            if let Some(kind) = &kind {
                conditions.push(format!("kind = {}", place()));
                values.push(kind);
            }
            if let Some(FilePlace { made_at, kind, id, name }) = after {
                let list = [place(), place(), place(), place()].join(", ");
                conditions.push(format!("(made_at, kind, id, name) < ({list})"));
                values.push(made_at);
                values.push(kind);
                values.push(id.as_bytes().as_slice());
                values.push(name);
            }
            let conditions = if conditions.is_empty() {
                String::new()
            } else {
                format!("WHERE {}", conditions.join(" AND "))
            };
            let sql = composed(format!(
                "SELECT kind, id, name, size_bytes, made_at, expires_at, removed_at, is_booked FROM ({FILES}) AS file
                 {conditions} ORDER BY made_at DESC, kind DESC, id DESC, name DESC LIMIT $2"
            ));
            fetch_each(&mut *self.reading().await?, What::File, sql, values, |fields| {
                Ok(StoredFile {
                    kind: fields.take()?,
                    id: {
                        let bytes: Vec<u8> = fields.take()?;
                        let unreadable = |problem| StoreError::Unreadable { what: What::File, name: String::new(), problem };
                        read_uuid(&bytes).map_err(unreadable)?
                    },
                    name: fields.take()?,
                    size_bytes: fields.take_option()?,
                    made_at: fields.take()?,
                    expires_at: fields.take_option()?,
                    removed_at: fields.take_option()?,
                    is_booked: fields.take()?,
                })
            })
            .await
        })
        .await
    }

    /// How many files there are of each kind that there is any of, and how large they are.
    pub async fn file_sums(&self, org: &OrgId) -> Result<Vec<FileSum>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "SELECT kind, COUNT(*), CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM ({FILES}) AS file
                 GROUP BY kind ORDER BY kind"
            ));
            fetch_each(&mut *self.reading().await?, What::File, sql, values![org], |fields| {
                Ok(FileSum { kind: fields.take()?, files: fields.take()?, size_bytes: fields.take()? })
            })
            .await
        })
        .await
    }
}
