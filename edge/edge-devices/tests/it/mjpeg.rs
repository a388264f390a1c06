//! The MJPEG camera against a real HTTP server that behaves as cameras do, and worse.

use std::io::{Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use domain::time::MonotonicMs;
use edge_devices::camera::mjpeg::MjpegCamera;
use edge_devices::camera::{Camera, CameraError, LatestFrame, Opener, WatchConfig, spawn};

const HEADER: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\nConnection: close\r\n\r\n";

/// A server on a free port of loopback that hands each connection to `serve`, with its number from 0.
struct Server {
    url: String,
    address: std::net::SocketAddr,
    connections: Arc<AtomicUsize>,
    stopping: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    fn start(serve: impl Fn(&mut TcpStream, usize) -> std::io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let stopping = Arc::new(AtomicBool::new(false));
        let (counted, stop) = (Arc::clone(&connections), Arc::clone(&stopping));
        let thread = std::thread::Builder::new().name("server".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let mut stream = stream.unwrap();
                let number = counted.fetch_add(1, Ordering::SeqCst);
                // The request is one small packet; what it says does not matter here.
                let _ = stream.read(&mut [0; 4096]);
                // A camera that hangs up is what some tests are about.
                let _ = serve(&mut stream, number);
            }
        });
        let url = format!("http://{address}/stream");
        Self { url, address, connections, stopping, thread: Some(thread.unwrap()) }
    }

    fn camera(&self) -> MjpegCamera {
        MjpegCamera { timeout: Duration::from_millis(500), ..MjpegCamera::new(&self.url) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn jpeg(width: u32, value: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = image::RgbImage::from_pixel(width, 16, image::Rgb([value; 3]));
    image.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
    bytes
}

fn part(jpeg: &[u8]) -> Vec<u8> {
    let head = format!("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
    [head.as_bytes(), jpeg, b"\r\n"].concat()
}

/// Widths of the frames a camera gives, and what stands in place of those it cannot give, until it stops.
fn seen(camera: &mut dyn Camera) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        match camera.next_frame() {
            Ok(frame) => seen.push(frame.width.to_string()),
            Err(CameraError::BadFrame { reason, .. }) => seen.push(format!("bad: {reason}")),
            Err(error) => {
                seen.push(error.to_string());
                return seen;
            }
        }
    }
}

#[test]
fn reads_frames_and_says_when_the_camera_hangs_up() {
    let server = Server::start(|stream, _| {
        stream.write_all(HEADER.as_bytes())?;
        for width in [16, 32, 48] {
            // Apart, so that each is the newest when it is read.
            stream.write_all(&part(&jpeg(width, 99)))?;
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    });
    let mut camera = server.camera().open().unwrap();
    let seen = seen(camera.as_mut());
    assert_eq!(seen[..3], ["16", "32", "48"]);
    assert!(seen[3].contains("it closed the connection"), "{}", seen[3]);
}

#[test]
fn passes_over_old_frames_when_several_have_arrived() {
    let server = Server::start(|stream, _| {
        let parts: Vec<u8> = [16, 32, 48].into_iter().flat_map(|width| part(&jpeg(width, 9))).collect();
        stream.write_all(&[HEADER.as_bytes(), &parts].concat())
    });
    let mut camera = server.camera().open().unwrap();
    assert_eq!(camera.next_frame().unwrap().width, 48);
}

#[test]
fn goes_on_after_garbage_and_truncated_and_oversized_parts() {
    let server = Server::start(|stream, _| {
        let whole = jpeg(32, 99);
        stream.write_all(HEADER.as_bytes())?;
        let pieces: [Vec<u8>; 6] = [
            b"\x00\xffgarbage before the first boundary\r\n".to_vec(),
            part(b"this is no JPEG"),
            part(&whole[..whole.len() / 2]),
            b"--frame\r\nContent-Length: 99999999999\r\n\r\nxxxx\r\n".to_vec(),
            part(&jpeg(4000, 9)),
            part(&whole),
        ];
        for piece in pieces {
            stream.write_all(&piece)?;
            std::thread::sleep(Duration::from_millis(60));
        }
        Ok(())
    });
    let mut camera = MjpegCamera { max_pixels: 4000, ..server.camera() }.open().unwrap();
    let seen = seen(camera.as_mut());
    assert_eq!(seen[0], "bad: it is not a JPEG, PNG or WebP picture");
    assert!(seen[1].starts_with("bad: the picture is"), "{}", seen[1]);
    assert!(seen[2].contains("99999999999 bytes long"), "{}", seen[2]);
    assert_eq!(seen[3], "bad: it has 4000x16 pixels, more than the 4000 allowed");
    assert_eq!(seen[4], "32");
}

#[test]
fn holds_no_more_than_a_part_of_an_endless_one() {
    let server = Server::start(|stream, _| {
        stream.write_all(HEADER.as_bytes())?;
        stream.write_all(b"--frame\r\n\r\n")?;
        // Ends when the reader hangs up.
        loop {
            stream.write_all(&[b'x'; 65536])?;
        }
    });
    let mut camera = MjpegCamera { max_part_bytes: 1 << 20, ..server.camera() }.open().unwrap();
    let error = camera.next_frame().unwrap_err().to_string();
    assert!(error.contains("longer than the 1048576 bytes allowed"), "{error}");
}

#[test]
fn gives_up_on_a_camera_that_dribbles() {
    let server = Server::start(|stream, _| {
        stream.write_all(HEADER.as_bytes())?;
        loop {
            stream.write_all(b"-")?;
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut camera = server.camera().open().unwrap();
    let error = camera.next_frame().unwrap_err().to_string();
    assert!(error.contains("no whole frame arrived within 500 ms"), "{error}");
}

#[test]
fn gives_up_on_a_camera_that_falls_silent() {
    let hold = Arc::new(AtomicBool::new(true));
    let held = Arc::clone(&hold);
    let server = Server::start(move |stream, _| {
        stream.write_all(HEADER.as_bytes())?;
        stream.write_all(&part(&jpeg(16, 1)))?;
        while held.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    });
    let mut camera = server.camera().open().unwrap();
    assert_eq!(camera.next_frame().unwrap().width, 16);
    let error = camera.next_frame().unwrap_err();
    hold.store(false, Ordering::SeqCst);
    assert!(matches!(&error, CameraError::Stopped { reason, .. } if reason.contains("timed out")), "{error}");
}

#[test]
fn says_what_is_wrong_with_an_address() {
    let cases: [(&'static str, &str); 3] = [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "it answered 404 Not Found"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
            "`text/html` and no MJPEG stream",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n", "no MJPEG stream"),
    ];
    for (answer, expected) in cases {
        let server = Server::start(move |stream, _| stream.write_all(answer.as_bytes()));
        let error = server.camera().open().err().expect("no stream").to_string();
        assert!(error.contains(expected), "{error}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, expected) in [
        (format!("http://{closed}/"), "check the address, its power and the network"),
        ("https://camera/stream".to_owned(), "must begin with `http://`"),
        ("http://".to_owned(), "failed to open camera `http://`"),
    ] {
        let error = MjpegCamera::new(&url).open().err().expect("no camera").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn connects_again_under_the_watchdog() {
    let server = Server::start(|stream, number| {
        stream.write_all(HEADER.as_bytes())?;
        // Each connection lives for a few frames; the second breaks off in the middle of one.
        for _ in 0..4 {
            stream.write_all(&part(&jpeg(16 * (number as u32 + 1), 9)))?;
            std::thread::sleep(Duration::from_millis(5));
        }
        if number == 1 {
            let whole = part(&jpeg(16, 9));
            stream.write_all(&whole[..whole.len() / 2])?;
        }
        Ok(())
    });
    let slot = Arc::new(LatestFrame::new());
    let config = WatchConfig {
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(5),
        ..WatchConfig::default()
    };
    let opener = Arc::new(server.camera());
    let thread = spawn(opener, Arc::clone(&slot), config, || MonotonicMs(0), |_| {}).unwrap();
    let mut widths = Vec::new();
    crate::wait_for("frames of the third connection", || {
        widths.extend(slot.newest().map(|frame| frame.width));
        widths.contains(&48)
    });
    assert!(server.connections.load(Ordering::SeqCst) >= 3);
    thread.stop();
}
