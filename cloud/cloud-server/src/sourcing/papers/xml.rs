//! Writing XML: elements are closed by construction, and texts are escaped.

use std::fmt::Write as _;

/// An XML document that grows.
pub(super) struct Xml(String);

impl Xml {
    pub(super) fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    /// An element with others in it. Attributes are our own words: `a="b"`.
    pub(super) fn within(&mut self, name: &str, attributes: &str, inside: impl FnOnce(&mut Self)) {
        let blank = if attributes.is_empty() { "" } else { " " };
        let _infallible = write!(self.0, "<{name}{blank}{attributes}>");
        inside(self);
        let _infallible = write!(self.0, "</{name}>");
    }

    /// An element with a text in it.
    pub(super) fn text(&mut self, name: &str, attributes: &str, text: &str) {
        self.within(name, attributes, |xml| {
            for letter in text.chars().filter(|letter| is_allowed(*letter)) {
                match letter {
                    '<' => xml.0.push_str("&lt;"),
                    '>' => xml.0.push_str("&gt;"),
                    '&' => xml.0.push_str("&amp;"),
                    letter => xml.0.push(letter),
                }
            }
        });
    }

    /// The same, left out where there is nothing to say.
    pub(super) fn text_if(&mut self, name: &str, attributes: &str, text: &str) {
        if !text.trim().is_empty() {
            self.text(name, attributes, text);
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// XML 1.0, 2.2: most control characters stand in no document, not even escaped.
fn is_allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
