//! `status`.

use serde_json::{Value, json};

use super::render::{count, local_time};
use crate::Context;
use crate::failure::{Exit, Failure};
use crate::till::Till;

/// Runs `status`.
pub(crate) fn run(context: &Context) -> Result<Exit, Failure> {
    let console = &context.console;
    let mut till = Till::open(context)?;
    let status = till.status()?;
    let running = till.is_running();
    let newest = till.newest_sales(1)?.into_iter().next();
    let generation = till.generations()?.into_iter().next();
    if console.json() {
        console.object(&json!({
            "running": running,
            "till": status.till,
            "version": status.program_version,
            "data": context.global.data.display().to_string(),
            "generation": generation.as_ref().map(|info| info.generation.0),
            "products": generation.as_ref().map(|info| info.products),
            "views": generation.as_ref().map(|info| info.views),
            "sales": status.journal_head,
            "outbox": status.outbox,
            "open_payments": status.open_intents,
            "free_bytes": status.disk_free_bytes,
            "disk_low": status.disk_low,
            "daemon": status.daemon,
        }))?;
        return Ok(Exit::Ok);
    }
    if running {
        console.line(format_args!("till {} is running, version {}", status.till, status.program_version))?;
        print_daemon(context, &status.daemon)?;
    } else {
        console.line(format_args!("till {} is not running; this is what its store holds", status.till))?;
    }
    match generation {
        Some(info) => console.line(format_args!(
            "catalogue: generation {} of {}, {} products, {} views",
            info.generation,
            local_time(info.published_at),
            info.products,
            info.views
        ))?,
        None => console.line("catalogue: none yet")?,
    }
    match newest {
        Some((entry, sale)) => console.line(format_args!(
            "sales: {}, the last at {} for {}; {} to be sent, {} payments not settled",
            entry.sequence,
            local_time(sale.completed_at),
            sale.totals.gross,
            status.outbox,
            status.open_intents
        ))?,
        None => console.line("sales: none yet")?,
    }
    let room = if status.disk_low { ", which is too little to sell" } else { "" };
    console.line(format_args!("disk: {} MB free{room}", status.disk_free_bytes / 1_000_000))?;
    Ok(Exit::Ok)
}

/// Prints what the daemon says of itself, one field a line; the parts of the till one a line.
fn print_daemon(context: &Context, status: &Value) -> Result<(), Failure> {
    let console = &context.console;
    let Some(fields) = status.as_object() else { return console.line(status) };
    for (name, value) in fields {
        match value {
            Value::Array(parts) if parts.iter().all(Value::is_object) => {
                console.line(format_args!(
                    "{name}: {}",
                    count(parts.len(), "entry").replace("entrys", "entries")
                ))?;
                for part in parts {
                    console.line(format_args!("  {}", in_one_line(part)))?;
                }
            }
            other => console.line(format_args!("{name}: {}", in_one_line(other)))?,
        }
    }
    Ok(())
}

fn in_one_line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let known = fields.iter().filter(|(_, value)| !value.is_null());
            known.map(|(name, value)| format!("{name} {}", in_one_line(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
