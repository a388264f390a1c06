//! The thread that keeps a camera alive: watches it, abandons a read that blocks, opens it again.
//!
//! Two threads: one reads, because drivers may block for ever; one watches the reader and never touches the camera. A reader
//! that hangs cannot be ended, so it is abandoned: what it still delivers is dropped, and it ends by itself when the driver
//! lets it go.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use domain::frame::Frame;
use domain::time::MonotonicMs;

use super::{Camera, CameraError, LatestFrame, Opener};

/// How many unusable frames in a row are put up with before the camera is opened again.
const BAD_FRAMES: u32 = 15;

/// How many frames show that a camera works, so that the next failure is answered quickly.
const FRAMES_OF_TRUST: u64 = 10;

/// How many abandoned readers may hang at once before no new one is started: each costs a thread.
const HANGING_READERS: usize = 4;

/// How long a stopping camera is waited for, so that its device is closed in order.
const CLOSING: Duration = Duration::from_millis(500);

/// How long to wait for a camera and how often to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchConfig {
    /// A camera that gives no frame for this long is abandoned and opened again.
    pub frame_timeout: Duration,
    /// An attempt to open that takes longer than this is abandoned.
    pub open_timeout: Duration,
    /// The pause before the first new attempt; it doubles with each failure.
    pub backoff_min: Duration,
    /// The longest pause between attempts.
    pub backoff_max: Duration,
}

impl Default for WatchConfig {
    fn default() -> Self {
        Self {
            frame_timeout: Duration::from_secs(3),
            open_timeout: Duration::from_secs(10),
            backoff_min: Duration::from_millis(200),
            backoff_max: Duration::from_secs(5),
        }
    }
}

/// What happened to a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraEvent {
    /// No frames come: sent once when they stop, or when the camera cannot be opened at the start.
    Lost {
        /// The camera's name.
        camera: String,
        /// Why, in words.
        reason: String,
    },
    /// Frames come: sent with the first frame of all and with the first after a loss.
    Back {
        /// The camera's own description.
        camera: String,
    },
}

/// A running camera. Dropping it stops it.
#[derive(Debug)]
pub struct CameraThread {
    watch: Arc<Watch>,
    watcher: Option<JoinHandle<()>>,
}

impl CameraThread {
    /// Stops the camera and waits for its watchdog; a read that is blocked is left behind.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for CameraThread {
    fn drop(&mut self) {
        self.watch.lock().stopping = true;
        self.watch.changed.notify_all();
        if let Some(watcher) = self.watcher.take() {
            // Only a panic of the caller's own event handler gets here; it has been printed already.
            let _ = watcher.join();
        }
    }
}

/// Starts a camera: its frames go into `slot`, numbered from 1 and stamped by `clock`; its losses and returns to `on_event`,
/// which is called on the watchdog's thread and must not block. When the camera is lost the slot is emptied.
pub fn spawn(
    opener: Arc<dyn Opener>,
    slot: Arc<LatestFrame>,
    config: WatchConfig,
    clock: impl Fn() -> MonotonicMs + Send + Sync + 'static,
    on_event: impl FnMut(CameraEvent) + Send + 'static,
) -> io::Result<CameraThread> {
    let watch = Arc::new(Watch::default());
    let watcher = Watcher {
        opener,
        config,
        delivery: Arc::new(Delivery { watch: Arc::clone(&watch), slot, clock: Box::new(clock) }),
        on_event: Box::new(on_event),
        lost: false,
        known: false,
        backoff: config.backoff_min,
    };
    let watcher = std::thread::Builder::new().name("camera-watch".to_owned()).spawn(move || watcher.run())?;
    Ok(CameraThread { watch, watcher: Some(watcher) })
}

/// What the reader and the watcher share.
#[derive(Debug, Default)]
struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    /// Which reader may deliver; the others are abandoned.
    reader: u64,
    /// Readers that have not ended, abandoned ones included.
    alive: usize,
    /// The last frame's number, over all readers.
    frames: u64,
    /// How far the present reader is.
    progress: Progress,
}

#[derive(Debug, Default, Clone)]
enum Progress {
    #[default]
    Opening,
    Open {
        description: String,
    },
    Ended {
        reason: String,
    },
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock can panic")
    }

    /// Waits for a change, at most until `until`.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, until: Instant) -> MutexGuard<'a, State> {
        let timeout = until.saturating_duration_since(Instant::now());
        self.changed.wait_timeout(state, timeout).expect("no holder of this lock can panic").0
    }
}

/// Where a reader hands its frames.
struct Delivery {
    watch: Arc<Watch>,
    slot: Arc<LatestFrame>,
    clock: Box<dyn Fn() -> MonotonicMs + Send + Sync>,
}

impl Delivery {
    /// False when the reader has been abandoned and should end.
    fn frame(&self, reader: u64, mut frame: Frame) -> bool {
        let mut state = self.watch.lock();
        if state.reader != reader || state.stopping {
            return false;
        }
        state.frames += 1;
        frame.number = state.frames;
        frame.captured_at = (self.clock)();
        // Under the lock, so that no frame of an abandoned reader follows the loss of its camera.
        self.slot.put(frame);
        self.watch.changed.notify_all();
        true
    }

    fn progress(&self, reader: u64, progress: Progress) -> bool {
        let mut state = self.watch.lock();
        let current = state.reader == reader && !state.stopping;
        if current {
            state.progress = progress;
            self.watch.changed.notify_all();
        }
        current
    }
}

/// Counts a reader out however it ends, a panic in a driver or decoder included.
struct Reader {
    number: u64,
    delivery: Arc<Delivery>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let reason = "its driver or decoder failed in a way that the log tells more about".to_owned();
            self.delivery.progress(self.number, Progress::Ended { reason });
        }
        self.delivery.watch.lock().alive -= 1;
        self.delivery.watch.changed.notify_all();
    }
}

impl Reader {
    fn run(&self, opener: &dyn Opener) {
        let ended = match opener.open() {
            Ok(mut camera) => {
                let description = camera.describe();
                if !self.delivery.progress(self.number, Progress::Open { description }) {
                    return;
                }
                self.read(camera.as_mut())
            }
            Err(error) => Some(error),
        };
        if let Some(error) = ended {
            self.delivery.progress(self.number, Progress::Ended { reason: error.to_string() });
        }
    }

    /// Reads until the camera fails, or returns `None` when this reader is no longer wanted.
    fn read(&self, camera: &mut dyn Camera) -> Option<CameraError> {
        let mut bad_frames = 0;
        loop {
            match camera.next_frame() {
                Ok(frame) => {
                    bad_frames = 0;
                    if !self.delivery.frame(self.number, frame) {
                        return None;
                    }
                }
                Err(error @ CameraError::BadFrame { .. }) => {
                    bad_frames += 1;
                    tracing::debug!(%error, "skipped a frame");
                    if bad_frames >= BAD_FRAMES {
                        return Some(error);
                    }
                    if self.delivery.watch.lock().reader != self.number {
                        return None;
                    }
                }
                Err(error) => return Some(error),
            }
        }
    }
}

struct Watcher {
    opener: Arc<dyn Opener>,
    config: WatchConfig,
    delivery: Arc<Delivery>,
    on_event: Box<dyn FnMut(CameraEvent) + Send>,
    /// True while the last event was a loss.
    lost: bool,
    /// True once there has been an event.
    known: bool,
    backoff: Duration,
}

impl Watcher {
    fn run(mut self) {
        while let Some(reason) = self.attempt() {
            self.report_loss(reason);
            if !self.pause() {
                break;
            }
        }
        self.close();
    }

    /// Opens the camera and watches it; the reason why it failed, or `None` when it is to stop.
    fn attempt(&mut self) -> Option<String> {
        let reader = {
            let watch = Arc::clone(&self.delivery.watch);
            let mut state = watch.lock();
            if state.alive > HANGING_READERS {
                return Some("it hangs each time it is opened: unplug it and plug it in again".to_owned());
            }
            state.reader += 1;
            state.alive += 1;
            state.progress = Progress::Opening;
            Reader { number: state.reader, delivery: Arc::clone(&self.delivery) }
        };
        let number = reader.number;
        let opener = Arc::clone(&self.opener);
        let started = std::thread::Builder::new()
            .name("camera-read".to_owned())
            .spawn(move || reader.run(opener.as_ref()));
        match started {
            Ok(_abandoned_if_it_hangs) => self.watch(number),
            Err(error) => Some(format!("failed to start a thread for it: {error}")),
        }
    }

    fn watch(&mut self, reader: u64) -> Option<String> {
        let watch = Arc::clone(&self.delivery.watch);
        let mut state = watch.lock();
        let first = state.frames;
        let (mut seen, mut since, mut was_open) = (first, Instant::now(), false);
        loop {
            if state.stopping {
                return None;
            }
            let description = match &state.progress {
                Progress::Ended { reason } => return Some(reason.clone()),
                Progress::Open { description } => Some(description.clone()),
                Progress::Opening => None,
            };
            let is_open = description.is_some();
            if state.frames != seen || is_open != was_open {
                (seen, since, was_open) = (state.frames, Instant::now(), is_open);
            }
            if let Some(description) = description.filter(|_| seen != first && (self.lost || !self.known)) {
                drop(state);
                (self.lost, self.known) = (false, true);
                (self.on_event)(CameraEvent::Back { camera: description });
                state = watch.lock();
                continue;
            }
            if seen - first >= FRAMES_OF_TRUST {
                self.backoff = self.config.backoff_min;
            }
            let limit = if is_open { self.config.frame_timeout } else { self.config.open_timeout };
            if since.elapsed() >= limit {
                // From here on nothing of this reader counts.
                state.reader = reader + 1;
                let what = if is_open { "it gave no frame" } else { "it did not open" };
                return Some(format!("{what} within {} ms", limit.as_millis()));
            }
            state = watch.wait(state, since + limit);
        }
    }

    fn report_loss(&mut self, reason: String) {
        self.delivery.slot.clear();
        if !self.lost {
            (self.lost, self.known) = (true, true);
            (self.on_event)(CameraEvent::Lost { camera: self.opener.name(), reason });
        } else {
            tracing::debug!(camera = self.opener.name(), reason, "the camera is still lost");
        }
    }

    /// Waits before the next attempt; false when it is to stop.
    fn pause(&mut self) -> bool {
        let until = Instant::now() + self.backoff;
        self.backoff = (self.backoff * 2).min(self.config.backoff_max);
        let watch = Arc::clone(&self.delivery.watch);
        let mut state = watch.lock();
        while !state.stopping && Instant::now() < until {
            state = watch.wait(state, until);
        }
        !state.stopping
    }

    /// Gives the readers a moment to close their devices.
    fn close(&self) {
        let until = Instant::now() + CLOSING;
        let mut state = self.delivery.watch.lock();
        while state.alive > 0 && Instant::now() < until {
            state = self.delivery.watch.wait(state, until);
        }
    }
}
