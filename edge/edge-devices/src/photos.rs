//! A camera that shows one photo of a folder, or nothing: for driving a till with real photographs.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use domain::frame::Frame;
use domain::time::MonotonicMs;
use thiserror::Error;

use crate::camera::{Camera, CameraError, Opener};
use crate::picture::{self, FILE_LIMITS, Picture};

/// The grey of a frame that shows nothing.
const BLANK: u8 = 128;

/// A camera pointed at photos. A cheap handle: every clone shows the same photo, and any of them can be the [`Opener`].
/// The frame has the size of the photo; between photos it is uniformly grey and keeps the size of the last one. The
/// frames of one photo are the same to the byte: no noise is added.
#[derive(Debug, Clone)]
pub struct PhotosCamera {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    frame_interval: Duration,
    showing: Mutex<Showing>,
}

#[derive(Debug)]
struct Showing {
    path: Option<PathBuf>,
    picture: Picture,
}

/// Why a photo cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShowError {
    /// The path leads out of the camera's folder.
    #[error("`{path}` is not inside the photo folder `{root}`: name a photo by its path within it")]
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
        let shared = Shared {
            root: root.to_owned(),
            frame_interval: Duration::from_secs(1) / fps.max(1),
            showing: Mutex::new(Showing { path: None, picture: blank(640, 480) }),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Shows a photo, by its path relative to the folder, from the next frame on. It is decoded before this returns.
    pub fn show(&self, path: &Path) -> Result<(), ShowError> {
        let picture = self.read(path)?;
        *self.showing_now() = Showing { path: Some(path.to_owned()), picture };
        Ok(())
    }

    /// Shows nothing.
    pub fn blank(&self) {
        let mut showing = self.showing_now();
        if showing.path.take().is_some() {
            showing.picture = blank(showing.picture.width, showing.picture.height);
        }
    }

    /// The photo being shown, as it was asked for.
    pub fn showing(&self) -> Option<PathBuf> {
        self.showing_now().path.clone()
    }

    fn read(&self, path: &Path) -> Result<Picture, ShowError> {
        let outside = || ShowError::Outside { path: path.to_owned(), root: self.shared.root.clone() };
        let unreadable = |reason: String| ShowError::Unreadable { path: path.to_owned(), reason };
        if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(outside());
        }
        // Links are followed, but not out of the folder.
        let found = self.shared.root.join(path).canonicalize().map_err(|e| unreadable(e.to_string()))?;
        let root = self.shared.root.canonicalize().map_err(|e| unreadable(e.to_string()))?;
        if !found.starts_with(root) {
            return Err(outside());
        }
        picture::decode_file(&found, FILE_LIMITS).map_err(unreadable)
    }

    fn showing_now(&self) -> MutexGuard<'_, Showing> {
        self.shared.showing.lock().expect("no holder of this lock can panic")
    }
}

impl Opener for PhotosCamera {
    fn name(&self) -> String {
        format!("photos of {}", self.shared.root.display())
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        if !self.shared.root.is_dir() {
            let reason = "there is no such folder: name one that holds photos".to_owned();
            return Err(CameraError::Open { camera: self.name(), reason });
        }
        Ok(Box::new(OpenPhotos { photos: self.clone(), due: Instant::now() }))
    }
}

struct OpenPhotos {
    photos: PhotosCamera,
    due: Instant,
}

impl Camera for OpenPhotos {
    fn describe(&self) -> String {
        self.photos.name()
    }

    fn next_frame(&mut self) -> Result<Frame, CameraError> {
        let now = Instant::now();
        if self.due > now {
            std::thread::sleep(self.due - now);
        }
        self.due = self.due.max(now) + self.photos.shared.frame_interval;
        let Picture { width, height, rgb } = self.photos.showing_now().picture.clone();
        Ok(Frame::new(width, height, rgb, 0, MonotonicMs::default()))
    }
}

fn blank(width: u32, height: u32) -> Picture {
    let rgb = vec![BLANK; width as usize * height as usize * 3].into();
    Picture { width, height, rgb }
}
