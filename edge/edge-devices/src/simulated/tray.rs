//! The tray itself: things are put on it and taken away, a camera and a scale look at it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use domain::frame::Frame;
use domain::ids::ProductId;
use domain::time::MonotonicMs;

use super::world::World;
use super::{
    Cover, Fault, ItemId, Lighting, Place, Placed, PutError, SceneClock, SceneConfig, Shop, TrueItem,
};
use crate::camera::{Camera, CameraError, Opener};
use crate::scale::{Scale, ScaleError, ScaleReading};

const NAME: &str = "simulated";

/// How often the scale gives a reading.
const SCALE_INTERVAL: Duration = Duration::from_millis(100);

/// A simulated tray. A cheap handle: every clone is the same tray, and any of them can be the camera's [`Opener`].
#[derive(Debug, Clone)]
pub struct SimulatedTray {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: SceneClock,
    started: Instant,
    frame_interval: Duration,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    faults_changed: Condvar,
}

#[derive(Debug, Default)]
struct Faults {
    camera: Fault,
    scale: Fault,
}

impl SimulatedTray {
    /// An empty tray. The same shop, seed, configuration and calls at the same scene times give the same pixels.
    pub fn new(shop: Shop, seed: u64, config: SceneConfig) -> Self {
        let shared = Shared {
            clock: config.clock.clone(),
            started: Instant::now(),
            frame_interval: Duration::from_secs(1) / config.fps.max(1),
            world: Mutex::new(World::new(shop, seed, config)),
            faults: Mutex::default(),
            faults_changed: Condvar::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Has a hand put a product down at a free place. Returns at once; the hand takes its time.
    pub fn put(&self, product: &ProductId) -> Result<Placed, PutError> {
        self.put_at(product, Place::Free)
    }

    /// Has a hand put a product down at a place.
    pub fn put_at(&self, product: &ProductId, place: Place) -> Result<Placed, PutError> {
        let now_ms = self.now_ms();
        self.world().put(product, place, now_ms)
    }

    /// Has a hand take a thing away; false when it is not there.
    pub fn take(&self, item: ItemId) -> bool {
        let now_ms = self.now_ms();
        self.world().take(item, now_ms)
    }

    /// Has a hand sweep everything away.
    pub fn clear(&self) {
        let now_ms = self.now_ms();
        self.world().clear(now_ms);
    }

    /// What lies on the tray or is on its way there, in the order it was put down.
    pub fn truth(&self) -> Vec<TrueItem> {
        let now_ms = self.now_ms();
        self.world().truth(now_ms)
    }

    /// True when no hand is at work, nothing hides the tray and the scale has come to rest.
    pub fn is_settled(&self) -> bool {
        let now_ms = self.now_ms();
        self.world().is_settled(now_ms)
    }

    /// Hides the tray, or shows it again.
    pub fn cover(&self, cover: Option<Cover>) {
        self.world().cover(cover);
    }

    /// Changes the light.
    pub fn light(&self, lighting: Lighting) {
        self.world().relight(lighting);
    }

    /// Breaks the camera, or mends it.
    pub fn break_camera(&self, fault: Fault) {
        self.faults().camera = fault;
        self.shared.faults_changed.notify_all();
    }

    /// Breaks the scale, or mends it.
    pub fn break_scale(&self, fault: Fault) {
        self.faults().scale = fault;
        self.shared.faults_changed.notify_all();
    }

    /// The scale under the tray.
    pub fn scale(&self) -> SimulatedScale {
        SimulatedScale { tray: self.clone(), pace: Pace::new(SCALE_INTERVAL) }
    }

    fn now_ms(&self) -> u64 {
        match &self.shared.clock {
            SceneClock::Real => u64::try_from(self.shared.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            SceneClock::Manual(ms) => ms.load(Ordering::SeqCst),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().expect("no holder of this lock can panic")
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.shared.faults.lock().expect("no holder of this lock can panic")
    }

    /// Blocks while a device is stuck; true when it works.
    fn works(&self, device: fn(&Faults) -> Fault) -> bool {
        let stuck = |faults: &mut Faults| device(faults) == Fault::Stuck;
        let faults = self.shared.faults_changed.wait_while(self.faults(), stuck);
        device(&faults.expect("no holder of this lock can panic")) == Fault::None
    }
}

impl Opener for SimulatedTray {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        if !self.works(|faults| faults.camera) {
            let reason = "it is unplugged: plug it in again".to_owned();
            return Err(CameraError::Open { camera: NAME.to_owned(), reason });
        }
        Ok(Box::new(SimulatedCamera { tray: self.clone(), pace: Pace::new(self.shared.frame_interval) }))
    }
}

/// The camera over a simulated tray.
struct SimulatedCamera {
    tray: SimulatedTray,
    pace: Pace,
}

impl Camera for SimulatedCamera {
    fn describe(&self) -> String {
        self.tray.world().describe()
    }

    fn next_frame(&mut self) -> Result<Frame, CameraError> {
        if matches!(self.tray.shared.clock, SceneClock::Real) {
            self.pace.wait();
        }
        if !self.tray.works(|faults| faults.camera) {
            let reason = "it was unplugged: plug it in again".to_owned();
            return Err(CameraError::Stopped { camera: NAME.to_owned(), reason });
        }
        let now_ms = self.tray.now_ms();
        let mut world = self.tray.world();
        let rgb = world.frame(now_ms);
        let (width, height) = world.frame_size();
        Ok(Frame::new(width, height, rgb, 0, MonotonicMs(now_ms)))
    }
}

/// The scale under a simulated tray.
#[derive(Debug)]
pub struct SimulatedScale {
    tray: SimulatedTray,
    pace: Pace,
}

impl Scale for SimulatedScale {
    fn describe(&self) -> String {
        "simulated scale".to_owned()
    }

    fn read(&mut self) -> Result<ScaleReading, ScaleError> {
        if matches!(self.tray.shared.clock, SceneClock::Real) {
            self.pace.wait();
        }
        if !self.tray.works(|faults| faults.scale) {
            let reason = "it is unplugged: plug it in again".to_owned();
            return Err(ScaleError::Gone { scale: NAME.to_owned(), reason });
        }
        let now_ms = self.tray.now_ms();
        Ok(self.tray.world().weigh(now_ms))
    }
}

/// Waits for the next of evenly spaced moments; those that were missed are not made up for.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    due: Instant,
}

impl Pace {
    fn new(interval: Duration) -> Self {
        Self { interval, due: Instant::now() }
    }

    fn wait(&mut self) {
        let now = Instant::now();
        if self.due > now {
            std::thread::sleep(self.due - now);
            self.due += self.interval;
        } else {
            self.due = now + self.interval;
        }
    }
}
