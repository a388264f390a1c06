//! What goes into the confined process and what comes out of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::catalogue::CatalogueFile;
use crate::document::ParsedDocument;
use crate::reading::{Hints, Limits, Reading, Refusal};
use crate::sheet::Table;

/// The longest line that a request may be: examples and a corrected document of very many lines go through it.
pub const MAX_REQUEST_LINE: u64 = 64 << 20;

/// What is asked for. One line of JSON; `file_bytes` bytes follow it and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// To read the file, or to learn from how a person corrected it.
    pub mode: Mode,
    /// What is known beforehand.
    #[serde(default)]
    pub hints: Hints,
    /// How much the reading may take.
    #[serde(default)]
    pub limits: Limits,
    /// How much the process may take.
    #[serde(default)]
    pub confinement: Confinement,
    /// How long the file is that follows.
    pub file_bytes: u64,
    /// For [`Mode::Draw`]: which file of those inside the one that follows; empty for that one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub inside: String,
    /// For [`Mode::Learn`]: the document as it is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<ParsedDocument>,
}

/// What is to be done with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// To be read.
    Parse,
    /// To be compared with the corrected document.
    Learn,
    /// To be given as rows of cells, whatever they are about.
    Table,
    /// To be read as a catalogue: products, whatever the kind of file.
    Catalogue,
    /// To be shown: the page of this number, from 1.
    Draw(u32),
}

/// The one line that comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What the file says.
    Reading(Reading),
    /// Why it says nothing.
    Refusal(Refusal),
    /// What there is to learn from it; goes into [`Hints::examples`] of later requests.
    Example(serde_json::Value),
    /// The rows of a sheet.
    Table(Table),
    /// The products of a catalogue.
    Catalogue(CatalogueFile),
    /// A page as a PNG in base64.
    Picture(String),
}

/// What the process keeps when it gives everything else up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Confinement {
    /// Bytes of memory (address space), of the process and of each program that it starts.
    pub memory_bytes: u64,
    /// Seconds of processor time, likewise.
    pub cpu_s: u64,
    /// Files that may be open at once.
    pub open_files: u64,
    /// Bytes of any file that is written.
    pub written_bytes: u64,
    /// The one folder in which may be written; nothing may be without it.
    pub scratch: Option<PathBuf>,
    /// Files and folders that may be read besides the system's libraries, fonts and recognition data: pdfium's library.
    pub readable: Vec<PathBuf>,
    /// Programs that may be started. One that is not installed is passed over.
    pub programs: Vec<PathBuf>,
}

impl Default for Confinement {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            cpu_s: 120,
            open_files: 64,
            written_bytes: 64 << 20,
            scratch: None,
            readable: Vec::new(),
            programs: vec![PathBuf::from("/usr/bin/tesseract")],
        }
    }
}
