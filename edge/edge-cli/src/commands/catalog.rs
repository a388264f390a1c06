//! `catalog`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use domain::ids::Generation;
use domain::product::Product;
use edge_store::ChangeKind;
use edge_store::cloud_identity::CloudIdentity;
use edge_store::import::{self, ImportedCatalogue, ReadOptions, ShopTerms};
use serde_json::{Value, json};

use super::difference::Difference;
use super::render::{self, LANGUAGE, count, local_time, number, price_in_words, rfc3339};
use super::views::per_product;
use crate::Context;
use crate::cli::{
    CatalogArgs, CatalogCommand, ExportArgs, FileFormat, ImportArgs, ListArgs, RollbackArgs, ShowArgs,
};
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::table::{Align, Table};
use crate::till::{Newest, Till, known_product};

/// Runs `catalog`.
pub(crate) fn run(context: &Context, args: CatalogArgs) -> Result<Exit, Failure> {
    match args.command {
        CatalogCommand::Import(args) => import(context, &args),
        CatalogCommand::Export(args) => export(context, &args),
        CatalogCommand::List(args) => list(context, &args),
        CatalogCommand::Show(args) => show(context, &args),
        CatalogCommand::Generations => generations(context),
        CatalogCommand::Rollback(args) => rollback(context, &args),
    }
}

fn import(context: &Context, args: &ImportArgs) -> Result<Exit, Failure> {
    let console = &context.console;
    let interrupt = Interrupt::watch()?;
    let imported = read(context, args)?;
    for warning in &imported.warnings {
        console.warn(warning);
    }
    let mut till = Till::open(context)?;
    let before = till.newest()?;
    let present = before.as_ref().map(|newest| (&newest.catalogue, newest.views.as_slice()));
    let difference = Difference::between(present, &imported.catalogue);
    console.say(format_args!("`{}`: {}", args.file.display(), difference.in_words()));
    let mut generation = before.as_ref().map_or(Generation(0), |newest| newest.generation);
    if args.change.dry_run {
        console.say("nothing was changed: this was a dry run");
    } else {
        if !difference.removed.is_empty() {
            console.confirm(&args.change, &removal_question(&difference), &interrupt)?;
            till = till.reopen()?;
        }
        interrupt.check()?;
        import::install_pictures(&imported.pictures, &context.global.data)
            .with_context(|| format!("failed to copy pictures into `{}`", context.global.data.display()))?;
        generation = till.publish_catalogue(&imported.catalogue)?;
        if difference.is_empty() {
            console.say(format_args!("generation {generation} has this catalogue already"));
        } else {
            console.say(format_args!("generation {generation} is live"));
        }
    }
    if console.json() {
        console.object(&json!({
            "generation": generation.0,
            "products": imported.catalogue.products().len(),
            "changes": difference.counts(),
            "warnings": imported.warnings.len(),
            "dry_run": args.change.dry_run,
        }))?;
    }
    Ok(Exit::Ok)
}

fn read(context: &Context, args: &ImportArgs) -> Result<ImportedCatalogue, Failure> {
    let is_csv = args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let terms_given = args.currency.is_some() || !args.taxes.is_empty() || args.tax_exclusive;
    if is_csv && (args.currency.is_none() || args.taxes.is_empty()) {
        let text = "a CSV file holds products only, so the currency and the tax rates must be given";
        return Err(
            Failure::usage(text).hint("add, for example, `--currency EUR --tax vat7=700 --tax vat19=1900`")
        );
    }
    if !is_csv && terms_given {
        let text = "--currency, --tax and --tax-exclusive are for CSV files: a JSON file has its own";
        return Err(Failure::usage(text).hint("leave them out, or change them in the file"));
    }
    let rates = args.taxes.iter().map(String::as_str);
    let terms =
        args.currency.as_deref().map(|currency| ShopTerms::parse(currency, rates, !args.tax_exclusive));
    let terms = terms.transpose().map_err(Failure::usage)?;
    let options = ReadOptions { terms: terms.as_ref(), store: Some(&context.global.data) };
    let imported = import::read_catalogue(&args.file, options).map_err(|error| {
        Failure::from(error).hint("correct the file and import it again; the till's catalogue is as it was")
    })?;
    Ok(imported)
}

fn removal_question(difference: &Difference) -> String {
    let names: Vec<String> = difference.removed.iter().take(5).map(|id| format!("`{id}`")).collect();
    let more = difference.removed.len().saturating_sub(names.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!(
        "{} leave{} the catalogue ({}{more}), with {}. Go on?",
        count(difference.removed.len(), "product"),
        if difference.removed.len() == 1 { "s" } else { "" },
        names.join(", "),
        count(difference.views_lost, "enrolled view"),
    )
}

fn export(context: &Context, args: &ExportArgs) -> Result<Exit, Failure> {
    let newest = Till::open(context)?.catalogue()?;
    let json = import::to_json(&newest.catalogue);
    if context.console.json() {
        let catalogue: Value =
            serde_json::from_str(&json).context("failed to read back the exported catalogue")?;
        context.console.object(&json!({ "generation": newest.generation.0, "catalogue": catalogue }))?;
        return Ok(Exit::Ok);
    }
    let text = match args.format {
        FileFormat::Json => json,
        FileFormat::Csv => import::to_csv(&newest.catalogue),
    };
    context.console.raw(text.as_bytes())?;
    Ok(Exit::Ok)
}

fn list(context: &Context, args: &ListArgs) -> Result<Exit, Failure> {
    let console = &context.console;
    let newest = Till::open(context)?.catalogue()?;
    let views = per_product(&newest);
    let views_of = |product: &Product| views.get(&product.id).copied().unwrap_or_default();
    let wanted = args.search.as_deref().unwrap_or_default().to_lowercase();
    let shown: Vec<&Product> = newest
        .catalogue
        .products()
        .filter(|product| (args.all || !product.archived) && mentions(product, &wanted))
        .collect();
    if console.json() {
        let products: Vec<Value> = shown.iter().map(|p| render::product(p, views_of(p))).collect();
        console.object(&json!({ "generation": newest.generation.0, "products": products }))?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[
        ("PRODUCT", Align::Left),
        ("NAME", Align::Left),
        ("PRICE", Align::Right),
        ("PER", Align::Left),
        ("TAX", Align::Left),
        ("SKU", Align::Left),
        ("GTIN/PLU", Align::Left),
        ("VIEWS", Align::Right),
    ]);
    for product in shown {
        let archived = if product.archived { " (archived)" } else { "" };
        table.row([
            product.id.to_string(),
            format!("{}{archived}", product.name.get(LANGUAGE)),
            product.price.amount.to_string(),
            product.price.per.to_string(),
            product.tax_code.to_string(),
            product.sku.clone(),
            number(product),
            views_of(product).to_string(),
        ]);
    }
    console.table(&table)?;
    if table.is_empty() {
        console.say("no product is like that");
    }
    Ok(Exit::Ok)
}

fn mentions(product: &Product, wanted: &str) -> bool {
    let names = product.name.0.values().map(String::as_str);
    let numbers = [product.gtin.map(|g| g.to_string()), product.plu.map(|p| p.to_string())];
    names.chain([product.id.as_str(), &product.sku]).any(|text| text.to_lowercase().contains(wanted))
        || numbers.iter().flatten().any(|number| number.contains(wanted))
}

fn show(context: &Context, args: &ShowArgs) -> Result<Exit, Failure> {
    let newest = Till::open(context)?.catalogue()?;
    match &args.product {
        Some(id) => show_product(context, &newest, known_product(&newest.catalogue, id)?)?,
        None => show_catalogue(context, &newest)?,
    }
    Ok(Exit::Ok)
}

fn show_product(context: &Context, newest: &Newest, product: &Product) -> Result<(), Failure> {
    let console = &context.console;
    let views = per_product(newest).get(&product.id).copied().unwrap_or_default();
    if console.json() {
        return console.object(&json!({
            "generation": newest.generation.0, "product": render::product(product, views),
        }));
    }
    let mut table = Table::new(&[("FIELD", Align::Left), ("VALUE", Align::Left)]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("id", product.id.to_string());
    for (language, name) in &product.name.0 {
        row(&format!("name ({language})"), name.clone());
    }
    row("price", price_in_words(product.price));
    row("tax code", product.tax_code.to_string());
    row("SKU", product.sku.clone());
    row("GTIN", product.gtin.map(|gtin| gtin.to_string()).unwrap_or_default());
    row("PLU", product.plu.map(|plu| plu.to_string()).unwrap_or_default());
    row("age limit", product.age_limit.map(|age| age.to_string()).unwrap_or_default());
    row("archived", if product.archived { "yes" } else { "no" }.to_owned());
    row("picture", product.picture.as_deref().map(|name| shown_path(context, name)).unwrap_or_default());
    row("views", views.to_string());
    console.table(&table)
}

fn shown_path(context: &Context, picture: &str) -> String {
    let path: &Path = &import::picture_path(&context.global.data, picture);
    path.display().to_string()
}

fn show_catalogue(context: &Context, newest: &Newest) -> Result<(), Failure> {
    let console = &context.console;
    let catalogue = &newest.catalogue;
    let archived = catalogue.products().filter(|product| product.archived).count();
    let with_views = per_product(newest).len();
    let model = newest.model.as_ref().map(domain::ids::ModelVersion::as_str);
    if console.json() {
        let rates: BTreeMap<&str, u32> =
            catalogue.taxes().rates.iter().map(|(code, rate)| (code.as_str(), rate.basis_points)).collect();
        return console.object(&json!({
            "generation": newest.generation.0,
            "currency": catalogue.currency().code(),
            "tax": {"inclusive": catalogue.taxes().inclusive, "rates": rates},
            "products": catalogue.products().len(),
            "archived": archived,
            "products_with_views": with_views,
            "views": newest.views.len(),
            "model": model,
        }));
    }
    console.line(format_args!("generation {}", newest.generation))?;
    let tax = if catalogue.taxes().inclusive { "contain tax" } else { "are without tax" };
    console.line(format_args!("prices in {}, which {tax}", catalogue.currency()))?;
    for (code, rate) in &catalogue.taxes().rates {
        console.line(format_args!("tax {code}: {} %", f64::from(rate.basis_points) / 100.0))?;
    }
    console.line(format_args!(
        "{}, {archived} of them archived",
        count(catalogue.products().len(), "product")
    ))?;
    console.line(format_args!(
        "{} of {}, made by {}",
        count(newest.views.len(), "view"),
        count(with_views, "product"),
        model.unwrap_or("no model")
    ))
}

fn generations(context: &Context) -> Result<Exit, Failure> {
    let console = &context.console;
    let kept = Till::open(context)?.generations()?;
    if console.json() {
        let generations: Vec<Value> = kept
            .iter()
            .map(|info| {
                json!({
                    "generation": info.generation.0,
                    "published_at": rfc3339(info.published_at),
                    "kind": kind(info.kind),
                    "products": info.products,
                    "views": info.views,
                    "model": info.model.as_ref().map(domain::ids::ModelVersion::as_str),
                })
            })
            .collect();
        console.object(&json!({ "generations": generations }))?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[
        ("GENERATION", Align::Right),
        ("PUBLISHED AT", Align::Left),
        ("WHAT CHANGED", Align::Left),
        ("PRODUCTS", Align::Right),
        ("VIEWS", Align::Right),
        ("MODEL", Align::Left),
    ]);
    for info in kept {
        table.row([
            info.generation.to_string(),
            local_time(info.published_at),
            kind(info.kind).to_owned(),
            info.products.to_string(),
            info.views.to_string(),
            info.model.map(|model| model.to_string()).unwrap_or_default(),
        ]);
    }
    console.table(&table)?;
    if table.is_empty() {
        console.say("this till has no catalogue yet");
    }
    Ok(Exit::Ok)
}

fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Catalogue => "catalogue",
        ChangeKind::Views => "views",
        ChangeKind::Calibration => "calibration",
        ChangeKind::Rollback => "rollback",
        ChangeKind::Cloud => "cloud",
    }
}

fn rollback(context: &Context, args: &RollbackArgs) -> Result<Exit, Failure> {
    let console = &context.console;
    let interrupt = Interrupt::watch()?;
    let mut till = Till::open(context)?;
    let wanted = Generation(args.generation);
    let kept = till.generations()?;
    let Some(target) = kept.iter().find(|info| info.generation == wanted) else {
        let numbers: Vec<String> = kept.iter().map(|info| info.generation.to_string()).collect();
        return Err(Failure::new(format!("generation {wanted} is not kept")).hint(format!(
            "these are: {}",
            if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") }
        )));
    };
    let contents = format!(
        "generation {wanted} of {}, with {} products and {} views",
        local_time(target.published_at),
        target.products,
        target.views
    );
    if let Some(model) = target.model.as_ref().filter(|_| target.views > 0)
        && matches!(models::of_version(context, model), Ok(None))
    {
        console.warn(format_args!(
            "its views were made by {model}, which is not among this machine's models: the till would recognise nothing"
        ));
    }
    let mut generation = kept.first().map_or(wanted, |info| info.generation);
    if args.change.dry_run {
        console.say(format_args!("would go back to {contents}"));
    } else if generation == wanted {
        console.say(format_args!("generation {wanted} is the newest already; nothing to do"));
    } else {
        console.confirm(&args.change, &format!("Go back to {contents}?"), &interrupt)?;
        interrupt.check()?;
        generation = till.reopen()?.rollback(wanted)?;
        console.say(format_args!("generation {generation} is live, with the contents of {wanted}"));
        if CloudIdentity::load(&context.global.data)?.is_some() {
            console.say("the till belongs to a cloud, whose next generation will take its place");
        }
    }
    if console.json() {
        let answer =
            json!({"generation": generation.0, "contents_of": wanted.0, "dry_run": args.change.dry_run});
        console.object(&answer)?;
    }
    Ok(Exit::Ok)
}
