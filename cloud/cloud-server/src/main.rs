//! The cloud's program.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cloud_server::config::{Config, DEFAULT_TOML};
use cloud_server::{admin, gateway, roles};

/// The cloud of a fleet of tills.
///
/// Exit codes: 0 done or stopped as told, 1 failed, 2 the configuration is wrong.
#[derive(Debug, Parser)]
#[command(name = "tillsight-cloud", version)]
struct Arguments {
    /// Configuration file; what it does not name keeps its default.
    #[arg(long, global = true, env = "TILLSIGHT_CLOUD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Runs the gateway, and the worker too unless `worker.in_server` is false.
    Server,
    /// Does the work behind the requests: photos become vectors, changes become catalogue generations.
    Worker,
    /// Visits the public pages that people have named, and looks GTINs up.
    Parser,
    /// Brings the database's tables up to date and ends.
    Migrate,
    /// Prints every setting with its default and what it means.
    PrintConfig,
    /// Prints the description of the REST interface (OpenAPI 3.1), which the server also answers with.
    PrintOpenapi,
    /// Reads the configuration and says what is wrong with it.
    CheckConfig,
    /// Reads one untrusted document and answers; the server starts it, and nobody else has a reason to.
    #[command(hide = true)]
    ReadDocument,
    /// What an administrator does on this machine.
    Admin {
        #[command(subcommand)]
        command: admin::Command,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if matches!(arguments.role, Role::ReadDocument) {
        return cloud_docs::confined::main();
    }
    roles::install_crypto();
    if matches!(arguments.role, Role::PrintConfig) {
        print(DEFAULT_TOML);
        return ExitCode::SUCCESS;
    }
    if matches!(arguments.role, Role::PrintOpenapi) {
        print(&gateway::description());
        return ExitCode::SUCCESS;
    }
    let config = match Config::load(arguments.config.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("tillsight-cloud: {:#}", anyhow::Error::from(error));
            return ExitCode::from(2);
        }
    };
    match run(arguments.role, config) {
        Ok(said) => {
            print(&said);
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "tillsight-cloud ends: {error:#}");
            eprintln!("tillsight-cloud: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a role to its end; gives back what belongs on standard output.
fn run(role: Role, config: Config) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match role {
        Role::Server => {
            log(&config)?;
            runtime.block_on(roles::serve(config))?;
            Ok(String::new())
        }
        Role::Worker => {
            log(&config)?;
            runtime.block_on(roles::work(config))?;
            Ok(String::new())
        }
        Role::Parser => {
            log(&config)?;
            runtime.block_on(roles::parse_pages(config))?;
            Ok(String::new())
        }
        Role::Migrate => {
            runtime.block_on(roles::migrate(&config))?;
            eprintln!("the tables are up to date");
            Ok(String::new())
        }
        Role::PrintConfig | Role::ReadDocument => Ok(DEFAULT_TOML.to_owned()),
        Role::PrintOpenapi => Ok(gateway::description()),
        Role::CheckConfig => {
            eprintln!("the configuration is fine");
            Ok(String::new())
        }
        Role::Admin { command } => runtime.block_on(admin::run(&config, command)),
    }
}

fn log(config: &Config) -> anyhow::Result<()> {
    let (log, telemetry) = (&config.log, &config.telemetry);
    Ok(service::logs::init_traced(log.format, &log.filter, telemetry, "tillsight-cloud")?)
}

#[allow(clippy::print_stdout, reason = "this is the data that was asked for")]
fn print(text: &str) {
    print!("{text}");
}
