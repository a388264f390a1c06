//! The machine as a screen shows it.

use domain::ids::TrackId;
use domain::time::MonotonicMs;

use crate::approval::StaffCall;
use crate::checkout::Stage;
use crate::tracks::{Presence, Standing, Track};
use crate::view::{ItemStatus, ItemView, PayBlock, QuestionKind, QuestionView, ReceiptView};
use crate::weigh::Scale;
use crate::{Checkout, View, bill};

/// Everything that is shown.
pub(crate) fn view(checkout: &Checkout, now: MonotonicMs) -> View {
    let (basket, min) = (&checkout.basket, checkout.config.min_weight_g);
    View {
        phase: checkout.phase(),
        generation: checkout.generation,
        frame_size: checkout.frame_size,
        unsettled: checkout.unsettled,
        items: items(checkout, now),
        lines: bill::lines(basket, min),
        totals: bill::totals_of(basket, &checkout.catalogue, min)
            .unwrap_or_else(|_| bill::no_totals(&checkout.catalogue)),
        item_count: bill::item_count(basket, min),
        questions: questions(checkout, now),
        pay_blocked_by: checkout.pay_block(now),
        approval: checkout.approval(),
        payment: checkout.payments.shown(),
        receipt: receipt(checkout),
        time_out_in_ms: time_out(checkout, now),
        staff_called: checkout.staff_call != StaffCall::None,
    }
}

fn items(checkout: &Checkout, now: MonotonicMs) -> Vec<ItemView> {
    let made_out = checkout.basket.tracks.values().filter(|track| track.on_tray() && !track.is_fresh());
    made_out.map(|track| item(checkout, track, now)).collect()
}

fn item(checkout: &Checkout, track: &Track, now: MonotonicMs) -> ItemView {
    let counted = track.counted();
    let status = match &track.standing {
        Standing::Sold => ItemStatus::Sold,
        Standing::Fresh | Standing::Waiting | Standing::Ignored { .. } => ItemStatus::Ignored,
        Standing::Asked(_) => ItemStatus::Asking,
        Standing::Counted(_) if track.presence == Presence::Covered => ItemStatus::Covered,
        Standing::Counted(_) if checkout.lacks_weight(track) || checkout.asks_to_weigh(track, now) => {
            ItemStatus::Weighing
        }
        Standing::Counted(_) => ItemStatus::Sure,
    };
    ItemView {
        track: track.id,
        bounds: track.bounds,
        status,
        product: counted.map(|counted| counted.product.clone()),
        line: counted.map(|counted| counted.line),
    }
}

fn questions(checkout: &Checkout, now: MonotonicMs) -> Vec<QuestionView> {
    let mut ordered: Vec<(u64, TrackId, QuestionView)> = Vec::new();
    for track in checkout.basket.tracks.values() {
        let view = |kind, line, candidates| QuestionView {
            track: track.id,
            kind,
            line,
            bounds: track.bounds,
            candidates,
        };
        match &track.standing {
            Standing::Asked(question) => {
                let which = view(QuestionKind::WhichProduct, None, question.candidates.clone());
                ordered.push((question.order, track.id, which));
            }
            Standing::Counted(counted) if checkout.asks_to_weigh(track, now) => {
                let weigh = view(QuestionKind::Weigh, Some(counted.line), Vec::new());
                ordered.push((counted.order, track.id, weigh));
            }
            _ => {}
        }
    }
    ordered.sort_by_key(|(order, track, _)| (*order, *track));
    ordered.into_iter().map(|(_, _, view)| view).collect()
}

fn receipt(checkout: &Checkout) -> Option<ReceiptView> {
    match &checkout.stage {
        Stage::Receipt { receipt, .. } => {
            let lies = |track: &Track| track.standing == Standing::Sold;
            let clear_tray = checkout.basket.tracks.values().any(lies);
            Some(ReceiptView { clear_tray, ..(**receipt).clone() })
        }
        _ => None,
    }
}

fn time_out(checkout: &Checkout, now: MonotonicMs) -> Option<u64> {
    if let Stage::Receipt { until, .. } = &checkout.stage {
        return Some(until.since_ms(now));
    }
    let left = checkout.abandoned_at()?.since_ms(now);
    (left <= checkout.config.warning_ms).then_some(left)
}

impl Checkout {
    /// Whether a thing on the bill is sold by weight and its weight is not known.
    pub(crate) fn lacks_weight(&self, track: &Track) -> bool {
        let line = track.counted().and_then(|counted| self.basket.lines.get(&counted.line));
        line.is_some_and(crate::basket::Line::is_by_weight)
            && track.chargeable_g(self.config.min_weight_g).is_none()
    }

    /// Whether the shopper is asked to lift a thing and put it back. Without a scale that would be no help.
    pub(crate) fn asks_to_weigh(&self, track: &Track, now: MonotonicMs) -> bool {
        self.scale.works() && self.lacks_weight(track) && Scale::gave_up(track, now)
    }

    /// What stands in the way of paying.
    pub(crate) fn pay_block(&self, now: MonotonicMs) -> Option<PayBlock> {
        let tracks = || self.basket.tracks.values();
        let cannot_weigh = !self.scale.works() && tracks().any(|track| self.lacks_weight(track));
        if !self.storage_works || self.payments.unresolved() || cannot_weigh {
            return Some(PayBlock::Device);
        }
        if self.basket.is_empty() {
            return Some(PayBlock::Empty);
        }
        let asks = |track: &Track| track.question().is_some() || self.asks_to_weigh(track, now);
        if tracks().any(asks) {
            return Some(PayBlock::Questions);
        }
        // Before a tray that is not still: what comes and goes there must not flicker over what takes minutes.
        if self.age_unchecked().is_some() {
            return Some(PayBlock::Approval);
        }
        let waits = tracks().any(|track| self.lacks_weight(track));
        // While the basket is locked the tray has no say, and without a camera it has nothing to say.
        let watches = self.camera_works && !self.locked();
        let unclear = self.unsettled.is_some() || tracks().any(Track::is_fresh) || self.scale.puzzles();
        (waits || (watches && unclear)).then_some(PayBlock::Unsettled)
    }
}
