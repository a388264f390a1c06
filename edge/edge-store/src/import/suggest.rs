//! "Did you mean ...?"

/// ` (did you mean `x`?)` with the nearest of `known`, or nothing when none is near.
pub(super) fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    const FAR: usize = 3;
    let nearest = known.into_iter().map(|name| (distance(written, name), name)).min();
    match nearest {
        Some((distance, name)) if distance < FAR && distance < name.chars().count() => {
            format!(" (did you mean `{name}`?)")
        }
        _ => String::new(),
    }
}

/// Insertions, deletions and substitutions that lead from one word to the other (Levenshtein 1966).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_near_and_nothing_else() {
        let known = ["price", "per", "picture", "plu"];
        for (written, expected) in [
            ("prise", " (did you mean `price`?)"),
            ("pictures", " (did you mean `picture`?)"),
            ("weight", ""),
            ("x", ""),
        ] {
            assert_eq!(did_you_mean(written, known), expected, "{written}");
        }
    }
}
