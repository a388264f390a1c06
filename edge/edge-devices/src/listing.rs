//! Which cameras this machine has: for `tillsight doctor`.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde::Serialize;

/// Where the kernel lists video devices.
const SYSFS: &str = "/sys/class/video4linux";

/// How long cameras are waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CameraReport {
    /// True when this build can use V4L2 cameras; if not, they are listed by name only.
    pub v4l_built: bool,
    /// The capture devices of this machine.
    pub devices: Vec<CameraDevice>,
    /// What went wrong while looking, in words, each with the way out.
    pub problems: Vec<String>,
}

/// One capture device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CameraDevice {
    /// `/dev/video0`.
    pub device: String,
    /// What the driver calls it.
    pub name: String,
    /// What it can send, the best for a till first; empty when this build cannot ask, or when it did not answer.
    pub formats: Vec<CameraFormat>,
}

/// One thing a camera can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CameraFormat {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// The pixel format, as V4L2 names it: `MJPG`, `YUYV`.
    pub pixels: &'static str,
}

/// Lists the capture devices of this machine and, where this build can, what they offer, best first for frames of `size`
/// at `fps`. Asking a camera may take a second; when one hangs, the report says so after three.
pub fn cameras(size: (u32, u32), fps: u32) -> CameraReport {
    let (report, asked) = mpsc::sync_channel(1);
    let ask = move || {
        // Nobody waits any more when it took too long.
        let _ = report.send(list(Path::new(SYSFS), |device| Ok(best_first(formats(device)?, size, fps))));
    };
    let started = std::thread::Builder::new().name("camera-list".to_owned()).spawn(ask);
    let answer = started.map_err(|e| e.to_string()).and_then(|_left_behind_if_it_hangs| {
        asked.recv_timeout(PATIENCE).map_err(|_| {
            format!("no answer within {} s: unplug the camera and plug it in again", PATIENCE.as_secs())
        })
    });
    answer.unwrap_or_else(|reason| CameraReport {
        v4l_built: cfg!(feature = "v4l"),
        devices: Vec::new(),
        problems: vec![format!("failed to list the cameras: {reason}")],
    })
}

fn list(sysfs: &Path, formats: impl Fn(&str) -> Result<Vec<CameraFormat>, String>) -> CameraReport {
    let v4l_built = cfg!(feature = "v4l");
    let mut report = CameraReport { v4l_built, devices: Vec::new(), problems: Vec::new() };
    // Without a camera ever plugged in the folder is not there; that is no problem.
    let entries = std::fs::read_dir(sysfs).into_iter().flatten().flatten();
    let mut nodes: Vec<(u32, std::path::PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("video")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    nodes.sort();
    for (number, folder) in nodes {
        let read =
            |file: &str| std::fs::read_to_string(folder.join(file)).unwrap_or_default().trim().to_owned();
        let device = format!("/dev/video{number}");
        let found = formats(&device);
        // A camera has further nodes for what is no picture, numbered after the first: they offer nothing.
        let is_further = read("index").parse::<u32>().is_ok_and(|index| index > 0);
        match found {
            Ok(formats) => report.devices.push(CameraDevice { device, name: read("name"), formats }),
            Err(_) if is_further => {}
            Err(reason) => {
                report.problems.push(format!("{device} could not be asked what it offers: {reason}"));
                report.devices.push(CameraDevice { device, name: read("name"), formats: Vec::new() });
            }
        }
    }
    report
}

#[cfg(feature = "v4l")]
fn formats(device: &str) -> Result<Vec<CameraFormat>, String> {
    crate::camera::v4l::formats(device)
}

#[cfg(not(feature = "v4l"))]
fn formats(_device: &str) -> Result<Vec<CameraFormat>, String> {
    Ok(Vec::new())
}

/// The formats in order of how well they serve frames of `size` at `fps`, each once. Too small weighs more than too large,
/// too slow more than too fast; of equals, raw pixels come before JPEG, which costs time and detail.
pub(crate) fn best_first(mut formats: Vec<CameraFormat>, size: (u32, u32), fps: u32) -> Vec<CameraFormat> {
    formats.retain(|format| format.width > 0 && format.height > 0 && format.fps > 0);
    // The format itself as the last resort, so that the order does not hang on the driver's.
    formats.sort_by_key(|format| (misfit(format, size, fps), *format));
    formats.dedup();
    formats
}

/// How far a format is from what is wanted, in thousandths.
fn misfit(format: &CameraFormat, size: (u32, u32), fps: u32) -> u64 {
    let off = |found: u32, wanted: u32, below: f64, above: f64| {
        let octaves = (f64::from(found) / f64::from(wanted.max(1))).log2();
        octaves.abs() * if octaves < 0.0 { below } else { above }
    };
    let pixels = match format.pixels {
        "YUYV" | "NV12" => 0.0,
        "MJPG" => 0.05,
        // Three bytes a pixel: more to carry than the same in YUYV.
        _ => 0.01,
    };
    let cost = off(format.width, size.0, 2.0, 1.0)
        + off(format.height, size.1, 2.0, 1.0)
        + off(format.fps, fps, 3.0, 0.1)
        + pixels;
    (cost * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(width: u32, height: u32, fps: u32, pixels: &'static str) -> CameraFormat {
        CameraFormat { width, height, fps, pixels }
    }

    #[test]
    fn chooses_the_format_that_serves_best() {
        let offered = vec![
            format(1920, 1080, 5, "YUYV"),
            format(1280, 960, 1, "YUYV"),
            format(640, 480, 30, "YUYV"),
            format(1280, 960, 30, "MJPG"),
            format(3840, 2160, 30, "MJPG"),
        ];
        let best = |size, fps| best_first(offered.clone(), size, fps)[0];
        assert_eq!(best((1280, 960), 15), format(1280, 960, 30, "MJPG"), "one frame a second is too slow");
        assert_eq!(best((640, 480), 15), format(640, 480, 30, "YUYV"));
        assert_eq!(best((4000, 3000), 15), format(3840, 2160, 30, "MJPG"));
        assert!(best_first(vec![format(0, 0, 0, "MJPG")], (1280, 960), 15).is_empty());
    }

    #[test]
    fn lists_devices_by_number_and_leaves_out_nodes_that_are_no_camera() {
        let sysfs = tempfile::tempdir().unwrap();
        for (node, name, index) in [
            ("video10", "Overhead camera", 0),
            ("video2", "Webcam", 0),
            ("video3", "Webcam", 1),
            ("v4l-subdev0", "x", 0),
        ] {
            let folder = sysfs.path().join(node);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("name"), format!("{name}\n")).unwrap();
            std::fs::write(folder.join("index"), format!("{index}\n")).unwrap();
        }
        let report = list(sysfs.path(), |device| match device {
            "/dev/video2" => Ok(vec![format(640, 480, 30, "YUYV")]),
            "/dev/video3" => Err("no formats".to_owned()),
            _ => Err("busy".to_owned()),
        });
        let found: Vec<_> =
            report.devices.iter().map(|d| (d.device.as_str(), d.name.as_str(), d.formats.len())).collect();
        assert_eq!(found, [("/dev/video2", "Webcam", 1), ("/dev/video10", "Overhead camera", 0)]);
        assert_eq!(report.problems, ["/dev/video10 could not be asked what it offers: busy"]);
        assert!(list(Path::new("/nonexistent"), |_| Ok(Vec::new())).devices.is_empty());
    }
}
