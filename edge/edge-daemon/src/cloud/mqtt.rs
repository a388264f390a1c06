//! The till at the cloud's broker: it says that it is there and how it is, hears of new generations, and does what it is told.
//!
//! Nothing waits for it. What it hears of a generation is a hint like the link's own, whichever comes first; a broker that is
//! away, that has forgotten everything or that lies can neither lose a sale nor change a price.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use domain::ids::{CommandId, Generation, SequenceNumber};
use domain::sale::TillRef;
use domain::time::WallMs;
use edge_store::cloud_identity::{BrokerAddress, CloudIdentity};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use service::health::{Health as Parts, PartState, PartStatus};
use service::mqtt::{Ears, Line, Message, Mouth, SILENCE_MAX};
use sync_core::backoff::Backoff;
use sync_core::sale_document;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::payloads::{
    CatalogueHead, Command, Health, PACKET_MAX_LEN, PARTS_MAX, PartStanding, PartTold, Payload, Progress,
    SaleTold, State,
};
use wire::topics::{Operation, Topic, client_id, commands_of};

use super::CloudParts;
use super::link::{Switch, blocking, load, random, wall};

/// How often an unclaimed till looks whether it has been claimed, and a connected one whether it was claimed anew or has
/// another certificate.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often the till says how it is.
const HEALTH_EVERY: Duration = Duration::from_secs(30);
/// A part that changes is told of at once, but no faster: one that flutters says little.
const CHANGE_EVERY: Duration = Duration::from_secs(5);
/// Sales are told of one by one, but no faster: it is for people to see that the till sells.
const SALE_EVERY: Duration = Duration::from_secs(1);
/// The wait after a connection that could not be made or that ended.
const RECONNECT: Backoff = Backoff { first_ms: 500, most_ms: 20_000 };
/// A connection that lasted so long forgets the failures before it.
const STEADY_AFTER: Duration = Duration::from_secs(30);
/// How long the broker keeps commands for a till that is away.
const SESSION_S: u32 = 3600;
/// Messages that were heard and not yet looked at.
const HEARD_MAX: usize = 64;
/// Commands whose outcome is remembered, so that one that comes again is not done again.
const REMEMBERED_MAX: usize = 64;
/// The longest sale that is read again to tell of it.
const SALE_MAX_BYTES: usize = 1024 * 1024;

/// Keeps a connection to the broker up, where the till knows of one, until told to stop.
pub(super) async fn run(
    parts: CloudParts,
    health: Parts,
    switch: Arc<Switch>,
    token: CancellationToken,
) -> anyhow::Result<()> {
    let mut failures = 0;
    let mut outcomes = Outcomes::default();
    loop {
        let Some((identity, broker)) = claimed(&parts, &token).await else { return Ok(()) };
        let began = Instant::now();
        let outcomes = &mut outcomes;
        let booth = Booth { parts: &parts, health: &health, switch: &switch, identity: &identity, outcomes };
        let ended = tokio::select! {
            ended = booth.connection(&broker) => ended,
            () = token.cancelled() => return Ok(()),
        };
        if began.elapsed() >= STEADY_AFTER {
            failures = 0;
        }
        failures += 1;
        if let Err(problem) = ended {
            let problem = format!("{problem:#}");
            tracing::info!(
                host = broker.host,
                problem,
                "the cloud's broker is not reached; nothing waits for it"
            );
            parts.status.broker(Some(problem));
        }
        let wait = Duration::from_millis(RECONNECT.wait_ms(failures, random()));
        if token.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return Ok(());
        }
    }
}

/// Waits until the till is claimed by a cloud that has a broker, with a certificate that counts; `None` when told to stop.
/// What else is wrong with the identity the link says.
async fn claimed(parts: &CloudParts, token: &CancellationToken) -> Option<(CloudIdentity, BrokerAddress)> {
    loop {
        if let Ok(Some(identity)) = load(&parts.store).await
            && identity.till == *parts.store.identity()
            && wall() < identity.not_after
            && let Some(broker) = identity.broker.clone()
        {
            return Some((identity, broker));
        }
        token.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await?;
    }
}

/// What became of the last commands.
#[derive(Debug, Default)]
struct Outcomes {
    kept: VecDeque<(CommandId, Command)>,
}

impl Outcomes {
    /// What is to be said of a command without doing it: it came before, or too late. `None` when it is to be done.
    fn settled(&self, id: CommandId, command: &Command, now: WallMs) -> Option<Command> {
        if let Some((_, outcome)) = self.kept.iter().find(|(kept, _)| *kept == id) {
            return Some(outcome.clone());
        }
        let late = now.0 > command.expires_at_ms;
        late.then(|| {
            Command::new(Progress::Failed, command.expires_at_ms, "it came too late by the till's clock")
        })
    }

    fn remember(&mut self, id: CommandId, outcome: Command) {
        self.kept.retain(|(kept, _)| *kept != id);
        if self.kept.len() == REMEMBERED_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back((id, outcome));
    }
}

/// One connection.
struct Booth<'a> {
    parts: &'a CloudParts,
    health: &'a Parts,
    switch: &'a Switch,
    identity: &'a CloudIdentity,
    outcomes: &'a mut Outcomes,
}

impl Booth<'_> {
    async fn connection(self, broker: &BrokerAddress) -> anyhow::Result<()> {
        let line = Line {
            host: broker.host.clone(),
            port: broker.port,
            client_id: client_id(&self.identity.till),
            tls: Arc::new(tls(self.identity)?),
            will: Some(state(&self.identity.till, false)),
            session_s: SESSION_S,
            packet_max_bytes: PACKET_MAX_LEN,
            silence_max: SILENCE_MAX,
            heard_max: HEARD_MAX,
        };
        line.keep(async |mouth, ears| self.serve(mouth, ears).await).await
    }

    async fn serve(mut self, mouth: Mouth, mut ears: Ears) -> anyhow::Result<()> {
        let till = self.identity.till.clone();
        let head = Topic::CatalogueHead(till.org.clone(), till.store.clone()).to_string();
        mouth.say(state(&till, true)).await?;
        mouth.listen([commands_of(&till), head]).await?;
        self.parts.status.broker(None);
        tracing::info!("connected to the cloud's broker");
        let mut sold = self.switch.sold.subscribe();
        let (mut health, mut look) = (patient(HEALTH_EVERY), patient(LOOK_EVERY));
        let mut parts = self.health.changes();
        let (mut tell_from, mut complain_from) = (Instant::now(), Instant::now());
        loop {
            let now = Instant::now();
            let (may_tell, may_complain) = (now >= tell_from, now >= complain_from);
            tokio::select! {
                message = ears.hear() => self.heard(message?, &mouth).await?,
                changed = sold.changed(), if may_tell => {
                    changed?;
                    tell_from = Instant::now() + SALE_EVERY;
                    let sequence = *sold.borrow_and_update();
                    self.tell_sale(sequence, &mouth).await?;
                }
                changed = parts.changed(), if may_complain => {
                    changed?;
                    complain_from = Instant::now() + CHANGE_EVERY;
                    self.tell_health(&mouth).await?;
                }
                () = tokio::time::sleep_until(tell_from), if !may_tell => {}
                () = tokio::time::sleep_until(complain_from), if !may_complain => {}
                _ = health.tick() => self.tell_health(&mouth).await?,
                _ = look.tick() => self.check_identity().await?,
            }
        }
    }

    /// Ends the connection when it is not the till's any more: it was claimed anew, or its certificate was renewed.
    async fn check_identity(&self) -> anyhow::Result<()> {
        let same = load(&self.parts.store).await?.as_ref() == Some(self.identity);
        anyhow::ensure!(same, "the till has another certificate; connecting with that");
        anyhow::ensure!(wall() < self.identity.not_after, "the till's certificate has ended");
        Ok(())
    }

    async fn tell_health(&self, mouth: &Mouth) -> anyhow::Result<()> {
        let store = self.parts.store.clone();
        let known =
            blocking(move || Ok((store.cloud_standing()?, store.head_mark()?, store.outbox_len()?))).await?;
        let (standing, head, unsent) = known;
        let health = Health {
            generation: standing.sells_from.0,
            sequence: head.sequence.0,
            unsent,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            clock_ms: wall().0,
            parts: self.health.parts().iter().take(PARTS_MAX).map(told).collect(),
        };
        let topic = Topic::Health(self.identity.till.clone()).to_string();
        mouth.say(Message { topic, payload: health.encode(), retain: false }).await
    }

    async fn tell_sale(&self, sequence: SequenceNumber, mouth: &Mouth) -> anyhow::Result<()> {
        let (store, before) = (self.parts.store.clone(), SequenceNumber(sequence.0.saturating_sub(1)));
        let entries = blocking(move || store.entries(before, 1, SALE_MAX_BYTES)).await?;
        // What cannot be read is the link's to send and the cloud's to judge.
        let sale = entries.first().and_then(|entry| sale_document::decode(&entry.payload).ok());
        let Some(sale) = sale else { return Ok(()) };
        let told = SaleTold {
            sequence: sequence.0,
            lines: u32::try_from(sale.lines.len()).unwrap_or(u32::MAX),
            gross_minor: sale.totals.gross.minor,
            currency: sale.totals.gross.currency.code().to_owned(),
        };
        let topic = Topic::Sale(self.identity.till.clone()).to_string();
        mouth.say(Message { topic, payload: told.encode(), retain: false }).await
    }

    /// Takes in what came. What makes no sense is passed over: a broker can say anything.
    async fn heard(&mut self, message: Message, mouth: &Mouth) -> anyhow::Result<()> {
        let own = &self.identity.till;
        match Topic::parse(&message.topic) {
            Ok(Topic::CatalogueHead(org, store)) if (&org, &store) == (&own.org, &own.store) => {
                if let Ok(CatalogueHead(number)) = CatalogueHead::decode(&message.payload) {
                    self.switch.hint(|hint| hint.generation = hint.generation.max(Generation(number)));
                }
            }
            Ok(Topic::Command(till, operation, id)) if till == *own => {
                // Our own words come back, and so does the cloud's taking them away.
                if let Ok(command) = Command::decode(&message.payload)
                    && command.progress == Progress::Init
                {
                    self.obey(operation, id, &command, mouth).await?;
                }
            }
            _ => tracing::debug!(topic = message.topic, "the broker said what makes no sense"),
        }
        Ok(())
    }

    /// Does what it is told, once, and says what came of it.
    async fn obey(
        &mut self,
        operation: Operation,
        id: CommandId,
        command: &Command,
        mouth: &Mouth,
    ) -> anyhow::Result<()> {
        let topic = Topic::Command(self.identity.till.clone(), operation, id).to_string();
        let say = async |said: &Command| {
            let payload = said.encode();
            mouth.say(Message { topic: topic.clone(), payload, retain: true }).await
        };
        if let Some(outcome) = self.outcomes.settled(id, command, wall()) {
            tracing::info!(%id, "a command came again or too late, and is not done");
            return say(&outcome).await;
        }
        let expires_at_ms = command.expires_at_ms;
        tracing::info!(%id, %operation, "told to do `{operation}`");
        say(&Command::new(Progress::Executing, expires_at_ms, "")).await?;
        let (progress, detail) = match self.carry_out(operation, mouth).await {
            Ok(detail) => (Progress::Successful, detail.to_owned()),
            Err(problem) => (Progress::Failed, format!("{problem:#}")),
        };
        let outcome = Command::new(progress, expires_at_ms, &detail);
        self.outcomes.remember(id, outcome.clone());
        say(&outcome).await
    }

    async fn carry_out(&self, operation: Operation, mouth: &Mouth) -> anyhow::Result<&'static str> {
        match operation {
            Operation::Report => {
                self.tell_health(mouth).await?;
                self.switch.report.notify_one();
                Ok("the till said how it is")
            }
            Operation::PullCatalogue => {
                // Nothing is known to be newest, so the cloud is asked.
                let linked = self.switch.hint(|hint| hint.generation = Generation(0));
                anyhow::ensure!(linked, "the connection over which catalogues come is down");
                Ok("the till looks for a newer catalogue")
            }
            Operation::Reconnect => {
                self.switch.reconnect.notify_one();
                Ok("the till connects anew")
            }
        }
    }
}

fn told(status: &PartStatus) -> PartTold {
    let standing = match status.state {
        PartState::Ok => PartStanding::Ok,
        PartState::Starting => PartStanding::Starting,
        PartState::Degraded => PartStanding::Degraded,
        PartState::Down => PartStanding::Down,
    };
    PartTold::new(&status.part, standing, status.detail.as_deref().unwrap_or_default())
}

fn state(till: &TillRef, online: bool) -> Message {
    let state = State { online, software: env!("CARGO_PKG_VERSION").to_owned() };
    Message { topic: Topic::State(till.clone()).to_string(), payload: state.encode(), retain: true }
}

/// Trusts the cloud's authority and nobody else, and shows the till's certificate.
fn tls(identity: &CloudIdentity) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(identity.authority_pem.as_bytes()) {
        roots.add(certificate.context("the cloud's authority cannot be read")?)?;
    }
    let chain = CertificateDer::pem_slice_iter(identity.certificate_pem.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().context("the till's certificate cannot be read")?;
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).context("its key cannot be read")?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key);
    config.context("the till's certificate cannot be used")
}

fn patient(every: Duration) -> Interval {
    let mut interval = interval(every);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

#[cfg(test)]
mod tests {
    use domain::ids::Uuid;

    use super::*;

    fn id(number: u128) -> CommandId {
        CommandId(Uuid::from_u128(number))
    }

    #[test]
    fn does_a_command_once_and_not_when_it_comes_late() {
        let mut outcomes = Outcomes::default();
        let asked = Command::new(Progress::Init, 1_000, "");
        assert_eq!(outcomes.settled(id(1), &asked, WallMs(1_000)), None);
        let late = outcomes.settled(id(1), &asked, WallMs(1_001)).unwrap();
        assert_eq!(late.progress, Progress::Failed);
        let done = Command::new(Progress::Successful, 1_000, "done");
        outcomes.remember(id(1), done.clone());
        for at in [WallMs(0), WallMs(2_000)] {
            assert_eq!(outcomes.settled(id(1), &asked, at), Some(done.clone()), "it was replayed");
        }
        assert_eq!(outcomes.settled(id(2), &asked, WallMs(0)), None);
    }

    #[test]
    fn remembers_the_last_outcomes_and_no_more() {
        let mut outcomes = Outcomes::default();
        let asked = Command::new(Progress::Init, 1_000, "");
        let outcome = |number: u128| Command::new(Progress::Successful, 0, &number.to_string());
        let most = REMEMBERED_MAX as u128;
        for number in 0..=most {
            outcomes.remember(id(number), outcome(number));
        }
        assert_eq!(outcomes.settled(id(0), &asked, WallMs(0)), None);
        assert_eq!(outcomes.settled(id(most), &asked, WallMs(0)), Some(outcome(most)));
        outcomes.remember(id(most), outcome(7));
        assert_eq!(outcomes.settled(id(most), &asked, WallMs(0)), Some(outcome(7)));
        assert_eq!(outcomes.kept.len(), REMEMBERED_MAX);
    }
}
