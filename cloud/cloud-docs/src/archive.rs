//! ZIPs: entries are taken out one by one within what is left of the budget. Their paths are names and are never written.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::read::ZipFile;

use crate::detect::{DIRECTORY_ENTRIES, directory_entries};
use crate::encoding;
use crate::notes::{self, Note};

/// What even a tiny entry may unpack to: the ratio says nothing of a few bytes.
const SMALL_BYTES: u64 = 64 << 10;
/// Files that programs of desktops leave in archives.
const LITTER: [&str; 4] = ["__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini"];

/// An opened archive.
pub(crate) struct Archive<'a>(ZipArchive<Cursor<&'a [u8]>>);

/// One of its entries: its name, and what is in it or why that is not read.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) content: Result<Vec<u8>, Note>,
}

impl<'a> Archive<'a> {
    /// Opens it; nothing is unpacked yet.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Note> {
        let entries = directory_entries(bytes);
        if entries > DIRECTORY_ENTRIES {
            return Err(notes::directory_too_long(entries, DIRECTORY_ENTRIES));
        }
        ZipArchive::new(Cursor::new(bytes)).map(Self).map_err(notes::directory_broken)
    }

    /// How many entries it has, folders among them.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Unpacks an entry to no more than `left` bytes; nothing for a folder and for litter.
    pub(crate) fn entry(&mut self, index: usize, left: u64, ratio: u32) -> Option<Entry> {
        let (name, is_encrypted) = match self.0.by_index_raw(index) {
            Ok(raw) if raw.is_dir() => return None,
            Ok(raw) => (name(&raw), raw.encrypted()),
            Err(error) => {
                return Some(Entry {
                    name: format!("entry {index}"),
                    content: Err(notes::entry_broken(error)),
                });
            }
        };
        if LITTER.iter().any(|litter| name.contains(litter)) {
            return None;
        }
        if is_encrypted {
            return Some(Entry { name, content: Err(notes::locked()) });
        }
        let content = self.0.by_index(index).map_err(notes::entry_broken);
        Some(Entry { name, content: content.and_then(|entry| unpacked(entry, left, ratio)) })
    }
}

/// Reads an entry as far as it may grow: what it says of its own size is not believed.
fn unpacked(entry: ZipFile<'_, Cursor<&[u8]>>, left: u64, ratio: u32) -> Result<Vec<u8>, Note> {
    let by_ratio = entry.compressed_size().saturating_mul(u64::from(ratio)).max(SMALL_BYTES);
    let allowed = by_ratio.min(left);
    let mut bytes = Vec::new();
    entry.take(allowed.saturating_add(1)).read_to_end(&mut bytes).map_err(notes::entry_broken)?;
    if bytes.len() as u64 <= allowed {
        return Ok(bytes);
    }
    Err(if by_ratio <= left { notes::packed_too_tight(ratio) } else { notes::unpacked_too_large() })
}

/// An entry's name. Old programs write it in the code page of their country and say nothing of it.
fn name(entry: &ZipFile<'_, Cursor<&[u8]>>) -> String {
    let raw = entry.name_raw();
    let named =
        encoding::text_of(raw).map_or_else(|| String::from_utf8_lossy(raw).into_owned(), |text| text.text);
    named.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).take(300).collect()
}
