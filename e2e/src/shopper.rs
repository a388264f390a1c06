//! Shoppers: they put things down, wait, answer what they are asked, pay, and check the receipt against the truth.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rand::RngExt as _;
use serde_json::{Value, json};

use crate::client::TillClient;
use crate::score::Score;
use crate::simulated_shop;

/// Long enough for a slow machine; a till that needs it has failed its shoppers anyway.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a shopper waits for the till to see one thing more, and how often they put it down at most.
const SEEN_WITHIN: Duration = Duration::from_secs(8);
const TRIES: u64 = 3;
/// Weights may differ from the truth by the scale's noise.
const WEIGHT_TOLERANCE_G: u64 = 8;

/// What a shopper holds in mind: what they put down, by product, in pieces and grams.
pub type Truth = BTreeMap<String, (u64, u64)>;

/// English names by product id: what a shopper types when the right picture is not offered.
pub type Names = BTreeMap<String, String>;

/// One shopper at the simulated tray.
pub struct TrayShopper<'a, R> {
    /// The till.
    pub till: &'a mut TillClient,
    /// What the shop sells.
    pub names: &'a Names,
    /// The shopper's whims.
    pub rng: &'a mut R,
    /// What came of it.
    pub score: &'a mut Score,
}

impl<R: rand::Rng> TrayShopper<'_, R> {
    /// One basket, from an empty tray to an empty tray.
    pub async fn shop(&mut self) -> anyhow::Result<()> {
        self.till.simulate("clear", json!({})).await?;
        let idle = |state: &Value| state["phase"] == "idle" && count(&state["tray"]["items"]) == 0;
        self.till.wait("start screen", PATIENCE, idle).await?;
        let began = Instant::now();
        let wanted = 1 + (self.rng.next_u32() % 6) as usize;
        for _ in 0..wanted {
            let chosen = self.rng.next_u32() as usize % self.names.len();
            let product = self.names.keys().nth(chosen).context("the shop sells something")?.clone();
            self.put(&product).await?;
        }
        if wanted > 2 && self.rng.random_ratio(1, 5) {
            self.change_mind().await?;
        }
        let truth = self.truth().await?;
        pay(self.till, self.rng).await?;
        self.score.baskets_s.push(began.elapsed().as_secs_f64());
        let receipt = self.till.state()["receipt"].clone();
        self.score.judge(&truth, &receipt["lines"], WEIGHT_TOLERANCE_G);
        self.till.simulate("clear", json!({})).await?;
        self.till.must(json!({"action": "finish"})).await
    }

    /// Puts one thing down and sees to it that it is on the bill.
    /// Puts something down. What the till sees as more or less than one thing is taken up and put down elsewhere, as people do;
    /// how often is part of the outcome.
    async fn put(&mut self, product: &str) -> anyhow::Result<()> {
        let mut tries = 0;
        let state = loop {
            tries += 1;
            self.till.simulate("put", json!({"product": product})).await?;
            let items = self.till.get("/sim/v1/tray", &[]).await?["items"].clone();
            let on_tray = count(&items);
            let seen = |state: &Value| {
                count(&state["tray"]["items"]) == on_tray && state["tray"]["unsettled"].is_null()
            };
            let limit = if tries < TRIES { SEEN_WITHIN } else { PATIENCE };
            match self.till.wait(&format!("{product} on the tray"), limit, seen).await {
                Ok(state) => break state,
                Err(_) if tries < TRIES => self.take_up(&items[on_tray - 1]["item"], on_tray - 1).await?,
                Err(error) => return Err(error),
            }
        };
        self.score.put_again += tries - 1;
        self.score.frames_ms.extend(state["timing"]["frame_to_basket_ms"].as_f64());
        self.answer_all().await?;
        let priced = |state: &Value| count(&state["questions"]) == 0 && all_priced(state);
        self.till.wait(&format!("a price for {product}"), PATIENCE, priced).await?;
        Ok(())
    }

    async fn take_up(&mut self, item: &Value, left: usize) -> anyhow::Result<()> {
        self.till.simulate("take", json!({"item": item})).await?;
        let gone =
            |state: &Value| count(&state["tray"]["items"]) == left && state["tray"]["unsettled"].is_null();
        self.till.wait("the thing gone from the tray", PATIENCE, gone).await?;
        Ok(())
    }

    async fn answer_all(&mut self) -> anyhow::Result<()> {
        for _ in 0..20 {
            let state = self.till.state().clone();
            let Some(question) = state["questions"].as_array().and_then(|questions| questions.first()) else {
                return Ok(());
            };
            if question["kind"] == "weigh" {
                self.lift_and_put_back(question).await?;
                continue;
            }
            let product = self.what_lies_at(&question["bounds"]).await?;
            answer(self.till, self.score, self.names, question, &product).await?;
        }
        bail!("the till keeps asking: {}", self.till.state()["questions"])
    }

    /// Takes the thing up that must be weighed, waits until the till sees that, and puts its like back.
    async fn lift_and_put_back(&mut self, question: &Value) -> anyhow::Result<()> {
        let (item, product) = self.true_item_at(&question["bounds"]).await?;
        self.till.simulate("take", json!({"item": item})).await?;
        let before = question["question"].clone();
        let gone = |state: &Value| {
            !state["questions"].as_array().is_some_and(|all| all.iter().any(|q| q["question"] == before))
        };
        self.till.wait("the question to go with the item", PATIENCE, gone).await?;
        self.till.simulate("put", json!({"product": product})).await?;
        let on_tray = count(&self.till.get("/sim/v1/tray", &[]).await?["items"]);
        let seen =
            |state: &Value| count(&state["tray"]["items"]) == on_tray && state["tray"]["unsettled"].is_null();
        self.till.wait("the item back on the tray", PATIENCE, seen).await?;
        Ok(())
    }

    /// Takes one thing away again.
    async fn change_mind(&mut self) -> anyhow::Result<()> {
        let items = self.till.get("/sim/v1/tray", &[]).await?["items"].clone();
        let items = items.as_array().context("the truth is a list")?;
        let item = items[self.rng.next_u32() as usize % items.len()]["item"].clone();
        self.take_up(&item, items.len() - 1).await
    }

    async fn truth(&self) -> anyhow::Result<Truth> {
        let items = self.till.get("/sim/v1/tray", &[]).await?["items"].clone();
        let mut truth = Truth::new();
        for item in items.as_array().context("the truth is a list")? {
            let product = item["product"].as_str().context("an item has a product")?;
            let sum = truth.entry(product.to_owned()).or_default();
            *sum = (sum.0 + 1, sum.1 + item["weight_g"].as_u64().unwrap_or_default());
        }
        Ok(truth)
    }

    async fn what_lies_at(&self, bounds: &Value) -> anyhow::Result<String> {
        Ok(self.true_item_at(bounds).await?.1)
    }

    async fn true_item_at(&self, bounds: &Value) -> anyhow::Result<(u64, String)> {
        let items = self.till.get("/sim/v1/tray", &[]).await?["items"].clone();
        let items = items.as_array().context("the truth is a list")?;
        let nearest =
            items.iter().min_by_key(|item| distance(&item["bounds"], bounds)).context("the tray is empty")?;
        let item = nearest["item"].as_u64().context("an item has a number")?;
        Ok((item, nearest["product"].as_str().unwrap_or_default().to_owned()))
    }
}

/// Everything the shop sells: a search for each letter finds every name.
pub async fn product_names(client: &TillClient) -> anyhow::Result<Names> {
    let mut names = Names::new();
    for letter in 'a'..='z' {
        let found =
            client.get("/api/v1/products", &[("query", &letter.to_string()), ("limit", "50")]).await?;
        let products = found["products"].as_array().context("a list of products")?;
        names.extend(products.iter().filter_map(|product| {
            Some((product["product"].as_str()?.to_owned(), product["name"]["en"].as_str()?.to_owned()))
        }));
    }
    Ok(names)
}

/// Answers "which product is it?" as an honest shopper would: by picture if it is among them, else by search.
pub async fn answer(
    till: &mut TillClient,
    score: &mut Score,
    names: &Names,
    question: &Value,
    product: &str,
) -> anyhow::Result<()> {
    let candidates = question["candidates"].as_array().context("a question has candidates")?;
    let offered = candidates.iter().any(|candidate| candidate["product"] == product);
    score.asked += 1;
    score.asked_in_top3 += u64::from(offered);
    if !offered {
        find_by_name(till, names, product).await?;
    }
    till.must(json!({"action": "choose", "question": question["question"], "product": product})).await
}

/// Types the product's name until the search shows it, as on the kiosk's keyboard. A product that cannot be found cannot
/// be bought: that is a failure of the till.
async fn find_by_name(till: &TillClient, names: &Names, product: &str) -> anyhow::Result<()> {
    let name = names.get(product).with_context(|| format!("the shop does not sell {product}"))?;
    let found = till.get("/api/v1/products", &[("query", name), ("limit", "20")]).await?;
    let listed = found["products"].as_array().context("a list of products")?;
    if !listed.iter().any(|listed| listed["product"] == product) {
        bail!("the search for `{name}` does not find {product}");
    }
    Ok(())
}

/// Reviews and pays, sometimes with a card that is declined first or an answer that gets lost.
pub async fn pay(till: &mut TillClient, rng: &mut impl rand::Rng) -> anyhow::Result<()> {
    let settled = |state: &Value| {
        let blocked = &state["pay_blocked_by"];
        blocked.is_null() || blocked == "approval"
    };
    till.wait("way to the payment, or to staff", PATIENCE, settled).await?;
    have_age_checked(till).await?;
    let ready = |state: &Value| state["pay_blocked_by"].is_null();
    till.wait("way to the payment", PATIENCE, ready).await?;
    till.must(json!({"action": "review"})).await?;
    match rng.next_u32() % 20 {
        0 => {
            till.simulate("terminal", json!({"next": "decline"})).await?;
            till.must(json!({"action": "pay"})).await?;
            till.wait("decline", PATIENCE, |state| state["payment"]["state"] == "declined").await?;
        }
        1 => {
            till.simulate("terminal", json!({"next": "lose_answer"})).await?;
        }
        _ => {}
    }
    till.must(json!({"action": "pay"})).await?;
    till.wait("receipt", PATIENCE, |state| state["phase"] == "receipt").await?;
    Ok(())
}

/// Shows staff something, as every shopper old enough would; they come by themselves.
async fn have_age_checked(till: &mut TillClient) -> anyhow::Result<()> {
    let approval = till.state()["approval"].clone();
    if approval["state"] != "needed" {
        return Ok(());
    }
    if till.state()["staff_called"] != true {
        bail!("the till needs staff and has not called them: {approval}");
    }
    till.must(json!({"action": "review"})).await?;
    match till.act(json!({"action": "pay"})).await? {
        Err(refused) if refused.code == "pay_blocked" => {}
        other => bail!("paying before staff came should be blocked, and is {other:?}"),
    }
    let pin = simulated_shop::STAFF_PIN;
    let approve = json!({"action": "approve_age", "pin": pin, "age_limit": approval["age_limit"]});
    till.must(approve).await?;
    till.must(json!({"action": "back"})).await
}

fn count(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn all_priced(state: &Value) -> bool {
    let lines = state["basket"]["lines"].as_array();
    lines.is_some_and(|lines| !lines.is_empty() && lines.iter().all(|line| !line["amount_minor"].is_null()))
}

fn distance(a: &Value, b: &Value) -> u64 {
    let centre =
        |v: &Value, at: &str, len: &str| v[at].as_u64().unwrap_or(0) * 2 + v[len].as_u64().unwrap_or(0);
    let along = |at: &str, len: &str| centre(a, at, len).abs_diff(centre(b, at, len));
    along("x", "width") + along("y", "height")
}
