//! Cameras of Video4Linux2 (USB and built in), through nokhwa.
//!
//! Name a camera by its link in `/dev/v4l/by-id`: its number in `/dev/video*` may change each time it is plugged in, and
//! the link is followed anew at each attempt to open it.

use std::path::Path;

use domain::frame::Frame;
use domain::time::MonotonicMs;
use nokhwa::utils::{
    CameraFormat as NokhwaFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};

use super::pixels::{RawPixels, to_rgb};
use super::{Camera, CameraError, Opener};
use crate::listing::{CameraFormat, best_first};
use crate::picture::{self, FILE_LIMITS};

/// What this crate can turn into RGB.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::MJPEG,
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::GRAY,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// A camera of this machine and what is wanted of it.
#[derive(Debug, Clone)]
pub struct V4lCamera {
    /// The device: `/dev/v4l/by-id/..`, `/dev/video0`, or its number.
    pub device: String,
    /// The width wanted; the nearest format is taken.
    pub width: u32,
    /// The height wanted.
    pub height: u32,
    /// The frames a second wanted.
    pub fps: u32,
}

impl V4lCamera {
    fn start(&self) -> Result<OpenCamera, String> {
        let number = device_number(&self.device)?;
        let mut camera = probe(number)?;
        let formats = formats_of(&mut camera)?;
        let format = *best_first(formats, (self.width, self.height), self.fps)
            .first()
            .ok_or("it offers no format that can be read: use another camera")?;
        // Never left to the driver: what it picks by itself may be one frame a second.
        let exactly = RequestedFormatType::Exact(to_nokhwa(&format)?);
        let request = RequestedFormat::with_formats(exactly, &FORMATS);
        camera.set_camera_requset(request).map_err(|e| in_words(&e.to_string()))?;
        camera.open_stream().map_err(|e| in_words(&e.to_string()))?;
        Ok(OpenCamera { name: self.device.clone(), format, camera })
    }
}

impl Opener for V4lCamera {
    fn name(&self) -> String {
        self.device.clone()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        match self.start() {
            Ok(camera) => Ok(Box::new(camera)),
            Err(reason) => Err(CameraError::Open { camera: self.name(), reason }),
        }
    }
}

struct OpenCamera {
    name: String,
    format: CameraFormat,
    camera: nokhwa::Camera,
}

impl Camera for OpenCamera {
    fn describe(&self) -> String {
        let model = self.camera.info().human_name();
        let CameraFormat { width, height, fps, pixels } = &self.format;
        format!("{} ({model}), {width}x{height} {pixels} at {fps} fps", self.name)
    }

    fn next_frame(&mut self) -> Result<Frame, CameraError> {
        let data = self.camera.frame_raw().map_err(|error| CameraError::Stopped {
            camera: self.name.clone(),
            reason: in_words(&error.to_string()),
        })?;
        let (width, height) = (self.format.width, self.format.height);
        let layout = match self.format.pixels {
            "YUYV" => Some(RawPixels::Yuyv),
            "NV12" => Some(RawPixels::Nv12),
            "GRAY" => Some(RawPixels::Grey),
            "RGB3" => Some(RawPixels::Rgb),
            "BGR3" => Some(RawPixels::Bgr),
            _ => None,
        };
        let converted = match layout {
            Some(layout) => to_rgb(layout, width, height, &data).map(|rgb| (width, height, rgb.into())),
            None => picture::decode_rgb(&data, FILE_LIMITS).map(|p| (p.width, p.height, p.rgb)),
        };
        match converted {
            Ok((width, height, rgb)) => Ok(Frame::new(width, height, rgb, 0, MonotonicMs::default())),
            Err(reason) => Err(CameraError::BadFrame { camera: self.name.clone(), reason }),
        }
    }
}

/// What a camera offers, in no order. Opening it for this fails while another program has it.
pub(crate) fn formats(device: &str) -> Result<Vec<CameraFormat>, String> {
    formats_of(&mut probe(device_number(device)?)?)
}

/// Opens a camera only to ask what it offers; the format named here is replaced before anything is read.
fn probe(number: u32) -> Result<nokhwa::Camera, String> {
    let any = RequestedFormat::with_formats(RequestedFormatType::AbsoluteHighestResolution, &FORMATS);
    nokhwa::Camera::new(CameraIndex::Index(number), any).map_err(|e| in_words(&e.to_string()))
}

fn formats_of(camera: &mut nokhwa::Camera) -> Result<Vec<CameraFormat>, String> {
    let formats = camera.compatible_camera_formats().map_err(|e| in_words(&e.to_string()))?;
    let known = formats.iter().map(|format| CameraFormat {
        width: format.width(),
        height: format.height(),
        fps: format.frame_rate(),
        pixels: name_of(format.format()),
    });
    Ok(known.collect())
}

fn to_nokhwa(format: &CameraFormat) -> Result<NokhwaFormat, String> {
    let pixels = FORMATS.into_iter().find(|&pixels| name_of(pixels) == format.pixels);
    let pixels = pixels.ok_or_else(|| format!("`{}` cannot be read", format.pixels))?;
    Ok(NokhwaFormat::new(Resolution::new(format.width, format.height), pixels, format.fps))
}

fn name_of(format: FrameFormat) -> &'static str {
    match format {
        FrameFormat::MJPEG => "MJPG",
        FrameFormat::YUYV => "YUYV",
        FrameFormat::NV12 => "NV12",
        FrameFormat::GRAY => "GRAY",
        FrameFormat::RAWRGB => "RGB3",
        FrameFormat::RAWBGR => "BGR3",
    }
}

/// The number in `/dev/videoN`, links followed.
fn device_number(device: &str) -> Result<u32, String> {
    if let Ok(number) = device.parse() {
        return Ok(number);
    }
    let path = Path::new(device).canonicalize().map_err(|e| {
        format!(
            "there is no such device ({e}): plug the camera in, or name one that `tillsight doctor` lists"
        )
    })?;
    let number = path.file_name().and_then(|name| name.to_str()?.strip_prefix("video")?.parse().ok());
    number.ok_or_else(|| "it is not a camera: name one that `tillsight doctor` lists".to_owned())
}

fn in_words(error: &str) -> String {
    let hint = if error.contains("Permission denied") || error.contains("os error 13") {
        ": add the till's user to the group `video`"
    } else if error.contains("busy") || error.contains("os error 16") {
        ": another program has it; stop that one"
    } else if error.contains("No such") || error.contains("os error 19") {
        ": it was unplugged; plug it in again"
    } else {
        ""
    };
    format!("{error}{hint}")
}
