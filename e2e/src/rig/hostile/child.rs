//! Asks the confined process about one file, as a server does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use cloud_docs::confined::{Answer, Confinement, Mode, Request};
use cloud_docs::{Hints, Limits};
use rustix::process::{Pid, Signal, kill_process_group};

use super::{HostileFile, Outcome};

/// The longest that a page takes.
const PAGE: Duration = Duration::from_secs(5);
/// The longest that all pages take: nothing here deserves more.
const ALL: Duration = Duration::from_secs(8);
/// The longest that the system takes to forget processes that were killed.
const BURIED_WITHIN: Duration = Duration::from_secs(2);
/// The most that an answer may be.
const ANSWER_BYTES: u64 = 64 << 20;

/// Sends a file and waits for what comes.
pub(super) fn ask(program: &Path, file: &HostileFile) -> anyhow::Result<Outcome> {
    let request = Request {
        mode: if file.is_catalogue() { Mode::Catalogue } else { Mode::Parse },
        hints: Hints { file_name: file.name.clone(), ..Hints::default() },
        limits: Limits::default(),
        confinement: Confinement::default(),
        file_bytes: file.bytes.len() as u64,
        inside: String::new(),
        corrected: None,
    };
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    let mut child = Command::new(program)
        .arg("read-document")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start `{}`", program.display()))?;
    let (mut input, output, log) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (said, pages) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // A child that has ended takes no more; how it ended says why.
            if let Some(mut input) = input.take() {
                let _ = input.write_all(&line).and_then(|()| input.write_all(&file.bytes));
            }
        });
        let answer = scope.spawn(move || {
            let mut answer = Vec::new();
            let read = output.map(|output| output.take(ANSWER_BYTES).read_to_end(&mut answer));
            read.transpose().map(|_| answer)
        });
        let told = scope.spawn(move || {
            let mut last = String::new();
            for line in log.into_iter().flat_map(|log| BufReader::new(log).lines()).map_while(Result::ok) {
                if line.starts_with("page ") {
                    // Nobody listens once the time is over.
                    let _ = said.send(());
                } else {
                    last = line;
                }
            }
            last
        });
        let in_time = wait(&pages);
        let group = Pid::from_child(&child);
        if !in_time {
            kill(group)?;
        }
        let status = child.wait()?;
        let stayed = if in_time { kill_process_group(group, Signal::KILL).is_ok() } else { !is_gone(group) };
        let answer = answer.join().map_err(|_| anyhow::anyhow!("the reader of the answer failed"))??;
        let last = told.join().map_err(|_| anyhow::anyhow!("the reader of the log failed"))?;
        let outcome = if stayed {
            Outcome::Wrong("something of its group stayed behind".to_owned())
        } else if !in_time {
            Outcome::Ended("it took longer than a page may take".to_owned())
        } else if let Some(signal) = status.signal() {
            Outcome::Ended(format!("signal {signal}, {last}"))
        } else {
            judge(file, status.success(), &answer, &last)
        };
        Ok(outcome)
    })
}

/// Waits until the log ends; false when a page or all of it takes too long.
fn wait(pages: &Receiver<()>) -> bool {
    let end = Instant::now() + ALL;
    loop {
        let left = end.saturating_duration_since(Instant::now()).min(PAGE);
        match pages.recv_timeout(left) {
            Ok(()) if Instant::now() < end => {}
            Ok(()) | Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
}

fn kill(group: Pid) -> anyhow::Result<()> {
    match kill_process_group(group, Signal::KILL) {
        // It ended by itself just now.
        Err(rustix::io::Errno::SRCH) => Ok(()),
        done => done.context("failed to end the reader"),
    }
}

/// Whether nothing is left of a killed group: whoever takes over its orphans may need a moment to bury them.
fn is_gone(group: Pid) -> bool {
    let end = Instant::now() + BURIED_WITHIN;
    while kill_process_group(group, Signal::KILL).is_ok() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

fn judge(file: &HostileFile, is_success: bool, answer: &[u8], last: &str) -> Outcome {
    if !is_success {
        return Outcome::Wrong(format!("no answer: {last}"));
    }
    match serde_json::from_slice(answer) {
        Ok(Answer::Reading(reading)) if reading.documents.is_empty() && reading.skipped.is_empty() => {
            Outcome::Wrong("a reading of nothing, without a reason".to_owned())
        }
        Ok(Answer::Reading(_)) if !file.is_catalogue() => Outcome::Read,
        Ok(Answer::Catalogue(catalogue)) if file.is_catalogue() && !catalogue.rows.is_empty() => {
            Outcome::Read
        }
        Ok(Answer::Refusal(refusal)) if refusal.to_string().contains("its reader failed") => {
            Outcome::Wrong(refusal.to_string())
        }
        Ok(Answer::Refusal(_)) => Outcome::Refused,
        Ok(_) => Outcome::Wrong("what nobody asked for".to_owned()),
        Err(error) => Outcome::Wrong(format!("an answer that is none: {error}")),
    }
}
