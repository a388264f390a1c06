//! What was embedded becomes a generation, and the pictures that it was made from are kept with it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::embedding::View;
use domain::ids::{Generation, ViewId};
use edge_store::{GivenPicture, ViewChange, ViewPicture};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use vision::calibrate::Calibration;
use vision::decode::Picture;
use vision::kept::{Keeping, keep};

use super::{Plan, cut, empty_tray};
use crate::Context;
use crate::cli::EnrollArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::till::{Newest, Till};

/// Views whose pictures are in memory at once. Those of a whole shop would not fit.
const AT_ONCE: usize = 64;

/// Publishes the plan; gives the generation that is live then.
pub(super) fn run(
    context: &Context,
    args: &EnrollArgs,
    newest: &Newest,
    plan: &Plan,
    calibration: &Calibration,
    interrupt: &Interrupt,
) -> Result<Generation, Failure> {
    let Some(first) = plan.added.first() else { return Ok(newest.generation) };
    let replaced = if args.replace { plan.products().into_keys().cloned().collect() } else { Vec::new() };
    let mut change = ViewChange {
        replace_products: replaced,
        calibration_json: Some(calibration.to_json()),
        expected: Some(newest.generation),
        ..ViewChange::new(first.embedding.model().clone())
    };
    let mut till = Till::open(context)?;
    if args.no_pictures {
        change.add.clone_from(&plan.added);
    } else {
        bring(context, args, plan, &mut till, interrupt)?;
        change.brought = plan.added.iter().map(|view| view.id).collect();
    }
    interrupt.check()?;
    till.publish_views(change)
}

/// Puts the views with their pictures into the store, where no generation has them yet. Each photo is read once more:
/// cheaper than holding the pictures of all of them.
fn bring(
    context: &Context,
    args: &EnrollArgs,
    plan: &Plan,
    till: &mut Till,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let empty = empty_tray(args)?;
    let progress = Progress::new(&context.console, plan.added.len() as u64, "keeping pictures");
    for part in plan.added.chunks(AT_ONCE) {
        interrupt.check()?;
        let pictures: Result<BTreeMap<ViewId, GivenPicture>, Failure> =
            part.par_iter().map(|view| picture(args, plan, view, empty.as_ref())).collect();
        let model = part[0].embedding.model();
        till.bring_views(model, part.to_vec(), pictures?)?;
        progress.step(part.len() as u64);
    }
    Ok(())
}

fn picture(
    args: &EnrollArgs,
    plan: &Plan,
    view: &View,
    empty: Option<&Picture>,
) -> Result<(ViewId, GivenPicture), Failure> {
    let photo = &plan.photos[&view.id];
    let (picture, region) = cut(photo, args.crop, empty)?;
    let jpeg = keep(&picture.rgb, (picture.width, picture.height), region, Keeping::default())
        .with_context(|| format!("failed to keep a picture of `{}`", photo.display()))?;
    Ok((view.id, GivenPicture::New(ViewPicture::new(jpeg)?)))
}
