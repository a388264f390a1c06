//! `cargo xtask shop`: fetches the pictures of the simulated shop.

use clap::Args;

/// Fetch the pictures of the simulated shop (once; quick when they are there).
#[derive(Debug, Args)]
pub struct ShopArgs {
    /// Fetch them again even when they are there.
    #[arg(long)]
    pub force: bool,
}

/// Fetches what is missing and prints the folder.
pub fn run(args: ShopArgs) -> anyhow::Result<()> {
    let _ = args;
    unimplemented!()
}
