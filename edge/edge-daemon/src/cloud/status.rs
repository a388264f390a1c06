//! How the till stands with the cloud, for people to see.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ids::{Generation, SequenceNumber};
use domain::time::WallMs;
use serde_json::{Value, json};

use crate::clock::rfc3339;

/// Shared by the tasks that know and those that tell.
#[derive(Debug, Default)]
pub struct CloudStatus {
    facts: Mutex<Facts>,
}

#[derive(Debug, Default, Clone)]
struct Facts {
    address: Option<String>,
    connected_since: Option<WallMs>,
    acked: Option<(SequenceNumber, WallMs)>,
    generation: Generation,
    problem: Option<String>,
    /// `None` while nothing is known of a broker; then what is wrong with the connection to it, or nothing.
    broker: Option<Option<String>>,
}

impl CloudStatus {
    /// There is a connection to this address.
    pub(super) fn connected(&self, address: &str, at: WallMs) {
        let mut facts = self.lock();
        facts.address = Some(address.to_owned());
        facts.connected_since = Some(at);
        facts.problem = None;
    }

    /// There is none, and why.
    pub(super) fn lost(&self, address: &str, problem: String) {
        let mut facts = self.lock();
        facts.address = Some(address.to_owned());
        facts.connected_since = None;
        facts.problem = Some(problem);
    }

    /// The cloud has all sales up to here.
    pub(super) fn acked(&self, up_to: SequenceNumber, at: WallMs) {
        self.lock().acked = Some((up_to, at));
    }

    /// The till sells from, or will from its next basket on, this generation of the cloud's.
    pub(super) fn sells_from(&self, generation: Generation) {
        self.lock().generation = generation;
    }

    /// The broker is reached, or not, and why.
    pub(super) fn broker(&self, problem: Option<String>) {
        self.lock().broker = Some(problem);
    }

    /// For `status`: null where the till was never claimed.
    pub fn to_json(&self) -> Value {
        let facts = self.lock().clone();
        let Some(address) = facts.address else { return Value::Null };
        json!({
            "address": address,
            "connected": facts.connected_since.is_some(),
            "connected_since": facts.connected_since.map(rfc3339),
            "acked_sequence": facts.acked.map(|(sequence, _)| sequence.0),
            "acked_at": facts.acked.map(|(_, at)| rfc3339(at)),
            "generation": facts.generation.0,
            "problem": facts.problem,
            "broker": facts.broker.map(|problem| json!({ "connected": problem.is_none(), "problem": problem })),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        // A panic while it is locked cannot leave it half changed.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
