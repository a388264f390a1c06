//! The words that are built in: for each event in each language one line and a text. An organisation's own take their place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cloud_store::TemplateText;

/// The languages that have words, the one for everybody else first.
pub(crate) const LANGUAGES: [&str; 3] = ["en", "ru", "de"];

const FILES: [(&str, &str); 3] = [
    ("en", include_str!("words/en.txt")),
    ("ru", include_str!("words/ru.txt")),
    ("de", include_str!("words/de.txt")),
];

/// What begins an event's words in a file: then one line of subject, then the text.
const HEAD: &str = "## ";

/// The language that is built in for a tag such as `de-AT`.
pub(crate) fn language_of(tag: &str) -> &'static str {
    let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    LANGUAGES.into_iter().find(|language| *language == primary).unwrap_or(LANGUAGES[0])
}

/// The words for an event, `digest` or `confirmation`, in a language that is built in.
pub(crate) fn built_in(event: &str, language: &str) -> Option<&'static TemplateText> {
    static ALL: LazyLock<BTreeMap<String, TemplateText>> = LazyLock::new(|| {
        let of = |(language, file)| read(file).map(move |(event, text)| (name(event, language), text));
        FILES.iter().copied().flat_map(of).collect()
    });
    ALL.get(&name(event, language))
}

fn name(event: &str, language: &str) -> String {
    format!("{language}/{event}")
}

fn read(file: &'static str) -> impl Iterator<Item = (&'static str, TemplateText)> {
    let sections = file.split(HEAD).skip(1);
    sections.filter_map(|section| {
        let mut lines = section.splitn(3, '\n');
        let (event, subject, body) = (lines.next()?, lines.next()?, lines.next()?);
        let text = TemplateText {
            subject: subject.to_owned(),
            body: body.trim_end().to_owned(),
            html: String::new(),
        };
        Some((event.trim(), text))
    })
}

#[cfg(test)]
mod tests {
    use cloud_store::NoticeEvent;

    use super::*;

    #[test]
    fn every_event_has_words_in_every_language() {
        for language in LANGUAGES {
            let events = NoticeEvent::ALL.map(NoticeEvent::as_str).into_iter().chain([
                "digest",
                "confirmation",
                "settled",
            ]);
            for event in events {
                let text = built_in(event, language);
                assert!(
                    text.is_some_and(|text| !text.subject.is_empty() && !text.body.is_empty()),
                    "{event} {language}"
                );
            }
        }
    }

    #[test]
    fn speaks_english_to_whom_it_has_no_words_for() {
        assert_eq!((language_of("ru"), language_of("de-AT"), language_of("fr")), ("ru", "de", "en"));
    }
}
