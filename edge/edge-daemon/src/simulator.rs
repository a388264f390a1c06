//! The devices that are not there, and the handles by which a demonstration or a test moves them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use edge_devices::photos::PhotosCamera;
use edge_devices::simulated::SimulatedTray;
use edge_devices::terminal::SimulatedTerminal;

/// What can be moved. Only a daemon whose camera is simulated has one.
pub struct Simulator {
    /// What the camera looks at.
    pub scene: Scene,
    /// The payment terminal.
    pub terminal: SimulatedTerminal,
    /// Makes the vision thread hang, as a driver would.
    pub vision_hang: Arc<AtomicBool>,
}

/// What a simulated camera looks at.
pub enum Scene {
    /// Products composed on a tray.
    Tray(SimulatedTray),
    /// One photo at a time.
    Photos(PhotosCamera),
}
