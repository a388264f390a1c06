//! What follows from events: thought out over the products as they are, one event after another.

use std::collections::{BTreeMap, BTreeSet};

use cloud_store::{
    Actor, Category, HookChange, HookEvent, PRODUCTS_AT_ONCE_MAX, ProductNumber, Registration, SeenProduct,
    Store, StoreError, StoreInfo, StorePrice, StoredProduct,
};
use domain::gtin::Gtin;
use domain::ids::{OrgId, ProductId, StoreId};
use domain::money::{Currency, Money};
use domain::time::WallMs;

use super::events::{EventForm, PriceData, ProductData, QuantityData, Told};
use crate::gateway::Problem;
use crate::products::event::product_upsert;
use crate::products::registration::{Fields, product, product_id};

/// What follows, and what it was thought out over.
pub(crate) struct Plan {
    /// Each event with its change.
    pub(crate) events: Vec<HookEvent>,
    /// The products as they were seen.
    pub(crate) seen: Vec<SeenProduct>,
}

/// How an event names a product.
struct Naming<'a> {
    product: Option<&'a str>,
    sku: Option<&'a str>,
    gtin: Option<&'a str>,
}

/// The products that events are about, and the stores.
struct World {
    stores: Vec<StoreInfo>,
    /// As they are once the events so far have happened.
    products: BTreeMap<ProductId, StoredProduct>,
    skus: BTreeMap<String, ProductId>,
    gtins: BTreeMap<String, ProductId>,
    /// As they were before the first of them.
    seen: BTreeMap<ProductId, Option<StoredProduct>>,
    by: Actor,
    now: WallMs,
}

/// Thinks out what follows from events of a hook. Refuses all of them where one cannot be.
pub(crate) async fn plan(
    store: &Store,
    org: &OrgId,
    told: &[Told],
    by: &Actor,
    now: WallMs,
) -> Result<Plan, Problem> {
    let mut world = World::look(store, org, told, by, now).await?;
    let mut events = Vec::with_capacity(told.len());
    for Told { hash, event } in told {
        let change = world.change(event);
        let change = change.map_err(|problem| {
            let id = event.id();
            Problem::unprocessable(format!("event `{id}`: {problem}")).with("event_id", id)
        })?;
        events.push(HookEvent { id: event.id().to_owned(), hash: *hash, change });
    }
    Ok(Plan { events, seen: world.seen.into_iter().collect() })
}

impl World {
    async fn look(
        store: &Store,
        org: &OrgId,
        told: &[Told],
        by: &Actor,
        now: WallMs,
    ) -> Result<Self, StoreError> {
        let namings = || told.iter().map(|one| naming(&one.event));
        let gtins = |naming: Naming<'_>| Some(Gtin::parse(naming.gtin?).ok()?.to_string());
        let made = told.iter().filter_map(|one| match &one.event {
            EventForm::ProductUpserted { data, .. } => product_id(&fields(data, "")).ok(),
            _ => None,
        });
        let named = namings().filter_map(|naming| ProductId::new(naming.product?).ok());
        let ids: BTreeSet<ProductId> = named.chain(made).collect();
        let skus: BTreeSet<String> = namings().filter_map(|naming| naming.sku.map(str::to_owned)).collect();
        let gtins: BTreeSet<String> = namings().filter_map(gtins).collect();
        let mut world = Self {
            stores: store.stores(org).await?,
            products: BTreeMap::new(),
            skus: BTreeMap::new(),
            gtins: BTreeMap::new(),
            seen: BTreeMap::new(),
            by: by.clone(),
            now,
        };
        let ids: Vec<ProductId> = ids.into_iter().collect();
        for some in ids.chunks(PRODUCTS_AT_ONCE_MAX) {
            world.add(store.products_of(org, some).await?);
        }
        for (number, values) in [(ProductNumber::Sku, skus), (ProductNumber::Gtin, gtins)] {
            let values: Vec<String> = values.into_iter().collect();
            world.add(store.products_by_number(org, number, &values).await?);
        }
        Ok(world)
    }

    fn add(&mut self, products: Vec<StoredProduct>) {
        for stored in products {
            self.put(stored);
        }
    }

    fn put(&mut self, stored: StoredProduct) {
        let id = stored.product.id.clone();
        if let Some(before) = self.products.get(&id) {
            self.skus.remove(&before.product.sku);
            if let Some(gtin) = before.product.gtin {
                self.gtins.remove(&gtin.to_string());
            }
        }
        self.skus.insert(stored.product.sku.clone(), id.clone());
        if let Some(gtin) = stored.product.gtin {
            self.gtins.insert(gtin.to_string(), id.clone());
        }
        self.products.insert(id, stored);
    }

    fn change(&mut self, event: &EventForm) -> Result<HookChange, String> {
        match event {
            EventForm::PriceChanged { data, .. } => self.price(data),
            EventForm::StockCounted { data, .. } => {
                let (store, product, quantity) = self.quantity(data, 0)?;
                Ok(HookChange::Counted { store, product, quantity })
            }
            EventForm::StockDelivered { data, .. } => {
                let (store, product, quantity) = self.quantity(data, 1)?;
                Ok(HookChange::Delivered { store, product, quantity })
            }
            EventForm::ProductUpserted { data, .. } => self.upsert(data),
        }
    }

    fn price(&mut self, data: &PriceData) -> Result<HookChange, String> {
        let naming =
            Naming { product: data.product.as_deref(), sku: data.sku.as_deref(), gtin: data.gtin.as_deref() };
        let mut known = self.known(&naming)?.product;
        let store = data.store.as_deref().map(|name| self.store(name)).transpose()?;
        if let Some(store) = &store {
            let own = store.details.currency;
            if data.currency.as_deref().is_some_and(|code| Currency::new(code).ok() != Some(own)) {
                return Err(format!("`currency`: the store `{}` sells in {}", store.id, own.code()));
            }
            known.price.amount = Money::new(known.price.amount.minor, own);
        }
        let currency = data.currency.as_deref().filter(|_| store.is_none());
        let said =
            Fields { price: Some(&data.price), currency, unit: data.unit.as_deref(), ..Fields::default() };
        let selling = store.as_ref().map_or(self.stores.as_slice(), std::slice::from_ref);
        let id = known.id.clone();
        let price =
            product(id.clone(), &said, Some(&known), selling).map_err(|error| error.to_string())?.price;
        self.touch(&id);
        let from = data.valid_from_ms.map_or(self.now, WallMs);
        Ok(match store {
            None => HookChange::Price { product: id, price, from },
            Some(store) => {
                let price = StorePrice {
                    store: store.id,
                    effective_from: from,
                    price: Some(price),
                    made_by: self.by.clone(),
                    made_at: self.now,
                };
                HookChange::StorePrice { product: id, price }
            }
        })
    }

    fn quantity(&mut self, data: &QuantityData, least: i64) -> Result<(StoreId, ProductId, i64), String> {
        let naming =
            Naming { product: data.product.as_deref(), sku: data.sku.as_deref(), gtin: data.gtin.as_deref() };
        let id = self.known(&naming)?.product.id;
        if data.quantity < least {
            return Err(format!("`quantity` is {}: write {least} or more pieces or grams", data.quantity));
        }
        self.touch(&id);
        Ok((self.store(&data.store)?.id, id, data.quantity))
    }

    fn upsert(&mut self, data: &ProductData) -> Result<HookChange, String> {
        let gtin = data.gtin.as_deref().map(read_gtin).transpose()?;
        let found = match (data.product.as_deref(), data.sku.as_deref()) {
            (Some(id), _) => ProductId::new(id).ok(),
            (None, sku) => {
                let by_sku = sku.and_then(|sku| self.skus.get(sku));
                by_sku.or_else(|| gtin.as_ref().and_then(|gtin| self.gtins.get(gtin))).cloned()
            }
        };
        let age_limit = data.age_limit.map(|years| years.to_string()).unwrap_or_default();
        let said = fields(data, &age_limit);
        let id = match found.as_ref().filter(|id| self.products.contains_key(id)) {
            Some(id) => id.clone(),
            None => product_id(&said).map_err(|error| error.to_string())?,
        };
        let before = self.products.get(&id).cloned();
        if before.is_none() && data.category_name.is_none() {
            return Err("`category_name`: is missing: the product is new, so it has to be said".to_owned());
        }
        let category = match (&data.category_name, &data.family_name) {
            (None, Some(_)) => {
                return Err("`family_name`: is of a category: say `category_name` too".to_owned());
            }
            (name, family) => name
                .as_ref()
                .map(|name| Category { name: name.clone(), family: family.clone().unwrap_or_default() }),
        };
        let known = before.as_ref().map(|stored| &stored.product);
        let product = product(id.clone(), &said, known, &self.stores).map_err(|error| error.to_string())?;
        self.touch(&id);
        let named = category.as_ref().map(|category| category.name.clone());
        let category_name = named.or_else(|| before.as_ref().and_then(|stored| stored.category.clone()));
        let event = product_upsert(&product, category_name.as_deref(), self.now).event;
        self.put(StoredProduct {
            product: product.clone(),
            category: category_name,
            created_at: before.map_or(self.now, |stored| stored.created_at),
            updated_at: self.now,
        });
        let registration = Registration { product, category, photos: Vec::new(), event, job: None };
        Ok(HookChange::Product(Box::new(registration)))
    }

    /// Remembers how a product was before the first event that is about it.
    fn touch(&mut self, id: &ProductId) {
        if !self.seen.contains_key(id) {
            self.seen.insert(id.clone(), self.products.get(id).cloned());
        }
    }

    fn known(&self, naming: &Naming<'_>) -> Result<StoredProduct, String> {
        let (label, name, id) = match (naming.product, naming.sku, naming.gtin) {
            (Some(id), None, None) => ("id", id, ProductId::new(id).ok()),
            (None, Some(sku), None) => ("article number", sku, self.skus.get(sku).cloned()),
            (None, None, Some(gtin)) => ("GTIN", gtin, self.gtins.get(&read_gtin(gtin)?).cloned()),
            _ => return Err("name the product by one of `product`, `sku` and `gtin`".to_owned()),
        };
        let stored = id.and_then(|id| self.products.get(&id)).cloned();
        stored.ok_or_else(|| {
            let name: String = name.chars().take(64).collect();
            format!("there is no product with the {label} `{name}`: tell of it by `product.upserted` first")
        })
    }

    fn store(&self, name: &str) -> Result<StoreInfo, String> {
        let store = self.stores.iter().find(|store| store.id.as_str() == name).cloned();
        store.ok_or_else(|| {
            let name: String = name.chars().take(64).collect();
            format!("there is no store `{name}`: name one by its id in Tillsight")
        })
    }
}

fn naming(event: &EventForm) -> Naming<'_> {
    let (product, sku, gtin) = match event {
        EventForm::PriceChanged { data, .. } => (&data.product, &data.sku, &data.gtin),
        EventForm::StockCounted { data, .. } | EventForm::StockDelivered { data, .. } => {
            (&data.product, &data.sku, &data.gtin)
        }
        EventForm::ProductUpserted { data, .. } => (&data.product, &data.sku, &data.gtin),
    };
    Naming { product: product.as_deref(), sku: sku.as_deref(), gtin: gtin.as_deref() }
}

fn read_gtin(text: &str) -> Result<String, String> {
    Gtin::parse(text).map(|gtin| gtin.to_string()).map_err(|error| format!("`gtin`: {error}"))
}

fn fields<'a>(data: &'a ProductData, age_limit: &'a str) -> Fields<'a> {
    Fields {
        id: data.product.as_deref(),
        sku: data.sku.as_deref(),
        name: data.name.as_deref(),
        language: data.language.as_deref(),
        price: data.price.as_deref(),
        currency: data.currency.as_deref(),
        unit: data.unit.as_deref(),
        tax_code: data.tax_code.as_deref(),
        gtin: data.gtin.as_deref(),
        plu: data.plu.as_deref(),
        age_limit: Some(age_limit).filter(|text| !text.is_empty()),
    }
}
