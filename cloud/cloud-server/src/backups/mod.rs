//! Backups: all that a cloud needs to be itself again after its machine is gone.
//!
//! A backup is an archive of the database at one moment and of the keys that tills know the cloud by (`archive.rs`), and copies
//! of the blobs, which all backups share. Everything is sealed with a key that the owner keeps (`key.rs`, `seal.rs`). Each
//! backup is restored into a scratch database before it counts (`restore.rs`); which are kept is decided by their days
//! (`keep.rs`). One process at a time makes them, by a duty (`task.rs`).

mod archive;
mod keep;
mod key;
mod make;
mod place;
mod restore;
mod seal;
mod task;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cloud_store::Store;
use domain::time::WallMs;
use jiff::Timestamp;

pub use archive::{BlobEntry, Contents, Head, KeyFile};
pub use keep::{Policy, kept};
pub use key::{BackupKey, KeyId};
pub use place::{BackupInfo, BackupPlace};
pub use restore::{Archive, Copies, find, read_archive, restore_blobs, restore_key_files, verify};
pub(crate) use task::spawn;

use crate::blobs::Blobs;
use crate::config::Config;
use crate::roles::now;
use crate::{ca, signing};

/// Files of the data folder that belong into a backup: with others in their place no till would trust the cloud.
const KEY_FILES: [&str; 3] = [ca::KEY_FILE, ca::CERTIFICATE_FILE, signing::KEY_FILE];
/// The job that stands for a backup that somebody asked for.
pub(crate) const MAKE_BACKUP: &str = "backup.make";
/// What only one process at a time may do.
const DUTY: &str = "backups";
/// How long a process may be silent before another takes the duty over.
const DUTY_MS: i64 = 300_000;
/// Copies and pieces of archives that no backup names are removed once they are as old: a younger one may belong to a backup that is
/// being made.
const LEFT_OVER_MS: i64 = 2 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// The newest that could not be verified, as long as none after them could.
const UNVERIFIED_MAX: u32 = 2;

/// Makes backups.
pub struct Backups {
    store: Store,
    blobs: Blobs,
    place: BackupPlace,
    key: BackupKey,
    data: PathBuf,
    with_blobs: bool,
    policy: Policy,
    owner: String,
}

impl Backups {
    /// Opens the place and the key that the configuration names; the key is made where there is none.
    pub fn open(config: &Config, store: Store, blobs: Blobs, owner: String) -> anyhow::Result<Self> {
        let settings = &config.backups;
        let path = settings.key_path(&config.data.dir);
        let (key, is_new) = BackupKey::open_or_make(&path)?;
        if is_new {
            tracing::warn!(
                path = %path.display(),
                "made the key of the backups: keep a copy of `{}` in another place, for without it nobody can read them",
                path.display()
            );
        }
        let place = BackupPlace::open(config)?;
        let policy = Policy { daily: settings.daily, weekly: settings.weekly, monthly: settings.monthly };
        let (data, with_blobs) = (config.data.dir.clone(), settings.blobs);
        Ok(Self { store, blobs, place, key, data, with_blobs, policy, owner })
    }

    /// Where they lie.
    pub fn place(&self) -> &BackupPlace {
        &self.place
    }

    /// Makes a backup, verifies it, and removes those that are too many; refused while another process does so.
    pub async fn make_and_verify(&self) -> anyhow::Result<BackupInfo> {
        if !self.take_duty().await? {
            bail!("another process makes a backup now: wait until it is done");
        }
        let mut work = std::pin::pin!(async {
            let made = self.make().await?;
            let verified = self.verify(made).await;
            // Those that cannot be verified must not fill the place either.
            self.remove_old().await?;
            verified
        });
        let made = loop {
            tokio::select! {
                done = &mut work => break done,
                () = tokio::time::sleep(std::time::Duration::from_millis(DUTY_MS.unsigned_abs() / 3)) => {
                    if !self.take_duty().await? {
                        bail!("another process has taken the backups over");
                    }
                }
            }
        };
        self.store.leave_duty(DUTY, &self.owner).await?;
        made
    }

    /// Verifies a backup and writes down what came of it.
    async fn verify(&self, mut info: BackupInfo) -> anyhow::Result<BackupInfo> {
        let verified = verify(&self.place, &self.key, &info.id, &self.data, Copies::Some).await;
        match &verified {
            Ok(_) => (info.verified_at_ms, info.problem) = (Some(now().0), None),
            Err(error) => (info.verified_at_ms, info.problem) = (None, Some(format!("{error:#}"))),
        }
        self.place.write_info(&info).await?;
        verified.with_context(|| format!("backup `{}` was made, and is not what was there", info.id))?;
        Ok(info)
    }

    /// Removes backups that the policy does not keep, and what no backup needs.
    async fn remove_old(&self) -> anyhow::Result<()> {
        let all = self.place.list().await?;
        let verified = |info: &&BackupInfo| info.verified_at_ms.is_some();
        let made: Vec<WallMs> = all.iter().filter(verified).map(|info| WallMs(info.made_at_ms)).collect();
        let kept = kept(&made, self.policy);
        let newest = made.iter().max().copied();
        let oldest_left_over = now().0 - LEFT_OVER_MS;
        let mut needed = BTreeSet::new();
        let mut there = BTreeSet::new();
        let mut unverified = 0;
        for info in &all {
            let keep = match info.verified_at_ms {
                // Whoever made one by hand a moment ago had a reason.
                Some(_) if info.made_at_ms > now().0 - DAY_MS => true,
                Some(_) => kept.contains(&WallMs(info.made_at_ms)),
                // One that could not be verified is better than none, and may be being verified now.
                None => {
                    unverified += 1;
                    unverified <= UNVERIFIED_MAX && newest.is_none_or(|newest| info.made_at_ms > newest.0)
                }
            };
            if keep {
                needed.extend(self.place.copies_of(&info.id).await?);
                there.insert(info.id.as_str());
            } else {
                tracing::info!(backup = info.id, "removed backup {}", info.id);
                self.place.remove(&info.id).await?;
            }
        }
        for (name, (_, written_ms)) in self.place.archive_files().await? {
            let id = name.split('.').next().unwrap_or_default();
            if !there.contains(id) && written_ms < oldest_left_over {
                self.place.delete_archive_file(&name).await?;
            }
        }
        for (name, (_, written_ms)) in self.place.copies().await? {
            if !needed.contains(&name) && written_ms < oldest_left_over {
                self.place.delete_copy(&name).await?;
            }
        }
        Ok(())
    }

    async fn take_duty(&self) -> anyhow::Result<bool> {
        let now = now();
        Ok(self.store.take_duty(DUTY, &self.owner, now, WallMs(now.0 + DUTY_MS)).await?)
    }
}

/// A name that sorts by the moment and that no other backup has.
fn new_id(now: WallMs) -> anyhow::Result<String> {
    let at = Timestamp::from_millisecond(now.0)?.strftime("%Y-%m-%dT%H-%M-%SZ");
    let salt = getrandom::u32().context("the system gives no random numbers")?;
    Ok(format!("{at}-{salt:08x}"))
}
