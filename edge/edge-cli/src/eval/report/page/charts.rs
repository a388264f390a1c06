//! Charts as inline SVG, each with its figures in a table beside it: a chart shows a shape, a table says how much.

use maud::{Markup, html};

use super::table;
use crate::eval::metrics::{Bin, thresholds};
use crate::eval::report::{ModelPart, PRECISIONS, Report};
use crate::eval::tables::percent;
use crate::table::{Align, Table};

/// The plot's square in the chart's own units, and the margins that the axes' words need.
const PLOT: f64 = 240.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 8.0;
const WIDTH: f64 = LEFT + PLOT + 24.0;
const HEIGHT: f64 = TOP + PLOT + 42.0;
/// Columns of the score distributions.
const COLUMNS: usize = 20;
/// Most corners of a curve: more are not seen, and cost space.
const CORNERS: usize = 400;

/// The charts of all models.
pub(super) fn section(report: &Report) -> Markup {
    html! {
        section #sure aria-labelledby="sure-title" {
            h2 #sure-title { "How sure it is" }
            h3 { "Accepted without asking, against right" }
            div .charts { (coverage(report)) }
            h3 { "Probabilities and what they were worth" }
            p {
                "A probability of 80 % is honest when four of five such answers are right: dots on the line. Below it the "
                "till is surer than it should be. A larger dot stands for more photos."
            }
            div .charts { @for model in &report.models { (reliability(model)) } }
            h3 { "Enrolled products and others" }
            p {
                "The first answer's probability when a third of the products, in turns, was never enrolled. The further "
                "apart the two shapes lie, the better a till can say that it does not know a thing."
            }
            div .charts { @for model in &report.models { (scores(model)) } }
        }
    }
}

/// A place in the plot, both from 0 to 1, the second upwards.
fn at(x: f64, y: f64) -> (f64, f64) {
    (LEFT + x * PLOT, TOP + (1.0 - y) * PLOT)
}

fn points(corners: impl Iterator<Item = (f64, f64)>) -> String {
    let corners = corners.map(|(x, y)| at(x, y)).map(|(x, y)| format!("{x:.1},{y:.1}"));
    corners.collect::<Vec<_>>().join(" ")
}

/// The frame, the axes' words and what stands within.
fn chart(summary: &str, across: &str, up: &str, ticks: [[&str; 3]; 2], content: &Markup) -> Markup {
    let [ticks_across, ticks_up] = ticks;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(summary) {
            rect .frame x=(LEFT) y=(TOP) width=(PLOT) height=(PLOT) {}
            @for (place, (across, up)) in ticks_across.into_iter().zip(ticks_up).enumerate() {
                @let share = place as f64 / 2.0;
                @let (x, y) = at(share, share);
                line .grid x1=(x) x2=(x) y1=(TOP) y2=(TOP + PLOT) {}
                line .grid x1=(LEFT) x2=(LEFT + PLOT) y1=(y) y2=(y) {}
                text x=(x) y=(TOP + PLOT + 15.0) text-anchor="middle" { (across) }
                text x=(LEFT - 5.0) y=(y + 4.0) text-anchor="end" { (up) }
            }
            text x=(LEFT + PLOT / 2.0) y=(HEIGHT - 8.0) text-anchor="middle" { (across) }
            text text-anchor="middle" transform=(format!("translate(10 {}) rotate(-90)", TOP + PLOT / 2.0)) { (up) }
            (content)
        }
    }
}

const PERCENT: [&str; 3] = ["0 %", "50 %", "100 %"];

fn reliability(model: &ModelPart) -> Markup {
    let figures = &model.measured.report.figures;
    let bins: Vec<&Bin> = model.reliability.iter().filter(|bin| bin.photos > 0).collect();
    let most = bins.iter().map(|bin| bin.photos).max().unwrap_or(1);
    let radius = |bin: &Bin| 3.0 + 7.0 * (f64::from(bin.photos) / f64::from(most)).sqrt();
    let content = html! {
        line .ideal x1=(at(0.0, 0.0).0) y1=(at(0.0, 0.0).1) x2=(at(1.0, 1.0).0) y2=(at(1.0, 1.0).1) {}
        @for bin in &bins {
            @let (x, y) = at(bin.probability, bin.right);
            line .gap x1=(x) x2=(x) y1=(y) y2=(at(0.0, bin.probability).1) {}
            circle .series-0 cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r=(format!("{:.1}", radius(bin))) {
                title { (percent(bin.right)) " right at " (percent(bin.probability)) ", " (bin.photos) " photos" }
            }
        }
    };
    let summary = format!("Reliability of {}: calibration error {:.3}", model.label, figures.ece);
    let mut figures_of =
        Table::new(&[("mean probability", Align::Left), ("right", Align::Right), ("photos", Align::Right)]);
    for bin in bins {
        figures_of.row([percent(bin.probability), percent(bin.right), bin.photos.to_string()]);
    }
    html! {
        figure .chart {
            (chart(&summary, "probability of the first answer", "right", [PERCENT; 2], &content))
            figcaption { (model.label) ": calibration error (ECE) " (format!("{:.3}", figures.ece)) }
            details { summary { "As figures" } (table(&summary, &figures_of)) }
        }
    }
}

fn coverage(report: &Report) -> Markup {
    let curves: Vec<Vec<(f64, f64)>> = report.models.iter().map(curve).collect();
    let lowest = curves.iter().flatten().map(|(_, precision)| *precision).fold(1.0, f64::min);
    // The axis ends at a tenth, so that its middle is a round number too.
    let floor = (lowest * 10.0).floor().min(9.0) / 10.0;
    let up = |precision: f64| (precision - floor) / (1.0 - floor);
    let content = html! {
        @for (place, (model, curve)) in report.models.iter().zip(&curves).enumerate() {
            polyline .curve.{ "series-" (place % 4) } points=(points(curve.iter().map(|&(x, y)| (x, up(y))))) {}
            @let figures = &model.measured.report.figures;
            @if let Some(precision) = figures.accept_precision {
                @let (x, y) = at(figures.accept_coverage, up(precision));
                circle .{ "series-" (place % 4) } cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="5" {
                    title { (model.label) ": where the till works" }
                }
            }
        }
    };
    let ticks: [String; 3] =
        [0.0, 0.5, 1.0].map(|share| format!("{:.0} %", (floor + share * (1.0 - floor)) * 100.0));
    let summary = "Share accepted without asking against how much of it is right, over all thresholds";
    let ticks = [PERCENT, ticks.each_ref().map(String::as_str)];
    html! {
        figure .chart.large {
            (chart(summary, "accepted without asking", "right of those", ticks, &content))
            figcaption {
                @for (place, model) in report.models.iter().enumerate() {
                    span .key {
                        svg viewBox="0 0 30 10" aria-hidden="true" {
                            line .curve.{ "series-" (place % 4) } x1="0" y1="5" x2="30" y2="5" {}
                        }
                        (model.label)
                    }
                }
                "The dot is where the till works, by the threshold that it sets itself."
            }
        }
        (table("How much could be accepted without asking", &coverage_table(report)))
    }
}

/// Coverage and precision of every threshold, from the strictest to none.
fn curve(model: &ModelPart) -> Vec<(f64, f64)> {
    let outcomes = model.measured.outcomes();
    let all: Vec<(f64, f64)> = thresholds(&outcomes)
        .map(|cut| (cut.coverage(&outcomes), f64::from(cut.right) / f64::from(cut.taken)))
        .collect();
    let step = all.len().div_ceil(CORNERS).max(1);
    let last = all.last().filter(|_| all.len() % step != 1 % step);
    all.iter().step_by(step).chain(last).copied().collect()
}

fn coverage_table(report: &Report) -> Table {
    let mut columns = vec![("if this much has to be right", Align::Left)];
    columns.extend(report.models.iter().map(|model| (model.label.as_str(), Align::Right)));
    let mut table = Table::new(&columns);
    for (place, precision) in PRECISIONS.into_iter().enumerate() {
        let cells = report.models.iter().map(|model| percent(model.coverage[place].coverage));
        table.row(std::iter::once(percent(precision)).chain(cells));
    }
    table
}

fn scores(model: &ModelPart) -> Markup {
    let shape = |strange: bool| -> [f64; COLUMNS] {
        let outcomes: Vec<_> = model.measured.strangers.iter().flat_map(|run| run.of(strange)).collect();
        let mut columns = [0.0; COLUMNS];
        for outcome in &outcomes {
            // A probability is no less than 0, and the cast takes the rest.
            let column = ((outcome.probability * COLUMNS as f32) as usize).min(COLUMNS - 1);
            columns[column] += 1.0 / outcomes.len() as f64;
        }
        columns
    };
    let (known, unknown) = (shape(false), shape(true));
    let highest = known.iter().chain(&unknown).copied().fold(0.0, f64::max).max(0.01);
    let outline = |columns: &[f64; COLUMNS]| {
        let step = 1.0 / COLUMNS as f64;
        let corners = columns.iter().enumerate().flat_map(|(place, share)| {
            [(place as f64 * step, share / highest), ((place + 1) as f64 * step, share / highest)]
        });
        points(std::iter::once((0.0, 0.0)).chain(corners).chain([(1.0, 0.0)]))
    };
    let content = html! {
        polygon .area.series-0 points=(outline(&known)) {}
        polygon .area.series-1 points=(outline(&unknown)) {}
    };
    let ticks: [String; 3] = [0.0, 0.5, 1.0].map(|share| format!("{:.0} %", share * highest * 100.0));
    let auroc = model.measured.report.unknown_auroc;
    let summary = format!("Scores of {}: enrolled products told from others, AUROC {auroc:.3}", model.label);
    let ticks = [PERCENT, ticks.each_ref().map(String::as_str)];
    html! {
        figure .chart {
            (chart(&summary, "probability of the first answer", "share of photos", ticks, &content))
            figcaption {
                span .key { (swatch(0)) "enrolled" } span .key { (swatch(1)) "not enrolled" }
                (model.label) ": AUROC " (format!("{auroc:.3}"))
            }
            details { summary { "As figures" } (table(&summary, &score_table(&known, &unknown))) }
        }
    }
}

fn swatch(series: usize) -> Markup {
    html! {
        svg viewBox="0 0 30 10" aria-hidden="true" { rect .area.{ "series-" (series) } width="30" height="10" {} }
    }
}

fn score_table(known: &[f64; COLUMNS], unknown: &[f64; COLUMNS]) -> Table {
    let mut table = Table::new(&[
        ("probability", Align::Left),
        ("enrolled", Align::Right),
        ("not enrolled", Align::Right),
    ]);
    for (place, (known, unknown)) in known.iter().zip(unknown).enumerate() {
        let width = 100 / COLUMNS;
        let range = format!("{} to {} %", place * width, (place + 1) * width);
        table.row([range, percent(*known), percent(*unknown)]);
    }
    table
}
