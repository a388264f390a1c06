//! One model in detail: its classes, and in pictures what it takes for what.

use std::path::Path;

use maud::{Markup, html};

use super::table;
use crate::eval::metrics::Reaction;
use crate::eval::report::classes::{Case, ClassRow, Confusion};
use crate::eval::report::pictures::{Pictures, SIDE};
use crate::eval::report::{ModelPart, Scene};
use crate::eval::tables::percent;
use crate::table::{Align, Table};

/// The model's part of the page.
pub(super) fn section(place: usize, model: &ModelPart, pictures: &Pictures<'_>) -> Markup {
    let title = format!("model-{place}-title");
    html! {
        section id={ "model-" (place) } aria-labelledby=(title) {
            h2 id=(title) { (model.label) ": classes and confusions" }
            (table(&format!("{}: products, the worst first", model.label), &class_table(&model.per_class)))
            h3 { "What was taken for what" }
            (pairs(model, pictures))
        }
    }
}

fn class_table(rows: &[ClassRow]) -> Table {
    let mut table = Table::new(&[
        ("product", Align::Left),
        ("photos", Align::Right),
        ("right", Align::Right),
        ("share", Align::Right),
        ("accepted", Align::Right),
        ("accepted wrong", Align::Right),
        ("asked", Align::Right),
        ("unknown", Align::Right),
        ("most often taken for", Align::Left),
    ]);
    for row in rows {
        let counts =
            [row.accepted, row.accepted_wrong, row.asked, row.unknown].map(|count| count.to_string());
        let first = [row.name.clone(), row.photos.to_string(), row.right.to_string()];
        let share = percent(row.right as f64 / row.photos as f64);
        let wrong = row.taken_for.as_ref().map_or(String::new(), |wrong| {
            if wrong.photos > 1 {
                format!("{} ({} times)", wrong.name, wrong.photos)
            } else {
                wrong.name.clone()
            }
        });
        table.row(first.into_iter().chain([share]).chain(counts).chain([wrong]));
    }
    table
}

fn pairs(model: &ModelPart, pictures: &Pictures<'_>) -> Markup {
    let wrong: usize = model.confusions.iter().map(|confusion| confusion.photos).sum();
    let shown: Vec<&[Scene]> = model.scenes.chunk_by(|a, b| a.confusion == b.confusion).collect();
    let left_out = model.confusions.len() - shown.len();
    html! {
        @if shown.is_empty() { p { "No photo was taken for another product." } }
        @else {
            p {
                (plural(wrong, "photo", "photos")) " of " (model.measured.report.images) " came first as something else, in "
                (plural(model.confusions.len(), "pair", "pairs")) " of products. First what was accepted wrong, "
                "then what happens most often. Pictures are cut as the model sees them."
            }
            div .pairs {
                @for scenes in &shown { (pair(&model.confusions[scenes[0].confusion], scenes, pictures)) }
            }
            @if left_out > 0 {
                p .note { (plural(left_out, "more pair is", "more pairs are")) " in the answer to --json." }
            }
        }
    }
}

fn pair(confusion: &Confusion, scenes: &[Scene], pictures: &Pictures<'_>) -> Markup {
    let left_out = confusion.photos - scenes.len();
    html! {
        article .pair {
            h4 { strong { (confusion.right_name) } " taken for " strong { (confusion.answered_name) } }
            p {
                (plural(confusion.photos, "photo", "photos"))
                @if confusion.accepted > 0 { ", " strong .bad { (confusion.accepted) " accepted wrong" } }
                @if left_out > 0 { ", the worst " (scenes.len()) " shown" }
            }
            @for scene in scenes { (trio(confusion, scene, pictures)) }
        }
    }
}

/// The asked photo between what it was taken for and what it is.
fn trio(confusion: &Confusion, scene: &Scene, pictures: &Pictures<'_>) -> Markup {
    let case = &confusion.cases[scene.case];
    let of_right = case.probability_of_right.map_or("not among the ten likeliest".to_owned(), sure);
    html! {
        div .trio {
            (picture(Some(&scene.asked), pictures, &confusion.right_name, &html! {
                b { "asked" } (verdict(case)) small { (path(&case.photo)) }
            }))
            (picture(scene.answered.as_deref(), pictures, &confusion.answered_name, &html! {
                b { "answered: " (confusion.answered_name) } (sure(case.probability_of_answer))
            }))
            (picture(scene.right.as_deref(), pictures, &confusion.right_name, &html! {
                b { "right: " (confusion.right_name) } (of_right)
            }))
        }
    }
}

fn picture(photo: Option<&Path>, pictures: &Pictures<'_>, shows: &str, caption: &Markup) -> Markup {
    let address = photo.and_then(|photo| pictures.get(photo));
    html! {
        figure {
            @match address {
                Some(address) => img src=(address) alt=(shows) width=(SIDE) height=(SIDE);,
                None => div .empty { "no enrolled photo" }
            }
            figcaption { (caption) }
        }
    }
}

/// A path that breaks where a person would break it.
fn path(path: &str) -> Markup {
    html! {
        @for (place, part) in path.split('/').enumerate() {
            @if place > 0 { "/" wbr; }
            (part)
        }
    }
}

fn verdict(case: &Case) -> Markup {
    html! {
        @match case.reaction {
            Reaction::Accepted => span .bad { "accepted without asking" }
            Reaction::Asked => span { "customer asked" }
            Reaction::Unknown => span { "said to be unknown" }
        }
    }
}

fn sure(probability: f32) -> String {
    percent(f64::from(probability))
}

fn plural(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
