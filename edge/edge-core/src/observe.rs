//! What a settled observation does to the basket.

use domain::ids::TrackId;
use domain::observation::Observation;
use domain::sale::Identification;

use crate::Checkout;
use crate::checkout::Stage;
use crate::config::TrayRule;
use crate::questions::{ANSWERS_ITSELF_AFTER, read_item, sold};
use crate::tracks::{Match, Presence, Seen, Sight, Standing, Track, match_items};

impl Checkout {
    /// Takes in an observation. An unsettled one says nothing of the things.
    pub(crate) fn observe(&mut self, observation: &Observation) {
        self.frame_size = observation.frame_size;
        self.unsettled = observation.unsettled;
        if observation.unsettled.is_some() {
            self.settled_at = None;
            return;
        }
        let at = observation.captured_at.min(self.now.monotonic).max(self.last_captured);
        self.last_captured = at;
        self.settled_at = Some(at);
        let items: Vec<Seen> =
            observation.items.iter().map(|item| read_item(&self.catalogue, item)).collect();
        for id in self.follow(items) {
            self.reconsider(id);
        }
        self.weigh();
    }

    /// Matches items to things; gives the things that were seen.
    fn follow(&mut self, items: Vec<Seen>) -> Vec<TrackId> {
        let at = self.last_captured;
        let there: Vec<&Track> = self.basket.tracks.values().filter(|track| track.on_tray()).collect();
        let matches = match_items(&there, &items);
        let mut seen = Vec::with_capacity(items.len());
        for (item, found) in items.into_iter().zip(matches) {
            let known = match found {
                Match::Same(id) => Some(id),
                Match::Moved(id) => {
                    self.touch();
                    Some(id).filter(|id| !self.forget_left_behind(*id))
                }
                Match::New => None,
            };
            let id = known.unwrap_or_else(|| self.basket.next_track());
            match self.basket.tracks.get_mut(&id) {
                Some(track) => track.see(item),
                None => {
                    self.basket.tracks.insert(id, Track::new(id, item, at));
                }
            }
            seen.push(id);
        }
        let unseen = |track: &&mut Track| !seen.contains(&track.id) && track.presence != Presence::Gone;
        for track in self.basket.tracks.values_mut().filter(unseen) {
            track.miss(at);
        }
        // What is too new to say is dropped at the first sign that it was nothing.
        self.basket.tracks.retain(|id, track| !track.is_fresh() || seen.contains(id));
        seen
    }

    /// A thing that an ended basket left behind and that somebody moves is a new thing.
    fn forget_left_behind(&mut self, id: TrackId) -> bool {
        let track = self.basket.tracks.get(&id);
        let left = track.is_some_and(|t| matches!(t.standing, Standing::Ignored { left_behind: true, .. }));
        if left {
            self.basket.tracks.remove(&id);
        }
        left
    }

    /// Decides what a thing that was just seen is.
    fn reconsider(&mut self, id: TrackId) {
        let locked = self.locked();
        let appear = self.config.appear_observations.max(1);
        let change = self.config.change_observations.max(1);
        let Some(track) = self.basket.tracks.get_mut(&id) else { return };
        match &mut track.standing {
            Standing::Fresh => {
                // Observations that will not agree must not keep a thing off the bill for ever.
                let agree = track.streak >= appear;
                if agree || track.seen >= appear.saturating_mul(2) {
                    if !agree {
                        track.sight = Sight::Unsure;
                    }
                    self.appear(id);
                }
            }
            Standing::Asked(question) => {
                if question.candidates.is_empty() {
                    question.candidates.clone_from(&track.candidates);
                }
                let answered = !question.reopened && track.streak >= ANSWERS_ITSELF_AFTER;
                if answered && matches!(track.sight, Sight::Sure(..)) {
                    self.decide(id);
                }
            }
            Standing::Counted(counted) => {
                let by_vision = matches!(counted.how, Identification::Vision { .. });
                let other = matches!(&track.sight, Sight::Sure(product, _) if *product != counted.product);
                if by_vision && other && !locked && track.streak >= change {
                    self.scale.exchanged(track);
                    self.decide(id);
                }
            }
            Standing::Waiting | Standing::Ignored { .. } | Standing::Sold => {}
        }
    }

    /// A thing is there for certain.
    fn appear(&mut self, id: TrackId) {
        self.touch();
        let first_seen = self.basket.tracks[&id].first_seen;
        let waits = match &self.stage {
            Stage::Paying | Stage::Recovering => true,
            Stage::Receipt { since, .. } => first_seen < *since,
            Stage::Idle | Stage::Scanning | Stage::Review => false,
        };
        if waits {
            self.set_standing(id, Standing::Waiting);
            return;
        }
        match self.stage {
            Stage::Receipt { .. } | Stage::Idle => {
                // With it, whatever else waits begins the next basket, of the next generation.
                self.set_standing(id, Standing::Waiting);
                self.become_idle();
            }
            Stage::Scanning | Stage::Review | Stage::Paying | Stage::Recovering => self.decide(id),
        }
    }

    /// Begins a basket with what waits for it.
    pub(crate) fn begin_basket(&mut self) {
        self.stage = Stage::Scanning;
        self.basket.begin(self.now.wall);
        self.scale.lifted.clear();
        self.touch();
        self.decide_waiting();
    }

    /// What happened on the tray while the basket was locked happens to it now.
    pub(crate) fn unlock(&mut self) {
        if self.config.tray == TrayRule::BasketIsTray {
            let gone = self.basket.tracks.values().filter(|track| !track.on_tray());
            let gone: Vec<TrackId> = gone.map(|track| track.id).collect();
            for id in gone {
                self.basket.forget(id);
            }
        }
        self.decide_waiting();
    }

    fn decide_waiting(&mut self) {
        let waiting = self.basket.tracks.values().filter(|track| track.standing == Standing::Waiting);
        let waiting: Vec<TrackId> = waiting.map(|track| track.id).collect();
        for id in waiting {
            self.decide(id);
        }
    }

    /// Puts a thing on the bill if vision is sure of it, else asks.
    pub(crate) fn decide(&mut self, id: TrackId) {
        let Some(track) = self.basket.tracks.get_mut(&id) else { return };
        track.note_first_impression();
        let catalogue = &self.catalogue;
        track.candidates.retain(|candidate| sold(catalogue, &candidate.product).is_some());
        let sure = match &track.sight {
            Sight::Sure(product, probability) => sold(catalogue, product).map(|p| (p, *probability)),
            Sight::Unsure => None,
        };
        match sure {
            Some((product, probability)) => {
                let how = Identification::Vision { probability };
                self.basket.count(id, product, how, self.config.min_weight_g);
            }
            None => self.basket.ask(id, false),
        }
    }

    fn set_standing(&mut self, id: TrackId, standing: Standing) {
        if let Some(track) = self.basket.tracks.get_mut(&id) {
            track.standing = standing;
        }
    }
}
