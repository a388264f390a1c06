//! How well documents are read, compared with what is known of them.
//!
//! [`corpus`] reads a collection of files in every way and reports; the rest is pure: it is given documents and pages, and counts.
//! Only what the pages print is scored, for nobody can read what is not there;
//! what is left out is counted too. Read [`score`] first.

pub mod agreement;
pub mod corpus;
pub mod header;
pub mod labels;
pub mod lines;
pub mod printed;
pub mod report;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::document::ParsedDocument;
pub use header::{Field, Truth, Value};
pub use lines::LineTally;
pub use printed::Printed;

/// How many of something were right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Read as they are.
    pub right: u32,
    /// Looked for.
    pub scored: u32,
    /// Known, but not on the page in any notation.
    pub left_out: u32,
}

impl Tally {
    /// The share that was right; nothing where nothing was looked for.
    pub fn accuracy(&self) -> Option<f64> {
        (self.scored > 0).then(|| f64::from(self.right) / f64::from(self.scored))
    }

    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.right += other.right;
        self.scored += other.scored;
        self.left_out += other.left_out;
    }
}

/// One value that was not read as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// Which.
    pub what: String,
    /// What it is.
    pub truth: String,
    /// What was read instead; empty where nothing was.
    pub read: String,
}

/// How well documents were read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Score {
    /// How many documents.
    pub documents: u32,
    /// Fields of the header, all together.
    pub header: Tally,
    /// The same, field by field.
    pub fields: BTreeMap<Field, Tally>,
    /// Lines of goods.
    pub lines: LineTally,
}

impl Score {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.documents += other.documents;
        self.header.add(other.header);
        for (field, tally) in &other.fields {
            self.fields.entry(*field).or_default().add(*tally);
        }
        self.lines.add(other.lines);
    }
}

/// Compares what was read of a document with what is known of it.
pub fn score(truth: &Truth, read: &ParsedDocument, printed: &Printed) -> (Score, Vec<Miss>) {
    let mut misses = Vec::new();
    let fields = header::compare(truth, read, printed, &mut misses);
    let mut header = Tally::default();
    fields.values().for_each(|tally| header.add(*tally));
    let lines = lines::compare(&truth.lines, &read.lines, printed, &mut misses);
    (Score { documents: 1, header, fields, lines }, misses)
}
