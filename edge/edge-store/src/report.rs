//! What opening a store found.

use std::fmt;
use std::path::PathBuf;

use domain::ids::SequenceNumber;

use crate::verify::JournalGap;

/// What opening a store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenReport {
    /// There was none; an empty one was made.
    Created,
    /// It was there and nothing is wrong with it, as far as it was checked.
    Opened(Checked),
    /// It was damaged. The daemon shows this to staff until someone has seen it.
    Repaired(Box<Repair>),
    /// It is damaged and was opened for inspection only.
    Damaged {
        /// What is wrong with it.
        problem: String,
    },
}

/// How far the checks at start came within their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// Whether the whole file's structure was checked.
    pub structure: bool,
    /// The first sale whose hash was checked; every later one was too. `None` when there are no sales or no time.
    pub chain_from: Option<SequenceNumber>,
    /// Sales that the copy lacked and was given (a crash between commit and copy; nothing is wrong).
    pub copied: u64,
}

/// What was damaged and what was saved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repair {
    /// What was wrong.
    pub problem: String,
    /// Where the damaged files lie now; `None` when there was no file to set aside.
    pub set_aside: Option<PathBuf>,
    /// Sales in the rebuilt journal.
    pub salvaged: u64,
    /// How many of them only the journal's copy still had.
    pub from_copy: u64,
    /// The first sale that is lost, if any is known to be.
    pub lost_from: Option<SequenceNumber>,
    /// Every stretch of sales that could not be found any more. Their sequence numbers are not used again.
    pub gaps: Vec<JournalGap>,
    /// Open payment intents that were saved.
    pub intents: u64,
    /// Catalogue generations that were saved. When 0, import the catalogue again.
    pub generations: u64,
    /// Enrolled views that were saved.
    pub views: u64,
    /// Views that the newest saved generation had and that are lost: enrol those products again.
    pub views_lost: u64,
    /// Pictures of views that were saved. A view whose picture was lost is still recognised by.
    pub view_pictures: u64,
    /// Sightings that were saved; lost ones cost nothing but what could still have been learnt from them.
    pub sightings: u64,
    /// Settings that were saved.
    pub settings: u64,
}

impl fmt::Display for Repair {
    /// For logs and technicians, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the till's store was damaged ({}); {} sales were saved", self.problem, self.salvaged)?;
        if self.from_copy > 0 {
            write!(f, ", {} of them from the journal's copy", self.from_copy)?;
        }
        match self.gaps.len() {
            0 => f.write_str(", none is known to be lost")?,
            _ => {
                let gaps: Vec<String> = self.gaps.iter().map(ToString::to_string).collect();
                write!(f, ", LOST are {}", gaps.join(", "))?;
            }
        }
        let Self { intents, generations, views, views_lost, view_pictures, settings, .. } = self;
        write!(
            f,
            "; {intents} open payments, {generations} catalogue generations, {views} views ({views_lost} lost), {view_pictures} pictures of views and {settings} settings were saved"
        )?;
        match &self.set_aside {
            Some(folder) => write!(f, "; what was damaged is kept in `{}`", folder.display()),
            None => Ok(()),
        }
    }
}

/// Room on the disk under the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskState {
    /// Bytes that an ordinary process can still write.
    pub free_bytes: u64,
    /// Less than the reserve is left: no payment is begun.
    pub low: bool,
    /// The last write failed for want of room, and there still is less than the reserve.
    pub full: bool,
}
