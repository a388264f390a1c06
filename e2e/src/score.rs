//! What came of a run of shoppers.

use serde_json::{Value, json};

use crate::shopper::Truth;

/// Counts over all baskets.
#[derive(Debug, Default)]
pub struct Score {
    /// Seconds from the first item to the receipt, per basket.
    pub baskets_s: Vec<f64>,
    /// Milliseconds from a frame to the basket it changed.
    pub frames_ms: Vec<f64>,
    /// Products that were bought or charged.
    pub lines: u64,
    /// Of these, charged as they were bought.
    pub lines_right: u64,
    /// Of these, not.
    pub lines_wrong: u64,
    /// Questions that the shopper was asked about a product.
    pub asked: u64,
    /// Of these, with the right product among the pictures.
    pub asked_in_top3: u64,
    /// Things that were put down again because the till did not see them as one.
    pub put_again: u64,
    /// What was wrong, in words.
    pub mistakes: Vec<String>,
}

impl Score {
    /// Compares a receipt with what was really bought. A line is a product: how much of it was bought, and how much
    /// charged.
    pub fn judge(&mut self, truth: &Truth, receipt_lines: &Value, tolerance_g: u64) {
        let mut charged = Truth::new();
        let lines = receipt_lines.as_array().map(Vec::as_slice).unwrap_or_default();
        for line in lines {
            let sum = charged.entry(line["product"].as_str().unwrap_or_default().to_owned()).or_default();
            match (line["quantity"]["pieces"].as_u64(), line["quantity"]["grams"].as_u64()) {
                (Some(pieces), _) => sum.0 += pieces,
                (None, grams) => *sum = (sum.0 + 1, sum.1 + grams.unwrap_or_default()),
            }
        }
        for product in truth.keys().chain(charged.keys().filter(|product| !truth.contains_key(*product))) {
            let (bought, billed) = (truth.get(product), charged.get(product));
            let right = match (bought, billed) {
                // Products sold by the piece carry no grams on the receipt.
                (Some(bought), Some(billed)) => {
                    let tolerance = tolerance_g * bought.0;
                    bought.0 == billed.0 && (billed.1 == 0 || billed.1.abs_diff(bought.1) <= tolerance)
                }
                _ => false,
            };
            self.lines += 1;
            if right {
                self.lines_right += 1;
            } else {
                self.lines_wrong += 1;
                self.mistakes
                    .push(format!("{product}: bought {bought:?}, charged {billed:?} (pieces, grams)"));
            }
        }
    }

    /// The run as one JSON object.
    pub fn report(&self, sales: u64, journal_ok: bool) -> Value {
        json!({
            "baskets": self.baskets_s.len(),
            "sales": sales,
            "lines": self.lines,
            "lines_right": self.lines_right,
            "lines_wrong": self.lines_wrong,
            "asked": self.asked,
            "asked_in_top3": self.asked_in_top3,
            "put_again": self.put_again,
            "basket_s_p50": quantile(&self.baskets_s, 0.5),
            "basket_s_p99": quantile(&self.baskets_s, 0.99),
            "frame_to_basket_ms_p50": quantile(&self.frames_ms, 0.5),
            "frame_to_basket_ms_p99": quantile(&self.frames_ms, 0.99),
            "journal_ok": journal_ok,
        })
    }
}

/// The value below which a share of the samples lies (nearest rank), rounded to the thousandth; `None` without samples.
pub fn quantile(samples: &[f64], share: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    let value = sorted.get(rank.clamp(1, sorted.len().max(1)) - 1)?;
    Some((value * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(truth: &[(&str, u64, u64)], lines: &Value) -> (u64, u64) {
        let truth = truth.iter().map(|&(p, pieces, grams)| (p.to_owned(), (pieces, grams))).collect();
        let mut score = Score::default();
        score.judge(&truth, lines, 8);
        assert_eq!(score.lines, score.lines_right + score.lines_wrong);
        (score.lines_right, score.lines_wrong)
    }

    #[test]
    fn counts_what_was_charged_otherwise_than_bought() {
        let line = |product: &str, quantity: Value| json!({"product": product, "quantity": quantity});
        let milk = || line("milk", json!({"pieces": 2}));
        assert_eq!(judged(&[("milk", 2, 2000)], &json!([milk()])), (1, 0));
        assert_eq!(judged(&[("milk", 1, 1000)], &json!([milk()])), (0, 1), "charged twice");
        assert_eq!(judged(&[("milk", 2, 2000), ("egg", 1, 60)], &json!([milk()])), (1, 1), "forgotten");
        assert_eq!(judged(&[], &json!([milk()])), (0, 1), "never bought");
        let pears = |grams: u64| line("pear", json!({"grams": grams}));
        assert_eq!(judged(&[("pear", 2, 400)], &json!([pears(195), pears(207)])), (1, 0));
        assert_eq!(judged(&[("pear", 1, 400)], &json!([pears(420)])), (0, 1), "weighed wrongly");
    }

    #[test]
    fn quantiles_are_ranks() {
        let samples: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile(&samples, 0.5), Some(50.0));
        assert_eq!(quantile(&samples, 0.99), Some(99.0));
        assert_eq!(quantile(&[3.0], 0.99), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
