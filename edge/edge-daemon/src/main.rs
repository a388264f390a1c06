//! The till's daemon.
#![forbid(unsafe_code)]

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use edge_daemon::config::{Config, DEFAULT_TOML, LogFormat};
use edge_daemon::staff_pin::Pin;
use rustix::termios;

/// The till's daemon: sees what lies on the tray, prices it, takes the payment, keeps the sale.
///
/// Exit codes: 0 stopped as told, 1 failed, 2 the configuration is wrong.
#[derive(Debug, Parser)]
#[command(name = "tillsightd", version)]
struct Arguments {
    /// Configuration file; what it does not name keeps its default.
    #[arg(long, env = "TILLSIGHT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Reads the configuration, says what is wrong with it, and ends.
    #[arg(long)]
    check: bool,
    /// Prints every setting with its default and what it means, and ends.
    #[arg(long)]
    print_config: bool,
    /// Reads a staff PIN (4 to 12 digits) from standard input, prints its hash, and ends.
    ///
    /// The hash is the till's setting `staff.pin`: `tillsight settings set staff.pin "$(tillsightd --hash-pin)"`.
    #[arg(long, conflicts_with_all = ["check", "print_config"])]
    hash_pin: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print_config {
        #[allow(clippy::print_stdout, reason = "this is the data that was asked for")]
        {
            print!("{DEFAULT_TOML}");
        }
        return ExitCode::SUCCESS;
    }
    if arguments.hash_pin {
        return match hash_pin() {
            Ok(hash) => {
                #[allow(clippy::print_stdout, reason = "this is the data that was asked for")]
                {
                    println!("{hash}");
                }
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("tillsightd: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let config = match read(&arguments) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("tillsightd: {error:#}");
            return ExitCode::from(2);
        }
    };
    if arguments.check {
        eprintln!("the configuration is fine");
        return ExitCode::SUCCESS;
    }
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "tillsightd ends: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn hash_pin() -> anyhow::Result<String> {
    let mut line = String::new();
    if std::io::stdin().is_terminal() {
        eprint!("Staff PIN, 4 to 12 digits (it is not shown): ");
        let typed = unseen(|| std::io::stdin().read_line(&mut line));
        eprintln!();
        typed?;
    } else {
        std::io::stdin().read_line(&mut line)?;
    }
    Pin::new(line.trim_end_matches(['\r', '\n']))?.hash()
}

/// Whoever stands behind the technician must not read what is typed.
fn unseen<T>(typing: impl FnOnce() -> std::io::Result<T>) -> anyhow::Result<T> {
    let terminal = std::io::stdin();
    let shown = termios::tcgetattr(&terminal).context("failed to ask the terminal how it is set")?;
    let mut silent = shown.clone();
    silent.local_modes.remove(termios::LocalModes::ECHO);
    termios::tcsetattr(&terminal, termios::OptionalActions::Flush, &silent)
        .context("failed to keep the terminal from showing what is typed")?;
    let typed = typing();
    termios::tcsetattr(&terminal, termios::OptionalActions::Now, &shown)
        .context("failed to set the terminal back: run `stty echo`")?;
    Ok(typed?)
}

fn read(arguments: &Arguments) -> anyhow::Result<Config> {
    Ok(Config::load(arguments.config.as_deref())?)
}

fn run(config: Config) -> anyhow::Result<()> {
    let format = match config.log.format {
        LogFormat::Json => service::logs::LogFormat::Json,
        LogFormat::Text => service::logs::LogFormat::Text,
    };
    service::logs::init_traced(format, &config.log.filter, &config.telemetry, "tillsightd")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(edge_daemon::till::run(config));
    // A device thread may hang in a driver for ever; the process does not wait for it.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    outcome
}
