//! Opening the devices that the configuration names.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use edge_devices::camera::Opener;
use edge_devices::camera::directory::DirectoryCamera;
use edge_devices::camera::mjpeg::MjpegCamera;
use edge_devices::photos::PhotosCamera;
use edge_devices::scale::Scale;
use edge_devices::simulated::{SceneConfig, Shop, SimulatedTray};
use edge_devices::terminal::{PaymentTerminal, SimulatedTerminal, TerminalConfig};

use crate::config::{CameraKind, Config, ScaleKind, TerminalKind};
use crate::simulator::{Scene, Simulator};

/// The devices of one till.
pub struct Devices {
    /// Opens the camera, again and again if it must.
    pub camera: Arc<dyn Opener>,
    /// The scale under the tray, if there is one.
    pub scale: Option<Box<dyn Scale>>,
    /// The payment terminal.
    pub terminal: Arc<dyn PaymentTerminal>,
    /// The handles of what is simulated.
    pub simulator: Option<Simulator>,
}

impl Devices {
    /// Opens what can be opened at once; a camera is opened by its own thread.
    pub fn open(config: &Config, vision_hang: &Arc<AtomicBool>) -> anyhow::Result<Self> {
        let terminal = open_terminal(config)?;
        let (camera, scene) = camera(config)?;
        let scale = match (config.scale.kind, &scene) {
            (ScaleKind::Simulated, Some(Scene::Tray(tray))) => Some(Box::new(tray.scale()) as Box<dyn Scale>),
            _ => None,
        };
        let simulator = scene.map(|scene| Simulator {
            scene,
            terminal: terminal.clone(),
            vision_hang: Arc::clone(vision_hang),
        });
        Ok(Self { camera, scale, terminal: Arc::new(terminal), simulator })
    }
}

fn open_terminal(config: &Config) -> anyhow::Result<SimulatedTerminal> {
    match config.terminal.kind {
        TerminalKind::Simulated => {
            let quick = TerminalConfig {
                take: Duration::from_millis(config.terminal.latency_ms),
                answer_timeout: Duration::from_millis(config.terminal.answer_ms),
                ..TerminalConfig::default()
            };
            let ledger = config.data.dir.join("terminal.ledger");
            SimulatedTerminal::open(&ledger, quick).context("failed to open the simulated payment terminal")
        }
    }
}

fn camera(config: &Config) -> anyhow::Result<(Arc<dyn Opener>, Option<Scene>)> {
    let wanted = &config.camera;
    Ok(match wanted.kind {
        CameraKind::Simulated => {
            let shop = Shop::load(&wanted.pictures)?;
            let scene = SceneConfig {
                width: wanted.width,
                height: wanted.height,
                fps: wanted.frames_per_second,
                ..SceneConfig::default()
            };
            let tray = SimulatedTray::new(shop, wanted.seed, scene);
            (Arc::new(tray.clone()), Some(Scene::Tray(tray)))
        }
        CameraKind::Photos => {
            let photos = PhotosCamera::new(&wanted.folder, wanted.frames_per_second);
            (Arc::new(photos.clone()), Some(Scene::Photos(photos)))
        }
        CameraKind::Directory => (Arc::new(DirectoryCamera::folder(&wanted.folder)?), None),
        CameraKind::Mjpeg => (Arc::new(MjpegCamera::new(&wanted.url)), None),
        CameraKind::V4l => (v4l_camera(config)?, None),
    })
}

#[cfg(feature = "v4l")]
fn v4l_camera(config: &Config) -> anyhow::Result<Arc<dyn Opener>> {
    let wanted = &config.camera;
    Ok(Arc::new(edge_devices::camera::v4l::V4lCamera {
        device: wanted.device.clone(),
        width: wanted.width,
        height: wanted.height,
        fps: wanted.frames_per_second,
    }))
}

#[cfg(not(feature = "v4l"))]
fn v4l_camera(_config: &Config) -> anyhow::Result<Arc<dyn Opener>> {
    anyhow::bail!(
        "this tillsightd was built without V4L2 cameras: build it with `--features v4l`, or set [camera] kind to \"mjpeg\""
    )
}

/// The folder that the daemon keeps a till's learnt empty tray in.
pub fn background_file(config: &Config) -> PathBuf {
    config.data.dir.join("empty-tray.bin")
}
