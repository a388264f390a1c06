//! How fast this machine embeds and searches, set against a bare session and against the same work in Python.
//!
//! What is compared is measured in turns, because a machine is not equally fast all the time, and medians count.

mod embed;
mod index;
mod item;
mod peer;
mod vectors;

use serde::Serialize;

use crate::Context;
use crate::cli::BenchArgs;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::models;
use crate::table::{Align, Table};
use embed::EmbedReport;
use index::{IndexReport, Reloaded};
use item::ItemReport;
use peer::Peer;

#[derive(Serialize)]
struct Report {
    embed: EmbedReport,
    index: IndexReport,
    /// A thing on the tray, with either model.
    items: Vec<ItemReport>,
    /// Resident memory of a fresh process with an open session and the large index, in MB.
    memory_mb: f64,
    machine: String,
    quick: bool,
}

/// Runs `bench`.
pub(crate) fn run(context: &Context, args: &BenchArgs) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    let files = models::find(context, args.model.as_deref())?;
    if let Some(file) = &args.reload_index {
        context.console.object(&Reloaded::measure(&files, file)?)?;
        return Ok(Exit::Ok);
    }
    let peer = Peer::find(context, args.python.as_deref())?;
    let embed = embed::measure(context, args, &files, peer.as_ref(), &interrupt)?;
    let index = index::measure(context, args, &files, peer.as_ref(), &interrupt)?;
    let items = item::measure(context, args, &interrupt)?;
    let memory_mb = index.memory_mb;
    let report = Report { embed, index, items, memory_mb, machine: machine(), quick: args.quick };
    if context.console.json() {
        context.console.object(&report)?;
    } else {
        print(context, &report)?;
    }
    Ok(Exit::Ok)
}

/// `2 cores x86-64`.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{cores} cores {}", std::env::consts::ARCH.replace('_', "-"))
}

/// Memory of this process that is in RAM, in MB; 0 where the system does not say.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
    round(kilobytes.unwrap_or(0.0_f64) / 1000.0, 1)
}

/// Rounded to so many places: figures whose last digits mean nothing.
fn round(value: f64, places: i32) -> f64 {
    let unit = 10_f64.powi(places);
    (value * unit).round() / unit
}

/// The middle one; the mean of the two middle ones of an even number. 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

fn print(context: &Context, report: &Report) -> Result<(), Failure> {
    let mut table = Table::new(&[("FIGURE", Align::Left), ("VALUE", Align::Right)]);
    let known = |value: Option<f64>| value.map_or("not measured".to_owned(), |value| value.to_string());
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    let (embed, index) = (&report.embed, &report.index);
    row("embedding, ms a photo", embed.ms.to_string());
    row("as a ratio to the bare session", embed.ratio_to_bare_session.to_string());
    row("as a ratio to Python", known(embed.ratio_to_python));
    row(&format!("recall of 10 among {} views", index.views), index.recall_at_10.to_string());
    row("the same after half were replaced", index.recall_after_churn.to_string());
    row("queries a second", index.queries_per_s.to_string());
    row("hnswlib's at that recall", known(index.hnswlib_queries_per_s));
    row("faiss's at that recall", known(index.faiss_queries_per_s));
    row(&format!("reload of {} views, ms", index.large_views), index.reload_ms.to_string());
    for item in &report.items {
        row(&format!("a thing on the tray, ms, {}", item.model), item.ms.to_string());
        row("as a ratio to the reference", known(item.ratio_to_reference));
    }
    row("memory of all, MB", report.memory_mb.to_string());
    row("machine", report.machine.clone());
    context.console.table(&table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_middle() {
        for (values, expected) in [(vec![], 0.0), (vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 3.0], 2.5)]
        {
            assert!((median(values) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn knows_its_own_memory() {
        assert!(resident_mb() > 1.0);
    }
}
