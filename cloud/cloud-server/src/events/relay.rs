//! The relay: takes waiting events to the bus, in order of each key, as long as it takes.
//!
//! It always asks for the first events that wait, and notes what was sent after the bus has it; one that is killed in between
//! sends some twice. It never asks for events behind others of their key: a key whose event was refused, and a topic that the bus
//! takes nothing of, are left out for a while, and everything else goes on. One process at a time does it, by a lease.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cloud_store::{Event, EventsWanted, Store, Topics};
use domain::time::WallMs;
use service::health::{Health, Part};
use service::tasks::{CancellationToken, RestartPolicy, Tasks};
use sync_core::backoff::Backoff;

use super::bus::{Bus, Report};
use crate::config::{Config, Events};
use crate::outbound::Breaker;
use crate::roles::now;

/// One process at a time sends events and forgets old ones.
const DUTY: &str = "events";
/// How often old events are forgotten, and how many at once: each removal holds the database's writer.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
const PRUNE_AT_ONCE: u32 = 1_000;
/// How often it is counted what waits.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// Keys that may wait for another attempt at once. Beyond it, something is wrong with more than single events.
const HELD_MAX: usize = 200;
/// How long to wait where the circuit is open.
const CIRCUIT_PAUSE: Duration = Duration::from_secs(1);

/// Takes events from the database to the bus.
pub struct Relay {
    store: Store,
    config: Events,
    bus: Option<Bus>,
    /// Its name on the lease: no two relays have the same.
    owner: String,
    part: Part,
    breaker: Breaker,
    /// Failures of the bus in a row.
    failures: u32,
    keys: Held,
    topics: Held,
    counted_at: Option<Instant>,
    pruned_at: Option<Instant>,
}

/// What is left out for a while, with the failures in a row.
#[derive(Default)]
struct Held {
    by_name: BTreeMap<String, (u32, Instant, String)>,
}

/// What became of a look for events.
enum Round {
    /// There may be more at once.
    More,
    /// Nothing to do for so long.
    Pause(Duration),
}

/// Starts the relay of this process as a task of `tasks`.
pub(crate) fn spawn(tasks: &Tasks, health: &Health, config: &Config, store: &Store, owner: &str) {
    let part = health.part("events", false);
    let (config, store, owner) = (config.clone(), store.clone(), owner.to_owned());
    tasks.spawn_restarting("events", RestartPolicy::default(), move |token| {
        let mut relay = Relay::new(&config, store.clone(), owner.clone(), part.clone());
        async move {
            let ended = relay.run(&token).await;
            if ended.is_err() {
                relay.part.down("events wait: the log says more");
            }
            ended
        }
    });
}

impl Held {
    fn hold(&mut self, name: &str, problem: &str, backoff: Backoff) -> anyhow::Result<()> {
        let failures = self.by_name.get(name).map_or(0, |(failures, ..)| *failures) + 1;
        let wait = Duration::from_millis(backoff.wait_ms(failures, getrandom::u64()?));
        self.by_name.insert(name.to_owned(), (failures, Instant::now() + wait, problem.to_owned()));
        Ok(())
    }

    /// Those that still wait. What may be tried again stays known, so that its next failure is not its first.
    fn names(&self) -> Vec<String> {
        let now = Instant::now();
        let waiting = self.by_name.iter().filter(|(_, (_, until, _))| *until > now);
        waiting.map(|(name, _)| name.clone()).collect()
    }

    /// What is held no more and has nothing that waits is in no trouble.
    fn forget_all_but(&mut self, held: &[String]) {
        self.by_name.retain(|name, _| held.contains(name));
    }

    fn release(&mut self, name: &str) {
        self.by_name.remove(name);
    }

    /// The problem of one of them, where there is one.
    fn problem(&self) -> Option<&str> {
        self.by_name.values().next().map(|(_, _, problem)| problem.as_str())
    }
}

impl Relay {
    /// A relay that does nothing yet.
    pub fn new(config: &Config, store: Store, owner: String, part: Part) -> Self {
        Self {
            store,
            bus: Bus::of(config),
            config: config.events.clone(),
            owner,
            part,
            breaker: Breaker::default(),
            failures: 0,
            keys: Held::default(),
            topics: Held::default(),
            counted_at: None,
            pruned_at: None,
        }
    }

    /// Sends until it is told to stop; what is under way is finished first.
    pub async fn run(&mut self, token: &CancellationToken) -> anyhow::Result<()> {
        while !token.is_cancelled() {
            if let Round::Pause(pause) = self.round().await? {
                token.run_until_cancelled(tokio::time::sleep(pause)).await;
            }
        }
        Ok(self.store.leave_duty(DUTY, &self.owner).await?)
    }

    async fn round(&mut self) -> anyhow::Result<Round> {
        self.count().await?;
        if !self.take_duty().await? {
            // Another process sends.
            self.part.ok();
            return Ok(Round::Pause(self.lease() / 3));
        }
        self.prune().await?;
        if self.bus.is_none() {
            self.part.ok();
            return Ok(Round::Pause(self.lease() / 3));
        }
        if self.breaker.admit(Instant::now()).is_err() {
            return Ok(Round::Pause(CIRCUIT_PAUSE));
        }
        let (keys_held, topics_held) = (self.keys.names(), self.topics.names());
        let events = self.waiting(&keys_held, &topics_held).await?;
        if events.is_empty() {
            // Nothing was tried, so nothing failed.
            self.breaker.note(false, Instant::now());
            self.failures = 0;
            self.keys.forget_all_but(&keys_held);
            self.topics.forget_all_but(&topics_held);
            self.tell();
            return Ok(Round::Pause(self.poll()));
        }
        let report = self.send(&events).await?;
        self.settle(&events, report).await
    }

    /// The first events that wait, without what is held.
    async fn waiting(&self, keys_held: &[String], topics_held: &[String]) -> anyhow::Result<Vec<Event>> {
        if keys_held.len() >= HELD_MAX {
            return Ok(Vec::new());
        }
        let topics = match self.wanted() {
            Topics::Only(mut names) => {
                names.retain(|name| !topics_held.contains(name));
                Topics::Only(names)
            }
            Topics::AllBut(_) => Topics::AllBut(topics_held.to_vec()),
        };
        let wanted = EventsWanted {
            after: cloud_store::EventId(0),
            topics,
            keys_held: keys_held.to_vec(),
            events_max: self.config.batch_events,
            bytes_max: self.config.batch_bytes,
        };
        Ok(self.store.events_to_send(&wanted).await?)
    }

    /// Sends, and keeps the lease meanwhile.
    async fn send(&mut self, events: &[Event]) -> anyhow::Result<Report> {
        let mut bus = self.bus.take().expect("it was looked for");
        let report = {
            let mut sending = std::pin::pin!(bus.send(events, self.config.event_max_bytes));
            loop {
                tokio::select! {
                    report = &mut sending => break report,
                    () = tokio::time::sleep(self.lease() / 3) => {
                        anyhow::ensure!(self.take_duty().await?, "another process took over sending events");
                    }
                }
            }
        };
        self.bus = Some(bus);
        Ok(report)
    }

    /// Writes down what became of events, and decides when to go on.
    async fn settle(&mut self, events: &[Event], report: Report) -> anyhow::Result<Round> {
        let now = now();
        self.store.mark_sent(&report.sent, now).await?;
        self.count_sent(events, &report);
        for (id, problem) in &report.refused {
            let Some(event) = events.iter().find(|event| event.id == *id) else { continue };
            self.refuse(event, problem, now).await?;
        }
        for (topic, problem) in &report.topics {
            count_failure(topic, "topic");
            tracing::warn!(topic, "events of `{topic}` wait: {problem}");
            self.topics.hold(topic, problem, self.backoff())?;
        }
        self.breaker.note(report.failure.is_some(), Instant::now());
        if let Some(failure) = report.failure {
            self.failures += 1;
            count_failure("all", "bus");
            let hint = failure.hint();
            let failure = anyhow::Error::from(failure);
            tracing::warn!(
                failures = self.failures,
                error = format!("{failure:#}"),
                "events wait: {failure:#}"
            );
            self.part.down(hint);
            let wait_ms = self.backoff().wait_ms(self.failures, getrandom::u64()?);
            return Ok(Round::Pause(Duration::from_millis(wait_ms)));
        }
        self.failures = 0;
        self.tell();
        Ok(if report.sent.is_empty() { Round::Pause(self.poll()) } else { Round::More })
    }

    async fn refuse(&mut self, event: &Event, problem: &str, now: WallMs) -> anyhow::Result<()> {
        let (id, topic, key) = (event.id, &event.event.topic, &event.event.key);
        count_failure(topic, "refused");
        if self.store.refuse_event(id, problem, self.config.attempts_max, now).await? {
            metrics::counter!("tillsight_events_parked_total", "topic" => topic.clone()).increment(1);
            tracing::error!(event.id = %id, topic, key, "event {id} of `{topic}` is parked: {problem}");
            self.keys.release(key);
            self.counted_at = None;
        } else {
            tracing::warn!(event.id = %id, topic, key, "event {id} of `{topic}` was refused: {problem}");
            self.keys.hold(key, problem, self.backoff())?;
        }
        Ok(())
    }

    fn count_sent(&mut self, events: &[Event], report: &Report) {
        for event in events.iter().filter(|event| report.sent.contains(&event.id)) {
            let topic = &event.event.topic;
            metrics::counter!("tillsight_events_sent_total", "topic" => topic.clone()).increment(1);
            self.topics.release(topic);
            self.keys.release(&event.event.key);
        }
    }

    /// Says how it goes, after an attempt that did not fail.
    fn tell(&self) {
        match self.topics.problem() {
            _ if self.failures > 0 => {}
            Some(problem) => self.part.degraded(format!("some events wait: {problem}")),
            None => self.part.ok(),
        }
    }

    async fn take_duty(&self) -> anyhow::Result<bool> {
        let now = now();
        let until = WallMs(now.0 + i64::try_from(self.config.lease_ms)?);
        Ok(self.store.take_duty(DUTY, &self.owner, now, until).await?)
    }

    async fn count(&mut self) -> anyhow::Result<()> {
        if self.counted_at.is_some_and(|at| at.elapsed() < COUNT_EVERY) {
            return Ok(());
        }
        self.counted_at = Some(Instant::now());
        // Where nobody is told, nothing waits.
        let topics = if self.bus.is_some() { self.wanted() } else { Topics::Only(Vec::new()) };
        let counts = self.store.event_counts(&topics).await?;
        let oldest_ms = counts.oldest.map_or(0, |oldest| (now().0 - oldest.0).max(0));
        metrics::gauge!("tillsight_outbox_waiting").set(counts.waiting as f64);
        metrics::gauge!("tillsight_outbox_oldest_seconds").set(oldest_ms as f64 / 1000.0);
        metrics::gauge!("tillsight_outbox_parked").set(counts.parked as f64);
        Ok(())
    }

    async fn prune(&mut self) -> anyhow::Result<()> {
        if self.pruned_at.is_some_and(|at| at.elapsed() < PRUNE_EVERY) {
            return Ok(());
        }
        let removed = self.forget_old(now()).await?;
        if removed > 0 {
            tracing::debug!(removed, "forgot {removed} old events");
        }
        self.pruned_at = Some(Instant::now());
        Ok(())
    }

    /// Removes what was sent long enough ago, and what nobody is told of; gives back how many.
    pub async fn forget_old(&self, now: WallMs) -> anyhow::Result<u64> {
        let before = |hours: u32| WallMs(now.0 - i64::from(hours) * 3_600_000);
        let unwanted = match (&self.bus, self.wanted()) {
            (None, _) => Topics::ALL,
            (Some(_), Topics::Only(names)) => Topics::AllBut(names),
            (Some(_), Topics::AllBut(names)) => Topics::Only(names),
        };
        let mut removed = 0;
        loop {
            // Between two steps others write, and the lease is kept.
            let sent_before = before(self.config.keep_sent_hours);
            let sent = self.store.prune_sent_events(sent_before, PRUNE_AT_ONCE).await?;
            let made_before = before(self.config.keep_unsent_hours);
            let unsent = self.store.prune_unsent_events(made_before, &unwanted, PRUNE_AT_ONCE).await?;
            removed += sent + unsent;
            if sent.max(unsent) < u64::from(PRUNE_AT_ONCE) {
                return Ok(removed);
            }
            anyhow::ensure!(self.take_duty().await?, "another process took over sending events");
        }
    }

    /// The topics that are sent.
    fn wanted(&self) -> Topics {
        match self.config.topics.is_empty() {
            true => Topics::ALL,
            false => Topics::Only(self.config.topics.clone()),
        }
    }

    fn backoff(&self) -> Backoff {
        Backoff { first_ms: self.config.retry_first_ms, most_ms: self.config.retry_longest_ms }
    }

    fn lease(&self) -> Duration {
        Duration::from_millis(self.config.lease_ms)
    }

    fn poll(&self) -> Duration {
        Duration::from_millis(self.config.poll_ms)
    }
}

fn count_failure(topic: &str, reason: &'static str) {
    let labels = [("topic", topic.to_owned()), ("reason", reason.to_owned())];
    metrics::counter!("tillsight_events_failures_total", &labels).increment(1);
}
