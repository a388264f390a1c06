//! Network cameras that send MJPEG over HTTP (`multipart/x-mixed-replace`).

use std::time::Duration;

use super::{Camera, CameraError, Opener};

/// A network camera.
#[derive(Debug, Clone)]
pub struct MjpegCamera {
    /// Where it streams: `http://camera/stream`. No TLS: such a camera belongs on the till's own wire.
    pub url: String,
    /// How long connecting may take, and how long the stream may be silent.
    pub timeout: Duration,
    /// The largest JPEG that is read, in bytes.
    pub max_part_bytes: usize,
    /// The largest picture that is decoded, in pixels.
    pub max_pixels: u64,
}

impl MjpegCamera {
    /// A camera with the usual limits: 3 s of silence, 8 MiB and 16 megapixels a frame.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            timeout: Duration::from_secs(3),
            max_part_bytes: 8 << 20,
            max_pixels: 16_000_000,
        }
    }
}

impl Opener for MjpegCamera {
    fn name(&self) -> String {
        self.url.clone()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        unimplemented!()
    }
}
