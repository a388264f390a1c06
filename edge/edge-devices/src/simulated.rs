//! A tray whose truth is known: products composed on it as a camera above would see them.

use std::time::Duration;

use domain::frame::PixelBox;
use domain::ids::ProductId;
use thiserror::Error;

mod backdrop;
mod bag;
mod composed;
mod cutout;
mod hand;
mod light;
mod place;
mod scene;
mod shop;
mod single;
mod sprite;
mod tray;
mod world;

pub use composed::{Layout, TrayPhoto, Trouble, render_tray};
pub use cutout::CutoutError;
pub use shop::{Shop, ShopError, ShopProduct, catalogue_json, default_folder};
pub use single::{SinglePhoto, render_single};
pub use tray::{SimulatedScale, SimulatedTray};

/// What the simulated scene is like.
#[derive(Debug, Clone)]
pub struct SceneConfig {
    /// Frame width in pixels.
    pub width: u32,
    /// Frame height in pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// How much of the counter the frame shows from left to right, in millimetres.
    pub view_width_mm: u32,
    /// How long a hand takes to put an item down or to take it away.
    pub hand_time: Duration,
    /// Standard deviation of the sensor noise, in levels of 255.
    pub noise: f32,
    /// How strong shadows are: 1.0 as in a shop, 0.0 none.
    pub shadow: f32,
    /// What the tray is made of.
    pub tray: TrayKind,
    /// The light.
    pub lighting: Lighting,
    /// The least gap between two items, in millimetres.
    pub gap_mm: u32,
    /// What time it is in the scene.
    pub clock: SceneClock,
}

/// What the tray is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrayKind {
    /// One of the others, by the seed.
    BySeed,
    /// Brushed steel.
    Steel,
    /// Light grey moulded plastic.
    Plastic,
    /// A dark rubber mat.
    Rubber,
}

/// The light over the tray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lighting {
    /// 1.0 is a well exposed picture.
    pub brightness: f32,
    /// 0.0 is neutral, -1.0 as blue as daylight on a dull day, 1.0 as yellow as a warm lamp.
    pub warmth: f32,
    /// How much darker the far side of the tray is than the near one, as a share of the brightness.
    pub gradient: f32,
    /// Where the light comes from, in degrees clockwise from the right.
    pub angle_deg: f32,
}

/// Where the scene's time comes from.
#[derive(Debug, Clone, Default)]
pub enum SceneClock {
    /// The machine's clock: cameras and scales wait for their next frame or reading.
    #[default]
    Real,
    /// Milliseconds that a test sets; nothing waits.
    Manual(std::sync::Arc<std::sync::atomic::AtomicU64>),
}

impl Default for SceneConfig {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 960,
            fps: 15,
            view_width_mm: 540,
            hand_time: Duration::from_millis(700),
            noise: 1.6,
            shadow: 1.0,
            tray: TrayKind::BySeed,
            lighting: Lighting::default(),
            gap_mm: 12,
            clock: SceneClock::Real,
        }
    }
}

impl Default for Lighting {
    fn default() -> Self {
        Self { brightness: 1.0, warmth: 0.0, gradient: 0.12, angle_deg: 235.0 }
    }
}

/// Names one thing on the tray; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u64);

/// Where to put a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Anywhere free.
    Free,
    /// Partly over another item.
    Over(ItemId),
    /// With its centre at these pixels, whatever lies there.
    At(u32, u32),
}

/// What was put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its name from now on.
    pub item: ItemId,
    /// What it weighs.
    pub weight_g: u32,
}

/// Why a thing cannot be put down.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PutError {
    /// The shop has no such product.
    #[error("the simulated shop has no product `{0}`")]
    UnknownProduct(ProductId),
    /// No free place is large enough.
    #[error("the tray is full: take something away first")]
    Full,
    /// The item it was to lie over is not there.
    #[error("there is no item {} on the tray", .0.0)]
    NoSuchItem(ItemId),
}

/// One thing that lies on the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrueItem {
    /// Its name.
    pub item: ItemId,
    /// What it is.
    pub product: ProductId,
    /// What it weighs.
    pub weight_g: u32,
    /// The bounds of what the camera sees of it once it lies still; `None` when other items hide it wholly.
    pub bounds: Option<PixelBox>,
    /// True while a hand still holds it.
    pub moving: bool,
}

/// What hides the tray from the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cover {
    /// A hand that stays over the tray and never quite keeps still.
    Hand,
    /// A coat or a bag over all of it.
    Cloth,
}

/// What is wrong with the simulated camera or scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It is unplugged: reading fails, opening fails.
    Unplugged,
    /// Reading blocks until the fault ends.
    Stuck,
}
