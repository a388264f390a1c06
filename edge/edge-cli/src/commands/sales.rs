//! `sales`.

use domain::ids::SequenceNumber;
use domain::sale::Sale;
use edge_store::JournalEntry;
use serde_json::{Value, json};

use super::render::{
    LANGUAGE, identified_in_words, local_time, price_in_words, sale as sale_object, sale_head, tender_kind,
};
use crate::Context;
use crate::cli::{SalesArgs, SalesCommand, SalesListArgs, SalesShowArgs};
use crate::failure::{Exit, Failure};
use crate::table::{Align, Table};
use crate::till::Till;

/// Runs `sales`.
pub(crate) fn run(context: &Context, args: &SalesArgs) -> Result<Exit, Failure> {
    match &args.command {
        SalesCommand::List(args) => list(context, args),
        SalesCommand::Show(args) => show(context, args),
    }
}

fn list(context: &Context, args: &SalesListArgs) -> Result<Exit, Failure> {
    let console = &context.console;
    let sales = Till::open(context)?.newest_sales(args.limit)?;
    if console.json() {
        let sales: Vec<Value> = sales.iter().map(|(entry, sale)| sale_head(entry, sale)).collect();
        console.object(&json!({ "sales": sales }))?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[
        ("NUMBER", Align::Right),
        ("PAID AT", Align::Left),
        ("DAY", Align::Left),
        ("LINES", Align::Right),
        ("TOTAL", Align::Right),
        ("SALE", Align::Left),
    ]);
    for (entry, sale) in &sales {
        table.row([
            entry.sequence.to_string(),
            local_time(sale.completed_at),
            sale.business_day.to_string(),
            sale.lines.len().to_string(),
            sale.totals.gross.to_string(),
            sale.id.to_string(),
        ]);
    }
    console.table(&table)?;
    if table.is_empty() {
        console.say("this till has sold nothing yet");
    } else if sales.len() == args.limit as usize {
        console.say(format_args!("these are the newest {}; `--limit` shows more", args.limit));
    }
    Ok(Exit::Ok)
}

fn show(context: &Context, args: &SalesShowArgs) -> Result<Exit, Failure> {
    let wanted = SequenceNumber(args.sequence);
    let mut till = Till::open(context)?;
    let Some((entry, sale)) = till.sale_at(wanted)? else {
        let newest = till.newest_sales(1)?;
        let hint = match newest.first() {
            Some((entry, _)) => format!("sales are numbered from 1 to {}", entry.sequence),
            None => "this till has sold nothing yet".to_owned(),
        };
        return Err(Failure::new(format!("there is no sale number {wanted}")).hint(hint));
    };
    if context.console.json() {
        context.console.object(&sale_object(&entry, &sale))?;
    } else {
        print(context, &entry, &sale)?;
    }
    Ok(Exit::Ok)
}

fn print(context: &Context, entry: &JournalEntry, sale: &Sale) -> Result<(), Failure> {
    let console = &context.console;
    let till = &sale.till;
    console.line(format_args!(
        "sale {} of {}/{}/{}, {}",
        entry.sequence, till.org, till.store, till.till, sale.id
    ))?;
    console.line(format_args!(
        "paid at {}, counts to {}, prices of generation {}",
        local_time(sale.completed_at),
        sale.business_day,
        sale.generation
    ))?;
    console.line("")?;
    let mut table = Table::new(&[
        ("PRODUCT", Align::Left),
        ("NAME", Align::Left),
        ("QUANTITY", Align::Right),
        ("PRICE", Align::Right),
        ("TAX", Align::Left),
        ("AMOUNT", Align::Right),
        ("KNOWN BY", Align::Left),
    ]);
    for line in &sale.lines {
        table.row([
            line.product.to_string(),
            line.name.get(LANGUAGE).to_owned(),
            line.quantity.to_string(),
            price_in_words(line.unit_price),
            line.tax_code.to_string(),
            line.amount.to_string(),
            identified_in_words(line.identified_by),
        ]);
    }
    console.table(&table)?;
    console.line("")?;
    let meaning = if sale.tax_inclusive { "contained" } else { "added" };
    for tax in &sale.totals.taxes {
        let rate = f64::from(tax.rate.basis_points) / 100.0;
        console.line(format_args!("tax {} at {rate} % on {}: {} {meaning}", tax.code, tax.net, tax.tax))?;
    }
    console.line(format_args!("total {}", sale.totals.gross))?;
    if let Some(age) = sale.age_checked {
        console.line(format_args!("staff checked that the shopper is {age} or older"))?;
    }
    for tender in &sale.tenders {
        let kind = tender_kind(tender.kind);
        console
            .line(format_args!("paid {} by {kind}, authorisation {}", tender.amount, tender.authorisation))?;
    }
    Ok(())
}
