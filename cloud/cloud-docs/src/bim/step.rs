//! Exchange files of ISO 10303-21 (STEP): numbered instances, each a name with values.
//!
//! The file is walked once to find where each instance stands; its values are read when they are asked for.

use std::collections::HashMap;

use thiserror::Error;

use crate::notes::{self, Note};

/// Instances that are looked at.
const INSTANCES: usize = 3_000_000;
/// Lists in lists.
const DEPTH: usize = 32;
/// Values of one instance.
const VALUES: usize = 1_000_000;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// `$`, `*`, or what cannot be read.
    Nothing,
    Number(f64),
    Text(String),
    /// `.METRE.`
    Word(String),
    Reference(u64),
    List(Vec<Self>),
    /// `IFCLENGTHMEASURE(3.)`
    Typed(String, Box<Self>),
}

/// Why nothing of it can be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum StepError {
    /// No data section.
    #[error("it has no instances: is it cut off?")]
    Empty,
    /// Of another schema.
    #[error("it is a STEP file of schema `{0}`, not a building model: export IFC")]
    Schema(String),
}

impl StepError {
    /// The same as a note.
    pub(super) fn into_note(self) -> Note {
        match self {
            Self::Empty => notes::model_empty(),
            Self::Schema(schema) => notes::model_schema(schema),
        }
    }
}

/// One instance as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Instance<'a> {
    /// In capitals.
    pub(super) name: &'a str,
    /// What stands between its parentheses.
    values: &'a [u8],
}

/// A file with its instances found.
#[derive(Debug)]
pub(super) struct Step<'a> {
    /// `IFC4` ..
    pub(super) schema: String,
    /// The program that made it, where the header says so.
    pub(super) producer: Option<String>,
    instances: HashMap<u64, Instance<'a>>,
    /// In the file's order.
    order: Vec<u64>,
    /// Why it was not read to its end.
    pub(super) broken: Option<Note>,
}

impl<'a> Step<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, StepError> {
        let mut step = Self {
            schema: String::new(),
            producer: None,
            instances: HashMap::new(),
            order: Vec::new(),
            broken: None,
        };
        let mut scan = Scan { bytes, at: 0 };
        let mut ended = false;
        while let Some(statement) = scan.statement() {
            if statement == b"END-ISO-10303-21" {
                ended = true;
                break;
            }
            if let Some(rest) = statement.strip_prefix(b"#") {
                if step.order.len() >= INSTANCES {
                    step.broken = Some(notes::entities_cut(INSTANCES));
                    ended = true;
                    break;
                }
                step.instance(rest);
            } else if statement.starts_with(b"FILE_SCHEMA") {
                step.schema = first_text(statement).unwrap_or_default();
            } else if statement.starts_with(b"FILE_NAME") {
                step.producer = producer(statement);
            }
        }
        if step.order.is_empty() {
            return Err(StepError::Empty);
        }
        if !step.schema.to_uppercase().starts_with("IFC") {
            return Err(StepError::Schema(step.schema));
        }
        if !ended {
            step.broken = Some(notes::no_end());
        }
        Ok(step)
    }

    /// `12=IFCWALL(..)`
    fn instance(&mut self, text: &'a [u8]) {
        let Some(equals) = text.iter().position(|byte| *byte == b'=') else { return };
        let id = std::str::from_utf8(&text[..equals]).ok().and_then(|id| id.trim().parse().ok());
        let body = text[equals + 1..].trim_ascii();
        let Some(open) = body.iter().position(|byte| *byte == b'(') else { return };
        let name = std::str::from_utf8(body[..open].trim_ascii()).ok();
        // An instance of several kinds at once begins with a parenthesis; nothing here asks for one.
        let (Some(id), Some(name)) = (id, name.filter(|name| !name.is_empty())) else { return };
        let values = body[open + 1..].strip_suffix(b")").unwrap_or(&body[open + 1..]);
        if self.instances.insert(id, Instance { name, values }).is_none() {
            self.order.push(id);
        }
    }

    /// All instances with their numbers, in the file's order.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, Instance<'a>)> {
        self.order.iter().filter_map(|id| Some((*id, *self.instances.get(id)?)))
    }

    pub(super) fn get(&self, id: u64) -> Option<Instance<'a>> {
        self.instances.get(&id).copied()
    }

    /// The instance that a value refers to.
    pub(super) fn referred(&self, value: Option<&Value>) -> Option<(u64, Instance<'a>)> {
        let Some(Value::Reference(id)) = value else { return None };
        self.get(*id).map(|instance| (*id, instance))
    }
}

impl Instance<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its values, as far as they can be read.
    pub(super) fn values(&self) -> Vec<Value> {
        let mut parse = Parse { bytes: self.values, at: 0, left: VALUES };
        parse.list(0)
    }
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text),
            Self::Typed(_, inner) => inner.text(),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Typed(_, inner) => inner.number(),
            _ => None,
        }
    }

    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    /// What it refers to: itself, or what stands in its list.
    pub(super) fn references(&self) -> Vec<u64> {
        match self {
            Self::Reference(id) => vec![*id],
            Self::List(list) => list.iter().flat_map(Self::references).collect(),
            Self::Typed(_, inner) => inner.references(),
            _ => Vec::new(),
        }
    }
}

/// Cuts a file into statements.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// What stands before the next semicolon that is neither in a text nor in a comment.
    fn statement(&mut self) -> Option<&'a [u8]> {
        self.skip_blanks();
        let start = self.at;
        let mut in_text = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\'' => in_text = !in_text,
                b';' if !in_text => {
                    let statement = &self.bytes[start..self.at];
                    self.at += 1;
                    return Some(statement.trim_ascii());
                }
                b'/' if !in_text && self.bytes.get(self.at + 1) == Some(&b'*') => {
                    self.at += comment(&self.bytes[self.at..]);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    fn skip_blanks(&mut self) {
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            if rest[0].is_ascii_whitespace() {
                self.at += 1;
            } else if rest.starts_with(b"/*") {
                self.at += comment(rest);
            } else {
                return;
            }
        }
    }
}

/// How long the comment is that the bytes begin with.
fn comment(bytes: &[u8]) -> usize {
    bytes[2..].windows(2).position(|two| two == b"*/").map_or(bytes.len(), |end| end + 4)
}

fn values_of(statement: &[u8]) -> Vec<Value> {
    let Some(open) = statement.iter().position(|byte| *byte == b'(') else { return Vec::new() };
    Parse { bytes: &statement[open + 1..], at: 0, left: VALUES }.list(0)
}

fn first_text(statement: &[u8]) -> Option<String> {
    match values_of(statement).first()? {
        Value::List(list) => list.first()?.text().map(str::to_owned),
        value => value.text().map(str::to_owned),
    }
}

/// The sixth value of `FILE_NAME`, or the one before it.
fn producer(statement: &[u8]) -> Option<String> {
    let values = values_of(statement);
    [5, 4].into_iter().find_map(|index| values.get(index)?.text().map(str::to_owned))
}

/// Reads values.
struct Parse<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
}

impl Parse<'_> {
    fn peek(&mut self) -> Option<u8> {
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            if rest[0].is_ascii_whitespace() {
                self.at += 1;
            } else if rest.starts_with(b"/*") {
                self.at += comment(rest);
            } else {
                return Some(rest[0]);
            }
        }
        None
    }

    /// Values up to a closing parenthesis or the end.
    fn list(&mut self, depth: usize) -> Vec<Value> {
        let mut values = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b')' => {
                    self.at += 1;
                    break;
                }
                b',' => self.at += 1,
                _ if self.left == 0 => break,
                _ => {
                    self.left -= 1;
                    values.push(self.value(depth));
                }
            }
        }
        values
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                self.inner(depth)
            }
            Some(b'\'') => Value::Text(self.text()),
            Some(b'#') => {
                self.at += 1;
                let digits = self.while_true(|byte| byte.is_ascii_digit());
                digits.parse().map_or(Value::Nothing, Value::Reference)
            }
            Some(b'.') => {
                self.at += 1;
                let word = self.while_true(|byte| byte != b'.' && byte != b',' && byte != b')');
                self.at += usize::from(self.bytes.get(self.at) == Some(&b'.'));
                Value::Word(word)
            }
            Some(byte) if byte.is_ascii_digit() || byte == b'-' || byte == b'+' => {
                let number = self.while_true(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
                number.parse().map_or(Value::Nothing, Value::Number)
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let name = self.while_true(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                if self.peek() != Some(b'(') {
                    return Value::Nothing;
                }
                self.at += 1;
                match self.inner(depth) {
                    Value::List(mut list) if list.len() == 1 => Value::Typed(name, Box::new(list.remove(0))),
                    other => Value::Typed(name, Box::new(other)),
                }
            }
            _ => {
                self.at += 1;
                Value::Nothing
            }
        }
    }

    /// A list in a list; deeper than any schema goes its parts are passed over.
    fn inner(&mut self, depth: usize) -> Value {
        if depth < DEPTH {
            return Value::List(self.list(depth + 1));
        }
        let mut open = 1_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' => {
                    self.text();
                    continue;
                }
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                break;
            }
        }
        Value::Nothing
    }

    fn while_true(&mut self, is_part: impl Fn(u8) -> bool) -> String {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| is_part(*byte)) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned()
    }

    fn text(&mut self) -> String {
        let start = self.at + 1;
        self.at = start;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            if byte == b'\'' {
                if self.bytes.get(self.at) != Some(&b'\'') {
                    return decoded(&self.bytes[start..self.at - 1]);
                }
                self.at += 1;
            }
        }
        decoded(&self.bytes[start..])
    }
}

/// A text without its escapes (ISO 10303-21, 6.4.3). Bytes beyond ASCII are none of the format's; programs write UTF-8 or their own
/// code page.
fn decoded(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    };
    let text = text.replace("''", "'");
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // `\PA\` is part 1 of ISO 8859, `\PE\` is part 5, which is Cyrillic.
    let mut page = b'A';
    while let Some(at) = rest.find('\\') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = escape(rest, &mut page, &mut decoded);
        if taken == 0 {
            decoded.push('\\');
            rest = &rest[1..];
        } else {
            rest = &rest[taken..];
        }
    }
    decoded.push_str(rest);
    decoded.trim().to_owned()
}

/// Decodes the escape that a text begins with; how many bytes it took, 0 for none.
fn escape(text: &str, page: &mut u8, decoded: &mut String) -> usize {
    for (mark, width) in [("\\X2\\", 4), ("\\X4\\", 8)] {
        let Some(inside) = text.strip_prefix(mark) else { continue };
        let Some(end) = inside.find("\\X0\\") else { return 0 };
        let units: Vec<u32> = inside.as_bytes()[..end]
            .chunks(width)
            .filter_map(|digits| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
            .collect();
        if width == 8 {
            decoded.extend(units.iter().map(|unit| char::from_u32(*unit).unwrap_or('\u{fffd}')));
        } else {
            let units = units.iter().map(|unit| *unit as u16);
            decoded.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')));
        }
        return mark.len() + end + 4;
    }
    let bytes = text.as_bytes();
    match bytes {
        [b'\\', b'X', b'\\', high, low, ..] => {
            let digits = [*high, *low];
            let code =
                std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
            code.map_or(0, |code| {
                decoded.push(char::from(code));
                5
            })
        }
        [b'\\', b'S', b'\\', letter, ..] if letter.is_ascii() => {
            let code = [letter | 0x80];
            let encoding = match page {
                b'B' => encoding_rs::ISO_8859_2,
                b'E' => encoding_rs::ISO_8859_5,
                b'G' => encoding_rs::ISO_8859_7,
                _ => encoding_rs::WINDOWS_1252,
            };
            decoded.push_str(&encoding.decode_without_bom_handling(&code).0);
            4
        }
        [b'\\', b'P', letter, b'\\', ..] => {
            *page = *letter;
            4
        }
        [b'\\', b'\\', ..] => {
            decoded.push('\\');
            2
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, StepError, Value, decoded};

    #[test]
    fn texts_are_decoded() {
        for (text, expected) in [
            ("It''s", "It's"),
            ("\\X2\\041F0435044004320430044F\\X0\\ 1", "Первая 1"),
            ("\\X4\\0001F600\\X0\\", "😀"),
            ("W\\X\\E4nde", "Wände"),
            ("\\S\\D", "Ä"),
            ("\\PE\\\\S\\P", "а"),
            ("C:\\\\temp", "C:\\temp"),
            ("half \\X2\\04", "half \\X2\\04"),
        ] {
            assert_eq!(decoded(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn instances_are_found_past_texts_and_comments() {
        let file = b"ISO-10303-21;HEADER;FILE_NAME('a','b',('c'),('d'),'e','Maker 1','g');FILE_SCHEMA(('IFC4'));ENDSEC;DATA;\n\
            /* #1=IFCWALL(); */ #2 = IFCWALL('a;b''c',$,*,.T.,(1.5E1,-2),IFCLABEL('x'),#7 /* ; */);#3=(IFCA(1)IFCB(2));ENDSEC;END-ISO-10303-21;";
        let step = Step::read(file).unwrap();
        assert_eq!((step.schema.as_str(), step.producer.as_deref()), ("IFC4", Some("Maker 1")));
        let wall = step.get(2).unwrap();
        assert_eq!(wall.name, "IFCWALL");
        assert_eq!(
            wall.values(),
            [
                Value::Text("a;b'c".to_owned()),
                Value::Nothing,
                Value::Nothing,
                Value::Word("T".to_owned()),
                Value::List(vec![Value::Number(15.0), Value::Number(-2.0)]),
                Value::Typed("IFCLABEL".to_owned(), Box::new(Value::Text("x".to_owned()))),
                Value::Reference(7),
            ]
        );
        assert_eq!(step.all().count(), 1);
        assert_eq!(step.broken, None);
    }

    #[test]
    fn depth_has_an_end_and_other_schemas_are_refused() {
        let deep = format!(
            "ISO-10303-21;HEADER;FILE_SCHEMA(('IFC4'));ENDSEC;DATA;#1=IFCWALL({}'in)side'{},5);",
            "(".repeat(100_000),
            ")".repeat(100_000)
        );
        let step = Step::read(deep.as_bytes()).unwrap();
        assert_eq!(step.get(1).unwrap().values()[1], Value::Number(5.0));
        assert!(step.broken.is_some());
        let other = b"ISO-10303-21;HEADER;FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));ENDSEC;DATA;#1=POINT();ENDSEC;END-ISO-10303-21;";
        assert_eq!(Step::read(other).unwrap_err(), StepError::Schema("AUTOMOTIVE_DESIGN".to_owned()));
        assert_eq!(Step::read(b"ISO-10303-21;HEADER;").unwrap_err(), StepError::Empty);
    }
}
