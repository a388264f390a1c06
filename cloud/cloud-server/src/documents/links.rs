//! Whom a document is from among the shop's suppliers, and which of the shop's orders it is for.

use cloud_docs::ParsedDocument;
use cloud_docs::document::Field;
use cloud_store::{PurchaseOrder, Store, StoreError, Supplier, SupplierMarks};
use domain::ids::OrgId;

/// What a document belongs to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    /// The supplier, found by its numbers, else by its name.
    pub(crate) supplier: Option<Supplier>,
    /// The order that it names, if that is one of the supplier's.
    pub(crate) order: Option<PurchaseOrder>,
}

/// Finds them. A number alone is no order: suppliers number theirs too, so the order has to be the supplier's.
pub(crate) async fn links(store: &Store, org: &OrgId, said: &ParsedDocument) -> Result<Links, StoreError> {
    let text = |field: &Option<Field<String>>| field.as_ref().map(|field| field.value.clone());
    let party = &said.supplier;
    let marks = SupplierMarks {
        tax_id: text(&party.tax_id),
        gln: text(&party.gln),
        registration_id: text(&party.registration_id),
        iban: text(&party.iban),
        name: text(&party.name),
    };
    let suppliers = store.find_suppliers(org, &marks).await?;
    let number = said.order_number.as_ref().and_then(|field| order_number(&field.value));
    let order = match number {
        None => None,
        Some(number) => match store.purchase_order_by_number(org, number).await {
            Ok(order) => Some(order),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        },
    };
    let order = order.filter(|order| suppliers.iter().any(|one| one.id == order.order.supplier));
    // Where two share a number, the order says which it is.
    let ordered_from = order.as_ref().map(|order| order.order.supplier);
    let supplier = match ordered_from {
        Some(id) => suppliers.into_iter().find(|one| one.id == id),
        None => suppliers.into_iter().next(),
    };
    Ok(Links { supplier, order })
}

/// The number of one of our orders in what a supplier wrote: `PO-000012`, `12`, `Bestellung PO-000012`.
fn order_number(text: &str) -> Option<u64> {
    let mut runs = text.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty());
    match (runs.next(), runs.next()) {
        (Some(only), None) => only.parse().ok().filter(|number| *number > 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number_of_an_order_as_people_write_it() {
        for (text, expected) in [
            ("PO-000012", Some(12)),
            ("12", Some(12)),
            ("Bestellung PO-000012", Some(12)),
            ("4500/12", None),
            ("", None),
            ("0", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(order_number(text), expected, "{text}");
        }
    }
}
