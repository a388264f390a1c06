//! People are told of what happens, where and when they want to be.
//!
//! [`watch`] raises notices and settles them, other parts do so themselves; [`plan`] makes deliveries of them; [`send`] takes those
//! away, a task for each channel ([`telegram`], [`email`], [`webhook`]); [`updates`] hears who takes a notice on;
//! [`alertmanager`] is told of what is open. Read [`send`] for what happens when a process is killed.

mod alertmanager;
mod email;
mod ends;
pub(crate) mod everywhere;
mod house;
mod plan;
pub(crate) mod render;
pub(crate) mod sample;
mod send;
mod telegram;
mod updates;
mod watch;
mod webhook;
pub(crate) mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_store::Store;
use domain::time::WallMs;
use service::health::Health;
use service::tasks::{CancellationToken, RestartPolicy, Tasks};

use crate::blobs::Blobs;
use crate::config::Config;
use crate::roles::now;
use email::Mailer;
pub(crate) use house::{Speaker, render_built_in};
use send::{Sender, Transport};
use telegram::Bot;
use webhook::Hooks;

/// The word for what confirms an address: it alone goes where nothing is confirmed.
pub(crate) const CONFIRMATION: &str = "confirmation";
/// One process at a time plans, watches and tells Alertmanager.
const DUTY: &str = "notices";
/// How often old notices and deliveries are removed, and how many at once: each removal holds the database's writer.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
const PRUNE_AT_ONCE: u32 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// Starts all of it as tasks of `tasks`.
pub(crate) fn spawn(
    tasks: &Tasks,
    health: &Health,
    config: &Config,
    store: &Store,
    blobs: &Blobs,
    owner: &str,
) -> anyhow::Result<()> {
    let bot = Bot::open(config)?;
    let transports = [
        bot.clone().map(|bot| Transport::Telegram(bot, blobs.clone())),
        Mailer::open(config)?.map(Transport::Email),
        Hooks::open(config)?.map(Transport::Webhook),
    ];
    for transport in transports.into_iter().flatten() {
        let name = format!("notify-{}", transport.channel().as_str());
        let part = health.part(&name, false);
        let (config, store, owner) = (config.clone(), store.clone(), owner.to_owned());
        tasks.spawn_restarting(&name, RestartPolicy::default(), move |token| {
            let (config, store, owner) = (&config, store.clone(), owner.clone());
            let mut sender = Sender::new(config, store, transport.clone(), owner, part.clone());
            let part = part.clone();
            async move {
                let ended = sender.run(&token).await;
                if ended.is_err() {
                    part.down("nothing is sent now: the log says more");
                }
                ended
            }
        });
    }
    if let Some(bot) = bot.filter(|_| config.telegram.buttons) {
        updates::spawn(tasks, config, store, bot, owner);
    }
    let teller = Arc::new(alertmanager::Teller::open(config)?);
    let (config, store, owner) = (config.clone(), store.clone(), owner.to_owned());
    tasks.spawn_restarting("notices", RestartPolicy::default(), move |token| {
        let mut desk = Desk::new(&config, store.clone(), owner.clone(), Arc::clone(&teller));
        async move { desk.run(&token).await }
    });
    Ok(())
}

/// Plans, watches and forgets, in one process at a time.
struct Desk {
    store: Store,
    config: Config,
    owner: String,
    teller: Arc<alertmanager::Teller>,
    since: watch::Since,
    watched_at: Option<Instant>,
    told_at: Option<Instant>,
    pruned_at: Option<Instant>,
}

impl Desk {
    fn new(config: &Config, store: Store, owner: String, teller: Arc<alertmanager::Teller>) -> Self {
        let since = watch::Since::default();
        Self {
            store,
            config: config.clone(),
            owner,
            teller,
            since,
            watched_at: None,
            told_at: None,
            pruned_at: None,
        }
    }

    async fn run(&mut self, token: &CancellationToken) -> anyhow::Result<()> {
        let notify = self.config.notify.clone();
        while !token.is_cancelled() {
            let now = now();
            let until = WallMs(now.0 + i64::try_from(notify.lease_ms)?);
            let pause = match self.store.take_duty(DUTY, &self.owner, now, until).await? {
                true if self.round().await? => Duration::ZERO,
                true => Duration::from_millis(notify.poll_ms),
                // Another process does it.
                false => notify.lease() / 3,
            };
            token.run_until_cancelled(tokio::time::sleep(pause.min(notify.lease() / 3))).await;
        }
        Ok(self.store.leave_duty(DUTY, &self.owner).await?)
    }

    /// Whether there may be more to do at once.
    async fn round(&mut self) -> anyhow::Result<bool> {
        let now = now();
        if is_due(&mut self.watched_at, Duration::from_millis(self.config.notify.watch_every_ms)) {
            watch::round(&self.store, &mut self.since, &self.config.notify, now).await?;
        }
        let is_more = plan::notices(&self.store, &self.config, now).await?;
        let is_more = ends::plan(&self.store, &self.config, now).await? || is_more;
        let is_more = plan::digests(&self.store, &self.config, now).await? || is_more;
        if is_due(&mut self.told_at, Duration::from_millis(self.config.notify.alertmanager_every_ms)) {
            self.teller.tell(&self.store, now).await?;
        }
        if is_due(&mut self.pruned_at, PRUNE_EVERY) {
            let before = WallMs(now.0 - i64::from(self.config.notify.keep_days) * DAY_MS);
            while self.store.prune_deliveries(before, PRUNE_AT_ONCE).await? == u64::from(PRUNE_AT_ONCE) {}
            while self.store.prune_notices(before, PRUNE_AT_ONCE).await? == u64::from(PRUNE_AT_ONCE) {}
        }
        Ok(is_more)
    }
}

/// Whether something that is done so often is to be done now.
fn is_due(last: &mut Option<Instant>, every: Duration) -> bool {
    let is_due = last.is_none_or(|at| at.elapsed() >= every);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}
