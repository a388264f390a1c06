//! `eval tray`: whole trays of known products, counted and named as a till would.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use domain::embedding::View;
use domain::frame::{Frame, PixelBox};
use domain::ids::{Generation, ProductId, Uuid, ViewId};
use domain::observation::Verdict;
use edge_devices::simulated::{Layout, PutError, Shop, TrayPhoto, Trouble, render_single, render_tray};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::decode::Picture;
use vision::embed::Embedder;
use vision::preprocess::item_crop;
use vision::recognise::Recogniser;
use vision::tray::find_single_item;

use super::dataset::iconic_pictures;
use crate::Context;
use crate::cli::TrayArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::table::{Align, Table};
use crate::trays::{Look, look};

/// How many things lie on a tray, least and most.
const COUNTS: [(usize, usize); 3] = [(1, 3), (4, 6), (7, 10)];
/// How the things lie.
const LAYOUTS: [(Layout, &str); 3] =
    [(Layout::Apart, "gaps"), (Layout::Touching, "touching"), (Layout::Overlapping, "overlapping")];
/// What else is in the way, on trays of these many things that lie apart.
const TROUBLED: (usize, usize) = (4, 6);
const TROUBLES: [(Trouble, &str); 5] = [
    (Trouble::Hand, "a resting hand"),
    (Trouble::Bags, "in clear bags"),
    (Trouble::Pushed, "camera pushed"),
    (Trouble::Knocked, "camera knocked aside"),
    (Trouble::Relit, "other light"),
];
/// How large a product of a data set is taken to be.
const SIZE_MM: u32 = 85;
/// How often a shopper buys another of what lies there already.
const SAME_AGAIN: f64 = 0.25;
/// A box found is the box of a thing when they share this much of both (intersection over union).
pub(super) const SAME_BOX: f64 = 0.5;

/// What trays of one row have in common.
struct Kind {
    count: (usize, usize),
    layout: Layout,
    trouble: Trouble,
    name: &'static str,
}

#[derive(Serialize)]
struct Report {
    rows: Vec<Row>,
    photos_a_product: u32,
    products: usize,
    model: String,
    seed: u64,
}

/// The trays of one kind.
#[derive(Serialize)]
struct Row {
    items: String,
    layout: &'static str,
    trays: usize,
    /// Share of trays with every thing right and none too many: what is put first counts.
    basket_right: f64,
    /// Share of trays with the right number of things.
    count_right: f64,
    /// Share of things with a box of their own.
    items_found: f64,
    /// Share of things found whose first candidate is right.
    items_right: f64,
    /// Share of trays on which something wrong is sold without a question.
    sold_wrong: f64,
    /// Share of things found that the customer is asked about.
    asked: f64,
    /// Share of trays of which nothing was told while a hand rested over them; `None` where there was no hand.
    waited: Option<f64>,
    /// Median milliseconds for the frame that is made out.
    ms: f64,
}

/// One tray's outcome.
struct Outcome {
    things: usize,
    found: usize,
    right: usize,
    asked: usize,
    count_right: bool,
    basket_right: bool,
    sold_wrong: bool,
    waited: bool,
    took: Duration,
}

/// Runs `eval tray`.
pub(super) fn run(context: &Context, args: &TrayArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    let shop = open_shop(args)?;
    let files = models::find(context, args.model.as_deref())?;
    let mut embedder = models::open(&files)?;
    if files.outlines.is_none() {
        context.console.say(format_args!("{}", models::NO_OUTLINES));
    }
    context.console.say(format_args!("photographing {} products", shop.products().len()));
    let recogniser = enrol(&shop, &mut embedder, args.photos, &interrupt)?;
    let layouts = COUNTS
        .into_iter()
        .flat_map(|count| LAYOUTS.map(|(layout, name)| Kind { count, layout, trouble: Trouble::None, name }));
    let troubles =
        TROUBLES.map(|(trouble, name)| Kind { count: TROUBLED, layout: Layout::Apart, trouble, name });
    let mut rows = Vec::new();
    for kind in layouts.chain(troubles) {
        let (least, most) = kind.count;
        context.console.say(format_args!("{} trays of {least} to {most} items, {}", args.trays, kind.name));
        let mut outcomes = Vec::with_capacity(args.trays as usize);
        for tray in 0..u64::from(args.trays) {
            interrupt.check()?;
            let seed = args.seed.wrapping_mul(1_000_003).wrapping_add(tray * 977 + most as u64);
            let photo = compose(&shop, &kind, seed)?;
            let look = look(&photo, &files, &mut embedder, &recogniser)?;
            outcomes.push(judge(&photo.truth, &look));
        }
        rows.push(summarise(&kind, &outcomes));
    }
    let report = Report {
        rows,
        photos_a_product: args.photos,
        products: shop.products().len(),
        model: files.version.to_string(),
        seed: args.seed,
    };
    let table = table(&report);
    if args.markdown {
        context.console.line(table.markdown())?;
    } else if !context.console.json() {
        context.console.table(&table)?;
    }
    if context.console.json() {
        context.console.object(&report)?;
    }
    Ok(Exit::Ok)
}

fn open_shop(args: &TrayArgs) -> Result<Shop, Failure> {
    let Some(dataset) = &args.dataset else {
        let folder = args.shop.clone().unwrap_or_else(edge_devices::simulated::default_folder);
        return Ok(Shop::load(&folder).context("failed to open the simulated shop")?);
    };
    let pictures: Vec<(ProductId, PathBuf)> = iconic_pictures(dataset)?;
    Ok(Shop::of_white_backed(pictures, SIZE_MM).context("failed to cut the products out")?)
}

/// Teaches photos of single products on the tray, as a technician does.
fn enrol(
    shop: &Shop,
    embedder: &mut Embedder,
    photos: u32,
    interrupt: &Interrupt,
) -> Result<Recogniser, Failure> {
    let mut views = Vec::new();
    for product in shop.products() {
        interrupt.check()?;
        for seed in 0..u64::from(photos) {
            let photo = render_single(shop, &product.id, seed).context("failed to photograph a product")?;
            let (with_item, empty) = (picture(&photo.with_item), picture(&photo.empty));
            // A product the colour of the tray is not seen in every light: it has the fewer photos, as at a till.
            let Some(bounds) = find_single_item(&with_item, &empty) else { continue };
            let region = item_crop(bounds, (with_item.width, with_item.height));
            let embedding = embedder.embed_picture(&with_item, region).context("failed to embed a photo")?;
            let id = ViewId(Uuid::from_u128(views.len() as u128 + 1));
            views.push(View { id, product: product.id.clone(), embedding });
        }
    }
    let calibration = Calibration::fit(&views, &OperatingPoints::default(), &Experience::default())
        .context("failed to calibrate")?;
    let model = embedder.version().clone();
    Ok(Recogniser::build(Generation(1), model, views, calibration).context("failed to build the index")?)
}

fn picture(frame: &Frame) -> Picture {
    Picture { width: frame.width, height: frame.height, rgb: frame.rgb.to_vec() }
}

/// A tray of some products, the fewer when they do not all fit.
fn compose(shop: &Shop, kind: &Kind, seed: u64) -> Result<TrayPhoto, Failure> {
    let count = kind.count;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let wanted = random.random_range(count.0..=count.1);
    let mut products: Vec<ProductId> = Vec::with_capacity(wanted);
    while products.len() < wanted {
        let again = random.random_bool(SAME_AGAIN).then(|| products.choose(&mut random).cloned()).flatten();
        let any = || shop.products().choose(&mut random).map(|product| product.id.clone());
        products.extend(again.or_else(any));
    }
    let mut attempt = 0;
    loop {
        attempt += 1;
        match render_tray(shop, &products, kind.layout, kind.trouble, seed.wrapping_add(attempt << 32)) {
            Ok(photo) => return Ok(photo),
            Err(PutError::Full) if attempt % 4 == 0 && products.len() > count.0 => drop(products.pop()),
            Err(PutError::Full) if attempt < 40 => {}
            Err(error) => return Err(anyhow::Error::from(error).context("failed to fill a tray").into()),
        }
    }
}

fn judge(truth: &[(ProductId, Option<PixelBox>)], look: &Look) -> Outcome {
    let seen = &look.seen;
    let mut free: Vec<_> = seen.items.iter().collect();
    let (mut found, mut right, mut asked) = (0, 0, 0);
    let mut sold_wrong = false;
    for (product, bounds) in truth {
        let share = |at: &PixelBox| bounds.map_or(0.0, |bounds| overlap(bounds, *at));
        let best = (0..free.len()).max_by(|&a, &b| share(&free[a].bounds).total_cmp(&share(&free[b].bounds)));
        let Some(best) = best.filter(|&best| share(&free[best].bounds) >= SAME_BOX) else { continue };
        let item = free.swap_remove(best);
        let is_right = item.candidates.first().is_some_and(|first| first.product == *product);
        found += 1;
        right += usize::from(is_right);
        asked += usize::from(item.verdict != Verdict::Accept);
        sold_wrong |= !is_right && item.verdict == Verdict::Accept;
    }
    // What has no thing of its own is sold too, if it is taken for something.
    sold_wrong |= free.iter().any(|item| item.verdict == Verdict::Accept);
    // While a hand is there nothing may be sold that does not lie there.
    let accepted =
        look.under_hand.iter().flat_map(|seen| &seen.items).filter(|item| item.verdict == Verdict::Accept);
    for item in accepted {
        let first = item.candidates.first().map(|first| &first.product);
        sold_wrong |= !truth.iter().any(|(product, _)| Some(product) == first);
    }
    let count_right = seen.items.len() == truth.len();
    Outcome {
        things: truth.len(),
        found,
        right,
        asked,
        count_right,
        basket_right: count_right && right == truth.len(),
        sold_wrong,
        waited: look.under_hand.is_empty(),
        took: look.took,
    }
}

/// Intersection over union.
pub(super) fn overlap(a: PixelBox, b: PixelBox) -> f64 {
    let along = |a: u32, a_len: u32, b: u32, b_len: u32| {
        f64::from((a + a_len).min(b + b_len).saturating_sub(a.max(b)))
    };
    let both = along(a.x, a.width, b.x, b.width) * along(a.y, a.height, b.y, b.height);
    let area = |v: PixelBox| f64::from(v.width) * f64::from(v.height);
    both / (area(a) + area(b) - both)
}

fn summarise(kind: &Kind, outcomes: &[Outcome]) -> Row {
    let trays = outcomes.len().max(1) as f64;
    let share = |holds: fn(&Outcome) -> bool| outcomes.iter().filter(|one| holds(one)).count() as f64 / trays;
    let sum = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>() as f64;
    let found = sum(|one| one.found);
    let mut times: Vec<f64> = outcomes.iter().map(|one| one.took.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    Row {
        items: format!("{}-{}", kind.count.0, kind.count.1),
        layout: kind.name,
        trays: outcomes.len(),
        basket_right: share(|one| one.basket_right),
        count_right: share(|one| one.count_right),
        items_found: found / sum(|one| one.things).max(1.0),
        items_right: sum(|one| one.right) / found.max(1.0),
        sold_wrong: share(|one| one.sold_wrong),
        asked: sum(|one| one.asked) / found.max(1.0),
        waited: (kind.trouble == Trouble::Hand).then(|| share(|one| one.waited)),
        ms: times.get(times.len() / 2).map_or(0.0, |ms| (ms * 10.0).round() / 10.0),
    }
}

fn table(report: &Report) -> Table {
    let mut table = Table::new(&[
        ("items", Align::Left),
        ("layout", Align::Left),
        ("basket right", Align::Right),
        ("count right", Align::Right),
        ("items found", Align::Right),
        ("right of those", Align::Right),
        ("asked", Align::Right),
        ("trays sold wrong", Align::Right),
        ("ms", Align::Right),
    ]);
    for row in &report.rows {
        let shares = [row.basket_right, row.count_right, row.items_found, row.items_right, row.asked];
        let percent = |value: f64| format!("{:.1} %", value * 100.0);
        let named = [row.items.clone(), row.layout.to_owned()];
        let rest = [percent(row.sold_wrong), format!("{:.0}", row.ms)];
        table.row(named.into_iter().chain(shares.map(percent)).chain(rest));
    }
    table
}
