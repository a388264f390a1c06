//! The till's daemon.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use edge_daemon::config::{Config, DEFAULT_TOML, LogFormat};

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

fn read(arguments: &Arguments) -> anyhow::Result<Config> {
    Ok(Config::load(arguments.config.as_deref())?)
}

fn run(config: Config) -> anyhow::Result<()> {
    let format = match config.log.format {
        LogFormat::Json => service::logs::LogFormat::Json,
        LogFormat::Text => service::logs::LogFormat::Text,
    };
    service::logs::init(format, &config.log.filter)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(edge_daemon::till::run(config));
    // A device thread may hang in a driver for ever; the process does not wait for it.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    outcome
}
