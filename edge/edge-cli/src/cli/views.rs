//! `views`.

use clap::{Args, Subcommand};

use super::ChangeArgs;

const LIST_EXAMPLES: &str = "\
Examples:
  tillsight views list
  tillsight views list --product apple-red --json";

const RE_EMBED_EXAMPLES: &str = "\
A new model's vectors cannot be compared with those of the old one. The till kept the pictures that its products were
taught with, so that the new model can look at them again: nobody has to take photos anew. The till sells by the old
model meanwhile. The new vectors, the model and a new calibration become one generation, and until then nothing changes:
Ctrl-C leaves everything as it was. What is enrolled meanwhile is taken along.

Views that have no picture (enrolled with `--no-pictures`, or before pictures were kept) cannot be taken along. They are
named, and without `--drop-missing` nothing is done. `tillsight catalog rollback` goes back to the old model.

Examples:
  tillsight views re-embed --dry-run
  tillsight views re-embed --model lite2 --yes
  tillsight views re-embed --drop-missing --min-views 5";

const VERIFY_EXAMPLES: &str = "\
Examples:
  tillsight views verify
  tillsight views verify --json";

#[derive(Debug, Args)]
pub(crate) struct ViewsArgs {
    #[command(subcommand)]
    pub(crate) command: ViewsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ViewsCommand {
    /// Count the views of each product, or list those of one
    #[command(after_help = LIST_EXAMPLES)]
    List(ViewsListArgs),
    /// Move all views to another model, from the pictures that were kept of them
    #[command(after_help = RE_EMBED_EXAMPLES)]
    ReEmbed(ReEmbedArgs),
    /// Read every view and every picture, and check that they are what was once written
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify,
}

#[derive(Debug, Args)]
pub(crate) struct ViewsListArgs {
    /// Only this product's, one by one
    #[arg(long, value_name = "ID")]
    pub(crate) product: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReEmbedArgs {
    /// The model to move to [default: the manifest's default]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// Let views go that have no picture, instead of stopping
    #[arg(long)]
    pub(crate) drop_missing: bool,

    /// Name products that would be left with fewer views than this
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) min_views: usize,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}
