//! `journal`.

use edge_store::JournalReport;
use serde_json::json;

use super::render::{count, hex};
use crate::Context;
use crate::cli::{JournalArgs, JournalCommand};
use crate::failure::{Exit, Failure};
use crate::till::Till;

/// Runs `journal`.
pub(crate) fn run(context: &Context, args: &JournalArgs) -> Result<Exit, Failure> {
    match args.command {
        JournalCommand::Verify => verify(context),
    }
}

fn verify(context: &Context) -> Result<Exit, Failure> {
    let report = Till::open(context)?.verify_journal()?;
    if context.console.json() {
        print_object(context, &report)?;
    } else {
        print(context, &report)?;
    }
    Ok(if report.ok { Exit::Ok } else { Exit::Failed })
}

fn print_object(context: &Context, report: &JournalReport) -> Result<(), Failure> {
    let gaps: Vec<_> =
        report.gaps.iter().map(|gap| json!({"first": gap.first.0, "last": gap.last.0})).collect();
    let bad = report.first_bad.as_ref();
    context.console.object(&json!({
        "ok": report.ok,
        "entries": report.entries,
        "head": report.head.0,
        "head_hash": hex(&report.head_hash),
        "outbox": report.outbox,
        "gaps": gaps,
        "first_bad": bad.map(|bad| json!({"sequence": bad.sequence.0, "problem": bad.problem})),
    }))
}

fn print(context: &Context, report: &JournalReport) -> Result<(), Failure> {
    let console = &context.console;
    let entries = usize::try_from(report.entries).unwrap_or(usize::MAX);
    console.line(format_args!(
        "{}, the last is number {}, {} to be sent",
        count(entries, "sale"),
        report.head,
        report.outbox
    ))?;
    console.line(format_args!("head hash {}", hex(&report.head_hash)))?;
    for gap in &report.gaps {
        console.warn(format_args!(
            "sales {} to {} were lost to damage, as an earlier repair put on record",
            gap.first, gap.last
        ));
    }
    match &report.first_bad {
        None => console.line("every sale is what was once written")?,
        Some(bad) => {
            console
                .line(format_args!("sale {} is not what was once written: {}", bad.sequence, bad.problem))?;
            console.hint("keep the data directory as it is, make a copy of it, and restart `tillsightd`, which sets the damage aside and reports what it could save");
        }
    }
    Ok(())
}
