//! What can be found of a thing, made of what the database knows of it.

use std::collections::{BTreeMap, BTreeSet};

use cloud_core::families::FamilyField;
use cloud_core::search::{Entry, EntryKind};
use cloud_store::{
    DocumentId, DocumentState, EventNote, ProductFilter, SearchWrite, Store, StoreError, StoredDocument,
    StoredProduct, Supplier, SupplierId,
};
use domain::ids::{OrgId, ProductId};
use uuid::Uuid;

use crate::documents::event::DOCUMENT_TOPIC;
use crate::products::event::PRODUCT_TOPIC;

/// Topics whose events say that something may be other than before, with what their keys name.
pub(super) const TOPICS: [(&str, EntryKind); 2] =
    [(PRODUCT_TOPIC, EntryKind::Product), (DOCUMENT_TOPIC, EntryKind::Document)];

/// How much of what a document says it is found by, in bytes.
const DOCUMENT_TEXT_MAX_LEN: usize = 8 << 10;

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
            products(store, org, &found).await
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
        EntryKind::Document => {
            let after = Uuid::parse_str(after).ok().map(DocumentId);
            let found = store.documents_in_order(org, after, limit).await?;
            Ok(found.iter().map(document).collect())
        }
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
            Ok(products(store, org, &found).await?.into_iter().chain(gone).collect())
        }
        EntryKind::Document => {
            let ids = ids.filter_map(|id| Uuid::parse_str(id).ok().map(DocumentId));
            of_documents(store, org, &ids.collect::<Vec<_>>()).await
        }
        EntryKind::Supplier => Ok(Vec::new()),
    }
}

/// The entries of documents; those that were taken away have none.
pub(super) async fn of_documents(
    store: &Store,
    org: &OrgId,
    ids: &[DocumentId],
) -> Result<Vec<SearchWrite>, StoreError> {
    let found = store.documents_of(org, ids).await?;
    let there: BTreeSet<DocumentId> = found.iter().map(|stored| stored.id).collect();
    let gone = ids.iter().filter(|id| !there.contains(id));
    let gone = gone.map(|id| SearchWrite { kind: EntryKind::Document, id: id.to_string(), entry: None });
    Ok(found.iter().map(document).chain(gone).collect())
}

/// A document is called by its number and who sent it, and counted by its state. One that is not read yet, and a container whose
/// documents are found themselves, has no entry.
fn document(stored: &StoredDocument) -> SearchWrite {
    let facts = &stored.facts;
    let name = [&facts.number, &facts.supplier_name].into_iter().flatten().cloned().collect::<Vec<_>>();
    let name = if name.is_empty() { stored.file_name.clone() } else { name.join(" · ") };
    let numbers = facts.number.iter().cloned().chain(facts.issued.as_deref().into_iter().flat_map(days));
    let text = &facts.search_text[..facts.search_text.floor_char_boundary(DOCUMENT_TEXT_MAX_LEN)];
    let kind = facts.kind.as_deref().map_or("", kind_words);
    let entry = Entry {
        names: [(String::new(), name)].into(),
        brand: facts.supplier_name.clone().unwrap_or_default(),
        category: stored.state.as_str().to_owned(),
        numbers: numbers.collect(),
        text: format!("{kind} {text}"),
        store: Some(stored.store.as_ref().map(ToString::to_string).unwrap_or_default()),
        ..Entry::default()
    };
    let is_shown =
        !matches!(stored.state, DocumentState::Received | DocumentState::Reading | DocumentState::Split);
    SearchWrite { kind: EntryKind::Document, id: stored.id.to_string(), entry: is_shown.then_some(entry) }
}

/// A day as it is written, and as most people write it.
fn days(iso: &str) -> Vec<String> {
    let parts: Vec<&str> = iso.split('-').collect();
    match parts.as_slice() {
        [year, month, day] => vec![iso.to_owned(), format!("{day}.{month}.{year}")],
        _ => vec![iso.to_owned()],
    }
}

/// What people call a kind of document, in both languages.
fn kind_words(kind: &str) -> &'static str {
    match kind {
        "invoice" => "invoice счёт фактура",
        "credit_note" => "credit note кредит возврат",
        "delivery_note" => "delivery note накладная",
        "order" => "order заказ",
        "order_confirmation" => "order confirmation подтверждение заказа",
        "price_list" => "price list прайс лист",
        "bill_of_quantities" => "bill of quantities ведомость смета",
        _ => "",
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

/// The entries of products, with what their families say of them.
async fn products(
    store: &Store,
    org: &OrgId,
    found: &[StoredProduct],
) -> Result<Vec<SearchWrite>, StoreError> {
    let ids: Vec<ProductId> = found.iter().map(|stored| stored.product.id.clone()).collect();
    let said = store.described_products(org, &ids, &[FamilyField::Brand, FamilyField::Category]).await?;
    let nothing = BTreeMap::new();
    Ok(found.iter().map(|one| product(one, said.get(&one.product.id).unwrap_or(&nothing))).collect())
}

/// The entries of some products.
pub(super) async fn of_products(
    store: &Store,
    org: &OrgId,
    ids: &[ProductId],
) -> Result<Vec<SearchWrite>, StoreError> {
    let found = store.products_of(org, ids).await?;
    products(store, org, &found).await
}

/// Categories are counted by the shop's own; what its family calls it is only found by.
fn product(stored: &StoredProduct, said: &BTreeMap<FamilyField, String>) -> SearchWrite {
    let product = &stored.product;
    let numbers = [product.gtin.map(|gtin| gtin.to_string()), product.plu.map(|plu| plu.to_string())];
    let numbers = numbers.into_iter().flatten().chain([product.sku.clone()]).collect();
    let entry = Entry {
        names: product.name.0.clone(),
        brand: said.get(&FamilyField::Brand).cloned().unwrap_or_default(),
        category: stored.category.clone().unwrap_or_default(),
        text: said.get(&FamilyField::Category).cloned().unwrap_or_default(),
        numbers,
        archived: product.archived,
        ..Entry::default()
    };
    SearchWrite { kind: EntryKind::Product, id: product.id.to_string(), entry: Some(entry) }
}
