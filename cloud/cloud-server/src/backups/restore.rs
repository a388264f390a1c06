//! Reading a backup: into a scratch database, to see whether it is what was there, or into the cloud's own.

use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use cloud_store::{Address, DumpError, DumpPart, Filling, Store, StoreOptions, TableSum, read_rows};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::mpsc;

use super::KEY_FILES;
use super::archive::{BlobEntry, Contents, FORMAT, Head, KeyFile, Reading, Record};
use super::key::BackupKey;
use super::place::{BackupInfo, BackupPlace, FromChannel};
use super::seal::{Opening, sealed_length};
use crate::blobs::{BlobName, Blobs};
use crate::key_files;
use crate::roles::{now, scratch_folder};

/// Pieces of the archive that may wait to be read.
const WAITING_MAX: usize = 8;
/// Blobs that are read at once.
const BLOBS_AT_ONCE: usize = 4;
/// Copies that are read again after each backup, spread over all; a file of another length is told of every one.
const COPIES_READ: usize = 16;
/// Organisations that are read at once.
const PAGE: u32 = 500;

/// What an archive holds beside its database.
#[derive(Debug, Clone)]
pub struct Archive {
    /// What it is.
    pub head: Head,
    /// Key files of the data folder.
    pub key_files: Vec<KeyFile>,
    /// Blobs.
    pub blobs: Vec<BlobEntry>,
    /// How much there is.
    pub contents: Contents,
}

/// How closely copies of blobs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    /// All are there and as long as they should be, and some are read.
    Some,
    /// All are read.
    All,
}

/// Reads an archive to its end. Where a database is named, it is filled; it is touched by an archive that is whole and sound
/// alone.
pub async fn read_archive(
    place: &BackupPlace,
    key: &BackupKey,
    id: &str,
    into: Option<(&Address, Filling)>,
) -> anyhow::Result<Archive> {
    let (bytes, to_open) = mpsc::channel(WAITING_MAX);
    let (parts, to_fill) = mpsc::channel(WAITING_MAX);
    let (key, name) = (key.clone(), id.to_owned());
    let opening = tokio::task::spawn_blocking(move || open_archive(to_open, &parts, &key, &name));
    let filling = async {
        match into {
            Some((address, filling)) => Store::fill(address, &filling, to_fill).await.map(drop),
            None => count(to_fill).await,
        }
    };
    let ((), opened, filled) = tokio::join!(place.read_archive(id, bytes), opening, filling);
    let opened = opened.context("the archive's thread ended")?;
    match (opened, filled) {
        // Whoever is told of a cut-off dump is told why by whoever cut it off.
        (Err(error), Err(DumpError::Truncated) | Ok(())) => {
            Err(error).with_context(|| format!("failed to read backup `{id}` in {}", place.name))
        }
        (_, Err(error)) => Err(error).with_context(|| format!("failed to take backup `{id}`")),
        (Ok(archive), Ok(())) => Ok(archive),
    }
}

/// Restores a backup into a scratch database, compares it with the sums that it was made with, and checks the audit logs; then
/// looks at the copies of blobs. Gives back what the archive holds.
pub async fn verify(
    place: &BackupPlace,
    key: &BackupKey,
    id: &str,
    data: &Path,
    copies: Copies,
) -> anyhow::Result<Archive> {
    let scratch = scratch_folder(data)?;
    let address = Address::Sqlite { file: scratch.path().join("verify.sqlite") };
    let filling = Filling { replace: false, now: now() };
    let archive = read_archive(place, key, id, Some((&address, filling))).await?;
    let store = Store::open(&StoreOptions::new(address)).await?;
    let checked = check_audit_logs(&store).await;
    store.close().await;
    checked?;
    check_copies(place, key, &archive.blobs, copies).await?;
    Ok(archive)
}

/// Brings back the blobs of a backup that are not there; gives back how many those were.
pub async fn restore_blobs(
    place: &BackupPlace,
    key: &BackupKey,
    archive: &Archive,
    blobs: &Blobs,
) -> anyhow::Result<u64> {
    let there = blobs.sizes().await?;
    let missing = archive.blobs.iter().filter(|blob| there.get(&blob.name) != Some(&blob.size_bytes));
    let restored = stream::iter(missing.cloned()).map(|blob| async move {
        let bytes = open_copy(place, key, &blob).await?;
        blobs.put(&BlobName::kept(&blob.name), bytes.into()).await?;
        anyhow::Ok(1)
    });
    restored.buffer_unordered(BLOBS_AT_ONCE).try_fold(0, async |sum, one| Ok(sum + one)).await
}

/// Brings back the key files of a backup; others of the same names stay beside them.
pub fn restore_key_files(archive: &Archive, data: &Path) -> anyhow::Result<()> {
    for file in &archive.key_files {
        ensure!(
            KEY_FILES.contains(&file.name.as_str()),
            "`{}` is no file that a backup brings back",
            file.name
        );
        let path = data.join(&file.name);
        let old = key_files::read(&path)?;
        if old.as_ref() == Some(&file.text) {
            continue;
        }
        if let Some(old) = old {
            let aside = data.join(format!("{}.before-{}", file.name, now().0));
            key_files::write_secret(&aside, &old)?;
        }
        // The certificate is no secret, and nobody else needs to read it here.
        key_files::replace_secret(&path, &file.text)?;
    }
    Ok(())
}

/// What is known of a backup; `latest` is the newest that was verified, or else the newest.
pub async fn find(place: &BackupPlace, named: &str) -> anyhow::Result<BackupInfo> {
    let all = place.list().await?;
    if named == "latest" {
        let verified = all.iter().find(|info| info.verified_at_ms.is_some()).or(all.first());
        return verified.cloned().with_context(|| format!("there is no backup in {}", place.name));
    }
    let found = all.iter().find(|info| info.id == named).cloned();
    found.with_context(|| {
        let ids: Vec<&str> = all.iter().map(|info| info.id.as_str()).collect();
        let ids = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        format!("there is no backup `{named}` in {}; these are: {ids}", place.name)
    })
}

fn open_archive(
    bytes: mpsc::Receiver<io::Result<Bytes>>,
    parts: &mpsc::Sender<DumpPart>,
    key: &BackupKey,
    id: &str,
) -> anyhow::Result<Archive> {
    let mut reading = Reading::begin(FromChannel { from: bytes, rest: Bytes::new() }, key, id)?;
    let Record::Head(head) = reading.next()? else { bail!("it does not begin with its head") };
    ensure!(
        head.format <= FORMAT,
        "it has format {} and this program knows {FORMAT}: use the program that made it ({}), or a later one",
        head.format,
        head.program
    );
    ensure!(head.id == id, "it is the backup `{}` under another name", head.id);
    let (mut key_files, mut blobs, mut sums) = (Vec::new(), Vec::new(), None);
    loop {
        match reading.next()? {
            Record::Head(_) => bail!("it begins twice"),
            Record::KeyFile(file) => key_files.push(file),
            Record::Blob(blob) => blobs.push(blob),
            // The database changes for good with this part, so it has to wait until everything was read.
            Record::Dump(end @ DumpPart::End(_)) => sums = Some(end),
            Record::Dump(part) => {
                // Whoever fills the database says why it takes no more.
                if parts.blocking_send(part).is_err() {
                    bail!("the database takes no more");
                }
            }
            Record::End(contents) => {
                reading.finish()?;
                let sums = sums.context("the sums of the tables are missing")?;
                // As above.
                let _ = parts.blocking_send(sums);
                return Ok(Archive { head, key_files, blobs, contents });
            }
        }
    }
}

/// Reads a dump as a database would, and keeps nothing of it.
async fn count(mut parts: mpsc::Receiver<DumpPart>) -> Result<(), DumpError> {
    let mut columns = 0;
    while let Some(part) = parts.recv().await {
        match part {
            DumpPart::Begin { .. } => {}
            DumpPart::Table(table) => columns = table.columns.len(),
            DumpPart::Rows(rows) => {
                read_rows(&rows, columns, &mut TableSum::default()).map_err(DumpError::Unsound)?;
            }
            DumpPart::End(_) => return Ok(()),
        }
    }
    Err(DumpError::Truncated)
}

async fn check_audit_logs(store: &Store) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store.organisations(after.as_ref(), PAGE).await?;
        for organisation in &page {
            let report = store.verify_audit(&organisation.id).await?;
            if let Some(problem) = report.problem {
                bail!("the audit log of `{}` is not what it was: {problem}", organisation.id);
            }
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id.clone());
    }
}

async fn check_copies(
    place: &BackupPlace,
    key: &BackupKey,
    blobs: &[BlobEntry],
    copies: Copies,
) -> anyhow::Result<()> {
    let there = place.copies().await?;
    for blob in blobs {
        let found = there.get(&blob.copy).map(|(length, _)| *length);
        ensure!(
            found == Some(sealed_length(blob.size_bytes)),
            "the copy of the blob `{}` is missing or has another length",
            blob.name
        );
    }
    let step = match copies {
        Copies::All => 1,
        Copies::Some => blobs.len().div_ceil(COPIES_READ).max(1),
    };
    let read = stream::iter(blobs.iter().step_by(step).cloned());
    let read = read.map(async |blob: BlobEntry| open_copy(place, key, &blob).await.map(drop));
    read.buffer_unordered(BLOBS_AT_ONCE).try_collect().await
}

async fn open_copy(place: &BackupPlace, key: &BackupKey, blob: &BlobEntry) -> anyhow::Result<Vec<u8>> {
    let sealed = place.read_copy(&blob.copy).await?;
    let (key, name) = (key.clone(), blob.copy.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(sealed.len());
        Opening::begin(sealed.as_ref(), &key, &name)?.read_to_end(&mut bytes)?;
        io::Result::Ok(bytes)
    });
    opened.await?.with_context(|| format!("failed to read the copy of the blob `{}`", blob.name))
}
