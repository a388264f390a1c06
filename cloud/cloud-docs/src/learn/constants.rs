//! What a supplier's documents share: its own data, its currency, and what it mostly sends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::document::{self, DocumentKind, ParsedDocument, Party};
use crate::evaluate::printed::squash;

/// What the supplier never changes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Constants {
    /// The supplier's own data, by name.
    supplier: BTreeMap<String, Constant>,
    currency: Option<String>,
    kind: Option<DocumentKind>,
}

/// Something of the supplier's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Constant {
    value: String,
    /// The corrected document prints it.
    is_printed: bool,
    /// It was read wrong before it was corrected.
    overrules: bool,
}

type PartyField = (&'static str, fn(&mut Party) -> &mut Option<document::Field<String>>);

/// The fields of a supplier that its documents share.
const OF_SUPPLIER: [PartyField; 9] = [
    ("name", |party| &mut party.name),
    ("tax_id", |party| &mut party.tax_id),
    ("registration_id", |party| &mut party.registration_id),
    ("gln", |party| &mut party.gln),
    ("address", |party| &mut party.address),
    ("country", |party| &mut party.country),
    ("email", |party| &mut party.email),
    ("phone", |party| &mut party.phone),
    ("iban", |party| &mut party.iban),
];

impl Constants {
    pub(super) fn of(rows: &Rows<'_>, corrected: &ParsedDocument, unaided: &ParsedDocument) -> Self {
        let (mut party, mut read) = (corrected.supplier.clone(), unaided.supplier.clone());
        let mut supplier = BTreeMap::new();
        for (name, field) in OF_SUPPLIER {
            if let Some(known) = field(&mut party) {
                let value = known.value.clone();
                let is_read =
                    field(&mut read).as_ref().is_some_and(|read| squash(&read.value) == squash(&value));
                let is_printed = rows.squashed.contains(&squash(&value));
                supplier.insert(name.to_owned(), Constant { value, is_printed, overrules: !is_read });
            }
        }
        let currency = corrected.currency.as_ref().map(|currency| currency.value.clone());
        Self { supplier, currency, kind: corrected.kind.as_ref().map(|kind| kind.value) }
    }

    pub(super) fn put(&self, rows: &Rows<'_>, document: &mut ParsedDocument) {
        for (name, field) in OF_SUPPLIER {
            let place = field(&mut document.supplier);
            let Some(known) = self.supplier.get(name) else { continue };
            let is_right = place.as_ref().is_some_and(|read| squash(&read.value) == squash(&known.value));
            // What was printed and now is not has changed.
            let holds = !known.is_printed || rows.squashed.contains(&squash(&known.value));
            if !is_right && holds && (place.is_none() || known.overrules) {
                *place = Some(constant(known.value.clone()));
            }
        }
        // A supplier may bill in two currencies and send credit notes: what the pages say goes first.
        if let (None, Some(currency)) = (&document.currency, &self.currency) {
            document.currency = Some(constant(currency.clone()));
        }
        if let (None, Some(kind)) = (&document.kind, self.kind) {
            document.kind = Some(constant(kind));
        }
        // What the supplier is, the buyer is not.
        let own = self.supplier.get("name").map(|name| squash(&name.value));
        if document.buyer.name.as_ref().is_some_and(|buyer| Some(squash(&buyer.value)) == own) {
            document.buyer.name = None;
        }
    }
}

fn constant<T>(value: T) -> document::Field<T> {
    document::Field { value, confidence: super::SURE, origin: document::Origin::Learnt, place: None }
}
