//! Class by class: how its photos fared, and what they were taken for.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use domain::embedding::Embedding;
use serde::Serialize;

use crate::eval::dataset::{Class, Photo};
use crate::eval::images::Question;
use crate::eval::metrics::Reaction;
use crate::eval::trial::Answer;

/// One class's photos.
#[derive(Debug, Serialize)]
pub(super) struct ClassRow {
    pub(super) product: String,
    pub(super) name: String,
    /// Photos of it that were asked about.
    pub(super) photos: usize,
    pub(super) right: usize,
    pub(super) accepted: usize,
    /// Accepted as something else.
    pub(super) accepted_wrong: usize,
    pub(super) asked: usize,
    pub(super) unknown: usize,
    /// What its photos are taken for most often when not for itself.
    pub(super) taken_for: Option<TakenFor>,
}

/// A wrong answer and how often it was given.
#[derive(Debug, Serialize)]
pub(super) struct TakenFor {
    pub(super) product: String,
    pub(super) name: String,
    pub(super) photos: usize,
}

/// The photos of one class that were taken for one other.
#[derive(Debug, Serialize)]
pub(super) struct Confusion {
    pub(super) right: String,
    pub(super) right_name: String,
    pub(super) answered: String,
    pub(super) answered_name: String,
    pub(super) photos: usize,
    /// How many of them were accepted without asking.
    pub(super) accepted: usize,
    /// The worst first: what was accepted wrong, then what was surest.
    pub(super) cases: Vec<Case>,
    #[serde(skip)]
    pub(super) classes: (usize, usize),
}

/// One photo that was taken for something else.
#[derive(Debug, Serialize)]
pub(super) struct Case {
    /// Below the data set's folder.
    pub(super) photo: String,
    pub(super) probability_of_answer: f32,
    /// `null` when the right product is not among the ten likeliest.
    pub(super) probability_of_right: Option<f32>,
    pub(super) verdict: &'static str,
    /// Its place among the photos asked about.
    #[serde(skip)]
    pub(super) query: usize,
    #[serde(skip)]
    pub(super) reaction: Reaction,
}

/// All classes asked about, the worst first.
pub(super) fn per_class(question: &Question<'_>, answers: &[Answer]) -> Vec<ClassRow> {
    let classes = &question.dataset.classes;
    let mut by_class: BTreeMap<usize, Vec<&Answer>> = BTreeMap::new();
    for (photo, answer) in question.queries.iter().zip(answers) {
        by_class.entry(photo.class).or_default().push(answer);
    }
    let mut rows: Vec<ClassRow> =
        by_class.into_iter().map(|(class, answers)| row(classes, class, &answers)).collect();
    let share = |row: &ClassRow| row.right as f64 / row.photos as f64;
    rows.sort_by(|a, b| {
        let more_wrong = (b.accepted_wrong, b.photos).cmp(&(a.accepted_wrong, a.photos));
        share(a).total_cmp(&share(b)).then(more_wrong).then_with(|| a.name.cmp(&b.name))
    });
    rows
}

fn row(classes: &[Class], class: usize, answers: &[&Answer]) -> ClassRow {
    let is_right = |answer: &Answer| answer.outcome.rank == Some(0);
    let reacted = |reaction| answers.iter().filter(|answer| answer.outcome.reaction == reaction).count();
    let mut wrong: BTreeMap<usize, usize> = BTreeMap::new();
    for said in answers.iter().filter(|answer| !is_right(answer)).filter_map(|answer| answer.said) {
        *wrong.entry(said).or_default() += 1;
    }
    // Of equally frequent ones the first by number, so that the same run says the same.
    let most = wrong.into_iter().max_by_key(|&(said, photos)| (photos, Reverse(said)));
    let accepted_wrong =
        |answer: &&&Answer| answer.outcome.reaction == Reaction::Accepted && !is_right(answer);
    ClassRow {
        product: classes[class].product.to_string(),
        name: classes[class].name.clone(),
        photos: answers.len(),
        right: answers.iter().filter(|answer| is_right(answer)).count(),
        accepted: reacted(Reaction::Accepted),
        accepted_wrong: answers.iter().filter(accepted_wrong).count(),
        asked: reacted(Reaction::Asked),
        unknown: reacted(Reaction::Unknown),
        taken_for: most.map(|(said, photos)| TakenFor {
            product: classes[said].product.to_string(),
            name: classes[said].name.clone(),
            photos,
        }),
    }
}

/// What was taken for what, the worst first: what was accepted wrong, then what happened most often.
pub(super) fn confusions(question: &Question<'_>, folder: &Path, answers: &[Answer]) -> Vec<Confusion> {
    let mut groups: BTreeMap<(usize, usize), Vec<Case>> = BTreeMap::new();
    for (query, (photo, answer)) in question.queries.iter().zip(answers).enumerate() {
        let Some(said) = answer.said.filter(|said| *said != photo.class) else { continue };
        groups.entry((photo.class, said)).or_default().push(case(query, photo, folder, answer));
    }
    let mut confusions: Vec<Confusion> =
        groups.into_iter().map(|(pair, cases)| confusion(&question.dataset.classes, pair, cases)).collect();
    confusions.sort_by(|a, b| {
        let counts = (b.accepted, b.photos).cmp(&(a.accepted, a.photos));
        let sure = |one: &Confusion| one.cases.first().map_or(0.0, |case| case.probability_of_answer);
        counts.then(sure(b).total_cmp(&sure(a))).then(a.classes.cmp(&b.classes))
    });
    confusions
}

fn case(query: usize, photo: &Photo, folder: &Path, answer: &Answer) -> Case {
    let below = photo.path.strip_prefix(folder).unwrap_or(&photo.path);
    Case {
        photo: below.display().to_string(),
        probability_of_answer: answer.outcome.probability,
        probability_of_right: answer.probability_of_right,
        verdict: answer.outcome.reaction.word(),
        query,
        reaction: answer.outcome.reaction,
    }
}

fn confusion(classes: &[Class], pair: (usize, usize), mut cases: Vec<Case>) -> Confusion {
    let is_accepted = |case: &Case| case.reaction == Reaction::Accepted;
    cases.sort_by(|a, b| {
        let accepted = is_accepted(b).cmp(&is_accepted(a));
        accepted.then(b.probability_of_answer.total_cmp(&a.probability_of_answer)).then(a.query.cmp(&b.query))
    });
    let (right, answered) = (&classes[pair.0], &classes[pair.1]);
    Confusion {
        right: right.product.to_string(),
        right_name: right.name.clone(),
        answered: answered.product.to_string(),
        answered_name: answered.name.clone(),
        photos: cases.len(),
        accepted: cases.iter().filter(|case| is_accepted(case)).count(),
        cases,
        classes: pair,
    }
}

/// The enrolled photo of a class that is most like this vector.
pub(super) fn nearest<'a>(
    vector: &Embedding,
    class: usize,
    enrolled: &[(&'a Photo, Embedding)],
) -> Option<&'a Photo> {
    let likeness =
        |other: &Embedding| -> f32 { vector.values().iter().zip(other.values()).map(|(a, b)| a * b).sum() };
    let of_class = enrolled.iter().filter(|(photo, _)| photo.class == class);
    let best = of_class.max_by(|a, b| likeness(&a.1).total_cmp(&likeness(&b.1)));
    best.map(|(photo, _)| *photo)
}
