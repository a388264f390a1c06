//! The words that say what stands beside or below them, in eight languages: `anchors.txt` has them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::layout::{Cell, Row, Sheet};
use crate::page::Area;

/// A line `role: phrase, phrase`; `{word}` stands for each of the line `@word: ..`.
const WORDS: &str = include_str!("anchors.txt");
/// The longest phrase in letters.
const LONGEST: usize = 44;

static PHRASES: LazyLock<BTreeMap<String, Vec<Role>>> = LazyLock::new(|| phrases(WORDS));

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What a phrase announces.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Role { $($(#[$doc])* $name,)* }

        impl Role {
            fn named(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }
        }
    };
}

roles! {
    /// The document's number.
    Number = "number",
    /// `No.` alone: a number of whatever the line is about.
    PlainNumber = "plain_number",
    /// When it was issued.
    Issued = "issued",
    /// `Date` alone.
    PlainDate = "plain_date",
    /// `of`, `vom`, `от` between a number and its date.
    Of = "of",
    /// Until when it is to be paid.
    Due = "due",
    /// When goods come or came.
    Delivered = "delivered",
    /// The period that is billed.
    Period = "period",
    /// A date of something else.
    OtherDate = "other_date",
    /// The buyer's order.
    OrderNumber = "order_number",
    /// The delivery note.
    DeliveryNote = "delivery_note",
    /// The document that is corrected.
    Corrects = "corrects",
    /// A number of something else.
    OtherNumber = "other_number",
    /// The currency.
    Currency = "currency",
    /// Who sells.
    Supplier = "supplier",
    /// Who buys.
    Buyer = "buyer",
    /// Where the goods go; not the buyer where both are said.
    ShipTo = "ship_to",
    /// Whose account it is.
    AccountHolder = "account_holder",
    /// Somebody else.
    OtherParty = "other_party",
    /// A party's name.
    Name = "name",
    /// A party's address.
    Address = "address",
    /// VAT number.
    TaxId = "tax_id",
    /// Number in a register.
    Registration = "registration",
    /// Account.
    Iban = "iban",
    /// Telephone.
    Phone = "phone",
    /// Global location number.
    Gln = "gln",
    /// Sum of lines.
    TotalLines = "total_lines",
    /// Discounts of the document.
    TotalDiscount = "total_discount",
    /// Surcharges and freight of the document.
    TotalCharge = "total_charge",
    /// Total without tax.
    TotalNet = "total_net",
    /// Tax.
    TotalTax = "total_tax",
    /// Total with tax.
    TotalGross = "total_gross",
    /// `Total` alone.
    Total = "total",
    /// Already paid.
    Prepaid = "prepaid",
    /// To be paid.
    Payable = "payable",
    /// Carried over from or to another page.
    Carry = "carry",
    /// What ends the lines: terms, bank, thanks.
    Terms = "terms",
    /// Head of a column: the line's number.
    HeadPosition = "head_position",
    /// Article number.
    HeadArticle = "head_article",
    /// The buyer's article number.
    HeadBuyerArticle = "head_buyer_article",
    /// GTIN.
    HeadGtin = "head_gtin",
    /// What it is.
    HeadName = "head_name",
    /// How many.
    HeadQuantity = "head_quantity",
    /// Of what.
    HeadUnit = "head_unit",
    /// Price of one.
    HeadPrice = "head_price",
    /// Price of one with tax.
    HeadPriceGross = "head_price_gross",
    /// For how many units the price is.
    HeadBasis = "head_basis",
    /// Discount.
    HeadDiscount = "head_discount",
    /// Rate of tax.
    HeadTaxRate = "head_tax_rate",
    /// The line's tax.
    HeadTaxAmount = "head_tax_amount",
    /// The line's total without tax.
    HeadNet = "head_net",
    /// The line's total with tax.
    HeadGross = "head_gross",
    /// The line's total.
    HeadTotal = "head_total",
    /// What is taxed: the head of a table of taxes.
    HeadTaxBasis = "head_tax_basis",
    /// Something else.
    HeadOther = "head_other",
    /// The paper is an invoice.
    KindInvoice = "kind_invoice",
    /// It is a credit note.
    KindCredit = "kind_credit",
    /// It is a delivery note.
    KindDelivery = "kind_delivery",
    /// It is an order.
    KindOrder = "kind_order",
    /// It confirms an order.
    KindConfirmation = "kind_confirmation",
    /// It is a price list.
    KindPriceList = "kind_price_list",
}

/// A phrase on a page.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    /// Index of its row.
    pub(super) row: usize,
    /// Index of its cell.
    pub(super) cell: usize,
    /// What it may announce.
    pub(super) roles: &'static [Role],
    /// Its words in the cell: first and one after the last.
    pub(super) words: (usize, usize),
    /// What of its last word does not belong to it: `12` of `No:12`.
    pub(super) rest: String,
    /// Where it stands.
    pub(super) area: Area,
    /// Letters of the phrase.
    pub(super) length: usize,
}

impl Hit {
    /// Whether it may announce this.
    pub(super) fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether it may announce one of these.
    pub(super) fn is_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

fn phrases(text: &str) -> BTreeMap<String, Vec<Role>> {
    let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut found: BTreeMap<String, Vec<Role>> = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (head, tail) = line.split_once(':').expect("each line of the anchors has a role");
        let items = tail.split(',').map(str::trim).filter(|item| !item.is_empty());
        if let Some(class) = head.strip_prefix('@') {
            classes.entry(class).or_default().extend(items);
            continue;
        }
        let role = Role::named(head).expect("each role of the anchors is known");
        for phrase in items.flat_map(|item| expand(item, &classes)) {
            let roles = found.entry(squeeze(&phrase)).or_default();
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
    }
    found
}

fn expand(item: &str, classes: &BTreeMap<&str, Vec<&str>>) -> Vec<String> {
    let Some((before, rest)) = item.split_once('{') else { return vec![item.to_owned()] };
    let (class, after) = rest.split_once('}').expect("a class ends with a brace");
    let words = classes.get(class).expect("each class is written before it is used");
    words.iter().flat_map(|word| expand(&format!("{before}{word}{after}"), classes)).collect()
}

/// Small letters without accents; everything that is neither letter nor digit becomes a blank.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' | 'ą' => folded.push('a'),
            'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => folded.push('o'),
            'ü' | 'ú' | 'ù' | 'û' => folded.push('u'),
            'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => folded.push('e'),
            'í' | 'ì' | 'î' | 'ï' => folded.push('i'),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'ł' => folded.push('l'),
            'ñ' | 'ń' => folded.push('n'),
            'ś' | 'š' => folded.push('s'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            'ß' => folded.push_str("ss"),
            'ё' => folded.push('е'),
            '№' => folded.push_str("no"),
            '#' | '%' => folded.push(letter),
            other if other.is_alphanumeric() => folded.push(other),
            _ => folded.push(' '),
        }
    }
    folded.trim().to_owned()
}

fn squeeze(phrase: &str) -> String {
    fold(phrase).replace(' ', "")
}

/// A piece of a word, folded, and where in the word it ends.
struct Token {
    text: String,
    word: usize,
    end: usize,
}

fn tokens(cell: &Cell) -> Vec<Token> {
    let mut found = Vec::new();
    for (word, written) in cell.words.iter().enumerate() {
        let mut start = None;
        let mut class = None;
        for (at, letter) in written.text.char_indices().chain([(written.text.len(), ' ')]) {
            let now = match letter {
                _ if letter.is_ascii_digit() => Some(0),
                '#' | '№' | '%' => Some(1),
                _ if letter.is_alphanumeric() => Some(2),
                _ => None,
            };
            if now != class {
                if let Some(start) = start.take() {
                    let text = squeeze(&written.text[start..at]);
                    found.push(Token { text, word, end: at });
                }
                start = now.map(|_| at);
                class = now;
            }
        }
    }
    found
}

/// All phrases of the pages that announce something; of those that overlap, the longest.
pub(super) fn hits(sheet: &Sheet) -> Vec<Hit> {
    let rows = sheet.rows.iter().enumerate();
    rows.flat_map(|(index, row)| row_hits(index, row)).collect()
}

fn row_hits(index: usize, row: &Row) -> Vec<Hit> {
    let mut found = Vec::new();
    for (column, cell) in row.cells.iter().enumerate() {
        let tokens = tokens(cell);
        let mut at = 0;
        while at < tokens.len() {
            match longest(cell, &tokens[at..]) {
                Some((count, roles, length)) => {
                    found.push(hit(index, column, cell, &tokens[at..at + count], roles, length));
                    at += count;
                }
                None => at += 1,
            }
        }
    }
    found
}

fn longest(cell: &Cell, tokens: &[Token]) -> Option<(usize, &'static [Role], usize)> {
    let mut joined = String::new();
    let mut best = None;
    for (count, token) in tokens.iter().enumerate().take(9) {
        joined.push_str(&token.text);
        if joined.len() > 2 * LONGEST {
            break;
        }
        // `invoice_12` is one name.
        let is_cut = cell.words[token.word].text[token.end..].starts_with('_');
        if let Some(roles) = PHRASES.get(&joined).filter(|_| !is_cut) {
            best = Some((count + 1, roles.as_slice(), joined.chars().count()));
        }
    }
    best
}

fn hit(
    row: usize,
    column: usize,
    cell: &Cell,
    tokens: &[Token],
    roles: &'static [Role],
    length: usize,
) -> Hit {
    let (first, last) = (tokens[0].word, &tokens[tokens.len() - 1]);
    let area =
        cell.words[first..=last.word].iter().map(|word| word.area).reduce(Area::around).unwrap_or(cell.area);
    let rest = cell.words[last.word].text[last.end..].trim_start_matches(is_separator).to_owned();
    Hit { row, cell: column, roles, words: (first, last.word + 1), rest, area, length }
}

/// What a text that is one phrase announces, whatever signs are around it.
pub(super) fn roles_of(text: &str) -> Vec<Role> {
    PHRASES.get(&squeeze(text)).cloned().unwrap_or_default()
}

/// What stands between a label and its value.
pub(super) fn is_separator(letter: char) -> bool {
    matches!(
        letter,
        ':' | '.' | '#' | '-' | '–' | '°' | 'º' | '№' | ')' | '(' | ' ' | '/' | ';' | ',' | '=' | '*'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::plain;

    #[test]
    fn every_line_of_the_anchors_is_understood() {
        assert!(phrases(WORDS).len() > 500);
        assert!(phrases(WORDS).keys().all(|phrase| phrase.chars().count() <= LONGEST));
    }

    #[test]
    fn finds_labels_however_they_are_joined() {
        for (text, role, rest) in [
            ("Rechnungs-Nr.: 471", Role::Number, ""),
            ("Factuurnummer:993548900", Role::Number, "993548900"),
            ("Facture n°2022089083", Role::Number, "2022089083"),
            ("Счёт-фактура № 12", Role::Number, ""),
            ("Liefer- und Leistungsdatum", Role::Delivered, ""),
            ("Zahlbetrag", Role::Payable, ""),
            ("P.O. Number", Role::OrderNumber, ""),
        ] {
            let sheet = Sheet::of(&plain::pages(text, 1));
            let hits = hits(&sheet);
            assert!(hits.iter().any(|hit| hit.is(role) && hit.rest == rest), "{text}: {hits:?}");
        }
    }
}
