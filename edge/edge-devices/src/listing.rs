//! Which cameras this machine has: for `tillsight doctor`.

use serde::Serialize;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CameraReport {
    /// True when this build can use V4L2 cameras; if not, they are listed by name only.
    pub v4l_built: bool,
    /// The capture devices of this machine.
    pub devices: Vec<CameraDevice>,
    /// What went wrong while looking, in words, each with the way out.
    pub problems: Vec<String>,
}

/// One capture device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CameraDevice {
    /// `/dev/video0`.
    pub device: String,
    /// What the driver calls it.
    pub name: String,
    /// What it can send, best first; empty when this build cannot ask.
    pub formats: Vec<CameraFormat>,
}

/// One thing a camera can send.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CameraFormat {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// The pixel format, as V4L2 names it: `MJPG`, `YUYV`.
    pub pixels: String,
}

/// Lists the capture devices of this machine.
pub fn cameras() -> CameraReport {
    unimplemented!()
}
