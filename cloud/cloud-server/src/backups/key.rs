//! The key that backups are sealed with: 32 random bytes in a file, written so that people can copy them from paper.

use std::path::Path;

use anyhow::{Context as _, bail};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ring::{hkdf, hmac};
use sha2::{Digest as _, Sha256};

use crate::key_files;

/// What a key's text begins with.
const TITLE: &str = "TSBK1";
/// Letters that stand together.
const GROUP: usize = 4;
/// Bytes that tell a slip of the pen.
const CHECK_LEN: usize = 3;

/// The key. It is never shown, not even when debugging.
#[derive(Clone)]
pub struct BackupKey([u8; 32]);

/// What a key is told by: it says nothing of the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub [u8; 8]);

impl BackupKey {
    /// A new one.
    pub fn random() -> anyhow::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
        Ok(Self(bytes))
    }

    /// Reads the key of a file; `None` where there is no file.
    pub fn open(path: &Path) -> anyhow::Result<Option<Self>> {
        let Some(text) = key_files::read_secret(path)? else { return Ok(None) };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let key = Self::parse(&lines.collect::<Vec<_>>().join(""));
        Ok(Some(key.with_context(|| format!("failed to read the backup key in `{}`", path.display()))?))
    }

    /// Reads the key of a file, and makes both where there is none; says whether it did.
    pub fn open_or_make(path: &Path) -> anyhow::Result<(Self, bool)> {
        if let Some(key) = Self::open(path)? {
            return Ok((key, false));
        }
        let key = Self::random()?;
        let text = format!(
            "# The key of Tillsight's backups ({}). Without it nobody can read them: keep a copy in another place.\n{}\n",
            key.id(),
            key.to_text()
        );
        key_files::write_secret(path, &text)?;
        Ok((key, true))
    }

    /// The key as people write it: groups of letters and digits.
    pub fn to_text(&self) -> String {
        let mut bytes = self.0.to_vec();
        bytes.extend(check(&self.0));
        let letters = BASE32_NOPAD.encode(&bytes);
        let groups: Vec<&str> = (0..letters.len())
            .step_by(GROUP)
            .map(|at| &letters[at..(at + GROUP).min(letters.len())])
            .collect();
        format!("{TITLE}-{}", groups.join("-"))
    }

    /// Reads what people have written.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let letters: String =
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        let Some(letters) = letters.strip_prefix(TITLE) else {
            bail!("a backup key begins with `{TITLE}-`: copy it whole");
        };
        // Neither digit is in the alphabet; both are read for letters.
        let letters = letters.replace('0', "O").replace('1', "I");
        let decoded = BASE32_NOPAD.decode(letters.as_bytes());
        let bytes = decoded.ok().filter(|bytes| bytes.len() == 32 + CHECK_LEN);
        let bytes = bytes.context("it is not as long as a backup key is: copy it whole")?;
        let key: [u8; 32] = bytes[..32].try_into().expect("35 bytes were found");
        if check(&key) != bytes[32..] {
            bail!("a letter of it is wrong: compare it with where it was copied from");
        }
        Ok(Self(key))
    }

    /// What it is told by.
    pub fn id(&self) -> KeyId {
        let hash = Sha256::new().chain_update(b"tillsight backup key id\n").chain_update(self.0).finalize();
        KeyId(hash[..8].try_into().expect("a hash has 32 bytes"))
    }

    /// The key of one file.
    pub(super) fn of_file(&self, salt: &[u8; 32], name: &str) -> [u8; 32] {
        let drawn = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&self.0);
        let info = [b"tillsight backup file\n".as_slice(), name.as_bytes()];
        let mut key = [0; 32];
        let filled = drawn.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key));
        filled.expect("32 bytes are what this key derivation gives");
        key
    }

    /// The name that a blob's copy has: it says nothing of the blob, and is the same with each backup.
    pub(super) fn name_of(&self, blob: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.of_file(&[0; 32], "names of blobs"));
        HEXLOWER.encode(hmac::sign(&key, blob.as_bytes()).as_ref())
    }
}

impl std::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BackupKey({})", self.id())
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

fn check(key: &[u8; 32]) -> [u8; CHECK_LEN] {
    let hash = Sha256::new().chain_update(b"tillsight backup key check\n").chain_update(key).finalize();
    hash[..CHECK_LEN].try_into().expect("a hash has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_copied_from_paper_and_a_slip_is_told() {
        let key = BackupKey::random().unwrap();
        let text = key.to_text();
        let read = BackupKey::parse(&format!(" {} \n", text.to_lowercase().replace('-', " "))).unwrap();
        assert_eq!((read.0, read.id()), (key.0, key.id()));
        let last = if text.ends_with('A') { 'B' } else { 'A' };
        let slip = format!("{}{last}", &text[..text.len() - 1]);
        assert!(format!("{:#}", BackupKey::parse(&slip).unwrap_err()).contains("a letter of it is wrong"));
        assert!(format!("{:#}", BackupKey::parse(&text[..30]).unwrap_err()).contains("copy it whole"));
        assert!(format!("{:#}", BackupKey::parse("hunter2").unwrap_err()).contains("begins with"));
        assert!(!format!("{key:?}").contains(&text[6..20]));
    }

    #[test]
    fn a_file_holds_it_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup-key.txt");
        assert!(BackupKey::open(&path).unwrap().is_none());
        let (made, is_new) = BackupKey::open_or_make(&path).unwrap();
        let (there, is_new_again) = BackupKey::open_or_make(&path).unwrap();
        assert_eq!((made.0, is_new, is_new_again), (there.0, true, false));
    }
}
