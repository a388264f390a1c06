//! Moving a shop to another embedding model while the till sells by the old one.
//!
//! Everything is embedded and calibrated aside and then published as one generation, for which the store asks that nothing
//! was published since it was looked at. If something was, the difference is taken up and it is tried again, so that
//! neither a new price nor a product enrolled meanwhile is lost.

mod missing;
mod work;

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion};
use edge_store::control::Origins;
use edge_store::{GivenPicture, ViewChange};
use serde_json::json;
use vision::calibrate::{Calibration, OperatingPoints};
use vision::models::ModelFiles;

use crate::Context;
use crate::cli::ReEmbedArgs;
use crate::commands::render::count;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::till::{Newest, Till};
use missing::Missing;
use work::Work;

/// How often the difference is taken up before somebody must look who keeps changing the catalogue.
const ROUNDS_MAX: u32 = 8;
/// Views that are brought to the store between two looks at Ctrl-C.
const BROUGHT_AT_ONCE: usize = 1024;

/// The newest generation with what its views were made from.
struct Shop {
    newest: Newest,
    /// The model that made the views.
    model: ModelVersion,
    origins: Origins,
}

/// How it ended, for the report.
struct Outcome {
    generation: Generation,
    views: usize,
    dropped: usize,
}

/// Runs `views re-embed`.
pub(crate) fn run(context: &Context, args: &ReEmbedArgs) -> Result<Exit, Failure> {
    let console = &context.console;
    let interrupt = Interrupt::watch()?;
    let files = models::find(context, args.model.as_deref())?;
    let shop = Shop::read(context)?;
    if shop.model == files.version {
        console.say(format_args!("all views are of model {} already; nothing to do", files.version));
        let outcome = Outcome { generation: shop.newest.generation, views: 0, dropped: 0 };
        return report(context, args, &shop.model, &files, &Missing::default(), &outcome);
    }
    let missing = Missing::find(&shop, &BTreeMap::new(), args.min_views);
    missing.tell(context, args);
    missing.allow(args, &shop, &files)?;
    let with_picture = shop.newest.views.len() - missing.views();
    if args.change.dry_run {
        let pace = Work::open(&files)?.pace(context, &shop, &interrupt)?;
        let minutes = (pace * u32::try_from(with_picture).unwrap_or(u32::MAX)).as_secs().div_ceil(60);
        console.say(format_args!(
            "would move {} from {} to {}, in about {}; nothing was changed: this was a dry run",
            count(with_picture, "view"),
            shop.model,
            files.version,
            count(usize::try_from(minutes).unwrap_or(usize::MAX), "minute")
        ));
        let outcome =
            Outcome { generation: shop.newest.generation, views: with_picture, dropped: missing.views() };
        return report(context, args, &shop.model, &files, &missing, &outcome);
    }
    console.confirm(&args.change, &question(&shop, &missing, &files), &interrupt)?;
    let old = shop.model.clone();
    let (outcome, missing) = move_over(context, args, shop, &files, &interrupt)?;
    console.say(format_args!(
        "{} are of model {} now; generation {} is live",
        count(outcome.views, "view"),
        files.version,
        outcome.generation
    ));
    report(context, args, &old, &files, &missing, &outcome)
}

fn question(shop: &Shop, missing: &Missing, files: &ModelFiles) -> String {
    let moved = count(shop.newest.views.len() - missing.views(), "view");
    let left = match missing.views() {
        0 => String::new(),
        left => format!(" {} without a picture will leave.", count(left, "view")),
    };
    format!("Move {moved} from {} to {}?{left} The till sells on meanwhile.", shop.model, files.version)
}

/// Embeds, calibrates and publishes, until what is published was made for what is newest.
fn move_over(
    context: &Context,
    args: &ReEmbedArgs,
    mut shop: Shop,
    files: &ModelFiles,
    interrupt: &Interrupt,
) -> Result<(Outcome, Missing), Failure> {
    let old = shop.model.clone();
    let mut work = Work::open(files)?;
    for round in 1..=ROUNDS_MAX {
        if round > 1 {
            context.console.say("the catalogue changed meanwhile; taking up the difference");
            shop = Shop::read(context)?;
            if shop.model != old {
                let text = format!("the views are of model {} now, not of {old} any more", shop.model);
                return Err(Failure::new(text)
                    .hint("somebody enrolled, re-embedded or went back meanwhile: run it again"));
            }
        }
        work.embed(context, &shop, interrupt)?;
        let missing = Missing::find(&shop, work.unusable(), args.min_views);
        if missing.damaged() > 0 {
            missing.tell(context, args);
        }
        missing.allow(args, &shop, files)?;
        let views = work.views_of(&shop);
        let calibration = Calibration::fit(&views, &OperatingPoints::default(), &work.experience()?)
            .context("failed to calibrate on the vectors of the new model")?;
        bring(context, &shop, &mut work, &views, files, interrupt)?;
        interrupt.check()?;
        let change = ViewChange {
            brought: views.iter().map(|view| view.id).collect(),
            calibration_json: Some(calibration.to_json()),
            expected: Some(shop.newest.generation),
            ..ViewChange::new(files.version.clone())
        };
        if let Some(generation) = Till::open(context)?.publish_views_if_newest(change)? {
            return Ok((Outcome { generation, views: views.len(), dropped: missing.views() }, missing));
        }
    }
    Err(Failure::new("the catalogue kept changing; nothing was changed")
        .hint("run it again when nobody imports or enrols"))
}

/// Puts the new vectors into the store, where no generation has them yet.
fn bring(
    context: &Context,
    shop: &Shop,
    work: &mut Work,
    views: &[View],
    files: &ModelFiles,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let pictures = work.pictures_of(shop);
    let new: Vec<&View> = views.iter().filter(|view| !work.was_brought(view.id)).collect();
    let mut till = Till::open(context)?;
    for part in new.chunks(BROUGHT_AT_ONCE) {
        interrupt.check()?;
        let given = part.iter().map(|view| (view.id, GivenPicture::Kept(pictures[&view.id]))).collect();
        till.bring_views(&files.version, part.iter().copied().cloned().collect(), given)?;
        work.note_brought(part.iter().map(|view| view.id));
    }
    Ok(())
}

impl Shop {
    fn read(context: &Context) -> Result<Self, Failure> {
        let mut till = Till::open(context)?;
        // Somebody may publish between the two questions; then both are asked again.
        for _ in 0..3 {
            let mut newest = till.catalogue()?;
            // They were made from no picture that is kept, and the till learns new ones from what it sells.
            newest.views.retain(|view| !view.id.is_learnt());
            let Some(model) = newest.model.clone().filter(|_| !newest.views.is_empty()) else {
                return Err(Failure::new(
                    "nothing is enrolled, so there is nothing to move to another model",
                )
                .hint("teach the till what products look like: `tillsight enroll --folder DIR`"));
            };
            let (generation, origins) = till.view_origins()?;
            if generation == newest.generation {
                return Ok(Self { newest, model, origins });
            }
        }
        Err(Failure::new("the catalogue kept changing while it was read").hint("run the command again"))
    }
}

fn report(
    context: &Context,
    args: &ReEmbedArgs,
    old: &ModelVersion,
    files: &ModelFiles,
    missing: &Missing,
    outcome: &Outcome,
) -> Result<Exit, Failure> {
    if context.console.json() {
        context.console.object(&json!({
            "generation": outcome.generation.0,
            "from": old.as_str(),
            "model": files.version.as_str(),
            "moved": outcome.views,
            "dropped": outcome.dropped,
            "products_below": missing.products_below(),
            "min_views": args.min_views,
            "dry_run": args.change.dry_run,
        }))?;
    }
    Ok(Exit::Ok)
}
