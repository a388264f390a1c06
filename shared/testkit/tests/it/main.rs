//! The kit itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod postgres;
mod redis;

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::quantity::Quantity;
use testkit::child::ChildGuard;
use testkit::clock::ManualClock;
use testkit::pty::Pty;
use testkit::scratch::Scratch;
use testkit::seed::{SEED_VARIABLE, SeededRng};
use testkit::{build, net, wait};

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let draw = |seed| rand::RngExt::random::<u64>(&mut *SeededRng::new(seed));
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

/// Not a test: fails in the child that the next test starts.
#[test]
fn fails_when_told() {
    if std::env::var_os("TESTKIT_FAIL").is_some() {
        let _scratch = Scratch::new("fails");
        let rng = SeededRng::from_env();
        assert_eq!(rng.seed(), 0, "as told");
    }
}

#[test]
fn a_failure_prints_its_seed_and_keeps_its_folder() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "fails_when_told", "--nocapture"])
        .env("TESTKIT_FAIL", "1")
        .env(SEED_VARIABLE, "42")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("repeat with TILLSIGHT_SEED=42"), "{said}");
    let kept = said.lines().find_map(|l| l.strip_prefix("kept for a look: ")).expect("the folder's name");
    std::fs::remove_dir(kept).unwrap();
}

#[test]
fn a_folder_goes_with_its_test() {
    let scratch = Scratch::new("goes");
    std::fs::write(scratch.join("file"), "x").unwrap();
    let path = scratch.path().to_owned();
    drop(scratch);
    assert!(!path.exists());
}

#[test]
fn the_wall_clock_jumps_and_the_other_does_not() {
    let mut clock = ManualClock::new();
    let before = clock.now();
    let later = clock.advance_ms(1500);
    assert_eq!(later.monotonic.since_ms(before.monotonic), 1500);
    let jumped = clock.jump_wall_ms(-3_600_000);
    assert_eq!((jumped.monotonic, jumped.wall.0), (later.monotonic, later.wall.0 - 3_600_000));
}

#[test]
fn a_child_is_frozen_asked_to_end_and_never_left_behind() {
    let sleeper = || ChildGuard::spawn(Command::new("sleep").arg("600").stdin(Stdio::null())).unwrap();
    let mut frozen = sleeper();
    frozen.signal(rustix::process::Signal::STOP).unwrap();
    let state = |id: u32| std::fs::read_to_string(format!("/proc/{id}/stat")).ok();
    let id = frozen.id();
    wait::wait_until("the child to freeze", LIMIT, || state(id).is_some_and(|s| s.contains(") T "))).unwrap();
    assert!(frozen.ended().unwrap().is_none());
    drop(frozen);
    assert!(state(id).is_none(), "killed and waited for");

    assert!(!sleeper().terminate(LIMIT).unwrap().success());
    sleeper().kill().unwrap();
    let mut quick = ChildGuard::spawn(&mut Command::new("true")).unwrap();
    assert!(wait::wait_for("the end", LIMIT, || quick.ended().transpose()).unwrap().unwrap().success());
    assert!(ChildGuard::spawn(&mut Command::new("no-such-program")).is_err());
}

#[test]
fn waiting_in_vain_says_for_what() {
    let error = wait::wait_until("rain", Duration::from_millis(1), || false).unwrap_err();
    assert_eq!(error.to_string(), "waited 0.0 s in vain for rain");
}

#[test]
fn bytes_pass_a_pty_as_they_are() {
    let mut pty = Pty::open().unwrap();
    let mut program = std::fs::OpenOptions::new().read(true).write(true).open(&pty.path).unwrap();
    let mut answer = [0; 14];
    program.write_all(b"S\r\n").unwrap();
    pty.device.read_exact(&mut answer[..3]).unwrap();
    assert_eq!(&answer[..3], b"S\r\n");
    pty.device.write_all(b"S S 1.234 kg\r\n").unwrap();
    program.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"S S 1.234 kg\r\n");
}

#[test]
fn a_free_address_can_be_taken() {
    std::net::TcpListener::bind(net::free_address().unwrap()).unwrap();
}

#[test]
fn builds_sales_that_add_up() {
    let (apples, milk) = (build::by_weight("apple-red", 249), build::piece("milk", 119));
    let sale = build::sale(3, &[(&apples, Quantity::Grams(1500)), (&milk, Quantity::Pieces(2))]);
    assert_eq!(sale.totals.gross.minor, 374 + 238);
    assert_eq!(sale.tenders[0].amount, sale.totals.gross);
    assert_eq!(sale, build::sale(3, &[(&apples, Quantity::Grams(1500)), (&milk, Quantity::Pieces(2))]));
    assert_ne!(sale.id, build::sale(4, &[(&milk, Quantity::Pieces(1))]).id);
    assert_eq!(build::catalogue([apples, milk]).products().len(), 2);
}
