//! What 1C sends before it asks for an import, and what it gets of sales: the exchange with a site, as 1C has it
//! (<https://v8.1c.ru/tekhnologii/obmen-dannymi-i-integratsiya/standarty-i-formaty/protokol-obmena-s-saytom/>).
//!
//! A session is a folder, one for each caller, with a file for each piece that came: a piece is there as a whole or not at all, whenever
//! the process ends. The import takes all files of the session together, because one says what products there are and another what they
//! cost. What is asked for again while nothing has come meanwhile is the same import.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::Context as _;
use axum::body::Body;
use bytes::Bytes;
use cloud_store::{Actor, SALES_BACK_DAYS, StoreInfo};
use data_encoding::HEXLOWER;
use domain::ids::{OrgId, StoreId};
use domain::sale::Sale;
use domain::time::{BusinessDay, WallMs};
use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::commerceml;

/// The longest piece of a file.
pub(crate) const PIECE_MAX_BYTES: u64 = 64 << 20;
/// What the files of a session may come to.
pub(crate) const SESSION_MAX_BYTES: u64 = 512 << 20;
/// Sales that are handed over at once.
pub(crate) const SALES_AT_ONCE: u32 = 1_000;
/// Files that a session may have.
const FILES_MAX: usize = 200;
/// Pieces that a file may have.
const PIECES_MAX: u32 = 20_000;
/// What the name of a file begins with that is being written. No file that comes is called so.
const UNFINISHED: &str = ".unfinished-";
/// Longest name of a file.
const NAME_MAX_LEN: usize = 100;
/// The folder of sessions in the data folder.
const FOLDER: &str = "exchange";
/// What the session remembers.
const STATE: &str = "state.json";
/// A day is closed so long after its midnight: shops that are open at night close theirs late.
const CLOSED_AFTER_HOURS: i64 = 4;

/// What is wrong with a request, in words; it becomes a `failure` for 1C.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Whoever asks can do something about it.
    Told(String),
    /// It is our fault.
    Ours(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Ours(error.into())
    }
}

/// The files of a caller.
#[derive(Debug)]
pub(crate) struct Session {
    folder: PathBuf,
}

/// What was made of the files of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// The files as they were.
    files: String,
    /// The import.
    pub(crate) import: String,
    /// Whether it was asked for: until then it may still have to be.
    pub(crate) is_asked_for: bool,
}

impl Session {
    /// The session of a caller; nothing is made yet.
    pub(crate) fn of(data: &Path, org: &OrgId, caller: &Actor) -> Self {
        let caller = HEXLOWER.encode(&Sha256::digest(caller.to_string().as_bytes())[..16]);
        Self { folder: data.join(FOLDER).join(org.as_str()).join(caller) }
    }

    /// Forgets what came before.
    pub(crate) fn clear(&self) -> anyhow::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).context("failed to clear the exchange's folder")
            }
            _ => Ok(()),
        }
    }

    /// Adds a piece to a file: all of it, or nothing where it breaks off or the process ends. Pictures are taken and thrown away: they
    /// are registered another way.
    pub(crate) async fn append(&self, name: &str, body: Body) -> Result<(), Refused> {
        let name = clean_name(name)?;
        fs::create_dir_all(&self.folder)?;
        let files = self.files()?;
        if files.len() >= FILES_MAX && !files.contains_key(&name) {
            return Err(Refused::Told(format!("a session has at most {FILES_MAX} files: begin another one")));
        }
        let there: u64 = files.values().flatten().map(|piece| piece.length).sum();
        let last = files.get(&name).and_then(|pieces| pieces.last()).map_or(0, |piece| piece.number);
        if last >= PIECES_MAX {
            return Err(Refused::Told(format!(
                "`{name}` has more than {PIECES_MAX} pieces: send larger ones"
            )));
        }
        let piece = receive_piece(&self.folder, body, SESSION_MAX_BYTES.saturating_sub(there)).await?;
        if !has_extension(&name, &["xml", "zip"]) {
            return Ok(());
        }
        match piece.persist_noclobber(self.folder.join(format!("{name}.{:06}", last + 1))) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Refused::Told(format!(
                "two pieces of `{name}` came at once: send them one after another"
            ))),
            Err(error) => Err(error.error.into()),
        }
    }

    /// What was begun with the very files that are there now; nothing where none was, or more has come.
    pub(crate) fn begun(&self) -> Result<Option<Begun>, Refused> {
        let state = match fs::read(self.folder.join(STATE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let begun: Begun = serde_json::from_slice(&state)?;
        Ok(Some(begun).filter(|begun| self.print().is_ok_and(|print| print == begun.files)))
    }

    /// Remembers which import the files that are there become: before it is asked for, so that a crash between makes no second one, and
    /// once it is.
    pub(crate) fn remember(&self, import: &str, is_asked_for: bool) -> Result<Begun, Refused> {
        let begun = Begun { files: self.print()?, import: import.to_owned(), is_asked_for };
        fs::create_dir_all(&self.folder)?;
        let mut state = NamedTempFile::with_prefix_in(UNFINISHED, &self.folder)?;
        state.write_all(&serde_json::to_vec(&begun)?)?;
        state.as_file().sync_data()?;
        state.persist(self.folder.join(STATE)).map_err(|error| error.error)?;
        Ok(begun)
    }

    /// All files as one: the one ZIP that came, else a ZIP of what came.
    pub(crate) fn packed(&self, most: usize, scratch: &Path) -> Result<Bytes, Refused> {
        let files = self.files()?;
        let path = scratch.join("exchange.zip");
        let mut packed = File::create(&path)?;
        match files.iter().next() {
            None => {
                return Err(Refused::Told("no file has come: send it with `mode=file` first".to_owned()));
            }
            Some((only, pieces)) if files.len() == 1 && has_extension(only, &["zip"]) => {
                self.copy(only, pieces, &mut packed)?;
            }
            Some(_) => {
                let mut zip = ZipWriter::new(&mut packed);
                for (name, pieces) in &files {
                    // What is packed already does not become smaller.
                    let method = match has_extension(name, &["zip"]) {
                        true => CompressionMethod::Stored,
                        false => CompressionMethod::Deflated,
                    };
                    zip.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method))?;
                    self.copy(name, pieces, &mut zip)?;
                }
                zip.finish()?.flush()?;
            }
        }
        let length = fs::metadata(&path)?.len();
        if length > most as u64 {
            return Err(Refused::Told(format!(
                "the files come to {length} bytes packed, and `documents.file_max_bytes` is {most}: send less at once, or raise it"
            )));
        }
        Ok(fs::read(path)?.into())
    }

    fn copy(&self, name: &str, pieces: &[Piece], to: &mut impl io::Write) -> io::Result<()> {
        for piece in pieces {
            io::copy(&mut File::open(self.folder.join(format!("{name}.{:06}", piece.number)))?, to)?;
        }
        Ok(())
    }

    /// The files by name, each with its pieces in order.
    fn files(&self) -> Result<BTreeMap<String, Vec<Piece>>, Refused> {
        let mut files: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
            Err(error) => return Err(error.into()),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What another request is writing, and what the session remembers, have no number.
            let Some((name, number)) = name.rsplit_once('.') else { continue };
            let Ok(number) = number.parse() else { continue };
            let about = entry.metadata()?;
            let written = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            files.entry(name.to_owned()).or_default().push(Piece { number, length: about.len(), written });
        }
        for pieces in files.values_mut() {
            pieces.sort_unstable_by_key(|piece| piece.number);
        }
        Ok(files)
    }

    /// What tells these files from others: names, lengths and when they were written last.
    fn print(&self) -> Result<String, Refused> {
        let mut print = String::new();
        for (name, pieces) in self.files()? {
            let length: u64 = pieces.iter().map(|piece| piece.length).sum();
            let written = pieces.iter().map(|piece| piece.written).max().unwrap_or_default();
            print += &format!("{name} {length} {written}\n");
        }
        Ok(print)
    }
}

/// A piece of a file as it lies in the session's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    /// From 1.
    number: u32,
    length: u64,
    /// In nanoseconds since 1970.
    written: u128,
}

/// Writes a piece down beside the others, of at most `left` bytes; dropped it is gone.
async fn receive_piece(folder: &Path, body: Body, left: u64) -> Result<NamedTempFile, Refused> {
    let piece = NamedTempFile::with_prefix_in(UNFINISHED, folder)?;
    let mut to = tokio::fs::File::from_std(piece.reopen()?);
    let mut came = 0;
    let mut parts = body.into_data_stream();
    while let Some(part) =
        parts.try_next().await.map_err(|error| Refused::Told(format!("the file broke off: {error}")))?
    {
        came += part.len() as u64;
        if came > PIECE_MAX_BYTES {
            return Err(Refused::Told(format!(
                "a piece has more than {PIECE_MAX_BYTES} bytes: send smaller ones"
            )));
        }
        if came > left {
            return Err(Refused::Told(format!(
                "the files come to more than {SESSION_MAX_BYTES} bytes: send less at once"
            )));
        }
        to.write_all(&part).await?;
    }
    to.flush().await?;
    to.sync_data().await?;
    Ok(piece)
}

/// Removes sessions whose files nobody has touched since a moment; gives back how many.
pub(crate) fn forget_sessions(data: &Path, before: WallMs) -> io::Result<usize> {
    let mut removed = 0;
    let organisations = match fs::read_dir(data.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        organisations => organisations?,
    };
    for organisation in organisations {
        for session in fs::read_dir(organisation?.path())? {
            let session = session?;
            let written = session.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            if i64::try_from(written.as_millis()).unwrap_or(i64::MAX) < before.0 {
                fs::remove_dir_all(session.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// A name without the folders that it came from.
fn clean_name(name: &str) -> Result<String, Refused> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let fits = (1..=NAME_MAX_LEN).contains(&last.len())
        && !last.starts_with('.')
        && last != STATE
        && last.chars().all(|letter| letter.is_alphanumeric() || "._- ()".contains(letter));
    if fits {
        return Ok(last.to_owned());
    }
    let shown: String = last.chars().take(NAME_MAX_LEN).collect();
    Err(Refused::Told(format!("`{shown}` is no name of a file: use letters, digits, `.`, `_` and `-`")))
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

/// The closed days of each store that are looked at for sales: from the first up to the last.
pub(crate) fn closed_days(
    stores: &[StoreInfo],
    now: WallMs,
) -> anyhow::Result<Vec<(StoreId, BusinessDay, BusinessDay)>> {
    stores
        .iter()
        .map(|store| {
            let open = local(now, &zone(store)?)?;
            let last = open.checked_sub(1.day())?;
            let first = last.checked_sub(SALES_BACK_DAYS.days())?;
            Ok((store.id.clone(), day(first)?, day(last)?))
        })
        .collect()
}

/// Sales as CommerceML, each with the time on its store's clocks.
pub(crate) fn written(sales: Vec<Sale>, stores: &[StoreInfo]) -> anyhow::Result<String> {
    let mut dated = Vec::with_capacity(sales.len());
    for sale in sales {
        let store = stores.iter().find(|store| store.id == sale.till.store);
        let zone = store.map_or(Ok(TimeZone::UTC), zone)?;
        dated.push((sale, zone));
    }
    Ok(commerceml::sales(&dated))
}

fn zone(store: &StoreInfo) -> anyhow::Result<TimeZone> {
    let name = &store.details.time_zone;
    TimeZone::get(name).with_context(|| format!("`{name}` is no time zone"))
}

/// The day that is open on a store's clocks.
fn local(now: WallMs, zone: &TimeZone) -> anyhow::Result<Date> {
    let at = Timestamp::from_millisecond(now.0)?.checked_sub(CLOSED_AFTER_HOURS.hours())?;
    Ok(at.to_zoned(zone.clone()).date())
}

fn day(date: Date) -> anyhow::Result<BusinessDay> {
    Ok(BusinessDay { year: date.year(), month: date.month().try_into()?, day: date.day().try_into()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(folder: &Path) -> Session {
        Session::of(folder, &OrgId::new("acme").unwrap(), &Actor::System("test".to_owned()))
    }

    fn lengths(session: &Session) -> Vec<(String, Vec<u64>)> {
        let files = session.files().unwrap().into_iter();
        files.map(|(name, pieces)| (name, pieces.iter().map(|piece| piece.length).collect())).collect()
    }

    #[tokio::test]
    async fn pieces_are_appended_and_begin_anew_with_the_session() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path());
        for piece in ["<a>", "</a>"] {
            session.append("import.xml", Body::from(piece)).await.unwrap();
        }
        session.append("import_files/aa/photo.jpg", Body::from("pixels")).await.unwrap();
        assert_eq!(lengths(&session), [("import.xml".to_owned(), vec![3, 4])]);
        session.remember("1", false).unwrap();
        assert!(!session.begun().unwrap().unwrap().is_asked_for);
        session.remember("1", true).unwrap();
        let begun = session.begun().unwrap().unwrap();
        assert_eq!((begun.import.as_str(), begun.is_asked_for), ("1", true));
        session.append("offers.xml", Body::from("<b/>")).await.unwrap();
        assert!(session.begun().unwrap().is_none(), "more has come");
        let packed = session.packed(1 << 20, folder.path()).unwrap();
        let mut zip = zip::ZipArchive::new(io::Cursor::new(packed)).unwrap();
        assert_eq!(io::read_to_string(zip.by_name("import.xml").unwrap()).unwrap(), "<a></a>");
        assert!(matches!(session.packed(10, folder.path()), Err(Refused::Told(_))));
        session.clear().unwrap();
        assert!(session.files().unwrap().is_empty() && session.begun().unwrap().is_none());
        assert!(matches!(session.packed(1 << 20, folder.path()), Err(Refused::Told(_))));
    }

    #[tokio::test]
    async fn names_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path());
        for name in ["", ".", "..", ".xml", "state.json", "a\0.xml", &"a".repeat(200)] {
            assert!(matches!(session.append(name, Body::empty()).await, Err(Refused::Told(_))), "{name}");
        }
        session.append("../../etc/import.xml", Body::from("x")).await.unwrap();
        assert_eq!(lengths(&session), [("import.xml".to_owned(), vec![1])]);
    }

    #[tokio::test]
    async fn a_piece_that_breaks_off_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path());
        session.append("import.xml", Body::from("<a>")).await.unwrap();
        let torn = futures_util::stream::iter([Ok(Bytes::from("torn")), Err(io::Error::other("gone"))]);
        let refused = session.append("import.xml", Body::from_stream(torn)).await;
        assert!(matches!(refused, Err(Refused::Told(why)) if why.contains("broke off")));
        session.append("import.xml", Body::from("</a>")).await.unwrap();
        assert_eq!(lengths(&session), [("import.xml".to_owned(), vec![3, 4])]);
        assert_eq!(fs::read_dir(&session.folder).unwrap().count(), 2, "nothing unfinished stays");
    }

    #[test]
    fn a_day_is_closed_hours_after_its_midnight() {
        // 2026-01-02 02:00 and 05:00 in Moscow.
        let zone = TimeZone::get("Europe/Moscow").unwrap();
        assert_eq!(local(WallMs(1_767_308_400_000), &zone).unwrap().to_string(), "2026-01-01");
        assert_eq!(local(WallMs(1_767_319_200_000), &zone).unwrap().to_string(), "2026-01-02");
    }
}
