//! What the readers did not find of a document, a language model is asked for, where there is one and it is asked about documents.
//! Whatever comes of it, the document is there as it was read.

use cloud_docs::{Hints, ParsedDocument};
use cloud_store::{Corrected, Store};
use domain::ids::OrgId;

use super::facts::supplier_key;
use super::reader::{ReadError, Reader};
use crate::blobs::{BlobError, BlobName, Blobs};
use crate::language::{LanguageError, LanguageModel, complete, lacks_something};

/// Earlier documents of the supplier that are shown with a question.
const EXAMPLES_MAX: u32 = 2;

/// What completing takes.
pub(crate) struct Completion<'a> {
    pub(crate) language: &'a LanguageModel,
    pub(crate) reader: &'a Reader,
    pub(crate) blobs: &'a Blobs,
    pub(crate) store: &'a Store,
    pub(crate) org: &'a OrgId,
}

impl Completion<'_> {
    /// Completes documents one after another; their printed text is gone afterwards. A model that is away, refuses or talks nonsense is
    /// told of in the log and the counters, and where it is away nothing more is asked.
    pub(crate) async fn run(&self, documents: &mut [ParsedDocument]) -> anyhow::Result<()> {
        let mut is_away = !self.language.reads_documents();
        for document in documents {
            let outcome = if is_away || document.printed.is_empty() || !lacks_something(document) {
                "not_asked"
            } else {
                let examples = self.examples(document).await?;
                match complete(self.language, self.org, document, &examples).await {
                    Ok(done) if done.refused > 0 => "ungrounded",
                    Ok(_) => "answered",
                    Err(error) => {
                        tracing::warn!("a document is left as it was read: {error}");
                        // Another document may be answered about where this one was not.
                        is_away = !matches!(error, LanguageError::Unfit(_));
                        "failed"
                    }
                }
            };
            document.printed = Vec::new();
            metrics::counter!("tillsight_documents_completed_total", "outcome" => outcome).increment(1);
        }
        Ok(())
    }

    /// The newest corrected documents of the same supplier, with what they print, the newest last.
    async fn examples(&self, document: &ParsedDocument) -> anyhow::Result<Vec<ParsedDocument>> {
        let Some(key) = supplier_key(&document.supplier) else { return Ok(Vec::new()) };
        let corrected = self.store.corrected_of_supplier(self.org, &key, EXAMPLES_MAX).await?;
        let mut examples = Vec::with_capacity(corrected.len());
        for one in corrected.into_iter().rev() {
            examples.extend(self.example(one).await?);
        }
        Ok(examples)
    }

    /// What is right of a document, with what it prints; nothing where it cannot be read any more.
    async fn example(&self, one: Corrected) -> anyhow::Result<Option<ParsedDocument>> {
        let Some(key) = &one.blob_key else { return Ok(None) };
        let file = match self.blobs.get(&BlobName::kept(key)).await {
            Ok(file) => file,
            Err(BlobError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let hints = Hints { file_name: one.file_name, with_text: true, ..Hints::default() };
        let read = match self.reader.parse(file, hints).await {
            Ok(Ok(reading)) => reading.documents.into_iter().nth(one.place.saturating_sub(1) as usize),
            Ok(Err(_)) => None,
            Err(error @ ReadError::Reader { .. }) => return Err(error.into()),
            Err(_) => None,
        };
        // What a later version wrote says nothing to this one.
        let right: Option<ParsedDocument> = serde_json::from_str(&one.corrected).ok();
        Ok(right.zip(read).map(|(right, read)| ParsedDocument { printed: read.printed, ..right }))
    }
}
