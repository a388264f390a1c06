//! From the words of a file to checked products, whatever the format.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::path::Path;

use domain::catalogue::{Catalogue, CatalogueProblem};
use domain::gtin::{Gtin, Plu};
use domain::ids::{ProductId, TaxCode};
use domain::money::{Currency, Money};
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::tax::TaxTable;
use domain::text::LocalizedText;

use super::pictures::{self, Found};
use super::{ImportedCatalogue, Problem};

/// The highest tax rate that is not a slip of the hand: 100 %.
pub(super) const RATE_MAX: u32 = 10_000;
const TEXT_MAX_CHARS: usize = 200;
const AGE_MAX: u8 = 99;

/// A product as a file has it. What is empty is not there.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) sku: String,
    pub(super) name: BTreeMap<String, String>,
    pub(super) gtin: String,
    pub(super) plu: String,
    pub(super) price: String,
    pub(super) per: String,
    pub(super) tax_code: String,
    pub(super) age_limit: String,
    pub(super) archived: String,
    pub(super) picture: String,
}

/// A file taken apart.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) currency: Currency,
    pub(super) taxes: TaxTable,
    pub(super) rows: Vec<Row>,
    /// A comma in a price is a decimal comma.
    pub(super) decimal_comma: bool,
    pub(super) problems: Vec<Problem>,
}

/// Checks everything; gives the catalogue, or every problem.
pub(super) fn finish(
    parsed: Parsed,
    folder: &Path,
    store: Option<&Path>,
) -> Result<ImportedCatalogue, Vec<Problem>> {
    let Parsed { currency, taxes, rows, decimal_comma, mut problems } = parsed;
    let (mut products, mut pictures, mut warnings) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
    let mut places = Places::default();
    for row in rows {
        let line = row.line;
        let mut reader = RowReader { row, currency, decimal_comma, problems: Vec::new() };
        let mut product = reader.product();
        places.note(&product.id, line);
        let wanted = std::mem::take(&mut reader.row.picture);
        match pictures::find(&product.id, &wanted, folder, store) {
            Found::Nothing => {}
            Found::InStore(name) => product.picture = Some(name),
            Found::File(source) => {
                product.picture = Some(source.name.clone());
                pictures.push(source);
            }
            Found::Missing(text) => warnings.push(Problem { line: Some(line), text }),
            Found::Refused(text) => reader.problems.push(text),
        }
        problems.extend(reader.problems.into_iter().map(|text| Problem { line: Some(line), text }));
        products.push(product);
    }
    let already: BTreeSet<Problem> = problems.iter().cloned().collect();
    match Catalogue::new(currency, taxes, products) {
        Ok(catalogue) if problems.is_empty() => Ok(ImportedCatalogue { catalogue, pictures, warnings }),
        Ok(_) => Err(problems),
        Err(found) => {
            let located = found.iter().filter_map(|problem| places.locate(problem, &already));
            problems.extend(located.collect::<Vec<_>>());
            Err(problems)
        }
    }
}

/// On which lines each product stands.
#[derive(Default)]
struct Places {
    lines: HashMap<ProductId, Vec<u64>>,
    /// How many repetitions of each id were reported.
    repeated: HashMap<ProductId, usize>,
}

impl Places {
    fn note(&mut self, id: &ProductId, line: u64) {
        self.lines.entry(id.clone()).or_default().push(line);
    }

    /// A problem of the whole catalogue with its line; `None` when the line's reader has said it.
    fn locate(&mut self, problem: &CatalogueProblem, already: &BTreeSet<Problem>) -> Option<Problem> {
        let line_of = |id: &ProductId| self.lines.get(id).and_then(|lines| lines.first()).copied();
        let (line, text) = match problem {
            CatalogueProblem::Duplicate { what: "id", value, second, .. } => {
                let nth = self.repeated.entry(second.clone()).or_insert(0);
                *nth += 1;
                let lines = self.lines.get(second)?;
                let text =
                    format!("id `{value}` was given on line {} already: every product has its own", lines[0]);
                (lines.get(*nth).copied(), text)
            }
            CatalogueProblem::Duplicate { what, value, first, second } => {
                let earlier = line_of(first).unwrap_or_default();
                let text = format!(
                    "{second} has the {what} `{value}` of {first} on line {earlier}: give one of them another, or remove it"
                );
                (line_of(second), text)
            }
            CatalogueProblem::UnknownTaxCode { product, .. }
            | CatalogueProblem::PriceOutOfRange { product, .. }
            | CatalogueProblem::WrongCurrency { product, .. }
            | CatalogueProblem::NoName(product) => (line_of(product), problem.to_string()),
        };
        // Where a field could not be read its stand-in was checked, which says nothing.
        let said = matches!(problem, CatalogueProblem::UnknownTaxCode { code, .. } if *code == stand_in_tax())
            || matches!(problem, CatalogueProblem::Duplicate { what: "SKU", value, .. } if value.is_empty())
            || matches!(problem, CatalogueProblem::NoName(_)
                if already.iter().any(|known| known.line == line && known.text.contains("name_en")));
        (!said).then_some(Problem { line, text })
    }
}

/// Stands for a tax code that could not be read, so that the rest of the product is still checked.
fn stand_in_tax() -> TaxCode {
    TaxCode::new("0-unread").expect("letters, digits and a hyphen")
}

struct RowReader {
    row: Row,
    currency: Currency,
    decimal_comma: bool,
    problems: Vec<String>,
}

impl RowReader {
    /// The product; fields that cannot be read are reported and stood in for.
    fn product(&mut self) -> Product {
        let line = self.row.line;
        let id = self.required("id").and_then(|text| self.take(ProductId::new(&text)));
        // The stand-in is unlike any id a shop would choose, and is never kept.
        let id = id.unwrap_or_else(|| {
            ProductId::new(&format!("{line}.unread")).expect("digits and letters with a dot between them")
        });
        let sku = self.required("sku").unwrap_or_default();
        let tax = self.required("tax_code").and_then(|text| self.take(TaxCode::new(&text)));
        self.check_texts();
        Product {
            id,
            sku,
            name: LocalizedText(std::mem::take(&mut self.row.name)),
            gtin: self.gtin(),
            plu: self.optional("plu").and_then(|text| self.take(Plu::parse(&text))),
            price: UnitPrice { amount: self.price(), per: self.per() },
            tax_code: tax.unwrap_or_else(stand_in_tax),
            age_limit: self.age_limit(),
            archived: self.archived(),
            picture: None,
        }
    }

    fn field(&mut self, name: &str) -> &mut String {
        match name {
            "id" => &mut self.row.id,
            "sku" => &mut self.row.sku,
            "gtin" => &mut self.row.gtin,
            "plu" => &mut self.row.plu,
            "price" => &mut self.row.price,
            "per" => &mut self.row.per,
            "tax_code" => &mut self.row.tax_code,
            "age_limit" => &mut self.row.age_limit,
            "archived" => &mut self.row.archived,
            _ => &mut self.row.picture,
        }
    }

    fn optional(&mut self, name: &str) -> Option<String> {
        let text = std::mem::take(self.field(name));
        (!text.is_empty()).then_some(text)
    }

    fn required(&mut self, name: &str) -> Option<String> {
        let text = self.optional(name);
        if text.is_none() {
            self.problems.push(format!("`{name}` is empty: every product needs one"));
        }
        text
    }

    fn take<T, E: Display>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.problems.push(error.to_string())).ok()
    }

    fn check_texts(&mut self) {
        let texts = self.row.name.iter().map(|(language, text)| (format!("name_{language}"), text));
        let bad = |text: &str| text.chars().any(char::is_control);
        let mut found: Vec<String> = Vec::new();
        for (field, text) in texts.chain([("sku".to_owned(), &self.row.sku)]) {
            if bad(text) {
                found.push(format!(
                    "`{field}` has a line break or control character in it: is a quote not closed?"
                ));
            } else if text.chars().count() > TEXT_MAX_CHARS {
                found.push(format!("`{field}` is longer than {TEXT_MAX_CHARS} characters"));
            }
        }
        if self.row.name.get("en").is_none_or(|text| text.trim().is_empty()) {
            found.push("`name_en` is empty: every product needs a name in English".to_owned());
        }
        self.problems.extend(found);
    }

    fn gtin(&mut self) -> Option<Gtin> {
        let text = self.optional("gtin")?;
        let spreadsheet = text.contains(['E', 'e']) && text.contains(['+', '.', ',']);
        match Gtin::parse(&text) {
            Ok(gtin) => return Some(gtin),
            Err(_) if spreadsheet => self.problems.push(format!(
                "GTIN `{text}` was rounded by a spreadsheet: format the column as text and enter it again"
            )),
            Err(error) if text.len() < 14 && text.bytes().all(|b| b.is_ascii_digit()) => {
                // A spreadsheet that takes a GTIN for a number drops its zeros.
                let padded = [8, 12, 13, 14].into_iter().filter(|length| *length > text.len());
                let whole =
                    padded.map(|length| format!("{text:0>length$}")).find(|text| Gtin::parse(text).is_ok());
                let hint = whole.map(|text| format!(" (did it lose leading zeros? `{text}` would be right)"));
                self.problems.push(format!("{error}{}", hint.unwrap_or_default()));
            }
            Err(error) => self.problems.push(error.to_string()),
        }
        None
    }

    fn price(&mut self) -> Money {
        let zero = Money::zero(self.currency);
        let Some(text) = self.required("price") else { return zero };
        let pointed =
            if self.decimal_comma && !text.contains('.') { text.replacen(',', ".", 1) } else { text };
        self.take(Money::parse(&pointed, self.currency)).unwrap_or(zero)
    }

    fn per(&mut self) -> Measure {
        match self.required("per").as_deref() {
            Some("piece") | None => Measure::Piece,
            Some("kg") => Measure::Kilogram,
            Some(other) => {
                self.problems.push(format!("`per` is `{other}`: write `piece` or `kg`"));
                Measure::Piece
            }
        }
    }

    fn age_limit(&mut self) -> Option<u8> {
        let text = self.optional("age_limit")?;
        let age = text.parse().ok().filter(|age| (1..=AGE_MAX).contains(age));
        if age.is_none() {
            self.problems
                .push(format!("`age_limit` is `{text}`: write whole years from 1 to {AGE_MAX}, or nothing"));
        }
        age
    }

    fn archived(&mut self) -> bool {
        let Some(text) = self.optional("archived") else { return false };
        match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => true,
            "false" | "no" | "0" => false,
            _ => {
                self.problems.push(format!("`archived` is `{text}`: write `true`, `false` or nothing"));
                false
            }
        }
    }
}
