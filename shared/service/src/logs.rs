//! Log lines on stderr: JSON for machines, text for people.

use std::io::{self, IsTerminal as _};

use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::traces::{Telemetry, Traces};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Readable lines, coloured on a terminal.
    Text,
}

/// Why logging could not be set up.
#[derive(Debug, Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("`{filter}` is not a log filter: write a level such as `info`, or `info,vision=debug`")]
    Filter {
        /// As written.
        filter: String,
        /// What the parser says.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Spans cannot be sent.
    #[error("failed to set up `telemetry`")]
    Traces(#[source] anyhow::Error),
    /// Somebody has set it up before.
    #[error("failed to set up logging")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends log lines to stderr, those that `filter` lets through (`tracing-subscriber`'s `EnvFilter` syntax), and makes
/// a panic a log line too.
pub fn init(format: LogFormat, filter: &str) -> Result<(), LogError> {
    init_with(format, filter, None)
}

/// The same, and sends spans that the filter lets through to the collector that `telemetry` names, where it names one. `service` is
/// what the program is called there.
pub fn init_traced(
    format: LogFormat,
    filter: &str,
    telemetry: &Telemetry,
    service: &'static str,
) -> Result<(), LogError> {
    init_with(format, filter, Traces::start(telemetry, service).map_err(LogError::Traces)?)
}

fn init_with(format: LogFormat, filter: &str, traces: Option<Traces>) -> Result<(), LogError> {
    let filter = EnvFilter::builder()
        .parse(filter)
        .map_err(|source| LogError::Filter { filter: filter.to_owned(), source })?;
    let registry = tracing_subscriber::registry().with(filter).with(traces);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
        LogFormat::Text => registry.with(lines.with_ansi(io::stderr().is_terminal())).try_init()?,
    }
    log_panics();
    Ok(())
}

fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("without a message");
        tracing::error!(thread = thread.name().unwrap_or("unnamed"), place, "panic: {message}");
    }));
}
