//! `sales`, `journal`, `settings`, `status`, `doctor` and `completions`.

use clap::{Args, Subcommand};
use clap_complete::Shell;

use super::ChangeArgs;

const SALES_LIST_EXAMPLES: &str = "\
Examples:
  tillsight sales list
  tillsight sales list --limit 100 --json";

const SALES_SHOW_EXAMPLES: &str = "\
Examples:
  tillsight sales show 17";

const VERIFY_EXAMPLES: &str = "\
Every entry's hash is computed again, from the first sale to the last.

Examples:
  tillsight journal verify --json";

const SETTINGS_GET_EXAMPLES: &str = "\
Examples:
  tillsight settings get
  tillsight settings get receipt.footer";

const SETTINGS_SET_EXAMPLES: &str = "\
Examples:
  tillsight settings set receipt.footer \"Thank you\"";

const SETTINGS_UNSET_EXAMPLES: &str = "\
Examples:
  tillsight settings unset receipt.footer";

pub(crate) const STATUS_EXAMPLES: &str = "\
Examples:
  tillsight status --json";

pub(crate) const DOCTOR_EXAMPLES: &str = "\
Needs no network. Exits 1 when something is wrong; a warning alone does not count unless --strict is given.

Examples:
  tillsight doctor
  tillsight doctor --strict --json";

pub(crate) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  tillsight completions bash > /etc/bash_completion.d/tillsight";

#[derive(Debug, Args)]
pub(crate) struct SalesArgs {
    #[command(subcommand)]
    pub(crate) command: SalesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SalesCommand {
    /// List sales, newest first
    #[command(after_help = SALES_LIST_EXAMPLES)]
    List(SalesListArgs),
    /// Show one sale with its lines
    #[command(after_help = SALES_SHOW_EXAMPLES)]
    Show(SalesShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SalesListArgs {
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct SalesShowArgs {
    /// The sale's sequence number
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sequence: u64,
}

#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    #[command(subcommand)]
    pub(crate) command: JournalCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// Check that every sale is what was once written, and that none is missing
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify,
}

#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    pub(crate) command: SettingsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show one setting, or all
    #[command(after_help = SETTINGS_GET_EXAMPLES)]
    Get {
        /// The setting's name
        key: Option<String>,
    },
    /// Give a setting a value
    #[command(after_help = SETTINGS_SET_EXAMPLES)]
    Set {
        /// The setting's name
        key: String,
        /// Its value
        value: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Remove a setting
    #[command(after_help = SETTINGS_UNSET_EXAMPLES)]
    Unset {
        /// The setting's name
        key: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Warnings count as wrong too
    #[arg(long)]
    pub(crate) strict: bool,

    /// How long a check may take before it counts as failed, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}
