//! In front of a person: colour, questions, Ctrl-C.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use testkit::child::ChildGuard;
use testkit::pty::Pty;
use testkit::wait::wait_for;

use crate::support::Bench;

const LIMIT: Duration = Duration::from_secs(20);

/// The tool with a terminal for its three streams.
struct Session {
    child: ChildGuard,
    terminal: File,
    seen: String,
}

impl Session {
    fn start(till: &Bench, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let pty = Pty::open().unwrap();
        let line = || OpenOptions::new().read(true).write(true).open(&pty.path).unwrap();
        let mut command = till.command(arguments);
        command.stdin(Stdio::from(line())).stdout(Stdio::from(line())).stderr(Stdio::from(line()));
        command.env("TERM", "xterm").envs(environment.iter().copied());
        let child = ChildGuard::spawn(&mut command).unwrap();
        drop(command);
        Self { child, terminal: pty.device, seen: String::new() }
    }

    /// Reads what the tool writes until `text` is among it, or until it has ended without a text to wait for.
    fn read_until(&mut self, text: Option<&str>) {
        let mut chunk = [0; 4096];
        while text.is_none_or(|text| !self.seen.contains(text)) {
            // A terminal that nobody has open any more gives an error: the tool has ended.
            match self.terminal.read(&mut chunk) {
                Ok(read) if read > 0 => self.seen.push_str(&String::from_utf8_lossy(&chunk[..read])),
                _ => break,
            }
        }
        assert!(text.is_none_or(|text| self.seen.contains(text)), "{text:?} is not in: {}", self.seen);
    }

    fn code(&mut self) -> Option<i32> {
        wait_for("the tool to end", LIMIT, || self.child.ended().unwrap()).unwrap().code()
    }
}

fn with_two_generations(name: &str) -> Bench {
    let till = Bench::new(name);
    till.import_shop();
    let other = till.write("other.json", crate::support::SHOP.replace("0.35", "0.39"));
    till.must(["catalog", "import", other.to_str().unwrap()]);
    till
}

#[test]
fn colours_on_a_terminal_unless_asked_not_to() {
    let till = Bench::new("colour");
    till.import_shop();
    for (arguments, environment, colour) in [
        (&["catalog", "list"][..], &[][..], true),
        (&["catalog", "list", "--no-color"], &[], false),
        (&["catalog", "list"], &[("NO_COLOR", "1")], false),
        (&["catalog", "list"], &[("TERM", "dumb")], false),
        (&["--help"], &[("NO_COLOR", "1")], false),
    ] {
        let mut session = Session::start(&till, arguments, environment);
        session.read_until(None);
        assert_eq!(session.code(), Some(0));
        assert_eq!(
            session.seen.contains('\u{1b}'),
            colour,
            "{arguments:?} {environment:?}: {:?}",
            session.seen
        );
    }
}

#[test]
fn takes_yes_for_yes_and_anything_else_for_no() {
    let till = with_two_generations("asks");
    for (answer, code, generation) in [("\n", 2, 2), ("no\n", 2, 2), ("y\n", 0, 3)] {
        let mut session = Session::start(&till, &["catalog", "rollback", "1"], &[]);
        session.read_until(Some("[y/N] "));
        session.terminal.write_all(answer.as_bytes()).unwrap();
        assert_eq!(session.code(), Some(code), "{answer:?}: {}", session.seen);
        assert_eq!(till.json(["catalog", "show"])["generation"], generation, "{answer:?}");
    }
}

#[test]
fn ctrl_c_at_a_question_changes_nothing() {
    let till = with_two_generations("ctrl-c");
    let mut session = Session::start(&till, &["catalog", "rollback", "1"], &[]);
    session.read_until(Some("[y/N] "));
    session.child.signal(Signal::INT).unwrap();
    assert_eq!(session.code(), Some(2));
    session.read_until(Some("stopped by Ctrl-C; nothing was changed"));
    assert_eq!(till.json(["catalog", "show"])["generation"], 2);
}
