//! All payments of a till: the one under way, those from before a restart, and money that must go back.

use std::collections::{BTreeMap, VecDeque};

use domain::ids::{PaymentId, SaleId, SequenceNumber};
use domain::sale::Sale;
use domain::time::{MonotonicMs, Now};

use crate::payment::{Ending, Pause, Settlement};
use crate::view::PaymentView;
use crate::{CheckoutConfig, Effect, IntentRecord, PaymentOutcome};

/// So many ended payments are remembered, so that a late answer to one is understood.
const PAST_MAX: usize = 256;

/// All payments of a till.
#[derive(Debug, Default)]
pub(crate) struct Payments {
    current: Option<Settlement>,
    refused: Option<PaymentView>,
    /// From before a restart. Only the first is being looked up: two may be attempts at one sale.
    found: VecDeque<Settlement>,
    /// Approved after they had been given up: the terminal must not keep that money.
    refunds: BTreeMap<PaymentId, Refund>,
    past: VecDeque<Past>,
}

#[derive(Debug)]
struct Refund {
    due: Option<MonotonicMs>,
    pause: Pause,
}

#[derive(Debug)]
struct Past {
    payment: PaymentId,
    /// Nothing was known to be taken when it ended.
    given_up: bool,
}

/// What became of payments.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The current one made a sale.
    Sold(Box<Sale>, SequenceNumber),
    /// The current one came to nothing; [`Payments::shown`] says why.
    Refused,
    /// The last of those from before a restart is settled.
    Recovered,
}

type Effects = VecDeque<Effect>;

impl Payments {
    /// Begins an attempt.
    pub(crate) fn begin(
        &mut self,
        payment: PaymentId,
        sale: Sale,
        config: &CheckoutConfig,
        effects: &mut Effects,
    ) {
        self.refused = None;
        self.current = Some(Settlement::begin(payment, sale, config, effects));
    }

    /// Takes over what was found after a restart. False when there is nothing to do.
    pub(crate) fn recover(
        &mut self,
        records: Vec<IntentRecord>,
        config: &CheckoutConfig,
        effects: &mut Effects,
    ) -> bool {
        for record in records {
            if !self.knows(record.payment) {
                self.found.push_back(Settlement::found(record.payment, record.sale, config));
            }
        }
        if let Some(first) = self.found.front_mut() {
            first.look_up(effects);
        }
        !self.found.is_empty()
    }

    /// Whether an attempt is under way.
    pub(crate) fn busy(&self) -> bool {
        self.current.is_some()
    }

    /// Whether an older payment is not settled, so that no other may be begun.
    pub(crate) fn unresolved(&self) -> bool {
        !self.found.is_empty() || !self.refunds.is_empty()
    }

    /// Whether a payment id was seen before.
    pub(crate) fn knows(&self, payment: PaymentId) -> bool {
        self.current.iter().chain(&self.found).any(|settlement| settlement.payment == payment)
            || self.refunds.contains_key(&payment)
            || self.past.iter().any(|past| past.payment == payment)
    }

    /// The attempt under way or just refused.
    pub(crate) fn shown(&self) -> Option<PaymentView> {
        let under_way = self.current.as_ref();
        under_way.map(|s| PaymentView { state: s.shown(), amount: s.amount() }).or(self.refused)
    }

    /// Forgets that the last attempt was refused.
    pub(crate) fn clear_refused(&mut self) {
        self.refused = None;
    }

    /// Asks for the attempt to be stopped. False when there is none, or it is too late.
    pub(crate) fn stop(&mut self, effects: &mut Effects) -> bool {
        self.current.as_mut().is_some_and(|settlement| settlement.stop(effects))
    }

    /// When something is to be done without an input.
    pub(crate) fn due(&self) -> Option<MonotonicMs> {
        let settlements = self.current.iter().chain(self.found.front()).filter_map(Settlement::due);
        settlements.chain(self.refunds.values().filter_map(|refund| refund.due)).min()
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: MonotonicMs, effects: &mut Effects) {
        for settlement in self.current.iter_mut().chain(self.found.front_mut()) {
            settlement.tick(now, effects);
        }
        for (payment, refund) in &mut self.refunds {
            if refund.due.is_some_and(|at| at <= now) {
                refund.due = None;
                effects.push_back(Effect::ReversePayment { payment: *payment });
            }
        }
    }

    /// An intent is durable.
    pub(crate) fn recorded(&mut self, payment: PaymentId, effects: &mut Effects) -> Option<Settled> {
        let clear = !self.unresolved();
        let ending = self.find(payment)?.recorded(clear, effects)?;
        self.end(payment, ending, effects)
    }

    /// An intent could not be written.
    pub(crate) fn not_recorded(&mut self, payment: PaymentId, effects: &mut Effects) -> Option<Settled> {
        let ending = self.find(payment)?.not_recorded()?;
        self.end(payment, ending, effects)
    }

    /// The terminal says what became of a payment.
    pub(crate) fn answered(
        &mut self,
        payment: PaymentId,
        outcome: PaymentOutcome,
        now: Now,
        config: &CheckoutConfig,
        effects: &mut Effects,
    ) -> Option<Settled> {
        if let Some(settlement) = self.find(payment) {
            let ending = settlement.answered(outcome, now, effects)?;
            return self.end(payment, ending, effects);
        }
        let past = self.past.iter_mut().find(|past| past.payment == payment && past.given_up)?;
        if matches!(outcome, PaymentOutcome::Approved { .. }) {
            past.given_up = false;
            self.refunds.insert(payment, Refund { due: None, pause: Pause::new(config) });
            effects.push_back(Effect::ReversePayment { payment });
        }
        None
    }

    /// A sale is durable.
    pub(crate) fn committed(
        &mut self,
        sale: SaleId,
        sequence: SequenceNumber,
        effects: &mut Effects,
    ) -> Option<Settled> {
        let mut known = self.current.iter().chain(self.found.front());
        let (payment, ending) = known.find_map(|s| Some((s.payment, s.committed(sale, sequence)?)))?;
        self.end(payment, ending, effects)
    }

    /// A sale could not be written.
    pub(crate) fn not_committed(&mut self, sale: SaleId, config: &CheckoutConfig, effects: &mut Effects) {
        for settlement in self.current.iter_mut().chain(self.found.front_mut()) {
            settlement.not_committed(sale, config, effects);
        }
    }

    /// Money is given back.
    pub(crate) fn reversed(&mut self, payment: PaymentId, effects: &mut Effects) -> Option<Settled> {
        self.refunds.remove(&payment);
        let ending = self.find(payment)?.reversed(effects)?;
        self.end(payment, ending, effects)
    }

    /// Money could not be given back now.
    pub(crate) fn not_reversed(&mut self, payment: PaymentId, now: MonotonicMs) {
        if let Some(refund) = self.refunds.get_mut(&payment)
            && refund.due.is_none()
        {
            refund.due = Some(refund.pause.due(now));
        }
        if let Some(settlement) = self.find(payment) {
            settlement.not_reversed(now);
        }
    }

    fn find(&mut self, payment: PaymentId) -> Option<&mut Settlement> {
        self.current.iter_mut().chain(self.found.front_mut()).find(|s| s.payment == payment)
    }

    fn end(&mut self, payment: PaymentId, ending: Ending, effects: &mut Effects) -> Option<Settled> {
        let given_up = matches!(ending, Ending::Refused { reversed: false, .. });
        self.past.push_back(Past { payment, given_up });
        if self.past.len() > PAST_MAX {
            self.past.pop_front();
        }
        if self.current.as_ref().is_some_and(|settlement| settlement.payment == payment) {
            let settlement = self.current.take()?;
            return Some(match ending {
                Ending::Sold(sequence) => Settled::Sold(Box::new(settlement.sale), sequence),
                Ending::Refused { shown, .. } => {
                    self.refused = Some(PaymentView { state: shown, amount: settlement.amount() });
                    Settled::Refused
                }
            });
        }
        self.found.pop_front();
        match self.found.front_mut() {
            Some(next) => {
                next.look_up(effects);
                None
            }
            None => Some(Settled::Recovered),
        }
    }
}
