//! The lines of a document against the shop's products: what the database knows, put to `cloud_core::matching`.

use std::collections::BTreeMap;

use cloud_core::matching::{
    Assumption as Rests, Converted, Index, Known, Name, Pack, Scored, Unit, convert, name_key,
};
use cloud_docs::ParsedDocument;
use cloud_docs::document::{Field, Line};
use cloud_store::{KnownMatch, ProductFilter, Store, StoreError, StoreInfo, StoredProduct};
use domain::gtin::{Gtin, check_digit};
use domain::ids::OrgId;
use domain::quantity::Measure;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::facts::supplier_key;
use super::matching::{Assumption, Badge, Candidate, Conversion, LineMatch, Matches, Proposal};

/// From which probability on a line is known.
const SURE: f64 = 0.8;
/// From which on it is likely.
const LIKELY: f64 = 0.5;
/// Products that are shown for a line.
const CANDIDATES_MAX: usize = 5;
/// Products that are read at once.
const PAGE: u32 = 500;
/// How alike a name has to be to say something of the category.
const SAME_KIND: f64 = 0.35;

/// Everything that a document's lines are compared with.
pub(crate) struct Shop {
    products: Vec<StoredProduct>,
    index: Index,
    by_gtin: BTreeMap<Gtin, usize>,
    by_sku: BTreeMap<String, usize>,
    stores: Vec<StoreInfo>,
}

/// What was confirmed before, for one document's lines.
pub(crate) struct History {
    supplier: Option<String>,
    articles: Vec<KnownMatch>,
    names: Vec<KnownMatch>,
}

impl Shop {
    /// Reads the products that are sold.
    pub(crate) async fn load(store: &Store, org: &OrgId) -> Result<Self, StoreError> {
        let filter = ProductFilter { archived: Some(false), ..ProductFilter::default() };
        let mut products: Vec<StoredProduct> = Vec::new();
        loop {
            let after = products.last().map(|last| last.product.id.clone());
            let page = store.products(org, &filter, after.as_ref(), PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            products.extend(page);
            if is_last {
                break;
            }
        }
        let stores = store.stores(org).await?;
        let index =
            Index::new(products.iter().map(|one| one.product.name.0.values().map(String::as_str).collect()));
        let numbered = || products.iter().enumerate();
        let by_gtin = numbered().filter_map(|(at, one)| Some((one.product.gtin?, at))).collect();
        let by_sku = numbered().map(|(at, one)| (one.product.sku.clone(), at)).collect();
        Ok(Self { index, by_gtin, by_sku, stores, products })
    }

    /// What each line is. `named_max` lines are compared by name, which takes time with many products.
    pub(crate) fn matches(&self, parsed: &ParsedDocument, history: &History, named_max: usize) -> Matches {
        let lines = (0_u32..).zip(&parsed.lines).map(|(number, line)| {
            let by_name = (number as usize) < named_max;
            self.match_line(parsed, number, line, history, by_name)
        });
        Matches { lines: lines.collect() }
    }

    /// A product by its id.
    pub(crate) fn product(&self, id: &str) -> Option<&StoredProduct> {
        self.place(id).map(|at| &self.products[at])
    }

    /// What a person said a line is. The factor is the person's, or what would have been proposed.
    pub(crate) fn confirmed(
        &self,
        line: &Line,
        proposed: LineMatch,
        product: &str,
        factor_thousandths: Option<i64>,
        history: &History,
    ) -> LineMatch {
        let place = self.place(product);
        let conversion = place.and_then(|at| match factor_thousandths {
            Some(factor_thousandths) => Some(self.said(line, at, factor_thousandths)),
            None => self.conversion(line, &read_name(line), at, history, false),
        });
        LineMatch {
            badge: Badge::Confirmed,
            probability: 1.0,
            product: Some(product.to_owned()),
            conversion,
            proposal: None,
            ..proposed
        }
    }

    fn place(&self, id: &str) -> Option<usize> {
        // Read in the order of their ids.
        self.products.binary_search_by(|one| one.product.id.as_str().cmp(id)).ok()
    }

    fn match_line(
        &self,
        parsed: &ParsedDocument,
        number: u32,
        line: &Line,
        history: &History,
        by_name: bool,
    ) -> LineMatch {
        let name = read_name(line);
        let known = self.known(line, history);
        let compared = if by_name { name.clone() } else { Name { words: Vec::new(), pack: name.pack } };
        let found = self.index.candidates(&compared, &known, CANDIDATES_MAX);
        let best = found.first();
        let probability = best.map_or(0.0, |best| best.probability);
        let badge = match probability {
            SURE.. => Badge::Sure,
            LIKELY.. => Badge::Likely,
            _ => Badge::New,
        };
        let product = best.filter(|_| badge != Badge::New);
        let is_case = product.is_some_and(|best| best.because.contains(&Known::CaseGtin));
        LineMatch {
            line: number,
            badge,
            probability: rounded(probability),
            product: product.map(|best| self.products[best.product].product.id.to_string()),
            conversion: product.and_then(|best| self.conversion(line, &name, best.product, history, is_case)),
            proposal: product.is_none().then(|| self.proposal(parsed, line, &name, &found)),
            candidates: found.iter().map(|one| self.candidate(one)).collect(),
        }
    }

    /// What numbers and history say a line is.
    fn known(&self, line: &Line, history: &History) -> Vec<(usize, Known)> {
        let mut known = Vec::new();
        if let Some(gtin) = gtin(line) {
            if let Some(at) = self.by_gtin.get(&gtin) {
                known.push((*at, Known::Gtin));
            } else if let Some(at) = inner_of(gtin).and_then(|inner| self.by_gtin.get(&inner)) {
                known.push((*at, Known::CaseGtin));
            }
        }
        if let Some(at) = text(&line.buyer_article).and_then(|article| self.by_sku.get(article)) {
            known.push((*at, Known::Article));
        }
        let said = |one: &&KnownMatch| self.place(one.product.as_str());
        if let Some(at) = history.of_article(line).as_ref().and_then(said) {
            known.push((at, Known::History));
        }
        if let Some(one) = history.of_name(line)
            && let Some(at) = self.place(one.product.as_str())
        {
            let own = history.supplier.as_deref() == Some(one.supplier_key.as_str());
            known.push((at, if own { Known::History } else { Known::OthersHistory }));
        }
        known
    }

    fn candidate(&self, scored: &Scored) -> Candidate {
        let product = &self.products[scored.product].product;
        Candidate {
            product: product.id.to_string(),
            name: product.name.get("en").to_owned(),
            sku: product.sku.clone(),
            gtin: product.gtin.map(|gtin| gtin.to_string()),
            probability: rounded(scored.probability),
            because: scored.because.iter().map(|kind| kind.code().to_owned()).collect(),
        }
    }

    fn conversion(
        &self,
        line: &Line,
        name: &Name,
        product: usize,
        history: &History,
        is_case: bool,
    ) -> Option<Conversion> {
        let unit = if is_case { Unit::Case } else { unit(line) };
        let id = self.products[product].product.id.as_str();
        let learnt = history.factor(line, id);
        let stock = self.products[product].product.price.per;
        let converted = convert(unit, name.pack, self.index.pack(product), stock, learnt)?;
        let assumption = Assumption {
            code: converted.assumption.code().to_owned(),
            message: format!(
                "1 {} = {} {}, {}",
                unit_word(line),
                thousandths(converted.factor_thousandths),
                stock_word(stock, converted.factor_thousandths),
                converted.assumption.reason()
            ),
        };
        Some(self.converted(line, product, converted, assumption))
    }

    fn said(&self, line: &Line, product: usize, factor_thousandths: i64) -> Conversion {
        let converted = Converted { factor_thousandths, assumption: Rests::Learnt };
        let assumption = Assumption { code: "person".to_owned(), message: "as a person said".to_owned() };
        self.converted(line, product, converted, assumption)
    }

    fn converted(
        &self,
        line: &Line,
        product: usize,
        converted: Converted,
        assumption: Assumption,
    ) -> Conversion {
        let factor = Decimal::new(converted.factor_thousandths, 3);
        let whole = line.quantity.as_ref().and_then(|quantity| quantity.value.checked_mul(factor));
        let whole = whole.filter(|all| all.is_integer() && all.is_sign_positive() && !all.is_zero());
        let stock = self.products[product].product.price.per;
        Conversion {
            factor: factor.normalize().to_string(),
            unit: if stock == Measure::Piece { "piece" } else { "g" }.to_owned(),
            quantity: whole.and_then(|all| all.to_u64()),
            assumption,
        }
    }

    fn proposal(&self, parsed: &ParsedDocument, line: &Line, name: &Name, alike: &[Scored]) -> Proposal {
        let by_weight = matches!(unit(line), Unit::Weight(_)) && name.pack.content.is_none();
        Proposal {
            name: text(&line.name).or_else(|| text(&line.description)).unwrap_or_default().to_owned(),
            gtin: gtin(line).map(|gtin| gtin.to_string()),
            unit: if by_weight { "kg" } else { "piece" }.to_owned(),
            cost: cost_of_one(line, name.pack).map(|cost| cost.round_dp(4).normalize().to_string()),
            currency: parsed.currency.as_ref().map(|currency| currency.value.clone()),
            tax_code: line.tax_rate.as_ref().and_then(|rate| self.tax_code(rate.value)),
            category: alike
                .iter()
                .filter(|one| one.likeness >= SAME_KIND)
                .find_map(|one| self.products[one.product].category.clone()),
        }
    }

    /// The code that every store which has the rate gives it.
    fn tax_code(&self, percent: Decimal) -> Option<String> {
        let basis_points = percent.checked_mul(Decimal::ONE_HUNDRED)?.to_u32()?;
        let rates = self.stores.iter().flat_map(|store| &store.details.taxes.rates);
        let mut codes: Vec<&str> = rates
            .filter(|(_, rate)| rate.basis_points == basis_points)
            .map(|(code, _)| code.as_str())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        match codes.as_slice() {
            [only] => Some((*only).to_owned()),
            _ => None,
        }
    }
}

impl History {
    /// Reads what was confirmed of the lines of a document.
    pub(crate) async fn load(
        store: &Store,
        org: &OrgId,
        parsed: &ParsedDocument,
    ) -> Result<Self, StoreError> {
        let supplier = supplier_key(&parsed.supplier);
        let mut articles: Vec<String> =
            parsed.lines.iter().filter_map(|line| text(&line.supplier_article)).map(str::to_owned).collect();
        let mut names: Vec<String> =
            parsed.lines.iter().map(line_key).filter(|key| !key.is_empty()).collect();
        for keys in [&mut articles, &mut names] {
            keys.sort_unstable();
            keys.dedup();
        }
        let articles = match &supplier {
            Some(supplier) => store.known_articles(org, supplier, &articles).await?,
            None => Vec::new(),
        };
        Ok(Self { articles, names: store.known_names(org, &names).await?, supplier })
    }

    /// The newest that was confirmed for the supplier's article, unless the number stands for something else by now.
    fn of_article(&self, line: &Line) -> Option<&KnownMatch> {
        let article = text(&line.supplier_article)?;
        let key = line_key(line);
        self.articles.iter().find(|one| one.article == article && shares_a_word(&one.name_key, &key))
    }

    /// The newest that was confirmed for a line of this name: of this supplier, else of another.
    fn of_name(&self, line: &Line) -> Option<&KnownMatch> {
        let key = line_key(line);
        let key = &key[..key.floor_char_boundary(cloud_store::MATCH_KEY_MAX_LEN)];
        let mut same = self.names.iter().filter(|one| !key.is_empty() && one.name_key == key);
        let first = same.clone().next();
        same.find(|one| Some(one.supplier_key.as_str()) == self.supplier.as_deref()).or(first)
    }

    /// What one unit of the line was confirmed to be, for this supplier and unit.
    fn factor(&self, line: &Line, product: &str) -> Option<i64> {
        let unit = unit_key(line);
        let own = |one: &&KnownMatch| Some(one.supplier_key.as_str()) == self.supplier.as_deref();
        let found = self.of_article(line).into_iter().chain(self.of_name(line).filter(own));
        let mut fits = found.filter(|one| one.product.as_str() == product && one.unit == unit);
        fits.next().map(|one| one.factor_thousandths)
    }
}

/// What lines of the same thing have in common.
pub(crate) fn line_key(line: &Line) -> String {
    name_key(text(&line.name).or_else(|| text(&line.description)).unwrap_or_default())
}

/// Whether two names have anything in common; a name that is not there contradicts nothing.
fn shares_a_word(one: &str, other: &str) -> bool {
    one.is_empty() || other.is_empty() || one.split(' ').any(|word| other.split(' ').any(|same| same == word))
}

/// The unit by which a factor is remembered.
pub(crate) fn unit_key(line: &Line) -> String {
    let unit = line.unit_code.as_deref().or_else(|| text(&line.unit)).unwrap_or_default();
    unit.trim().trim_end_matches('.').to_lowercase()
}

/// A field's text without blanks around it, where there is any.
pub(crate) fn text(field: &Option<Field<String>>) -> Option<&str> {
    field.as_ref().map(|field| field.value.trim()).filter(|text| !text.is_empty())
}

fn read_name(line: &Line) -> Name {
    let mut name = Name::read(text(&line.name).or_else(|| text(&line.description)).unwrap_or_default());
    if let Some(more) = text(&line.description) {
        let more = Name::read(more).pack;
        name.pack.pieces = name.pack.pieces.or(more.pieces);
        name.pack.content = name.pack.content.or(more.content);
    }
    name
}

fn unit(line: &Line) -> Unit {
    match Unit::read(line.unit_code.as_deref().unwrap_or_default()) {
        Unit::Other | Unit::Piece => Unit::read(text(&line.unit).unwrap_or_default()),
        known => known,
    }
}

fn unit_word(line: &Line) -> String {
    match unit(line) {
        Unit::Piece => "piece".to_owned(),
        Unit::Case => "case".to_owned(),
        Unit::Pieces(_) | Unit::Weight(_) | Unit::Volume(_) | Unit::Other => {
            text(&line.unit).or(line.unit_code.as_deref()).unwrap_or("unit").chars().take(20).collect()
        }
    }
}

fn stock_word(stock: Measure, factor_thousandths: i64) -> &'static str {
    match (stock, factor_thousandths) {
        (Measure::Kilogram, _) => "g",
        (Measure::Piece, 1000) => "piece",
        (Measure::Piece, _) => "pieces",
    }
}

fn thousandths(value: i64) -> String {
    Decimal::new(value, 3).normalize().to_string()
}

fn gtin(line: &Line) -> Option<Gtin> {
    let digits: String = text(&line.gtin)?.chars().filter(char::is_ascii_digit).collect();
    Gtin::parse(&digits).ok()
}

/// The GTIN of what is in a case: a GTIN-14 whose first digit says the packing level has the item's digits behind it (GS1 General
/// Specifications, 2.1.7).
fn inner_of(case: Gtin) -> Option<Gtin> {
    let text = case.to_string();
    if !('1'..='8').contains(&text.chars().next()?) {
        return None;
    }
    let mut digits: Vec<u8> = text.bytes().map(|digit| digit - b'0').take(13).collect();
    digits[0] = 0;
    let body: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    Gtin::parse(&format!("{body}{}", check_digit(&digits))).ok()
}

/// What one piece or kilogram costs without tax.
fn cost_of_one(line: &Line, pack: Pack) -> Option<Decimal> {
    let basis = line.price_basis.as_ref().map_or(Decimal::ONE, |basis| basis.value);
    let price = line.unit_price.as_ref()?.value.checked_div(basis)?;
    match unit(line) {
        Unit::Case => price.checked_div(Decimal::from(pack.pieces?)),
        Unit::Pieces(count) => price.checked_div(Decimal::from(count)),
        Unit::Weight(milligrams) => {
            price.checked_mul(Decimal::from(1_000_000))?.checked_div(Decimal::from(milligrams))
        }
        Unit::Piece => Some(price),
        Unit::Volume(_) | Unit::Other => None,
    }
}

/// Three places tell enough, and the same document then has the same answer on every machine.
fn rounded(probability: f64) -> f64 {
    (probability * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_knows_what_is_in_it() {
        let item = Gtin::parse("4006381333931").unwrap();
        let case = Gtin::parse("14006381333938").unwrap();
        assert_eq!(inner_of(case), Some(item));
        assert_eq!(inner_of(item), None);
    }
}
