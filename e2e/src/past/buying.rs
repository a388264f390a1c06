//! Who supplies the shop, on what terms, and what is on its shelves.

use anyhow::Context as _;
use domain::ids::StoreId;
use domain::product::Product;
use domain::quantity::Measure;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::json;

use crate::cloud::CloudClient;

/// A supplier and what it sells the shop.
pub(super) struct Seller<'a> {
    /// Its name.
    pub(super) name: &'static str,
    /// Its VAT number.
    pub(super) tax_id: &'static str,
    /// What the shop has of it, with its article numbers.
    pub(super) articles: Vec<(String, &'a Product)>,
    /// In a pack: pieces, or grams.
    pub(super) pack: u64,
    lead_days: u32,
    weekdays: &'static [u8],
    order_min: &'static str,
    /// Days that its goods can be sold for.
    shelf_life_days: Option<u32>,
}

const BAKED: [&str; 6] = ["bagel", "baguette", "bread", "croissant", "pretzel", "bun"];

/// The suppliers of all that the shop sells.
pub(super) fn sellers(products: &[Product]) -> [Seller<'_>; 3] {
    let is_baked = |product: &Product| BAKED.iter().any(|word| product.id.as_str().contains(word));
    let is_fresh = |product: &Product| product.price.per == Measure::Kilogram;
    let articles = |letter: char, wanted: &dyn Fn(&Product) -> bool| {
        let named = |product| (format!("{letter}-{}", Product::clone(product).sku), product);
        products.iter().filter(|product| wanted(product)).map(named).collect()
    };
    [
        Seller {
            name: "Fruit Wholesale Ltd",
            tax_id: "DE123456788",
            articles: articles('F', &is_fresh),
            pack: 5_000,
            lead_days: 1,
            weekdays: &[1, 2, 3, 4, 5, 6],
            order_min: "30.00",
            shelf_life_days: Some(6),
        },
        Seller {
            name: "Corner Bakery",
            tax_id: "DE136695976",
            articles: articles('B', &|product| is_baked(product) && !is_fresh(product)),
            pack: 10,
            lead_days: 1,
            weekdays: &[],
            order_min: "0.00",
            shelf_life_days: Some(2),
        },
        Seller {
            name: "Packed Goods Trading",
            tax_id: "DE129273398",
            articles: articles('P', &|product| !is_baked(product) && !is_fresh(product)),
            pack: 12,
            lead_days: 3,
            weekdays: &[2, 5],
            order_min: "60.00",
            shelf_life_days: None,
        },
    ]
}

impl Seller<'_> {
    /// What the shop pays for a pack, without tax, as text.
    pub(super) fn pack_price(&self, product: &Product) -> String {
        let content = match product.price.per {
            Measure::Piece => self.pack as i64,
            Measure::Kilogram => self.pack as i64 / 1_000,
        };
        let minor = product.price.amount.minor * content * 58 / 100;
        format!("{}.{:02}", minor / 100, minor % 100)
    }

    async fn register(&self, owner: &CloudClient, store: &StoreId) -> anyhow::Result<()> {
        let form = json!({
            "name": self.name, "tax_id": self.tax_id, "language": "en", "currency": "EUR", "order_min": self.order_min,
            "delivery": { "lead_days": self.lead_days, "weekdays": self.weekdays },
        });
        let made = owner.ask(Method::POST, "/api/v1/suppliers", Some(&form)).await?;
        let id = made["id"].as_str().context("a supplier has an id")?;
        let offer = |(article, product): &(String, &Product)| {
            let unit = match product.price.per {
                Measure::Piece => "piece",
                Measure::Kilogram => "gram",
            };
            json!({
                "article": article, "name": product.name.get("en"), "product": product.id.as_str(),
                "pack": { "content": self.pack, "unit": unit }, "pack_price": self.pack_price(product),
                "valid_from": "2020-01-01",
            })
        };
        let offers: Vec<_> = self.articles.iter().map(offer).collect();
        let form = json!({ "offers": offers, "origin": "price list" });
        owner.ask(Method::POST, &format!("/api/v1/suppliers/{id}/offers"), Some(&form)).await?;
        for (_, product) in &self.articles {
            if let Some(days) = self.shelf_life_days {
                let path = format!("/api/v1/stores/{store}/ordering/rules/{}", product.id);
                owner.ask(Method::PUT, &path, Some(&json!({ "shelf_life_days": days }))).await?;
            }
        }
        Ok(())
    }
}

/// Registers the suppliers, and counts what is on the shelves: of much enough, of some little.
pub(super) async fn stock_up(
    owner: &CloudClient,
    store: &StoreId,
    sellers: &[Seller<'_>],
    seed: u64,
) -> anyhow::Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for seller in sellers {
        seller.register(owner, store).await.with_context(|| format!("registering {}", seller.name))?;
        for (_, product) in &seller.articles {
            let quantity = match product.price.per {
                Measure::Piece => rng.random_range(2..40),
                Measure::Kilogram => rng.random_range(10..220) * 100,
            };
            let form = json!({ "product": product.id.as_str(), "quantity": quantity, "note": "counted" });
            owner
                .ask(Method::POST, &format!("/api/v1/stores/{store}/stock/corrections"), Some(&form))
                .await?;
        }
    }
    Ok(())
}
