//! Making a backup: the database at one moment, the keys that tills know the cloud by, and every blob.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use cloud_store::{DumpPart, DumpSummary};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::mpsc;

use super::archive::{BlobEntry, Contents, FORMAT, Head, KeyFile, Record, Writing};
use super::key::BackupKey;
use super::place::{BackupInfo, ToChannel};
use super::seal::{Sealing, sealed_length};
use super::{Backups, KEY_FILES, new_id};
use crate::blobs::{BlobError, BlobName, BlobSeen};
use crate::key_files;
use crate::roles::now;

/// Records and pieces of the archive that may wait for each other.
const WAITING_MAX: usize = 8;
/// Blobs that are copied at once; each is held in memory.
const COPIES_AT_ONCE: usize = 4;

/// What went into an archive.
struct Fed {
    schema_version: i64,
    contents: Contents,
    copies: Vec<String>,
}

impl Backups {
    /// Makes a backup, and writes down what is known of it. It counts once it was verified.
    pub async fn make(&self) -> anyhow::Result<BackupInfo> {
        let begun = now();
        let id = new_id(begun)?;
        let head = Head {
            format: FORMAT,
            id: id.clone(),
            made_at_ms: begun.0,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let (records, to_write) = mpsc::channel(WAITING_MAX);
        let (bytes, to_upload) = mpsc::channel(WAITING_MAX);
        let (key, name) = (self.key.clone(), id.clone());
        let writing = tokio::task::spawn_blocking(move || write_archive(to_write, bytes, &key, &name));
        let uploading = self.place.write_archive(&id, to_upload);
        let (fed, uploaded, written) = tokio::join!(self.feed(records, head), uploading, writing);
        // What fails first makes the others fail, so the first reason is asked for first.
        let fed = fed?;
        let size_bytes = uploaded?;
        written.context("the archive's thread ended")??;
        let fed = fed.context("the archive was not written to its end")?;
        self.place.write_copies_of(&id, &fed.copies).await?;
        let info = BackupInfo {
            format: FORMAT,
            id,
            made_at_ms: begun.0,
            finished_at_ms: now().0,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: fed.schema_version,
            key_id: self.key.id().to_string(),
            size_bytes,
            contents: fed.contents,
            verified_at_ms: None,
            problem: None,
        };
        self.place.write_info(&info).await?;
        Ok(info)
    }

    /// Sends everything that belongs in the archive; `None` where nobody takes it any more.
    async fn feed(&self, records: mpsc::Sender<Record>, head: Head) -> anyhow::Result<Option<Fed>> {
        let mut first = vec![Record::Head(head)];
        first.extend(key_files(&self.data)?.into_iter().map(Record::KeyFile));
        if !send_all(&records, first).await {
            return Ok(None);
        }
        let Some(summary) = self.feed_database(&records).await? else { return Ok(None) };
        // Rows are written after the blobs that they name, so whatever the dump names is there by now.
        let blobs = if self.with_blobs { self.copy_blobs().await? } else { Vec::new() };
        let contents = Contents {
            rows: summary.tables.values().map(|table| table.rows).sum(),
            blobs: blobs.len() as u64,
            blob_bytes: blobs.iter().map(|blob| blob.size_bytes).sum(),
        };
        let copies = blobs.iter().map(|blob| blob.copy.clone()).collect();
        let mut last: Vec<Record> = blobs.into_iter().map(Record::Blob).collect();
        last.push(Record::End(contents));
        let sent = send_all(&records, last).await;
        Ok(sent.then_some(Fed { schema_version: summary.schema_version, contents, copies }))
    }

    async fn feed_database(&self, records: &mpsc::Sender<Record>) -> anyhow::Result<Option<DumpSummary>> {
        let (parts, mut dumped) = mpsc::channel::<DumpPart>(WAITING_MAX);
        let dumping = async {
            let made = self.store.dump(&parts).await;
            drop(parts);
            made
        };
        let forwarding = async move {
            while let Some(part) = dumped.recv().await {
                if records.send(Record::Dump(part)).await.is_err() {
                    return false;
                }
            }
            true
        };
        match tokio::join!(dumping, forwarding) {
            (_, false) => Ok(None),
            (made, true) => Ok(Some(made.context("failed to read the database")?)),
        }
    }

    /// Copies every blob that has no copy yet.
    async fn copy_blobs(&self) -> anyhow::Result<Vec<BlobEntry>> {
        let there = self.place.copies().await?;
        let seen = self.blobs.to_back_up().await?;
        let copied =
            stream::iter(seen).map(|blob| self.copy_blob(blob, &there)).buffer_unordered(COPIES_AT_ONCE);
        let copied: Vec<Option<BlobEntry>> = copied.try_collect().await?;
        let mut entries: Vec<BlobEntry> = copied.into_iter().flatten().collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Copies a blob; `None` where it was removed meanwhile. What is in a blob never changes.
    async fn copy_blob(
        &self,
        blob: BlobSeen,
        there: &BTreeMap<String, (u64, i64)>,
    ) -> anyhow::Result<Option<BlobEntry>> {
        let name = blob.name.as_str().to_owned();
        let copy = self.key.name_of(&name);
        let mut size_bytes = blob.size_bytes;
        if there.get(&copy).map(|(length, _)| *length) != Some(sealed_length(size_bytes)) {
            let bytes = match self.blobs.get(&BlobName::kept(&name)).await {
                Err(BlobError::Missing(_)) => return Ok(None),
                read => read?,
            };
            size_bytes = bytes.len() as u64;
            let (key, sealed_as) = (self.key.clone(), copy.clone());
            let sealed = tokio::task::spawn_blocking(move || seal(&key, &sealed_as, &bytes)).await??;
            self.place.write_copy(&copy, sealed.into()).await?;
        }
        Ok(Some(BlobEntry { name, copy, size_bytes }))
    }
}

/// The keys' files of a data folder, those that are there.
fn key_files(folder: &Path) -> anyhow::Result<Vec<KeyFile>> {
    let mut files = Vec::new();
    for name in KEY_FILES {
        if let Some(text) = key_files::read(&folder.join(name))? {
            files.push(KeyFile { name: name.to_owned(), text });
        }
    }
    Ok(files)
}

/// Whether all were taken.
async fn send_all(records: &mpsc::Sender<Record>, all: Vec<Record>) -> bool {
    for record in all {
        if records.send(record).await.is_err() {
            return false;
        }
    }
    true
}

fn write_archive(
    mut records: mpsc::Receiver<Record>,
    bytes: mpsc::Sender<Option<Bytes>>,
    key: &BackupKey,
    id: &str,
) -> anyhow::Result<()> {
    let mut writing = Writing::begin(ToChannel(bytes), key, id)?;
    while let Some(record) = records.blocking_recv() {
        writing.write(&record)?;
        if matches!(record, Record::End(_)) {
            let ToChannel(bytes) = writing.finish()?;
            // Without this word the upload is given up.
            return bytes.blocking_send(None).context("nobody takes the archive any more");
        }
    }
    bail!("the archive's contents end before their end")
}

fn seal(key: &BackupKey, name: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut sealing = Sealing::begin(Vec::with_capacity(bytes.len() + 1024), key, name)?;
    sealing.write_all(bytes)?;
    sealing.finish()
}
