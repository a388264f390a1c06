//! Runs other programs, says which one failed and how.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::places;

/// A command in the repository's top folder, unless told otherwise.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(places::repository());
    command
}

/// The cargo that started this program.
pub fn cargo() -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Set by `cargo run` for this crate; another crate's build script must not take them for its own.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs it with its output passed through.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("failed to start `{}`", shown(command)))?;
    ensure!(status.success(), "`{}` failed: {status}", shown(command));
    Ok(())
}

/// Runs it with all its output on stderr, for a task whose stdout is read by a program.
pub fn run_on_stderr(command: &mut Command) -> Result<()> {
    run(command.stdout(Stdio::from(std::io::stderr())))
}

/// Runs it and gives back its stdout; stderr is passed through.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("failed to start `{}`", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not answer in UTF-8", shown(command)))
}

/// True when it runs and succeeds; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// The command as a person would type it in the repository.
pub fn shown(command: &Command) -> String {
    let mut text = String::new();
    if let Some(folder) = command.get_current_dir()
        && let Ok(below) = folder.strip_prefix(places::repository())
        && below != std::path::Path::new("")
    {
        // Writing to a String cannot fail.
        let _ = write!(text, "cd {} && ", below.display());
    }
    let program = std::path::Path::new(command.get_program());
    text.push_str(&program.file_name().unwrap_or(program.as_os_str()).to_string_lossy());
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        let plain =
            !argument.is_empty() && !argument.contains(|c: char| c.is_whitespace() || "'\"$".contains(c));
        text.push(' ');
        text.push_str(&if plain { argument } else { format!("{argument:?}").into() });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let mut failing = command("sh");
        failing.args(["-c", "exit 3"]);
        assert_eq!(run(&mut failing).unwrap_err().to_string(), "`sh -c \"exit 3\"` failed: exit status: 3");
        let mut missing = command("no-such-program");
        missing.current_dir(places::repository().join("edge"));
        assert_eq!(
            run(&mut missing).unwrap_err().to_string(),
            "failed to start `cd edge && no-such-program`"
        );
    }
}
