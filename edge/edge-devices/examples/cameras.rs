//! Lists this machine's cameras and, given one, watches it for some seconds: `cameras [DEVICE [SECONDS]]`.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::time::MonotonicMs;
use edge_devices::camera::{LatestFrame, Opener, WatchConfig, spawn};
use edge_devices::listing::cameras;

type Error = Box<dyn std::error::Error>;

const WANTED: (u32, u32, u32) = (1280, 960, 15);

fn main() -> Result<(), Error> {
    let report = cameras((WANTED.0, WANTED.1), WANTED.2);
    eprintln!("built with V4L2: {}", report.v4l_built);
    for device in &report.devices {
        eprintln!("{} {}: {} formats", device.device, device.name, device.formats.len());
        for format in device.formats.iter().take(5) {
            eprintln!("  {}x{} {} at {} fps", format.width, format.height, format.pixels, format.fps);
        }
    }
    for problem in &report.problems {
        eprintln!("problem: {problem}");
    }
    let mut arguments = std::env::args().skip(1);
    let Some(device) = arguments.next() else { return Ok(()) };
    let seconds = arguments.next().map_or(Ok(5), |seconds| seconds.parse())?;
    watch(opener(&device)?, Duration::from_secs(seconds))
}

#[cfg(feature = "v4l")]
fn opener(device: &str) -> Result<Arc<dyn Opener>, Error> {
    let (width, height, fps) = WANTED;
    Ok(Arc::new(edge_devices::camera::v4l::V4lCamera { device: device.to_owned(), width, height, fps }))
}

#[cfg(not(feature = "v4l"))]
fn opener(device: &str) -> Result<Arc<dyn Opener>, Error> {
    match device.starts_with("http://") {
        true => Ok(Arc::new(edge_devices::camera::mjpeg::MjpegCamera::new(device))),
        false => Err("this build cannot read V4L2 cameras: build with `--features v4l`".into()),
    }
}

fn watch(opener: Arc<dyn Opener>, time: Duration) -> Result<(), Error> {
    let started = Instant::now();
    let slot = Arc::new(LatestFrame::new());
    let clock = move || MonotonicMs(started.elapsed().as_millis() as u64);
    let on_event = move |event| eprintln!("{} ms: {event:?}", started.elapsed().as_millis());
    let thread = spawn(opener, Arc::clone(&slot), WatchConfig::default(), clock, on_event)?;
    let mut last = 0;
    while started.elapsed() < time {
        if let Some(frame) = slot.wait_newer(last, Duration::from_millis(500)) {
            let mean = frame.rgb.iter().map(|&value| u64::from(value)).sum::<u64>() / frame.rgb.len() as u64;
            if frame.number <= 3 || frame.number.is_multiple_of(30) {
                eprintln!("{} ms: {frame:?}, mean brightness {mean}", started.elapsed().as_millis());
            }
            last = frame.number;
        }
    }
    thread.stop();
    eprintln!("{last} frames in {} s", time.as_secs());
    Ok(())
}
