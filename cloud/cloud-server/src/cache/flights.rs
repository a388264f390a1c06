//! Many who ask the same at once: one makes the answer, the others wait for it.
//!
//! Of one process: gateways that share a Redis make an answer once each. Whoever makes it may fail or leave; then one of those who wait
//! makes it, and the others go on waiting. Answers are not made anew before their time (XFetch): they live for seconds, and one maker
//! at a time is all that the database sees of their end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

/// Answers that are being made.
#[derive(Clone, Default)]
pub(crate) struct Flights {
    under_way: Arc<Mutex<HashMap<String, watch::Receiver<Option<Landed>>>>>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Landed {
    /// An answer for everybody.
    Made(Bytes),
    /// An answer that is not kept: each asks for itself.
    Alone,
}

/// Whose turn it is.
pub(crate) enum Turn {
    /// The caller makes the answer, and says what came of it.
    Lead(Lead),
    /// Somebody else has made it.
    Landed(Landed),
}

/// The duty to make an answer. Dropped without a word it passes to somebody who waits.
pub(crate) struct Lead {
    flights: Flights,
    key: String,
    told: watch::Sender<Option<Landed>>,
}

impl Flights {
    /// Waits for the answer that somebody else makes, or takes on making it.
    pub(crate) async fn join(&self, key: &str) -> Turn {
        loop {
            let mut waiting = {
                let mut under_way = self.lock();
                match under_way.get(key) {
                    Some(waiting) => waiting.clone(),
                    None => {
                        let (told, waiting) = watch::channel(None);
                        under_way.insert(key.to_owned(), waiting);
                        return Turn::Lead(Lead { flights: self.clone(), key: key.to_owned(), told });
                    }
                }
            };
            // Where the sender is gone without a word, its place in the map is free.
            if let Ok(landed) = waiting.wait_for(Option::is_some).await
                && let Some(landed) = landed.clone()
            {
                return Turn::Landed(landed);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Option<Landed>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Tells those who wait.
    pub(crate) fn land(self, landed: Landed) {
        // Nobody may be waiting.
        self.told.send_replace(Some(landed));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::task::JoinSet;

    const CALLERS: usize = 200;

    /// Lets many ask at once; `make` gets how many asked for it before. Gives back what they got, and how often it was made.
    async fn ask(make: impl Fn(usize) -> Option<Landed> + Send + Sync + 'static) -> (Vec<Landed>, usize) {
        let (flights, made, make) = (Flights::default(), Arc::new(AtomicUsize::new(0)), Arc::new(make));
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (flights, made, make) = (flights.clone(), Arc::clone(&made), Arc::clone(&make));
            callers.spawn(async move {
                match flights.join("key").await {
                    Turn::Landed(landed) => Some(landed),
                    Turn::Lead(lead) => {
                        // Everybody else has come to wait before this goes on.
                        for _ in 0..CALLERS {
                            tokio::task::yield_now().await;
                        }
                        let landed = make(made.fetch_add(1, Ordering::Relaxed))?;
                        lead.land(landed.clone());
                        Some(landed)
                    }
                }
            });
        }
        let got = callers.join_all().await.into_iter().flatten().collect();
        assert!(flights.lock().is_empty(), "nothing is under way any more");
        (got, made.load(Ordering::Relaxed))
    }

    fn answer() -> Landed {
        Landed::Made(Bytes::from_static(b"{}"))
    }

    #[tokio::test]
    async fn one_makes_what_many_ask_for() {
        let (got, made) = ask(|_| Some(answer())).await;
        assert_eq!((got, made), (vec![answer(); CALLERS], 1));
    }

    #[tokio::test]
    async fn whoever_fails_lets_another_try() {
        let (got, made) = ask(|before| (before >= 2).then(answer)).await;
        assert_eq!((got, made), (vec![answer(); CALLERS - 2], 3));
    }

    #[tokio::test]
    async fn whoever_leaves_lets_another_try() {
        let flights = Flights::default();
        let Turn::Lead(lead) = flights.join("key").await else { panic!("nobody else asks") };
        let waiting = flights.join("key");
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(lead);
        assert!(matches!(waiting.await, Turn::Lead(_)));
        assert!(flights.lock().is_empty());
    }

    #[tokio::test]
    async fn what_is_not_kept_everybody_asks_for_themselves() {
        let (got, made) = ask(|_| Some(Landed::Alone)).await;
        assert_eq!((got, made), (vec![Landed::Alone; CALLERS], 1));
    }
}
