//! How backups are made and kept.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use service::config::Impossible;

use super::{BlobKind, Blobs, Found};

/// The folder of backups, in the data folder.
const FOLDER: &str = "backups";
/// The file of their key, in the data folder.
const KEY_FILE: &str = "backup-key.txt";

/// How backups are made and kept.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Backups {
    pub every_hours: u32,
    pub kind: BlobKind,
    pub dir: PathBuf,
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub key_file: PathBuf,
    pub blobs: bool,
    pub daily: usize,
    pub weekly: usize,
    pub monthly: usize,
}

impl fmt::Debug for Backups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { every_hours, kind, dir, bucket, key_file, .. } = self;
        let mut shown = f.debug_struct("Backups");
        shown.field("every_hours", every_hours).field("kind", kind).field("dir", dir);
        shown.field("bucket", bucket).field("key_file", key_file).finish_non_exhaustive()
    }
}

impl Backups {
    /// The folder that they are in.
    pub fn folder(&self, data: &Path) -> PathBuf {
        if self.dir.as_os_str().is_empty() { data.join(FOLDER) } else { self.dir.clone() }
    }

    /// Where their key is.
    pub fn key_path(&self, data: &Path) -> PathBuf {
        if self.key_file.as_os_str().is_empty() { data.join(KEY_FILE) } else { self.key_file.clone() }
    }

    /// The bucket that they are in.
    pub fn bucket_settings(&self) -> Blobs {
        Blobs {
            kind: self.kind,
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            bucket: self.bucket.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
        }
    }

    /// What cannot be here.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Found::default();
        for (key, value, most) in [
            ("backups.every_hours", self.every_hours as usize, 8_760),
            ("backups.daily", self.daily, 1_000),
            ("backups.weekly", self.weekly, 1_000),
            ("backups.monthly", self.monthly, 1_000),
        ] {
            if value > most {
                found.add(key, format!("is {value}: set it from 0 to {most}"));
            }
        }
        if self.kind == BlobKind::S3 {
            for (key, value) in [
                ("backups.bucket", &self.bucket),
                ("backups.access_key_id", &self.access_key_id),
                ("backups.secret_access_key", &self.secret_access_key),
            ] {
                if value.is_empty() {
                    found.add(key, "is empty, but `backups.kind` = \"s3\" needs it");
                }
            }
        }
        found.0
    }
}
