//! `tillsight`: the field technician's tool. Everything is in the library, where tests reach it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    edge_cli::run(std::env::args_os())
}
