//! The loop of the role `parser`: targets that are due are visited, what they say is placed in families, and how it went is
//! noted. One process visits at a time, so that a host's pace holds for all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use cloud_store::{PageTarget, PageTargetKind, Store, Visit};
use domain::time::WallMs;
use futures_util::StreamExt as _;
use futures_util::stream;
use service::health::Health;
use service::tasks::{CancellationToken, RestartPolicy, Tasks};
use sha2::{Digest as _, Sha256};

use super::address::checked;
use super::fetch::{FetchProblem, Fetcher};
use super::source::{LookUpProblem, LookedUp, OpenFoodFacts, ProductSource as _, PublicPages};
use crate::blobs::{BlobName, Blobs};
use crate::config::Parser as Settings;
use crate::roles::now;
use crate::sourcing::raw;

/// One process at a time visits.
const DUTY: &str = "parser";
/// Targets that are taken up at once, and hosts that are visited beside each other.
const AT_ONCE: u32 = 200;
const HOSTS_AT_ONCE: usize = 8;
/// The pause after a visit that went wrong doubles from here.
const FIRST_PAUSE_MINUTES: i64 = 15;
const LONGEST_PAUSE_MINUTES: i64 = 7 * 24 * 60;

/// Visits pages.
pub struct Parser {
    store: Store,
    blobs: Blobs,
    fetcher: Fetcher,
    settings: Settings,
    /// Its name on the lease: no two have the same.
    owner: String,
}

impl Parser {
    /// One that visits nothing yet.
    pub fn new(store: Store, blobs: Blobs, settings: &Settings, owner: String) -> anyhow::Result<Self> {
        Ok(Self { store, blobs, fetcher: Fetcher::new(settings)?, settings: settings.clone(), owner })
    }

    /// Starts to visit, as a task of `tasks`.
    pub fn spawn(self, tasks: &Tasks, health: &Health) {
        let part = health.part("parser", false);
        let parser = std::sync::Arc::new(self);
        tasks.spawn_restarting("parser", RestartPolicy::default(), move |token| {
            let (parser, part) = (std::sync::Arc::clone(&parser), part.clone());
            async move {
                part.ok();
                let ended = parser.run(&token).await;
                if ended.is_err() {
                    part.down("pages are not visited now: the log says more");
                }
                ended
            }
        });
    }

    async fn run(&self, token: &CancellationToken) -> anyhow::Result<()> {
        let poll = Duration::from_millis(self.settings.poll_ms);
        while !token.is_cancelled() {
            let busy = self.take_duty().await?
                && token.run_until_cancelled(self.round()).await.transpose()? == Some(true);
            if !busy {
                token.run_until_cancelled(tokio::time::sleep(poll)).await;
            }
        }
        Ok(self.store.leave_duty(DUTY, &self.owner).await?)
    }

    async fn take_duty(&self) -> anyhow::Result<bool> {
        let now = now();
        let until = WallMs(now.0 + i64::try_from(self.settings.lease_ms)?);
        Ok(self.store.take_duty(DUTY, &self.owner, now, until).await?)
    }

    /// Visits what is due: hosts beside each other, pages of one host one after another. Whether there was anything.
    pub async fn round(&self) -> anyhow::Result<bool> {
        let due = self.store.due_page_targets(now(), AT_ONCE).await?;
        let mut by_host: BTreeMap<String, Vec<PageTarget>> = BTreeMap::new();
        for target in due {
            by_host.entry(host(&target)).or_default().push(target);
        }
        let any = !by_host.is_empty();
        let mut visits = std::pin::pin!(
            stream::iter(by_host.into_values())
                .map(|targets| self.visit_all(targets))
                .buffer_unordered(HOSTS_AT_ONCE)
        );
        let renew = Duration::from_millis(self.settings.lease_ms / 3);
        loop {
            tokio::select! {
                visited = visits.next() => match visited {
                    Some(visited) => visited?,
                    None => return Ok(any),
                },
                () = tokio::time::sleep(renew) => {
                    anyhow::ensure!(self.take_duty().await?, "another process took over visiting pages");
                }
            }
        }
    }

    async fn visit_all(&self, targets: Vec<PageTarget>) -> anyhow::Result<()> {
        for target in targets {
            let visit = self.visit(&target).await?;
            let outcome = if visit.outcome.is_ok() { "read" } else { "failed" };
            let kind = target.target.kind.as_str();
            metrics::counter!("tillsight_parser_visits_total", "kind" => kind, "outcome" => outcome)
                .increment(1);
            self.store.note_visit(&target.org, target.target.id, &visit, now()).await?;
        }
        Ok(())
    }

    async fn visit(&self, target: &PageTarget) -> anyhow::Result<Visit> {
        let address = &target.target.address;
        let looked_up = match target.target.kind {
            PageTargetKind::Page => PublicPages(&self.fetcher).look_up(address).await,
            PageTargetKind::OpenFoodFacts => {
                let base = &self.settings.open_food_facts_url;
                OpenFoodFacts { fetcher: &self.fetcher, base }.look_up(address).await
            }
        };
        match looked_up {
            Ok(looked_up) => self.take_in(target, looked_up).await,
            Err(problem) => {
                tracing::info!(address, "`{address}` was not read: {problem}");
                let pause_ms = pause_minutes(target, &problem).saturating_mul(60_000);
                let next_at = WallMs(now().0.saturating_add(pause_ms));
                Ok(Visit { outcome: Err(problem.to_string()), snapshot: None, next_at })
            }
        }
    }

    /// Keeps what was read, and places what it says.
    async fn take_in(&self, target: &PageTarget, looked_up: LookedUp) -> anyhow::Result<Visit> {
        let LookedUp { source, records, bytes, extension } = looked_up;
        let name = BlobName::of_page(&target.org, &Sha256::digest(&bytes).into(), extension);
        self.blobs.put(&name, bytes).await?;
        let snapshot = name.as_str().to_owned();
        let (mut raws, mut problem) = (Vec::new(), None);
        for record in records {
            match record.checked(source.clone()) {
                Ok(raw) => raws.push(cloud_store::NewRawProduct { snapshot: Some(snapshot.clone()), ..raw }),
                Err(reason) => problem = Some(reason),
            }
        }
        let found = u32::try_from(raws.len()).unwrap_or(u32::MAX);
        let placed = self.store.place_raw_products(&target.org, &raws, now()).await?;
        raw::count(&placed);
        let outcome = if found > 0 { Ok(found) } else { Err(problem.unwrap_or_default()) };
        let next_at = WallMs(now().0 + i64::from(target.target.every_minutes) * 60_000);
        Ok(Visit { outcome, snapshot: Some(snapshot), next_at })
    }
}

/// When to come again after a visit that went wrong: later each time, and never before the host wants to be asked again. What
/// will be the same tomorrow is asked for as rarely as if it had gone well.
fn pause_minutes(target: &PageTarget, problem: &LookUpProblem) -> i64 {
    let every = i64::from(target.target.every_minutes);
    let growing = FIRST_PAUSE_MINUTES << target.failures.min(10);
    let pause = match problem {
        LookUpProblem::Fetch(FetchProblem::Busy { retry_after, .. }) => {
            let asked = i64::try_from(retry_after.as_secs().div_ceil(60)).unwrap_or(LONGEST_PAUSE_MINUTES);
            growing.max(asked)
        }
        LookUpProblem::Fetch(
            FetchProblem::Status(_)
            | FetchProblem::TooSlow(_)
            | FetchProblem::LeftAlone
            | FetchProblem::Unreachable(_),
        ) => growing,
        _ => growing.max(every),
    };
    pause.min(LONGEST_PAUSE_MINUTES.max(every))
}

/// What pages are put together by: their hosts.
fn host(target: &PageTarget) -> String {
    match target.target.kind {
        PageTargetKind::Page => {
            let url = checked(&target.target.address).ok();
            url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
        }
        PageTargetKind::OpenFoodFacts => "open food facts".to_owned(),
    }
}
