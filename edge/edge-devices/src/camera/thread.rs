//! The thread that keeps a camera alive: watches it, abandons a read that blocks, opens it again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use domain::time::MonotonicMs;

use super::{LatestFrame, Opener};

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
pub struct CameraThread {}

impl CameraThread {
    /// Stops the camera and waits for its watchdog; a read that is blocked is left behind.
    pub fn stop(self) {
        unimplemented!()
    }
}

/// Starts a camera: its frames go into `slot`, numbered from 1 and stamped by `clock`; its losses and returns to `on_event`,
/// which is called on the watchdog's thread and must not block.
pub fn spawn(
    opener: Arc<dyn Opener>,
    slot: Arc<LatestFrame>,
    config: WatchConfig,
    clock: impl Fn() -> MonotonicMs + Send + Sync + 'static,
    on_event: impl FnMut(CameraEvent) + Send + 'static,
) -> io::Result<CameraThread> {
    let _ = (opener, slot, config, clock(), on_event);
    unimplemented!()
}
