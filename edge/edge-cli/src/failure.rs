//! How a command ends when it does not end well.

use std::io;
use std::process::ExitCode;

use edge_store::control::AccessError;
use edge_store::{OpenError, StoreError};

/// The exit codes, one meaning each; `docs/reference/cli.md` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and what was looked at is as it should be.
    Ok = 0,
    /// It failed, or what was looked at is not as it should be.
    Failed = 1,
    /// The command line makes no sense, or a person said no or pressed Ctrl-C. Nothing was changed.
    Usage = 2,
    /// This user may not do it.
    NotAllowed = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error, how the tool exits with it and what a person can do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Option<Exit>,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    /// A failure in words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit: None, error: anyhow::Error::msg(message.into()), hint: None }
    }

    /// The command line, taken as a whole, makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Some(Exit::Usage), ..Self::new(message) }
    }

    /// Somebody said no, or nobody was there to say yes. Nothing was changed.
    pub(crate) fn cancelled(message: impl Into<String>) -> Self {
        Self { exit: Some(Exit::Usage), ..Self::new(message) }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The error with its causes.
    pub(crate) fn error(&self) -> &anyhow::Error {
        &self.error
    }

    /// What to do about it, where that is known.
    pub(crate) fn the_hint(&self) -> Option<String> {
        self.hint.clone().or_else(|| known_hint(&self.error))
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit.unwrap_or_else(|| if is_forbidden(&self.error) { Exit::NotAllowed } else { Exit::Failed })
    }

    /// True when whoever read our output has stopped reading.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        io_kinds(&self.error).any(|kind| kind == io::ErrorKind::BrokenPipe)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { exit: None, error: error.into(), hint: None }
    }
}

fn io_kinds(error: &anyhow::Error) -> impl Iterator<Item = io::ErrorKind> {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

fn is_forbidden(error: &anyhow::Error) -> bool {
    let denied = |cause: &&(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(AccessError::Denied { .. }))
    };
    io_kinds(error).any(|kind| kind == io::ErrorKind::PermissionDenied)
        || error.chain().any(|cause| denied(&cause))
}

fn known_hint(error: &anyhow::Error) -> Option<String> {
    let fixed = |text: &str| Some(text.to_owned());
    if is_forbidden(error) {
        return fixed("run it as the till's user (`sudo -u tillsight tillsight ...`) or as root");
    }
    let access = error.chain().find_map(|cause| cause.downcast_ref::<AccessError>())?;
    match access {
        AccessError::Open(OpenError::Missing { .. }) => {
            fixed("name the till's data directory with `--data DIR` or TILLSIGHT_DATA")
        }
        AccessError::NoAnswer { .. } => {
            fixed("wait until the other program has ended, or restart it: `systemctl restart tillsightd`")
        }
        AccessError::Store(StoreError::NoSuchGeneration { .. }) => fixed(GENERATIONS_HINT),
        AccessError::Store(StoreError::GenerationMoved { .. }) => fixed(MOVED_HINT),
        AccessError::Refused { code, .. } => match code.as_str() {
            "no_such_generation" => fixed(GENERATIONS_HINT),
            "generation_moved" => fixed(MOVED_HINT),
            _ => None,
        },
        _ => None,
    }
}

const GENERATIONS_HINT: &str = "`tillsight catalog generations` lists what can be gone back to";
const MOVED_HINT: &str = "somebody else changed the catalogue meanwhile; run the command again";

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn tells_what_is_forbidden_from_what_failed() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let failure = Failure::from(Err::<(), _>(denied).context("failed to open `x`").unwrap_err());
        assert_eq!(failure.exit(), Exit::NotAllowed);
        assert!(failure.the_hint().unwrap().contains("sudo"));
        assert_eq!(Failure::new("no").exit(), Exit::Failed);
        assert_eq!(Failure::cancelled("no").exit(), Exit::Usage);
    }
}
