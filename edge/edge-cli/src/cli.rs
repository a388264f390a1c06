//! The tool's face: every command, option and example. The help texts here are the reference, which
//! `docs/reference/cli.md` is made from.

mod catalog;
mod cloud;
mod enroll;
mod learn;
mod measure;
mod till;
mod views;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use catalog::{
    CatalogArgs, CatalogCommand, ExportArgs, FileFormat, ImportArgs, ListArgs, ProductsArgs, ProductsCommand,
    RemoveViewsArgs, RollbackArgs, ShowArgs,
};
pub(crate) use cloud::{ClaimArgs, CloudArgs, CloudCommand, ForgetArgs};
pub(crate) use enroll::{CropMode, EnrollArgs};
pub(crate) use learn::LearnArgs;
pub(crate) use measure::{
    BenchArgs, BoxesArgs, EvalArgs, EvalCommand, ImagesArgs, LearningArgs, ReportArgs, TablesArgs, TrayArgs,
};
pub(crate) use till::{
    CompletionsArgs, DoctorArgs, JournalArgs, JournalCommand, SalesArgs, SalesCommand, SalesListArgs,
    SalesShowArgs, SettingsArgs, SettingsCommand,
};
pub(crate) use views::{ReEmbedArgs, ViewsArgs, ViewsCommand, ViewsListArgs};

const AFTER_HELP: &str = "\
Data goes to stdout, everything else to stderr. With --json the last line on stdout is one JSON object whose
`schema` says which version of its fields it has.

Exit codes:
  0  done, and what was looked at is as it should be
  1  it failed, or what was looked at is not as it should be
  2  the command line makes no sense, or a person said no or pressed Ctrl-C; nothing was changed
  4  this user is not allowed to do it

Examples:
  tillsight catalog import shop.json
  tillsight enroll --folder photos/
  tillsight sales list --limit 5
  tillsight doctor";

/// The field technician's tool of a Tillsight till: catalogue, enrolment, sales, measurements and diagnosis.
///
/// When the till's daemon runs, everything goes through it; otherwise the till's store is opened directly.
#[derive(Debug, Parser)]
#[command(name = "tillsight", version, after_help = AFTER_HELP, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true, propagate_version = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// The till's data directory
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "TILLSIGHT_DATA",
        default_value = "/var/lib/tillsight"
    )]
    pub(crate) data: PathBuf,

    /// The folder with the models and the ONNX Runtime [default: /usr/share/tillsight/models, else ./models/built]
    #[arg(long, global = true, value_name = "DIR", env = "TILLSIGHT_MODELS")]
    pub(crate) models: Option<PathBuf>,

    /// Answer with one JSON object, on the last line of stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// No colour, not even on a terminal (NO_COLOR does the same)
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// What every command that changes something understands.
#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    /// Do it without asking
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,

    /// Check everything and say what would change, but change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The products, prices and tax rates of this till
    Catalog(CatalogArgs),
    /// Teach the till what a product looks like, from photos or through its camera
    #[command(after_help = enroll::EXAMPLES)]
    Enroll(EnrollArgs),
    /// Learn from what was sold: what products look like by now, and how sure the till may be
    #[command(after_help = learn::EXAMPLES)]
    Learn(LearnArgs),
    /// What the till knows of single products
    Products(ProductsArgs),
    /// The enrolled views: one per photo that a product was taught with
    Views(ViewsArgs),
    /// The sales of this till
    Sales(SalesArgs),
    /// The hash-chained record of all sales
    Journal(JournalArgs),
    /// The till's settings
    Settings(SettingsArgs),
    /// This till and the cloud: join it, leave it
    Cloud(CloudArgs),
    /// How the till is doing now
    #[command(after_help = till::STATUS_EXAMPLES)]
    Status,
    /// Find out what is wrong with this till, and what to do about it
    #[command(after_help = till::DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Measure how well products are recognised
    Eval(EvalArgs),
    /// Measure how fast this machine embeds and searches
    #[command(after_help = measure::BENCH_EXAMPLES)]
    Bench(BenchArgs),
    /// Write a completion script for a shell to stdout
    #[command(after_help = till::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
}
