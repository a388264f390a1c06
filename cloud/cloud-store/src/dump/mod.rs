//! Everything that the database holds, as a stream that either engine can be filled from again.
//!
//! A dump is made in one transaction that sees one moment, so it is whole however much is written meanwhile. It asks the
//! database itself for its tables, so no table that a migration adds can be forgotten. The tables come in an order in which
//! each stands after those that it refers to. How a row is written is in [`rows`]; no row stands at a certain place, so the sum
//! of a table says nothing of the order of its rows.
//!
//! A database is filled in one go (`fill.rs`): either it holds all of the dump, compared with the sums that came with it, or
//! what it held before.

mod fill;
mod read;
pub(crate) mod rows;
mod tables;

use std::collections::BTreeMap;

use thiserror::Error;

pub use fill::Filling;
pub use rows::{Cell, read_rows};

use crate::error::StoreError;

/// A piece of a dump: the version of the tables, for each table its head and its rows, and in the end the sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DumpPart {
    /// The newest migration of the database.
    Begin {
        /// Its number.
        schema_version: i64,
    },
    /// From here on come rows of this table.
    Table(DumpTable),
    /// Some of its rows.
    Rows(DumpRows),
    /// Nothing follows.
    End(DumpSummary),
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpTable {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<DumpColumn>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds, beside nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A whole number of 64 bits.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// Rows of a table, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpRows {
    /// How many.
    pub count: u32,
    /// Their bytes.
    pub bytes: Vec<u8>,
}

/// What a dump holds in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DumpSummary {
    /// The newest migration of the database.
    pub schema_version: i64,
    /// Each table's rows.
    pub tables: BTreeMap<String, TableSum>,
    /// The last number that each table has given out, whether its row is still there or not.
    pub numbers: BTreeMap<String, i64>,
}

/// The rows of a table in two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableSum {
    /// How many.
    pub rows: u64,
    /// The sum of the rows' SHA-256 values, each read as a number of 256 bits, the low byte first; what is above 256 bits is cut off.
    pub digest: [u8; 32],
}

impl ColumnKind {
    /// The word that it is written as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Text => "text",
            Self::Bytes => "bytes",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Integer, Self::Text, Self::Bytes].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Why a database was not dumped, or not filled. One that was to be filled is as it was before.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The database's reason.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever took the dump did not take all of it.
    #[error("nobody takes the rest of the dump")]
    Abandoned,
    /// The dump ends before its end.
    #[error("the dump ends before its end: it was cut off, or whoever reads it has failed")]
    Truncated,
    /// The database holds something.
    #[error(
        "{database} holds {organisations} organisations: nothing was changed; say that they are to be replaced, or name an empty database"
    )]
    NotEmpty {
        /// Which database.
        database: String,
        /// How many.
        organisations: u64,
    },
    /// Somebody else uses the database.
    #[error("{database} is in use: stop every server, worker and parser that works with it, and try again")]
    InUse {
        /// Which database.
        database: String,
    },
    /// The dump is of a later version of the tables.
    #[error(
        "the dump has version {found} of the tables and this program knows {known}: use the program that made it, or a later one"
    )]
    Newer {
        /// The dump's.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// The dump does not fit its own tables or sums.
    #[error("the dump cannot be taken: {0}")]
    Unsound(String),
    /// A file could not be moved or removed.
    #[error("failed to {action} `{path}`")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
