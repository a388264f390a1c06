//! Pairs of group code and value, as text or in the binary form.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

const BINARY_MARK: &[u8] = b"AutoCAD Binary DXF\r\n\x1a\0";

/// A value in its file's form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Text(&'a [u8]),
    Whole(i64),
    Real(f64),
}

/// One pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tag<'a> {
    pub(super) code: i32,
    pub(super) value: Value<'a>,
}

impl<'a> Tag<'a> {
    pub(super) fn real(&self) -> f64 {
        match self.value {
            Value::Real(real) => real,
            Value::Whole(whole) => whole as f64,
            Value::Text(text) => {
                std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0.0)
            }
        }
    }

    pub(super) fn whole(&self) -> i64 {
        match self.value {
            Value::Whole(whole) => whole,
            Value::Real(real) => real as i64,
            // Some programs write whole numbers with a fraction of zero.
            Value::Text(_) => self.real() as i64,
        }
    }

    /// The text as it is compared with names of kinds.
    pub(super) fn word(&self) -> &'a [u8] {
        match self.value {
            Value::Text(text) => text.trim_ascii(),
            Value::Whole(_) | Value::Real(_) => b"",
        }
    }

    pub(super) fn is(&self, code: i32, word: &[u8]) -> bool {
        self.code == code && self.word() == word
    }
}

/// Text of a drawing: UTF-8 since 2007, a code page before; `\U+0416` in all.
pub(super) fn decoded(text: &[u8], code_page: &'static Encoding) -> String {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => code_page.decode_without_bom_handling(text).0.into_owned(),
    };
    if !text.contains("\\U+") {
        return text.trim().to_owned();
    }
    let mut parts = text.split("\\U+");
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code =
            part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match code {
            Some(letter) => {
                decoded.push(letter);
                decoded.push_str(&part[4..]);
            }
            None => {
                decoded.push_str("\\U+");
                decoded.push_str(part);
            }
        }
    }
    decoded.trim().to_owned()
}

/// The encoding that `$DWGCODEPAGE` names.
pub(super) fn code_page(name: &[u8]) -> &'static Encoding {
    let name = String::from_utf8_lossy(name).to_lowercase();
    let number = name.trim_start_matches("ansi_").trim_start_matches("dos");
    match number {
        "utf-8" => UTF_8,
        "932" => encoding_rs::SHIFT_JIS,
        "936" => encoding_rs::GBK,
        "949" => encoding_rs::EUC_KR,
        "950" => encoding_rs::BIG5,
        _ => Encoding::for_label(format!("windows-{number}").as_bytes()).unwrap_or(WINDOWS_1252),
    }
}

/// Reads pair after pair; ends where the file ends or breaks.
#[derive(Debug)]
pub(super) struct Tags<'a> {
    bytes: &'a [u8],
    at: usize,
    form: Form,
    /// Why there is no more, when that is not because the file ended.
    pub(super) broken: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Text,
    /// Codes of one byte, until release 12.
    ShortCodes,
    LongCodes,
}

impl<'a> Tags<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let (form, at) = match bytes.strip_prefix(BINARY_MARK) {
            // The first pair is (0, SECTION): its code is followed by a letter or by the code's second byte.
            Some(rest) if rest.get(1) == Some(&0) => (Form::LongCodes, BINARY_MARK.len()),
            Some(_) => (Form::ShortCodes, BINARY_MARK.len()),
            None => (Form::Text, if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }),
        };
        Self { bytes, at, form, broken: None }
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        self.at += length + 1;
        Some(rest[..length].strip_suffix(b"\r").unwrap_or(&rest[..length]))
    }

    fn text_pair(&mut self) -> Option<Tag<'a>> {
        let start = self.at;
        let code = self.line()?;
        let number = std::str::from_utf8(code).ok().and_then(|code| code.trim().parse().ok());
        let Some(code) = number else {
            // Blank lines at the end are nothing to mind.
            if !self.bytes[start..].trim_ascii().is_empty() {
                self.broken = Some(format!("at byte {start} there is no group code"));
            }
            return None;
        };
        let Some(value) = self.line() else {
            self.broken = Some("it ends within a pair".to_owned());
            return None;
        };
        Some(Tag { code, value: Value::Text(value) })
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn binary_pair(&mut self) -> Option<Tag<'a>> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let pair = self.binary_code().and_then(|code| Some(Tag { code, value: self.binary_value(code)? }));
        if pair.is_none() {
            self.broken = Some(format!("it ends within a pair, at byte {}", self.at));
        }
        pair
    }

    fn binary_code(&mut self) -> Option<i32> {
        if self.form == Form::LongCodes {
            return self.array().map(|code| i32::from(i16::from_le_bytes(code)));
        }
        match self.array()? {
            [255] => self.array().map(|code| i32::from(i16::from_le_bytes(code))),
            [code] => Some(i32::from(code)),
        }
    }

    fn binary_value(&mut self, code: i32) -> Option<Value<'a>> {
        Some(match code {
            10..=59 | 110..=149 | 210..=239 | 460..=469 | 1010..=1059 => {
                Value::Real(f64::from_le_bytes(self.array()?))
            }
            60..=79 | 170..=179 | 270..=289 | 370..=389 | 400..=409 | 1060..=1070 => {
                Value::Whole(i16::from_le_bytes(self.array()?).into())
            }
            90..=99 | 420..=429 | 440..=459 | 1071 => Value::Whole(i32::from_le_bytes(self.array()?).into()),
            160..=169 => Value::Whole(i64::from_le_bytes(self.array()?)),
            290..=299 => Value::Whole(i8::from_le_bytes(self.array()?).into()),
            310..=319 | 1004 => {
                let [length] = self.array()?;
                Value::Text(self.take(usize::from(length))?)
            }
            _ => {
                let rest = self.bytes.get(self.at..)?;
                let length = rest.iter().position(|byte| *byte == 0)?;
                self.at += length + 1;
                Value::Text(&rest[..length])
            }
        })
    }
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        if self.broken.is_some() {
            return None;
        }
        match self.form {
            Form::Text => self.text_pair(),
            Form::ShortCodes | Form::LongCodes => self.binary_pair(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tags, Value, decoded};

    #[test]
    fn pairs_are_read_in_each_form() {
        let short = b"AutoCAD Binary DXF\r\n\x1a\0\0SECTION\0\x46\x07\0\xff\xe8\x03of a program\0";
        let long = b"AutoCAD Binary DXF\r\n\x1a\0\0\0SECTION\0\x46\0\x07\0\xe8\x03of a program\0";
        for bytes in [&short[..], &long[..]] {
            let tags: Vec<_> = Tags::new(bytes).map(|tag| (tag.code, tag.value)).collect();
            let expected =
                [(0, Value::Text(b"SECTION")), (70, Value::Whole(7)), (1000, Value::Text(b"of a program"))];
            assert_eq!(tags, expected);
        }
        let tags: Vec<_> = Tags::new(b"  0\r\nSECTION\r\n 70\r\n     7\r\n\r\n")
            .map(|tag| (tag.code, tag.whole()))
            .collect();
        assert_eq!(tags, [(0, 0), (70, 7)]);
    }

    #[test]
    fn a_file_that_breaks_off_says_where() {
        for bytes in
            [&b"0\nSECTION\nno code\nx\n"[..], b"0\nSECTION\n2", b"AutoCAD Binary DXF\r\n\x1a\0\0\0SECT"]
        {
            let mut tags = Tags::new(bytes);
            while tags.next().is_some() {}
            assert!(tags.broken.is_some(), "{bytes:?}");
        }
    }

    #[test]
    fn names_are_decoded_by_code_page_and_escape() {
        assert_eq!(decoded(b"\xd1\xf2\xe5\xed\xfb", encoding_rs::WINDOWS_1251), "Стены");
        assert_eq!(decoded(b"W\\U+00E4nde \\U+zz", encoding_rs::WINDOWS_1252), "Wände \\U+zz");
    }
}
