//! Backups by hand, and the way back from one.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cloud_store::{Actor, Filling, NewAuditEntry, Store};
use jiff::Timestamp;

use crate::backups::{
    BackupInfo, BackupKey, BackupPlace, Backups, Copies, find, read_archive, restore_blobs,
    restore_key_files, verify,
};
use crate::blobs::Blobs;
use crate::config::Config;
use crate::roles::{make_folder, now, open_store, owner};

/// Organisations that are read at once.
const PAGE: u32 = 500;

/// What is asked of the backups that there are.
#[derive(Debug, Subcommand)]
pub enum OnBackups {
    /// Lists them, the newest first.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        source: Source,
    },
    /// Restores one into a scratch database, compares it with what was there when it was made, and reads every copy of a blob.
    Verify {
        /// Which: its name, or `latest`.
        #[arg(default_value = "latest")]
        backup: String,
        #[command(flatten)]
        source: Source,
    },
    /// Prints the key that they are sealed with, to be kept in another place; makes it where there is none.
    Key,
}

/// Where backups are, if not where the configuration says.
#[derive(Debug, Args)]
pub struct Source {
    /// The folder that holds them; the configured place when not given.
    #[arg(long, value_name = "DIR")]
    place: Option<PathBuf>,
    /// The file with their key; the configured one when not given.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// What `admin restore` takes.
#[derive(Debug, Args)]
pub struct Restore {
    /// Which backup: its name, or `latest` for the newest that was verified.
    #[arg(long, value_name = "BACKUP")]
    from: String,
    #[command(flatten)]
    source: Source,
    /// Restore into a scratch database only, and say what would be brought back.
    #[arg(long)]
    dry_run: bool,
    /// Put the backup in the place of what the database holds. A SQLite file is kept beside it; of a PostgreSQL nothing is left.
    #[arg(long)]
    replace: bool,
}

impl Source {
    fn open(&self, config: &Config) -> anyhow::Result<BackupPlace> {
        Ok(match &self.place {
            Some(folder) => {
                anyhow::ensure!(folder.is_dir(), "there is no folder `{}`", folder.display());
                BackupPlace::in_folder(folder)?
            }
            None => BackupPlace::open(config)?,
        })
    }

    fn key(&self, config: &Config) -> anyhow::Result<BackupKey> {
        let path = self.key_file.clone().unwrap_or_else(|| config.backups.key_path(&config.data.dir));
        BackupKey::open(&path)?.with_context(|| {
            format!(
                "there is no backup key `{}`: name the file that holds it with `--key-file`, or write it there from paper",
                path.display()
            )
        })
    }
}

/// Makes one now.
pub(super) async fn make(config: &Config, store: &Store) -> anyhow::Result<String> {
    let backups = Backups::open(config, store.clone(), Blobs::open(config)?, owner()?)?;
    let made = backups.make_and_verify().await?;
    eprintln!("made and verified in {}", backups.place().name);
    Ok(format!("{}\n", made.id))
}

/// Answers what is asked of them.
pub(super) async fn run(config: &Config, asked: OnBackups) -> anyhow::Result<String> {
    match asked {
        OnBackups::List { json, source } => {
            let all = source.open(config)?.list().await?;
            if json {
                return Ok(format!("{}\n", serde_json::to_string_pretty(&all)?));
            }
            Ok(all.iter().map(line).collect())
        }
        OnBackups::Verify { backup, source } => {
            let (place, key) = (source.open(config)?, source.key(config)?);
            let info = find(&place, &backup).await?;
            let archive = verify(&place, &key, &info.id, &config.data.dir, Copies::All).await?;
            let contents = archive.contents;
            Ok(format!(
                "{} is whole: {} rows, {} blobs, {} key files\n",
                info.id,
                contents.rows,
                contents.blobs,
                archive.key_files.len()
            ))
        }
        OnBackups::Key => {
            make_folder(&config.data.dir)?;
            let (key, _) = BackupKey::open_or_make(&config.backups.key_path(&config.data.dir))?;
            Ok(format!("{}\n", key.to_text()))
        }
    }
}

/// Brings a cloud back.
pub(super) async fn restore(config: &Config, told: &Restore) -> anyhow::Result<String> {
    let (place, key) = (told.source.open(config)?, told.source.key(config)?);
    let info = find(&place, &told.from).await?;
    if told.dry_run {
        let archive = verify(&place, &key, &info.id, &config.data.dir, Copies::All).await?;
        return Ok(format!(
            "{} would bring back {} rows, {} blobs and {} key files, as they were at {}; nothing was changed\n",
            info.id,
            archive.contents.rows,
            archive.contents.blobs,
            archive.key_files.len(),
            time(archive.head.made_at_ms)
        ));
    }
    make_folder(&config.data.dir)?;
    let (address, filling) = (config.database_address()?, Filling { replace: told.replace, now: now() });
    Store::check_fillable(&address, told.replace).await.context(
        "nothing was changed; `--replace` puts the backup in the place of what is there, with every server stopped",
    )?;
    // Read to its end before anything is changed.
    let archive = read_archive(&place, &key, &info.id, None).await?;
    let blobs = restore_blobs(&place, &key, &archive, &Blobs::open(config)?).await?;
    restore_key_files(&archive, &config.data.dir)?;
    keep_key(config, &key)?;
    read_archive(&place, &key, &info.id, Some((&address, filling))).await?;
    let store = open_store(config, true).await?;
    let noted = note(&store, &info).await;
    store.close().await;
    noted?;
    eprintln!(
        "hint: start the servers; everybody signs in again, and tills bring what they have sold since.\n\
         hint: tills whose certificates were renewed since are let in with `ca.take_up_unknown_certificates = true`; take it back \
         once all are there."
    );
    Ok(format!(
        "restored {} rows and {blobs} blobs that were missing, as they were at {}\n",
        archive.contents.rows,
        time(archive.head.made_at_ms)
    ))
}

/// The next backups are sealed with the key of those that are there.
fn keep_key(config: &Config, key: &BackupKey) -> anyhow::Result<()> {
    let path = config.backups.key_path(&config.data.dir);
    if !path.exists() {
        crate::key_files::write_secret(&path, &format!("{}\n", key.to_text()))?;
    }
    Ok(())
}

/// Every organisation can see that its cloud is a copy.
async fn note(store: &Store, info: &BackupInfo) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store.organisations(after.as_ref(), PAGE).await?;
        for organisation in &page {
            let entry = NewAuditEntry {
                actor: Actor::System("admin".to_owned()),
                action: "backup.restore".to_owned(),
                object: format!("backup:{}", info.id),
                detail: format!("made at {}", time(info.made_at_ms)),
            };
            store.append_audit(&organisation.id, &entry, now()).await?;
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id.clone());
    }
}

fn line(info: &BackupInfo) -> String {
    let state = match (&info.verified_at_ms, &info.problem) {
        (Some(_), _) => "verified".to_owned(),
        (None, Some(problem)) => format!("NOT USABLE: {problem}"),
        (None, None) => "not verified".to_owned(),
    };
    let contents = info.contents;
    format!(
        "{}\t{}\t{} bytes\t{} rows\t{} blobs\t{state}\n",
        info.id,
        time(info.made_at_ms),
        info.size_bytes,
        contents.rows,
        contents.blobs
    )
}

fn time(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |at| at.to_string())
}
