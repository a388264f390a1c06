//! `eval boxes`: whether the tray step finds the things on labelled photos, whatever they are.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use domain::frame::PixelBox;
use serde::{Deserialize, Serialize};
use vision::decode::Picture;
use vision::tray::find_boxes;

use super::cached::read_picture;
use super::tray::{SAME_BOX, overlap};
use crate::Context;
use crate::cli::BoxesArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::photos::photos_below;
use crate::table::{Align, Table};

/// How wide the border is that is taken for the empty tray, as a share of the shorter side: one part in this many.
const BORDER: u32 = 25;

/// What labelme writes beside a photo.
#[derive(Deserialize)]
struct Labels {
    shapes: Vec<Shape>,
}

#[derive(Deserialize)]
struct Shape {
    shape_type: Option<String>,
    points: Vec<[f64; 2]>,
}

/// One photo's boxes.
struct Labelled {
    photo: PathBuf,
    truth: Vec<PixelBox>,
}

#[derive(Serialize)]
struct Report {
    ways: Vec<Figures>,
    photos: usize,
    things: usize,
    /// Photos of which nothing was found, since nearly all of them differs from their border.
    nothing_found: usize,
    /// The network of outlines that cut them; `null` where pieces are cut by their shapes alone.
    outlines: bool,
    /// Median milliseconds a photo.
    ms: f64,
}

/// How one way to tell things apart fares.
#[derive(Serialize)]
struct Figures {
    way: &'static str,
    /// Share of boxes found that are those of a thing.
    precision: f64,
    /// Share of things with a box of their own.
    recall: f64,
    f1: f64,
    /// Share of photos with as many boxes as things.
    count_right: f64,
    /// Mean of boxes too many or too few.
    count_off: f64,
}

/// What was counted over all photos.
#[derive(Default)]
struct Tally {
    found: usize,
    matched: usize,
    things: usize,
    count_right: usize,
    count_off: usize,
}

/// What is said instead of figures where there is no data.
#[derive(Serialize)]
struct Skipped {
    skipped: String,
}

/// Runs `eval boxes`.
pub(super) fn run(context: &Context, args: &BoxesArgs) -> Result<Exit, Failure> {
    if !args.dataset.is_dir() {
        let skipped = format!("`{}` is not there", args.dataset.display());
        context.console.say(format_args!("SKIPPED: {skipped}"));
        if context.console.json() {
            context.console.object(&Skipped { skipped })?;
        }
        return Ok(Exit::Ok);
    }
    let report = measure(context, &labelled(&args.dataset)?)?;
    if context.console.json() {
        context.console.object(&report)?;
    } else {
        print(context, &report)?;
    }
    Ok(Exit::Ok)
}

/// The photos that have labels beside them.
fn labelled(folder: &Path) -> Result<Vec<Labelled>, Failure> {
    let photos: Vec<PathBuf> =
        photos_below(folder)?.into_iter().filter(|photo| photo.with_extension("json").is_file()).collect();
    if photos.is_empty() {
        let text = format!("`{}` holds no labelled photos", folder.display());
        return Err(Failure::new(text)
            .hint("beside each photo lies a file of the same name with .json, as labelme writes it"));
    }
    photos
        .into_iter()
        .map(|photo| Ok(Labelled { truth: read_labels(&photo.with_extension("json"))?, photo }))
        .collect()
}

fn read_labels(file: &Path) -> Result<Vec<PixelBox>, Failure> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("failed to read `{}`", file.display()))?;
    let labels: Labels = serde_json::from_str(&text)
        .with_context(|| format!("`{}` is not what labelme writes", file.display()))?;
    let bounds = labels.shapes.iter().map(|shape| {
        bounds(shape).with_context(|| format!("`{}` has a shape that is no rectangle", file.display()))
    });
    Ok(bounds.collect::<Result<_, _>>()?)
}

/// The box of a rectangle that two opposite corners are given of.
fn bounds(shape: &Shape) -> Option<PixelBox> {
    let [a, b] = shape.points[..] else { return None };
    if shape.shape_type.as_deref().is_some_and(|kind| kind != "rectangle") {
        return None;
    }
    // Corners beyond the picture are drawn by people; the casts saturate at 0.
    let span = |a: f64, b: f64| (a.min(b).round() as u32, a.max(b).round() as u32);
    let ((left, right), (top, bottom)) = (span(a[0], b[0]), span(a[1], b[1]));
    Some(PixelBox { x: left, y: top, width: right - left, height: bottom - top })
}

fn measure(context: &Context, photos: &[Labelled]) -> Result<Report, Failure> {
    let interrupt = Interrupt::watch()?;
    let files = models::find(context, None)?;
    let mut outlines = models::open_outlines(&files)?;
    if outlines.is_none() {
        context.console.say(format_args!("{}", models::NO_OUTLINES));
    }
    let (mut blobs, mut pieces) = (Tally::default(), Tally::default());
    let (mut nothing_found, mut times) = (0, Vec::with_capacity(photos.len()));
    for one in photos {
        interrupt.check()?;
        let picture = read_picture(&one.photo)?;
        let empty = border_everywhere(&picture);
        let begun = Instant::now();
        let found = find_boxes(&picture, &empty, outlines.as_mut())
            .with_context(|| format!("failed to look at `{}`", one.photo.display()))?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        nothing_found += usize::from(found.blobs.is_empty());
        blobs.count(&one.truth, &found.blobs);
        pieces.count(&one.truth, &found.pieces);
    }
    times.sort_by(f64::total_cmp);
    Ok(Report {
        photos: photos.len(),
        things: blobs.things,
        nothing_found,
        outlines: outlines.is_some(),
        ms: times.get(times.len() / 2).map_or(0.0, |ms| (ms * 10.0).round() / 10.0),
        ways: vec![
            blobs.figures("what hangs together", photos.len()),
            pieces.figures("cut at every neck", photos.len()),
        ],
    })
}

/// The photos show no empty tray: a picture of one in the colour that the border of the photo has most of.
fn border_everywhere(picture: &Picture) -> Picture {
    let (width, height) = (picture.width, picture.height);
    let border = (width.min(height) / BORDER).max(1);
    let is_border = |x: u32, y: u32| x < border || y < border || x >= width - border || y >= height - border;
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let of_border: Vec<&[u8]> = places
        .zip(picture.rgb.chunks_exact(3))
        .filter(|((x, y), _)| is_border(*x, *y))
        .map(|(_, pixel)| pixel)
        .collect();
    let median = |channel: usize| {
        let mut levels: Vec<u8> = of_border.iter().map(|pixel| pixel[channel]).collect();
        levels.sort_unstable();
        levels[levels.len() / 2]
    };
    let colour = [median(0), median(1), median(2)];
    Picture { width, height, rgb: colour.repeat(width as usize * height as usize) }
}

impl Tally {
    /// Counts one photo: each thing gets the box that it shares most with, if that is enough and no other thing's.
    fn count(&mut self, truth: &[PixelBox], found: &[PixelBox]) {
        let mut free: Vec<PixelBox> = found.to_vec();
        for bounds in truth {
            let best = (0..free.len())
                .max_by(|&a, &b| overlap(*bounds, free[a]).total_cmp(&overlap(*bounds, free[b])));
            if let Some(best) = best.filter(|&best| overlap(*bounds, free[best]) >= SAME_BOX) {
                free.swap_remove(best);
                self.matched += 1;
            }
        }
        self.found += found.len();
        self.things += truth.len();
        self.count_right += usize::from(found.len() == truth.len());
        self.count_off += found.len().abs_diff(truth.len());
    }

    fn figures(&self, way: &'static str, photos: usize) -> Figures {
        let share = |of: usize| self.matched as f64 / of.max(1) as f64;
        let photos = photos.max(1) as f64;
        Figures {
            way,
            precision: share(self.found),
            recall: share(self.things),
            f1: 2.0 * self.matched as f64 / (self.found + self.things).max(1) as f64,
            count_right: self.count_right as f64 / photos,
            count_off: self.count_off as f64 / photos,
        }
    }
}

fn print(context: &Context, report: &Report) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("WAY", Align::Left),
        ("PRECISION", Align::Right),
        ("RECALL", Align::Right),
        ("F1", Align::Right),
        ("COUNT RIGHT", Align::Right),
        ("COUNT OFF BY", Align::Right),
    ]);
    let percent = |value: f64| format!("{:.1} %", value * 100.0);
    for one in &report.ways {
        let shares = [one.precision, one.recall, one.f1, one.count_right].map(percent);
        table.row([one.way.to_owned()].into_iter().chain(shares).chain([format!("{:.1}", one.count_off)]));
    }
    context.console.table(&table)?;
    context.console.say(format_args!(
        "{} things on {} photos, {:.1} ms a photo; nothing was found on {}",
        report.things, report.photos, report.ms, report.nothing_found
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: u32, y: u32, side: u32) -> PixelBox {
        PixelBox { x, y, width: side, height: side }
    }

    #[test]
    fn each_thing_takes_one_box_and_what_is_left_is_too_much() {
        let mut tally = Tally::default();
        tally.count(&[at(0, 0, 100), at(200, 0, 100)], &[at(5, 5, 100), at(0, 0, 90), at(500, 500, 10)]);
        tally.count(&[at(0, 0, 100)], &[at(0, 0, 100)]);
        let figures = tally.figures("", 2);
        assert_eq!((tally.found, tally.matched, tally.things), (4, 2, 3));
        assert!((figures.precision - 0.5).abs() < 1e-9 && (figures.recall - 2.0 / 3.0).abs() < 1e-9);
        assert!((figures.count_right - 0.5).abs() < 1e-9 && (figures.count_off - 0.5).abs() < 1e-9);
    }

    #[test]
    fn corners_may_be_given_in_any_order_and_other_shapes_are_refused() {
        let shape = |json: &str| bounds(&serde_json::from_str(json).unwrap());
        let rectangle = shape(r#"{"shape_type":"rectangle","points":[[30,5],[10,25]]}"#);
        assert_eq!(rectangle, Some(at(10, 5, 20)));
        assert_eq!(shape(r#"{"shape_type":"polygon","points":[[0,0],[1,0],[1,1]]}"#), None);
        assert_eq!(shape(r#"{"shape_type":"circle","points":[[0,0],[1,0]]}"#), None);
    }

    #[test]
    fn the_border_says_what_the_tray_looks_like() {
        let mut rgb = [10, 20, 30].repeat(50 * 50);
        for y in 10..40 {
            rgb[(y * 50 + 10) * 3..(y * 50 + 40) * 3].fill(200);
        }
        let empty = border_everywhere(&Picture { width: 50, height: 50, rgb });
        assert_eq!(empty.rgb, [10, 20, 30].repeat(50 * 50));
    }
}
