//! Where backups lie: a folder or a bucket, with `archives/ID.tsb`, what is known of each in `archives/ID.json`, the copies that it
//! needs in `archives/ID.copies`, and the copies of blobs that all share in `copies/NAME`.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt as _, WriteMultipart};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::archive::Contents;
use crate::blobs::{BlobError, Blobs};
use crate::config::{self, BlobKind};

const ARCHIVES: &str = "archives";
const COPIES: &str = "copies";
/// Parts of an upload that may be under way at once.
const PARTS_AT_ONCE: usize = 4;

/// The place. Clones share it.
#[derive(Clone)]
pub struct BackupPlace {
    store: Arc<dyn ObjectStore>,
    /// Its name in messages.
    pub name: String,
}

/// What is known of a backup without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupInfo {
    /// The archive format's version.
    pub format: u32,
    /// Its name.
    pub id: String,
    /// When it was begun: what was there then is in it.
    pub made_at_ms: i64,
    /// When it was whole.
    pub finished_at_ms: i64,
    /// The version of the program that made it.
    pub program: String,
    /// The version of the database's tables.
    pub schema_version: i64,
    /// What the key that opens it is told by.
    pub key_id: String,
    /// The archive's length.
    pub size_bytes: u64,
    /// How much is in it.
    pub contents: Contents,
    /// When it was last restored into a scratch database and compared; absent where that was not done, or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at_ms: Option<i64>,
    /// What the comparison found wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl BackupPlace {
    /// Opens the place that the configuration names.
    pub fn open(config: &config::Config) -> Result<Self, BlobError> {
        let backups = &config.backups;
        match backups.kind {
            BlobKind::Files => Self::in_folder(&backups.folder(&config.data.dir)),
            BlobKind::S3 => {
                let store = Blobs::bucket(&backups.bucket_settings())?;
                Ok(Self { store, name: format!("bucket `{}`", backups.bucket) })
            }
        }
    }

    /// Opens a folder, which is made where there is none.
    pub fn in_folder(folder: &Path) -> Result<Self, BlobError> {
        let name = format!("`{}`", folder.display());
        let opened = std::fs::create_dir_all(folder)
            .map_err(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>)
            .and_then(|()| LocalFileSystem::new_with_prefix(folder).map_err(Into::into));
        let store = opened.map_err(|source| BlobError::Open { place: name.clone(), source })?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), name })
    }

    /// What is known of every backup, the newest first; archives of which nothing is known are not whole.
    pub async fn list(&self) -> anyhow::Result<Vec<BackupInfo>> {
        let mut found = Vec::new();
        for (name, _) in self.files(ARCHIVES).await? {
            if let Some(id) = name.strip_suffix(".json") {
                found.push(self.info(id).await?);
            }
        }
        found.sort_by(|a: &BackupInfo, b| (b.made_at_ms, &b.id).cmp(&(a.made_at_ms, &a.id)));
        Ok(found)
    }

    /// What is known of a backup.
    pub async fn info(&self, id: &str) -> anyhow::Result<BackupInfo> {
        let bytes = self.read(&info_of(id)).await?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("failed to read what is known of backup `{id}`"))
    }

    pub(super) async fn write_info(&self, info: &BackupInfo) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec_pretty(info)?;
        self.write(&info_of(&info.id), bytes.into()).await
    }

    /// Removes a backup: first what makes it one.
    pub(super) async fn remove(&self, id: &str) -> anyhow::Result<()> {
        for name in [info_of(id), archive_of(id), copies_of(id)] {
            self.delete(&name).await?;
        }
        Ok(())
    }

    /// Names of everything that stands with the archives, and when it was written, in milliseconds since 1970.
    pub(super) async fn archive_files(&self) -> anyhow::Result<BTreeMap<String, (u64, i64)>> {
        self.files(ARCHIVES).await
    }

    /// Every copy of a blob: its length, and when it was written.
    pub(super) async fn copies(&self) -> anyhow::Result<BTreeMap<String, (u64, i64)>> {
        self.files(COPIES).await
    }

    /// The names of the copies that a backup needs.
    pub(super) async fn copies_of(&self, id: &str) -> anyhow::Result<Vec<String>> {
        let bytes = self.read(&copies_of(id)).await?;
        let text = std::str::from_utf8(&bytes).context("the list of copies is no text")?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    pub(super) async fn write_copies_of(&self, id: &str, names: &[String]) -> anyhow::Result<()> {
        let mut text = names.join("\n");
        text.push('\n');
        self.write(&copies_of(id), text.into()).await
    }

    pub(super) async fn write_copy(&self, name: &str, bytes: Bytes) -> anyhow::Result<()> {
        self.write(&copy(name), bytes).await
    }

    pub(super) async fn read_copy(&self, name: &str) -> anyhow::Result<Bytes> {
        self.read(&copy(name)).await
    }

    pub(super) async fn delete_copy(&self, name: &str) -> anyhow::Result<()> {
        self.delete(&copy(name)).await
    }

    pub(super) async fn delete_archive_file(&self, name: &str) -> anyhow::Result<()> {
        self.delete(&Name::from(format!("{ARCHIVES}/{name}"))).await
    }

    /// Writes an archive as its bytes come, whole or not at all; gives back its length. A channel that closes without the last
    /// word, `None`, leaves nothing.
    pub(super) async fn write_archive(
        &self,
        id: &str,
        mut bytes: mpsc::Receiver<Option<Bytes>>,
    ) -> anyhow::Result<u64> {
        let name = archive_of(id);
        let failed = || format!("failed to write `{name}` in {}", self.name);
        let mut upload = WriteMultipart::new(self.store.put_multipart(&name).await.with_context(failed)?);
        let mut length = 0;
        loop {
            match bytes.recv().await {
                Some(Some(some)) => {
                    length += some.len() as u64;
                    let room = upload.wait_for_capacity(PARTS_AT_ONCE).await;
                    if let Err(error) = room {
                        upload.abort().await.with_context(failed)?;
                        return Err(error).with_context(failed);
                    }
                    upload.write(&some);
                }
                Some(None) => break,
                None => {
                    upload.abort().await.with_context(failed)?;
                    anyhow::bail!("the archive was not made to its end");
                }
            }
        }
        upload.finish().await.with_context(failed)?;
        Ok(length)
    }

    /// Sends an archive's bytes as they come.
    pub(super) async fn read_archive(&self, id: &str, to: mpsc::Sender<io::Result<Bytes>>) {
        let name = archive_of(id);
        let mut stream = match self.store.get(&name).await {
            Ok(found) => found.into_stream(),
            Err(error) => {
                let problem = format!("failed to read `{name}` in {}: {error}", self.name);
                // Nobody to tell is nobody to read.
                let _ = to.send(Err(io::Error::other(problem))).await;
                return;
            }
        };
        while let Some(some) = stream.next().await {
            if to.send(some.map_err(io::Error::other)).await.is_err() {
                return;
            }
        }
    }

    async fn files(&self, folder: &str) -> anyhow::Result<BTreeMap<String, (u64, i64)>> {
        let listed = self.store.list(Some(&Name::from(folder))).map_ok(|meta| {
            let name = meta.location.filename().unwrap_or_default().to_owned();
            (name, (meta.size, meta.last_modified.timestamp_millis()))
        });
        listed.try_collect().await.with_context(|| format!("failed to list `{folder}` in {}", self.name))
    }

    async fn read(&self, name: &Name) -> anyhow::Result<Bytes> {
        let read = async { self.store.get(name).await?.bytes().await };
        read.await.with_context(|| format!("failed to read `{name}` in {}", self.name))
    }

    async fn write(&self, name: &Name, bytes: Bytes) -> anyhow::Result<()> {
        let written = self.store.put(name, bytes.into()).await;
        written.map(drop).with_context(|| format!("failed to write `{name}` in {}", self.name))
    }

    async fn delete(&self, name: &Name) -> anyhow::Result<()> {
        match self.store.delete(name).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("failed to remove `{name}` in {}", self.name)),
        }
    }
}

fn archive_of(id: &str) -> Name {
    Name::from(format!("{ARCHIVES}/{id}.tsb"))
}

fn info_of(id: &str) -> Name {
    Name::from(format!("{ARCHIVES}/{id}.json"))
}

fn copies_of(id: &str) -> Name {
    Name::from(format!("{ARCHIVES}/{id}.copies"))
}

fn copy(name: &str) -> Name {
    Name::from(format!("{COPIES}/{name}"))
}

/// Writes to a channel from a thread that may wait.
pub(super) struct ToChannel(pub(super) mpsc::Sender<Option<Bytes>>);

impl Write for ToChannel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Some(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::Error::other("nobody takes the archive any more"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads from a channel on a thread that may wait.
pub(super) struct FromChannel {
    pub(super) from: mpsc::Receiver<io::Result<Bytes>>,
    pub(super) rest: Bytes,
}

impl Read for FromChannel {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.from.blocking_recv() {
                Some(some) => self.rest = some?,
                None => return Ok(0),
            }
        }
        let count = to.len().min(self.rest.len());
        to[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}
