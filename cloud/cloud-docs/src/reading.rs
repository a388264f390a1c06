//! What a reading is given and what it gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::document::ParsedDocument;
use crate::notes::Note;

/// How much a reading may take. What goes beyond is cut off with a warning, or refused where nothing can be read at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes that its archives unpack to, all together.
    pub unpacked_bytes: u64,
    /// How many times larger an archive's entry may be than what it was packed into.
    pub unpack_ratio: u32,
    /// Entries of its archives and mails, all together.
    pub entries: u32,
    /// How deep archives, mails and attached PDFs lie in one another.
    pub depth: u32,
    /// Pages that are read of one document.
    pub pages: u32,
    /// Lines that are read of one document.
    pub lines: u32,
    /// Pixels of one picture.
    pub pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            unpacked_bytes: 256 << 20,
            unpack_ratio: 200,
            entries: 1_000,
            depth: 4,
            pages: 100,
            lines: 50_000,
            pixels: 80_000_000,
        }
    }
}

/// What is known beforehand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hints {
    /// The file's name: shown and written down, never trusted to say what it is.
    pub file_name: String,
    /// The shop's own names and tax numbers, so that the buyer is not taken for the supplier.
    pub buyer_names: Vec<String>,
    /// The currency where a document names none.
    pub currency: Option<String>,
    /// What corrections of earlier documents taught, each as `learn` made it. Those whose layout is another are passed over.
    pub examples: Vec<serde_json::Value>,
    /// Whether documents that were made for people are to say what their pages print.
    pub with_text: bool,
}

/// A file, or something in it, that gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Skipped {
    /// Where in the file.
    pub path: String,
    /// A short stable word that says why; empty in what was read before there was one.
    #[serde(default)]
    #[schema(required = true)]
    pub code: String,
    /// The values in question by their names.
    #[serde(default)]
    #[schema(required = true)]
    pub values: BTreeMap<String, String>,
    /// The same as an English sentence, with the way out.
    #[serde(default, alias = "reason")]
    #[schema(required = true)]
    pub text: String,
}

impl Skipped {
    /// What is there is left out for this reason.
    pub fn of(path: String, why: Note) -> Self {
        let Note { code, values, text } = why;
        Self { path, code, values, text }
    }
}

/// What a file gave: one document, several of an archive or a mail, or none with the reasons why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    /// What was read.
    pub documents: Vec<ParsedDocument>,
    /// What was not.
    pub skipped: Vec<Skipped>,
}

/// Why a file gave nothing. The text names the thing and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// No reader knows this content.
    #[error("`{name}` cannot be read: {}: send an e-invoice, PDF, picture, sheet, DXF, IFC, mail or ZIP", why.text)]
    UnknownContent {
        /// The file.
        name: String,
        /// What its first bytes look like.
        why: Note,
    },
    /// A limit that holds for everything.
    #[error("`{name}` goes beyond what is read of one file: {}", why.text)]
    TooLarge {
        /// The file.
        name: String,
        /// Which limit, and how far.
        why: Note,
    },
    /// It is of a kind that is known, and nothing of it can be read.
    #[error("`{name}` cannot be read: {}", why.text)]
    Broken {
        /// The file.
        name: String,
        /// Where it breaks.
        why: Note,
    },
}

impl Refusal {
    /// Which file gave nothing, and why.
    pub fn into_skipped(self) -> Skipped {
        match self {
            Self::UnknownContent { name, why }
            | Self::TooLarge { name, why }
            | Self::Broken { name, why } => Skipped::of(name, why),
        }
    }

    /// Why, for those who name the file themselves.
    pub fn into_note(self) -> Note {
        match self {
            Self::UnknownContent { why, .. } | Self::TooLarge { why, .. } | Self::Broken { why, .. } => why,
        }
    }
}
