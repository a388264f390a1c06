//! Passes a child's output on and keeps what tests said they could not do.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Write};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result, anyhow};

use crate::process;

/// What a test prints when the machine lacks something.
const MARK: &str = "SKIPPED: ";

/// What came of a child.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// The lines that say what was skipped.
    pub(super) skipped: Vec<String>,
    /// The last line that it printed.
    pub(super) last: String,
}

impl Ended {
    /// Why it did nothing at all: the programs of `e2e` say so in the JSON object on their last line.
    pub(super) fn skipped_all(&self) -> Option<String> {
        let said: serde_json::Value = serde_json::from_str(&self.last).ok()?;
        Some(said["skipped"].as_str()?.to_owned())
    }
}

/// Runs it with its output passed on to stderr line by line.
pub(super) fn run(command: &mut Command) -> Result<Ended> {
    run_into(command, "", &mut std::io::stderr())
}

/// Runs all at the same time; before each line stands whose it is.
pub(super) fn run_together<const N: usize>(commands: [(&str, &mut Command); N]) -> Result<[Ended; N]> {
    std::thread::scope(|scope| {
        let started = commands.map(|(name, command)| {
            let run = move || run_into(command, &format!("{name:<9} | "), &mut std::io::stderr());
            std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run)
        });
        let mut all = Vec::with_capacity(N);
        for one in started {
            let ended = one.context("failed to start a thread")?.join();
            all.push(ended.map_err(|_| anyhow!("a thread that passes output on panicked"))??);
        }
        all.try_into().map_err(|_| anyhow!("a program's end is missing"))
    })
}

fn run_into(command: &mut Command, before: &str, shown_on: &mut dyn Write) -> Result<Ended> {
    let shown = process::shown(command);
    let (reader, writer) = std::io::pipe().context("failed to make a pipe")?;
    command.stdout(writer.try_clone().context("failed to share a pipe")?).stderr(writer);
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command.spawn().with_context(|| format!("failed to start `{shown}`"))?;
    // The command holds the pipe's writing ends; with them open, the reading end would never see the end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let (mut skipped, mut last) = (Vec::new(), String::new());
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.with_context(|| format!("failed to read the output of `{shown}`"))?;
        last = String::from_utf8_lossy(&line).into_owned();
        writeln!(shown_on, "{before}{last}").context("failed to pass output on")?;
        push_skipped(&last, &mut skipped);
    }
    let status = child.wait().with_context(|| format!("failed to wait for `{shown}`"))?;
    Ok(Ended { status, skipped, last })
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
    fn keeps_what_was_skipped_and_how_it_ended() {
        // Not passed on, or whoever runs this test would take its words for those of a skipped one.
        let run_script = |script: &str| {
            run_into(process::command("sh").args(["-c", script]), "", &mut Vec::new()).unwrap()
        };
        let some = run_script(
            "echo 'SKIPPED: a because b'; echo \"x SKIPPED: c\" >&2; echo 'SKIPPED: a because b'; exit 3",
        );
        assert_eq!(
            (some.status.code(), some.skipped.as_slice()),
            (Some(3), &["SKIPPED: a because b".into(), "SKIPPED: c".into()][..])
        );
        assert_eq!(some.skipped_all(), None);
        let all = run_script("echo '{\"skipped\":\"not root\"}'");
        assert_eq!(all.skipped_all().as_deref(), Some("not root"));
        assert_eq!(run_script("echo '{\"cuts\":5}'").skipped_all(), None);
    }

    #[test]
    fn gives_back_the_end_of_each_of_those_that_run_together() {
        let [mut one, mut two] = ["echo 1; exit 1", "echo 2"].map(|script| {
            let mut command = process::command("sh");
            command.args(["-c", script]);
            command
        });
        let ended = run_together([("one", &mut one), ("two", &mut two)]).unwrap();
        let told = ended.map(|ended| (ended.status.code(), ended.last));
        assert_eq!(told, [(Some(1), "1".to_owned()), (Some(0), "2".to_owned())]);
    }
}
