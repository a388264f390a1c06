//! The cloud at the broker: it says which generations are newest and what tills are to do, and hears how they are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cloud_store::{Command, CommandState, HealthState, HealthSubject, LastSeen, PartNow, StoreError};
use domain::ids::{CommandId, Generation, OrgId, SequenceNumber, StoreId};
use domain::sale::TillRef;
use domain::time::WallMs;
use service::health::Part;
use service::mqtt::{Ears, Line, Message, Mouth};
use sync_core::backoff::Backoff;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use wire::payloads::{
    self, BadPayload, CatalogueHead, Health, PARTS_MAX, PartStanding, PartTold, Payload, Progress, SaleTold,
    State,
};
use wire::topics::{Operation, Topic, from_tills};

use crate::gateway::Shared;
use crate::monitoring::faults;
use crate::roles::now;

/// The wait after a connection that could not be made or that ended.
const RECONNECT: Backoff = Backoff { first_ms: 200, most_ms: 5_000 };
/// A connection that lasted so long forgets the failures before it.
const STEADY_AFTER: Duration = Duration::from_secs(30);
/// How often commands are looked for that another process took in, and those that nobody began with.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Commands that are looked at at once; the rest follows when those are done.
const COMMANDS_MAX: u32 = 1_000;
/// How long a till that began with a command may take to end it, in milliseconds.
const GRACE_MS: i64 = 60_000;
/// A till's health is kept so often at most.
const HEALTH_EVERY: Duration = Duration::from_secs(10);

/// Keeps the connection up until told to stop.
pub(super) async fn run(
    shared: Shared,
    line: Line,
    part: Part,
    token: CancellationToken,
) -> anyhow::Result<()> {
    let mut failures = 0;
    loop {
        let began = Instant::now();
        let desk = Desk { shared: &shared, part: &part, told: BTreeMap::new(), asked: BTreeSet::new() };
        let ended = tokio::select! {
            ended = line.clone().keep(async |mouth, ears| desk.serve(mouth, ears).await) => ended,
            () = token.cancelled() => return Ok(()),
        };
        shared.mqtt.presence.end();
        if began.elapsed() >= STEADY_AFTER {
            failures = 0;
        }
        failures += 1;
        if let Err(problem) = ended {
            tracing::warn!(host = line.host, "the broker is not reached: {problem:#}");
            // Everybody may read how the parts are; where the broker is belongs in the log.
            part.down("the broker is not reached: the log says more");
        }
        let wait = Duration::from_millis(RECONNECT.wait_ms(failures, getrandom::u64().unwrap_or_default()));
        if token.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return Ok(());
        }
    }
}

/// What is done over one connection.
struct Desk<'a> {
    shared: &'a Shared,
    part: &'a Part,
    /// What tills were told to be newest.
    told: BTreeMap<(OrgId, StoreId), Generation>,
    /// Commands that are at the broker.
    asked: BTreeSet<CommandId>,
}

impl Desk<'_> {
    async fn serve(mut self, mouth: Mouth, mut ears: Ears) -> anyhow::Result<()> {
        self.shared.mqtt.presence.begin();
        mouth.listen(from_tills()).await?;
        self.part.ok();
        tracing::info!("connected to the broker");
        let mut heads = self.shared.heads.watch();
        heads.mark_changed();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = ears.hear() => self.heard(message?, &mouth).await?,
                changed = heads.changed() => {
                    changed?;
                    let newest = heads.borrow_and_update().clone();
                    self.tell_heads(newest.iter(), &mouth).await?;
                }
                () = self.shared.mqtt.commanded.notified() => self.ask(&mouth).await?,
                _ = look.tick() => self.ask(&mouth).await?,
            }
        }
    }

    /// Says every number that this broker was not told yet: of all stores, where it is a new one.
    async fn tell_heads(
        &mut self,
        heads: impl Iterator<Item = (&(OrgId, StoreId), &Generation)>,
        mouth: &Mouth,
    ) -> anyhow::Result<()> {
        for (store, generation) in heads {
            if self.told.insert(store.clone(), *generation) == Some(*generation) {
                continue;
            }
            let topic = Topic::CatalogueHead(store.0.clone(), store.1.clone()).to_string();
            let payload = CatalogueHead::from(*generation).encode();
            mouth.say(Message { topic, payload, retain: true }).await?;
        }
        Ok(())
    }

    /// Says every open command that this broker does not have yet. One that a till was at is said too: a till that has done
    /// it says again what came of it. A database that is away is asked again.
    async fn ask(&mut self, mouth: &Mouth) -> anyhow::Result<()> {
        let (open, late) = match self.open_commands().await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "failed to look for commands");
                return Ok(());
            }
        };
        for topic in late.iter().filter_map(topic_of) {
            mouth.say(Message { topic, payload: Vec::new(), retain: true }).await?;
        }
        for command in open {
            if self.asked.insert(command.asked.id)
                && let Some(topic) = topic_of(&command)
            {
                let payload = payloads::Command::new(Progress::Init, command.asked.expires_at.0, "").encode();
                mouth.say(Message { topic, payload, retain: true }).await?;
            }
        }
        Ok(())
    }

    /// What tills are still to do, and what they did not do in time and is given up.
    async fn open_commands(&self) -> Result<(Vec<Command>, Vec<Command>), StoreError> {
        let (store, now) = (&self.shared.store, now());
        let open = store.open_commands(COMMANDS_MAX).await?;
        let last = WallMs(now.0 - GRACE_MS);
        let (late, open): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|command| command.asked.expires_at < last);
        if !late.is_empty() {
            store.give_up_commands(last, "the till did not do it in time", now).await?;
        }
        Ok((open, late))
    }

    async fn heard(&self, message: Message, mouth: &Mouth) -> anyhow::Result<()> {
        let Ok(topic) = Topic::parse(&message.topic) else { return Ok(()) };
        // Somebody took a retained message away.
        if message.payload.is_empty() {
            return Ok(());
        }
        let taken = self.take(&topic, &message.payload).await;
        match taken {
            Ok(false) => {}
            // It is known; the broker need not keep it.
            Ok(true) => {
                mouth.say(Message { payload: Vec::new(), retain: true, ..message }).await?;
            }
            Err(problem) => {
                metrics::counter!("tillsight_mqtt_malformed_total").increment(1);
                tracing::debug!(topic = message.topic, "what a till said makes no sense: {problem}");
            }
        }
        Ok(())
    }

    /// Takes in what a till said; true when the broker is to forget it.
    async fn take(&self, topic: &Topic, payload: &[u8]) -> Result<bool, BadPayload> {
        let presence = &self.shared.mqtt.presence;
        match topic {
            Topic::State(till) => presence.state(till, State::decode(payload)?.online),
            Topic::Sale(till) => presence.sale(till, SaleTold::decode(payload)?),
            Topic::Health(till) => {
                let health = Health::decode(payload)?;
                if presence.keep_health(till, HEALTH_EVERY) {
                    self.keep_health(till, health).await;
                }
            }
            Topic::Command(till, _, id) => {
                let command = payloads::Command::decode(payload)?;
                return Ok(self.take_progress(till, *id, &command).await);
            }
            Topic::CatalogueHead(..) => {}
        }
        Ok(false)
    }

    async fn keep_health(&self, till: &TillRef, health: Health) {
        let seen = LastSeen {
            at: now(),
            generation: Generation(health.generation),
            sequence: SequenceNumber(health.sequence),
            unsent: health.unsent,
            software: health.software,
        };
        let parts: Vec<PartNow> = health.parts.into_iter().take(PARTS_MAX).map(part_of).collect();
        let (store, subject) = (&self.shared.store, HealthSubject::of_till(till));
        let kept = async {
            store.note_seen(till, &seen).await?;
            if parts.is_empty() {
                return Ok(());
            }
            let changes = store.note_health(Some(&till.org), &subject, &parts, now()).await?;
            faults::follow(store, till, (&parts, &changes), now()).await
        };
        if let Err(error) = kept.await {
            let error: StoreError = error;
            tracing::debug!(%error, "a till's health was not kept");
        }
    }

    /// Notes how far a command is; true when the broker is to forget it.
    async fn take_progress(&self, till: &TillRef, id: CommandId, command: &payloads::Command) -> bool {
        let state = match command.progress {
            // What the cloud says itself comes back to it. One that is not open any more was taken up by nobody.
            Progress::Init => {
                let kept = self.shared.store.command(till, id).await;
                return match kept {
                    Ok(kept) => !matches!(kept.state, CommandState::Init | CommandState::Executing),
                    Err(error) => matches!(error, StoreError::NotFound { .. }),
                };
            }
            Progress::Executing => CommandState::Executing,
            Progress::Successful => CommandState::Successful,
            Progress::Failed => CommandState::Failed,
        };
        let noted = self.shared.store.note_command(till, id, state, &command.detail, now()).await;
        if let Err(error) = &noted {
            tracing::warn!(%error, "how far a till is with a command was not kept");
        }
        // What was not kept stays at the broker, and comes again with the next connection.
        noted.is_ok() && command.progress.is_final()
    }
}

fn part_of(told: PartTold) -> PartNow {
    let state = match told.state {
        PartStanding::Ok => HealthState::Ok,
        PartStanding::Starting => HealthState::Starting,
        PartStanding::Degraded => HealthState::Degraded,
        PartStanding::Down => HealthState::Down,
    };
    PartNow { part: told.part, state, detail: told.detail }
}

/// Where a command is said. The gateway takes in what it knows only; a newer process may know more, and says it itself.
fn topic_of(command: &Command) -> Option<String> {
    let asked = &command.asked;
    let operation = Operation::parse(&asked.operation)?;
    Some(Topic::Command(asked.till.clone(), operation, asked.id).to_string())
}
