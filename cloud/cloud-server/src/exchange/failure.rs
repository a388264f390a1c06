//! Why a whole import cannot be: which file is at fault, and a note, of which the dashboard has sentences in its languages. Beside an
//! import it stands as JSON.

use std::collections::BTreeMap;

use cloud_docs::reading::Skipped;

/// How much of a path is kept, in bytes: archives decide what stands in it.
const PATH_MAX_LEN: usize = 300;

/// As it stands with its import.
pub(super) fn written(mut why: Skipped) -> String {
    why.path.truncate(why.path.floor_char_boundary(PATH_MAX_LEN));
    serde_json::to_string(&why).expect("it is text")
}

/// What stands with an import; none where that is nothing. Earlier versions wrote an English sentence alone, which is shown as it is.
pub(crate) fn read(written: &str) -> Option<Skipped> {
    if written.is_empty() {
        return None;
    }
    let of_before = |text: &str| Skipped {
        path: String::new(),
        code: String::new(),
        values: BTreeMap::new(),
        text: text.to_owned(),
    };
    Some(serde_json::from_str(written).unwrap_or_else(|_| of_before(written)))
}

/// The same for those who read English alone.
pub(crate) fn in_english(written: &str) -> String {
    match read(written) {
        Some(why) if !why.path.is_empty() => format!("`{}`: {}", why.path, why.text),
        why => why.map(|why| why.text).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use cloud_docs::notes;

    use super::*;

    #[test]
    fn what_was_written_is_read_again_however_long_its_path_is() {
        let why = Skipped::of("1c.zip/offers.xml".to_owned(), notes::ends_early());
        assert_eq!(read(&written(why.clone())), Some(why.clone()));
        assert!(in_english(&written(why)).starts_with("`1c.zip/offers.xml`: it ends before"));
        // The longest that a file can make of it stays whole in what the store keeps of a reason.
        let worst = Skipped::of("\u{1}".repeat(9_000), notes::file_no_text("\u{1}".repeat(9_000)));
        let worst = written(worst);
        assert!(worst.len() < 16_000, "{}", worst.len());
        assert_eq!(read(&worst).unwrap().code, "file_no_text");
    }

    #[test]
    fn a_text_of_before_is_shown_as_it_is() {
        let before = "`a.csv` cannot be read: there is no product in it";
        let why = read(before).unwrap();
        assert_eq!((why.path.as_str(), why.code.as_str(), why.text.as_str()), ("", "", before));
        assert_eq!(in_english(before), before);
        assert_eq!((read(""), in_english("")), (None, String::new()));
    }
}
