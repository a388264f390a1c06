//! A camera that shows a folder or a list of images, one after the other.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::frame::Frame;
use domain::time::MonotonicMs;

use super::{Camera, CameraError, Opener};
use crate::picture::{self, FILE_LIMITS, Picture};

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
        let failed = |reason: String| CameraError::Open { camera: folder.display().to_string(), reason };
        let entries = std::fs::read_dir(folder).map_err(|e| failed(e.to_string()))?;
        let mut images = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| failed(e.to_string()))?.path();
            let extension =
                path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
            if ["jpg", "jpeg", "png", "webp"].contains(&extension.as_str()) {
                images.push(path);
            }
        }
        if images.is_empty() {
            return Err(failed("the folder holds no JPEG, PNG or WebP files: name another".to_owned()));
        }
        images.sort();
        Ok(Self { images, fps: 15, hold: Duration::from_secs(1), repeat: true })
    }
}

impl Opener for DirectoryCamera {
    fn name(&self) -> String {
        match self.images.as_slice() {
            [] => "no images".to_owned(),
            [only] => only.display().to_string(),
            [first, ..] => first.parent().unwrap_or(first).display().to_string(),
        }
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        if self.images.is_empty() {
            let reason = "the list of images is empty: name some".to_owned();
            return Err(CameraError::Open { camera: self.name(), reason });
        }
        Ok(Box::new(Show { list: self.clone(), position: 0, current: None, due: Instant::now() }))
    }
}

/// The images being shown.
struct Show {
    list: DirectoryCamera,
    position: usize,
    /// The image at `position` and when it has been shown long enough.
    current: Option<(Picture, Instant)>,
    due: Instant,
}

impl Show {
    /// Decodes the next image; a broken one is reported once and skipped.
    fn load(&mut self) -> Result<Picture, CameraError> {
        let path = &self.list.images[self.position];
        picture::decode_file(path, FILE_LIMITS).map_err(|reason| {
            let error = CameraError::BadFrame { camera: path.display().to_string(), reason };
            self.position += 1;
            error
        })
    }
}

impl Camera for Show {
    fn describe(&self) -> String {
        format!("{}: {} images at {} fps", self.list.name(), self.list.images.len(), self.list.fps)
    }

    fn next_frame(&mut self) -> Result<Frame, CameraError> {
        let now = Instant::now();
        if self.due > now {
            std::thread::sleep(self.due - now);
        }
        self.due = self.due.max(now) + Duration::from_secs(1) / self.list.fps.max(1);
        if self.current.as_ref().is_some_and(|(_, until)| Instant::now() >= *until) {
            self.current = None;
            self.position += 1;
        }
        if self.position >= self.list.images.len() {
            if !self.list.repeat {
                let reason = "every image has been shown".to_owned();
                return Err(CameraError::Stopped { camera: self.list.name(), reason });
            }
            self.position = 0;
        }
        let (picture, until) = match self.current.take() {
            Some(current) => current,
            None => (self.load()?, Instant::now() + self.list.hold),
        };
        let frame = Frame::new(picture.width, picture.height, picture.rgb.clone(), 0, MonotonicMs::default());
        self.current = Some((picture, until));
        Ok(frame)
    }
}
