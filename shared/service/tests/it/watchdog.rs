//! The talk with the service manager, over a real socket, and freshness.

use std::os::unix::net::UnixDatagram;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use service::tasks::Tasks;
use service::watchdog::{self, Beats};

use super::{LIMIT, child, until};

struct Manager {
    socket: UnixDatagram,
    daemon: Child,
}

impl Manager {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.daemon), signal).unwrap();
    }

    fn hear(&self, wait: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let mut buffer = [0; 1024];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..length].to_vec()).unwrap().trim().to_owned())
    }

    /// Listens until a message is `wanted`; gives back those before it.
    fn hear_until(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let began = Instant::now();
        let mut before = Vec::new();
        while began.elapsed() < LIMIT {
            match self.hear(LIMIT) {
                Some(message) if wanted(&message) => return before,
                Some(message) => before.push(message),
                None => break,
            }
        }
        panic!("never heard; before it came {before:?}");
    }
}

#[test]
fn feeds_the_watchdog_only_while_the_work_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let mut command = child::command("daemon");
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000").env_remove("WATCHDOG_PID");
    let mut manager = Manager { socket, daemon: command.spawn().unwrap() };

    manager.hear_until(|m| m == "READY=1");
    for _ in 0..3 {
        manager.hear_until(|m| m == "WATCHDOG=1");
    }
    manager.signal(Signal::HUP);
    manager.hear_until(|m| m.starts_with("STATUS=`worker` has been silent for"));
    // Twice the watchdog's limit: a real manager would have restarted it by now.
    assert_eq!(manager.hear(Duration::from_millis(400)), None, "a silent worker must not be covered for");

    manager.signal(Signal::HUP);
    manager.hear_until(|m| m == "WATCHDOG=1");
    manager.signal(Signal::TERM);
    manager.hear_until(|m| m == "STOPPING=1");
    assert!(manager.daemon.wait().unwrap().success());
}

#[tokio::test]
async fn works_without_a_service_manager() {
    let (tasks, beats) = (Tasks::new(), Beats::new());
    watchdog::notify_ready();
    watchdog::notify_status("one line\nand another");
    watchdog::spawn_feeder(&tasks, &beats);
    assert!(tasks.stop(LIMIT).await.is_clean());
}

#[tokio::test]
async fn names_who_is_silent_and_forgets_who_left() {
    let beats = Beats::new();
    let quick = beats.register("quick", Duration::ZERO);
    let idle = beats.register("idle", Duration::ZERO);
    idle.idle();
    let _patient = beats.register("patient", Duration::from_secs(3600));
    let silent = || beats.stale().iter().map(|s| s.name.to_string()).collect::<Vec<_>>();
    until("quick is stale", || silent() == ["quick"]).await;

    // The one that took its place is watched from now on; the end of the old one does not end that watch.
    let second = beats.register("quick", Duration::from_secs(3600));
    drop(quick);
    assert_eq!(silent(), [""; 0]);
    idle.beat();
    until("idle works and is stale", || silent() == ["idle"]).await;
    drop((second, idle));
    assert_eq!(silent(), [""; 0]);

    // Whoever learns that work takes longer than thought may be silent for longer.
    let slow = beats.register("slow", Duration::ZERO);
    until("slow is stale", || silent() == ["slow"]).await;
    slow.allow(Duration::from_secs(3600));
    assert_eq!(silent(), [""; 0]);
}
