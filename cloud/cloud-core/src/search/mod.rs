//! Finding things by what people type: a word with a mistake in it, in another form, half typed, on the wrong keyboard or in the
//! other script.
//!
//! [`Index`] holds the entries of one organisation in memory: words with the entries that have them, and for words their stems
//! and how they sound. It is made of entries that are kept elsewhere, takes single changes, and gives the same answer for the
//! same entries whatever the order in which they came.
//!
//! Order of an answer: more of the query's words first, then how they match ([`Match`]), then which field has them and how rare
//! they are, then shorter names, then the id.

mod fuzzy;
mod index;
mod query;
mod stem;
mod words;

pub use index::{Entry, EntryKind, Index};
pub use query::{Answer, Hit, Piece, Query, highlight};
pub use words::{Word, folded_words, number_key, words};

/// How a word of a query matches a word of an entry, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// The same word, or another form of it.
    Same,
    /// The same in the other script or on the other keyboard.
    Alike,
    /// A word that begins with it.
    Begins,
    /// A word that a typing mistake leads to.
    Near,
}

impl Match {
    /// The word that it is written as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Alike => "alike",
            Self::Begins => "begins",
            Self::Near => "near",
        }
    }
}
