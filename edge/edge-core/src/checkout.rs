//! The machine itself: which part answers to which input, and what ends by itself.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::ids::{Generation, TrackId};
use domain::observation::Unsettled;
use domain::time::{MonotonicMs, Now};

use crate::approval::StaffCall;
use crate::basket::Basket;
use crate::config::TrayRule;
use crate::paying::{Payments, Settled};
use crate::tracks::{Presence, Standing, Weight};
use crate::view::{Phase, ReceiptView};
use crate::weigh::{Moment, Scale};
use crate::{CheckoutConfig, DeviceEvent, Effect, Input, Refusal, View, bill, present, sightings};

/// One till's checkout.
#[derive(Debug)]
pub struct Checkout {
    pub(crate) config: CheckoutConfig,
    pub(crate) generation: Generation,
    pub(crate) catalogue: Arc<Catalogue>,
    /// The generation that the next basket is sold from.
    pub(crate) next_catalogue: Option<(Generation, Arc<Catalogue>)>,
    pub(crate) stage: Stage,
    pub(crate) basket: Basket,
    pub(crate) scale: Scale,
    pub(crate) payments: Payments,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) frame_size: (u32, u32),
    pub(crate) unsettled: Option<Unsettled>,
    /// When the newest settled observation was captured; `None` while the tray cannot be read.
    pub(crate) settled_at: Option<MonotonicMs>,
    /// No observation is taken to be older than this.
    pub(crate) last_captured: MonotonicMs,
    pub(crate) camera_works: bool,
    pub(crate) storage_works: bool,
    pub(crate) staff_call: StaffCall,
    /// When somebody last touched the screen or changed the tray.
    pub(crate) last_activity: MonotonicMs,
    /// The latest time told.
    pub(crate) now: Now,
}

/// What the till is doing.
#[derive(Debug)]
pub(crate) enum Stage {
    Idle,
    Scanning,
    Review,
    Paying,
    Receipt { since: MonotonicMs, until: MonotonicMs, receipt: Box<ReceiptView> },
    Recovering,
}

impl Checkout {
    /// An idle checkout that sells from a catalogue generation.
    pub fn new(config: CheckoutConfig, generation: Generation, catalogue: Arc<Catalogue>) -> Self {
        Self {
            scale: Scale::new(config.has_scale),
            config,
            generation,
            catalogue,
            next_catalogue: None,
            stage: Stage::Idle,
            basket: Basket::default(),
            payments: Payments::default(),
            effects: VecDeque::new(),
            frame_size: (0, 0),
            unsettled: None,
            settled_at: None,
            last_captured: MonotonicMs::default(),
            camera_works: true,
            storage_works: true,
            staff_call: StaffCall::None,
            last_activity: MonotonicMs::default(),
            now: Now::default(),
        }
    }

    /// Takes one input. Only an [`Input::Customer`] can be refused; then it has changed nothing.
    pub fn handle(&mut self, input: Input, now: Now) -> Result<(), Refusal> {
        self.now = Now { monotonic: self.now.monotonic.max(now.monotonic), wall: now.wall };
        let unchecked = self.age_unchecked();
        self.do_what_is_due();
        let changes = self.basket.changes;
        let result = self.dispatch(input);
        if self.basket.changes != changes {
            self.touch();
            if matches!(self.stage, Stage::Review) {
                self.stage = Stage::Scanning;
            }
        }
        self.call_staff_for_age(unchecked);
        result
    }

    /// The next thing to do, in the order they must be begun.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Input::Tick`] is due at the latest.
    pub fn poll_timeout(&self) -> Option<MonotonicMs> {
        let receipt = match &self.stage {
            Stage::Receipt { until, .. } => Some(*until),
            _ => None,
        };
        let abandoned = self.abandoned_at().map(|at| {
            let warned = MonotonicMs(at.0.saturating_sub(self.config.warning_ms));
            if self.now.monotonic < warned { warned } else { at }
        });
        let weighing = self.scale.due(&self.basket.tracks, &self.config, self.now.monotonic);
        [receipt, abandoned, weighing, self.payments.due()].into_iter().flatten().min()
    }

    /// What a screen shows now.
    pub fn view(&self, now: Now) -> View {
        present::view(self, now.monotonic.max(self.now.monotonic))
    }

    /// The generation being sold from.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    fn dispatch(&mut self, input: Input) -> Result<(), Refusal> {
        let (now, config, effects) = (self.now, &self.config, &mut self.effects);
        let settled = match input {
            Input::Customer(action) => {
                self.act(action)?;
                self.touch();
                None
            }
            Input::Observation(observation) => {
                self.observe(&observation);
                None
            }
            Input::Scale(reading) => {
                self.scale.read(reading, now.monotonic, config);
                self.weigh();
                None
            }
            Input::Tick => None,
            Input::Catalogue { generation, catalogue } => {
                self.next_catalogue = Some((generation, catalogue));
                if matches!(self.stage, Stage::Idle) {
                    self.switch_catalogue();
                }
                None
            }
            Input::Device(event) => {
                self.device(event);
                None
            }
            Input::Recover(records) => {
                if self.payments.recover(records, config, effects) && matches!(self.stage, Stage::Idle) {
                    self.stage = Stage::Recovering;
                }
                None
            }
            Input::IntentRecorded { payment } => self.payments.recorded(payment, effects),
            Input::IntentFailed { payment } => self.payments.not_recorded(payment, effects),
            Input::Payment { payment, outcome } => {
                self.payments.answered(payment, outcome, now, config, effects)
            }
            Input::Committed { sale, sequence } => self.payments.committed(sale, sequence, effects),
            Input::CommitFailed { sale } => {
                self.payments.not_committed(sale, config, effects);
                None
            }
            Input::PaymentReversed { payment } => self.payments.reversed(payment, effects),
            Input::ReverseFailed { payment } => {
                self.payments.not_reversed(payment, now.monotonic);
                None
            }
        };
        if let Some(settled) = settled {
            self.after_payment(settled);
        }
        Ok(())
    }

    fn after_payment(&mut self, settled: Settled) {
        match settled {
            Settled::Sold(sale, sequence) => {
                let authorisation = sale.tenders.first().map(|t| t.authorisation.clone()).unwrap_or_default();
                let receipt = ReceiptView {
                    sale: sale.id,
                    sequence,
                    completed_at: sale.completed_at,
                    lines: bill::lines(&self.basket, self.config.min_weight_g),
                    totals: sale.totals,
                    authorisation,
                    clear_tray: false,
                };
                let sightings = sightings::of(&self.basket, sale.business_day);
                if !sightings.is_empty() {
                    self.effects.push_back(Effect::Remember { sightings });
                }
                self.basket.sell();
                let since = self.now.monotonic;
                let until = since.plus_ms(self.config.receipt_ms);
                self.stage = Stage::Receipt { since, until, receipt: Box::new(receipt) };
            }
            Settled::Refused => self.touch(),
            Settled::Recovered => {
                if matches!(self.stage, Stage::Recovering) {
                    self.become_idle();
                }
            }
        }
    }

    fn do_what_is_due(&mut self) {
        let now = self.now.monotonic;
        self.payments.tick(now, &mut self.effects);
        if matches!(&self.stage, Stage::Receipt { until, .. } if *until <= now) {
            self.become_idle();
        }
        if self.abandoned_at().is_some_and(|at| at <= now) {
            self.drop_basket();
        }
        self.weigh();
    }

    /// When the basket is abandoned if nothing happens.
    pub(crate) fn abandoned_at(&self) -> Option<MonotonicMs> {
        let waits = match self.stage {
            Stage::Scanning | Stage::Review => true,
            Stage::Paying => !self.payments.busy(),
            Stage::Idle | Stage::Receipt { .. } | Stage::Recovering => false,
        };
        waits.then(|| self.last_activity.plus_ms(self.config.idle_ms.max(1)))
    }

    /// Somebody is there.
    pub(crate) fn touch(&mut self) {
        self.last_activity = self.now.monotonic;
    }

    /// Ends the basket without a sale.
    pub(crate) fn drop_basket(&mut self) {
        self.payments.clear_refused();
        self.basket.leave_behind();
        self.become_idle();
    }

    /// Back to the start: the next generation takes effect, and what was put while the basket was locked begins the
    /// next one.
    pub(crate) fn become_idle(&mut self) {
        self.stage = Stage::Idle;
        self.switch_catalogue();
        if self.basket.tracks.values().any(|track| track.standing == Standing::Waiting) {
            self.begin_basket();
        }
    }

    fn switch_catalogue(&mut self) {
        if let Some((generation, catalogue)) = self.next_catalogue.take() {
            self.generation = generation;
            self.catalogue = catalogue;
        }
    }

    /// Explains the scale's reading by what is seen, and takes off what is gone.
    pub(crate) fn weigh(&mut self) {
        let on_bill = self.weights_on_bill();
        let moment = Moment {
            config: &self.config,
            now: self.now.monotonic,
            settled_at: self.settled_at,
            locked: self.locked(),
        };
        let weighed = self.scale.weigh(&mut self.basket.tracks, moment);
        if weighed.changed && self.weights_on_bill() != on_bill {
            self.basket.changes += 1;
        }
        for id in weighed.gone {
            self.depart(id);
        }
    }

    fn weights_on_bill(&self) -> Vec<Option<u32>> {
        let by_weight = self.basket.lines.iter().filter(|(_, line)| line.is_by_weight());
        let tracks = by_weight.flat_map(|(number, _)| self.basket.tracks_of(*number));
        tracks.map(|track| track.chargeable_g(self.config.min_weight_g)).collect()
    }

    /// A thing is gone from the tray.
    fn depart(&mut self, id: TrackId) {
        self.touch();
        let keeps = self.locked() || self.config.tray == TrayRule::OneByOne;
        match self.basket.tracks.get_mut(&id) {
            Some(track) if keeps && (track.counted().is_some() || track.question().is_some()) => {
                track.presence = Presence::Gone;
                if track.weight == Weight::Pending {
                    track.weight = Weight::Unknown;
                }
            }
            Some(track) => {
                self.scale.lifted.remember(track);
                self.basket.forget(id);
            }
            None => {}
        }
    }

    /// Whether the basket must stay what it is.
    pub(crate) fn locked(&self) -> bool {
        matches!(self.stage, Stage::Paying)
    }

    fn device(&mut self, event: DeviceEvent) {
        match event {
            DeviceEvent::Camera { works } => {
                self.camera_works = works;
                if !works {
                    // What is made out stays; what is not cannot hold up the shopper.
                    self.unsettled = None;
                    self.settled_at = None;
                    self.basket.tracks.retain(|_, track| !track.is_fresh());
                }
            }
            DeviceEvent::Scale { works } => self.scale.set_works(works, &mut self.basket.tracks),
            DeviceEvent::Storage { works } => self.storage_works = works,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.stage {
            Stage::Idle => Phase::Idle,
            Stage::Scanning => Phase::Scanning,
            Stage::Review => Phase::Review,
            Stage::Paying => Phase::Paying,
            Stage::Receipt { .. } => Phase::Receipt,
            Stage::Recovering => Phase::Recovering,
        }
    }
}
