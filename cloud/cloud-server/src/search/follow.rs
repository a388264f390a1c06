//! Keeps what can be found as it is in the tables: follows the outbox of events, and from time to time compares everything.
//!
//! One process at a time does it, by a lease. It reads events whether or not they were sent. Ids are given out before
//! transactions end, so an event may appear behind others that were read: those of the last minutes are looked through again, and
//! the place that is written down is behind them. Killed anywhere, it does some of it again, with the same outcome. Where it was
//! away for longer than events are kept, it compares everything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use cloud_core::search::EntryKind;
use cloud_store::{
    DocumentId, EventId, EventNote, SEARCH_ENTRIES_AT_ONCE_MAX, SearchMark, SearchWrite, Store,
};
use domain::ids::{OrgId, ProductId};
use domain::time::WallMs;
use service::health::{Health, Part};
use service::tasks::{CancellationToken, RestartPolicy, Tasks};

use super::entries;
use super::meilisearch::Meilisearch;
use crate::config::{Config, EngineKind};
use crate::roles::now;

/// One process at a time follows.
const DUTY: &str = "search";
/// The mark of how far the entries are.
const MARK: &str = "entries";
/// How long a transaction may take until its event is seen: longer than the database lets any take.
const SETTLED_AFTER: Duration = Duration::from_secs(120);
/// How often the last minutes are looked through again, and the place is written down.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// How long a comparison that was asked for may take, and how often it is looked whether it is done.
const REINDEX_MAX: Duration = Duration::from_secs(3_600);
const ASK_EVERY: Duration = Duration::from_millis(200);
/// How long an engine that failed is left alone.
const ENGINE_PAUSE: Duration = Duration::from_secs(1);
/// Events whose transactions may be under way at once.
const UNDER_WAY_MAX: u64 = 1_000;
/// Events and things that are read at once.
const PAGE: u32 = 500;
const HOUR_MS: i64 = 3_600_000;

/// Follows what changes.
pub struct Follower {
    store: Store,
    config: Config,
    owner: String,
    meilisearch: Option<Meilisearch>,
    mark: Option<SearchMark>,
    /// Up to which event everything was read at least once.
    newest: EventId,
    /// Events behind the mark that were followed.
    done: BTreeSet<EventId>,
    /// What was the newest event when.
    newest_at: VecDeque<(Instant, EventId)>,
    swept_at: Option<Instant>,
    /// When the lease was taken or renewed last.
    leased_at: Option<Instant>,
}

/// What a comparison of everything found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reviewed {
    /// Things that were looked at.
    pub things: u64,
    /// Entries that were other than they should be.
    pub changed: u64,
}

/// Starts following as a task of `tasks`.
pub(crate) fn spawn(tasks: &Tasks, health: &Health, config: &Config, store: &Store, owner: &str) {
    let part = health.part("search", false);
    let (config, store, owner) = (config.clone(), store.clone(), owner.to_owned());
    tasks.spawn_restarting("search", RestartPolicy::default(), move |token| {
        let follower = Follower::open(&config, store.clone(), owner.clone());
        let part = part.clone();
        async move {
            let ended = Box::pin(async { follower?.run(&token, &part).await }).await;
            if ended.is_err() {
                part.down("changes are not found for now: the log says more");
            }
            ended
        }
    });
}

impl Follower {
    /// One that has seen nothing yet.
    pub fn open(config: &Config, store: Store, owner: String) -> anyhow::Result<Self> {
        let meilisearch = match config.search.engine {
            EngineKind::Embedded => None,
            EngineKind::Meilisearch => Some(Meilisearch::open(&config.meilisearch)?),
        };
        Ok(Self {
            store,
            config: config.clone(),
            owner,
            meilisearch,
            mark: None,
            newest: EventId(0),
            done: BTreeSet::new(),
            newest_at: VecDeque::new(),
            swept_at: None,
            leased_at: None,
        })
    }

    /// Follows until it is told to stop.
    async fn run(mut self, token: &CancellationToken, part: &Part) -> anyhow::Result<()> {
        let poll = Duration::from_millis(self.config.search.poll_ms);
        while !token.is_cancelled() {
            let mut pause = poll;
            part.ok();
            if !self.take_duty().await? {
                // Another process follows; what this one knows grows old.
                self.mark = None;
                pause = self.config.search.lease() / 3;
            } else if let Some(error) = self.round().await? {
                tracing::warn!(error = format!("{error:#}"), "the search engine is behind: {error:#}");
                part.degraded("the search engine is behind what changes: the log says more");
                pause = poll.max(ENGINE_PAUSE);
            }
            token.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
        self.leave_duty().await
    }

    /// One look for changes, by the process that has the lease. An engine elsewhere that fails keeps nothing else from being
    /// followed, so its failure is given back apart.
    pub async fn round(&mut self) -> anyhow::Result<Option<anyhow::Error>> {
        if self.mark.is_none() {
            self.begin().await?;
        }
        self.follow().await?;
        if self.swept_at.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
            self.sweep().await?;
        }
        let review_ms = i64::from(self.config.search.review_hours) * HOUR_MS;
        if self.mark.is_some_and(|mark| now().0 - mark.reviewed_at.0 >= review_ms) {
            self.review().await?;
        }
        Ok(match &self.meilisearch {
            Some(engine) => engine.follow(&self.store).await.err().map(anyhow::Error::from),
            None => None,
        })
    }

    /// Compares everything now and gives back what it found; `None` where another process follows, which was asked and has done it.
    pub async fn reindex(&mut self) -> anyhow::Result<Option<Reviewed>> {
        let (asked_at, limit) = (now(), Instant::now() + REINDEX_MAX);
        while !self.take_duty().await? {
            anyhow::ensure!(
                Instant::now() < limit,
                "another process follows changes and does not compare them"
            );
            match self.store.search_mark(MARK).await? {
                Some(mark) if mark.reviewed_at >= asked_at => return Ok(None),
                // It may have written its mark at the same moment, so it is asked until it has heard.
                Some(_) => self.ask_for_review().await?,
                None => {}
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        let reviewed = self.review().await;
        if reviewed.is_ok()
            && let Some(engine) = &self.meilisearch
        {
            engine.begin_anew(&self.store).await?;
            engine.follow(&self.store).await?;
        }
        self.leave_duty().await?;
        reviewed.map(Some)
    }

    /// Whoever follows finds no mark and begins anew.
    async fn ask_for_review(&self) -> anyhow::Result<()> {
        Ok(self.store.forget_search_mark(MARK).await?)
    }

    /// Compares everything, and has an engine elsewhere told of everything again. How far that was told is forgotten by the one
    /// who tells it: it would write over what another has forgotten.
    async fn review_and_tell_anew(&mut self) -> anyhow::Result<()> {
        if let Some(engine) = &self.meilisearch {
            self.store.forget_search_mark(&engine.mark()).await?;
        }
        self.review().await.map(drop)
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        let known = self.store.search_mark(MARK).await?;
        let events = &self.config.events;
        let kept_ms = i64::from(events.keep_sent_hours.min(events.keep_unsent_hours)) * HOUR_MS;
        match known {
            Some(mark) if now().0 - mark.looked_at.0 < kept_ms => {
                self.newest = EventId(mark.place);
                self.mark = Some(mark);
                self.newest_at.clear();
                self.done.clear();
            }
            Some(_) => self.review().await.map(drop)?,
            None => self.review_and_tell_anew().await?,
        }
        Ok(())
    }

    /// Follows the events that came since it last looked.
    async fn follow(&mut self) -> anyhow::Result<()> {
        let high = self.store.newest_event().await?;
        self.read(self.newest, high).await?;
        self.newest = self.newest.max(high);
        self.newest_at.push_back((Instant::now(), self.newest));
        Ok(())
    }

    /// Follows events that appeared behind others, and writes down the place behind which none can appear.
    async fn sweep(&mut self) -> anyhow::Result<()> {
        let Some(mut mark) = self.mark else { return Ok(()) };
        if self.store.search_mark(MARK).await?.is_none() {
            // Somebody asked for it.
            return self.review_and_tell_anew().await;
        }
        self.read(EventId(mark.place), self.newest).await?;
        self.read_suppliers(mark.looked_at).await?;
        self.read_documents(mark.looked_at).await?;
        self.read_described(mark.looked_at).await?;
        while let Some((at, id)) = self.newest_at.front()
            && at.elapsed() >= SETTLED_AFTER
        {
            mark.place = mark.place.max(id.0);
            self.newest_at.pop_front();
        }
        self.done = self.done.split_off(&EventId(mark.place + 1));
        mark.looked_at = now();
        self.store.note_search_mark(MARK, &mark).await?;
        self.mark = Some(mark);
        self.swept_at = Some(Instant::now());
        metrics::gauge!("tillsight_search_follow_place").set(mark.place as f64);
        Ok(())
    }

    async fn read(&mut self, after: EventId, to: EventId) -> anyhow::Result<()> {
        let topics = entries::TOPICS.map(|(topic, _)| topic);
        let mut after = after;
        while after < to {
            let notes = self.store.event_notes(&topics, (after, to), PAGE).await?;
            let is_last = notes.len() < PAGE as usize;
            after = notes.last().map_or(to, |note| note.id);
            let fresh: Vec<EventNote> =
                notes.into_iter().filter(|note| !self.done.contains(&note.id)).collect();
            self.write(entries::named(&self.store, &fresh).await?).await?;
            self.done.extend(fresh.iter().map(|note| note.id));
            if is_last {
                break;
            }
            self.keep_duty().await?;
        }
        Ok(())
    }

    /// Suppliers have no events: those that were changed since it last looked are read again, and those of the minutes before,
    /// whose changes were under way. What is more than a page is left to the next comparison of everything.
    async fn read_suppliers(&self, looked_at: WallMs) -> anyhow::Result<()> {
        let since = WallMs(looked_at.0 - i64::try_from(SETTLED_AFTER.as_millis())?);
        let mut writes: BTreeMap<OrgId, Vec<SearchWrite>> = BTreeMap::new();
        for (org, id) in self.store.suppliers_changed_since(since, PAGE).await? {
            let write = entries::of_supplier(&self.store, &org, id).await?;
            writes.entry(org).or_default().push(write);
        }
        self.write(writes).await.map(drop)
    }

    /// Documents that were taken away, or sent again after that, have no events either.
    async fn read_documents(&self, looked_at: WallMs) -> anyhow::Result<()> {
        let since = WallMs(looked_at.0 - i64::try_from(SETTLED_AFTER.as_millis())?);
        let mut changed: BTreeMap<OrgId, Vec<DocumentId>> = BTreeMap::new();
        for (org, id) in self.store.documents_changed_since(since, PAGE).await? {
            changed.entry(org).or_default().push(id);
        }
        for (org, ids) in changed {
            let writes = entries::of_documents(&self.store, &org, &ids).await?;
            self.write([(org, writes)].into()).await?;
        }
        Ok(())
    }

    /// What families say changes without an event of the product.
    async fn read_described(&self, looked_at: WallMs) -> anyhow::Result<()> {
        let since = WallMs(looked_at.0 - i64::try_from(SETTLED_AFTER.as_millis())?);
        let mut changed: BTreeMap<OrgId, Vec<ProductId>> = BTreeMap::new();
        for (org, id) in self.store.products_described_since(since, PAGE).await? {
            changed.entry(org).or_default().push(id);
        }
        for (org, ids) in changed {
            let writes = entries::of_products(&self.store, &org, &ids).await?;
            self.write([(org, writes)].into()).await?;
        }
        Ok(())
    }

    async fn write(&self, writes: BTreeMap<OrgId, Vec<SearchWrite>>) -> anyhow::Result<u64> {
        let mut changed = 0;
        for (org, writes) in writes {
            for some in writes.chunks(SEARCH_ENTRIES_AT_ONCE_MAX) {
                changed += self.store.write_search_entries(&org, some, now()).await?;
            }
        }
        metrics::counter!("tillsight_search_entries_written_total").increment(changed);
        Ok(changed)
    }

    /// Compares the entries of all organisations with what they are made of.
    async fn review(&mut self) -> anyhow::Result<Reviewed> {
        // What changes while it looks is followed afterwards.
        let place = self.store.newest_event().await?;
        let mut reviewed = Reviewed::default();
        let mut after: Option<OrgId> = None;
        loop {
            let organisations = self.store.organisations(after.as_ref(), PAGE).await?;
            let Some(last) = organisations.last() else { break };
            after = Some(last.id.clone());
            for organisation in &organisations {
                for kind in EntryKind::ALL {
                    self.review_kind(&organisation.id, kind, &mut reviewed).await?;
                }
            }
        }
        let removed_before = WallMs(now().0 - i64::from(self.config.search.keep_removed_hours) * HOUR_MS);
        self.store.forget_search_entries(removed_before).await?;
        // An event that was under way may still appear behind this place, so those before it are looked through again.
        let known = self.mark.map(|mark| mark.place);
        let place_settled = known.unwrap_or(place.0.saturating_sub(UNDER_WAY_MAX));
        let mark = SearchMark { place: place_settled, looked_at: now(), reviewed_at: now() };
        self.store.note_search_mark(MARK, &mark).await?;
        if self.mark.is_none() {
            self.newest = place;
            self.newest_at.clear();
            self.done.clear();
        }
        self.mark = Some(mark);
        tracing::info!(things = reviewed.things, changed = reviewed.changed, "compared what can be found");
        Ok(reviewed)
    }

    async fn review_kind(
        &mut self,
        org: &OrgId,
        kind: EntryKind,
        reviewed: &mut Reviewed,
    ) -> anyhow::Result<()> {
        let mut after = String::new();
        loop {
            self.keep_duty().await?;
            let mut writes = entries::page(&self.store, org, kind, &after, PAGE).await?;
            let is_last = writes.len() < PAGE as usize;
            let to = writes.last().map(|write| write.id.clone());
            reviewed.things += writes.len() as u64;
            let there: BTreeSet<String> = writes.iter().map(|write| write.id.clone()).collect();
            // Behind the last thing there may be entries of things that are gone.
            let end = to.as_deref().filter(|_| !is_last);
            writes.extend(self.gone(org, kind, (&after, end), &there).await?);
            reviewed.changed += self.write([(org.clone(), writes)].into()).await?;
            match to {
                Some(to) if !is_last => after = to,
                _ => return Ok(()),
            }
        }
    }

    async fn gone(
        &self,
        org: &OrgId,
        kind: EntryKind,
        (after, to): (&str, Option<&str>),
        there: &BTreeSet<String>,
    ) -> anyhow::Result<Vec<SearchWrite>> {
        let (mut gone, mut after) = (Vec::new(), after.to_owned());
        loop {
            let ids = self.store.search_entry_ids(org, kind, (&after, to), PAGE).await?;
            let Some(last) = ids.last().cloned() else { return Ok(gone) };
            after = last;
            let removed = ids.into_iter().filter(|id| !there.contains(id));
            gone.extend(removed.map(|id| SearchWrite { kind, id, entry: None }));
        }
    }

    /// Renews the lease once a third of it is over: each renewal is a write.
    async fn take_duty(&mut self) -> anyhow::Result<bool> {
        let lease = self.config.search.lease();
        if self.leased_at.is_some_and(|at| at.elapsed() < lease / 3) {
            return Ok(true);
        }
        let (asked_at, now) = (Instant::now(), now());
        let until = WallMs(now.0 + i64::try_from(self.config.search.lease_ms)?);
        let is_ours = self.store.take_duty(DUTY, &self.owner, now, until).await?;
        self.leased_at = is_ours.then_some(asked_at);
        Ok(is_ours)
    }

    async fn leave_duty(&mut self) -> anyhow::Result<()> {
        self.leased_at = None;
        Ok(self.store.leave_duty(DUTY, &self.owner).await?)
    }

    /// Whoever lost the lease must not write what another has written anew.
    async fn keep_duty(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(self.take_duty().await?, "another process took over following changes");
        Ok(())
    }
}
