//! "Did you mean": the nearest of the words that would have been right.

/// The known word nearest to `word`, if one is near enough to be a slip of the hand.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= allowed || is_part(&lower, candidate))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The end of a message: the nearest known word, or nothing.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|found| format!("did you mean `{found}`?"))
}

/// Who types `apple` may mean `apple-red`.
fn is_part(lower: &str, candidate: &str) -> bool {
    lower.chars().count() >= 3 && candidate.to_lowercase().split(['-', '_', '.']).any(|part| part == lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_parts_but_no_far_fetched_words() {
        let known = ["apple-red", "banana", "lime"];
        for (word, expected) in [
            ("bananna", Some("banana")),
            ("Lmie", Some("lime")),
            ("apple", Some("apple-red")),
            ("zucchini", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
