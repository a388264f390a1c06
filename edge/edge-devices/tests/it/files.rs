//! Cameras that show files: good ones, broken ones, none.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::time::MonotonicMs;
use edge_devices::camera::directory::DirectoryCamera;
use edge_devices::camera::{Camera, CameraError, LatestFrame, Opener, WatchConfig, spawn};
use edge_devices::photos::{PhotosCamera, ShowError};

fn save(path: &Path, width: u32, height: u32, value: u8) {
    let image = image::RgbImage::from_pixel(width, height, image::Rgb([value; 3]));
    image.save(path).unwrap();
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("b.png"), 30, 20, 200);
    save(&folder.path().join("c.jpg"), 40, 20, 90);
    std::fs::write(folder.path().join("a-broken.jpg"), b"not a picture").unwrap();
    let whole = std::fs::read(folder.path().join("c.jpg")).unwrap();
    std::fs::write(folder.path().join("d-short.jpg"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.path().join("notes.txt"), b"not shown").unwrap();
    folder
}

/// What a camera shows: the size and the first value of each frame, or why there is none.
fn seen(camera: &mut dyn Camera, count: usize) -> Vec<Result<(u32, u32, u8), CameraError>> {
    (0..count).map(|_| camera.next_frame().map(|f| (f.width, f.height, f.rgb[0]))).collect()
}

#[test]
fn shows_a_folder_in_order_and_skips_what_is_broken() {
    let folder = folder();
    let list = DirectoryCamera {
        fps: 1000,
        hold: Duration::ZERO,
        ..DirectoryCamera::folder(folder.path()).unwrap()
    };
    let mut camera = list.open().unwrap();
    let shown = seen(camera.as_mut(), 5);
    assert!(
        matches!(&shown[0], Err(CameraError::BadFrame { camera, .. }) if camera.ends_with("a-broken.jpg"))
    );
    assert_eq!(shown[1], Ok((30, 20, 200)));
    assert!(matches!(shown[2], Ok((40, 20, _))));
    assert!(
        matches!(&shown[3], Err(CameraError::BadFrame { camera, .. }) if camera.ends_with("d-short.jpg"))
    );
    assert!(matches!(&shown[4], Err(CameraError::BadFrame { .. })), "it begins again");
}

#[test]
fn ends_after_the_last_image_unless_told_to_repeat() {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("only.png"), 8, 8, 7);
    let list = DirectoryCamera {
        fps: 1000,
        hold: Duration::ZERO,
        repeat: false,
        ..DirectoryCamera::folder(folder.path()).unwrap()
    };
    let mut camera = list.open().unwrap();
    let shown = seen(camera.as_mut(), 2);
    assert_eq!(shown[0], Ok((8, 8, 7)));
    assert!(
        matches!(&shown[1], Err(CameraError::Stopped { reason, .. }) if reason == "every image has been shown")
    );
}

#[test]
fn says_what_is_wrong_with_a_folder() {
    let empty = tempfile::tempdir().unwrap();
    for (path, reason) in
        [(empty.path(), "holds no JPEG, PNG or WebP"), (Path::new("/nonexistent"), "No such file")]
    {
        let error = DirectoryCamera::folder(path).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn shows_the_photo_asked_for_until_another_is() {
    let folder = folder();
    let photos = PhotosCamera::new(folder.path(), 1000);
    let mut camera = photos.open().unwrap();
    assert_eq!(seen(camera.as_mut(), 1), [Ok((640, 480, 128))]);
    photos.show(Path::new("b.png")).unwrap();
    assert_eq!(seen(camera.as_mut(), 2), [Ok((30, 20, 200)), Ok((30, 20, 200))]);
    assert_eq!(photos.showing(), Some(PathBuf::from("b.png")));
    photos.blank();
    assert_eq!(seen(camera.as_mut(), 1), [Ok((30, 20, 128))], "nothing, in the size of the last photo");
    assert_eq!(photos.showing(), None);
}

#[test]
fn a_photo_that_cannot_be_shown_leaves_the_last_one() {
    let folder = folder();
    std::os::unix::fs::symlink("/etc", folder.path().join("out")).unwrap();
    let photos = PhotosCamera::new(folder.path(), 1000);
    photos.show(Path::new("b.png")).unwrap();
    for path in ["../b.png", "/etc/hostname", "out/hostname", "sub/../../b.png"] {
        assert!(matches!(photos.show(Path::new(path)), Err(ShowError::Outside { .. })), "{path}");
    }
    for (path, reason) in [
        ("missing.png", "No such file"),
        ("a-broken.jpg", "not a JPEG, PNG or WebP"),
        ("notes.txt", "not a JPEG, PNG or WebP"),
        ("d-short.jpg", "the picture is"),
    ] {
        let error = photos.show(Path::new(path)).unwrap_err();
        assert!(
            matches!(&error, ShowError::Unreadable { reason: found, .. } if found.contains(reason)),
            "{error}"
        );
    }
    assert_eq!(photos.showing(), Some(PathBuf::from("b.png")));
}

#[test]
fn runs_under_the_watchdog_like_any_camera() {
    let folder = folder();
    let photos = PhotosCamera::new(folder.path(), 200);
    let slot = Arc::new(LatestFrame::new());
    let opener = Arc::new(photos.clone());
    let thread = spawn(opener, Arc::clone(&slot), WatchConfig::default(), || MonotonicMs(7), |_| {}).unwrap();
    let first = slot.wait_newer(0, Duration::from_secs(10)).expect("a frame");
    assert_eq!((first.width, first.captured_at), (640, MonotonicMs(7)));
    photos.show(Path::new("b.png")).unwrap();
    crate::wait_for("the photo", || slot.newest().is_some_and(|frame| frame.width == 30));
    thread.stop();
}
