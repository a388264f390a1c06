//! Pack sizes in names: `6x1,5L`, `12 шт`, `0,5 кг`, `12er`, `500g x 20`.

use super::units::{measure_of, piece_word};

/// What a content is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Thousandths of a gram.
    Gram,
    /// Thousandths of a millilitre.
    Millilitre,
}

/// How much is in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content {
    /// By weight or by volume.
    pub measure: Measure,
    /// Milligrams or microlitres.
    pub thousandths: i64,
}

/// What a name says about its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pack {
    /// Pieces in it, where the name says so.
    pub pieces: Option<u32>,
    /// What is in one of them.
    pub content: Option<Content>,
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// A number in thousandths, with its letters.
    Number(i64, String),
    /// Letters, small.
    Word(String),
    /// Anything else that is no blank.
    Sign(char),
}

/// Most pieces that a pack has; larger numbers before an `x` are something else.
const PIECES_MAX: i64 = 10_000;

/// Takes a name apart into what it says about its pack, and the rest.
pub(super) fn take_pack(name: &str) -> (Pack, Vec<Lexeme>) {
    let lexemes = lex(name);
    let (mut pack, mut rest, mut at) = (Pack::default(), Vec::new(), 0);
    while at < lexemes.len() {
        // `20x2000` is a size, not a pack of 2000.
        let is_size = at > 0 && matches!(rest.last(), Some(Lexeme::Number(..))) && is_times(&lexemes[at]);
        if let Some((found, length)) = pack_at(&lexemes[at..]).filter(|_| !is_size) {
            // The first of each kind counts; `12 шт x 0,5 л` says both, one after the other.
            pack.pieces = pack.pieces.or(found.pieces);
            pack.content = pack.content.or(found.content);
            at += length;
        } else {
            rest.push(lexemes[at].clone());
            at += 1;
        }
    }
    (pack, rest)
}

/// What stands at the beginning, if it is a pack, and of how many parts it is made.
fn pack_at(lexemes: &[Lexeme]) -> Option<(Pack, usize)> {
    match lexemes {
        // 6x1,5L, and 4x6x0,33l
        [number, times, rest @ ..] if is_times(times) && pieces(number).is_some() => {
            let count = pieces(number)?;
            if let Some((inner, length)) = pack_at(rest) {
                let all = count.checked_mul(inner.pieces.unwrap_or(1))?;
                return Some((Pack { pieces: Some(all), ..inner }, length + 2));
            }
            // 24x0,33: what is no whole number and has no unit is in litres.
            let Lexeme::Number(thousandths, _) = rest.first()? else { return None };
            let is_litres = thousandths % 1000 != 0 && *thousandths < 5_000;
            let content = Content { measure: Measure::Millilitre, thousandths: thousandths * 1000 };
            is_litres.then_some((Pack { pieces: Some(count), content: Some(content) }, 3))
        }
        // 1,5 L, and 0,5l x 12
        [Lexeme::Number(thousandths, _), Lexeme::Word(word), rest @ ..] => {
            if let Some((measure, factor)) = measure_of(word) {
                let thousandths = thousandths.checked_mul(factor)?.checked_div(1000)?;
                let content =
                    Some(Content { measure, thousandths }).filter(|content| content.thousandths > 0)?;
                if let [times, count, ..] = rest
                    && is_times(times)
                    && let Some(count) = pieces(count)
                {
                    return Some((Pack { pieces: Some(count), content: Some(content) }, 4));
                }
                return Some((Pack { pieces: None, content: Some(content) }, 2));
            }
            let count = pieces(&lexemes[0]).filter(|_| piece_word(word))?;
            Some((Pack { pieces: Some(count), content: None }, 2))
        }
        // x12
        [times, count, ..] if is_times(times) => {
            Some((Pack { pieces: Some(pieces(count)?), content: None }, 2))
        }
        _ => None,
    }
}

fn is_times(lexeme: &Lexeme) -> bool {
    match lexeme {
        // The second one is Cyrillic.
        Lexeme::Word(word) => word == "x" || word == "х",
        Lexeme::Sign(sign) => *sign == '×' || *sign == '*',
        Lexeme::Number(..) => false,
    }
}

fn pieces(lexeme: &Lexeme) -> Option<u32> {
    let Lexeme::Number(thousandths, _) = lexeme else { return None };
    let whole = thousandths % 1000 == 0 && (1..=PIECES_MAX).contains(&(thousandths / 1000));
    whole.then(|| u32::try_from(thousandths / 1000).ok()).flatten()
}

/// Cuts a name where letters, digits and signs meet.
fn lex(name: &str) -> Vec<Lexeme> {
    let mut found = Vec::new();
    let mut letters = name.chars().flat_map(char::to_lowercase).peekable();
    while let Some(&next) = letters.peek() {
        if next.is_ascii_digit() {
            found.push(lex_number(&mut letters));
        } else if next.is_alphabetic() {
            let mut word = String::new();
            while let Some(letter) = letters.next_if(|letter| letter.is_alphabetic()) {
                word.push(letter);
            }
            found.push(Lexeme::Word(word));
        } else {
            if !next.is_whitespace() {
                found.push(Lexeme::Sign(next));
            }
            letters.next();
        }
    }
    found
}

/// Digits with one point or comma at most; a comma that no digit follows ends the number.
fn lex_number(letters: &mut std::iter::Peekable<impl Iterator<Item = char>>) -> Lexeme {
    let (mut text, mut thousandths, mut decimals) = (String::new(), 0_i64, None);
    while let Some(letter) = letters.next_if(|next| next.is_ascii_digit() || [',', '.'].contains(next)) {
        let Some(digit) = letter.to_digit(10).map(i64::from) else {
            let more = letters.peek().is_some_and(char::is_ascii_digit);
            if decimals.is_some() || !more {
                break;
            }
            decimals = Some(0_u32);
            text.push('.');
            continue;
        };
        text.push(letter);
        match &mut decimals {
            None => thousandths = thousandths.saturating_mul(10).saturating_add(digit * 1000),
            Some(places) => {
                *places += 1;
                thousandths = thousandths
                    .saturating_add([100, 10, 1].get(*places as usize - 1).map_or(0, |value| value * digit));
            }
        }
    }
    Lexeme::Number(thousandths, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, pieces: Option<u32>, content: Option<(Measure, i64)>) {
        let (pack, _) = take_pack(name);
        let content = content.map(|(measure, thousandths)| Content { measure, thousandths });
        assert_eq!(pack, Pack { pieces, content }, "{name}");
    }

    #[test]
    fn reads_packs_in_three_languages() {
        use Measure::{Gram, Millilitre};
        check("Mineralwasser 6x1,5L PET", Some(6), Some((Millilitre, 1_500_000)));
        check("Cola 4x6x0.33l", Some(24), Some((Millilitre, 330_000)));
        check("Pils 24x0,33", Some(24), Some((Millilitre, 330_000)));
        check("Вода 0,5 л х 12", Some(12), Some((Millilitre, 500_000)));
        check("Молоко 3,2% 930 мл", None, Some((Millilitre, 930_000)));
        check("Сахар 0,5 кг", None, Some((Gram, 500_000)));
        check("Яйцо С1 10 шт.", Some(10), None);
        check("Eier 12er Freiland", Some(12), None);
        check("Schokolade 100g*20", Some(20), Some((Gram, 100_000)));
        check("Crisps 40 g x24", Some(24), Some((Gram, 40_000)));
        check("Biscuits 12 pcs", Some(12), None);
        check("Wein 75cl", None, Some((Millilitre, 750_000)));
    }

    #[test]
    fn takes_nothing_for_a_pack_that_is_none() {
        for name in
            ["Apples", "Milk 3,2%", "Rohr 20x2000", "", "x", "0x5l", "WD-40", "99999999999999999999 kg x"]
        {
            let (pack, _) = take_pack(name);
            assert_eq!(pack.pieces, None, "{name}");
        }
        assert_eq!(take_pack("Milk 3,2%").1.len(), 3);
    }
}
