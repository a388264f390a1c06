//! Cameras of Video4Linux2 (USB and built in), read through nokhwa.
//!
//! Name a camera by its link in `/dev/v4l/by-id`: its number in `/dev/video*` may change each time it is plugged in, and
//! the link is followed anew at each attempt to open it.
//!
//! What a camera offers is asked, and the format set, through the `v4l` crate that nokhwa itself stands on: nokhwa 0.10 takes an
//! interval of 2/25 s for 25 frames a second, and refuses to open a device whose present rate is not a whole number.

use std::path::Path;

use domain::frame::Frame;
use domain::time::MonotonicMs;
use nokhwa::utils::{
    CameraFormat as NokhwaFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction};

use super::pixels::{RawPixels, to_rgb};
use super::{Camera, CameraError, Opener};
use crate::listing::{CameraFormat, best_first};
use crate::picture::{self, FILE_LIMITS};

/// What this crate can turn into RGB, as V4L2 and as nokhwa call it.
const FORMATS: [(&str, FrameFormat); 5] = [
    ("MJPG", FrameFormat::MJPEG),
    ("YUYV", FrameFormat::YUYV),
    ("NV12", FrameFormat::NV12),
    ("RGB3", FrameFormat::RAWRGB),
    ("BGR3", FrameFormat::RAWBGR),
];

/// The sizes looked for in cameras that can send any.
const SIZES: [(u32, u32); 7] =
    [(640, 480), (800, 600), (1280, 720), (1280, 960), (1600, 1200), (1920, 1080), (2592, 1944)];

/// The rates looked for in cameras that can send any.
const RATES: [u32; 6] = [5, 10, 15, 20, 25, 30];

/// How many formats are tried: a driver may offer what it then does not do.
const FORMATS_TRIED: usize = 8;

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
        let device = open(number)?;
        let offered = best_first(formats_of(&device)?, (self.width, self.height), self.fps);
        if offered.is_empty() {
            return Err("it offers no format that can be read: use another camera".to_owned());
        }
        let mut refused = String::new();
        for format in offered.into_iter().take(FORMATS_TRIED) {
            match set(&device, &format).and_then(|pixels| read_through_nokhwa(number, &format, pixels)) {
                Ok(camera) => return Ok(OpenCamera { name: self.device.clone(), format, camera }),
                Err(reason) => refused = reason,
            }
        }
        Err(refused)
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

/// What a camera offers, in no order.
pub(crate) fn formats(device: &str) -> Result<Vec<CameraFormat>, String> {
    formats_of(&open(device_number(device)?)?)
}

fn open(number: u32) -> Result<Device, String> {
    Device::new(number as usize).map_err(|e| in_words(&e.to_string()))
}

fn formats_of(device: &Device) -> Result<Vec<CameraFormat>, String> {
    let described = device.enum_formats().map_err(|e| in_words(&e.to_string()))?;
    let mut formats = Vec::new();
    for (pixels, _) in FORMATS {
        if !described.iter().any(|format| format.fourcc.str() == Ok(pixels)) {
            continue;
        }
        for (width, height) in sizes(device, fourcc(pixels)) {
            let rates = rates(device, fourcc(pixels), width, height);
            formats.extend(rates.into_iter().map(|fps| CameraFormat { width, height, fps, pixels }));
        }
    }
    Ok(formats)
}

fn sizes(device: &Device, fourcc: FourCC) -> Vec<(u32, u32)> {
    // A driver that cannot list its sizes offers none that could be asked for.
    let listed = device.enum_framesizes(fourcc).unwrap_or_default();
    let sizes = listed.into_iter().flat_map(|listed| match listed.size {
        FrameSizeEnum::Discrete(size) => vec![(size.width, size.height)],
        FrameSizeEnum::Stepwise(range) => {
            let fits = |value: u32, min: u32, max: u32, step: u32| {
                (min..=max).contains(&value) && (value - min).is_multiple_of(step.max(1))
            };
            let offered = |size: &(u32, u32)| {
                fits(size.0, range.min_width, range.max_width, range.step_width)
                    && fits(size.1, range.min_height, range.max_height, range.step_height)
            };
            SIZES.into_iter().filter(offered).collect()
        }
    });
    sizes.collect()
}

/// The whole frames a second that a size can be sent at; others cannot be asked for through nokhwa.
fn rates(device: &Device, fourcc: FourCC, width: u32, height: u32) -> Vec<u32> {
    let listed = device.enum_frameintervals(fourcc, width, height).unwrap_or_default();
    let rates = listed.into_iter().flat_map(|listed| match listed.interval {
        FrameIntervalEnum::Discrete(interval) => whole_rate(&interval).into_iter().collect(),
        FrameIntervalEnum::Stepwise(range) => {
            let seconds =
                |interval: &Fraction| f64::from(interval.numerator) / f64::from(interval.denominator);
            let offered =
                |rate: &u32| (seconds(&range.min)..=seconds(&range.max)).contains(&(1.0 / f64::from(*rate)));
            RATES.into_iter().filter(offered).collect::<Vec<u32>>()
        }
    });
    rates.collect()
}

fn whole_rate(interval: &Fraction) -> Option<u32> {
    let whole = interval.numerator > 0 && interval.denominator.is_multiple_of(interval.numerator);
    whole.then(|| interval.denominator / interval.numerator)
}

/// Sets a format, and makes sure that the driver took it. Never left to the driver: what it picks by itself may be one frame a
/// second.
fn set(device: &Device, format: &CameraFormat) -> Result<FrameFormat, String> {
    let CameraFormat { width, height, fps, pixels } = *format;
    let wanted = Format::new(width, height, fourcc(pixels));
    let taken = device.set_format(&wanted).map_err(|e| in_words(&e.to_string()))?;
    let rate = device.set_params(&Parameters::with_fps(fps)).map_err(|e| in_words(&e.to_string()))?;
    let as_wanted = (taken.width, taken.height, taken.fourcc) == (width, height, wanted.fourcc);
    let known = FORMATS.into_iter().find(|(name, _)| *name == pixels);
    match (known, whole_rate(&rate.interval)) {
        (Some((_, known)), Some(rate)) if as_wanted && rate == fps => Ok(known),
        _ => Err(format!("it offers {width}x{height} {pixels} at {fps} fps but does not do it")),
    }
}

/// Opens the stream at the format that is set.
fn read_through_nokhwa(
    number: u32,
    format: &CameraFormat,
    pixels: FrameFormat,
) -> Result<nokhwa::Camera, String> {
    let exactly = NokhwaFormat::new(Resolution::new(format.width, format.height), pixels, format.fps);
    let known = FORMATS.map(|(_, known)| known);
    let request = RequestedFormat::with_formats(RequestedFormatType::Exact(exactly), &known);
    let mut camera =
        nokhwa::Camera::new(CameraIndex::Index(number), request).map_err(|e| in_words(&e.to_string()))?;
    camera.open_stream().map_err(|e| in_words(&e.to_string()))?;
    Ok(camera)
}

fn fourcc(name: &str) -> FourCC {
    let mut letters = [b' '; 4];
    letters.iter_mut().zip(name.bytes()).for_each(|(slot, letter)| *slot = letter);
    FourCC::new(&letters)
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
