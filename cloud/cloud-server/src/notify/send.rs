//! What sends the deliveries of one channel: one process at a time, by a lease, within the pace that the channel allows.
//!
//! A delivery is noted as being sent, sent, and noted as sent. A process that is killed in between leaves it in doubt, and the next
//! one sends it again: nothing is lost. Mail and requests carry a mark by which the other side knows them again; a message of
//! Telegram's says that it may have come before.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use cloud_core::notify::Throttle;
use cloud_store::{AddressId, Channel, Delivery, DeliveryId, NoticeAddress, SendOutcome, Store};
use domain::time::WallMs;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use service::health::Part;
use service::tasks::CancellationToken;

use super::email::Mailer;
use super::telegram::Bot;
use super::webhook::Hooks;
use crate::blobs::Blobs;
use crate::config::Config;
use crate::roles::now;

/// Deliveries that are under way at once: a slow answer holds up its own address alone. Mail goes over few connections.
const IN_FLIGHT_MAX: usize = 16;
const MAILS_IN_FLIGHT_MAX: usize = 2;
/// Addresses that are looked at in advance.
const AHEAD: u32 = 256;
/// The first pause after a failure, and how long at most its address is left alone for everything else.
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_HOLD_MS: u64 = 30_000;
/// How often it is counted what waits.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// A group of Telegram's takes twenty messages a minute; its number is below zero.
const GROUP_FACTOR: u64 = 3;

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sending {
    /// The other side has it, and calls it so.
    Taken(String),
    /// It did not get there, or was not taken now; the other side may ask that its address is left alone so long.
    Failed {
        /// Why.
        problem: String,
        /// For how long the address is left alone.
        hold: Option<Duration>,
        /// Whether it may have arrived all the same.
        is_doubtful: bool,
    },
    /// The other side wants nothing at all for so long; that is nobody's failure.
    Rest {
        /// Why.
        problem: String,
        /// For how long.
        rest: Duration,
    },
    /// It will never be taken.
    Hopeless(String),
    /// Nothing will ever get to this address.
    Off(String),
}

/// How a channel is spoken.
#[derive(Clone)]
pub(crate) enum Transport {
    /// A bot, and where pictures are.
    Telegram(Bot, Blobs),
    /// A mail server.
    Email(Mailer),
    /// Requests.
    Webhook(Hooks),
}

/// Sends what goes over a channel.
pub(crate) struct Sender {
    store: Store,
    config: Config,
    transport: Transport,
    owner: String,
    part: Part,
    throttle: Throttle,
    began: Instant,
    queue: VecDeque<(Delivery, NoticeAddress)>,
    busy: BTreeSet<AddressId>,
    filled_at: Option<Instant>,
    held_at: Instant,
    counted_at: Option<Instant>,
}

type Ended = (DeliveryId, u32, NoticeAddress, Sending);

impl Transport {
    /// The channel.
    pub(crate) fn channel(&self) -> Channel {
        match self {
            Self::Telegram(..) => Channel::Telegram,
            Self::Email(_) => Channel::Email,
            Self::Webhook(_) => Channel::Webhook,
        }
    }

    async fn send(&self, delivery: &Delivery, to: &NoticeAddress) -> Sending {
        match self {
            Self::Telegram(bot, blobs) => bot.send(blobs, delivery, to).await,
            Self::Email(mailer) => mailer.send(delivery, to).await,
            Self::Webhook(hooks) => hooks.send(delivery, to).await,
        }
    }
}

impl Sender {
    /// One that sends nothing yet.
    pub(crate) fn new(
        config: &Config,
        store: Store,
        transport: Transport,
        owner: String,
        part: Part,
    ) -> Self {
        let throttle = match transport.channel() {
            Channel::Telegram => Throttle::new(config.telegram.per_second, config.telegram.chat_pause_ms),
            Channel::Email => Throttle::new(config.smtp.per_second, 0),
            Channel::Webhook => Throttle::new(config.notify.webhooks_per_second, 0),
        };
        Self {
            store,
            config: config.clone(),
            transport,
            owner,
            part,
            throttle,
            began: Instant::now(),
            queue: VecDeque::new(),
            busy: BTreeSet::new(),
            filled_at: None,
            held_at: Instant::now(),
            counted_at: None,
        }
    }

    /// Sends until it is told to stop; what is under way is finished first.
    pub(crate) async fn run(&mut self, token: &CancellationToken) -> anyhow::Result<()> {
        while !token.is_cancelled() {
            if self.hold().await? {
                self.take_over().await?;
                self.send_while_held(token).await?;
            } else {
                // Another process sends.
                self.part.ok();
                token.run_until_cancelled(tokio::time::sleep(self.config.notify.lease() / 3)).await;
            }
        }
        Ok(self.store.leave_duty(&self.duty(), &self.owner).await?)
    }

    fn duty(&self) -> String {
        format!("notify-{}", self.transport.channel().as_str())
    }

    /// Takes the duty on, or keeps it.
    async fn hold(&mut self) -> anyhow::Result<bool> {
        let now = now();
        let until = WallMs(now.0 + i64::try_from(self.config.notify.lease_ms)?);
        self.held_at = Instant::now();
        Ok(self.store.take_duty(&self.duty(), &self.owner, now, until).await?)
    }

    async fn take_over(&mut self) -> anyhow::Result<()> {
        let channel = self.transport.channel();
        let doubtful = self.store.take_over_deliveries(channel).await?;
        if doubtful > 0 {
            let name = channel.as_str();
            metrics::counter!("tillsight_notify_doubtful_total", "channel" => name).increment(doubtful);
            tracing::warn!(
                doubtful,
                channel = name,
                "{doubtful} deliveries were being sent when a process ended"
            );
        }
        self.queue.clear();
        // Whoever sent before may have done so just now.
        self.throttle.rest(self.clock_ms() + self.first_rest_ms());
        Ok(())
    }

    fn first_rest_ms(&self) -> u64 {
        match self.transport.channel() {
            Channel::Telegram => self.config.telegram.chat_pause_ms,
            Channel::Email | Channel::Webhook => 0,
        }
    }

    async fn send_while_held(&mut self, token: &CancellationToken) -> anyhow::Result<()> {
        let mut in_flight: FuturesUnordered<BoxFuture<'static, Ended>> = FuturesUnordered::new();
        loop {
            let is_stopping = token.is_cancelled();
            if is_stopping && in_flight.is_empty() {
                return Ok(());
            }
            if self.held_at.elapsed() >= self.config.notify.lease() / 3 && !self.hold().await? {
                // What is under way is the other one's affair now.
                return Ok(());
            }
            if !is_stopping {
                self.count().await?;
                self.fill().await?;
                while in_flight.len() < self.in_flight_max() {
                    let Some((delivery, to)) = self.next_ready() else { break };
                    if let Some(sending) = self.begin(delivery, to).await? {
                        in_flight.push(sending);
                    }
                }
            }
            let pause = self.pause();
            tokio::select! {
                Some(ended) = in_flight.next() => self.settle(ended).await?,
                () = token.cancelled(), if !is_stopping => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Looks for what waits, where nothing is known of or what is known of is old.
    async fn fill(&mut self) -> anyhow::Result<()> {
        let is_fresh = self.filled_at.is_some_and(|at| at.elapsed() < self.poll());
        // While something is sent every address has its next soon.
        let is_idle = self.busy.is_empty() && self.queue.is_empty();
        if is_fresh && (is_idle || !self.queue.is_empty()) {
            return Ok(());
        }
        if self.filled_at.is_some_and(|at| at.elapsed() < Duration::from_millis(10)) {
            return Ok(());
        }
        let next = self.store.next_deliveries(self.transport.channel(), now(), AHEAD).await?;
        self.queue = next.into_iter().filter(|(_, to)| !self.busy.contains(&to.id)).collect();
        self.filled_at = Some(Instant::now());
        Ok(())
    }

    fn next_ready(&mut self) -> Option<(Delivery, NoticeAddress)> {
        let now_ms = self.clock_ms();
        if self.throttle.free_at() > now_ms {
            return None;
        }
        let is_ready = |(_, to): &(Delivery, NoticeAddress)| {
            !self.busy.contains(&to.id) && self.throttle.free_at_for(&to.address) <= now_ms
        };
        let place = self.queue.iter().position(is_ready)?;
        self.queue.remove(place)
    }

    async fn begin(
        &mut self,
        delivery: Delivery,
        to: NoticeAddress,
    ) -> anyhow::Result<Option<BoxFuture<'static, Ended>>> {
        let is_known = to.confirmed_at.is_some() || delivery.asked.event == super::CONFIRMATION;
        if !self.store.begin_delivery(delivery.id, &self.owner).await? {
            return Ok(None);
        }
        let attempts = delivery.attempts + 1;
        if !is_known || to.off_at.is_some() {
            let why = "the address is not confirmed, or off: confirm it anew".to_owned();
            let ended = (delivery.id, attempts, to, Sending::Hopeless(why));
            return Ok(Some(Box::pin(std::future::ready(ended))));
        }
        self.busy.insert(to.id);
        let now_ms = self.clock_ms();
        self.throttle.began(now_ms);
        let transport = self.transport.clone();
        Ok(Some(Box::pin(async move {
            let sending = transport.send(&delivery, &to).await;
            (delivery.id, attempts, to, sending)
        })))
    }

    async fn settle(&mut self, (id, attempts, to, sending): Ended) -> anyhow::Result<()> {
        let (now, now_ms, channel) = (now(), self.clock_ms(), self.transport.channel().as_str());
        self.busy.remove(&to.id);
        let is_group = self.transport.channel() == Channel::Telegram && to.address.starts_with('-');
        self.throttle.ended(&to.address, now_ms, if is_group { GROUP_FACTOR } else { 1 });
        let (word, outcome) = match sending {
            Sending::Taken(remote) => {
                self.part.ok();
                ("sent", SendOutcome::Sent(remote))
            }
            Sending::Rest { problem, rest } => {
                let rest_ms = u64::try_from(rest.as_millis())?;
                self.throttle.rest(now_ms + rest_ms);
                self.part.degraded("the channel rests: the log says more");
                tracing::warn!(channel, rest_ms, "nothing is sent for {rest_ms} ms: {problem}");
                let at = WallMs(now.0 + i64::try_from(rest_ms)?);
                ("rested", SendOutcome::Again { problem, at, is_doubtful: false })
            }
            Sending::Failed { problem, hold, is_doubtful } => {
                let (at, hold_ms) = self.again(attempts, hold, now)?;
                self.throttle.hold(&to.address, now_ms + hold_ms);
                match at {
                    Some(at) => ("failed", SendOutcome::Again { problem, at, is_doubtful }),
                    None => ("dead", SendOutcome::Dead(problem)),
                }
            }
            Sending::Hopeless(problem) => ("dead", SendOutcome::Dead(problem)),
            Sending::Off(problem) => ("off", SendOutcome::AddressOff(problem)),
        };
        if let SendOutcome::Dead(problem) | SendOutcome::AddressOff(problem) = &outcome {
            tracing::warn!(delivery.id = %id, channel, "delivery {id} is given up: {problem}");
        }
        metrics::counter!("tillsight_notify_deliveries_total", "channel" => channel, "outcome" => word)
            .increment(1);
        Ok(self.store.settle_delivery(id, &self.owner, &outcome, now).await?)
    }

    /// When a delivery that failed is tried again, if it is, and for how long its address is left alone.
    fn again(
        &self,
        attempts: u32,
        hold: Option<Duration>,
        now: WallMs,
    ) -> anyhow::Result<(Option<WallMs>, u64)> {
        let pause_ms = pause_ms(attempts, self.config.notify.longest_pause_ms)?;
        let pause_ms = hold.map_or(Ok(0), |hold| u64::try_from(hold.as_millis()))?.max(pause_ms);
        let at = WallMs(now.0 + i64::try_from(pause_ms)?);
        // What failed once mostly fails for the next as well; the address gets a little rest.
        Ok(((attempts < self.config.notify.attempts_max).then_some(at), pause_ms.min(LONGEST_HOLD_MS)))
    }

    /// How long nothing can be done but to wait for an answer.
    fn pause(&self) -> Duration {
        let now_ms = self.clock_ms();
        let poll = if self.busy.is_empty() { self.poll() } else { Duration::from_millis(20) };
        let first = self.queue.iter().map(|(_, to)| self.throttle.free_at_for(&to.address)).min();
        let until_free = match first {
            Some(at) if self.busy.len() < self.in_flight_max() => {
                Duration::from_millis(at.saturating_sub(now_ms).max(1))
            }
            _ => poll,
        };
        until_free.min(poll).min(self.config.notify.lease() / 6)
    }

    async fn count(&mut self) -> anyhow::Result<()> {
        if self.counted_at.is_some_and(|at| at.elapsed() < COUNT_EVERY) {
            return Ok(());
        }
        let channel = self.transport.channel();
        let counts = self.store.delivery_counts(channel).await?;
        let labels = [("channel", channel.as_str())];
        #[allow(clippy::cast_precision_loss, reason = "a gauge need not be exact beyond 2^52")]
        for (name, value) in
            [("tillsight_notify_waiting", counts.waiting), ("tillsight_notify_dead", counts.dead)]
        {
            metrics::gauge!(name, &labels).set(value as f64);
        }
        self.counted_at = Some(Instant::now());
        Ok(())
    }

    fn in_flight_max(&self) -> usize {
        match self.transport.channel() {
            Channel::Email => MAILS_IN_FLIGHT_MAX,
            Channel::Telegram | Channel::Webhook => IN_FLIGHT_MAX,
        }
    }

    fn poll(&self) -> Duration {
        Duration::from_millis(self.config.notify.poll_ms)
    }

    fn clock_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Anything up to a bound that doubles with each failure, so that what failed together does not come back together.
fn pause_ms(attempts: u32, longest_ms: u64) -> Result<u64, getrandom::Error> {
    let bound = FIRST_PAUSE_MS.saturating_mul(1 << attempts.saturating_sub(1).min(30)).min(longest_ms);
    Ok(bound / 2 + getrandom::u64()? % (bound / 2 + 1))
}
