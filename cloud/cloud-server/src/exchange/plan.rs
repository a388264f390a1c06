//! What a file would change: each row compared with the products that there are.
//!
//! Pure: the same file and the same products give the same plan. Only what changes something is kept of it, so that the plan of a file
//! that was sent before is empty.

use std::collections::{BTreeMap, HashMap, HashSet};

use cloud_core::cleaning::{self, Finding, Item};
use cloud_docs::catalogue::{CatalogueFile, CatalogueRecord, CatalogueRow};
use cloud_docs::notes::{self, Note};
use cloud_store::{
    Category, ImportCounts, ImportOutcome, ImportRow, MatchBy, MissingProducts, StoreInfo, StoredProduct,
};
use domain::gtin::Gtin;
use domain::ids::ProductId;
use domain::quantity::UnitPrice;

use super::check::{item_of_product, item_of_record};
use super::lay::{Change, Laid, PRICE, PRICE_FIELDS, Terms, changes, lay};
use super::reasons::{Reason, key_missing, number_taken, product_is_another, row_twice};
use crate::products::registration::{Fields, product_id};

/// Longest text that a row is shown by, in characters.
const LABEL_MAX_CHARS: usize = 120;

/// What there is before.
#[derive(Debug, Default)]
pub(crate) struct Present {
    /// Every product, archived ones too.
    pub(crate) products: Vec<StoredProduct>,
    /// Every category.
    pub(crate) categories: Vec<Category>,
    /// The stores.
    pub(crate) stores: Vec<StoreInfo>,
    /// What products cost before, the latest first.
    pub(crate) past: HashMap<ProductId, Vec<UnitPrice>>,
    /// Prices that are to count from the moment from which the file's are to.
    pub(crate) to_come: HashMap<ProductId, UnitPrice>,
}

/// How the file is to be understood.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) match_by: MatchBy,
    pub(crate) missing: MissingProducts,
    pub(crate) language: String,
}

/// What a file would change.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What changes something, and what is left out.
    pub(crate) rows: Vec<ImportRow>,
    pub(crate) counts: ImportCounts,
    /// The catalogue as it would be, which findings are about.
    pub(crate) items: Vec<Item>,
    pub(crate) findings: Vec<Finding>,
    /// What to mind.
    pub(crate) notes: Vec<Note>,
}

/// Compares a file with what there is.
pub(crate) fn plan(file: CatalogueFile, present: &Present, options: &Options) -> Plan {
    let mut planner = Planner::new(present, options);
    let mut plan = Plan { notes: file.notes, ..Plan::default() };
    if !file.unknown_columns.is_empty() {
        let names: Vec<String> = file.unknown_columns.iter().map(|name| format!("`{name}`")).collect();
        plan.notes.push(notes::columns_unknown(names.join(", ")));
    }
    plan.counts.rows = file.rows.len() as u64;
    for row in file.rows {
        planner.row(row, &mut plan);
    }
    let mut retire = options.missing == MissingProducts::Retire;
    if retire && file.is_partial {
        plan.notes.push(notes::only_changes());
        retire = false;
    }
    planner.rest(retire, &mut plan);
    plan.findings = cleaning::report(&plan.items);
    plan.counts.findings = plan.findings.len() as u64;
    plan
}

struct Planner<'a> {
    present: &'a Present,
    options: &'a Options,
    by_id: HashMap<&'a ProductId, usize>,
    by_gtin: HashMap<Gtin, usize>,
    by_sku: HashMap<&'a str, usize>,
    /// Whose each number is once the rows so far are applied: its kind, as text.
    numbers: HashMap<(Number, String), ProductId>,
    families: BTreeMap<String, String>,
    /// Products that a row speaks of, and which.
    spoken: HashMap<ProductId, u32>,
    /// Products that only rows speak of that were left out.
    left_out: HashSet<&'a ProductId>,
}

/// A number that only one product has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Number {
    /// The article number.
    Sku,
    /// The GTIN.
    Gtin,
    /// The PLU.
    Plu,
}

impl<'a> Planner<'a> {
    fn new(present: &'a Present, options: &'a Options) -> Self {
        let products = present.products.iter().enumerate();
        let mut planner = Self {
            present,
            options,
            by_id: products.clone().map(|(at, stored)| (&stored.product.id, at)).collect(),
            by_gtin: products.clone().filter_map(|(at, stored)| Some((stored.product.gtin?, at))).collect(),
            by_sku: products.clone().map(|(at, stored)| (stored.product.sku.as_str(), at)).collect(),
            numbers: HashMap::new(),
            families: present.categories.iter().map(|one| (one.name.clone(), one.family.clone())).collect(),
            spoken: HashMap::new(),
            left_out: HashSet::new(),
        };
        for stored in &present.products {
            for number in numbers_of(&stored.product) {
                planner.numbers.insert(number, stored.product.id.clone());
            }
        }
        planner
    }

    fn row(&mut self, row: CatalogueRow, plan: &mut Plan) {
        let CatalogueRow { number, record, problem } = row;
        let planned = match problem {
            Some(problem) => {
                // Who it is about may be known all the same.
                let known = self.find(&record).ok().flatten();
                self.left_out.extend(known.map(|at| &self.present.products[at].product.id));
                Err(problem.into())
            }
            None => self.compare(number, &record),
        };
        match planned {
            Ok((known, laid, changes)) => {
                let past = self.present.past.get(&laid.product.id).map_or(&[][..], Vec::as_slice);
                let mut item =
                    item_of_product(&laid.product, known, laid.category.as_ref(), past, &self.present.stores);
                item.row = Some(number);
                item.content.clone_from(&record.content);
                item.cost_minor = cost(&record, &laid);
                plan.items.push(item);
                if changes.is_empty() {
                    plan.counts.unchanged += 1;
                    return;
                }
                let outcome = if known.is_some() { ImportOutcome::Changed } else { ImportOutcome::New };
                match outcome {
                    ImportOutcome::New => plan.counts.new += 1,
                    _ => plan.counts.changed += 1,
                }
                let id = laid.product.id.clone();
                push(plan, Some(number), outcome, Some(id), &record, &changes, None);
            }
            Err(reason) => {
                plan.items.push(item_of_record(number, &record));
                plan.counts.left_out += 1;
                push(plan, Some(number), ImportOutcome::LeftOut, None, &record, &[], Some(&reason));
            }
        }
    }

    /// The product that a row is about, as it is and as the row would have it.
    fn compare(
        &mut self,
        number: u32,
        record: &CatalogueRecord,
    ) -> Result<(Option<&'a StoredProduct>, Laid, Vec<Change>), Reason> {
        let known = self.find(record)?.map(|at| &self.present.products[at]);
        let settled = self.settle(number, record, known);
        // The file has the product, whatever is wrong with its row: it is not gone.
        if let (Err(_), Some(stored)) = (&settled, known) {
            self.left_out.insert(&stored.product.id);
        }
        settled
    }

    fn settle(
        &mut self,
        number: u32,
        record: &CatalogueRecord,
        known: Option<&'a StoredProduct>,
    ) -> Result<(Option<&'a StoredProduct>, Laid, Vec<Change>), Reason> {
        let id = match known {
            Some(stored) => stored.product.id.clone(),
            None => new_id(record)?,
        };
        if known.is_none() && self.by_id.contains_key(&id) {
            return Err(product_is_another(id));
        }
        if let Some(earlier) = self.spoken.get(&id) {
            return Err(row_twice(earlier, id));
        }
        let terms = Terms { stores: &self.present.stores, language: &self.options.language };
        let mut laid = lay(record, id.clone(), known.map(|stored| &stored.product), terms)?;
        self.claim(known, &laid)?;
        self.spoken.insert(id, number);
        let mut changes = changes(known, &laid);
        self.settle_family(&mut laid, &mut changes);
        self.settle_later_price(record, &laid, &mut changes);
        Ok((known, laid, changes))
    }

    fn find(&self, record: &CatalogueRecord) -> Result<Option<usize>, Reason> {
        let text = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (id, gtin) = (text(&record.id), text(&record.gtin));
        let sku = record.sku.as_deref().filter(|sku| !sku.trim().is_empty());
        let by_id = || {
            let id = id.as_deref().and_then(|id| ProductId::new(id).ok());
            id.and_then(|id| self.by_id.get(&id).copied())
        };
        let by_gtin = || {
            gtin.as_deref()
                .and_then(|gtin| Gtin::parse(gtin).ok())
                .and_then(|gtin| self.by_gtin.get(&gtin).copied())
        };
        let by_sku = || sku.and_then(|sku| self.by_sku.get(sku).copied());
        match self.options.match_by {
            MatchBy::Any => Ok(by_id().or_else(by_gtin).or_else(by_sku)),
            MatchBy::Id if id.is_none() => Err(key_missing("id")),
            MatchBy::Gtin if gtin.is_none() => Err(key_missing("gtin")),
            MatchBy::Sku if sku.is_none() => Err(key_missing("sku")),
            MatchBy::Id => Ok(by_id()),
            MatchBy::Gtin => Ok(by_gtin()),
            MatchBy::Sku => Ok(by_sku()),
        }
    }

    /// Takes the numbers that the product is to have, unless another has one of them by then.
    fn claim(&mut self, known: Option<&StoredProduct>, laid: &Laid) -> Result<(), Reason> {
        let id = &laid.product.id;
        for (kind, number) in numbers_of(&laid.product) {
            let key = (kind, number);
            if let Some(other) = self.numbers.get(&key).filter(|other| *other != id) {
                return Err(number_taken(kind.field(), &key.1, other));
            }
        }
        for number in known.iter().flat_map(|stored| numbers_of(&stored.product)) {
            self.numbers.remove(&number);
        }
        for number in numbers_of(&laid.product) {
            self.numbers.insert(number, id.clone());
        }
        Ok(())
    }

    /// A family changes once, with the first row that says so.
    fn settle_family(&mut self, laid: &mut Laid, changes: &mut Vec<Change>) {
        let Some(category) = &mut laid.category else { return };
        if category.family.is_empty() {
            return;
        }
        let before = self.families.insert(category.name.clone(), category.family.clone());
        if before.as_ref() != Some(&category.family) {
            let from = before.filter(|family| !family.is_empty());
            changes.push(Change { field: "family".to_owned(), from, to: Some(category.family.clone()) });
        }
    }

    /// Prices of later are compared with what is to count from that moment already, where something is.
    fn settle_later_price(&self, record: &CatalogueRecord, laid: &Laid, changes: &mut Vec<Change>) {
        let to_come = self.present.to_come.get(&laid.product.id).filter(|_| record.price.is_some());
        let Some(to_come) = to_come else { return };
        if *to_come == laid.product.price {
            changes.retain(|change| !PRICE_FIELDS.contains(&change.field.as_str()));
        } else if changes.iter().all(|change| change.field != PRICE) {
            let shown = |price: UnitPrice| {
                let text = price.amount.to_string();
                text.split(' ').next().map(str::to_owned)
            };
            let (from, to) = (shown(*to_come), shown(laid.product.price));
            changes.push(Change { field: PRICE.to_owned(), from, to });
        }
    }

    /// What the file says nothing of: it is looked at beside it, and archived where that is asked for.
    fn rest(&self, retire: bool, plan: &mut Plan) {
        for stored in
            self.present.products.iter().filter(|stored| !self.spoken.contains_key(&stored.product.id))
        {
            if stored.product.archived {
                continue;
            }
            if retire && !self.left_out.contains(&stored.product.id) {
                let change = Change { field: "archived".to_owned(), from: None, to: Some("true".to_owned()) };
                let record = CatalogueRecord {
                    archived: Some("true".to_owned()),
                    sku: Some(stored.product.sku.clone()),
                    names: stored.product.name.0.clone().into_iter().take(1).collect(),
                    ..CatalogueRecord::default()
                };
                let id = Some(stored.product.id.clone());
                push(plan, None, ImportOutcome::Retired, id, &record, &[change], None);
                plan.counts.retired += 1;
                continue;
            }
            let past = self.present.past.get(&stored.product.id).map_or(&[][..], Vec::as_slice);
            plan.items.push(item_of_product(&stored.product, Some(stored), None, past, &self.present.stores));
        }
    }
}

impl Number {
    /// The field that it stands in.
    fn field(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::Gtin => "gtin",
            Self::Plu => "plu",
        }
    }
}

fn numbers_of(product: &domain::product::Product) -> impl Iterator<Item = (Number, String)> + use<> {
    let sku = Some((Number::Sku, product.sku.clone()));
    let gtin = product.gtin.map(|gtin| (Number::Gtin, gtin.to_string()));
    let plu = product.plu.map(|plu| (Number::Plu, plu.to_string()));
    [sku, gtin, plu].into_iter().flatten()
}

/// The id of a product that nobody knows yet: the row's own, else one that follows from its article number or name.
fn new_id(record: &CatalogueRecord) -> Result<ProductId, Reason> {
    let id = record.id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    let name = record.names.values().next().map(String::as_str);
    let fields = Fields { id, sku: record.sku.as_deref(), name, ..Fields::default() };
    Ok(product_id(&fields)?)
}

/// What a row says that the product is bought for.
fn cost(record: &CatalogueRecord, laid: &Laid) -> Option<i64> {
    let currency = laid.product.price.amount.currency;
    let cost = record.cost.as_deref()?;
    domain::money::Money::parse(cost, currency).ok().map(|cost| cost.minor)
}

fn push(
    plan: &mut Plan,
    file_row: Option<u32>,
    outcome: ImportOutcome,
    product: Option<ProductId>,
    record: &CatalogueRecord,
    changes: &[Change],
    reason: Option<&Reason>,
) {
    let names = record.names.values().next();
    let label = names.or(record.sku.as_ref()).or(record.gtin.as_ref()).or(record.id.as_ref());
    let label = label.map_or_else(String::new, |text| text.chars().take(LABEL_MAX_CHARS).collect());
    plan.rows.push(ImportRow {
        number: plan.rows.len() as u64 + 1,
        file_row,
        outcome,
        product,
        label,
        said: serde_json::to_string(record).expect("it is text"),
        changes: serde_json::to_string(changes).expect("it is text"),
        problem: reason.map(Reason::written).unwrap_or_default(),
        done: false,
    });
}
