//! The tray itself: things are put on it and taken away, a camera and a scale look at it.

use std::sync::Arc;

use domain::ids::ProductId;

use super::{Cover, Fault, ItemId, Lighting, Place, Placed, PutError, SceneConfig, Shop, TrueItem};
use crate::camera::{Camera, CameraError, Opener};
use crate::scale::{Scale, ScaleError, ScaleReading};

/// A simulated tray. A cheap handle: every clone is the same tray, and any of them can be the camera's [`Opener`].
#[derive(Debug, Clone)]
pub struct SimulatedTray {
    _shared: Arc<()>,
}

impl SimulatedTray {
    /// An empty tray. The same shop, seed, configuration and calls at the same scene times give the same pixels.
    pub fn new(shop: Shop, seed: u64, config: SceneConfig) -> Self {
        let _ = (shop, seed, config);
        unimplemented!()
    }

    /// Has a hand put a product down at a free place. Returns at once; the hand takes its time.
    pub fn put(&self, product: &ProductId) -> Result<Placed, PutError> {
        self.put_at(product, Place::Free)
    }

    /// Has a hand put a product down at a place.
    pub fn put_at(&self, product: &ProductId, place: Place) -> Result<Placed, PutError> {
        let _ = (product, place);
        unimplemented!()
    }

    /// Has a hand take a thing away; false when it is not there.
    pub fn take(&self, item: ItemId) -> bool {
        let _ = item;
        unimplemented!()
    }

    /// Takes everything away at once, without a hand.
    pub fn clear(&self) {
        unimplemented!()
    }

    /// What lies on the tray or is on its way there, in the order it was put down.
    pub fn truth(&self) -> Vec<TrueItem> {
        unimplemented!()
    }

    /// True when no hand is at work and the scale has come to rest.
    pub fn is_settled(&self) -> bool {
        unimplemented!()
    }

    /// Hides the tray, or shows it again.
    pub fn cover(&self, cover: Option<Cover>) {
        let _ = cover;
        unimplemented!()
    }

    /// Changes the light.
    pub fn light(&self, lighting: Lighting) {
        let _ = lighting;
        unimplemented!()
    }

    /// Breaks the camera, or mends it.
    pub fn break_camera(&self, fault: Fault) {
        let _ = fault;
        unimplemented!()
    }

    /// Breaks the scale, or mends it.
    pub fn break_scale(&self, fault: Fault) {
        let _ = fault;
        unimplemented!()
    }

    /// The scale under the tray.
    pub fn scale(&self) -> SimulatedScale {
        unimplemented!()
    }
}

impl Opener for SimulatedTray {
    fn name(&self) -> String {
        "simulated".to_owned()
    }

    fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        unimplemented!()
    }
}

/// The scale under a simulated tray.
#[derive(Debug)]
pub struct SimulatedScale {
    _tray: SimulatedTray,
}

impl Scale for SimulatedScale {
    fn describe(&self) -> String {
        unimplemented!()
    }

    fn read(&mut self) -> Result<ScaleReading, ScaleError> {
        unimplemented!()
    }
}
