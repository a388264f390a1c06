//! The things and the lines they are counted to.

use std::collections::BTreeMap;

use domain::ids::{ProductId, SaleId, TrackId};
use domain::product::Product;
use domain::quantity::{Measure, Quantity};
use domain::sale::Identification;
use domain::time::WallMs;

use crate::input::LineNumber;
use crate::questions::less_certain;
use crate::tracks::{Before, Counted, Presence, Question, Standing, Track};

/// The most pieces of a line that can be asked for.
pub(crate) const PIECES_MAX: u32 = 99;

/// One line: pieces of one product together, or one thing sold by weight.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The product as it was when the line began: its price does not change under the shopper.
    pub(crate) product: Product,
    /// Pieces that no thing on the tray stands for.
    pub(crate) extra: u32,
    /// How those were identified: the least certain of them.
    pub(crate) extra_how: Option<Identification>,
}

impl Line {
    /// Whether it is one thing sold by weight.
    pub(crate) fn is_by_weight(&self) -> bool {
        self.product.price.per == Measure::Kilogram
    }
}

/// Everything on the tray, and the bill made of it.
#[derive(Debug, Default)]
pub(crate) struct Basket {
    pub(crate) tracks: BTreeMap<TrackId, Track>,
    pub(crate) lines: BTreeMap<LineNumber, Line>,
    /// When the basket was begun.
    pub(crate) started_at: WallMs,
    /// The id of the sale that it is to become, once a payment was tried.
    pub(crate) sale: Option<SaleId>,
    /// The highest age limit that a member of staff has checked the shopper of this basket against.
    pub(crate) age_checked: Option<u8>,
    /// Counts up with every change of lines and questions.
    pub(crate) changes: u64,
    last_line: u32,
    last_track: u64,
    last_question: u64,
}

impl Basket {
    /// A name for a new thing; never used again while the till runs.
    pub(crate) fn next_track(&mut self) -> TrackId {
        self.last_track += 1;
        TrackId(self.last_track)
    }

    /// Begins an empty basket around what lies there.
    pub(crate) fn begin(&mut self, at: WallMs) {
        self.started_at = at;
        self.sale = None;
        self.age_checked = None;
        self.lines.clear();
        self.last_line = 0;
        self.changes += 1;
    }

    /// The things of a line, on the tray or bagged, oldest first.
    pub(crate) fn tracks_of(&self, line: LineNumber) -> impl DoubleEndedIterator<Item = &Track> {
        self.tracks.values().filter(move |track| track.counted().is_some_and(|counted| counted.line == line))
    }

    /// How much of a line; `None` while it must be weighed.
    pub(crate) fn quantity(&self, number: LineNumber, line: &Line, min_weight_g: u32) -> Option<Quantity> {
        match line.product.price.per {
            Measure::Piece => {
                let tracks = u32::try_from(self.tracks_of(number).count()).unwrap_or(u32::MAX);
                Some(Quantity::Pieces(tracks.saturating_add(line.extra)))
            }
            Measure::Kilogram => {
                self.tracks_of(number).next()?.chargeable_g(min_weight_g).map(Quantity::Grams)
            }
        }
    }

    /// The least certain way in which a piece of a line was identified.
    pub(crate) fn identified_by(&self, number: LineNumber, line: &Line) -> Identification {
        let tracks = self.tracks_of(number).filter_map(|track| track.counted().map(|counted| counted.how));
        tracks.chain(line.extra_how).reduce(less_certain).unwrap_or(Identification::Search)
    }

    /// Puts a thing on the bill as `product`, taking it off whatever it was counted to.
    pub(crate) fn count(&mut self, id: TrackId, product: &Product, how: Identification, min_weight_g: u32) {
        self.uncount(id);
        let line = match product.price.per {
            Measure::Piece => self.line_of_pieces(product),
            Measure::Kilogram => self.line_by_weight(product, min_weight_g),
        };
        self.last_question += 1;
        let order = self.last_question;
        if let Some(track) = self.tracks.get_mut(&id) {
            track.standing = Standing::Counted(Counted { product: product.id.clone(), how, line, order });
        }
        self.changes += 1;
    }

    /// Asks about a thing, taking it off whatever it was counted to.
    pub(crate) fn ask(&mut self, id: TrackId, reopened: bool) {
        self.uncount(id);
        self.last_question += 1;
        if let Some(track) = self.tracks.get_mut(&id) {
            let candidates = track.candidates.clone();
            track.objected |= reopened;
            track.standing = Standing::Asked(Question { order: self.last_question, candidates, reopened });
        }
        self.changes += 1;
    }

    /// Ignores a thing that the shopper does not buy. One that is no longer there is forgotten.
    pub(crate) fn ignore(&mut self, id: TrackId) {
        let was = match self.tracks.get(&id).map(|track| &track.standing) {
            Some(Standing::Asked(question)) => Some(Before::Asked(question.clone())),
            Some(Standing::Counted(counted)) => Some(Before::Counted(counted.product.clone(), counted.how)),
            _ => None,
        };
        self.uncount(id);
        self.changes += 1;
        match self.tracks.get_mut(&id) {
            Some(track) if track.on_tray() => track.standing = Standing::Ignored { was, left_behind: false },
            _ => self.forget(id),
        }
    }

    /// Forgets a thing.
    pub(crate) fn forget(&mut self, id: TrackId) {
        self.uncount(id);
        if let Some(track) = self.tracks.remove(&id)
            && track.question().is_some()
        {
            self.changes += 1;
        }
    }

    /// Adds a piece that does not lie on the tray.
    pub(crate) fn add_piece(&mut self, product: &Product, how: Identification) {
        let number = self.line_of_pieces(product);
        if let Some(line) = self.lines.get_mut(&number) {
            line.extra += 1;
            line.extra_how = Some(line.extra_how.map_or(how, |had| less_certain(had, how)));
        }
        self.changes += 1;
    }

    /// Sets the pieces of a line: added pieces go first, then bagged ones, the newest first; things on the tray stay. What
    /// is added is like what the line has: the shopper says that there are more of it.
    pub(crate) fn set_pieces(&mut self, number: LineNumber, pieces: u32) {
        let Some(line) = self.lines.get(&number) else { return };
        let how = self.identified_by(number, line);
        let bagged: Vec<TrackId> =
            self.tracks_of(number).filter(|track| !track.on_tray()).map(|track| track.id).collect();
        let mut counted = u32::try_from(self.tracks_of(number).count()).unwrap_or(u32::MAX);
        for id in bagged.into_iter().rev() {
            if counted > pieces {
                self.tracks.remove(&id);
                counted -= 1;
            }
        }
        if let Some(line) = self.lines.get_mut(&number) {
            let extra = pieces.saturating_sub(counted);
            let added = extra > line.extra;
            line.extra_how = match line.extra_how {
                _ if extra == 0 => None,
                Some(had) if added => Some(less_certain(had, how)),
                Some(had) => Some(had),
                None => Some(how),
            };
            line.extra = extra;
        }
        self.changes += 1;
    }

    /// Takes a line out and ignores its things.
    pub(crate) fn remove_line(&mut self, number: LineNumber) {
        let tracks: Vec<TrackId> = self.tracks_of(number).map(|track| track.id).collect();
        for id in tracks {
            self.ignore(id);
        }
        self.lines.remove(&number);
        self.changes += 1;
    }

    /// Ends the basket under the things: what lies there counts for nothing until it is moved.
    pub(crate) fn leave_behind(&mut self) {
        self.tracks.retain(|_, track| track.on_tray());
        for track in self.tracks.values_mut() {
            if !matches!(track.standing, Standing::Ignored { .. } | Standing::Sold) {
                track.standing = Standing::Ignored { was: None, left_behind: true };
            }
        }
        self.lines.clear();
        self.age_checked = None;
        self.changes += 1;
    }

    /// Ends the basket by selling it.
    pub(crate) fn sell(&mut self) {
        self.tracks.retain(|_, track| track.on_tray());
        for track in self.tracks.values_mut() {
            match track.standing {
                Standing::Counted(_) => track.standing = Standing::Sold,
                Standing::Asked(_) => track.standing = Standing::Ignored { was: None, left_behind: false },
                Standing::Fresh | Standing::Waiting | Standing::Ignored { .. } | Standing::Sold => {}
            }
        }
        self.lines.clear();
        self.age_checked = None;
        self.changes += 1;
    }

    /// Takes a thing off its line; a line of nothing goes.
    fn uncount(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let Some(number) = track.counted().map(|counted| counted.line) else { return };
        track.standing = Standing::Fresh;
        self.changes += 1;
        let empty = self.tracks_of(number).next().is_none();
        if empty && self.lines.get(&number).is_some_and(|line| line.extra == 0) {
            self.lines.remove(&number);
        }
    }

    fn line_of_pieces(&mut self, product: &Product) -> LineNumber {
        let found =
            self.lines.iter().find(|(_, line)| line.product.id == product.id).map(|(number, _)| *number);
        found.unwrap_or_else(|| self.new_line(product))
    }

    /// A new line, or that of a thing of this product that was taken away before it could be weighed: the shopper
    /// shows it again.
    fn line_by_weight(&mut self, product: &Product, min_weight_g: u32) -> LineNumber {
        let unweighed = self.tracks.values().find(|track| {
            track.presence == Presence::Gone
                && track.counted().is_some_and(|counted| counted.product == product.id)
                && track.chargeable_g(min_weight_g).is_none()
        });
        let taken_over = unweighed.and_then(|track| track.counted().map(|counted| (track.id, counted.line)));
        match taken_over {
            Some((id, line)) => {
                self.tracks.remove(&id);
                line
            }
            None => self.new_line(product),
        }
    }

    fn new_line(&mut self, product: &Product) -> LineNumber {
        self.last_line += 1;
        let number = LineNumber(self.last_line);
        self.lines.insert(number, Line { product: product.clone(), extra: 0, extra_how: None });
        number
    }

    /// The newest thing of a line, on the tray if there is one.
    pub(crate) fn newest_of(&self, line: LineNumber) -> Option<TrackId> {
        self.tracks_of(line).max_by_key(|track| (track.on_tray(), track.id)).map(|track| track.id)
    }

    /// The highest age limit on the bill.
    pub(crate) fn age_limit(&self) -> Option<u8> {
        self.lines.values().filter_map(|line| line.product.age_limit).max()
    }

    /// The lines whose product has an age limit.
    pub(crate) fn age_limited(&self) -> Vec<LineNumber> {
        let limited = self.lines.iter().filter(|(_, line)| line.product.age_limit.is_some());
        limited.map(|(number, _)| *number).collect()
    }

    /// Whether nothing is on the bill and nothing asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.tracks.values().all(|track| track.question().is_none())
    }

    /// The pieces of a product on the bill.
    pub(crate) fn pieces_of(&self, product: &ProductId) -> u32 {
        let of = self.lines.iter().find(|(_, line)| line.product.id == *product);
        of.map_or(0, |(number, line)| match self.quantity(*number, line, 0) {
            Some(Quantity::Pieces(pieces)) => pieces,
            Some(Quantity::Grams(_)) | None => 0,
        })
    }
}
