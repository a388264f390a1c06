//! Kills whoever sends notifications, again and again, and compares what was to be told with what the other sides were told.
//!
//! Every row that is to be told of has a mark of its own: under a message of Telegram's, as a mail's `Message-ID`, as a request's
//! `webhook-id`. What comes twice with one mark is known again by whoever reads mail and requests; Telegram shows it twice, and the
//! second one says that it may have come before. All of these are counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cloud_server::config::Config;
use cloud_server::roles;
use cloud_store::{
    AddressId, Channel, DeliveryFilter, DeliveryState, NewAddress, NewCode, NewDelivery, NewNotice, NewUser,
    NoticeEvent, Severity, Store, Subscription, SubscriptionId, UserId,
};
use domain::ids::{OrgId, Uuid};
use domain::time::WallMs;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::json;
use testkit::standins::hooks::Hooks;
use testkit::standins::smtp::Smtp;
use testkit::standins::telegram::Telegram;

use crate::process::{sibling, toml_text};

/// Addresses that one person has: so many chats, mailboxes and places for requests.
const PER_PERSON: [(Channel, usize); 3] =
    [(Channel::Telegram, 4), (Channel::Email, 3), (Channel::Webhook, 3)];
/// How long a sender lives before it is killed: some are killed before they took over.
const LIFE_MS: std::ops::Range<u64> = 1_000..12_000;
/// How long what is left may take after the last kill, for each delivery.
const PATIENCE_PER_DELIVERY: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(60);
/// What a message says that may have come before.
const AGAIN: &str = "may have come before";

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct NotifyReport {
    /// What was to be told, codes that confirm addresses included.
    pub deliveries: u64,
    /// Times that a sender was killed.
    pub kills: u32,
    /// Deliveries that nobody was told of. Must be 0.
    pub lost: u64,
    /// Deliveries that came twice and cannot be known again. Must be 0.
    pub doubled: u64,
    /// Messages of Telegram's that came again, each saying so.
    pub telegram_repeated: u64,
    /// Mails that came again with the same `Message-ID`.
    pub mail_repeated: u64,
    /// Requests that came again with the same `webhook-id`.
    pub requests_repeated: u64,
    /// How often Telegram's limits were not kept. Must be 0.
    pub too_fast: u64,
    /// How long it took.
    pub seconds: u64,
    /// What the moments were chosen by.
    pub seed: u64,
    /// Whether all is as it must be.
    pub ok: bool,
}

/// Who is told.
struct Outside {
    telegram: Telegram,
    smtp: Smtp,
    hooks: Hooks,
}

/// Tells of `count` things, some more where the last notice is wanted at more addresses, while senders are killed.
pub fn run(count: u64, kills: u32, seed: u64) -> anyhow::Result<NotifyReport> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(tell(count, kills, seed))
}

async fn tell(count: u64, kills: u32, seed: u64) -> anyhow::Result<NotifyReport> {
    roles::install_crypto();
    let scratch = tempfile::tempdir()?;
    let outside = Outside { telegram: Telegram::start()?, smtp: Smtp::start()?, hooks: Hooks::start()? };
    let config = write_config(scratch.path(), &outside)?;
    let store = roles::open_store(&Config::load(Some(&config))?, true).await?;
    let org = OrgId::new("demo")?;
    fill(&store, &org, count, &outside).await?;
    let began = Instant::now();
    let mut report = NotifyReport { seed, ..NotifyReport::default() };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let log = scratch.path().join("log");
    for number in 1..=kills {
        let mut sender = Sender::start(&config, &log)?;
        tokio::time::sleep(Duration::from_millis(rng.random_range(LIFE_MS))).await;
        sender.kill()?;
        report.kills += 1;
        let left = left(&store).await?;
        eprintln!("{number} of {kills} kills: {left} deliveries left after {} s", began.elapsed().as_secs());
    }
    let sender = Sender::start(&config, &log)?;
    let patience = PATIENCE + PATIENCE_PER_DELIVERY * u32::try_from(count)?;
    let until = Instant::now() + patience;
    while left(&store).await? > 0 || !store.notices_to_plan(1).await?.is_empty() {
        ensure!(Instant::now() < until, "deliveries are left after {} s", patience.as_secs());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    report.seconds = began.elapsed().as_secs();
    drop(sender);
    compare(&store, &org, &outside, &mut report).await?;
    report.too_fast = outside.telegram.refused();
    report.ok = report.lost == 0 && report.doubled == 0 && report.too_fast == 0 && report.deliveries >= count;
    Ok(report)
}

fn write_config(folder: &Path, outside: &Outside) -> anyhow::Result<std::path::PathBuf> {
    let file = folder.join("tillsight-cloud.toml");
    let text = format!(
        "[data]\ndir = {}\n[worker]\nlisten = \"127.0.0.1:0\"\n[parser]\nin_server = false\n\
         [notify]\nwebhooks_allow_private = true\nwebhooks_per_second = 40\npoll_ms = 50\nlease_ms = 3000\n\
         [telegram]\ntoken = \"rig\"\nurl = \"{}\"\nbuttons = false\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"Till <till@shop.example>\"\nper_second = 40\n",
        toml_text(&folder.join("data")),
        outside.telegram.url(),
        outside.smtp.port(),
    );
    std::fs::create_dir_all(folder.join("data"))?;
    std::fs::write(&file, text)?;
    Ok(file)
}

/// People, their addresses, and notices enough that `count` things are to be told.
async fn fill(store: &Store, org: &OrgId, count: u64, outside: &Outside) -> anyhow::Result<()> {
    let now = roles::now();
    store.create_organisation(org, "Demo", now).await?;
    // Each of them is told of each notice at ten addresses; their codes count as well.
    let people = (count / 200).clamp(1, 50);
    let addresses = people * 10;
    for person in 0..people {
        add_person(store, org, person, outside, now).await?;
    }
    for number in 0..count.saturating_sub(addresses).div_ceil(addresses) {
        let notice = NewNotice {
            store: None,
            event: NoticeEvent::BackupFailed,
            severity: Severity::Critical,
            key: number.to_string(),
            data: json!({"problem": format!("disk {number} is full")}),
        };
        store.raise_notice(org, &notice, now).await?;
    }
    Ok(())
}

async fn add_person(
    store: &Store,
    org: &OrgId,
    number: u64,
    outside: &Outside,
    now: WallMs,
) -> anyhow::Result<()> {
    let person = UserId(Uuid::from_u64_pair(1, number));
    let user = NewUser {
        id: person,
        email: format!("person{number}@shop.example"),
        name: format!("Person {number}"),
        password_hash: String::new(),
        language: "en".to_owned(),
        grants: vec![cloud_store::Grant { role: cloud_store::Role::Manager, store: None }],
    };
    store.create_user(org, &user, now).await?;
    let places =
        PER_PERSON.iter().flat_map(|(channel, count)| (0..*count).map(move |place| (*channel, place)));
    for (index, (channel, place)) in (0_u64..).zip(places) {
        let address = AddressId(Uuid::from_u64_pair(2 + index, number));
        let text = match channel {
            Channel::Telegram => (1_000 + number * 10 + index).to_string(),
            Channel::Email => format!("box{number}-{place}@shop.example"),
            Channel::Webhook => outside.hooks.url(&format!("{number}-{place}")),
        };
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let new = NewAddress { id: address, person, channel, address: text, secret };
        let delivery = NewDelivery {
            key: format!("code:{address}"),
            notice: None,
            person,
            address,
            channel,
            event: "confirmation".to_owned(),
            subject: "Your code".to_owned(),
            body: if channel == Channel::Webhook { "{}" } else { "123456" }.to_owned(),
            html: String::new(),
            picture: String::new(),
            run_after: now,
            reply_to: None,
        };
        let code = NewCode { hash: [7; 32], expires_at: WallMs(now.0 + 60_000), delivery };
        store.add_notice_address(org, &new, &code, now).await?;
        ensure!(store.confirm_address(org, person, address, &[7; 32], now).await?, "the code is right");
        let wanted = Subscription {
            id: SubscriptionId(Uuid::from_u64_pair(100 + index, number)),
            address,
            store: None,
            event: None,
            least: Severity::Info,
            pace: cloud_core::notify::Pace::AtOnce,
            tell_settled: None,
        };
        store.subscribe(org, person, &wanted, now).await?;
    }
    Ok(())
}

async fn left(store: &Store) -> anyhow::Result<u64> {
    let mut left = 0;
    for channel in [Channel::Telegram, Channel::Email, Channel::Webhook] {
        left += store.delivery_counts(channel).await?.waiting;
    }
    Ok(left)
}

/// How often each mark came, and how often it came again without saying so.
type Marks = BTreeMap<u64, (u64, u64)>;

async fn compare(
    store: &Store,
    org: &OrgId,
    outside: &Outside,
    report: &mut NotifyReport,
) -> anyhow::Result<()> {
    let messages = outside.telegram.messages();
    let telegram =
        marks(messages.iter().map(|one| (number_after(&one.text, "#n"), one.text.contains(AGAIN))));
    // What has one mark is one mail, and one request, for whoever keeps to the standards.
    let mails = outside.smtp.mails();
    let mails = marks(mails.iter().map(|mail| (number_after(mail, "Message-ID: <notice-"), true)));
    let hooks = outside.hooks.taken();
    let ids = hooks.iter().map(|hook| hook.headers.get("webhook-id").map_or("", String::as_str));
    let hooks = marks(ids.map(|id| (number_after(id, "msg_"), true)));
    let mut before = None;
    loop {
        let page = store.deliveries(org, &DeliveryFilter::default(), before, 500).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        for delivery in &page {
            let came = match delivery.asked.channel {
                Channel::Telegram => &telegram,
                Channel::Email => &mails,
                Channel::Webhook => &hooks,
            };
            report.deliveries += 1;
            let is_there = came.contains_key(&delivery.id.0) && delivery.state == DeliveryState::Sent;
            report.lost += u64::from(!is_there);
        }
    }
    let repeated = |marks: &Marks| marks.values().map(|(times, _)| times - 1).sum();
    report.telegram_repeated = repeated(&telegram);
    report.mail_repeated = repeated(&mails);
    report.requests_repeated = repeated(&hooks);
    report.doubled =
        [&telegram, &mails, &hooks].iter().flat_map(|marks| marks.values()).map(|(_, silent)| silent).sum();
    Ok(())
}

fn marks(came: impl Iterator<Item = (Option<u64>, bool)>) -> Marks {
    let mut marks = Marks::new();
    for (mark, says_so) in came {
        let Some(mark) = mark else { continue };
        let (times, silent) = marks.entry(mark).or_default();
        *silent += u64::from(*times > 0 && !says_so);
        *times += 1;
    }
    marks
}

fn number_after(text: &str, mark: &str) -> Option<u64> {
    let rest = text.split(mark).nth(1)?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// A process that sends.
struct Sender {
    child: Child,
}

impl Sender {
    fn start(config: &Path, log: &Path) -> anyhow::Result<Self> {
        let program = sibling("tillsight-cloud")?;
        let file = std::fs::File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(&program);
        command.arg("--config").arg(config).arg("worker").stdin(Stdio::null());
        command.stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("failed to start `{}`", program.display()))?;
        Ok(Self { child })
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "the sender ended by itself");
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
