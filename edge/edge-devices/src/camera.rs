//! The camera port, the slot that holds the newest frame, and the thread that keeps a camera alive.

use domain::frame::Frame;
use thiserror::Error;

pub mod directory;
pub mod mjpeg;
#[cfg(any(feature = "v4l", test))]
mod pixels;
mod slot;
mod thread;
#[cfg(feature = "v4l")]
pub mod v4l;

pub use slot::LatestFrame;
pub use thread::{CameraEvent, CameraThread, WatchConfig, spawn};

/// An open camera. It lives and ends on the thread that opened it, because reading blocks and because drivers' handles do not
/// all cross threads.
pub trait Camera {
    /// What it is, for people: `/dev/video0 (USB camera), 1280x960 at 15 fps`.
    fn describe(&self) -> String;

    /// Blocks until the next frame. Its `number` and `captured_at` are placeholders: [`CameraThread`] sets them.
    fn next_frame(&mut self) -> Result<Frame, CameraError>;
}

/// Opens one camera, again and again if it must.
pub trait Opener: Send + Sync + 'static {
    /// The name the camera has in configuration, messages and events: `/dev/video0`, `http://...`, `simulated`.
    fn name(&self) -> String;

    /// Opens it. May block; the watchdog abandons an attempt that takes too long.
    fn open(&self) -> Result<Box<dyn Camera>, CameraError>;
}

/// What went wrong with a camera. Each message names the camera, what was tried and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CameraError {
    /// It could not be opened.
    #[error("failed to open camera `{camera}`: {reason}")]
    Open {
        /// The camera's name.
        camera: String,
        /// Why, and what to do.
        reason: String,
    },
    /// It was open and gives no more frames; it must be opened again.
    #[error("camera `{camera}` stopped: {reason}")]
    Stopped {
        /// The camera's name.
        camera: String,
        /// Why.
        reason: String,
    },
    /// One frame was unusable; the next may be good.
    #[error("camera `{camera}` sent a frame that cannot be used: {reason}")]
    BadFrame {
        /// The camera's name.
        camera: String,
        /// Why.
        reason: String,
    },
}
