//! A program that is given a file and answers in a few words: fed, listened to and held to its time, from a thread of its own.
//!
//! The thread lives as long as the program does, because a confined program ends with the thread that started it.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::oneshot;

/// The longest line of a program's talk that is looked at.
const TALK_LINE_MAX: usize = 400;
/// How often to look whether anybody still waits, and whether a program that has said all has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Until it says `page N` for the first time, and from each time to the next.
    pub(crate) page: Duration,
    /// For all of it.
    pub(crate) whole: Duration,
    /// Bytes of its answer.
    pub(crate) answer_max: usize,
}

/// A program that ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    /// How.
    pub(crate) status: ExitStatus,
    /// What it wrote to standard output; `None` where that is longer than may be.
    pub(crate) answer: Option<Vec<u8>>,
    /// The last line that it wrote to standard error.
    pub(crate) said: String,
}

/// What became of a program.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It ended.
    Ended(Ended),
    /// It took too long for a page, and was killed.
    PageTooSlow,
    /// It took too long for all of it, and was killed.
    TooSlow,
}

/// What the threads that listen have heard.
enum Heard {
    Page,
    Said(String),
    Answer(std::io::Result<Option<Vec<u8>>>),
}

/// Runs a program in a process group of its own, which is killed when it takes too long or nobody waits any more.
pub(crate) async fn run(
    command: Command,
    input: Vec<Bytes>,
    allowance: Allowance,
) -> std::io::Result<Outcome> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().name("document-child".to_owned()).spawn(move || {
        let outcome = run_here(command, &input, allowance, || sender.is_closed());
        // Nobody waits any more: then nobody is told.
        drop(sender.send(outcome));
    })?;
    receiver.await.map_err(|_| std::io::Error::other("the thread that ran it is gone"))?
}

fn run_here(
    mut command: Command,
    input: &[Bytes],
    allowance: Allowance,
    is_given_up: impl Fn() -> bool,
) -> std::io::Result<Outcome> {
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(std::io::Error::other("it has no pipes"));
    };
    let (heard, ears) = sync_channel(64);
    std::thread::scope(|scope| {
        scope.spawn(move || feed(stdin, input));
        let answers = heard.clone();
        scope.spawn(move || drop(answers.send(Heard::Answer(collect(stdout, allowance.answer_max)))));
        scope.spawn(move || listen(stderr, &heard));
        let mut watch =
            Watch { child: &mut child, allowance, began: Instant::now(), page_began: Instant::now() };
        let outcome = watch.until_end(&ears, &is_given_up);
        if !matches!(outcome, Ok(Outcome::Ended(_))) {
            watch.kill();
        }
        // What listens may wait to be heard.
        drop(ears);
        outcome
    })
}

/// A program and its clock.
struct Watch<'a> {
    child: &'a mut Child,
    allowance: Allowance,
    began: Instant,
    page_began: Instant,
}

impl Watch<'_> {
    fn until_end(
        &mut self,
        ears: &std::sync::mpsc::Receiver<Heard>,
        is_given_up: &impl Fn() -> bool,
    ) -> std::io::Result<Outcome> {
        let (mut said, mut answer) = (String::new(), None);
        loop {
            if let Some(late) = self.late() {
                return Ok(late);
            }
            if is_given_up() {
                return Err(std::io::Error::other("nobody waits for it any more"));
            }
            match ears.recv_timeout(LOOK_EVERY) {
                Ok(Heard::Page) => self.page_began = Instant::now(),
                Ok(Heard::Said(line)) => said = line,
                Ok(Heard::Answer(given)) => answer = Some(given?),
                Err(RecvTimeoutError::Timeout) => {}
                // All pipes are closed: all was said.
                Err(RecvTimeoutError::Disconnected) => {
                    if let Some(status) = self.child.try_wait()? {
                        return Ok(Outcome::Ended(Ended { status, answer: answer.flatten(), said }));
                    }
                    std::thread::sleep(LOOK_EVERY);
                }
            }
        }
    }

    fn late(&self) -> Option<Outcome> {
        if self.began.elapsed() >= self.allowance.whole {
            return Some(Outcome::TooSlow);
        }
        (self.page_began.elapsed() >= self.allowance.page).then_some(Outcome::PageTooSlow)
    }

    /// Ends the program and whatever it started, and takes its status, so that nothing of it is left.
    fn kill(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // An error says only that it is gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
        if let Err(error) = self.child.wait() {
            tracing::warn!(%error, "a killed program cannot be waited for");
        }
    }
}

/// Hands the input over. A program that has seen enough closes its end, which is no error.
fn feed(mut stdin: impl std::io::Write, input: &[Bytes]) {
    for part in input {
        if stdin.write_all(part).is_err() {
            return;
        }
    }
    drop(stdin.flush());
}

/// Takes the answer, and no more than may be. What is too long closes the pipe, so that the program does not wait for us.
fn collect(stdout: impl Read, most: usize) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    stdout.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= most).then_some(bytes))
}

/// Listens to what the program says: `page N` starts the clock anew, everything else is for the log.
fn listen(mut stderr: impl Read, heard: &SyncSender<Heard>) {
    let (mut buffer, mut line) = ([0_u8; 4096], Vec::new());
    while let Ok(length @ 1..) = stderr.read(&mut buffer) {
        for &byte in &buffer[..length] {
            if byte != b'\n' {
                if line.len() < TALK_LINE_MAX {
                    line.push(byte);
                }
                continue;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            line.clear();
            let told = if is_page(&text) { Heard::Page } else { Heard::Said(text) };
            if let Heard::Said(text) = &told {
                tracing::debug!("a reader says: {text}");
            }
            if heard.send(told).is_err() {
                return;
            }
        }
    }
}

fn is_page(line: &str) -> bool {
    line.strip_prefix("page ")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
