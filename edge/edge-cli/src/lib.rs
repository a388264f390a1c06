//! `tillsight`: what a field technician, a shop owner or a script does at a till from the command line.
//!
//! Owns the words, tables and exit codes of the tool, enrolment from photos, the move to another model, the measurements (`eval`, `bench`) and
//! `doctor`. It must never know SQL, ONNX or a device file: stores, vision and devices do. When the till's daemon runs,
//! everything goes through its control socket; only when it does not is the store opened directly.
//!
//! What is data goes to stdout, all talk to stderr. Read [`cli`] first: it is the tool's face; then `console.rs`, which
//! is how every command speaks.
#![forbid(unsafe_code)]

mod claim;
mod cli;
#[cfg(test)]
mod reference;

mod bench;
mod cache;
mod commands;
mod console;
mod doctor;
mod enroll;
mod eval;
mod failure;
mod interrupt;
mod learn;
mod models;
mod photos;
mod progress;
mod re_embed;
mod suggest;
mod table;
mod till;
mod trays;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::{Cli, Command};
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// What a command has at hand.
pub(crate) struct Context {
    /// Where it speaks.
    pub(crate) console: Console,
    /// What was said before the command's name.
    pub(crate) global: cli::GlobalArgs,
}

/// Runs the tool with these arguments, the program's name first, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let plain = console::wants_no_colour(&arguments);
    let matches = Cli::command().color(console::clap_colour(plain)).try_get_matches_from(arguments);
    let parsed = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to fail: nobody reads any more.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() };
        }
    };
    let context = Context { console: Console::new(&cli.global), global: cli.global };
    match dispatch(&context, cli.command) {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_closed_pipe() => Exit::Ok.into(),
        Err(failure) => {
            context.console.fail(&failure);
            failure.exit().into()
        }
    }
}

fn dispatch(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Catalog(args) => commands::catalog::run(context, args),
        Command::Products(args) => commands::products::run(context, args),
        Command::Views(args) => commands::views::run(context, &args),
        Command::Enroll(args) => enroll::run(context, &args),
        Command::Learn(args) => learn::run(context, &args),
        Command::Sales(args) => commands::sales::run(context, &args),
        Command::Journal(args) => commands::journal::run(context, &args),
        Command::Settings(args) => commands::settings::run(context, args),
        Command::Cloud(args) => claim::run(context, &args),
        Command::Status => commands::status::run(context),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Eval(args) => eval::run(context, args),
        Command::Bench(args) => bench::run(context, &args),
        Command::Completions(args) => commands::completions::run(context, &args),
    }
}
