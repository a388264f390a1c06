//! The one loop that owns the checkout: waits for what happens, applies it without waiting, runs the effects, publishes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use arc_swap::ArcSwapOption;
use domain::catalogue::Catalogue;
use domain::ids::{Generation, PaymentId, SaleId};
use domain::observation::Observation;
use domain::sighting::Sighting;
use edge_core::view::ApprovalView;
use edge_core::{Action, Checkout, DeviceEvent, Effect, Input, IntentRecord, PaymentOutcome, View};
use edge_devices::scale::ScaleReading;
use edge_devices::terminal::{DeclineReason, Outcome, ReverseOutcome};
use edge_store::StoreError;
use service::watchdog::Beat;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::api::actions::ActionRequest;
use crate::api::state::{ApprovalBody, BasketBody, PaymentBody, QuestionBody, ReceiptBody, TrayBody};
use crate::board::{Board, section};
use crate::clock::{Clock, DayRule};
use crate::event::{ActionReply, Event, Loaded};
use crate::notices::{NoticeCode, Notices};
use crate::payment::{PaymentAnswer, PaymentDesk, PaymentJob};
use crate::sight::{MissingModel, Sight};
use crate::staff_pin::StaffPin;
use crate::storage::{StorageAnswer, StorageDesk, StorageJob};
use crate::till_info::TillInfo;

/// The loop looks up at least this often, so that its beat is fresh.
const LOOK_UP: Duration = Duration::from_secs(1);

/// What the loop owns.
pub struct CheckoutLoop {
    /// The state machine.
    pub checkout: Checkout,
    /// The time.
    pub clock: Clock,
    /// When a trading day begins.
    pub days: DayRule,
    /// Where the state is published.
    pub board: Arc<Board>,
    /// The way to the payment terminal.
    pub payment: PaymentDesk,
    /// The way to the store.
    pub storage: StorageDesk,
    /// What the vision thread sees by; swapped between baskets.
    pub sight: Arc<ArcSwapOption<Sight>>,
    /// What the API looks products up in; swapped with it.
    pub catalogue: Arc<ArcSwapOption<Catalogue>>,
    /// What the page must know of the till.
    pub info: TillInfo,
    /// Whether the till keeps what sold things looked like, to learn from.
    pub remembers: bool,
    /// What staff prove themselves with.
    pub staff_pin: Arc<StaffPin>,
    /// What the page must tell people.
    pub notices: Notices,
    /// Generations that are ready and wait for the basket to end.
    pub ready: BTreeMap<Generation, Loaded>,
    /// Requests to store and terminal that are not answered yet.
    pub outstanding: usize,
    /// What the last published view was, for telling what an observation changed.
    pub shown: Option<View>,
    /// Milliseconds from the last frame that changed the basket to its publication.
    pub frame_to_basket_ms: Option<u64>,
}

/// What comes in.
pub struct Inlets {
    /// All but frames and weights.
    pub events: mpsc::Receiver<Event>,
    /// What vision says, newest wins.
    pub observations: watch::Receiver<Option<Observation>>,
    /// What the scale says, newest wins; `None` without a scale.
    pub readings: Option<watch::Receiver<Option<ScaleReading>>>,
}

impl CheckoutLoop {
    /// Runs until told to stop, then until every request that is under way is answered.
    pub async fn run(
        mut self,
        mut inlets: Inlets,
        token: CancellationToken,
        beat: Beat,
    ) -> anyhow::Result<()> {
        self.publish();
        loop {
            beat.beat();
            let stopping = token.is_cancelled();
            if stopping && self.outstanding == 0 {
                return Ok(());
            }
            let due = self.checkout.poll_timeout().map(|due| self.clock.instant_of(due));
            let wake =
                due.map_or_else(|| LOOK_UP, |due| due.saturating_duration_since(std::time::Instant::now()));
            tokio::select! {
                event = inlets.events.recv() => match event {
                    Some(event) => self.take_event(event)?,
                    None => return Ok(()),
                },
                () = changed(&mut inlets.observations), if !stopping => {
                    let observation = inlets.observations.borrow_and_update().clone();
                    observation.into_iter().for_each(|observation| self.observe(observation));
                }
                () = changed_if_any(inlets.readings.as_mut()), if !stopping => {
                    let reading = inlets.readings.as_mut().and_then(|readings| *readings.borrow_and_update());
                    if let Some(ScaleReading { grams, stable }) = reading {
                        self.tell(Input::Scale(edge_core::ScaleReading { grams, stable }));
                    }
                }
                () = tokio::time::sleep(wake.min(LOOK_UP)) => self.tell(Input::Tick),
                () = token.cancelled(), if !stopping => {}
            }
            self.run_effects();
            self.switch_generation();
            self.publish();
        }
    }

    /// Looks up what a crash left open, before anything else happens.
    pub fn recover(&mut self, intents: Vec<edge_store::Intent>) {
        if intents.is_empty() {
            return;
        }
        tracing::warn!(
            payments = intents.len(),
            "looking up payments that were under way when the till went down"
        );
        let intents =
            intents.into_iter().map(|intent| IntentRecord { payment: intent.payment, sale: intent.sale });
        self.tell(Input::Recover(intents.collect()));
        self.run_effects();
    }

    fn take_event(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Action(request, reply) => {
                let outcome = self.act(request);
                // Whoever asked may have hung up; what was done stays done.
                let _ = reply.send(outcome);
            }
            Event::Storage(answer) => self.take_storage(answer)?,
            Event::Payment(answer) => self.take_payment(answer),
            Event::Catalogue(loaded) => {
                let (generation, catalogue) = (loaded.generation, Arc::clone(&loaded.catalogue));
                self.ready.insert(generation, *loaded);
                self.tell(Input::Catalogue { generation, catalogue });
            }
            Event::Fault { code, fault } => self.take_fault(code, fault),
        }
        Ok(())
    }

    fn act(&mut self, request: ActionRequest) -> ActionReply {
        let now = self.clock.now();
        let day = self.days.day_of(now.wall);
        let action = request.into_action(|| Action::Pay {
            sale: SaleId(Uuid::now_v7()),
            payment: PaymentId(Uuid::now_v7()),
            business_day: day,
        });
        let action = action.expect("the API checked the names in it");
        self.checkout.handle(Input::Customer(action), now)?;
        self.run_effects();
        self.switch_generation();
        self.publish();
        Ok(self.board.newest().revision)
    }

    fn observe(&mut self, observation: Observation) {
        let captured_at = observation.captured_at;
        self.tell(Input::Observation(observation));
        let view = self.checkout.view(self.clock.now());
        let changed = |shown: &View| shown.lines != view.lines || shown.questions != view.questions;
        if self.shown.as_ref().is_none_or(changed) {
            let took_ms = self.clock.monotonic().since_ms(captured_at);
            metrics::histogram!("tillsight_frame_to_basket_seconds").record(took_ms as f64 / 1000.0);
            self.frame_to_basket_ms = Some(took_ms);
        }
    }

    fn take_storage(&mut self, answer: StorageAnswer) -> anyhow::Result<()> {
        let broken = |error: &StoreError| matches!(error, StoreError::Broken { .. });
        if !matches!(answer, StorageAnswer::Room(_)) {
            self.outstanding = self.outstanding.saturating_sub(1);
        }
        let (failed, input) = match answer {
            StorageAnswer::Intent(payment, Ok(())) => (None, Some(Input::IntentRecorded { payment })),
            StorageAnswer::Intent(payment, Err(error)) => {
                (Some(error), Some(Input::IntentFailed { payment }))
            }
            StorageAnswer::Dropped(_, outcome) => (outcome.err(), None),
            StorageAnswer::Committed(sale, Ok(sequence)) => (None, Some(Input::Committed { sale, sequence })),
            StorageAnswer::Committed(sale, Err(error)) => (Some(error), Some(Input::CommitFailed { sale })),
            StorageAnswer::Room(works) => {
                let fault = (!works).then(BTreeMap::new);
                self.take_fault(NoticeCode::StorageFull, fault);
                return Ok(());
            }
        };
        match failed {
            // What the disk holds is known only to the next process, which reads it back and asks the terminal.
            Some(error) if broken(&error) => bail!("{error}"),
            Some(StoreError::Full { .. }) => self.take_fault(NoticeCode::StorageFull, Some(BTreeMap::new())),
            Some(_) => self.notices.raise(NoticeCode::StorageFailed, self.clock.now().wall, BTreeMap::new()),
            None => self.notices.clear(NoticeCode::StorageFailed),
        }
        input.into_iter().for_each(|input| self.tell(input));
        Ok(())
    }

    fn take_payment(&mut self, answer: PaymentAnswer) {
        self.outstanding = self.outstanding.saturating_sub(1);
        let input = match answer {
            PaymentAnswer::Outcome(payment, outcome) => {
                tracing::info!(%payment, ?outcome, "the terminal answered");
                self.note_terminal(&outcome);
                Input::Payment { payment, outcome: outcome_of(outcome) }
            }
            PaymentAnswer::Reversed(payment, outcome) => {
                tracing::warn!(%payment, ?outcome, "the terminal answered about giving money back");
                match outcome {
                    ReverseOutcome::Reversed | ReverseOutcome::NothingTaken => {
                        Input::PaymentReversed { payment }
                    }
                    ReverseOutcome::NoAnswer | ReverseOutcome::Unavailable { .. } => {
                        Input::ReverseFailed { payment }
                    }
                }
            }
        };
        self.tell(input);
    }

    fn note_terminal(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Unavailable { reason } => {
                let parameters = BTreeMap::from([("reason", reason.clone())]);
                self.notices.raise(NoticeCode::TerminalLost, self.clock.now().wall, parameters);
            }
            _ => self.notices.clear(NoticeCode::TerminalLost),
        }
    }

    fn take_fault(&mut self, code: NoticeCode, fault: Option<BTreeMap<&'static str, String>>) {
        let works = fault.is_none();
        match fault {
            Some(parameters) => self.notices.raise(code, self.clock.now().wall, parameters),
            None => self.notices.clear(code),
        }
        match code {
            NoticeCode::CameraLost => self.tell(Input::Device(DeviceEvent::Camera { works })),
            NoticeCode::ScaleLost => self.tell(Input::Device(DeviceEvent::Scale { works })),
            NoticeCode::StorageFull => self.tell(Input::Device(DeviceEvent::Storage { works })),
            _ => {}
        }
    }

    /// For every input but a shopper's, which alone can be refused.
    fn tell(&mut self, input: Input) {
        let told = self.checkout.handle(input, self.clock.now());
        debug_assert!(told.is_ok(), "only a shopper's action is refused");
    }

    fn run_effects(&mut self) {
        while let Some(effect) = self.checkout.poll_effect() {
            if let Some(failure) = self.begin(effect) {
                self.tell(failure);
            }
        }
    }

    /// Begins one effect; what could not even be begun comes back as its failure.
    fn begin(&mut self, effect: Effect) -> Option<Input> {
        let (begun, failure) = match effect {
            Effect::RecordIntent { payment, sale } => {
                let begun = self.storage.ask(StorageJob::RecordIntent(payment, sale));
                (begun, Some(Input::IntentFailed { payment }))
            }
            Effect::DropIntent { payment } => (self.storage.ask(StorageJob::DropIntent(payment)), None),
            Effect::Commit { sale } => {
                let id = sale.id;
                (self.storage.ask(StorageJob::Commit(sale)), Some(Input::CommitFailed { sale: id }))
            }
            Effect::TakePayment { payment, amount } => {
                let begun = self.payment.ask(PaymentJob::Take(payment, amount));
                (begun, Some(Input::Payment { payment, outcome: PaymentOutcome::Unavailable }))
            }
            Effect::QueryPayment { payment } => {
                let begun = self.payment.ask(PaymentJob::Query(payment));
                (begun, Some(Input::Payment { payment, outcome: PaymentOutcome::NoAnswer }))
            }
            Effect::ReversePayment { payment } => {
                (self.payment.ask(PaymentJob::Reverse(payment)), Some(Input::ReverseFailed { payment }))
            }
            Effect::CancelPayment { payment } => {
                self.payment.cancel(payment);
                return None;
            }
            Effect::Remember { sightings } => {
                self.remember(sightings);
                return None;
            }
        };
        if begun {
            self.outstanding += 1;
            return None;
        }
        tracing::error!("the store or the terminal takes no more requests");
        failure
    }

    /// Nothing waits for it: swamped, the store forgets it.
    fn remember(&mut self, sightings: Vec<Sighting>) {
        let count = sightings.len() as u64;
        if self.remembers && !self.storage.ask(StorageJob::Remember(sightings)) {
            metrics::counter!("tillsight_sightings_lost_total").increment(count);
            tracing::warn!(
                sightings = count,
                "what a sale's things looked like is not remembered: the store is busy"
            );
        }
    }

    /// Prices, vectors and their model switch together, when the core does: between baskets.
    fn switch_generation(&mut self) {
        let generation = self.checkout.generation();
        let Some(loaded) = self.ready.remove(&generation) else { return };
        self.ready.retain(|number, _| *number > generation);
        let sellable = loaded.catalogue.products().any(|product| !product.archived);
        let fault = (!sellable).then(BTreeMap::new);
        self.info.currency = loaded.catalogue.currency();
        self.info.tax_inclusive = loaded.catalogue.taxes().inclusive;
        self.note_model(loaded.sight.missing.as_ref());
        self.sight.store(Some(loaded.sight));
        self.catalogue.store(Some(loaded.catalogue));
        metrics::gauge!("tillsight_catalogue_generation").set(generation.0 as f64);
        tracing::info!(generation = generation.0, "selling from generation {generation}");
        self.take_fault(NoticeCode::CatalogueEmpty, fault);
    }

    /// Without the model of its views the till recognises nothing, and everything is found by name.
    fn note_model(&mut self, missing: Option<&MissingModel>) {
        let fault = missing.map(|missing| BTreeMap::from([("model", missing.version.to_string())]));
        self.take_fault(NoticeCode::ModelMissing, fault);
    }

    /// Without a PIN nobody can approve: whoever comes is told why, and only then.
    fn note_missing_pin(&mut self, approval: Option<&ApprovalView>) {
        let waits = approval.is_some_and(|approval| !approval.approved);
        if waits && !self.staff_pin.is_set() {
            self.notices.raise(NoticeCode::StaffPinMissing, self.clock.now().wall, BTreeMap::new());
        } else {
            self.notices.clear(NoticeCode::StaffPinMissing);
        }
    }

    fn publish(&mut self) {
        let view = self.checkout.view(self.clock.now());
        self.note_missing_pin(view.approval.as_ref());
        let catalogue = self.catalogue.load();
        let product =
            |id: &domain::ids::ProductId| catalogue.as_ref().and_then(|catalogue| catalogue.product(id));
        let questions: Vec<_> =
            view.questions.iter().map(|question| QuestionBody::new(question, product)).collect();
        // Whole seconds: a countdown that changed with every frame would be a message with every frame.
        let time_out =
            view.time_out_in_ms.map(|ms| serde_json::json!({"ends_in_ms": ms.div_ceil(1000) * 1000}));
        self.board.publish(vec![
            section("till", &self.info.body()),
            section("phase", &view.phase.as_str()),
            section("tray", &TrayBody::new(view.frame_size, view.unsettled, &view.items)),
            section("basket", &BasketBody::new(&view.lines, view.item_count, &view.totals)),
            section("questions", &questions),
            section("pay_blocked_by", &view.pay_blocked_by.map(edge_core::view::PayBlock::as_str)),
            section("approval", &view.approval.as_ref().map(ApprovalBody::new)),
            section("payment", &view.payment.map(PaymentBody::new)),
            section("receipt", &view.receipt.as_ref().map(ReceiptBody::new)),
            section("time_out", &time_out),
            section("staff_called", &view.staff_called),
            section("notices", &self.notices.all()),
            section("timing", &serde_json::json!({"frame_to_basket_ms": self.frame_to_basket_ms})),
        ]);
        self.shown = Some(view);
    }
}

fn outcome_of(outcome: Outcome) -> PaymentOutcome {
    match outcome {
        Outcome::Approved { authorisation } => PaymentOutcome::Approved { authorisation },
        Outcome::Declined { reason: DeclineReason::Cancelled } => PaymentOutcome::Cancelled,
        Outcome::Declined { reason: DeclineReason::Issuer | DeclineReason::TimedOut } => {
            PaymentOutcome::Declined
        }
        Outcome::Reversed => PaymentOutcome::Reversed,
        Outcome::Pending | Outcome::NoAnswer => PaymentOutcome::NoAnswer,
        Outcome::NotFound => PaymentOutcome::NotFound,
        Outcome::Unavailable { .. } => PaymentOutcome::Unavailable,
    }
}

/// Waits for a change; for ever when the other side is gone.
async fn changed<T>(receiver: &mut watch::Receiver<T>) {
    if receiver.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn changed_if_any<T>(receiver: Option<&mut watch::Receiver<T>>) {
    match receiver {
        Some(receiver) => changed(receiver).await,
        None => std::future::pending().await,
    }
}
