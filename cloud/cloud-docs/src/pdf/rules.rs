//! Straight lines that a page draws.

use pdfium_render::prelude::{
    PdfPage, PdfPageObjectCommon, PdfPageObjectsCommon, PdfPagePathObject, PdfPathFillMode,
    PdfPathSegmentType, PdfPathSegments,
};

use super::View;
use crate::page::{Area, Rule};

/// Drawn objects of one page that are looked at: a drawing has more, and is no table.
pub(super) const OBJECTS: usize = 5_000;
/// Parts of one path that are looked at.
pub(super) const SEGMENTS: u32 = 200;
/// What is thinner is a line, not a surface.
const THIN: f32 = 2.5;
/// What is shorter is a part of a letter or a tick.
pub(super) const SHORT: f32 = 8.0;

pub(super) fn rules(page: &PdfPage<'_>, view: &View) -> Vec<Rule> {
    let mut found = Vec::new();
    for object in page.objects().iter().take(OBJECTS) {
        if let Some(path) = object.as_path_object() {
            of_path(path, view, &mut found);
        }
    }
    found
}

fn of_path(path: &PdfPagePathObject<'_>, view: &View, found: &mut Vec<Rule>) {
    let Ok(bounds) = path.bounds() else { return };
    let area =
        seen(view, (bounds.left().value, bounds.top().value), (bounds.right().value, bounds.bottom().value));
    if let Some(rule) = rule(area) {
        found.push(rule);
        return;
    }
    let is_drawn = path.is_stroked().unwrap_or(false);
    let is_filled = !matches!(path.fill_mode(), Ok(PdfPathFillMode::None));
    if !is_drawn || (is_filled && area.y1 - area.y0 < SHORT) {
        return;
    }
    let Ok(matrix) = path.matrix() else { return };
    let segments = path.segments().transform(matrix);
    if segments.len() > SEGMENTS {
        return;
    }
    let mut pen: Option<(f32, f32)> = None;
    let mut start = None;
    for segment in segments.iter() {
        let at = (segment.x().value, segment.y().value);
        if segment.segment_type() == PdfPathSegmentType::MoveTo {
            start = Some(at);
        } else if let (Some(from), PdfPathSegmentType::LineTo) = (pen, segment.segment_type()) {
            found.extend(rule(seen(view, from, at)));
        }
        pen = Some(at);
        if let (true, Some(start)) = (segment.is_close(), start) {
            found.extend(rule(seen(view, at, start)));
        }
    }
}

pub(super) fn seen(view: &View, from: (f32, f32), to: (f32, f32)) -> Area {
    let (ax, ay) = view.seen(from.0, from.1);
    let (bx, by) = view.seen(to.0, to.1);
    Area { x0: ax.min(bx), y0: ay.min(by), x1: ax.max(bx), y1: ay.max(by) }
}

pub(super) fn rule(area: Area) -> Option<Rule> {
    let (width, height) = (area.x1 - area.x0, area.y1 - area.y0);
    if height <= THIN && width >= SHORT {
        return Some(Rule { area, is_level: true });
    }
    (width <= THIN && height >= SHORT).then_some(Rule { area, is_level: false })
}
