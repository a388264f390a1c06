//! What can be found of a thing, made of what the database knows of it.

use std::collections::{BTreeMap, BTreeSet};

use cloud_core::search::{Entry, EntryKind};
use cloud_store::{
    EventNote, ProductFilter, SearchWrite, Store, StoreError, StoredProduct, Supplier, SupplierId,
};
use domain::ids::{OrgId, ProductId};

use crate::products::event::PRODUCT_TOPIC;
use uuid::Uuid;

/// Topics whose events say that something may be other than before, with what their keys name.
pub(super) const TOPICS: [(&str, EntryKind); 1] = [(PRODUCT_TOPIC, EntryKind::Product)];

/// Kinds of things that are compared when everything is.
pub(super) const KINDS: [EntryKind; 2] = [EntryKind::Product, EntryKind::Supplier];

/// What the events name, as the entries that there are to be now, organisation by organisation.
pub(super) async fn named(
    store: &Store,
    notes: &[EventNote],
) -> Result<BTreeMap<OrgId, Vec<SearchWrite>>, StoreError> {
    let mut named: BTreeMap<(&OrgId, EntryKind), BTreeSet<&str>> = BTreeMap::new();
    for note in notes {
        if let Some((_, kind)) = TOPICS.iter().find(|(topic, _)| *topic == note.topic) {
            named.entry((&note.org, *kind)).or_default().insert(&note.key);
        }
    }
    let mut writes: BTreeMap<OrgId, Vec<SearchWrite>> = BTreeMap::new();
    for ((org, kind), ids) in named {
        let these = of_ids(store, org, kind, ids.into_iter()).await?;
        writes.entry(org.clone()).or_default().extend(these);
    }
    Ok(writes)
}

/// A page of an organisation's things of a kind in order of id, those behind `after`.
pub(super) async fn page(
    store: &Store,
    org: &OrgId,
    kind: EntryKind,
    after: &str,
    limit: u32,
) -> Result<Vec<SearchWrite>, StoreError> {
    match kind {
        EntryKind::Product => {
            // What was stored as an id is one.
            let after = ProductId::new(after).ok();
            let found = store.products(org, &ProductFilter::default(), after.as_ref(), limit).await?;
            Ok(found.iter().map(product).collect())
        }
        EntryKind::Supplier => {
            let after = Uuid::parse_str(after).ok().map(SupplierId);
            let mut found = store.suppliers(org, false, after, limit).await?;
            found.extend(store.suppliers(org, true, after, limit).await?);
            // Ids as text sort as their bytes do.
            found.sort_by_key(|supplier| supplier.id);
            found.truncate(limit as usize);
            Ok(found.iter().map(supplier).collect())
        }
        EntryKind::Document => Ok(Vec::new()),
    }
}

/// The entry of a supplier, which is archived but never removed.
pub(super) async fn of_supplier(
    store: &Store,
    org: &OrgId,
    id: SupplierId,
) -> Result<SearchWrite, StoreError> {
    Ok(supplier(&store.supplier(org, id).await?))
}

async fn of_ids(
    store: &Store,
    org: &OrgId,
    kind: EntryKind,
    ids: impl Iterator<Item = &str>,
) -> Result<Vec<SearchWrite>, StoreError> {
    match kind {
        EntryKind::Product => {
            let ids: Vec<ProductId> = ids.filter_map(|id| ProductId::new(id).ok()).collect();
            let found = store.products_of(org, &ids).await?;
            let there: BTreeSet<&ProductId> = found.iter().map(|stored| &stored.product.id).collect();
            let gone = ids.iter().filter(|id| !there.contains(id));
            let gone = gone.map(|id| SearchWrite { kind, id: id.to_string(), entry: None });
            Ok(found.iter().map(product).chain(gone).collect())
        }
        EntryKind::Supplier | EntryKind::Document => Ok(Vec::new()),
    }
}

fn supplier(stored: &Supplier) -> SearchWrite {
    let details = &stored.details;
    let marks = [&details.tax_id, &details.registration_id, &details.gln, &details.iban];
    let contacts =
        details.contacts.iter().flat_map(|contact| [contact.name.as_str(), contact.email.as_str()]);
    let text = [details.address.as_str(), details.country.as_str()].into_iter().chain(contacts);
    let entry = Entry {
        names: [(details.language.clone(), details.name.clone())].into(),
        numbers: marks.into_iter().flatten().cloned().collect(),
        text: text.collect::<Vec<_>>().join(" "),
        archived: stored.archived,
        ..Entry::default()
    };
    SearchWrite { kind: EntryKind::Supplier, id: stored.id.to_string(), entry: Some(entry) }
}

fn product(stored: &StoredProduct) -> SearchWrite {
    let product = &stored.product;
    let numbers = [product.gtin.map(|gtin| gtin.to_string()), product.plu.map(|plu| plu.to_string())];
    let numbers = numbers.into_iter().flatten().chain([product.sku.clone()]).collect();
    let entry = Entry {
        names: product.name.0.clone(),
        category: stored.category.clone().unwrap_or_default(),
        numbers,
        archived: product.archived,
        ..Entry::default()
    };
    SearchWrite { kind: EntryKind::Product, id: product.id.to_string(), entry: Some(entry) }
}
