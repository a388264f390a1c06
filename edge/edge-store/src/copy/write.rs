//! Appending to the last segment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use domain::ids::SequenceNumber;

use super::{Record, SEGMENT_SALES, folder};
use crate::options::Durability;

/// Sales that may be in the copy without having been synced.
const UNSYNCED_MAX: u32 = 32;

/// The end of the copy.
#[derive(Debug)]
pub(crate) struct CopyWriter {
    folder: PathBuf,
    till: String,
    durability: Durability,
    file: File,
    /// Where the last whole record ends. An append that failed half-way is written over by the next.
    length: u64,
    first: SequenceNumber,
    head: SequenceNumber,
    unsynced: u32,
    sync_failed: bool,
}

impl CopyWriter {
    /// Continues the segment `first` after `good_len` bytes, or begins it. `head` is the last sale in the copy.
    pub(crate) fn open(
        dir: &Path,
        till: &str,
        durability: Durability,
        first: SequenceNumber,
        good_len: u64,
        head: SequenceNumber,
    ) -> io::Result<Self> {
        let folder = folder(dir);
        fs::create_dir_all(&folder)?;
        let path = segment_path(&folder, first);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
        let mut writer = Self {
            folder,
            till: till.to_owned(),
            durability,
            file,
            length: good_len,
            first,
            head,
            unsynced: 0,
            sync_failed: false,
        };
        writer.file.set_len(good_len)?;
        if good_len == 0 {
            writer.write(&Record::Till(till.to_owned()).encode())?;
        }
        writer.sync()?;
        if durability == Durability::Full {
            sync_folder(&writer.folder)?;
            sync_folder(dir)?;
        }
        Ok(writer)
    }

    /// The last sale in the copy; 0 when there is none.
    pub(crate) fn head(&self) -> SequenceNumber {
        self.head
    }

    /// True when something was appended that may not be on the disk yet.
    pub(crate) fn needs_sync(&self) -> bool {
        self.unsynced > 0
    }

    /// True when a sync failed: this writer is not to be used again, for what the file holds is only known after reading it
    /// anew.
    pub(crate) fn sync_failed(&self) -> bool {
        self.sync_failed
    }

    /// Appends records. After an error some of them may be missing: [`CopyWriter::head`] says where the sales end.
    pub(crate) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            if let Record::Sale(sale) = record
                && sale.sequence.0 >= self.first.0 + SEGMENT_SALES
            {
                self.roll(sale.sequence)?;
            }
            self.write(&record.encode())?;
            self.unsynced += 1;
            if let Record::Sale(sale) = record {
                self.head = sale.sequence;
            }
        }
        if self.unsynced >= UNSYNCED_MAX { self.sync() } else { Ok(()) }
    }

    /// Makes what was appended durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.durability == Durability::Full {
            self.file.sync_data().inspect_err(|_| self.sync_failed = true)?;
        }
        self.unsynced = 0;
        Ok(())
    }

    fn roll(&mut self, first: SequenceNumber) -> io::Result<()> {
        self.sync()?;
        let dir = self.folder.parent().expect("the folder lies in the store").to_owned();
        *self = Self::open(&dir, &self.till, self.durability, first, 0, self.head)?;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Replaces a segment by one with these records: whole, or not at all.
pub(crate) fn rewrite_segment(path: &Path, records: impl Iterator<Item = Record>) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = io::BufWriter::new(File::create(&draft)?);
    for record in records {
        file.write_all(&record.encode())?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder(path.parent().expect("a segment lies in a folder"))
}

/// The file of the segment that begins with `first`.
fn segment_path(folder: &Path, first: SequenceNumber) -> PathBuf {
    folder.join(format!("{:020}.seg", first.0))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
