//! `products`.

use domain::ids::ModelVersion;
use edge_store::ViewChange;
use serde_json::json;
use vision::calibrate::{Calibration, OperatingPoints};

use super::render::count;
use crate::Context;
use crate::cli::{ProductsArgs, ProductsCommand, RemoveViewsArgs};
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::till::{Till, known_product};

/// Runs `products`.
pub(crate) fn run(context: &Context, args: ProductsArgs) -> Result<Exit, Failure> {
    match args.command {
        ProductsCommand::RemoveViews(args) => remove_views(context, &args),
    }
}

fn remove_views(context: &Context, args: &RemoveViewsArgs) -> Result<Exit, Failure> {
    let console = &context.console;
    let interrupt = Interrupt::watch()?;
    let mut till = Till::open(context)?;
    let newest = till.catalogue()?;
    let product = known_product(&newest.catalogue, &args.product)?.id.clone();
    let (gone, kept): (Vec<_>, Vec<_>) = newest.views.into_iter().partition(|view| view.product == product);
    let mut generation = newest.generation;
    let Some(model) = newest.model.filter(|_| !gone.is_empty()) else {
        console.say(format_args!("`{product}` has no views; nothing to do"));
        return answer(context, args, product.as_str(), 0, generation.0);
    };
    if args.change.dry_run {
        console.say(format_args!("would remove {} of `{product}`", count(gone.len(), "view")));
        return answer(context, args, product.as_str(), gone.len(), generation.0);
    }
    let question = format!(
        "Remove {} of `{product}`? The till will not recognise it until it is enrolled again.",
        count(gone.len(), "view")
    );
    console.confirm(&args.change, &question, &interrupt)?;
    let calibration =
        Calibration::fit(&kept, &OperatingPoints::default(), &models::experience(context, &model, &kept)?)?;
    interrupt.check()?;
    generation = till.reopen()?.publish_views(ViewChange {
        remove_products: vec![product.clone()],
        calibration_json: Some(calibration.to_json()),
        expected: Some(generation),
        ..ViewChange::new(ModelVersion::clone(&model))
    })?;
    console.say(format_args!(
        "removed {} of `{product}`; generation {generation} is live",
        count(gone.len(), "view")
    ));
    answer(context, args, product.as_str(), gone.len(), generation.0)
}

fn answer(
    context: &Context,
    args: &RemoveViewsArgs,
    product: &str,
    removed: usize,
    generation: u64,
) -> Result<Exit, Failure> {
    if context.console.json() {
        context.console.object(&json!({
            "product": product, "removed": removed, "generation": generation, "dry_run": args.change.dry_run,
        }))?;
    }
    Ok(Exit::Ok)
}
