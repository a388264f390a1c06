//! Bytes become text: which letters they stand for is read from marks and declarations, else guessed from the text itself.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a text its encoding is guessed from: a price list shows its letters well before.
const GUESS_BYTES: usize = 256 << 10;
/// How many bytes of an XML declaration or of a start without letters are looked at.
const HEAD_BYTES: usize = 512;

/// A text and the encoding it was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it says, without a byte order mark.
    pub text: String,
    /// The encoding's name as the WHATWG list has it: `UTF-8`, `windows-1251` ..
    pub encoding: &'static str,
    /// Some of its bytes stand for no letter of that encoding; they became U+FFFD.
    pub is_damaged: bool,
}

/// The text of a file, or nothing where it is no text at all.
pub fn text_of(bytes: &[u8]) -> Option<Text> {
    let encoding = encoding_of(bytes)?;
    let (text, encoding, is_damaged) = encoding.decode(bytes);
    // What only looked like UTF-16 has letters that no text has.
    let is_text = text.chars().take(HEAD_BYTES).all(|letter| !u8::try_from(letter).is_ok_and(is_control));
    is_text.then(|| Text { text: text.into_owned(), encoding: encoding.name(), is_damaged })
}

/// The encoding of a text file: its byte order mark, its XML declaration, UTF-8 if it is that, UTF-16 by its zeros, else a guess.
fn encoding_of(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    if let Some(encoding) = wide(head) {
        return Some(encoding);
    }
    if head.iter().any(|b| is_control(*b)) {
        return None;
    }
    let guessed_from = &bytes[..bytes.len().min(GUESS_BYTES)];
    let is_utf8 = match std::str::from_utf8(guessed_from) {
        Ok(_) => true,
        // A letter that the cut goes through is no fault.
        Err(error) => error.error_len().is_none(),
    };
    if let Some(declared) = declared(head) {
        // Programs that copy a file into UTF-8 forget the declaration more often than the other way round.
        let is_single_byte_text = guessed_from.is_ascii() || !is_utf8;
        return Some(if is_single_byte_text { declared } else { UTF_8 });
    }
    if is_utf8 {
        return Some(UTF_8);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(guessed_from, true);
    Some(detector.guess(None, Utf8Detection::Deny))
}

/// UTF-16 without a mark: Latin letters and blanks leave every second byte zero.
fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let half = head.len() / 2;
    match (zeros(0), zeros(1)) {
        (0, low) if low > 0 && low * 4 >= half => Some(UTF_16LE),
        (high, 0) if high > 0 && high * 4 >= half => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding that an XML declaration names.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let start = head.trim_ascii_start();
    let declaration = start.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = &declaration[..end];
    let name = b"encoding";
    let at = declaration.windows(name.len()).position(|part| part == name)? + name.len();
    let value = declaration[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let label = &value[..value.iter().position(|b| b == quote)?];
    // A text that got as far as being read byte by byte is not what UTF-16 would be.
    Encoding::for_label(label).filter(|encoding| encoding.is_ascii_compatible())
}

/// A byte that no text has: everything below a blank but tabs, line ends, form feeds, the old end of file and escape.
fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], encoding: &str, text: &str) {
        let read = text_of(bytes).unwrap();
        assert_eq!((read.encoding, read.text.as_str(), read.is_damaged), (encoding, text, false));
    }

    fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    #[test]
    fn reads_what_suppliers_write_in() {
        let russian = "Накладная № 15 от 3 марта: молоко, сметана, творог, кефир. Итого к оплате без НДС";
        for encoding in [encoding_rs::WINDOWS_1251, encoding_rs::IBM866] {
            let text = russian.replace('№', "N");
            check(&encoded(encoding, &text), encoding.name(), &text);
        }
        let koi8 = text_of(&encoded(encoding_rs::KOI8_R, &russian.replace('№', "N"))).unwrap();
        assert_eq!(koi8.text, russian.replace('№', "N"));
        check("Käse für 3 €".as_bytes(), "UTF-8", "Käse für 3 €");
        let german = "Müsli, Käse, Brötchen, Weißbier, Grüße aus München";
        check(&encoded(encoding_rs::WINDOWS_1252, german), "windows-1252", german);
    }

    #[test]
    fn knows_utf_16_with_and_without_its_mark() {
        let wide: Vec<u8> = "name;price\r\nMilk;1.20".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&wide, "UTF-16LE", "name;price\r\nMilk;1.20");
        let marked: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Молоко".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        check(&marked, "UTF-16LE", "Молоко");
        let big: Vec<u8> = "name;price".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&big, "UTF-16BE", "name;price");
    }

    #[test]
    fn believes_a_declaration_unless_the_bytes_say_otherwise() {
        let text = "<?xml version=\"1.0\" encoding=\"windows-1251\"?><Файл/>";
        check(&encoded(encoding_rs::WINDOWS_1251, text), "windows-1251", text);
        check(text.as_bytes(), "UTF-8", text);
    }

    #[test]
    fn gives_nothing_for_what_is_no_text() {
        assert_eq!(text_of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), None);
        assert_eq!(text_of(&[0, 1, 2, 3, 0, 0, 0, 0]), None);
        assert_eq!(text_of(&[0, 1, 2, 3]), None);
    }
}
