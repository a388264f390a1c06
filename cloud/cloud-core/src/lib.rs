//! What the cloud computes, without a clock, a database or a network: the stock ledger, offers, purchase orders, product families,
//! what suppliers' lines are in the shop, what is odd about a catalogue, the index that things are found with, and who is told of what and
//! when.
//!
//! Owns the arithmetic of stock, of buying and of likeness, and what a search finds in which order. It must never know where a sale,
//! an offer or a document came from or where a balance or an entry is kept: others write down what this crate works out.
//!
//! Read [`ledger`] first; [`offers`] and [`orders`] count in its units, [`matching`] says what a line is. [`search`] stands alone.
#![forbid(unsafe_code)]

/// An enum that is stored and written as a word.
macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),* $(,)?) => {
        impl $type {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word that it is stored and written as.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word; `None` for any other.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

pub mod cleaning;
pub mod enrich;
pub mod families;
pub mod ledger;
pub mod matching;
pub mod naming;
pub mod notify;
pub mod offers;
pub mod orders;
pub mod search;
