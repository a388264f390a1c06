//! How well products are recognised, measured on photos that nothing was fitted on.

mod boxes;
mod cached;
mod dataset;
mod disjoint;
mod distort;
mod images;
mod learning;
mod metrics;
mod report;
mod tables;
mod tray;
mod trial;

use crate::Context;
use crate::cli::{EvalArgs, EvalCommand};
use crate::failure::{Exit, Failure};

/// Runs `eval`.
pub(crate) fn run(context: &Context, args: EvalArgs) -> Result<Exit, Failure> {
    match args.command {
        EvalCommand::Images(args) => images::run(context, &args),
        EvalCommand::Learning(args) => learning::run(context, &args),
        EvalCommand::Tables(args) => tables::run(context, &args),
        EvalCommand::Report(args) => report::run(context, &args),
        EvalCommand::Tray(args) => tray::run(context, &args),
        EvalCommand::Boxes(args) => boxes::run(context, &args),
    }
}
