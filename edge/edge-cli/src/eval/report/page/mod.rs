//! The page: everything in one file, nothing loaded from anywhere.

mod charts;
mod details;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::{COUNT, Difference, FIGURES, Finding};
use super::pictures::Pictures;
use super::statistics::Interval;
use super::{Comparison, ModelPart, Report};
use crate::eval::tables::{percent, tables};
use crate::table::{Align, Table};

const STYLE: &str = include_str!("style.css");
/// Nothing but what stands in the page: it can be opened anywhere and tells nobody.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
/// Figures that are no shares.
const PLAIN: [&str; 2] = ["ece", "unknown_auroc"];

/// The whole page.
pub(super) fn page(report: &Report, pictures: &Pictures<'_>) -> Markup {
    let title = format!("Recognition on {}, {}", report.dataset, report.split);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p {
                        (report.images) " photos asked about, " (report.enrolled_photos) " enrolled of "
                        (report.classes) " products. The till was taught with the enrolled photos alone."
                    }
                    @for model in &report.models { (seen(model)) }
                    @for model in &report.models { (summary(model)) }
                    @for comparison in &report.comparisons { (verdict(comparison)) }
                    (contents(report))
                }
                main {
                    (figures(report))
                    (charts::section(report))
                    (conditions(report))
                    @for (place, model) in report.models.iter().enumerate() {
                        (details::section(place, model, pictures))
                    }
                    (made_from(report))
                }
            }
        }
    }
}

/// The headline figures, models side by side.
pub(super) fn headline(report: &Report) -> Table {
    let mut columns = vec![("figure", Align::Left)];
    columns.extend(report.models.iter().map(|model| (model.label.as_str(), Align::Right)));
    let mut table = Table::new(&columns);
    for (place, figure) in FIGURES.iter().enumerate() {
        let cells = report.models.iter().map(|model| {
            let Some(value) = model.sure.values[place] else { return "-".to_owned() };
            match model.sure.intervals[place] {
                Some(interval) => format!("{} ({})", shown(figure.key, value), range(figure.key, interval)),
                None => shown(figure.key, value),
            }
        });
        table.row(std::iter::once(figure.label.to_owned()).chain(cells));
    }
    let each = |of: &dyn Fn(&ModelPart) -> String| report.models.iter().map(of).collect::<Vec<_>>();
    let photos = |seen: Option<usize>| seen.map_or("not said".to_owned(), |seen| seen.to_string());
    let seen = |model: &ModelPart| photos(model.measured.report.seen_in_training);
    let enrolled = |model: &ModelPart| photos(model.enrolled_seen_in_training);
    let time = |model: &ModelPart| format!("{:.1}", model.measured.report.ms_per_image);
    table.row(std::iter::once("Asked photos it learnt from".to_owned()).chain(each(&seen)));
    table.row(std::iter::once("Enrolled photos it learnt from".to_owned()).chain(each(&enrolled)));
    table.row(std::iter::once("Milliseconds a photo, here".to_owned()).chain(each(&time)));
    table
}

/// A figure as it is read: a share in percent, the others as they are.
fn shown(key: &str, value: f64) -> String {
    if PLAIN.contains(&key) { format!("{value:.3}") } else { percent(value) }
}

fn range(key: &str, interval: Interval) -> String {
    if PLAIN.contains(&key) {
        return format!("{:.3} to {:.3}", interval.low, interval.high);
    }
    format!("{:.1} to {:.1}", interval.low * 100.0, interval.high * 100.0)
}

/// Photos the model has seen make its figures worthless, which nobody may overlook.
fn seen(model: &ModelPart) -> Markup {
    let report = &model.measured.report;
    html! {
        @match report.seen_in_training {
            Some(0) => {}
            Some(seen) => p .warning role="alert" {
                strong { "These figures promise nothing: " }
                (model.label) " has learnt from " (seen) " of the " (report.images) " photos asked about."
            }
            None => p .note {
                (model.label) " does not say which photos it learnt from: it may have seen what it is asked about."
            }
        }
        @if let Some(seen) = model.enrolled_seen_in_training.filter(|seen| *seen > 0) {
            p .note {
                (model.label) " has learnt from " (seen) " of the " (report.enrolled_photos) " enrolled photos. Of products "
                "it never learnt from, the figures with unknown products and with half the classes promise little."
            }
        }
    }
}

fn summary(model: &ModelPart) -> Markup {
    let figures = &model.measured.report.figures;
    html! {
        p {
            strong { (model.label) } " (" (model.measured.report.model) ") is right at first on "
            strong { (percent(figures.top1)) } ", accepts " strong { (percent(figures.accept_coverage)) }
            " without asking"
            @if let Some(precision) = figures.accept_precision { " and is right on " (percent(precision)) " of those" }
            "."
        }
    }
}

/// A comparison in some sentences: only what is more than chance.
fn verdict(comparison: &Comparison) -> Markup {
    let named = |wanted: &[Finding]| -> Vec<String> {
        let pairs = FIGURES.iter().zip(&comparison.figures);
        let found = pairs.filter(|(_, one)| wanted.contains(&one.finding));
        found.map(|(figure, one)| format!("{}: {}", figure.label, difference(one))).collect()
    };
    let (better, worse) = (named(&[Finding::Better]), named(&[Finding::Worse]));
    let other = named(&[Finding::More, Finding::Less]);
    html! {
        p {
            strong { (comparison.second) } " against " strong { (comparison.first) } ": "
            @if better.is_empty() && worse.is_empty() { "neither is better by more than chance makes." }
            @else { "differences that are more than chance makes." }
        }
        @let found = [("better", better), ("worse", worse), ("also different", other)];
        @if found.iter().any(|(_, lines)| !lines.is_empty()) {
            dl .facts {
                @for (name, lines) in found.iter().filter(|(_, lines)| !lines.is_empty()) {
                    dt { (name) }
                    @for line in lines { dd { (line) } }
                }
            }
        }
    }
}

fn contents(report: &Report) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#figures" { "Figures" } }
                li { a href="#sure" { "How sure it is" } }
                @if report.models.iter().any(|model| model.tables.is_some()) {
                    li { a href="#conditions" { "Few photos, bad photos, unknown products" } }
                }
                @for (place, model) in report.models.iter().enumerate() {
                    li { a href={ "#model-" (place) } { (model.label) ": classes and confusions" } }
                }
                li { a href="#made-from" { "What this was made from" } }
            }
        }
    }
}

fn figures(report: &Report) -> Markup {
    html! {
        section #figures aria-labelledby="figures-title" {
            h2 #figures-title { "Figures" }
            (table("Headline figures, with 95 % intervals in brackets", &headline(report)))
            p .note {
                "Intervals take photos for independent. Photos of one thing in one shop are alike, so the truth may lie "
                "somewhat further off. Shares: Wilson. The others: " (report.draws) " draws of the photos, seed "
                (report.seed) ". Milliseconds were taken once, on this machine, with whatever else it did."
            }
            @for comparison in &report.comparisons { (differences(comparison)) }
            details {
                summary { "What the figures say" }
                dl {
                    @for figure in &FIGURES { dt { (figure.label) } dd { (figure.meaning) } }
                }
            }
        }
    }
}

fn differences(comparison: &Comparison) -> Markup {
    let Comparison { first, second, figures } = comparison;
    let count = |pairs: Option<usize>| pairs.map_or("-".to_owned(), |photos| photos.to_string());
    html! {
        div .wide role="region" tabindex="0" aria-label={ "Differences of " (second) " from " (first) } {
            table {
                caption { span { (second) " less " (first) ", on the same photos" } }
                thead {
                    tr {
                        th scope="col" { "figure" }
                        th .number scope="col" { "difference" }
                        th .number scope="col" { "95 % interval" }
                        th .number scope="col" { "p" }
                        th .number scope="col" { "photos: only " (first) }
                        th .number scope="col" { "only " (second) }
                        th scope="col" { "so it is" }
                    }
                }
                tbody {
                    @for (figure, one) in FIGURES.iter().zip(figures) {
                        tr {
                            th scope="row" { (figure.label) }
                            td .number { (difference(one)) }
                            td .number { (one.interval.map_or("-".to_owned(), |i| signed_range(one.figure, i))) }
                            td .number { (one.p_value.map_or("-".to_owned(), probability)) }
                            td .number { (count(one.only_first)) }
                            td .number { (count(one.only_second)) }
                            td { (finding(one.finding)) }
                        }
                    }
                }
            }
        }
        p .note {
            "Shares of all photos: McNemar's exact test over pairs of photos. The others: the same draws for both. With "
            (COUNT) " figures some differ by chance, so a difference counts below p = 0.05 / " (COUNT) "; \"may be chance\" is "
            "below 0.05."
        }
    }
}

fn difference(one: &Difference) -> String {
    match one.difference {
        None => "-".to_owned(),
        Some(value) if PLAIN.contains(&one.figure) => format!("{value:+.3}"),
        Some(value) => format!("{:+.1} points", value * 100.0),
    }
}

fn signed_range(key: &str, interval: Interval) -> String {
    if PLAIN.contains(&key) {
        return format!("{:+.3} to {:+.3}", interval.low, interval.high);
    }
    format!("{:+.1} to {:+.1}", interval.low * 100.0, interval.high * 100.0)
}

fn probability(value: f64) -> String {
    if value < 0.001 { "< 0.001".to_owned() } else { format!("{value:.3}") }
}

fn finding(finding: Finding) -> Markup {
    html! {
        @match finding {
            Finding::Better => strong .good { "better" }
            Finding::Worse => strong .bad { "worse" }
            Finding::More => strong { "more" }
            Finding::Less => strong { "less" }
            Finding::Unclear => "may be chance",
            Finding::None => span .quiet { "no difference shown" }
        }
    }
}

/// The tables of `eval tables`.
fn conditions(report: &Report) -> Markup {
    let measured: Vec<_> = report.models.iter().filter_map(|model| model.tables.as_ref()).collect();
    html! {
        @if !measured.is_empty() {
            section #conditions aria-labelledby="conditions-title" {
                h2 #conditions-title { "Few photos, bad photos, unknown products" }
                @for (heading, made) in tables(&measured) { (table(heading, &made)) }
                p .note {
                    "On the model's square input: covered-N has a rectangle of one colour over N percent of it, light-N an "
                    "Nth of the light, motion-N is smeared over N pixels of 260, noise-N has a standard deviation of N of "
                    "255. Unknown products: a third of the classes is not enrolled but asked about. What depends on chance "
                    "is the mean of 5 draws."
                }
            }
        }
    }
}

fn made_from(report: &Report) -> Markup {
    let rows: [(&str, String); 8] = [
        ("data set", report.dataset.clone()),
        ("split asked about", report.split.clone()),
        ("photos asked about", report.images.to_string()),
        ("photos enrolled", report.enrolled_photos.to_string()),
        ("products", report.classes.to_string()),
        ("seed", report.seed.to_string()),
        ("made at", report.made_at.clone()),
        ("made by", format!("tillsight {}", report.tillsight)),
    ];
    html! {
        section #made-from aria-labelledby="made-from-title" {
            h2 #made-from-title { "What this was made from" }
            dl .facts {
                @for model in &report.models { dt { "model " (model.label) } dd { (model.measured.report.model) } }
                @for (name, value) in rows { dt { (name) } dd { (value) } }
                dt { "command, with folders by name" }
                dd { code { (report.command) } }
            }
        }
    }
}

/// A table of the command line as one of the page. The first column names the row.
fn table(caption: &str, table: &Table) -> Markup {
    let class = |align: Align| (align == Align::Right).then_some("number");
    html! {
        div .wide role="region" tabindex="0" aria-label=(caption) {
            table {
                caption { span { (caption) } }
                thead {
                    tr {
                        @for (name, align) in table.columns() { th scope="col" class=[class(*align)] { (name) } }
                    }
                }
                tbody {
                    @for row in table.rows() {
                        tr {
                            @for (place, (cell, (_, align))) in row.iter().zip(table.columns()).enumerate() {
                                @if place == 0 { th scope="row" { (cell) } }
                                @else if *align == Align::Right { td .number { (figure(cell)) } }
                                @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A cell's text. On a narrow screen its interval goes below the figure.
fn figure(cell: &str) -> Markup {
    html! {
        @match cell.strip_suffix(')').and_then(|cell| cell.split_once(" (")) {
            Some((figure, interval)) => { span .value { (figure) } " " small .value { "(" (interval) ")" } }
            None => (cell)
        }
    }
}
