//! Cells that a sheet program does not run.

use std::borrow::Cow;

/// A text as a cell of a CSV file that is opened in a sheet program: what would be taken for a formula there gets an apostrophe in
/// front, which such programs do not show (OWASP, CSV injection). Numbers keep their sign.
pub fn safe_cell(text: &str) -> Cow<'_, str> {
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula && !is_number { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::safe_cell;

    #[test]
    fn formulas_are_quoted_and_numbers_are_not() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
            ("+49 30 123", "'+49 30 123"),
            ("\t=1", "'\t=1"),
            ("-12.50", "-12.50"),
            ("Milk 3.2%", "Milk 3.2%"),
            ("", ""),
        ] {
            assert_eq!(safe_cell(text), expected);
        }
    }
}
