//! `completions`.

use clap::CommandFactory as _;

use crate::Context;
use crate::cli::{Cli, CompletionsArgs};
use crate::failure::{Exit, Failure};

/// Writes a shell's completion script to stdout.
pub(crate) fn run(context: &Context, args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tillsight", &mut script);
    context.console.raw(&script)?;
    Ok(Exit::Ok)
}
