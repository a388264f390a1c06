//! `catalog` and `products`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ChangeArgs;

const IMPORT_EXAMPLES: &str = "\
A JSON file says everything itself; a CSV file holds the products only, so currency and tax rates come with the command.
The file is checked as a whole: every problem is named with its line, and nothing changes unless there is none.

Examples:
  tillsight catalog import shop.json
  tillsight catalog import products.csv --currency EUR --tax vat7=700 --tax vat19=1900
  tillsight catalog import shop.json --dry-run";

const EXPORT_EXAMPLES: &str = "\
Examples:
  tillsight catalog export > shop.json
  tillsight catalog export --format csv > products.csv";

const LIST_EXAMPLES: &str = "\
Examples:
  tillsight catalog list
  tillsight catalog list --search apple --json";

const SHOW_EXAMPLES: &str = "\
Examples:
  tillsight catalog show
  tillsight catalog show apple-red";

const GENERATIONS_EXAMPLES: &str = "\
Examples:
  tillsight catalog generations --json";

const ROLLBACK_EXAMPLES: &str = "\
A new generation is made with the contents of an earlier one; sales keep the prices they were made at. A till of a cloud
takes the cloud's next generation when one is made: to go back for a whole store, do it in the cloud
(`tillsight-cloud admin rollback`).

Examples:
  tillsight catalog rollback 3 --dry-run
  tillsight catalog rollback 3 --yes";

const REMOVE_EXAMPLES: &str = "\
Examples:
  tillsight products remove-views apple-red --dry-run
  tillsight products remove-views apple-red --yes";

#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    pub(crate) command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Replace the catalogue by a file's (JSON or CSV)
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Write the catalogue to stdout, as `import` reads it
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// List the products
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Show the catalogue as a whole, or one product
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowArgs),
    /// List the kept generations, newest first
    #[command(after_help = GENERATIONS_EXAMPLES)]
    Generations,
    /// Go back to an earlier generation
    #[command(after_help = ROLLBACK_EXAMPLES)]
    Rollback(RollbackArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The catalogue file: `.json` or `.csv`
    pub(crate) file: PathBuf,

    /// The currency of the prices in a CSV file (ISO 4217)
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,

    /// A tax rate for a CSV file, in basis points (700 is 7 %); give it once per code
    #[arg(long = "tax", value_name = "CODE=BP")]
    pub(crate) taxes: Vec<String>,

    /// The prices of a CSV file are without tax, which is added at the till
    #[arg(long)]
    pub(crate) tax_exclusive: bool,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
    /// Products, currency and tax rates
    Json,
    /// Products only
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The format
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: FileFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only products whose id, name, SKU, GTIN or PLU contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,

    /// Archived products too
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The product's id
    pub(crate) product: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The number of the generation to go back to
    pub(crate) generation: u64,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ProductsArgs {
    #[command(subcommand)]
    pub(crate) command: ProductsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProductsCommand {
    /// Make the till forget what a product looks like; it stays in the catalogue
    #[command(after_help = REMOVE_EXAMPLES)]
    RemoveViews(RemoveViewsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RemoveViewsArgs {
    /// The product's id
    pub(crate) product: String,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}
