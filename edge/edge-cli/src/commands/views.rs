//! `views`.

use std::collections::BTreeMap;

use domain::ids::ProductId;
use serde_json::{Value, json};

use super::render::{LANGUAGE, count};
use crate::Context;
use crate::cli::{ViewsArgs, ViewsCommand, ViewsListArgs};
use crate::failure::{Exit, Failure};
use crate::re_embed;
use crate::table::{Align, Table};
use crate::till::{Newest, Till, known_product};

/// Runs `views`.
pub(crate) fn run(context: &Context, args: &ViewsArgs) -> Result<Exit, Failure> {
    match &args.command {
        ViewsCommand::List(args) => list(context, args),
        ViewsCommand::ReEmbed(args) => re_embed::run(context, args),
        ViewsCommand::Verify => verify(context),
    }
}

/// How many views each product has.
pub(crate) fn per_product(newest: &Newest) -> BTreeMap<&ProductId, usize> {
    let mut counts = BTreeMap::new();
    for view in &newest.views {
        *counts.entry(&view.product).or_default() += 1;
    }
    counts
}

fn list(context: &Context, args: &ViewsListArgs) -> Result<Exit, Failure> {
    let newest = Till::open(context)?.catalogue()?;
    match &args.product {
        Some(product) => list_one(context, &newest, product),
        None => list_all(context, &newest),
    }
}

fn list_one(context: &Context, newest: &Newest, product: &str) -> Result<Exit, Failure> {
    let console = &context.console;
    let product = known_product(&newest.catalogue, product)?;
    let views: Vec<String> = newest
        .views
        .iter()
        .filter(|view| view.product == product.id)
        .map(|view| view.id.to_string())
        .collect();
    if console.json() {
        let model = newest.model.as_ref().map(domain::ids::ModelVersion::as_str);
        console.object(&json!({
            "generation": newest.generation.0, "product": product.id.as_str(), "model": model, "views": views,
        }))?;
        return Ok(Exit::Ok);
    }
    for view in &views {
        console.line(view)?;
    }
    if views.is_empty() {
        console.say(format_args!("`{}` has no views", product.id));
        console.hint(format_args!("enrol it: `tillsight enroll --product {} PHOTOS`", product.id));
    }
    Ok(Exit::Ok)
}

fn list_all(context: &Context, newest: &Newest) -> Result<Exit, Failure> {
    let console = &context.console;
    let counts = per_product(newest);
    let current = || newest.catalogue.products().filter(|product| !product.archived);
    let of = |id: &ProductId| counts.get(id).copied().unwrap_or_default();
    if console.json() {
        let products: Vec<Value> =
            current().map(|p| json!({"product": p.id.as_str(), "views": of(&p.id)})).collect();
        console.object(&json!({
            "generation": newest.generation.0,
            "model": newest.model.as_ref().map(domain::ids::ModelVersion::as_str),
            "views": newest.views.len(),
            "products": products,
        }))?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[("PRODUCT", Align::Left), ("NAME", Align::Left), ("VIEWS", Align::Right)]);
    for product in current() {
        let name = product.name.get(LANGUAGE).to_owned();
        table.row([product.id.to_string(), name, of(&product.id).to_string()]);
    }
    console.table(&table)?;
    let without = current().filter(|product| of(&product.id) == 0).count();
    if without > 0 {
        console.say(format_args!("{} cannot be recognised: no views", count(without, "product")));
    }
    Ok(Exit::Ok)
}

fn verify(context: &Context) -> Result<Exit, Failure> {
    let console = &context.console;
    let report = Till::open(context)?.verify_views()?;
    for bad in &report.named {
        console.warn(format_args!("view {} of `{}`: {}", bad.view, bad.product, bad.problem));
    }
    let exit = if report.bad == 0 { Exit::Ok } else { Exit::Failed };
    if console.json() {
        let named: Vec<Value> = report
            .named
            .iter()
            .map(|bad| json!({"view": bad.view.to_string(), "product": bad.product, "problem": bad.problem}))
            .collect();
        console.object(&json!({
            "ok": report.bad == 0, "views": report.views, "with_picture": report.with_picture,
            "pictures": report.pictures, "picture_bytes": report.picture_bytes, "bad": report.bad, "named": named,
        }))?;
        return Ok(exit);
    }
    console.line(format_args!(
        "{} views in all kept generations, {} of them with their picture; {} pictures, {} MB",
        report.views,
        report.with_picture,
        report.pictures,
        report.picture_bytes / 1_000_000
    ))?;
    match report.bad {
        0 => console.say("all of them are what was once written"),
        bad => {
            console.say(format_args!("{bad} of them are damaged"));
            console.hint("enrol those products again: `tillsight enroll --product ID --replace PHOTOS`");
        }
    }
    Ok(exit)
}
