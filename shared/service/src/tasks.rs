//! Named tasks and threads with one owner that restarts them, stops them and says which did not stop.
//!
//! Async tasks run on the tokio runtime; work that may block has a thread of its own. Both get a [`CancellationToken`]
//! and are joined by [`Tasks::stop`] within a grace period. A panic counts as a failure, never as the end of the
//! process.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
pub use tokio_util::sync::CancellationToken;

/// What a task or a thread gives back: nothing, or why it could not go on.
pub type TaskResult = anyhow::Result<()>;

/// Owns the tasks and threads of a program, or of one of its stages. Clones share the same set.
///
/// A program that stops in stages (first intake, then storage) has one `Tasks` per stage and stops them in turn.
#[derive(Clone)]
pub struct Tasks {
    shared: Arc<Shared>,
    runtime: runtime::Handle,
}

/// How a failed task comes back: after a pause that doubles from `first_pause` to `longest_pause` with each failure in
/// a row. There is no jitter: a till's tasks wait for their own devices, not for a service that they share.
#[derive(Debug, Clone, Copy)]
pub struct RestartPolicy {
    /// The pause after the first failure.
    pub first_pause: Duration,
    /// The pause never grows past this.
    pub longest_pause: Duration,
    /// A run that lasted this long forgets the failures before it.
    pub steady_after: Duration,
    /// So many failures in a row make the failure final; `None` tries for ever.
    pub give_up_after: Option<u32>,
}

/// A hold on one task, for an owner that may have to replace it. Dropping it changes nothing.
pub struct TaskHandle {
    id: u64,
    token: CancellationToken,
    shared: Arc<Shared>,
}

/// Why a task ended for good before it was told to.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The task's name.
    pub task: Arc<str>,
    /// The chain of causes, or the panic's message.
    pub cause: Arc<str>,
}

/// How a stop went.
#[derive(Debug, Clone, Default)]
pub struct StopReport {
    /// The names of those that were still running when the grace period ended. Async tasks among them were aborted;
    /// threads cannot be and end with the process.
    pub stuck: Vec<Arc<str>>,
    /// Those that failed for good, in the order they did.
    pub failures: Vec<Failure>,
    /// How long the stop took.
    pub took: Duration,
}

/// One task as an operator sees it.
#[derive(Debug, Clone)]
pub struct TaskStatus {
    /// The task's name.
    pub name: Arc<str>,
    /// How often it was restarted.
    pub restarts: u64,
    /// Why it was restarted last.
    pub last_failure: Option<Arc<str>>,
}

#[derive(Default)]
struct Shared {
    token: CancellationToken,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    next_id: u64,
    live: BTreeMap<u64, Live>,
    failures: Vec<Failure>,
}

struct Live {
    name: Arc<str>,
    /// `None` for a thread, which cannot be aborted.
    abort: Option<AbortHandle>,
    restarts: u64,
    last_failure: Option<Arc<str>>,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
            steady_after: Duration::from_secs(60),
            give_up_after: None,
        }
    }
}

impl RestartPolicy {
    /// The pause after so many failures in a row, counted from 1.
    fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause)
    }

    fn is_final(&self, failures: u32) -> bool {
        self.give_up_after.is_some_and(|limit| failures >= limit)
    }
}

/// Counts failures in a row.
struct Attempts {
    policy: RestartPolicy,
    failures: u32,
    began: Instant,
}

impl Attempts {
    fn new(policy: RestartPolicy) -> Self {
        Self { policy, failures: 0, began: Instant::now() }
    }

    fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// The pause before the next attempt, or `None` when there is none.
    fn pause_after_failure(&mut self) -> Option<Duration> {
        if self.began.elapsed() >= self.policy.steady_after {
            self.failures = 0;
        }
        self.failures += 1;
        (!self.policy.is_final(self.failures)).then(|| self.policy.pause(self.failures))
    }
}

impl Tasks {
    /// An empty set on the current tokio runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new() -> Self {
        Self { shared: Arc::default(), runtime: runtime::Handle::current() }
    }

    /// Is cancelled when the set is told to stop.
    pub fn token(&self) -> CancellationToken {
        self.shared.token.clone()
    }

    /// Runs a task once. Returning `Ok` ends it; an error or a panic is a [`Failure`] of the whole set.
    pub fn spawn<F>(&self, name: &str, task: F) -> TaskHandle
    where
        F: Future<Output = TaskResult> + Send + 'static,
    {
        let handle = self.register(name);
        let (id, shared) = (handle.id, Arc::clone(&self.shared));
        let runtime = self.runtime.clone();
        self.own_task(id, async move {
            let outcome = run_caught(&runtime, task).await;
            shared.finish(id, outcome.err());
        });
        handle
    }

    /// Runs a task and, when it fails, runs another made by `factory`. Returning `Ok` ends it. `factory` is given the
    /// token that ends this task, either alone or with the set.
    pub fn spawn_restarting<F, Make>(
        &self,
        name: &str,
        policy: RestartPolicy,
        mut factory: Make,
    ) -> TaskHandle
    where
        Make: FnMut(CancellationToken) -> F + Send + 'static,
        F: Future<Output = TaskResult> + Send + 'static,
    {
        let handle = self.register(name);
        let (id, shared, token) = (handle.id, Arc::clone(&self.shared), handle.token.clone());
        let runtime = self.runtime.clone();
        self.own_task(id, async move {
            let mut attempts = Attempts::new(policy);
            let last = loop {
                attempts.begin();
                let Err(cause) = run_caught(&runtime, factory(token.clone())).await else { break None };
                if token.is_cancelled() {
                    break Some(cause);
                }
                let Some(pause) = attempts.pause_after_failure() else { break Some(cause) };
                shared.restarting(id, &cause, pause);
                if token.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    break None;
                }
            };
            shared.finish(id, last);
        });
        handle
    }

    /// Runs `work` on a thread of its own, once. Returning `Ok` ends it; an error or a panic is a [`Failure`] of the
    /// whole set. The thread must look at its token between steps.
    pub fn thread<F>(&self, name: &str, work: F) -> std::io::Result<TaskHandle>
    where
        F: FnOnce(CancellationToken) -> TaskResult + Send + 'static,
    {
        let handle = self.register(name);
        let (id, shared, token) = (handle.id, Arc::clone(&self.shared), handle.token.clone());
        self.own_thread(id, name, move || {
            let outcome = call_caught(|| work(token));
            shared.finish(id, outcome.err());
        })?;
        Ok(handle)
    }

    /// Runs `work` on a thread of its own and runs it again when it fails. Returning `Ok` ends it.
    pub fn thread_restarting<F>(
        &self,
        name: &str,
        policy: RestartPolicy,
        mut work: F,
    ) -> std::io::Result<TaskHandle>
    where
        F: FnMut(CancellationToken) -> TaskResult + Send + 'static,
    {
        let handle = self.register(name);
        let (id, shared, token) = (handle.id, Arc::clone(&self.shared), handle.token.clone());
        let runtime = self.runtime.clone();
        self.own_thread(id, name, move || {
            let mut attempts = Attempts::new(policy);
            let last = loop {
                attempts.begin();
                let Err(cause) = call_caught(|| work(token.clone())) else { break None };
                if token.is_cancelled() {
                    break Some(cause);
                }
                let Some(pause) = attempts.pause_after_failure() else { break Some(cause) };
                shared.restarting(id, &cause, pause);
                // The timer is made inside the runtime, which this thread is no part of.
                let waited = runtime.block_on(async { tokio::time::timeout(pause, token.cancelled()).await });
                if waited.is_ok() {
                    break None;
                }
            };
            shared.finish(id, last);
        })?;
        Ok(handle)
    }

    /// Those that run now, in the order they were started.
    pub fn status(&self) -> Vec<TaskStatus> {
        let state = self.shared.lock();
        let status = |live: &Live| TaskStatus {
            name: Arc::clone(&live.name),
            restarts: live.restarts,
            last_failure: live.last_failure.clone(),
        };
        state.live.values().map(status).collect()
    }

    /// Waits until a task of the set fails for good; the program then has no reason to go on.
    pub async fn failed(&self) -> Failure {
        loop {
            let changed = self.shared.changed.notified();
            if let Some(failure) = self.shared.lock().failures.first() {
                return failure.clone();
            }
            changed.await;
        }
    }

    /// Tells all to stop and waits for them, at most `grace`.
    pub async fn stop(&self, grace: Duration) -> StopReport {
        let began = Instant::now();
        self.shared.token.cancel();
        // A grace that runs out is no error here: the report names those it ran out for.
        let _ = tokio::time::timeout(grace, self.shared.all_ended()).await;
        let mut state = self.shared.lock();
        let stuck = std::mem::take(&mut state.live);
        let failures = state.failures.clone();
        drop(state);
        for live in stuck.values() {
            if let Some(abort) = &live.abort {
                abort.abort();
            }
            tracing::error!(task = %live.name, grace_s = grace.as_secs_f64(), "task did not stop in time");
        }
        StopReport {
            stuck: stuck.into_values().map(|live| live.name).collect(),
            failures,
            took: began.elapsed(),
        }
    }

    fn register(&self, name: &str) -> TaskHandle {
        let live = Live { name: Arc::from(name), abort: None, restarts: 0, last_failure: None };
        let mut state = self.shared.lock();
        let id = state.next_id;
        state.next_id += 1;
        state.live.insert(id, live);
        drop(state);
        tracing::debug!(task = name, "task starts");
        TaskHandle { id, token: self.shared.token.child_token(), shared: Arc::clone(&self.shared) }
    }

    fn own_task(&self, id: u64, task: impl Future<Output = ()> + Send + 'static) {
        let abort = self.runtime.spawn(task).abort_handle();
        // A task that has ended already is no longer listed.
        if let Some(live) = self.shared.lock().live.get_mut(&id) {
            live.abort = Some(abort);
        }
    }

    fn own_thread(&self, id: u64, name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let started = std::thread::Builder::new().name(name.to_owned()).spawn(body);
        if started.is_err() {
            self.shared.lock().live.remove(&id);
        }
        started.map(drop)
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl TaskHandle {
    /// Tells this one to stop; the set goes on.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// True when it has ended, or was abandoned.
    pub fn is_finished(&self) -> bool {
        !self.shared.lock().live.contains_key(&self.id)
    }

    /// Tells this one to stop and no longer waits for it: for a thread that hangs in a device driver and whose work
    /// another has taken over. What it returns later is ignored.
    pub fn abandon(&self) {
        self.token.cancel();
        if let Some(live) = self.shared.lock().live.remove(&self.id) {
            if let Some(abort) = &live.abort {
                abort.abort();
            }
            tracing::warn!(task = %live.name, "task abandoned");
        }
        self.shared.changed.notify_waiters();
    }
}

impl StopReport {
    /// True when all stopped in time and none had failed.
    pub fn is_clean(&self) -> bool {
        self.stuck.is_empty() && self.failures.is_empty()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task `{}` failed: {}", self.task, self.cause)
    }
}

impl std::error::Error for Failure {}

impl Shared {
    /// The state stays whole at every step, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, id: u64, failure: Option<Arc<str>>) {
        let mut state = self.lock();
        // Not listed: abandoned, or past its grace. Nobody waits for it any more.
        let Some(live) = state.live.remove(&id) else { return };
        if let Some(cause) = failure {
            tracing::error!(task = %live.name, cause = %cause, "task failed for good");
            state.failures.push(Failure { task: live.name, cause });
        } else {
            tracing::debug!(task = %live.name, "task ended");
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn restarting(&self, id: u64, cause: &Arc<str>, pause: Duration) {
        let mut state = self.lock();
        let Some(live) = state.live.get_mut(&id) else { return };
        live.restarts += 1;
        live.last_failure = Some(Arc::clone(cause));
        let name = Arc::clone(&live.name);
        drop(state);
        metrics::counter!("tillsight_task_restarts_total", "task" => name.to_string()).increment(1);
        tracing::warn!(task = %name, cause = %cause, pause_ms = pause.as_millis(), "task failed and is restarted");
    }

    async fn all_ended(&self) {
        loop {
            let changed = self.changed.notified();
            if self.lock().live.is_empty() {
                return;
            }
            changed.await;
        }
    }
}

/// Runs a future so that its panic becomes an error. It is a task of its own, which is aborted if the caller is.
async fn run_caught<F>(runtime: &runtime::Handle, task: F) -> Result<(), Arc<str>>
where
    F: Future<Output = TaskResult> + Send + 'static,
{
    let mut inner = tokio::task::JoinSet::new();
    inner.spawn_on(task, runtime);
    match inner.join_next().await {
        Some(Ok(Ok(()))) | None => Ok(()),
        Some(Ok(Err(error))) => Err(format!("{error:#}").into()),
        Some(Err(error)) => match error.try_into_panic() {
            Ok(panic) => Err(panic_text(panic.as_ref())),
            Err(_cancelled) => Err("cancelled by the runtime".into()),
        },
    }
}

fn call_caught(work: impl FnOnce() -> TaskResult) -> Result<(), Arc<str>> {
    // What a panic leaves half done belongs to `work` and is not used again, or `work` says so by being `FnMut`.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("{error:#}").into()),
        Err(panic) => Err(panic_text(panic.as_ref())),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> Arc<str> {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a message")).into()
}
