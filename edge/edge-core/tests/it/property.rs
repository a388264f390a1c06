//! Whatever comes, in whatever order: the bill adds up, money is taken once and only for a sale, and never kept without.

use std::collections::BTreeMap;

use domain::frame::PixelBox;
use domain::ids::{Generation, ModelVersion, PaymentId, SaleId, SequenceNumber, TrackId, Uuid};
use domain::money::Money;
use domain::observation::{Candidate, Observation, ObservedItem, Probability, Unsettled, Verdict};
use domain::sale::Sale;
use domain::time::{BusinessDay, MonotonicMs, Now, WallMs};
use edge_core::config::TrayRule;
use edge_core::view::{PayBlock, Phase};
use edge_core::{
    Action, Checkout, CheckoutConfig, DeviceEvent, Effect, Input, IntentRecord, LineNumber, PaymentOutcome,
    ScaleReading, View,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::shop;

const PRODUCTS: [&str; 10] =
    ["apple", "bag", "beer", "bread", "cola", "ghost", "lime", "pear", "wine", "nothing"];

/// One step; the numbers choose among what there is at the time.
#[derive(Debug, Clone)]
enum Op {
    /// The tray changes at a place, and is seen so often.
    Place(u8, u8, u8),
    See(u8),
    Unsettled,
    Odd(u32, u32, u8),
    Scale(i32, bool),
    Wait(u32),
    Back(u32),
    Tick,
    Action(u8, u8, u8),
    Pay(bool),
    /// What a patient shopper and sound devices would do next.
    Proceed,
    Answer(u8, u8),
    Device(u8, bool),
    Catalogue(u8),
    Recover(u8, bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..6_u8, 0..26_u8, 1..5_u8).prop_map(|(place, looks, times)| Op::Place(place, looks, times)),
        6 => (1..12_u8).prop_map(Op::See),
        1 => Just(Op::Unsettled),
        1 => (any::<u32>(), any::<u32>(), any::<u8>()).prop_map(|(x, w, looks)| Op::Odd(x, w, looks)),
        2 => (prop_oneof![-5..2_000_i32, any::<i32>()], any::<bool>()).prop_map(|(g, s)| Op::Scale(g, s)),
        3 => prop_oneof![0..3_000_u32, 0..100_000_u32].prop_map(Op::Wait),
        1 => (0..5_000_u32).prop_map(Op::Back),
        2 => Just(Op::Tick),
        8 => (0..23_u8, 0..7_u8, 0..10_u8).prop_map(|(what, a, b)| Op::Action(what, a, b)),
        6 => any::<bool>().prop_map(Op::Pay),
        16 => Just(Op::Proceed),
        12 => (0..24_u8, 0..8_u8).prop_map(|(what, which)| Op::Answer(what, which)),
        1 => (0..3_u8, prop::bool::weighted(0.7)).prop_map(|(part, works)| Op::Device(part, works)),
        1 => (0..4_u8).prop_map(Op::Catalogue),
        1 => (0..8_u8, any::<bool>()).prop_map(|(which, whole)| Op::Recover(which, whole)),
    ]
}

/// What the outside world knows of a payment.
#[derive(Debug, Default)]
struct Known {
    amount: Option<Money>,
    sale: Option<SaleId>,
    authorisation: Option<String>,
    recorded: bool,
    takes: u32,
    queries: u32,
    silent: bool,
    resolved: bool,
    late: bool,
    /// From before a restart.
    found: bool,
    damaged: bool,
    commits: u32,
    commit_failed: bool,
    sold: bool,
    reverses: u32,
    reversed: bool,
    drops: u32,
}

impl Known {
    fn unresolved(&self) -> bool {
        let asked = self.takes + self.queries > 0 && !self.resolved;
        let holds_money = self.authorisation.is_some() && !self.sold && !self.reversed;
        asked || holds_money
    }

    fn told(&mut self, outcome: &PaymentOutcome) {
        let asked = self.takes + self.queries > 0;
        match outcome {
            PaymentOutcome::Approved { authorisation } if asked && !self.resolved => {
                self.resolved = true;
                self.authorisation = Some(authorisation.clone());
            }
            PaymentOutcome::Approved { authorisation } if self.authorisation.is_none() && self.over() => {
                self.late = true;
                self.authorisation = Some(authorisation.clone());
            }
            _ if !asked || self.resolved => {}
            PaymentOutcome::NoAnswer => self.silent = true,
            PaymentOutcome::Unavailable => self.resolved = !self.silent && self.queries == 0,
            _ => self.resolved = true,
        }
    }

    fn over(&self) -> bool {
        self.drops > 0 || self.resolved
    }
}

struct World {
    checkout: Checkout,
    places: BTreeMap<u8, u8>,
    now_ms: u64,
    ids: u128,
    payments: BTreeMap<PaymentId, Known>,
    issued: Vec<PaymentId>,
    newest_sale: Option<Sale>,
    newest_effect: Option<Effect>,
    /// The highest age that staff approved since the last basket ended.
    age_checked: Option<u8>,
    checked_sales: usize,
    trace: Vec<(View, Vec<Effect>)>,
}

impl World {
    fn new(config: CheckoutConfig, inclusive: bool) -> Self {
        Self {
            checkout: Checkout::new(config, Generation(1), shop::catalogue(0, inclusive)),
            places: BTreeMap::new(),
            now_ms: 10_000,
            ids: 0,
            payments: BTreeMap::new(),
            issued: Vec::new(),
            newest_sale: None,
            newest_effect: None,
            age_checked: None,
            checked_sales: 0,
            trace: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        Now { monotonic: MonotonicMs(self.now_ms), wall: WallMs(self.now_ms as i64) }
    }

    fn give(&mut self, input: Input) {
        // What is due by now is done first, so that what a refusal leaves alone can be compared.
        self.checkout.handle(Input::Tick, self.now()).unwrap();
        self.after();
        if let Some(due) = self.checkout.poll_timeout() {
            assert!(due > self.now().monotonic, "a tick must do what is due");
        }
        self.expect(&input);
        let before = self.checkout.view(self.now());
        let is_action = matches!(input, Input::Customer(_));
        let staff = match &input {
            Input::Customer(action) => self.staff_says(action, &before),
            _ => self.age_checked,
        };
        if let Err(refusal) = self.checkout.handle(input, self.now()) {
            assert!(is_action, "only a customer can be refused: {refusal}");
            assert_eq!(before, self.checkout.view(self.now()), "{refusal} must change nothing");
        } else {
            self.age_checked = staff;
        }
        self.after();
        for (id, known) in &self.payments {
            if known.authorisation.is_some() {
                assert!(
                    known.commits + known.reverses > 0,
                    "{id}: approved money must become a sale or go back"
                );
            }
        }
    }

    /// What staff will have checked, if an action is done.
    fn staff_says(&self, action: &Action, before: &View) -> Option<u8> {
        let needed = before.approval.as_ref().map(|approval| approval.age_limit);
        match action {
            Action::ApproveAge { age_limit: None } => self.age_checked.max(needed),
            Action::ApproveAge { age_limit } => self.age_checked.max((*age_limit).min(needed)),
            Action::RefuseAge | Action::Cancel | Action::Finish | Action::Start => None,
            _ => self.age_checked,
        }
    }

    /// Takes down what the world tells the checkout.
    fn expect(&mut self, input: &Input) {
        match input {
            Input::IntentRecorded { payment } => {
                if let Some(known) = self.payments.get_mut(payment) {
                    known.recorded = true;
                }
            }
            Input::IntentFailed { payment } => {
                // What was never written is over, unless it had been written before.
                if let Some(known) = self.payments.get_mut(payment)
                    && !known.recorded
                    && !known.found
                    && known.takes + known.queries == 0
                {
                    known.resolved = true;
                }
            }
            Input::Payment { payment, outcome } => {
                if let Some(known) = self.payments.get_mut(payment) {
                    known.told(outcome);
                }
            }
            Input::Committed { sale, .. } | Input::CommitFailed { sale } => {
                let open = |known: &&mut Known| {
                    known.commits > 0 && !known.sold && !known.commit_failed && known.sale == Some(*sale)
                };
                if let Some(known) = self.payments.values_mut().find(open) {
                    known.sold = matches!(input, Input::Committed { .. });
                    known.commit_failed = !known.sold;
                }
            }
            Input::PaymentReversed { payment } => {
                if let Some(known) = self.payments.get_mut(payment) {
                    known.reversed |= known.reverses > 0;
                }
            }
            Input::Recover(records) => {
                for record in records {
                    let tender = &record.sale.tenders[0];
                    let damaged =
                        tender.payment != record.payment || tender.amount != record.sale.totals.gross;
                    let amount = Some(record.sale.totals.gross);
                    let sale = Some(record.sale.id);
                    let found = Known { amount, sale, damaged, found: true, ..Known::default() };
                    self.payments.entry(record.payment).or_insert(found);
                }
            }
            _ => {}
        }
    }

    fn after(&mut self) {
        let mut effects = Vec::new();
        while let Some(effect) = self.checkout.poll_effect() {
            self.check_effect(&effect);
            self.newest_effect = Some(effect.clone());
            effects.push(effect);
        }
        let view = self.checkout.view(self.now());
        check_view(&view);
        if matches!(view.phase, Phase::Idle | Phase::Receipt) {
            self.age_checked = None;
        }
        if let Some(receipt) = &view.receipt {
            let sold = self.payments.values().any(|known| known.sold && known.sale == Some(receipt.sale));
            assert!(sold, "a receipt is for a sale in the journal");
        }
        self.trace.push((view, effects));
    }

    fn check_effect(&mut self, effect: &Effect) {
        match effect {
            Effect::RecordIntent { sale, payment } => {
                check_sale(sale);
                let limits = sale.lines.iter().filter_map(|line| shop::age_limit(line.product.as_str()));
                let limit = limits.max();
                assert!(limit <= self.age_checked, "{limit:?} is sold, staff checked {:?}", self.age_checked);
                self.checked_sales += usize::from(sale.age_checked.is_some());
                let (amount, sale_id) = (Some(sale.totals.gross), Some(sale.id));
                let known = Known { amount, sale: sale_id, ..Known::default() };
                assert!(self.payments.insert(*payment, known).is_none(), "a payment is begun once");
                self.issued.push(*payment);
                self.newest_sale = Some((**sale).clone());
            }
            Effect::TakePayment { payment, amount } => {
                let open = self.payments.iter().find(|(_, known)| known.unresolved());
                assert!(open.is_none(), "{payment} is taken while {open:?} is open");
                let known = self.payments.get_mut(payment).unwrap();
                known.takes += 1;
                assert!(known.recorded && known.takes == 1 && known.amount == Some(*amount));
            }
            Effect::QueryPayment { payment } => {
                let known = self.payments.get_mut(payment).unwrap();
                known.queries += 1;
                assert!(!known.resolved, "a known outcome is not asked for");
            }
            Effect::CancelPayment { payment } => assert!(!self.payments[payment].resolved),
            Effect::ReversePayment { payment } => {
                let known = self.payments.get_mut(payment).unwrap();
                known.reverses += 1;
                let reason = known.commit_failed || known.late || known.damaged;
                assert!(known.authorisation.is_some() && !known.sold && reason, "{known:?}");
                assert!(!known.reversed, "money goes back once");
            }
            Effect::DropIntent { payment } => {
                let known = self.payments.get_mut(payment).unwrap();
                known.drops += 1;
                assert!(known.drops == 1 && !known.sold, "{known:?}");
                assert!(known.authorisation.is_none() || known.reversed, "{known:?}");
            }
            Effect::Remember { sightings } => {
                let sold = self.newest_sale.as_ref().unwrap();
                for sighting in sightings {
                    assert!(sold.lines.iter().any(|line| line.product == sighting.product), "{sighting:?}");
                }
            }
            Effect::Commit { sale } => {
                check_sale(sale);
                let tender = &sale.tenders[0];
                let known = self.payments.get_mut(&tender.payment).unwrap();
                known.commits += 1;
                assert!(known.commits == 1 && known.reverses == 0 && !known.late, "{known:?}");
                assert_eq!((known.amount, known.sale), (Some(tender.amount), Some(sale.id)));
                assert_eq!(known.authorisation.as_deref(), Some(tender.authorisation.as_str()));
            }
        }
    }

    fn see(&mut self, unsettled: Option<Unsettled>, odd: Option<ObservedItem>) {
        let items = self.places.iter().map(|(place, looks)| observed(u32::from(*place) * 120, 100, *looks));
        let observation = Observation {
            captured_at: MonotonicMs(self.now_ms.saturating_sub(30)),
            frame_number: self.now_ms,
            frame_size: (1280, 960),
            unsettled,
            items: if unsettled.is_some() { Vec::new() } else { items.chain(odd).collect() },
            generation: Generation(1),
            model: ModelVersion::new("test"),
        };
        self.give(Input::Observation(observation));
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::Place(place, looks, times) => {
                match looks {
                    24.. => self.places.remove(place),
                    _ => self.places.insert(*place, *looks),
                };
                self.see_often(*times);
            }
            Op::See(times) => self.see_often(*times),
            Op::Unsettled => self.see(Some(Unsettled::Moving), None),
            Op::Odd(x, width, looks) => {
                let odd = observed(*x, *width, *looks);
                self.see(None, Some(odd));
            }
            Op::Scale(grams, stable) => {
                self.give(Input::Scale(ScaleReading { grams: *grams, stable: *stable }));
            }
            Op::Wait(ms) => {
                self.now_ms += u64::from(*ms);
                self.give(Input::Tick);
            }
            Op::Back(ms) => {
                let ahead = self.now_ms;
                self.now_ms = ahead.saturating_sub(u64::from(*ms));
                self.checkout.handle(Input::Tick, self.now()).unwrap();
                self.after();
                self.now_ms = ahead;
            }
            Op::Tick => self.give(Input::Tick),
            Op::Action(what, a, b) => {
                let action = action(*what, *a, *b);
                self.give(Input::Customer(action));
            }
            Op::Pay(used) => self.pay(*used),
            Op::Proceed => self.proceed(),
            Op::Answer(what, which) => self.answer(*what, *which),
            Op::Device(part, works) => {
                let works = *works;
                self.give(Input::Device(match part {
                    0 => DeviceEvent::Camera { works },
                    1 => DeviceEvent::Scale { works },
                    _ => DeviceEvent::Storage { works },
                }));
            }
            Op::Catalogue(raised) => {
                let catalogue = shop::catalogue(i64::from(*raised), raised % 2 == 0);
                let generation = Generation(2 + u64::from(*raised));
                self.give(Input::Catalogue { generation, catalogue });
            }
            Op::Recover(which, whole) => self.recover(*which, *whole),
        }
    }

    fn see_often(&mut self, times: u8) {
        for _ in 0..times {
            let grams: i32 = self.places.keys().map(|place| 40 + i32::from(*place) * 130).sum();
            self.give(Input::Scale(ScaleReading { grams, stable: true }));
            self.now_ms += 50;
            self.see(None, None);
            self.now_ms += 50;
        }
    }

    fn pay(&mut self, used: bool) {
        self.give(Input::Customer(Action::Review));
        self.ids += 1;
        let payment = match self.issued.last() {
            Some(last) if used && self.ids.is_multiple_of(3) => *last,
            _ => PaymentId(Uuid::from_u128(self.ids)),
        };
        let sale = SaleId(Uuid::from_u128(self.ids));
        let business_day = BusinessDay { year: 2026, month: 1, day: 2 };
        self.give(Input::Customer(Action::Pay { sale, payment, business_day }));
    }

    fn proceed(&mut self) {
        let view = self.checkout.view(self.now());
        let question = view.questions.first().map(|question| question.track);
        match (view.phase, question, view.pay_blocked_by) {
            (Phase::Paying | Phase::Recovering, ..) => self.proceed_with_payment(),
            (Phase::Receipt, ..) => self.give(Input::Customer(Action::Finish)),
            (Phase::Scanning | Phase::Review, Some(question), _) => {
                self.give(Input::Customer(Action::IgnoreItem { question }));
            }
            (Phase::Scanning | Phase::Review, None, None) => self.pay(false),
            (Phase::Scanning | Phase::Review, None, Some(PayBlock::Approval)) => {
                self.give(Input::Customer(Action::ApproveAge { age_limit: None }));
            }
            (Phase::Idle | Phase::Scanning | Phase::Review, ..) => self.see_often(3),
        }
    }

    fn proceed_with_payment(&mut self) {
        let authorisation = "0815".to_owned();
        let approved = PaymentOutcome::Approved { authorisation };
        let input = match self.newest_effect.take() {
            Some(Effect::RecordIntent { payment, .. }) => Input::IntentRecorded { payment },
            Some(Effect::TakePayment { payment, .. } | Effect::QueryPayment { payment }) => {
                Input::Payment { payment, outcome: approved }
            }
            Some(Effect::Commit { sale }) => Input::Committed { sale: sale.id, sequence: SequenceNumber(1) },
            Some(Effect::ReversePayment { payment }) => Input::PaymentReversed { payment },
            Some(Effect::CancelPayment { payment }) => {
                Input::Payment { payment, outcome: PaymentOutcome::Cancelled }
            }
            Some(Effect::DropIntent { .. } | Effect::Remember { .. }) | None => {
                self.now_ms += 1_000;
                Input::Customer(Action::Back)
            }
        };
        self.give(input);
    }

    fn payment(&self, which: u8) -> PaymentId {
        let unknown = PaymentId(Uuid::from_u128(u128::MAX));
        match which {
            0 => unknown,
            1 | 2 => {
                let any = self.issued.len() / usize::from(which + 1);
                self.issued.get(any).copied().unwrap_or(unknown)
            }
            _ => self.issued.last().copied().unwrap_or(unknown),
        }
    }

    fn answer(&mut self, what: u8, which: u8) {
        let payment = self.payment(which);
        let sale = self.payments.get(&payment).and_then(|known| known.sale).unwrap_or(SaleId(Uuid::nil()));
        let authorisation = format!("a{}", self.now_ms);
        self.give(match what {
            0..5 => Input::IntentRecorded { payment },
            5 => Input::IntentFailed { payment },
            6..9 => Input::Payment { payment, outcome: PaymentOutcome::Approved { authorisation } },
            9 => Input::Payment { payment, outcome: PaymentOutcome::Declined },
            10 => Input::Payment { payment, outcome: PaymentOutcome::Cancelled },
            11 => Input::Payment { payment, outcome: PaymentOutcome::Reversed },
            12 | 13 => Input::Payment { payment, outcome: PaymentOutcome::NoAnswer },
            14 => Input::Payment { payment, outcome: PaymentOutcome::NotFound },
            15 => Input::Payment { payment, outcome: PaymentOutcome::Unavailable },
            16..20 => Input::Committed { sale, sequence: SequenceNumber(1) },
            20 => Input::CommitFailed { sale },
            21 | 22 => Input::PaymentReversed { payment },
            _ => Input::ReverseFailed { payment },
        });
    }

    fn recover(&mut self, which: u8, whole: bool) {
        let Some(mut sale) = self.newest_sale.clone() else { return self.give(Input::Recover(Vec::new())) };
        self.ids += 1;
        let payment = match which {
            0 | 1 => self.payment(which),
            _ => PaymentId(Uuid::from_u128(self.ids)),
        };
        sale.id = SaleId(Uuid::from_u128(self.ids));
        sale.tenders[0].payment = payment;
        if !whole {
            sale.tenders[0].amount.minor += 1;
        }
        if !self.payments.contains_key(&payment) {
            self.issued.push(payment);
        }
        self.give(Input::Recover(vec![IntentRecord { payment, sale }]));
    }
}

fn action(what: u8, a: u8, b: u8) -> Action {
    let (track, line) = (TrackId(a.into()), LineNumber(a.into()));
    let product = shop::product(PRODUCTS[usize::from(b)]);
    match what {
        0..4 => Action::Choose { question: track, product },
        4 => Action::IgnoreItem { question: track },
        5 | 6 => Action::AddProduct { product },
        7 => Action::SetQuantity { line, pieces: u32::from(b) * 15 },
        8 => Action::RemoveLine { line },
        9 => Action::RestoreItem { track },
        10 => Action::ReopenLine { line },
        11 => Action::Review,
        12 => Action::Back,
        13 => Action::CancelPayment,
        14 => Action::Cancel,
        15 => Action::Finish,
        16 => Action::ExtendTime,
        17 => Action::CallStaff,
        18 => Action::DismissStaff,
        19 => Action::ApproveAge { age_limit: None },
        20 => Action::ApproveAge { age_limit: Some(b * 2) },
        21 => Action::RefuseAge,
        _ => Action::Start,
    }
}

fn observed(x: u32, width: u32, looks: u8) -> ObservedItem {
    let name = |at: u8| shop::product(PRODUCTS[usize::from(at) % PRODUCTS.len()]);
    let candidate =
        |at: u8, points| Candidate { product: name(at), probability: Probability::from_basis_points(points) };
    let verdict = match looks / 8 % 3 {
        0 => Verdict::Accept,
        1 => Verdict::AskCustomer,
        _ => Verdict::Unknown,
    };
    let candidates = match verdict {
        Verdict::Unknown if looks.is_multiple_of(2) => Vec::new(),
        _ => (0..4).map(|i| candidate(looks.wrapping_add(i), 9_000 - u16::from(i) * 1_000)).collect(),
    };
    let bounds = PixelBox { x, y: x / 2, width, height: width };
    ObservedItem { bounds, candidates, verdict, look: Some(shop::look()) }
}

fn check_view(view: &View) {
    let sum: i64 = view.lines.iter().filter_map(|line| line.amount).map(|amount| amount.minor).sum();
    let totals = &view.totals;
    assert!(sum == totals.gross.minor || sum == totals.net.minor, "{sum} is not {totals:?}");
    assert_eq!(totals.net.minor + totals.tax.minor, totals.gross.minor);
    for line in &view.lines {
        assert_eq!(line.quantity.is_some(), line.amount.is_some());
        for track in &line.tracks {
            let item =
                view.items.iter().find(|item| item.track == *track).expect("a line's things are shown");
            assert_eq!((item.line, item.product.as_ref()), (Some(line.line), Some(&line.product)));
        }
    }
    check_approval(view);
    let counted = view.items.iter().filter(|item| item.line.is_some()).count();
    assert_eq!(counted, view.lines.iter().map(|line| line.tracks.len()).sum::<usize>());
    assert!(view.questions.iter().all(|question| question.candidates.len() <= 3));
    match view.phase {
        Phase::Idle => assert!(view.lines.is_empty() && view.questions.is_empty()),
        Phase::Paying => {
            let payment = view.payment.expect("paying shows a payment");
            assert_eq!(payment.amount, totals.gross, "a locked basket costs what is asked for");
        }
        Phase::Scanning | Phase::Review | Phase::Receipt | Phase::Recovering => {}
    }
    assert_eq!(view.receipt.is_some(), view.phase == Phase::Receipt);
}

fn check_approval(view: &View) {
    let limited: Vec<LineNumber> =
        view.lines.iter().filter(|line| line.age_limit.is_some()).map(|line| line.line).collect();
    match &view.approval {
        None => assert_eq!(limited, []),
        Some(approval) => {
            assert_eq!(approval.lines, limited);
            assert_eq!(Some(approval.age_limit), view.lines.iter().filter_map(|line| line.age_limit).max());
            assert!(approval.approved || view.pay_blocked_by.is_some());
            assert!(approval.approved || view.phase != Phase::Paying);
        }
    }
}

fn check_sale(sale: &Sale) {
    let lines: i64 = sale.lines.iter().map(|line| line.amount.minor).sum();
    let tenders: i64 = sale.tenders.iter().map(|tender| tender.amount.minor).sum();
    let owed = if sale.tax_inclusive { sale.totals.gross } else { sale.totals.net };
    assert!(!sale.lines.is_empty(), "a sale is of something");
    let limit = sale.lines.iter().filter_map(|line| shop::age_limit(line.product.as_str())).max();
    assert!(sale.age_checked >= limit && sale.age_checked.is_some() == limit.is_some(), "{limit:?}");
    assert_eq!((lines, tenders), (owed.minor, sale.totals.gross.minor));
}

fn play(config: &CheckoutConfig, inclusive: bool, ops: &[Op]) -> World {
    let mut world = World::new(config.clone(), inclusive);
    for op in ops {
        world.step(op);
    }
    for (id, known) in &world.payments {
        assert!(!(known.sold && known.reverses > 0), "{id} is both sold and given back");
        assert!(!known.commit_failed || known.reverses > 0, "{id} was not sold and the money was kept");
    }
    world
}

proptest! {
    #[test]
    fn money_and_goods_agree_under_any_sequence(
        ops in prop::collection::vec(op(), 0..70),
        has_scale in any::<bool>(),
        one_by_one in any::<bool>(),
        inclusive in any::<bool>(),
    ) {
        let tray = if one_by_one { TrayRule::OneByOne } else { TrayRule::BasketIsTray };
        let config = CheckoutConfig { has_scale, tray, ..shop::config() };
        let first = play(&config, inclusive, &ops);
        let second = play(&config, inclusive, &ops);
        prop_assert_eq!(first.trace, second.trace);
    }
}

#[test]
fn random_shoppers_do_get_to_pay() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let ops = prop::collection::vec(op(), 60..70);
    let (mut sold, mut checked, mut reversed, mut late) = (0, 0, 0, 0);
    for _ in 0..500 {
        let ops = ops.new_tree(&mut runner).unwrap().current();
        let world = play(&CheckoutConfig { has_scale: true, ..shop::config() }, true, &ops);
        sold += world.payments.values().filter(|known| known.sold).count();
        checked += world.checked_sales;
        reversed += world.payments.values().filter(|known| known.reversed).count();
        late += world.payments.values().filter(|known| known.late).count();
    }
    eprintln!(
        "500 random runs: {sold} sales, {checked} age checks, {reversed} reversals, {late} late approvals"
    );
    let seen = sold > 50 && checked > 10 && reversed > 10 && late > 0;
    assert!(seen, "{sold} {checked} {reversed} {late}: too tame to show anything");
}
