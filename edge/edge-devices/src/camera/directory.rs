//! A camera that shows a folder or a list of images, one after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Camera, CameraError, Opener};

/// Which images to show and for how long.
#[derive(Debug, Clone)]
pub struct DirectoryCamera {
    /// The images, in the order they are shown.
    pub images: Vec<PathBuf>,
    /// Frames a second.
    pub fps: u32,
    /// How long one image is shown.
    pub hold: Duration,
    /// True to begin again after the last one; false to stop.
    pub repeat: bool,
}

impl DirectoryCamera {
    /// All JPEG, PNG and WebP files of a folder in order of name, each for one second, for ever.
    pub fn folder(folder: &Path) -> Result<Self, CameraError> {
        let _ = folder;
        unimplemented!()
    }
}

impl Opener for DirectoryCamera {
    fn name(&self) -> String {
        unimplemented!()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        unimplemented!()
    }
}
