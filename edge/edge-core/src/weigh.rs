//! The tray stands on a scale: what a thing weighs is the difference that its coming or going makes.
//!
//! The scale keeps an account: the gross reading that all comings and goings so far explain. What a newer stable reading
//! differs from it by is explained by what came and went since, or held until something does.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::TrackId;
use domain::time::MonotonicMs;

use crate::departures::{gone_by_sight, gone_by_weight, known_grams, noise, tolerance};
use crate::lifted::Lifted;
use crate::stable::Stable;
use crate::tracks::{Presence, Track, Weight};
use crate::{CheckoutConfig, ScaleReading};

/// A stable reading has so long to arrive before the shopper is asked, and a weight change so long to be explained
/// by what is seen.
pub(crate) const ANSWER_MS: u64 = 1_500;

/// A missing thing may lie under a new one that hides at least so much of its box, in thousandths.
const HIDDEN_PERMILLE: u64 = 300;

/// The things on the tray.
pub(crate) type Tracks = BTreeMap<TrackId, Track>;

/// The scale under the tray.
#[derive(Debug)]
pub(crate) struct Scale {
    fitted: bool,
    works: bool,
    /// The gross reading that is explained; `None` before the first.
    account: Option<i64>,
    /// The newest stable reading and those like it before.
    stable: Option<Stable>,
    /// Whether the newest reading of all was unstable.
    moving: bool,
    /// Since when the stable reading differs from the account.
    differs_since: Option<MonotonicMs>,
    /// Things that came together, and their weight together.
    groups: Vec<Group>,
    /// Things that were taken away since the basket began.
    pub(crate) lifted: Lifted,
    /// Weight changes that nothing seen explained.
    unexplained: u64,
}

#[derive(Debug)]
struct Group {
    members: BTreeSet<TrackId>,
    grams: i64,
}

/// What weighing found.
#[derive(Debug, Default)]
pub(crate) struct Weighed {
    /// Things that are gone from the tray.
    pub(crate) gone: Vec<TrackId>,
    /// Whether a thing's weight became known.
    pub(crate) changed: bool,
}

/// When and on what terms things are weighed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(crate) config: &'a CheckoutConfig,
    /// Now.
    pub(crate) now: MonotonicMs,
    /// When the newest settled observation was captured, if the tray is settled.
    pub(crate) settled_at: Option<MonotonicMs>,
    /// Whether weights on the bill may change.
    pub(crate) locked: bool,
}

impl Scale {
    pub(crate) fn new(fitted: bool) -> Self {
        Self {
            fitted,
            works: true,
            account: None,
            stable: None,
            moving: false,
            differs_since: None,
            groups: Vec::new(),
            lifted: Lifted::default(),
            unexplained: 0,
        }
    }

    /// Whether things can be weighed.
    pub(crate) fn works(&self) -> bool {
        self.fitted && self.works
    }

    /// Takes a reading.
    pub(crate) fn read(&mut self, reading: ScaleReading, now: MonotonicMs, config: &CheckoutConfig) {
        if !self.works() {
            return;
        }
        if reading.stable {
            let before = self.stable.filter(|_| !self.moving);
            self.stable = Some(Stable::after(before, reading.grams.into(), now, noise(config)));
            let differs = self.difference().is_some_and(|grams| grams.abs() > noise(config));
            self.differs_since = if differs { self.differs_since.or(Some(now)) } else { None };
        }
        self.moving = !reading.stable;
    }

    /// It went or came back. What it did not see cannot be weighed.
    pub(crate) fn set_works(&mut self, works: bool, tracks: &mut Tracks) {
        self.works = works;
        if !works {
            self.forget_account();
            for track in tracks.values_mut().filter(|track| track.weight == Weight::Pending) {
                track.weight = Weight::Unknown;
            }
        }
    }

    /// True while the scale says something that nothing seen explains yet.
    pub(crate) fn puzzles(&self) -> bool {
        self.works() && self.differs_since.is_some()
    }

    /// Whether a thing that was not weighed has waited long enough for it.
    pub(crate) fn gave_up(track: &Track, now: MonotonicMs) -> bool {
        track.weight != Weight::Pending || now >= track.first_seen.plus_ms(ANSWER_MS)
    }

    /// The next time at which waiting ends.
    pub(crate) fn due(
        &self,
        tracks: &Tracks,
        config: &CheckoutConfig,
        now: MonotonicMs,
    ) -> Option<MonotonicMs> {
        if !self.works() {
            return None;
        }
        let waits = tracks.values().filter_map(|track| match (track.presence, track.weight) {
            (Presence::Missing { since }, _) => Some(since.plus_ms(patience_ms(config))),
            (Presence::Seen, Weight::Pending) => Some(track.first_seen.plus_ms(ANSWER_MS)),
            _ => None,
        });
        waits.filter(|due| *due > now).min()
    }

    /// A thing turned out to be another without being seen to go: it may have been exchanged.
    pub(crate) fn exchanged(&mut self, track: &mut Track) {
        let difference = self.difference().filter(|_| self.differs_since.is_some());
        track.weight = match (track.weight, difference) {
            (Weight::Known(grams), Some(change)) => {
                self.balance();
                known(i64::from(grams) + change)
            }
            (_, Some(_)) => Weight::Unknown,
            (weight, None) if track.weighed_after == self.unexplained => weight,
            (_, None) => Weight::Unknown,
        };
        track.weighed_after = self.unexplained;
    }

    /// Explains the newest stable reading by what came and went.
    pub(crate) fn weigh(&mut self, tracks: &mut Tracks, moment: Moment<'_>) -> Weighed {
        let mut weighed = Weighed::default();
        if !self.works() {
            gone_by_sight(tracks, moment, &mut weighed);
            return weighed;
        }
        let Some(settled_at) = moment.settled_at else { return weighed };
        let lately = |track: &Track| match track.presence {
            Presence::Missing { since } => settled_at.since_ms(since) < moment.config.missing_ms,
            Presence::Seen | Presence::Covered | Presence::Gone => false,
        };
        if tracks.values().any(lately) {
            self.weigh_lifted(tracks, moment, &mut weighed);
            return weighed;
        }
        let case = Case::of(tracks);
        let waited_for =
            |id: &TrackId| moment.now >= case.since(tracks, id).plus_ms(patience_ms(moment.config));
        let lost_patience = !case.lost.is_empty() && case.lost.iter().all(waited_for);
        if tracks.values().any(Track::is_fresh) && !lost_patience {
            return weighed;
        }
        if !self.is_current(tracks, &case, moment) {
            if lost_patience {
                self.lose_by_sight(tracks, &case, &mut weighed);
            }
            return weighed;
        }
        match self.difference() {
            Some(difference) => self.explain(tracks, &case, difference, moment, &mut weighed),
            None => self.open_account(tracks, &case, &mut weighed),
        }
        weighed
    }

    /// Whether the newest stable reading tells of what is seen now: it came after the last change, and the tray was still
    /// after it; or nothing better came for so long that the shopper should not wait.
    fn is_current(&self, tracks: &Tracks, case: &Case, moment: Moment<'_>) -> bool {
        let unexplained = || case.came.iter().chain(&case.lost);
        let changed_at = unexplained().map(|id| case.since(tracks, id)).max();
        let patience_over = |id: &TrackId| {
            let patience = if case.lost.contains(id) { patience_ms(moment.config) } else { ANSWER_MS };
            moment.now >= case.since(tracks, id).plus_ms(patience)
        };
        let waited = unexplained().all(patience_over);
        match (self.stable, changed_at) {
            (Some(stable), Some(changed_at)) => {
                stable.tells_of(changed_at, moment.settled_at) || (waited && !self.moving)
            }
            (Some(stable), None) => !self.moving && stable.tells_of(stable.since, moment.settled_at),
            (None, _) => false,
        }
    }

    fn explain(
        &mut self,
        tracks: &mut Tracks,
        case: &Case,
        difference: i64,
        moment: Moment<'_>,
        weighed: &mut Weighed,
    ) {
        let noise = noise(moment.config);
        if case.came.is_empty() {
            self.explain_going(tracks, case, difference, moment, weighed);
            return;
        }
        let (hidden, gone) = self.sort_missing(tracks, case, difference, noise);
        let left: Option<i64> = gone.iter().map(|id| known_grams(&tracks[id])).sum();
        for id in &hidden {
            set_presence(tracks, *id, Presence::Covered);
        }
        for id in &gone {
            self.leave_group(tracks, *id, None);
        }
        self.arrive(tracks, &case.came, left.map(|left| left + difference), noise);
        weighed.changed = true;
        weighed.gone = gone;
        self.balance();
    }

    /// Of the things that cannot be seen while others came: which lie hidden, which are gone.
    fn sort_missing(
        &self,
        tracks: &Tracks,
        case: &Case,
        difference: i64,
        noise: i64,
    ) -> (Vec<TrackId>, Vec<TrackId>) {
        let under_a_new_one = |id: &TrackId| {
            case.came.iter().any(|new| {
                let old = &tracks[id].bounds;
                old.intersection(&tracks[new].bounds) * 1000 >= old.area() * HIDDEN_PERMILLE
            })
        };
        let heavier = difference > noise;
        let mut hidden: Vec<TrackId> =
            case.lost.iter().copied().filter(|id| heavier && under_a_new_one(id)).collect();
        let mut gone: Vec<TrackId> = case.lost.iter().copied().filter(|id| !hidden.contains(id)).collect();
        if heavier {
            hidden.extend(&case.covered);
        } else {
            gone.extend(&case.covered);
        }
        (hidden, gone)
    }

    fn explain_going(
        &mut self,
        tracks: &mut Tracks,
        case: &Case,
        difference: i64,
        moment: Moment<'_>,
        weighed: &mut Weighed,
    ) {
        let noise = noise(moment.config);
        let unseen: Vec<TrackId> = case.lost.iter().chain(&case.covered).copied().collect();
        let gone = gone_by_weight(tracks, &unseen, -difference, noise);
        for id in unseen.iter().filter(|id| !gone.contains(id)) {
            set_presence(tracks, *id, Presence::Covered);
        }
        if gone.is_empty() {
            if difference.abs() <= noise {
                self.balance();
            } else {
                self.puzzle_over(tracks, difference, moment, weighed);
            }
            return;
        }
        let expected: Option<i64> = gone.iter().map(|id| known_grams(&tracks[id])).sum();
        let drop = (-difference > noise && gone.len() == 1).then_some(-difference);
        for id in &gone {
            weighed.changed |= self.leave_group(tracks, *id, drop);
        }
        match expected {
            Some(grams) if (grams + difference).abs() > tolerance(grams, noise) => {
                self.account = self.account.map(|account| account - grams);
                self.differs_since = Some(moment.now);
            }
            _ => self.balance(),
        }
        weighed.gone = gone;
    }

    /// A change of weight that nothing seen explains: held for a while, then taken as it is. If a single thing lies
    /// there, it is its weight that changed.
    fn puzzle_over(
        &mut self,
        tracks: &mut Tracks,
        difference: i64,
        moment: Moment<'_>,
        weighed: &mut Weighed,
    ) {
        let since = *self.differs_since.get_or_insert(moment.now);
        let waited = moment.settled_at.is_some_and(|settled| settled >= since.plus_ms(ANSWER_MS));
        if !waited || moment.locked {
            return;
        }
        self.unexplained += 1;
        self.balance();
        let unexplained = self.unexplained;
        let mut there = tracks.values_mut().filter(|track| track.on_tray());
        if let (Some(track), None) = (there.next(), there.next())
            && let Weight::Known(grams) = track.weight
        {
            track.weight = known(i64::from(grams) + difference);
            track.weighed_after = unexplained;
            weighed.changed = true;
        }
    }

    /// Something is off the tray for a moment, as when a thing is lifted to be weighed: the drop is its weight, even if it
    /// is back before it counts as gone.
    fn weigh_lifted(&mut self, tracks: &mut Tracks, moment: Moment<'_>, weighed: &mut Weighed) {
        let case = Case::of(tracks);
        let ([only], []) = (case.lost.as_slice(), case.came.as_slice()) else { return };
        let (Presence::Missing { since }, Some(stable), Some(difference)) =
            (tracks[only].presence, self.stable, self.difference())
        else {
            return;
        };
        let current = stable.tells_of(since, moment.settled_at);
        let weighs = matches!(tracks[only].weight, Weight::Known(_));
        if current && !weighs && -difference > noise(moment.config) {
            weighed.changed |= self.leave_group(tracks, *only, Some(-difference));
        }
    }

    /// The scale does not settle, or says nothing: what is not seen cannot stay on the bill for that.
    fn lose_by_sight(&mut self, tracks: &mut Tracks, case: &Case, weighed: &mut Weighed) {
        let grams: Option<i64> = case.lost.iter().map(|id| known_grams(&tracks[id])).sum();
        for id in &case.lost {
            self.leave_group(tracks, *id, None);
        }
        self.account = self.account.zip(grams).map(|(account, grams)| account - grams);
        self.differs_since = None;
        weighed.gone.clone_from(&case.lost);
    }

    /// The first reading of all: what lay there before it cannot be weighed.
    fn open_account(&mut self, tracks: &mut Tracks, case: &Case, weighed: &mut Weighed) {
        weighed.gone.clone_from(&case.lost);
        for id in &case.came {
            if let Some(track) = tracks.get_mut(id) {
                track.weight = Weight::Unknown;
            }
        }
        self.balance();
    }

    fn arrive(&mut self, tracks: &mut Tracks, came: &[TrackId], grams: Option<i64>, noise: i64) {
        let each = match (grams, came) {
            (Some(grams), [_]) => Some(vec![grams]),
            (Some(grams), _) => self.lifted.recognise(tracks, came, grams, noise),
            (None, _) => None,
        };
        for (at, id) in came.iter().enumerate() {
            if let Some(track) = tracks.get_mut(id) {
                track.weighed_after = self.unexplained;
                track.weight = match (&each, grams) {
                    (Some(each), _) => known(each[at]),
                    (None, Some(_)) => Weight::Shared,
                    (None, None) => Weight::Unknown,
                };
            }
        }
        if let (Some(grams), None) = (grams, each) {
            self.groups.push(Group { members: came.iter().copied().collect(), grams });
        }
    }

    /// A thing leaves the group that it came with; `drop` is what it weighs, if that was seen. The last of a group weighs
    /// what is left. True when a weight became known.
    fn leave_group(&mut self, tracks: &mut Tracks, id: TrackId, drop: Option<i64>) -> bool {
        let mut changed = false;
        let unexplained = self.unexplained;
        let mut learn = |id: TrackId, grams: i64| {
            if let Some(track) = tracks.get_mut(&id)
                && !matches!(track.weight, Weight::Known(_))
            {
                track.weight = known(grams);
                track.weighed_after = unexplained;
                changed = true;
            }
        };
        let of = self.groups.iter().position(|group| group.members.contains(&id));
        if let Some(drop) = drop {
            learn(id, drop);
        }
        if let Some(at) = of {
            let mut group = self.groups.swap_remove(at);
            group.members.remove(&id);
            if let Some(drop) = drop {
                group.grams -= drop;
                match group.members.len() {
                    0 => {}
                    1 => group.members.iter().for_each(|last| learn(*last, group.grams)),
                    _ => self.groups.push(group),
                }
            }
        }
        changed
    }

    fn difference(&self) -> Option<i64> {
        Some(self.stable?.grams - self.account?)
    }

    fn balance(&mut self) {
        self.account = self.stable.map(|stable| stable.grams);
        self.differs_since = None;
    }

    fn forget_account(&mut self) {
        self.account = None;
        self.stable = None;
        self.moving = false;
        self.differs_since = None;
        self.groups.clear();
    }
}

/// What there is to explain.
struct Case {
    came: Vec<TrackId>,
    lost: Vec<TrackId>,
    covered: Vec<TrackId>,
}

impl Case {
    fn of(tracks: &Tracks) -> Self {
        let ids = |wanted: fn(&Track) -> bool| {
            tracks.values().filter(|track| wanted(track)).map(|track| track.id).collect()
        };
        Self {
            came: ids(|t| t.presence == Presence::Seen && t.weight == Weight::Pending && !t.is_fresh()),
            lost: ids(|t| matches!(t.presence, Presence::Missing { .. })),
            covered: ids(|t| t.presence == Presence::Covered),
        }
    }

    /// When the first sign of a coming or going was seen.
    fn since(&self, tracks: &Tracks, id: &TrackId) -> MonotonicMs {
        match tracks[id].presence {
            Presence::Missing { since } => since,
            Presence::Seen | Presence::Covered | Presence::Gone => tracks[id].first_seen,
        }
    }
}

fn set_presence(tracks: &mut Tracks, id: TrackId, presence: Presence) {
    if let Some(track) = tracks.get_mut(&id) {
        track.presence = presence;
    }
}

fn known(grams: i64) -> Weight {
    Weight::Known(u32::try_from(grams.max(0)).unwrap_or(u32::MAX))
}

fn patience_ms(config: &CheckoutConfig) -> u64 {
    config.missing_ms.max(ANSWER_MS)
}
