//! A fleet as the cloud's page shows it: tills without eyes that sell into real stores and bring the cloud their sales over
//! the daemon's own link, one that nobody claimed, one out of use, and a store that has nothing yet.

use std::path::Path;
use std::time::Duration;

use domain::sale::TillRef;
use domain::time::WallMs;
use edge_daemon::clock::{DayRule, wall};
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::json;
use service::tasks::Tasks;

use crate::cloud::{CloudClient, CloudProcess};
use crate::link::LinkedTill;
use crate::rig::account;
use crate::simulated_shop;

/// Tills that sell.
const SELLERS: u32 = 2;
/// Sales of each before anybody looks.
const SOLD_BEFORE: u64 = 9;
/// Numbers of sales that each till has for itself.
const NUMBERS_PER_TILL: u64 = 1_000_000;
/// How long a sale before the first look lies behind the one after it.
const APART_MS: i64 = 40_000;
/// How long the cloud may take to have them all.
const DRAIN_MAX: Duration = Duration::from_secs(60);

/// Tills that sell while the page is looked at.
pub struct FleetShop {
    sellers: Vec<Seller>,
    tasks: Tasks,
}

/// A till that sells, and its link.
struct Seller {
    till: LinkedTill,
    identity: TillRef,
    sold: u64,
    base: u64,
}

impl FleetShop {
    /// Lets the fleet join the cloud and waits until it has what was sold so far.
    pub async fn open(cloud: &CloudProcess, owner: &CloudClient, folder: &Path) -> anyhow::Result<Self> {
        sell_from_something(owner).await?;
        let mut shop = Self { sellers: Vec::new(), tasks: Tasks::new() };
        for number in 1..=SELLERS {
            shop.join(cloud, owner, folder, number).await?;
        }
        add_the_idle(owner).await?;
        for index in 0..SOLD_BEFORE * u64::from(SELLERS) {
            let ago_ms = APART_MS * i64::try_from(SOLD_BEFORE * u64::from(SELLERS) - index)?;
            shop.sell(WallMs(wall().0 - ago_ms))?;
        }
        for seller in &shop.sellers {
            owner.wait_for_sales(&seller.identity, SOLD_BEFORE, DRAIN_MAX).await?;
        }
        Ok(shop)
    }

    /// One more sale, at each till in its turn.
    pub fn sell(&mut self, completed_at: WallMs) -> anyhow::Result<()> {
        self.sellers.rotate_left(1);
        if let Some(seller) = self.sellers.last_mut() {
            seller.sell(completed_at)?;
        }
        Ok(())
    }

    /// Ends the links.
    pub async fn close(self) {
        self.tasks.stop(Duration::from_secs(5)).await;
    }

    async fn join(
        &mut self,
        cloud: &CloudProcess,
        owner: &CloudClient,
        folder: &Path,
        number: u32,
    ) -> anyhow::Result<()> {
        let identity = simulated_shop::till(number);
        let till = LinkedTill::join(&self.tasks, cloud, owner, folder, &identity).await?;
        self.sellers.push(Seller { till, identity, sold: 0, base: u64::from(number) * NUMBERS_PER_TILL });
        Ok(())
    }
}

impl Seller {
    fn sell(&mut self, completed_at: WallMs) -> anyhow::Result<()> {
        self.sold += 1;
        let mut sale = account::sale(self.base + self.sold);
        sale.till = self.identity.clone();
        sale.completed_at = completed_at;
        sale.started_at = WallMs(completed_at.0 - 30_000);
        sale.business_day = DayRule::new("UTC", 0)?.day_of(completed_at);
        self.till.commit(&sale)?;
        Ok(())
    }
}

/// A product and another price for it: two generations.
async fn sell_from_something(owner: &CloudClient) -> anyhow::Result<()> {
    let form = Form::new()
        .text("id", "lemon")
        .text("sku", "lemon")
        .text("name", "Lemon")
        .text("category_name", "Fruit")
        .text("price", "0.35")
        .text("unit", "piece")
        .text("tax_code", "vat7");
    owner.upload("/api/v1/products", form).await?;
    let newer = json!({ "price": "0.39" });
    owner.ask(Method::PATCH, "/api/v1/products/lemon", Some(&newer)).await?;
    Ok(())
}

/// A till that nobody claimed, one that is out of use, and a store without anything.
async fn add_the_idle(owner: &CloudClient) -> anyhow::Result<()> {
    let store = simulated_shop::identity().store;
    let tills = format!("/api/v1/stores/{store}/tills");
    for (id, name) in [("till-3", "By the bakery"), ("till-4", "Old one")] {
        owner.ask(Method::POST, &tills, Some(&json!({ "id": id, "name": name }))).await?;
    }
    owner.ask(Method::DELETE, &format!("{tills}/till-4"), None).await?;
    let details = json!({
        "name": "Harbour",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "taxes": { "inclusive": true, "basis_points": { "vat7": 700 } },
    });
    owner.ask(Method::POST, "/api/v1/stores", Some(&json!({ "id": "harbour", "details": details }))).await?;
    Ok(())
}
