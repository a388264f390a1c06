//! What can be wrong with a configuration, and how it is said.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The program's own default.
    Default,
    /// A line of a file, counted from 1.
    File {
        /// The file.
        path: Arc<PathBuf>,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Variable(Arc<str>),
}

/// A value that is well formed but cannot be, as the program's own check found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// The key with its sections, for example `camera.fps`.
    pub key: String,
    /// What is wrong and what would be right, for example "is 0, but must be 1 to 60".
    pub reason: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("failed to read the configuration `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not TOML.
    #[error("{origin}: {message}")]
    Syntax {
        /// Where.
        origin: Origin,
        /// What the parser says.
        message: String,
    },
    /// A key that means nothing.
    #[error("{origin}: unknown key `{key}`: {}", way_out(.meant.as_deref(), .known))]
    UnknownKey {
        /// Where.
        origin: Origin,
        /// The key with its sections.
        key: String,
        /// The key that was probably meant, with its sections.
        meant: Option<String>,
        /// The keys of that section.
        known: Vec<String>,
    },
    /// A key that has to be given.
    #[error("{origin}: `{key}` is missing: set it")]
    Missing {
        /// The section it belongs in.
        origin: Origin,
        /// The key with its sections.
        key: String,
    },
    /// A value of the wrong kind or out of range.
    #[error("{origin}: `{key}`: {message}")]
    Value {
        /// Where.
        origin: Origin,
        /// The key with its sections.
        key: String,
        /// What is wrong with it.
        message: String,
    },
    /// Values that cannot be, all of them.
    #[error("{}", lines(.0))]
    Impossible(Vec<(Origin, Impossible)>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

fn way_out(meant: Option<&str>, known: &[String]) -> String {
    match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "remove it".to_owned(),
        None => format!("remove it, or use one of {}", quoted(known)),
    }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn lines(impossible: &[(Origin, Impossible)]) -> String {
    let line = |(origin, i): &(Origin, Impossible)| format!("{origin}: `{}` {}", i.key, i.reason);
    impossible.iter().map(line).collect::<Vec<_>>().join("\n")
}
