//! What a supplier's documents share: its own data, its currency, and what it mostly sends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::{self, DocumentKind, ParsedDocument, Party};
use crate::evaluate::printed::squash;

/// What the supplier never changes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Constants {
    /// The supplier's own data, by name.
    supplier: BTreeMap<String, String>,
    currency: Option<String>,
    kind: Option<DocumentKind>,
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
    pub(super) fn of(corrected: &ParsedDocument) -> Self {
        let mut party = corrected.supplier.clone();
        let mut supplier = BTreeMap::new();
        for (name, field) in OF_SUPPLIER {
            if let Some(known) = field(&mut party) {
                supplier.insert(name.to_owned(), known.value.clone());
            }
        }
        let currency = corrected.currency.as_ref().map(|currency| currency.value.clone());
        Self { supplier, currency, kind: corrected.kind.as_ref().map(|kind| kind.value) }
    }

    pub(super) fn put(&self, document: &mut ParsedDocument) {
        for (name, field) in OF_SUPPLIER {
            let place = field(&mut document.supplier);
            if let Some(value) = self.supplier.get(name)
                && place.as_ref().is_none_or(|read| squash(&read.value) != squash(value))
            {
                *place = Some(constant(value.clone()));
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
        let own = self.supplier.get("name").map(|name| squash(name));
        if document.buyer.name.as_ref().is_some_and(|buyer| Some(squash(&buyer.value)) == own) {
            document.buyer.name = None;
        }
    }
}

fn constant<T>(value: T) -> document::Field<T> {
    document::Field { value, confidence: super::SURE, origin: document::Origin::Learnt, place: None }
}
