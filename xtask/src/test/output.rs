//! Passes a child's output on and keeps what tests said they could not do.

use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result};

use crate::process;

/// What a test prints when the machine lacks something.
const MARK: &str = "SKIPPED: ";

/// The exit code with which a program of `e2e` says that it could not do its work on this machine.
pub(super) const SKIPPED_EXIT_CODE: i32 = 77;

/// Runs it with its output passed on to stderr line by line; gives back the lines that say what was skipped.
pub(super) fn run(command: &mut Command) -> Result<(ExitStatus, Vec<String>)> {
    let shown = process::shown(command);
    let (reader, writer) = std::io::pipe().context("failed to make a pipe")?;
    command.stdout(writer.try_clone().context("failed to share a pipe")?).stderr(writer);
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command.spawn().with_context(|| format!("failed to start `{shown}`"))?;
    // The command holds the pipe's writing ends; with them open, the reading end would never see the end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut skipped = Vec::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.with_context(|| format!("failed to read the output of `{shown}`"))?;
        let line = String::from_utf8_lossy(&line);
        eprintln!("{line}");
        push_skipped(&line, &mut skipped);
    }
    let status = child.wait().with_context(|| format!("failed to wait for `{shown}`"))?;
    Ok((status, skipped))
}

/// Adds what a line of output says was skipped.
pub(super) fn push_skipped(line: &str, skipped: &mut Vec<String>) {
    if let Some(at) = line.find(MARK) {
        let text = line[at..].trim_end().to_owned();
        if !skipped.contains(&text) {
            skipped.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_skipped_and_the_exit_code() {
        let mut command = process::command("sh");
        command.args([
            "-c",
            "echo 'SKIPPED: a because b'; echo \"x SKIPPED: c\" >&2; echo 'SKIPPED: a because b'; exit 77",
        ]);
        let (status, skipped) = run(&mut command).unwrap();
        assert_eq!(
            (status.code(), skipped),
            (Some(77), vec!["SKIPPED: a because b".into(), "SKIPPED: c".into()])
        );
    }
}
