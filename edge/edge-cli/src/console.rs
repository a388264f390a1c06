//! How every command speaks: data on stdout, talk on stderr, colour only where somebody can see it.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::{ChangeArgs, GlobalArgs};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::table::Table;

/// The version of every JSON object the tool prints. It rises when a field changes its meaning or goes; new fields do
/// not raise it.
pub(crate) const SCHEMA: u32 = 1;

/// Where a command speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    json: bool,
    colour_out: bool,
    colour_err: bool,
    terminal_err: bool,
}

#[derive(Serialize)]
struct Answer<'a, T> {
    schema: u32,
    #[serde(flatten)]
    body: &'a T,
}

/// How a word is to stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It is well.
    Good,
    /// Look at it.
    Doubtful,
    /// It is wrong.
    Bad,
    /// A heading.
    Strong,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "1;31",
            Self::Strong => "1",
        }
    }
}

/// Whether colour is out of the question, before the command line has been parsed: its own errors may be coloured too.
pub(crate) fn wants_no_colour(arguments: &[OsString]) -> bool {
    let plain_terminal = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let asked = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    asked || plain_terminal || arguments.iter().any(|argument| argument == "--no-color")
}

/// What that means for the parser's own messages.
pub(crate) fn clap_colour(plain: bool) -> clap::ColorChoice {
    if plain { clap::ColorChoice::Never } else { clap::ColorChoice::Auto }
}

impl Console {
    /// A console as the command line wants it.
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        let colour = !wants_no_colour(&[]) && !global.no_color;
        Self {
            json: global.json,
            colour_out: colour && io::stdout().is_terminal(),
            colour_err: colour && io::stderr().is_terminal(),
            terminal_err: io::stderr().is_terminal(),
        }
    }

    /// True when a program reads the answer.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// True when a person may be watching stderr.
    pub(crate) fn has_terminal(&self) -> bool {
        self.terminal_err
    }

    /// Says something to whoever watches. Nobody listening is no failure.
    pub(crate) fn say(&self, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Says something that a person should look at.
    pub(crate) fn warn(&self, text: impl Display) {
        self.say(format_args!("{} {text}", self.paint_err(Tone::Doubtful, "warning:")));
    }

    /// Says what can be done about what was just said.
    pub(crate) fn hint(&self, text: impl Display) {
        self.say(format_args!("{} {text}", self.paint_err(Tone::Strong, "hint:")));
    }

    /// Says why the command failed, each cause on a line of its own.
    pub(crate) fn fail(&self, failure: &Failure) {
        let mut causes = failure.error().chain();
        if let Some(first) = causes.next() {
            self.say(format_args!("{} {first}", self.paint_err(Tone::Bad, "error:")));
        }
        for cause in causes {
            self.say(format_args!("  because: {cause}"));
        }
        if let Some(hint) = failure.the_hint() {
            self.hint(hint);
        }
    }

    /// Puts a line of data out.
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Failure> {
        writeln!(io::stdout().lock(), "{text}").context("failed to write to stdout")?;
        Ok(())
    }

    /// Puts data out as it is.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).context("failed to write to stdout")?;
        Ok(())
    }

    /// Puts the answer for a program out: one JSON object on one line, `schema` first.
    pub(crate) fn object(&self, body: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(&Answer { schema: SCHEMA, body })
            .context("failed to write the answer as JSON")?;
        self.line(text)
    }

    /// Puts a table out.
    pub(crate) fn table(&self, table: &Table) -> Result<(), Failure> {
        for (number, row) in table.lines().enumerate() {
            if number == 0 { self.line(self.paint(Tone::Strong, &row))? } else { self.line(row)? }
        }
        Ok(())
    }

    /// A word as stdout shows it.
    pub(crate) fn paint(&self, tone: Tone, word: &str) -> String {
        paint(self.colour_out, tone, word)
    }

    fn paint_err(&self, tone: Tone, word: &str) -> String {
        paint(self.colour_err, tone, word)
    }

    /// Asks before something that is hard to take back. `--yes` answers for the person; without a person and without
    /// `--yes` the answer is no.
    pub(crate) fn confirm(
        &self,
        change: &ChangeArgs,
        question: &str,
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        if change.yes {
            return Ok(());
        }
        if !(io::stdin().is_terminal() && self.terminal_err) {
            return Err(Failure::cancelled(format!(
                "{question} Nobody is there to answer; nothing was changed"
            ))
            .hint("run it again with `--yes`"));
        }
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
        drop(stderr);
        match read_answer(interrupt)?.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::cancelled("nothing was changed")),
        }
    }
}

/// Waits for a line or for Ctrl-C, whichever comes first: a signal does not end a blocked read.
fn read_answer(interrupt: &Interrupt) -> Result<String, Failure> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("answer".to_owned())
        .spawn(move || {
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line).map(|_| line);
            // The receiver is gone when Ctrl-C came first.
            let _ = sender.send(read);
        })
        .context("failed to start a thread")?;
    loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok(read) => return Ok(read.context("failed to read the answer")?),
            Err(mpsc::RecvTimeoutError::Timeout) => interrupt.check()?,
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(String::new()),
        }
    }
}

fn paint(colour: bool, tone: Tone, word: &str) -> String {
    if colour { format!("\u{1b}[{}m{word}\u{1b}[0m", tone.code()) } else { word.to_owned() }
}
