//! The machine itself.

use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::ids::Generation;
use domain::time::{MonotonicMs, Now};

use crate::{CheckoutConfig, Effect, Input, Refusal, View};

/// One till's checkout.
#[derive(Debug)]
pub struct Checkout {
    generation: Generation,
}

impl Checkout {
    /// An idle checkout that sells from a catalogue generation.
    pub fn new(_config: CheckoutConfig, generation: Generation, _catalogue: Arc<Catalogue>) -> Self {
        Self { generation }
    }

    /// Takes one input. Only an [`Input::Customer`] can be refused; then nothing has changed.
    pub fn handle(&mut self, _input: Input, _now: Now) -> Result<(), Refusal> {
        unimplemented!()
    }

    /// The next thing to do, in the order they must be begun.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        unimplemented!()
    }

    /// When [`Input::Tick`] is due at the latest.
    pub fn poll_timeout(&self) -> Option<MonotonicMs> {
        unimplemented!()
    }

    /// What a screen shows now.
    pub fn view(&self, _now: Now) -> View {
        unimplemented!()
    }

    /// The generation being sold from.
    pub fn generation(&self) -> Generation {
        self.generation
    }
}
