//! Things on the tray, followed from one settled observation to the next.

use domain::embedding::Embedding;
use domain::frame::PixelBox;
use domain::ids::{ProductId, TrackId};
use domain::observation::{Candidate, ObservedItem, Probability, Verdict};
use domain::sale::Identification;
use domain::time::MonotonicMs;

use crate::input::LineNumber;

/// Boxes that share at least so much (in thousandths) are the same thing.
const SAME_PLACE_PERMILLE: u32 = 400;

/// One physical thing.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub(crate) id: TrackId,
    pub(crate) bounds: PixelBox,
    /// The likeliest product as vision has it, sold here or not: what agreement of looks is judged by.
    pub(crate) looks_like: Option<ProductId>,
    /// What it may be, sold here, at most three.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) sight: Sight,
    /// What the newest observation says of it, as vision has it.
    pub(crate) newest: Option<Impression>,
    /// What vision said when the till first made up its mind about it: what its sighting will tell.
    pub(crate) first: Option<Impression>,
    /// Since then somebody said that the till was wrong.
    pub(crate) objected: bool,
    /// Settled observations in a row with this sight.
    pub(crate) streak: u32,
    /// Settled observations that it was seen in.
    pub(crate) seen: u32,
    pub(crate) first_seen: MonotonicMs,
    pub(crate) presence: Presence,
    pub(crate) standing: Standing,
    pub(crate) weight: Weight,
    /// Count of unexplained weight changes when it was weighed: a later one makes its weight doubtful.
    pub(crate) weighed_after: u64,
}

/// What vision says of a thing that may be remembered.
#[derive(Debug, Clone)]
pub(crate) struct Impression {
    pub(crate) look: Embedding,
    pub(crate) candidate: Option<Candidate>,
    pub(crate) verdict: Verdict,
}

/// What one observation says of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It is this.
    Sure(ProductId, Probability),
    /// Somebody must say.
    Unsure,
}

impl Sight {
    /// Whether two observations say the same; how sure they are may differ.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sure(a, _), Self::Sure(b, _)) => a == b,
            (Self::Unsure, Self::Unsure) => true,
            _ => false,
        }
    }
}

/// Whether a thing is where it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// In the newest settled observation.
    Seen,
    /// Not in the settled observations since then.
    Missing { since: MonotonicMs },
    /// Not seen, but the scale still feels it.
    Covered,
    /// Off the tray, and still of account: a bagged piece, or an open question.
    Gone,
}

/// What the basket makes of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Too new to say.
    Fresh,
    /// Made out while the basket was locked; decided on when it is not.
    Waiting,
    /// The shopper is asked.
    Asked(Question),
    /// On the bill.
    Counted(Counted),
    /// Not to be bought.
    Ignored {
        /// What it was, if it may be restored to that.
        was: Option<Before>,
        /// True when its basket ended under it: then it counts again once it is moved.
        left_behind: bool,
    },
    /// Paid.
    Sold,
}

/// What an ignored thing was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Before {
    /// It was asked about.
    Asked(Question),
    /// It was this product.
    Counted(ProductId, Identification),
}

/// A question about a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// Questions are asked in this order.
    pub(crate) order: u64,
    /// What is offered. It does not change while it is shown: a finger may be on its way.
    pub(crate) candidates: Vec<Candidate>,
    /// True when the shopper said that the till was wrong: then vision cannot answer.
    pub(crate) reopened: bool,
}

/// A thing on the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) product: ProductId,
    pub(crate) how: Identification,
    pub(crate) line: LineNumber,
    /// When a weighing is asked for, it has this place among the questions.
    pub(crate) order: u64,
}

/// What a thing weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The scale has not settled since it appeared.
    Pending,
    /// So many grams.
    Known(u32),
    /// It came with others: only their sum is known.
    Shared,
    /// It cannot be told from what the scale said.
    Unknown,
}

impl Track {
    pub(crate) fn new(id: TrackId, seen: Seen, at: MonotonicMs) -> Self {
        Self {
            id,
            bounds: seen.bounds,
            looks_like: seen.looks_like,
            candidates: seen.candidates,
            sight: seen.sight,
            newest: seen.impression,
            first: None,
            objected: false,
            streak: 1,
            seen: 1,
            first_seen: at,
            presence: Presence::Seen,
            standing: Standing::Fresh,
            weight: Weight::Pending,
            weighed_after: 0,
        }
    }

    /// Takes in that it was seen again.
    pub(crate) fn see(&mut self, seen: Seen) {
        self.streak = if self.sight.agrees_with(&seen.sight) { self.streak.saturating_add(1) } else { 1 };
        self.seen = self.seen.saturating_add(1);
        self.bounds = seen.bounds;
        self.looks_like = seen.looks_like;
        self.candidates = seen.candidates;
        self.sight = seen.sight;
        self.newest = seen.impression;
        self.presence = Presence::Seen;
    }

    /// The till makes up its mind about it. What vision said is kept, but for an answer to a question of its own: what
    /// counts is what it said first. Vision that was overruled had not been sure.
    pub(crate) fn note_first_impression(&mut self) {
        if self.question().is_some() && self.first.is_some() {
            return;
        }
        self.objected = false;
        self.first = self.newest.clone();
        if let Some(first) = &mut self.first
            && first.verdict == Verdict::Accept
            && self.sight == Sight::Unsure
        {
            first.verdict = Verdict::AskCustomer;
        }
    }

    /// Takes in that a settled observation did not have it.
    pub(crate) fn miss(&mut self, at: MonotonicMs) {
        self.streak = 0;
        if self.presence == Presence::Seen {
            self.presence = Presence::Missing { since: at };
        }
    }

    pub(crate) fn on_tray(&self) -> bool {
        self.presence != Presence::Gone
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.standing == Standing::Fresh
    }

    pub(crate) fn counted(&self) -> Option<&Counted> {
        match &self.standing {
            Standing::Counted(counted) => Some(counted),
            _ => None,
        }
    }

    pub(crate) fn question(&self) -> Option<&Question> {
        match &self.standing {
            Standing::Asked(question) => Some(question),
            _ => None,
        }
    }

    /// The net weight, if it is enough to be charged.
    pub(crate) fn chargeable_g(&self, min_weight_g: u32) -> Option<u32> {
        match self.weight {
            Weight::Known(grams) if grams >= min_weight_g.max(1) => Some(grams),
            _ => None,
        }
    }

    fn may_have_become(&self, item: &Seen) -> bool {
        match (&self.looks_like, &item.looks_like) {
            (None, None) => true,
            (_, Some(now)) => {
                self.looks_like.as_ref() == Some(now) || self.counted().is_some_and(|c| c.product == *now)
            }
            (Some(_), None) => false,
        }
    }
}

/// One observed item, with what the catalogue makes of it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) bounds: PixelBox,
    pub(crate) looks_like: Option<ProductId>,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) sight: Sight,
    pub(crate) impression: Option<Impression>,
}

impl Seen {
    /// Keeps of an observed item what the shop sells.
    pub(crate) fn new(item: &ObservedItem, candidates: Vec<Candidate>, sight: Sight) -> Self {
        // Coordinates far outside any frame would overflow when boxes are compared.
        const FARTHEST: u32 = 1 << 20;
        let bounds = PixelBox {
            x: item.bounds.x.min(FARTHEST),
            y: item.bounds.y.min(FARTHEST),
            width: item.bounds.width.clamp(1, FARTHEST),
            height: item.bounds.height.clamp(1, FARTHEST),
        };
        let first = item.candidates.first();
        let impression = item.look.clone().map(|look| Impression {
            look,
            candidate: first.cloned(),
            verdict: item.verdict,
        });
        Self { bounds, looks_like: first.map(|c| c.product.clone()), candidates, sight, impression }
    }
}

/// Which thing an observed item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// One that lies where it lay.
    Same(TrackId),
    /// One that lay elsewhere.
    Moved(TrackId),
    /// One not known.
    New,
}

/// Tells for each item which thing it is: first by place, then, of what is left on both sides, by looks, the nearest
/// first. A covered thing has not moved: the scale feels it where it was.
pub(crate) fn match_items(tracks: &[&Track], items: &[Seen]) -> Vec<Match> {
    let mut matches = vec![Match::New; items.len()];
    let mut taken = vec![false; tracks.len()];
    let mut pairs = Vec::new();
    for (t, track) in tracks.iter().enumerate() {
        for (i, item) in items.iter().enumerate() {
            let shared = track.bounds.iou_permille(&item.bounds);
            if shared >= SAME_PLACE_PERMILLE {
                pairs.push((1000 - shared.min(1000), t, i));
            }
        }
    }
    pairs.sort_unstable();
    for (_, t, i) in pairs {
        if !taken[t] && matches[i] == Match::New {
            taken[t] = true;
            matches[i] = Match::Same(tracks[t].id);
        }
    }
    let mut pairs = Vec::new();
    for (t, track) in tracks.iter().enumerate() {
        let may_move = !taken[t] && !track.is_fresh() && track.presence != Presence::Covered;
        for (i, item) in items.iter().enumerate().filter(|_| may_move) {
            if matches[i] == Match::New && track.may_have_become(item) {
                pairs.push((distance_squared(&track.bounds, &item.bounds), t, i));
            }
        }
    }
    pairs.sort_unstable();
    for (_, t, i) in pairs {
        if !taken[t] && matches[i] == Match::New {
            taken[t] = true;
            matches[i] = Match::Moved(tracks[t].id);
        }
    }
    matches
}

fn distance_squared(a: &PixelBox, b: &PixelBox) -> u64 {
    let ((ax, ay), (bx, by)) = (a.centre(), b.centre());
    let (dx, dy) = (u64::from(ax.abs_diff(bx)), u64::from(ay.abs_diff(by)));
    dx * dx + dy * dy
}
