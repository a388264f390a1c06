//! `cloud` and what it takes.

use clap::{Args, Subcommand};

use super::ChangeArgs;

pub(crate) const CLAIM_EXAMPLES: &str = "\
The code is made in the cloud (POST /api/v1/stores/STORE/tills/TILL/claims) and is good once. It is read from stdin
and never from the command line, where others could see it.

Examples:
  tillsight cloud claim https://cloud.example:8443";

pub(crate) const FORGET_EXAMPLES: &str = "\
Examples:
  tillsight cloud forget --yes";

#[derive(Debug, Args)]
pub(crate) struct CloudArgs {
    #[command(subcommand)]
    pub(crate) command: CloudCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// Make this till one of a store's tills in the cloud, by a code that the cloud has made
    #[command(after_help = CLAIM_EXAMPLES)]
    Claim(ClaimArgs),
    /// Forget the cloud: the till sells on by itself, and sales wait in its journal
    #[command(after_help = FORGET_EXAMPLES)]
    Forget(ForgetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ClaimArgs {
    /// Where the cloud's tills connect to, for example https://cloud.example:8443
    pub(crate) address: String,
}

#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}
