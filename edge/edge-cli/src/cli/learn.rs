//! `learn`.

use clap::Args;

use super::ChangeArgs;

pub(crate) const EXAMPLES: &str = "\
The till remembers what sold things looked like: numbers, no pictures, no sale, no time finer than the day. From what it
remembers, views are added where a product looks as no view of it does, and the thresholds are fitted anew. That makes one
generation, which `tillsight catalog rollback` undoes. A running till does the same by itself once a day, when it is quiet.

Examples:
  tillsight learn --dry-run
  tillsight learn --yes --json
  tillsight learn --forget";

#[derive(Debug, Args)]
pub(crate) struct LearnArgs {
    /// Learn nothing, but forget all that is remembered of sold things; what was learnt from it stays
    #[arg(long)]
    pub(crate) forget: bool,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}
