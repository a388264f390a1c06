//! Putting a rebuilt database in the place of a damaged one, so that a crash at any moment leaves one or the other.
//!
//! The rebuilt file is made whole and synced under another name; then a note is written that names the folder for the
//! damaged files. From then on the exchange only goes forward: whoever opens the store next finds the note and
//! finishes. The log of the damaged database must be gone before the rebuilt one takes its name, or SQLite would replay
//! the one into the other.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::copy::sync_folder;

/// The rebuilt database, until it takes its place.
pub(crate) fn rebuilt_file(dir: &Path) -> PathBuf {
    dir.join("till.db.rebuilt")
}

fn note_file(dir: &Path) -> PathBuf {
    dir.join("till.db.exchange")
}

/// A folder name for files set aside now that no other folder in `dir` has.
pub(crate) fn set_aside_name(dir: &Path) -> String {
    let now = jiff::Timestamp::now().strftime("damaged-%Y%m%dT%H%M%SZ").to_string();
    let names = std::iter::once(now.clone()).chain((2..).map(|number| format!("{now}-{number}")));
    let mut free = names.filter(|name| !dir.join(name).exists());
    free.next().expect("the numbers do not end")
}

/// Begins the exchange: the rebuilt file must be complete. Then call [`finish`].
pub(crate) fn begin(dir: &Path, set_aside: &str) -> io::Result<()> {
    File::open(rebuilt_file(dir))?.sync_all()?;
    let draft = note_file(dir).with_extension("exchange-draft");
    fs::write(&draft, set_aside)?;
    File::open(&draft)?.sync_all()?;
    fs::rename(draft, note_file(dir))?;
    sync_folder(dir)
}

/// Finishes an exchange that was begun, in this process or an earlier one. Gives the folder of the damaged files.
pub(crate) fn finish(dir: &Path) -> io::Result<Option<PathBuf>> {
    let set_aside = match fs::read_to_string(note_file(dir)) {
        Ok(name) => dir.join(name.trim()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Without a note a rebuilt file is an attempt that was cut short.
            return remove_if_there(&rebuilt_file(dir)).map(|()| None);
        }
        Err(error) => return Err(error),
    };
    let rebuilt = rebuilt_file(dir);
    // Once the rebuilt file has its place, what stands there is no longer the damaged one.
    if rebuilt.exists() {
        fs::create_dir_all(&set_aside)?;
        for name in ["till.db-wal", "till.db-shm", "till.db-journal", "till.db"] {
            match fs::rename(dir.join(name), set_aside.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        sync_folder(&set_aside)?;
        sync_folder(dir)?;
        fs::rename(&rebuilt, dir.join("till.db"))?;
        sync_folder(dir)?;
    }
    fs::remove_file(note_file(dir))?;
    sync_folder(dir)?;
    Ok(Some(set_aside))
}

/// Moves the journal's copy out of the way, beside other files set aside.
pub(crate) fn set_copy_aside(dir: &Path, set_aside: &str) -> io::Result<PathBuf> {
    let folder = dir.join(set_aside);
    fs::create_dir_all(&folder)?;
    fs::rename(crate::copy::folder(dir), folder.join("journal-copy"))?;
    sync_folder(&folder)?;
    sync_folder(dir)?;
    Ok(folder)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Every state that a crash during [`finish`] can leave behind ends in the same exchange.
    #[test]
    fn an_exchange_cut_short_anywhere_is_finished_later() {
        let moves = ["till.db-wal", "till.db-shm", "till.db"];
        for done in 0..=moves.len() + 1 {
            let dir = tempfile::tempdir().unwrap();
            for name in moves {
                fs::write(dir.path().join(name), "damaged").unwrap();
            }
            fs::write(rebuilt_file(dir.path()), "rebuilt").unwrap();
            begin(dir.path(), "aside").unwrap();
            let aside = dir.path().join("aside");
            fs::create_dir_all(&aside).unwrap();
            for name in moves.iter().take(done) {
                fs::rename(dir.path().join(name), aside.join(name)).unwrap();
            }
            if done > moves.len() {
                fs::rename(rebuilt_file(dir.path()), dir.path().join("till.db")).unwrap();
            }
            assert_eq!(finish(dir.path()).unwrap(), Some(aside.clone()));
            assert_eq!(fs::read_to_string(dir.path().join("till.db")).unwrap(), "rebuilt");
            assert_eq!(fs::read_to_string(aside.join("till.db")).unwrap(), "damaged");
            assert_eq!(names(dir.path()), ["aside", "till.db"]);
            assert_eq!(names(&aside), ["till.db", "till.db-shm", "till.db-wal"]);
            assert_eq!(finish(dir.path()).unwrap(), None);
        }
    }

    #[test]
    fn an_attempt_without_a_note_leaves_the_old_file_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("till.db"), "damaged").unwrap();
        fs::write(rebuilt_file(dir.path()), "half").unwrap();
        assert_eq!(finish(dir.path()).unwrap(), None);
        assert_eq!(fs::read_to_string(dir.path().join("till.db")).unwrap(), "damaged");
        assert_eq!(names(dir.path()), ["till.db"]);
    }
}
