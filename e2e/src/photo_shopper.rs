//! Shoppers with real photographs: one product at a time before the camera, as at a small counter.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::TillClient;
use crate::score::Score;
use crate::shopper::{Names, Truth, answer, pay};

const PATIENCE: Duration = Duration::from_secs(30);

/// One shopper at the photo till.
pub struct PhotoShopper<'a, R> {
    /// The till.
    pub till: &'a mut TillClient,
    /// Held-back photos and what they show.
    pub photos: &'a [(String, String)],
    /// What the shop sells.
    pub names: &'a Names,
    /// The shopper's whims.
    pub rng: &'a mut R,
    /// What came of it.
    pub score: &'a mut Score,
}

impl<R: rand::Rng> PhotoShopper<'_, R> {
    /// One basket.
    pub async fn shop(&mut self) -> anyhow::Result<()> {
        self.till.simulate("clear", json!({})).await?;
        let idle = |state: &Value| state["phase"] == "idle" && no_items(state);
        self.till.wait("start screen", PATIENCE, idle).await?;
        let began = Instant::now();
        let mut truth = Truth::new();
        let wanted = 1 + self.rng.next_u32() % 6;
        for _ in 0..wanted {
            let (path, product) = self.photos[self.rng.next_u32() as usize % self.photos.len()].clone();
            self.show(&path, &product).await?;
            truth.entry(product).or_default().0 += 1;
        }
        pay(self.till, self.rng).await?;
        self.score.baskets_s.push(began.elapsed().as_secs_f64());
        let receipt = self.till.state()["receipt"].clone();
        self.score.judge(&truth, &receipt["lines"], 0);
        self.till.must(json!({"action": "finish"})).await
    }

    /// Shows one product until the till has made it out, answers, and takes it away.
    async fn show(&mut self, path: &str, product: &str) -> anyhow::Result<()> {
        self.till.simulate("show", json!({"path": path})).await?;
        let seen = |state: &Value| !no_items(state) && state["tray"]["unsettled"].is_null();
        let state = self.till.wait(&format!("{path} on the tray"), PATIENCE, seen).await?;
        self.score.frames_ms.extend(state["timing"]["frame_to_basket_ms"].as_f64());
        let question = state["questions"].as_array().and_then(|questions| questions.first()).cloned();
        if let Some(question) = question {
            answer(self.till, self.score, self.names, &question, product).await?;
        }
        self.till.simulate("show", json!({"path": null})).await?;
        self.till.wait("empty tray", PATIENCE, no_items).await?;
        Ok(())
    }
}

fn no_items(state: &Value) -> bool {
    state["tray"]["items"].as_array().is_none_or(Vec::is_empty)
}
