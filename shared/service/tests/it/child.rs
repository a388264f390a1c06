//! Runs this test binary again as a program of its own, for what belongs to a whole process: its environment, its
//! signals, its log.

use std::process::{Command, Stdio};
use std::time::Duration;

use service::signals::{Signal, Signals};
use service::tasks::Tasks;
use service::watchdog::{self, Beats};

const ROLE: &str = "SERVICE_TEST_ROLE";

/// The command that runs `role`.
pub(crate) fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child::role", "--nocapture", "--test-threads=1"]).env(ROLE, role);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Not a test: the body of the child, which does nothing unless it was given a role.
#[test]
fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match role.as_str() {
        "daemon" => runtime.block_on(daemon()),
        "logs" => super::logs::speak(),
        "panics" => runtime.block_on(super::logs::panic_in_a_thread()),
        other => panic!("unknown role {other}"),
    }
}

/// Beats until SIGHUP, is silent until the next one, and ends on SIGTERM.
async fn daemon() {
    let mut signals = Signals::listen().unwrap();
    let (tasks, beats) = (Tasks::new(), Beats::new());
    let (say, heard) = std::sync::mpsc::sync_channel::<()>(1);
    let beat = beats.register("worker", Duration::from_millis(150));
    tasks
        .thread("worker", move |token| {
            let mut silent = false;
            while !token.is_cancelled() {
                silent ^= heard.recv_timeout(Duration::from_millis(10)).is_ok();
                if !silent {
                    beat.beat();
                }
            }
            Ok(())
        })
        .unwrap();
    watchdog::spawn_feeder(&tasks, &beats);
    watchdog::notify_ready();
    while signals.next().await == Signal::Hangup {
        say.send(()).unwrap();
    }
    watchdog::notify_stopping();
    let report = tasks.stop(Duration::from_secs(10)).await;
    assert!(report.is_clean(), "{report:?}");
}
