//! A terminal that is not there, with a ledger of its own that outlives the till's daemon.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use domain::ids::PaymentId;
use domain::money::Money;

use super::ledger::{Ledger, LedgerEntry, LedgerError, LedgerState};
use super::{DeclineReason, NextOutcome, Outcome, PaymentTerminal, ReverseOutcome};

/// How quick the simulated terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalConfig {
    /// From the request to the shopper's card being read and answered.
    pub take: Duration,
    /// How long a till waits for an answer that never comes.
    pub answer_timeout: Duration,
    /// For a query or a reversal.
    pub query: Duration,
    /// How many queries get no answer either after an answer was lost.
    pub lost_queries: u32,
}

impl Default for TerminalConfig {
    fn default() -> Self {
        Self {
            take: Duration::from_millis(1200),
            answer_timeout: Duration::from_secs(5),
            query: Duration::from_millis(150),
            lost_queries: 0,
        }
    }
}

/// A simulated terminal. A cheap handle on one ledger file.
#[derive(Debug, Clone)]
pub struct SimulatedTerminal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: TerminalConfig,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    ledger: Ledger,
    next: NextOutcome,
    reachable: bool,
    /// Payments that a call of `take` is waiting for.
    under_way: BTreeSet<PaymentId>,
    /// Payments that someone asked to stop.
    cancelled: BTreeSet<PaymentId>,
    /// How many more queries about a payment get no answer.
    silent: BTreeMap<PaymentId, u32>,
}

impl SimulatedTerminal {
    /// Opens or makes a ledger. A payment that was under way when the last owner died has gone its way meanwhile, as it
    /// would at a real terminal: approved if that was to be its outcome.
    pub fn open(path: &Path, config: TerminalConfig) -> Result<Self, LedgerError> {
        let mut ledger = Ledger::open(path)?;
        let undecided = ledger.entries().iter().filter(|entry| entry.state == LedgerState::Started);
        for payment in undecided.map(|entry| entry.payment).collect::<Vec<_>>() {
            decide(&mut ledger, payment)?;
        }
        let state = State {
            ledger,
            next: NextOutcome::default(),
            reachable: true,
            under_way: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            silent: BTreeMap::new(),
        };
        Ok(Self { shared: Arc::new(Shared { config, state: Mutex::new(state), changed: Condvar::new() }) })
    }

    /// Says what happens to the next payment; the ones after it are approved again.
    pub fn script(&self, next: NextOutcome) {
        self.lock().next = next;
    }

    /// Pulls the terminal's cable, or plugs it in again: calls are answered with [`Outcome::Unavailable`] meanwhile.
    pub fn connect(&self, reachable: bool) {
        self.lock().reachable = reachable;
    }

    /// Every payment and what became of it, in the order they were first asked for.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.lock().ledger.entries().to_vec()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("no holder of this lock can panic")
    }

    /// Waits until `done` holds or the time has come; true when `done` holds.
    fn wait<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        until: Instant,
        done: impl Fn(&State) -> bool,
    ) -> (MutexGuard<'a, State>, bool) {
        let timeout = until.saturating_duration_since(Instant::now());
        let waited = self.shared.changed.wait_timeout_while(state, timeout, |state| !done(state));
        let (state, _) = waited.expect("no holder of this lock can panic");
        let is_done = done(&state);
        (state, is_done)
    }

    /// A payment that the ledger has already: its outcome, waited for when it is under way.
    fn known(&self, state: MutexGuard<'_, State>, payment: PaymentId, until: Instant) -> Outcome {
        let (state, _) = self.wait(state, until, |state| !state.under_way.contains(&payment));
        match state.ledger.entry(payment).map(|entry| &entry.state) {
            Some(LedgerState::Started) => Outcome::NoAnswer,
            Some(decided) => outcome_of(decided),
            None => Outcome::NotFound,
        }
    }

    /// A new payment, begun in the ledger: waits for the card, decides, answers.
    fn carry_out<'a>(&'a self, state: MutexGuard<'a, State>, payment: PaymentId, begun: Instant) -> Outcome {
        let TerminalConfig { take, answer_timeout, .. } = self.shared.config;
        let plan = state.ledger.plan(payment);
        let card_read = if plan == NextOutcome::TimeOut { answer_timeout } else { take };
        let is_cancelled = |state: &State| state.cancelled.contains(&payment);
        let (mut state, cancelled) = self.wait(state, begun + card_read, is_cancelled);
        let written = if cancelled {
            state.ledger.decline(payment, DeclineReason::Cancelled)
        } else {
            decide(&mut state.ledger, payment)
        };
        if let Err(error) = written {
            tracing::warn!(%payment, %error, "the simulated terminal could not write down what it did");
            return Outcome::NoAnswer;
        }
        if plan == NextOutcome::LoseAnswer && !cancelled {
            state.silent.insert(payment, self.shared.config.lost_queries);
            drop(self.wait(state, begun + answer_timeout, |_| false));
            return Outcome::NoAnswer;
        }
        match state.ledger.entry(payment).map(|entry| &entry.state) {
            Some(LedgerState::Declined { reason: DeclineReason::TimedOut }) | None => Outcome::NoAnswer,
            Some(decided) => outcome_of(decided),
        }
    }

    /// The terminal's state, or the reason why it cannot be reached.
    fn reach(&self) -> Result<MutexGuard<'_, State>, String> {
        let state = self.lock();
        if state.reachable {
            Ok(state)
        } else {
            Err("the payment terminal cannot be reached: check its cable".to_owned())
        }
    }
}

impl PaymentTerminal for SimulatedTerminal {
    fn describe(&self) -> String {
        "simulated payment terminal".to_owned()
    }

    fn take(&self, payment: PaymentId, amount: Money) -> Outcome {
        let begun = Instant::now();
        let mut state = match self.reach() {
            Ok(state) => state,
            Err(reason) => return Outcome::Unavailable { reason },
        };
        if let Some(entry) = state.ledger.entry(payment) {
            if entry.amount != amount {
                let reason = format!("payment {payment} was asked for {} before, not {amount}", entry.amount);
                return Outcome::Unavailable { reason };
            }
            return self.known(state, payment, begun + self.shared.config.answer_timeout);
        }
        let plan = std::mem::take(&mut state.next);
        if let Err(error) = state.ledger.start(payment, amount, plan) {
            return Outcome::Unavailable { reason: in_words(&error) };
        }
        state.under_way.insert(payment);
        let outcome = self.carry_out(state, payment, begun);
        self.lock().under_way.remove(&payment);
        self.shared.changed.notify_all();
        outcome
    }

    fn query(&self, payment: PaymentId) -> Outcome {
        std::thread::sleep(self.shared.config.query);
        let mut state = match self.reach() {
            Ok(state) => state,
            Err(reason) => return Outcome::Unavailable { reason },
        };
        if let Some(silent) = state.silent.get_mut(&payment).filter(|silent| **silent > 0) {
            *silent -= 1;
            return Outcome::NoAnswer;
        }
        let under_way = state.under_way.contains(&payment);
        match state.ledger.entry(payment).map(|entry| entry.state.clone()) {
            None => Outcome::NotFound,
            Some(LedgerState::Started) if under_way => Outcome::Pending,
            // The line about its end could not be written then; perhaps it can now.
            Some(LedgerState::Started) => match decide(&mut state.ledger, payment) {
                Ok(()) => state.ledger.entry(payment).map_or(Outcome::NotFound, |e| outcome_of(&e.state)),
                Err(_) => Outcome::NoAnswer,
            },
            Some(decided) => outcome_of(&decided),
        }
    }

    fn cancel(&self, payment: PaymentId) {
        let mut state = self.lock();
        if state.under_way.contains(&payment) {
            state.cancelled.insert(payment);
            self.shared.changed.notify_all();
        }
    }

    fn reverse(&self, payment: PaymentId) -> ReverseOutcome {
        std::thread::sleep(self.shared.config.query);
        let mut state = match self.reach() {
            Ok(state) => state,
            Err(reason) => return ReverseOutcome::Unavailable { reason },
        };
        match state.ledger.entry(payment).map(|entry| &entry.state) {
            Some(LedgerState::Reversed) => ReverseOutcome::Reversed,
            Some(LedgerState::Approved { .. }) => match state.ledger.reverse(payment) {
                Ok(()) => ReverseOutcome::Reversed,
                Err(error) => ReverseOutcome::Unavailable { reason: in_words(&error) },
            },
            Some(LedgerState::Started) => ReverseOutcome::NoAnswer,
            Some(LedgerState::Declined { .. }) | None => ReverseOutcome::NothingTaken,
        }
    }
}

/// Writes down what a started payment comes to.
fn decide(ledger: &mut Ledger, payment: PaymentId) -> Result<(), LedgerError> {
    match ledger.plan(payment) {
        NextOutcome::Approve | NextOutcome::LoseAnswer => {
            // Looks like an approval code: six digits, different from one payment to the next.
            let code = (ledger.entries().len() as u64 * 7919 + 100_003) % 1_000_000;
            ledger.approve(payment, format!("{code:06}"))
        }
        NextOutcome::Decline => ledger.decline(payment, DeclineReason::Issuer),
        NextOutcome::TimeOut => ledger.decline(payment, DeclineReason::TimedOut),
    }
}

fn outcome_of(state: &LedgerState) -> Outcome {
    match state {
        LedgerState::Started => Outcome::Pending,
        LedgerState::Approved { authorisation } => Outcome::Approved { authorisation: authorisation.clone() },
        LedgerState::Declined { reason } => Outcome::Declined { reason: *reason },
        LedgerState::Reversed => Outcome::Reversed,
    }
}

fn in_words(error: &LedgerError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
