//! The newest frame as a JPEG, encoded once however many look at it.

use std::sync::{Arc, Mutex, PoisonError};

use domain::frame::Frame;
use edge_devices::camera::LatestFrame;
use jpeg_encoder::{ColorType, Encoder};

/// Good enough to recognise one's own shopping.
const QUALITY: u8 = 78;

/// Encodes frames for the kiosk's picture of the tray. Nothing is written anywhere.
pub struct Preview {
    frames: Arc<LatestFrame>,
    last: Mutex<Option<(u64, Arc<[u8]>)>>,
}

impl Preview {
    /// A preview of a camera's newest frame.
    pub fn new(frames: Arc<LatestFrame>) -> Self {
        Self { frames, last: Mutex::new(None) }
    }

    /// The newest frame's number and JPEG; `None` while the camera gives none. Takes some milliseconds: call it off the
    /// async threads.
    pub fn newest(&self) -> Option<(u64, Arc<[u8]>)> {
        let frame = self.frames.newest()?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((number, jpeg)) = last.as_ref().filter(|(number, _)| *number == frame.number) {
            return Some((*number, Arc::clone(jpeg)));
        }
        let jpeg = encode(&frame)?;
        *last = Some((frame.number, Arc::clone(&jpeg)));
        Some((frame.number, jpeg))
    }
}

fn encode(frame: &Frame) -> Option<Arc<[u8]>> {
    let (width, height) = (u16::try_from(frame.width).ok()?, u16::try_from(frame.height).ok()?);
    let mut jpeg = Vec::with_capacity(frame.rgb.len() / 8);
    Encoder::new(&mut jpeg, QUALITY).encode(&frame.rgb, width, height, ColorType::Rgb).ok()?;
    Some(jpeg.into())
}
