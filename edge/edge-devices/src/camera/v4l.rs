//! Cameras of Video4Linux2 (USB and built in), through nokhwa.

use super::{Camera, CameraError, Opener};

/// A camera of this machine and what is wanted of it.
#[derive(Debug, Clone)]
pub struct V4lCamera {
    /// The device: `/dev/video0`, or its number.
    pub device: String,
    /// The width wanted; the nearest format is taken.
    pub width: u32,
    /// The height wanted.
    pub height: u32,
    /// The frames a second wanted.
    pub fps: u32,
}

impl Opener for V4lCamera {
    fn name(&self) -> String {
        self.device.clone()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        unimplemented!()
    }
}
