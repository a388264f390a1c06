//! Every task of the repository, as `cargo xtask NAME`: the tests, the checks, the built page, the models, the rigs.
//!
//! Owns how things are built and checked, never what they do: it depends on no crate of the workspace, so that it
//! builds quickly and still runs when they do not. What has to know the product (shoppers, rigs, browser tests) is in
//! `e2e` and is started from here.
//!
//! Read [`test`] first: it is the list of everything that must hold.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "a program has no outside: `pub` says what a module offers to the others")]

mod cross;
mod demo;
mod deny;
mod fetch;
mod model;
mod pgvector;
mod places;
mod process;
mod rig;
mod schemathesis;
mod shop;
mod simulate;
mod systemd;
mod test;
mod tidy;
mod tools;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The tasks of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Demo(demo::DemoArgs),
    Test(test::TestArgs),
    Tidy(tidy::TidyArgs),
    Ui(ui::UiArgs),
    Model(model::ModelArgs),
    Shop(shop::ShopArgs),
    Rig(rig::RigArgs),
    Simulate(simulate::SimulateArgs),
    Cross(cross::CrossArgs),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Demo(args) => demo::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Tidy(args) => tidy::run(&args),
        Task::Ui(args) => ui::run(&args),
        Task::Model(args) => model::run(&args),
        Task::Shop(args) => shop::run(&args),
        Task::Rig(args) => rig::run(&args),
        Task::Simulate(args) => simulate::run(&args),
        Task::Cross(args) => cross::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
