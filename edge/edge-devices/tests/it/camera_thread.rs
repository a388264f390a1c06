//! The camera thread against cameras that fail in every way.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use domain::frame::Frame;
use domain::time::MonotonicMs;
use edge_devices::camera::{
    Camera, CameraError, CameraEvent, CameraThread, LatestFrame, Opener, WatchConfig, spawn,
};

const QUICK: WatchConfig = WatchConfig {
    frame_timeout: Duration::from_millis(400),
    open_timeout: Duration::from_millis(400),
    backoff_min: Duration::from_millis(1),
    backoff_max: Duration::from_millis(10),
};

/// What one opened camera does before the next is opened.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    FailToOpen,
    BlockOpening,
    /// Gives so many frames, then fails.
    Frames(u32),
    /// Gives so many frames, then blocks until the rig lets go; then it gives one more, which must not be seen.
    FramesThenBlock(u32),
    /// Gives so many unusable frames between good ones, for ever.
    BadFramesBetween(u32),
    Panic,
    /// Gives frames for ever.
    Works,
}

/// A camera that acts as scripted, one act for each time it is opened; after the last it works.
#[derive(Default)]
struct Rig {
    acts: Mutex<VecDeque<Act>>,
    opened: AtomicUsize,
    blocked: AtomicUsize,
    closed: AtomicUsize,
    let_go: Mutex<bool>,
    gone: Condvar,
}

impl Rig {
    fn new(acts: &[Act]) -> Arc<Self> {
        Arc::new(Self { acts: Mutex::new(acts.iter().copied().collect()), ..Self::default() })
    }

    fn block(&self) {
        self.blocked.fetch_add(1, Ordering::SeqCst);
        drop(self.gone.wait_while(self.let_go.lock().unwrap(), |let_go| !*let_go).unwrap());
        self.blocked.fetch_sub(1, Ordering::SeqCst);
    }

    fn release(&self) {
        *self.let_go.lock().unwrap() = true;
        self.gone.notify_all();
    }
}

struct Handle(Arc<Rig>);

impl Opener for Handle {
    fn name(&self) -> String {
        "rig".to_owned()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        let number = self.0.opened.fetch_add(1, Ordering::SeqCst) as u8;
        let act = self.0.acts.lock().unwrap().pop_front().unwrap_or(Act::Works);
        match act {
            Act::FailToOpen => {
                return Err(CameraError::Open { camera: self.name(), reason: "not plugged in".to_owned() });
            }
            Act::BlockOpening => self.0.block(),
            _ => {}
        }
        Ok(Box::new(RigCamera { rig: Arc::clone(&self.0), act, number, given: 0 }))
    }
}

struct RigCamera {
    rig: Arc<Rig>,
    act: Act,
    number: u8,
    given: u32,
}

impl Drop for RigCamera {
    fn drop(&mut self) {
        self.rig.closed.fetch_add(1, Ordering::SeqCst);
    }
}

impl Camera for RigCamera {
    fn describe(&self) -> String {
        format!("rig opened {} times", self.number + 1)
    }

    fn next_frame(&mut self) -> Result<Frame, CameraError> {
        std::thread::sleep(Duration::from_millis(1));
        self.given += 1;
        match self.act {
            Act::Frames(count) if self.given > count => {
                return Err(CameraError::Stopped {
                    camera: "rig".to_owned(),
                    reason: "unplugged".to_owned(),
                });
            }
            Act::FramesThenBlock(count) if self.given > count => self.rig.block(),
            Act::BadFramesBetween(count) if !self.given.is_multiple_of(count + 1) => {
                return Err(CameraError::BadFrame { camera: "rig".to_owned(), reason: "torn".to_owned() });
            }
            // Unwinds like any panic, but without the time that printing a backtrace takes.
            Act::Panic => std::panic::resume_unwind(Box::new("a driver's fault, on purpose")),
            _ => {}
        }
        Ok(Frame::new(1, 1, Arc::from([self.number; 3]), 0, MonotonicMs::default()))
    }
}

struct Run {
    rig: Arc<Rig>,
    slot: Arc<LatestFrame>,
    events: Arc<Mutex<Vec<String>>>,
    thread: CameraThread,
}

fn run(acts: &[Act]) -> Run {
    let rig = Rig::new(acts);
    let slot = Arc::new(LatestFrame::new());
    let events = Arc::new(Mutex::new(Vec::new()));
    let time = AtomicU64::new(0);
    let heard = Arc::clone(&events);
    let on_event = move |event| {
        heard.lock().unwrap().push(match event {
            CameraEvent::Lost { camera, reason } => format!("lost {camera}: {reason}"),
            CameraEvent::Back { camera } => format!("back: {camera}"),
        });
    };
    let clock = move || MonotonicMs(time.fetch_add(1, Ordering::SeqCst));
    let opener = Arc::new(Handle(Arc::clone(&rig)));
    let thread = spawn(opener, Arc::clone(&slot), QUICK, clock, on_event).unwrap();
    Run { rig, slot, events, thread }
}

impl Run {
    #[track_caller]
    fn expect_events(&self, expected: &[&str]) {
        crate::wait_for("the events", || self.events.lock().unwrap().len() >= expected.len());
        assert_eq!(*self.events.lock().unwrap(), expected);
    }
}

#[test]
fn numbers_and_stamps_frames_and_says_that_it_is_there() {
    let run = run(&[]);
    run.expect_events(&["back: rig opened 1 times"]);
    let mut last = run.slot.wait_newer(0, Duration::from_secs(10)).unwrap();
    for _ in 0..20 {
        let next = run.slot.wait_newer(last.number, Duration::from_secs(10)).unwrap();
        assert!(next.number > last.number && next.captured_at > last.captured_at);
        last = next;
    }
    let Run { rig, thread, .. } = run;
    thread.stop();
    assert_eq!(rig.closed.load(Ordering::SeqCst), 1, "the device is closed in order");
}

#[test]
fn opens_again_what_was_unplugged() {
    let run = run(&[Act::FailToOpen, Act::FailToOpen, Act::Frames(20), Act::FailToOpen]);
    run.expect_events(&[
        "lost rig: failed to open camera `rig`: not plugged in",
        "back: rig opened 3 times",
        "lost rig: camera `rig` stopped: unplugged",
        "back: rig opened 5 times",
    ]);
    let number = run.slot.newest().unwrap().number;
    assert!(number > 20, "numbers go on over the loss");
}

#[test]
fn empties_the_slot_while_the_camera_is_lost() {
    let run = run(&[Act::Frames(3), Act::BlockOpening]);
    crate::wait_for("the loss", || run.events.lock().unwrap().len() == 2);
    assert!(run.slot.newest().is_none());
    assert!(run.slot.wait_newer(0, Duration::from_millis(1)).is_none());
    run.rig.release();
}

#[test]
fn abandons_a_read_that_blocks_and_ignores_what_it_gives_later() {
    let run = run(&[Act::FramesThenBlock(3)]);
    run.expect_events(&[
        "back: rig opened 1 times",
        "lost rig: it gave no frame within 400 ms",
        "back: rig opened 2 times",
    ]);
    assert_eq!(run.rig.blocked.load(Ordering::SeqCst), 1, "the first reader hangs still");
    run.rig.release();
    crate::wait_for("the end of the hanging reader", || run.rig.closed.load(Ordering::SeqCst) == 1);
    let after = run.slot.newest().unwrap().number;
    let frame = run.slot.wait_newer(after, Duration::from_secs(10)).unwrap();
    assert_eq!(frame.rgb[0], 1, "only the second camera is seen");
}

#[test]
fn does_not_pile_up_threads_on_a_camera_that_always_hangs() {
    let run = run(&[Act::BlockOpening; 50]);
    run.expect_events(&["lost rig: it did not open within 400 ms"]);
    crate::wait_for("five hanging readers", || run.rig.blocked.load(Ordering::SeqCst) == 5);
    // Long enough for several more attempts, none of which may start a thread.
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(run.rig.opened.load(Ordering::SeqCst), 5);
    run.rig.acts.lock().unwrap().clear();
    run.rig.release();
    crate::wait_for("its return", || run.events.lock().unwrap().len() == 2);
}

#[test]
fn puts_up_with_some_unusable_frames() {
    let run = run(&[Act::BadFramesBetween(5)]);
    run.expect_events(&["back: rig opened 1 times"]);
    let number = run.slot.wait_newer(0, Duration::from_secs(10)).unwrap().number;
    assert!(run.slot.wait_newer(number + 5, Duration::from_secs(10)).is_some());
    assert_eq!(run.rig.opened.load(Ordering::SeqCst), 1);
}

#[test]
fn opens_again_when_every_frame_is_unusable() {
    let run = run(&[Act::BadFramesBetween(1000)]);
    run.expect_events(&[
        "lost rig: camera `rig` sent a frame that cannot be used: torn",
        "back: rig opened 2 times",
    ]);
}

#[test]
fn outlives_a_panic_of_a_driver() {
    let run = run(&[Act::Panic]);
    crate::wait_for("its return", || run.events.lock().unwrap().len() == 2);
    assert!(run.events.lock().unwrap()[0].starts_with("lost rig: its driver or decoder failed"));
}

#[test]
fn stops_at_once_while_a_read_blocks() {
    let run = run(&[Act::FramesThenBlock(1)]);
    crate::wait_for("the block", || run.rig.blocked.load(Ordering::SeqCst) == 1);
    run.thread.stop();
    run.rig.release();
}
