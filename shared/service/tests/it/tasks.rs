//! Supervision: restarts, failures, stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::bail;
use service::tasks::{CancellationToken, RestartPolicy, Tasks};

use super::{LIMIT, until};

fn quick(give_up_after: Option<u32>) -> RestartPolicy {
    let ms = Duration::from_millis;
    RestartPolicy { first_pause: ms(1), longest_pause: ms(4), give_up_after, ..RestartPolicy::default() }
}

#[tokio::test]
async fn restarts_a_task_after_an_error_and_a_panic_until_it_is_done() {
    let tasks = Tasks::new();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let handle = tasks.spawn_restarting("flaky", quick(None), move |_| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match run {
                0 => bail!("first"),
                1 => panic!("second"),
                _ => Ok(()),
            }
        }
    });
    until("done", || handle.is_finished()).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert!(tasks.stop(LIMIT).await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_a_thread_and_gives_up_in_the_end() {
    let tasks = Tasks::new();
    tasks.thread_restarting("broken", quick(Some(3)), |_| panic!("no camera {}", 7)).unwrap();
    let failure = tokio::time::timeout(LIMIT, tasks.failed()).await.unwrap();
    assert_eq!(failure.to_string(), "task `broken` failed: panic: no camera 7");
    let report = tasks.stop(LIMIT).await;
    assert!(report.stuck.is_empty() && report.failures.len() == 1, "{report:?}");
}

#[tokio::test]
async fn says_why_a_task_was_restarted() {
    let tasks = Tasks::new();
    let waiting = RestartPolicy { first_pause: LIMIT, longest_pause: LIMIT, ..RestartPolicy::default() };
    tasks.spawn_restarting("camera", waiting, |_| async {
        Err(anyhow::anyhow!("no such device").context("open"))
    });
    until("restarted", || tasks.status()[0].restarts == 1).await;
    let status = tasks.status();
    assert_eq!(
        (&*status[0].name, status[0].last_failure.as_deref()),
        ("camera", Some("open: no such device"))
    );
    assert!(tasks.stop(LIMIT).await.is_clean(), "a pause ends when the set stops");
}

#[tokio::test]
async fn one_failure_without_restarts_is_the_failure_of_the_set() {
    let tasks = Tasks::new();
    let token = tasks.token();
    tasks.spawn("waits", async move {
        token.cancelled().await;
        Ok(())
    });
    tasks.spawn("fails", async { bail!("no disk") });
    let failure = tokio::time::timeout(LIMIT, tasks.failed()).await.unwrap();
    assert_eq!((&*failure.task, &*failure.cause), ("fails", "no disk"));
    let report = tasks.stop(LIMIT).await;
    assert!(!report.is_clean() && report.stuck.is_empty(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_those_that_do_not_stop() {
    let tasks = Tasks::new();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let thread = move |_| {
        // Deaf to its token, like a driver that hangs in the kernel.
        let _ = held.recv();
        Ok(())
    };
    tasks.thread("deaf-thread", thread).unwrap();
    tasks.spawn("deaf-task", std::future::pending());
    let token = tasks.token();
    tasks.spawn("obedient", async move {
        token.cancelled().await;
        Ok(())
    });
    let report = tasks.stop(Duration::from_millis(50)).await;
    let stuck: Vec<&str> = report.stuck.iter().map(|name| &**name).collect();
    assert_eq!(stuck, ["deaf-thread", "deaf-task"]);
    assert!(report.took < LIMIT);
    drop(release);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_thread_is_no_longer_waited_for() {
    let tasks = Tasks::new();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (ended, seen) = std::sync::mpsc::channel::<bool>();
    let hangs = tasks
        .thread("hangs", move |token| {
            let _ = held.recv();
            ended.send(token.is_cancelled())?;
            bail!("too late to matter")
        })
        .unwrap();
    hangs.abandon();
    assert!(hangs.is_finished());
    drop(release);
    assert!(seen.recv_timeout(LIMIT).unwrap(), "it is told to stop, should it ever look");
    assert!(tasks.stop(LIMIT).await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancels_one_and_leaves_the_others() {
    let tasks = Tasks::new();
    let waits = |token: CancellationToken| {
        while !token.is_cancelled() {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Ok(())
    };
    let one = tasks.thread("one", waits).unwrap();
    let other = tasks.thread_restarting("other", quick(None), waits).unwrap();
    one.cancel();
    until("one has ended", || one.is_finished()).await;
    assert!(!other.is_finished());
    assert!(tasks.stop(LIMIT).await.is_clean());
}
