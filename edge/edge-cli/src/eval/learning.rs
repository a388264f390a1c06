//! `eval learning`: what a till makes of its sales.
//!
//! A few training photos of each class are enrolled; others are sold, one after another, and what they are known by is
//! what a real till knows: where sight accepted, its own answer, right or wrong, and otherwise the shopper's. After each
//! round the till learns, and another split is asked about.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ProductId, Uuid, ViewId};
use domain::observation::Verdict;
use domain::sighting::{Settled, Sighting};
use domain::time::BusinessDay;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::json;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::learn::{Taught, learn};
use vision::recognise::Recogniser;

use super::cached::Lab;
use super::dataset::{Dataset, Photo};
use super::distort::Distortion;
use super::images::paths;
use crate::Context;
use crate::cli::LearningArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::table::{Align, Table};

/// Photos that are enrolled of each class.
const ENROLLED: [usize; 3] = [1, 3, 5];
/// Sightings of each class after which it is asked.
const ROUNDS: [usize; 3] = [0, 5, 20];

/// Photos of a class, in the order of the list, that count as of one day.
const PHOTOS_A_DAY: usize = 5;

/// A mean over the seeds; shares are from 0 to 1.
#[derive(Debug, Default, Serialize)]
struct Row {
    /// Photos enrolled of each class.
    enrolled: usize,
    /// Sightings of each class.
    sightings: usize,
    /// Share whose first candidate is right.
    top1: f64,
    /// Share taken without asking.
    accepted: f64,
    /// Share of those that is right.
    right_of_accepted: f64,
    /// Share the customer is asked about.
    asked: f64,
    /// Share said to be unknown.
    unknown: f64,
    /// Views that were learnt, of a class.
    learnt: f64,
    /// Share of the sightings that were sold as something else than they are.
    false_names: f64,
    /// Share of the sightings that were doubtful.
    doubtful: f64,
}

/// Runs `eval learning`.
pub(super) fn run(context: &Context, args: &LearningArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    let dataset = Dataset::open(&args.dataset, &args.split, args.seed)?;
    let mut lab = Lab::new(context, args.model.as_deref(), &interrupt)?;
    let queries: Vec<&Photo> = dataset.queries.iter().collect();
    let train: Vec<&Photo> = dataset.train.iter().collect();
    let shop = Shop {
        products: dataset.classes.iter().map(|class| class.product.clone()).collect(),
        asked: lab.vectors(&paths(&queries), Distortion::None)?,
        queries,
        looks: lab.vectors(&paths(&train), Distortion::None)?,
        names: lab.names(&paths(&train))?,
        seen_in_training: lab.seen(&paths(&train))?.map(|seen| seen.into_iter().filter(|seen| *seen).count()),
        train,
        experience: lab.experience()?,
    };
    let mut rows = Vec::new();
    for enrolled in ENROLLED {
        let mut sums: Vec<Row> =
            ROUNDS.iter().map(|&sightings| Row { enrolled, sightings, ..Row::default() }).collect();
        for seed in 0..u64::from(args.seeds) {
            interrupt.check()?;
            shop.play(enrolled, args.seed + seed, &mut sums)?;
        }
        sums.iter_mut().for_each(|row| row.divide(f64::from(args.seeds)));
        rows.extend(sums);
    }
    if context.console.json() {
        context.console.object(&json!({
            "rows": rows, "split": args.split, "model": lab.version().as_str(), "seeds": args.seeds,
            "sold_photos_seen_in_training": shop.seen_in_training,
        }))?;
    } else {
        print(context, &rows, shop.seen_in_training)?;
    }
    Ok(Exit::Ok)
}

/// The photos and what is known of them.
struct Shop<'a> {
    products: Vec<ProductId>,
    train: Vec<&'a Photo>,
    looks: Vec<Embedding>,
    names: Vec<[u8; ViewId::PHOTO_BYTES]>,
    queries: Vec<&'a Photo>,
    asked: Vec<Embedding>,
    experience: Experience,
    seen_in_training: Option<usize>,
}

impl Shop<'_> {
    /// One till from its enrolment through its rounds, added to the sums.
    fn play(&self, enrolled: usize, seed: u64, sums: &mut [Row]) -> Result<(), Failure> {
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let mut by_class: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for place in order {
            by_class.entry(self.train[place].class).or_default().push(place);
        }
        let mut ids = 0_u128;
        let mut views = Vec::new();
        for place in by_class.values().flat_map(|places| places.iter().take(enrolled)) {
            ids += 1;
            views.push(View {
                id: ViewId::of_photo(self.names[*place], Uuid::from_u128(ids)),
                product: self.products[self.train[*place].class].clone(),
                embedding: self.looks[*place].clone(),
            });
        }
        let points = OperatingPoints::default();
        let mut calibration =
            Calibration::fit(&views, &points, &self.experience).context("failed to calibrate")?;
        let (mut sightings, mut told_false, mut doubtful): (Vec<Sighting>, usize, usize) = (Vec::new(), 0, 0);
        let mut sold = 0;
        for (row, &up_to) in sums.iter_mut().zip(&ROUNDS) {
            let recogniser = recogniser(&views, &calibration)?;
            // Round by round through the classes, as customers come.
            for turn in sold..up_to {
                for places in by_class.values().filter_map(|places| places.get(enrolled + turn)) {
                    let sighting = self.sell(*places, &recogniser)?;
                    told_false += usize::from(sighting.product != self.products[self.train[*places].class]);
                    sightings.push(sighting);
                }
            }
            if up_to > sold {
                sold = up_to;
                let unique = || {
                    ids += 1;
                    Uuid::from_u128(ids)
                };
                let taught =
                    Taught { views: &views, calibration: &calibration, experience: &self.experience };
                let lesson = learn(taught, &sightings, &points, unique).context("failed to learn")?;
                views.retain(|view| !lesson.remove.contains(&view.id));
                views.extend(lesson.add);
                calibration = lesson.calibration;
                doubtful = lesson.doubtful.len();
            }
            self.ask(&views, &calibration, row)?;
            let share = |count: usize| count as f64 / sightings.len().max(1) as f64;
            row.false_names += share(told_false);
            row.doubtful += share(doubtful);
            let learnt = views.iter().filter(|view| view.id.is_learnt()).count();
            row.learnt += learnt as f64 / by_class.len() as f64;
        }
        Ok(())
    }

    /// What a till remembers of selling what a photo shows: nobody notices what sight got wrong.
    fn sell(&self, place: usize, recogniser: &Recogniser) -> Result<Sighting, Failure> {
        let look = self.looks[place].clone();
        let said = recogniser.recognise(&look).context("failed to compare a photo")?;
        let first = said.candidates.into_iter().next();
        let truth = &self.products[self.train[place].class];
        let (product, settled) = match (&first, said.verdict) {
            (Some(first), Verdict::Accept) => (first.product.clone(), Settled::BySight),
            _ => (truth.clone(), Settled::Chosen),
        };
        // Photos of a class that follow one another in the list were taken together.
        let before =
            self.train[..place].iter().filter(|photo| photo.class == self.train[place].class).count();
        let day = before / PHOTOS_A_DAY;
        let day = BusinessDay { year: 2026, month: 1 + (day / 28 % 12) as u8, day: 1 + (day % 28) as u8 };
        Ok(Sighting { day, look, first, verdict: said.verdict, product, settled })
    }

    fn ask(&self, views: &[View], calibration: &Calibration, row: &mut Row) -> Result<(), Failure> {
        let recogniser = recogniser(views, calibration)?;
        let (mut right, mut accepted, mut accepted_right, mut asked, mut unknown) = (0, 0, 0, 0, 0);
        for (photo, look) in self.queries.iter().zip(&self.asked) {
            let said = recogniser.recognise(look).context("failed to compare a photo")?;
            let is_right =
                said.candidates.first().is_some_and(|first| first.product == self.products[photo.class]);
            right += u32::from(is_right);
            match said.verdict {
                Verdict::Accept => {
                    accepted += 1;
                    accepted_right += u32::from(is_right);
                }
                Verdict::AskCustomer => asked += 1,
                Verdict::Unknown => unknown += 1,
            }
        }
        let share = |count: u32| f64::from(count) / self.queries.len() as f64;
        row.top1 += share(right);
        row.accepted += share(accepted);
        row.right_of_accepted +=
            if accepted == 0 { 1.0 } else { f64::from(accepted_right) / f64::from(accepted) };
        row.asked += share(asked);
        row.unknown += share(unknown);
        Ok(())
    }
}

fn recogniser(views: &[View], calibration: &Calibration) -> Result<Recogniser, Failure> {
    let model = views.first().map(|view| view.embedding.model().clone());
    let model = model.context("there are no photos to enrol")?;
    Ok(Recogniser::build(Generation(1), model, views.to_vec(), calibration.clone())
        .context("failed to build the index")?)
}

impl Row {
    fn divide(&mut self, by: f64) {
        let sums = [
            &mut self.top1,
            &mut self.accepted,
            &mut self.right_of_accepted,
            &mut self.asked,
            &mut self.unknown,
            &mut self.learnt,
            &mut self.false_names,
            &mut self.doubtful,
        ];
        sums.into_iter().for_each(|sum| *sum /= by);
    }
}

fn print(context: &Context, rows: &[Row], seen: Option<usize>) -> Result<(), Failure> {
    let heads = [
        "ENROLLED",
        "SOLD",
        "FIRST",
        "ACCEPTED",
        "RIGHT OF THEM",
        "ASKED",
        "UNKNOWN",
        "LEARNT",
        "FALSE",
        "DOUBTFUL",
    ];
    let mut table = Table::new(&heads.map(|head| (head, Align::Right)));
    let share = |value: f64| format!("{:.1} %", value * 100.0);
    for row in rows {
        table.row([
            row.enrolled.to_string(),
            row.sightings.to_string(),
            share(row.top1),
            share(row.accepted),
            share(row.right_of_accepted),
            share(row.asked),
            share(row.unknown),
            format!("{:.1}", row.learnt),
            share(row.false_names),
            share(row.doubtful),
        ]);
    }
    context.console.table(&table)?;
    if let Some(seen) = seen.filter(|&seen| seen > 0) {
        context.console.warn(format_args!(
            "the model learnt from {seen} of the photos that are enrolled and sold here: a shop's photos teach it more"
        ));
    }
    Ok(())
}
