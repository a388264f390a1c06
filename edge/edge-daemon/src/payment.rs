//! The payment thread: one request at a time to the terminal, each answered by one event.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use domain::ids::PaymentId;
use domain::money::Money;
use edge_devices::terminal::{Outcome, PaymentTerminal, ReverseOutcome};
use service::tasks::Tasks;
use tokio::sync::mpsc;

use crate::event::Event;

/// What the terminal is asked.
#[derive(Debug)]
pub enum PaymentJob {
    /// To take money.
    Take(PaymentId, Money),
    /// What became of a payment.
    Query(PaymentId),
    /// To give the money back.
    Reverse(PaymentId),
}

/// What the terminal answered.
#[derive(Debug)]
pub enum PaymentAnswer {
    /// To `Take` or `Query`.
    Outcome(PaymentId, Outcome),
    /// To `Reverse`.
    Reversed(PaymentId, ReverseOutcome),
}

/// The way to the terminal's thread.
#[derive(Clone)]
pub struct PaymentDesk {
    jobs: SyncSender<PaymentJob>,
    terminal: Arc<dyn PaymentTerminal>,
}

impl PaymentDesk {
    /// Starts the thread.
    pub fn start(
        tasks: &Tasks,
        terminal: Arc<dyn PaymentTerminal>,
        events: mpsc::Sender<Event>,
    ) -> std::io::Result<Self> {
        // The core never has more than a few requests under way; a full queue means that it is broken.
        let (jobs, queue) = sync_channel(16);
        let asked = Arc::clone(&terminal);
        tasks.thread("payment", move |token| {
            while !token.is_cancelled() {
                match queue.recv_timeout(Duration::from_millis(200)) {
                    Ok(job) => {
                        let answer = ask(asked.as_ref(), &job);
                        if events.blocking_send(Event::Payment(answer)).is_err() {
                            return Ok(());
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
            finish(&queue, asked.as_ref(), &events);
            Ok(())
        })?;
        Ok(Self { jobs, terminal })
    }

    /// Hands a request to the thread. False when it is gone or swamped.
    pub fn ask(&self, job: PaymentJob) -> bool {
        self.jobs.try_send(job).is_ok()
    }

    /// Asks the terminal to stop a payment that the thread may be waiting for.
    pub fn cancel(&self, payment: PaymentId) {
        self.terminal.cancel(payment);
    }
}

/// Requests that were handed over before the stop are still made: an answer may be worth money.
fn finish(queue: &Receiver<PaymentJob>, terminal: &dyn PaymentTerminal, events: &mpsc::Sender<Event>) {
    while let Ok(job) = queue.try_recv() {
        let answer = ask(terminal, &job);
        if events.blocking_send(Event::Payment(answer)).is_err() {
            return;
        }
    }
}

fn ask(terminal: &dyn PaymentTerminal, job: &PaymentJob) -> PaymentAnswer {
    match *job {
        PaymentJob::Take(payment, amount) => {
            tracing::info!(%payment, %amount, "asking the terminal for a payment");
            PaymentAnswer::Outcome(payment, terminal.take(payment, amount))
        }
        PaymentJob::Query(payment) => {
            tracing::info!(%payment, "asking the terminal what became of a payment");
            PaymentAnswer::Outcome(payment, terminal.query(payment))
        }
        PaymentJob::Reverse(payment) => {
            tracing::warn!(%payment, "asking the terminal to give the money back");
            PaymentAnswer::Reversed(payment, terminal.reverse(payment))
        }
    }
}
