//! The simulated payment terminal: every payment has one outcome, whatever dies.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::ids::{PaymentId, Uuid};
use domain::money::{Currency, Money};
use edge_devices::terminal::{
    DeclineReason, LedgerError, LedgerState, NextOutcome, Outcome, PaymentTerminal, ReverseOutcome,
    SimulatedTerminal, TerminalConfig, read_ledger,
};

const QUICK: TerminalConfig = TerminalConfig {
    take: Duration::from_millis(20),
    answer_timeout: Duration::from_millis(60),
    query: Duration::ZERO,
    lost_queries: 0,
};

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("terminal.ledger")
    }

    fn open(&self) -> SimulatedTerminal {
        SimulatedTerminal::open(&self.path(), QUICK).unwrap()
    }
}

fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(number))
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::new("EUR").unwrap())
}

fn declined(reason: DeclineReason) -> Outcome {
    Outcome::Declined { reason }
}

fn is_approved(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Approved { authorisation } if authorisation.len() == 6)
}

#[test]
fn answers_as_scripted_once_and_then_approves_again() {
    let desk = Desk::new();
    let terminal = desk.open();
    let cases = [
        (NextOutcome::Approve, None, None),
        (NextOutcome::Decline, Some(declined(DeclineReason::Issuer)), Some(declined(DeclineReason::Issuer))),
        (NextOutcome::TimeOut, Some(Outcome::NoAnswer), Some(declined(DeclineReason::TimedOut))),
        (NextOutcome::LoseAnswer, Some(Outcome::NoAnswer), None),
    ];
    for (number, (next, answer, truth)) in cases.into_iter().enumerate() {
        let id = payment(number as u128 * 2);
        terminal.script(next);
        let took = terminal.take(id, eur(103));
        assert!(answer.map_or(is_approved(&took), |answer| answer == took), "{next:?}: {took:?}");
        let found = terminal.query(id);
        assert!(truth.map_or(is_approved(&found), |truth| truth == found), "{next:?}: {found:?}");
        assert!(is_approved(&terminal.take(payment(number as u128 * 2 + 1), eur(1))), "{next:?} is over");
    }
    assert_eq!(terminal.query(payment(99)), Outcome::NotFound);
}

#[test]
fn takes_money_once_for_one_payment() {
    let desk = Desk::new();
    let terminal = desk.open();
    let first = terminal.take(payment(1), eur(500));
    terminal.script(NextOutcome::Decline);
    assert_eq!(terminal.take(payment(1), eur(500)), first);
    assert!(
        matches!(terminal.take(payment(1), eur(501)), Outcome::Unavailable { reason } if reason.contains("5.00 EUR"))
    );
    assert_eq!(terminal.ledger().len(), 1);
}

#[test]
fn two_askers_for_one_payment_get_one_answer() {
    let desk = Desk::new();
    let terminal = desk.open();
    std::thread::scope(|scope| {
        let askers = [0, 1, 2].map(|_| scope.spawn(|| terminal.take(payment(1), eur(500))));
        let answers = askers.map(|asker| asker.join().unwrap());
        assert!(answers.iter().all(|answer| is_approved(answer) && *answer == answers[0]), "{answers:?}");
    });
    assert_eq!(terminal.ledger().len(), 1);
}

#[test]
fn a_cancelled_payment_is_declined_and_a_late_cancel_changes_nothing() {
    let desk = Desk::new();
    let slow = TerminalConfig { take: Duration::from_secs(60), ..QUICK };
    let terminal = SimulatedTerminal::open(&desk.path(), slow).unwrap();
    let answer = std::thread::scope(|scope| {
        let taking = scope.spawn(|| terminal.take(payment(1), eur(500)));
        crate::wait_for("the payment under way", || terminal.query(payment(1)) == Outcome::Pending);
        terminal.cancel(payment(1));
        taking.join().unwrap()
    });
    assert_eq!(answer, declined(DeclineReason::Cancelled));
    drop(terminal);
    let terminal = desk.open();
    assert!(is_approved(&terminal.take(payment(2), eur(500))));
    terminal.cancel(payment(2));
    assert!(is_approved(&terminal.query(payment(2))));
}

#[test]
fn gives_money_back_once() {
    let desk = Desk::new();
    let terminal = desk.open();
    terminal.take(payment(1), eur(500));
    assert_eq!(terminal.reverse(payment(1)), ReverseOutcome::Reversed);
    assert_eq!(terminal.reverse(payment(1)), ReverseOutcome::Reversed);
    assert_eq!(terminal.query(payment(1)), Outcome::Reversed);
    assert_eq!(terminal.take(payment(1), eur(500)), Outcome::Reversed);
    terminal.script(NextOutcome::Decline);
    terminal.take(payment(2), eur(500));
    assert_eq!(terminal.reverse(payment(2)), ReverseOutcome::NothingTaken);
    assert_eq!(terminal.reverse(payment(3)), ReverseOutcome::NothingTaken);
}

#[test]
fn stays_silent_for_as_many_queries_as_configured() {
    let desk = Desk::new();
    let terminal =
        SimulatedTerminal::open(&desk.path(), TerminalConfig { lost_queries: 2, ..QUICK }).unwrap();
    terminal.script(NextOutcome::LoseAnswer);
    assert_eq!(terminal.take(payment(1), eur(500)), Outcome::NoAnswer);
    assert_eq!(terminal.query(payment(1)), Outcome::NoAnswer);
    assert_eq!(terminal.query(payment(1)), Outcome::NoAnswer);
    assert!(is_approved(&terminal.query(payment(1))));
}

#[test]
fn an_unreachable_terminal_begins_nothing() {
    let desk = Desk::new();
    let terminal = desk.open();
    terminal.connect(false);
    assert!(matches!(terminal.take(payment(1), eur(500)), Outcome::Unavailable { .. }));
    assert!(matches!(terminal.query(payment(1)), Outcome::Unavailable { .. }));
    assert!(matches!(terminal.reverse(payment(1)), ReverseOutcome::Unavailable { .. }));
    terminal.connect(true);
    assert_eq!(terminal.query(payment(1)), Outcome::NotFound);
    assert!(terminal.ledger().is_empty());
}

#[test]
fn remembers_everything_after_its_owner_died() {
    let desk = Desk::new();
    let terminal = desk.open();
    terminal.take(payment(1), eur(500));
    terminal.script(NextOutcome::Decline);
    terminal.take(payment(2), eur(700));
    terminal.take(payment(3), eur(900));
    terminal.reverse(payment(3));
    let before = terminal.ledger();
    assert_eq!(read_ledger(&desk.path()).unwrap(), before, "others can read while it is open");
    drop(terminal);
    assert_eq!(desk.open().ledger(), before);
}

#[test]
fn a_payment_that_was_under_way_goes_its_way_without_the_till() {
    let whole = {
        let desk = Desk::new();
        desk.open().take(payment(1), eur(500));
        std::fs::read(desk.path()).unwrap()
    };
    // The owner died at some byte of writing the second line, "approved": nobody had been told yet.
    let first_line = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for length in first_line..=whole.len() {
        let desk = Desk::new();
        std::fs::write(desk.path(), &whole[..length]).unwrap();
        let terminal = desk.open();
        assert!(is_approved(&terminal.query(payment(1))), "died at byte {length}");
        drop(terminal);
        assert_eq!(read_ledger(&desk.path()).unwrap().len(), 1);
    }
    // Died while writing the first line: the terminal never saw it.
    for length in 0..first_line {
        let desk = Desk::new();
        std::fs::write(desk.path(), &whole[..length]).unwrap();
        let terminal = desk.open();
        assert_eq!(terminal.query(payment(1)), Outcome::NotFound, "died at byte {length}");
        assert!(is_approved(&terminal.take(payment(1), eur(500))));
        drop(terminal);
        assert_eq!(desk.open().ledger().len(), 1, "a torn line does not spoil the next one");
    }
}

#[test]
fn names_the_damaged_line() {
    let desk = Desk::new();
    let terminal = desk.open();
    for number in 0..3 {
        terminal.take(payment(number), eur(500));
    }
    drop(terminal);
    let mut bytes = std::fs::read(desk.path()).unwrap();
    let second_line = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 30;
    bytes[second_line] ^= 1;
    std::fs::write(desk.path(), bytes).unwrap();
    let error = SimulatedTerminal::open(&desk.path(), QUICK).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { line: 2, .. }), "{error}");
}

#[test]
fn a_ledger_has_one_owner() {
    let desk = Desk::new();
    let _terminal = desk.open();
    let error = SimulatedTerminal::open(&desk.path(), QUICK).unwrap_err();
    assert!(matches!(error, LedgerError::InUse { .. }), "{error}");
}

#[test]
fn says_what_is_wrong_with_the_place_of_its_ledger() {
    let error = SimulatedTerminal::open(Path::new("/nonexistent/ledger"), QUICK).unwrap_err().to_string();
    assert!(error.contains("failed to open the terminal's ledger `/nonexistent/ledger`"), "{error}");
}

/// Run by [`survives_kill_9`] in a process of its own; does nothing in an ordinary run.
#[test]
fn child_that_is_killed() {
    let Some(path) = std::env::var_os("TERMINAL_LEDGER_OF_CHILD") else { return };
    let terminal = SimulatedTerminal::open(Path::new(&path), QUICK).unwrap();
    let mut told =
        OpenOptions::new().append(true).create(true).open(Path::new(&path).with_extension("told")).unwrap();
    for number in 0_u128.. {
        let id = payment(number);
        if is_approved(&terminal.take(id, eur(500))) {
            writeln!(told, "{id}").unwrap();
        }
    }
}

#[test]
fn survives_kill_9() {
    for round in 0..5_u64 {
        let desk = Desk::new();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["terminal::child_that_is_killed", "--exact"])
            .env("TERMINAL_LEDGER_OF_CHILD", desk.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let told = desk.path().with_extension("told");
        let approvals = || std::fs::read_to_string(&told).unwrap_or_default().lines().count() as u64;
        crate::wait_for("some approvals", || approvals() >= 3 + round);
        child.kill().unwrap();
        child.wait().unwrap();
        let terminal = desk.open();
        for line in std::fs::read_to_string(&told).unwrap().lines() {
            let id = PaymentId(Uuid::try_parse(line).unwrap());
            assert!(is_approved(&terminal.query(id)), "{id} was approved before the kill");
        }
        assert!(terminal.ledger().iter().all(|entry| entry.state != LedgerState::Started));
    }
}
