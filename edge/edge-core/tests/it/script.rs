//! A till played by a script: a line or `;` apart, one step each. Every settled observation comes 100 ms after the last,
//! a scale reading (where there is a scale) just before it.
//!
//! `put 2 cola` puts a cola at place 2 (place 102 lies half over place 2); `cola?` is one that vision is not sure of, `?` one like nothing known, and
//! `apple=400` weighs 400 g. `take 2`, `move 2 5`, `hide 2` and `unhide 2` (the camera cannot see it, the scale feels it),
//! `looks 2 lime` (vision says something else now). `see 3` is three settled observations, `blur` an unsettled one,
//! `wait 500` time without observations, `reads 400` an extra stable reading, `wobble` an unstable one, `mute` stops the
//! readings and `unmute` lets them go on, `lag 250` makes pictures so old when they are understood, `remember` lets
//! vision tell looks from now on. The other words are actions and answers.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use domain::frame::PixelBox;
use domain::ids::{Generation, ModelVersion, PaymentId, SaleId, SequenceNumber, TrackId, Uuid};
use domain::observation::{Candidate, Observation, ObservedItem, Probability, Unsettled, Verdict};
use domain::quantity::Quantity;
use domain::sale::Sale;
use domain::sighting::Sighting;
use domain::time::{BusinessDay, MonotonicMs, Now, WallMs};
use edge_core::view::{ItemStatus, PaymentState, Phase, QuestionKind};
use edge_core::{
    Action, Checkout, CheckoutConfig, DeviceEvent, Effect, Input, IntentRecord, LineNumber, PaymentOutcome,
    ScaleReading, View,
};

use crate::shop;

#[derive(Debug, Clone)]
struct Thing {
    looks: String,
    weight_g: i32,
    hidden: bool,
}

/// A till, its tray and its clock.
pub(crate) struct Play {
    pub(crate) checkout: Checkout,
    has_scale: bool,
    muted: bool,
    lag_ms: u64,
    remembers: bool,
    tray: BTreeMap<u32, Thing>,
    now_ms: u64,
    payments: u128,
    sales: u128,
    pub(crate) newest_sale: Option<Sale>,
    /// Effects and refusals in order.
    pub(crate) log: Vec<String>,
}

impl Play {
    pub(crate) fn new(config: CheckoutConfig) -> Self {
        let has_scale = config.has_scale;
        let mut play = Self {
            checkout: Checkout::new(config, Generation(1), shop::catalogue(0, true)),
            has_scale,
            muted: false,
            lag_ms: 0,
            remembers: false,
            tray: BTreeMap::new(),
            now_ms: 10_000,
            payments: 0,
            sales: 0,
            newest_sale: None,
            log: Vec::new(),
        };
        play.see();
        play
    }

    pub(crate) fn run(&mut self, script: &str) -> &mut Self {
        for step in script.split(['\n', ';']).map(str::trim).filter(|step| !step.is_empty()) {
            self.step(step);
        }
        self
    }

    /// From now on the shop's prices are without tax.
    pub(crate) fn tax_on_top(&mut self) {
        self.give(Input::Catalogue { generation: Generation(3), catalogue: shop::catalogue(0, false) });
    }

    fn now(&self) -> Now {
        Now { monotonic: MonotonicMs(self.now_ms), wall: WallMs(1_000_000 + self.now_ms as i64) }
    }

    pub(crate) fn view(&self) -> View {
        self.checkout.view(self.now())
    }

    fn give(&mut self, input: Input) {
        let now = self.now();
        if let Err(refusal) = self.checkout.handle(input, now) {
            self.log.push(format!("refused {}", refusal.code()));
        }
        while let Some(effect) = self.checkout.poll_effect() {
            self.note(&effect);
        }
    }

    fn note(&mut self, effect: &Effect) {
        let line = match effect {
            Effect::RecordIntent { sale, payment } => {
                self.newest_sale = Some((**sale).clone());
                format!("intent {} of {}", payment.0.as_u128(), sale.id.0.as_u128())
            }
            Effect::TakePayment { payment, amount } => {
                format!("take {} {}", payment.0.as_u128(), amount.minor)
            }
            Effect::QueryPayment { payment } => format!("query {}", payment.0.as_u128()),
            Effect::CancelPayment { payment } => format!("cancel {}", payment.0.as_u128()),
            Effect::ReversePayment { payment } => format!("reverse {}", payment.0.as_u128()),
            Effect::DropIntent { payment } => format!("drop {}", payment.0.as_u128()),
            Effect::Remember { sightings } => {
                let told: Vec<String> = sightings.iter().map(told).collect();
                format!("remember {}", told.join(", "))
            }
            Effect::Commit { sale } => {
                self.newest_sale = Some((**sale).clone());
                format!("commit {} {}", sale.id.0.as_u128(), sale.tenders[0].authorisation)
            }
        };
        self.log.push(line);
    }

    fn see(&mut self) {
        if self.has_scale && !self.muted {
            let grams = self.tray.values().map(|thing| thing.weight_g).sum();
            self.give(Input::Scale(ScaleReading { grams, stable: true }));
        }
        let seen = self.tray.iter().filter(|(_, thing)| !thing.hidden);
        let look = self.remembers.then(shop::look);
        let items =
            seen.map(|(place, thing)| ObservedItem { look: look.clone(), ..observed(*place, &thing.looks) });
        let items = items.collect();
        let observation = self.observation(None, items);
        self.give(Input::Observation(observation));
        self.now_ms += 100;
    }

    fn observation(&self, unsettled: Option<Unsettled>, items: Vec<ObservedItem>) -> Observation {
        Observation {
            captured_at: MonotonicMs(self.now_ms - self.lag_ms),
            frame_number: self.now_ms,
            frame_size: (1280, 960),
            unsettled,
            items,
            generation: Generation(1),
            model: ModelVersion::new("test"),
        }
    }

    fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap_or_else(|_| panic!("a number in `{step}`"));
        match words[0] {
            "put" => {
                let (looks, weight) = words[2].split_once('=').unwrap_or((words[2], "100"));
                let weight_g = weight.parse().unwrap();
                let thing = Thing { looks: looks.to_owned(), weight_g, hidden: false };
                self.tray.insert(number(1) as u32, thing);
            }
            "take" => drop(self.tray.remove(&(number(1) as u32))),
            "move" => {
                let thing = self.tray.remove(&(number(1) as u32)).unwrap();
                self.tray.insert(number(2) as u32, thing);
            }
            "hide" | "unhide" => {
                self.tray.get_mut(&(number(1) as u32)).unwrap().hidden = words[0] == "hide";
            }
            "looks" => self.tray.get_mut(&(number(1) as u32)).unwrap().looks = words[2].to_owned(),
            "see" => (0..number(1)).for_each(|_| self.see()),
            "blur" => {
                let observation = self.observation(Some(Unsettled::Moving), Vec::new());
                self.give(Input::Observation(observation));
                self.now_ms += 100;
            }
            "wait" => self.wait(number(1)),
            "reads" => {
                let grams = words[1].parse().unwrap();
                self.give(Input::Scale(ScaleReading { grams, stable: true }));
            }
            "wobble" => self.give(Input::Scale(ScaleReading { grams: 7, stable: false })),
            "lag" => self.lag_ms = number(1),
            "remember" => self.remembers = true,
            "mute" | "unmute" => self.muted = words[0] == "mute",
            _ => {
                let input = self.input(&words);
                self.give(input);
            }
        }
    }

    /// Lets time pass as a daemon would: with a tick whenever one is due.
    fn wait(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        while let Some(due) = self.checkout.poll_timeout().filter(|due| due.0 <= end) {
            self.now_ms = self.now_ms.max(due.0);
            self.give(Input::Tick);
            assert_ne!(self.checkout.poll_timeout(), Some(due), "a tick must do what was due");
        }
        self.now_ms = end;
    }

    fn input(&mut self, words: &[&str]) -> Input {
        if let Some(action) = self.action(words) {
            return Input::Customer(action);
        }
        let payment = |at: usize| match words.get(at) {
            Some(id) => PaymentId(Uuid::from_u128(id.parse().unwrap())),
            None => PaymentId(Uuid::from_u128(self.payments)),
        };
        let sale = self.newest_sale.as_ref().map_or(SaleId(Uuid::nil()), |sale| sale.id);
        let outcome = |outcome| Input::Payment { payment: payment(1), outcome };
        let works = words.get(1) == Some(&"works");
        match words[0] {
            "recorded" => Input::IntentRecorded { payment: payment(1) },
            "unrecorded" => Input::IntentFailed { payment: payment(1) },
            "approved" => outcome(PaymentOutcome::Approved { authorisation: "4711".to_owned() }),
            "declined" => outcome(PaymentOutcome::Declined),
            "cancelled" => outcome(PaymentOutcome::Cancelled),
            "gaveback" => outcome(PaymentOutcome::Reversed),
            "silence" => outcome(PaymentOutcome::NoAnswer),
            "notfound" => outcome(PaymentOutcome::NotFound),
            "unavailable" => outcome(PaymentOutcome::Unavailable),
            "committed" => Input::Committed { sale, sequence: SequenceNumber(7) },
            "uncommitted" => Input::CommitFailed { sale },
            "reversed" => Input::PaymentReversed { payment: payment(1) },
            "unreversed" => Input::ReverseFailed { payment: payment(1) },
            "camera" => Input::Device(DeviceEvent::Camera { works }),
            "scale" => Input::Device(DeviceEvent::Scale { works }),
            "storage" => Input::Device(DeviceEvent::Storage { works }),
            "catalogue" => {
                let raised = words[1].parse().unwrap();
                Input::Catalogue {
                    generation: Generation(2),
                    catalogue: Arc::clone(&shop::catalogue(raised, true)),
                }
            }
            // The newest sale was never settled: as after a restart, under the payments named.
            "recover" => {
                let sale = self.newest_sale.clone().unwrap();
                let records = words[1..].iter().enumerate().map(|(at, _)| {
                    let mut sale = sale.clone();
                    sale.tenders[0].payment = payment(at + 1);
                    IntentRecord { payment: payment(at + 1), sale }
                });
                Input::Recover(records.collect())
            }
            other => panic!("`{other}` is not a step"),
        }
    }

    fn action(&mut self, words: &[&str]) -> Option<Action> {
        let number = |at: usize| words[at].parse::<u32>().unwrap();
        let track = |at: usize| TrackId(number(at).into());
        Some(match words[0] {
            "start" => Action::Start,
            "choose" => Action::Choose { question: track(1), product: shop::product(words[2]) },
            "ignore" => Action::IgnoreItem { question: track(1) },
            "add" => Action::AddProduct { product: shop::product(words[1]) },
            "pieces" => Action::SetQuantity { line: LineNumber(number(1)), pieces: number(2) },
            "remove" => Action::RemoveLine { line: LineNumber(number(1)) },
            "restore" => Action::RestoreItem { track: track(1) },
            "reopen" => Action::ReopenLine { line: LineNumber(number(1)) },
            "review" => Action::Review,
            "back" => Action::Back,
            "pay" => {
                self.payments += 1;
                self.sales += 1;
                Action::Pay {
                    sale: SaleId(Uuid::from_u128(self.sales)),
                    payment: PaymentId(Uuid::from_u128(self.payments)),
                    business_day: BusinessDay { year: 2026, month: 1, day: 2 },
                }
            }
            "stop" => Action::CancelPayment,
            "cancel" => Action::Cancel,
            "finish" => Action::Finish,
            "more" => Action::ExtendTime,
            "help" => Action::CallStaff,
            "helped" => Action::DismissStaff,
            "approve" => Action::ApproveAge { age_limit: words.get(1).map(|age| age.parse().unwrap()) },
            "refuse" => Action::RefuseAge,
            _ => return None,
        })
    }
}

/// What a sighting says, in a few words.
fn told(sighting: &Sighting) -> String {
    let first = sighting.first.as_ref().map_or("nothing", |first| first.product.as_str());
    let Sighting { verdict, product, settled, .. } = sighting;
    format!("{verdict:?} {first} was {product} {settled:?}")
}

fn observed(place: u32, looks: &str) -> ObservedItem {
    let x = if place >= 100 { (place - 100) * 120 + 50 } else { place * 120 };
    let bounds = PixelBox { x, y: 100, width: 100, height: 100 };
    let candidate = |name: &str, points| Candidate {
        product: shop::product(name),
        probability: Probability::from_basis_points(points),
    };
    let (candidates, verdict) = match looks {
        "?" => (Vec::new(), Verdict::Unknown),
        unsure if unsure.ends_with('?') => {
            let names: Vec<&str> = unsure.trim_end_matches('?').split('/').collect();
            let share = 9_000 / names.len() as u16;
            let candidates = names.iter().enumerate().map(|(i, name)| candidate(name, share - i as u16));
            (candidates.collect(), Verdict::AskCustomer)
        }
        sure => (vec![candidate(sure, 9_900)], Verdict::Accept),
    };
    ObservedItem { bounds, candidates, verdict, look: None }
}

/// What a screen would show, in one line of text.
pub(crate) fn summary(view: &View) -> String {
    let mut text = view.phase.as_str().to_owned();
    for line in &view.lines {
        let quantity = match line.quantity {
            Some(Quantity::Pieces(pieces)) => format!("x{pieces}"),
            Some(Quantity::Grams(grams)) => format!("{grams}g"),
            None => "?g".to_owned(),
        };
        write!(text, " | {} {} {quantity}", line.line.0, line.product).unwrap();
        if let Some(amount) = line.amount {
            write!(text, " = {}", amount.minor).unwrap();
        }
        if !line.tracks.is_empty() {
            let tracks: Vec<String> = line.tracks.iter().map(ToString::to_string).collect();
            write!(text, " on {}", tracks.join(",")).unwrap();
        }
    }
    for question in &view.questions {
        match question.kind {
            QuestionKind::Weigh => write!(text, " | weigh {}", question.track).unwrap(),
            QuestionKind::WhichProduct => {
                let offered: Vec<&str> = question.candidates.iter().map(|c| c.product.as_str()).collect();
                write!(text, " | which {}: {}", question.track, offered.join("/")).unwrap();
            }
        }
    }
    for item in &view.items {
        match item.status {
            ItemStatus::Sure | ItemStatus::Asking => {}
            ItemStatus::Weighing => write!(text, " | {} weighing", item.track).unwrap(),
            ItemStatus::Covered => write!(text, " | {} covered", item.track).unwrap(),
            ItemStatus::Ignored => write!(text, " | {} ignored", item.track).unwrap(),
            ItemStatus::Sold => write!(text, " | {} sold", item.track).unwrap(),
        }
    }
    if let Some(payment) = view.payment {
        let state = match payment.state {
            PaymentState::Preparing => "preparing".to_owned(),
            PaymentState::Authorising => "authorising".to_owned(),
            PaymentState::Querying => "querying".to_owned(),
            PaymentState::Approved => "approved".to_owned(),
            PaymentState::Declined(reason) => format!("declined {reason:?}"),
            PaymentState::Failed(reason) => format!("failed {reason:?}"),
        };
        write!(text, " | {state} {}", payment.amount.minor).unwrap();
    }
    if let Some(receipt) = &view.receipt {
        let lies = if receipt.clear_tray { ", clear the tray" } else { "" };
        write!(text, " | receipt {} = {}{lies}", receipt.sequence, receipt.totals.gross.minor).unwrap();
    }
    if let Some(approval) = &view.approval {
        let lines: Vec<String> = approval.lines.iter().map(|line| line.0.to_string()).collect();
        let state = if approval.approved { "checked" } else { "unchecked" };
        write!(text, " | age {} of {} {state}", approval.age_limit, lines.join(",")).unwrap();
    }
    if matches!(view.phase, Phase::Scanning | Phase::Review)
        && let Some(block) = view.pay_blocked_by
    {
        write!(text, " | blocked by {}", block.as_str()).unwrap();
    }
    // How long a receipt is shown is not what these scripts are about.
    if view.phase != Phase::Receipt
        && let Some(ms) = view.time_out_in_ms
    {
        write!(text, " | ends in {ms}").unwrap();
    }
    text
}

/// Plays a script and compares what is shown at its end.
#[track_caller]
pub(crate) fn check_with(config: CheckoutConfig, script: &str, expected: &str) {
    let mut play = Play::new(config);
    play.run(script);
    assert_eq!(summary(&play.view()), expected, "after `{script}`, log {:?}", play.log);
}

/// The same at a plain till without a scale.
#[track_caller]
pub(crate) fn check(script: &str, expected: &str) {
    check_with(shop::config(), script, expected);
}

/// Plays a script and compares the effects and refusals, and what is shown at its end.
#[track_caller]
pub(crate) fn check_log(script: &str, log: &[&str], expected: &str) {
    let mut play = Play::new(shop::config());
    play.run(script);
    assert_eq!(play.log, log, "after `{script}`");
    assert_eq!(summary(&play.view()), expected, "after `{script}`");
}
