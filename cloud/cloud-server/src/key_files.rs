//! Files that hold keys and what belongs to them: written whole or not at all, and keys for their owner alone.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a key file cannot be used.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// It could not be read or written.
    #[error("failed to {action} `{path}`")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Others than the owner can read the key.
    #[error(
        "others than its owner can read the key `{path}`: run `chmod 600 {path}`, and make a new one if somebody may have taken it"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
    },
}

/// For the owner alone.
const SECRET_MODE: u32 = 0o600;
/// For everybody to read.
const PUBLIC_MODE: u32 = 0o644;

/// Reads a file; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, KeyFileError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("read", path, source)),
    }
}

/// Reads a file that only its owner may read; refuses one that others can.
pub(crate) fn read_secret(path: &Path) -> Result<Option<String>, KeyFileError> {
    let Some(text) = read(path)? else { return Ok(None) };
    let mode =
        std::fs::metadata(path).map_err(|source| failed("look at", path, source))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned() });
    }
    Ok(Some(text))
}

/// Writes a file that everybody may read.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), KeyFileError> {
    write_with(path, text, PUBLIC_MODE)
}

/// Writes a file that everybody may read in place of the one that may be there.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), KeyFileError> {
    replace_with(path, text, PUBLIC_MODE)
}

/// Writes a file that only its owner may read in place of the one that may be there.
pub(crate) fn replace_secret(path: &Path, text: &str) -> Result<(), KeyFileError> {
    replace_with(path, text, SECRET_MODE)
}

/// Writes a file that only its owner may read.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), KeyFileError> {
    write_with(path, text, SECRET_MODE)
}

/// The name appears only once the bytes are on the disk; two first starts at once leave one whole file.
fn write_with(path: &Path, text: &str, mode: u32) -> Result<(), KeyFileError> {
    let write = || {
        let fresh = write_fresh(path, text, mode)?;
        let linked = std::fs::hard_link(&fresh, path);
        std::fs::remove_file(&fresh)?;
        linked?;
        sync_folder(path)
    };
    write().map_err(|source| failed("write", path, source))
}

/// Whoever reads it has the old file or the new one.
fn replace_with(path: &Path, text: &str, mode: u32) -> Result<(), KeyFileError> {
    let write = || {
        let fresh = write_fresh(path, text, mode)?;
        std::fs::rename(&fresh, path)?;
        sync_folder(path)
    };
    write().map_err(|source| failed("write", path, source))
}

fn write_fresh(path: &Path, text: &str, mode: u32) -> std::io::Result<PathBuf> {
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(fresh)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> KeyFileError {
    KeyFileError::File { action, path: path.to_owned(), source }
}
