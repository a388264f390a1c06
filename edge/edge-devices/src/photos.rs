//! A camera that shows one photo of a folder, or nothing: for driving a till with real photographs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::camera::{Camera, CameraError, Opener};

/// A camera pointed at photos. A cheap handle: every clone shows the same photo, and any of them can be the [`Opener`].
/// The frame has the size of the photo; between photos it is uniformly grey.
#[derive(Debug, Clone)]
pub struct PhotosCamera {
    _shared: Arc<()>,
}

/// Why a photo cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShowError {
    /// The path leads out of the camera's folder.
    #[error("`{path}` is not inside the photo folder `{root}`: name a photo relative to it")]
    Outside {
        /// The path asked for.
        path: PathBuf,
        /// The camera's folder.
        root: PathBuf,
    },
    /// There is no such file, or it is not a picture.
    #[error("failed to show `{path}`: {reason}")]
    Unreadable {
        /// The path asked for.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
}

impl PhotosCamera {
    /// A camera on the photos below `root`, at `fps` frames a second, showing nothing yet.
    pub fn new(root: &Path, fps: u32) -> Self {
        let _ = (root, fps);
        unimplemented!()
    }

    /// Shows a photo, by its path relative to the folder, from the next frame on. It is decoded before this returns.
    pub fn show(&self, path: &Path) -> Result<(), ShowError> {
        let _ = path;
        unimplemented!()
    }

    /// Shows nothing.
    pub fn blank(&self) {
        unimplemented!()
    }

    /// The photo being shown, as it was asked for.
    pub fn showing(&self) -> Option<PathBuf> {
        unimplemented!()
    }
}

impl Opener for PhotosCamera {
    fn name(&self) -> String {
        unimplemented!()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        unimplemented!()
    }
}
