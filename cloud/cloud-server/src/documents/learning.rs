//! A correction becomes what the supplier's next document is read by, unless it would make another one worse.

use anyhow::Context as _;
use bytes::Bytes;
use cloud_docs::document::{Field, ParsedDocument};
use cloud_docs::{Hints, Reading};
use cloud_store::{Corrected, Learning};
use domain::ids::OrgId;
use serde_json::Value;

use super::reader::Reader;
use crate::blobs::{BlobError, BlobName, Blobs};

/// What came of learning.
pub(crate) struct Learnt {
    /// Whether it counts.
    pub(crate) learning: Learning,
    /// As the reader made it.
    pub(crate) example: Option<String>,
    /// Why it does not count.
    pub(crate) note: String,
}

impl Learnt {
    fn none(learning: Learning, note: impl Into<String>) -> Self {
        Self { learning, example: None, note: note.into() }
    }
}

/// What a correction is tried with.
pub(crate) struct Trial<'a> {
    pub(crate) reader: &'a Reader,
    pub(crate) blobs: &'a Blobs,
    pub(crate) org: &'a OrgId,
    /// What readings are given without the new example.
    pub(crate) hints: &'a Hints,
}

impl Trial<'_> {
    /// Learns from `own`, and tries that on it and on `others`: each has to be read at least as well as without.
    pub(crate) async fn learn(&self, own: &Corrected, others: &[Corrected]) -> anyhow::Result<Learnt> {
        let Some(file) = self.file(own).await? else {
            return Ok(Learnt::none(
                Learning::Nothing,
                "the file is gone, so that nothing can be found in it",
            ));
        };
        let right: ParsedDocument =
            serde_json::from_str(&own.corrected).context("failed to read the correction")?;
        let example = match self.reader.learn(file, self.hints_for(own, None), right).await {
            Ok(Ok(Value::Null)) => {
                return Ok(Learnt::none(Learning::Nothing, "nothing of it can be told from the page"));
            }
            Ok(Ok(example)) => example,
            Ok(Err(refusal)) => return Ok(Learnt::none(Learning::Nothing, refusal.to_string())),
            Err(error) if error.is_of_the_file() => {
                return Ok(Learnt::none(Learning::Nothing, error.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        for tried in std::iter::once(own).chain(others) {
            if let Some(note) = self.worse_by(tried, &example).await? {
                return Ok(Learnt::none(Learning::Refused, note));
            }
        }
        Ok(Learnt { learning: Learning::Learnt, example: Some(example.to_string()), note: String::new() })
    }

    /// Why a document is read worse with an example; nothing where it is not.
    async fn worse_by(&self, tried: &Corrected, example: &Value) -> anyhow::Result<Option<String>> {
        let Some(file) = self.file(tried).await? else { return Ok(None) };
        let right: ParsedDocument =
            serde_json::from_str(&tried.corrected).context("failed to read a correction")?;
        let before = self.read(tried, file.clone(), None).await?.map_or(0, |read| agreement(&read, &right));
        let after = self.read(tried, file, Some(example)).await?.map_or(0, |read| agreement(&read, &right));
        let name = &tried.file_name;
        Ok((after < before).then(|| {
            format!("`{name}` would be read worse by it: {after} values right, {before} without it")
        }))
    }

    async fn read(
        &self,
        tried: &Corrected,
        file: Bytes,
        example: Option<&Value>,
    ) -> anyhow::Result<Option<ParsedDocument>> {
        match self.reader.parse(file, self.hints_for(tried, example)).await {
            Ok(Ok(reading)) => Ok(document_at(reading, tried.place)),
            Ok(Err(_)) => Ok(None),
            Err(error) if error.is_of_the_file() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn hints_for(&self, document: &Corrected, example: Option<&Value>) -> Hints {
        let mut hints = Hints { file_name: document.file_name.clone(), ..self.hints.clone() };
        hints.examples.splice(0..0, example.cloned());
        hints
    }

    async fn file(&self, document: &Corrected) -> anyhow::Result<Option<Bytes>> {
        let Some(key) = &document.blob_key else { return Ok(None) };
        match self.blobs.get(&BlobName::kept(key)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(BlobError::Missing(_)) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("failed to learn for `{}`", self.org)),
        }
    }
}

/// The document of a reading that a row stands for: the only one, or the one at its place.
fn document_at(reading: Reading, place: u32) -> Option<ParsedDocument> {
    let at = place.saturating_sub(1) as usize;
    reading.documents.into_iter().nth(at)
}

/// How many values of `read` are as they are in `right`.
fn agreement(read: &ParsedDocument, right: &ParsedDocument) -> usize {
    fn same<T: PartialEq>(read: &Option<Field<T>>, right: &Option<Field<T>>) -> bool {
        matches!((read, right), (Some(read), Some(right)) if read.value == right.value)
    }
    let head = [
        same(&read.kind, &right.kind),
        same(&read.number, &right.number),
        same(&read.issued, &right.issued),
        same(&read.delivered, &right.delivered),
        same(&read.due, &right.due),
        same(&read.currency, &right.currency),
        same(&read.order_number, &right.order_number),
        same(&read.supplier.name, &right.supplier.name),
        same(&read.supplier.tax_id, &right.supplier.tax_id),
        same(&read.buyer.name, &right.buyer.name),
        same(&read.totals.net, &right.totals.net),
        same(&read.totals.tax, &right.totals.tax),
        same(&read.totals.gross, &right.totals.gross),
    ];
    let mut left: Vec<_> = right.lines.iter().collect();
    let mut lines = 0;
    for line in &read.lines {
        let fits = left.iter().position(|other| {
            same(&line.name, &other.name)
                && same(&line.quantity, &other.quantity)
                && (same(&line.net_amount, &other.net_amount)
                    || same(&line.gross_amount, &other.gross_amount))
        });
        if let Some(at) = fits {
            left.swap_remove(at);
            lines += 3;
        }
    }
    // A line that is none costs as much as one that is missing.
    let too_many = read.lines.len().saturating_sub(right.lines.len());
    (head.into_iter().filter(|same| *same).count() + lines).saturating_sub(too_many)
}
