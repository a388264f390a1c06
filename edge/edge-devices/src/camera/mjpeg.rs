//! Network cameras that send MJPEG over HTTP (`multipart/x-mixed-replace`).

use std::io::Read;
use std::time::{Duration, Instant};

use domain::frame::Frame;
use domain::time::MonotonicMs;
use reqwest::blocking::{Client, Response};

use self::multipart::{Multipart, Part};
use super::{Camera, CameraError, Opener};
use crate::picture::{self, Limits};

mod multipart;

/// How much is read from the network at once.
const CHUNK: usize = 64 << 10;

/// A network camera.
#[derive(Debug, Clone)]
pub struct MjpegCamera {
    /// Where it streams: `http://camera/stream`. No TLS: such a camera belongs on the till's own wire.
    pub url: String,
    /// How long connecting may take, and how long a frame may take to arrive.
    pub timeout: Duration,
    /// The largest JPEG that is read, in bytes.
    pub max_part_bytes: usize,
    /// The largest picture that is decoded, in pixels.
    pub max_pixels: u64,
}

impl MjpegCamera {
    /// A camera with the usual limits: 3 s, and 8 MiB and 16 megapixels a frame.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            timeout: Duration::from_secs(3),
            max_part_bytes: 8 << 20,
            max_pixels: 16_000_000,
        }
    }

    fn connect(&self) -> Result<(Response, Multipart), String> {
        if !self.url.starts_with("http://") {
            return Err("the address must begin with `http://`: cameras are read without TLS, on the till's own network".to_owned());
        }
        let client = Client::builder().timeout(self.timeout).connect_timeout(self.timeout).no_proxy().build();
        let response = client.and_then(|client| client.get(&self.url).send()).map_err(|e| in_words(&e))?;
        if !response.status().is_success() {
            let status = response.status();
            return Err(format!(
                "it answered {status}: check the path of the address and the camera's settings"
            ));
        }
        let kind =
            response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let boundary = multipart::boundary(kind).ok_or_else(|| {
            format!("it answered `{kind}` and no MJPEG stream (multipart/x-mixed-replace): name the address of the stream, not of a page or a single picture")
        })?;
        let parts = Multipart::new(&boundary, self.max_part_bytes);
        Ok((response, parts))
    }
}

impl Opener for MjpegCamera {
    fn name(&self) -> String {
        self.url.clone()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        let opened = self.connect().map_err(|reason| CameraError::Open { camera: self.name(), reason });
        let (response, parts) = opened?;
        Ok(Box::new(Stream { camera: self.clone(), response, parts, chunk: vec![0; CHUNK] }))
    }
}

/// An open stream.
struct Stream {
    camera: MjpegCamera,
    response: Response,
    parts: Multipart,
    chunk: Vec<u8>,
}

impl Stream {
    /// The newest whole part; older ones that have arrived with it are passed over.
    fn newest_part(&mut self) -> Result<Vec<u8>, CameraError> {
        let begun = Instant::now();
        let mut newest = None;
        loop {
            while let Some(part) = self.parts.next_part() {
                match part {
                    Part::Whole(jpeg) => newest = Some(jpeg),
                    Part::Unusable(reason) => return Err(self.bad_frame(reason)),
                    Part::End => return newest.ok_or_else(|| self.stopped("it ended the stream".to_owned())),
                }
            }
            if let Some(jpeg) = newest {
                return Ok(jpeg);
            }
            // A read has a time limit too, but a camera that dribbles byte by byte never meets it.
            if begun.elapsed() > self.camera.timeout {
                let limit = self.camera.timeout.as_millis();
                return Err(self.stopped(format!("no whole frame arrived within {limit} ms")));
            }
            match self.response.read(&mut self.chunk) {
                Ok(0) => return Err(self.stopped("it closed the connection".to_owned())),
                Ok(count) => self.parts.push(&self.chunk[..count]),
                Err(error) => {
                    return Err(self.stopped(format!("reading from it failed: {}", root_cause(&error))));
                }
            }
        }
    }

    fn stopped(&self, reason: String) -> CameraError {
        CameraError::Stopped { camera: self.camera.name(), reason }
    }

    fn bad_frame(&self, reason: String) -> CameraError {
        CameraError::BadFrame { camera: self.camera.name(), reason }
    }
}

impl Camera for Stream {
    fn describe(&self) -> String {
        format!("{} (MJPEG)", self.camera.url)
    }

    fn next_frame(&mut self) -> Result<Frame, CameraError> {
        let jpeg = self.newest_part()?;
        let limits =
            Limits { max_bytes: self.camera.max_part_bytes as u64, max_pixels: self.camera.max_pixels };
        let picture = picture::decode_rgb(&jpeg, limits).map_err(|reason| self.bad_frame(reason))?;
        Ok(Frame::new(picture.width, picture.height, picture.rgb, 0, MonotonicMs::default()))
    }
}

fn in_words(error: &reqwest::Error) -> String {
    let cause = root_cause(error);
    if error.is_timeout() {
        format!("it did not answer in time ({cause}): check that it is switched on and on this network")
    } else if error.is_connect() {
        format!("it cannot be reached ({cause}): check the address, its power and the network")
    } else {
        cause
    }
}

/// The innermost error: the outer ones repeat the address and say little.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
