//! What happens on the tray: gestures of a hand, one after the other, and what the camera and the scale make of them.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use domain::ids::ProductId;

use super::hand::{HandSprite, Look, Motion, Shutter};
use super::light::{Noise, gaussian};
use super::place::{find_free, random_pose};
use super::scene::{Lying, Scene};
use super::sprite::Patch;
use super::{Cover, ItemId, Lighting, Place, Placed, PutError, SceneConfig, Shop, TrueItem};
use crate::scale::ScaleReading;

/// How many poses are tried before the tray counts as full.
const POSES: usize = 4;

/// How long a scale swings after its load changed.
const SWING_MS: u64 = 450;

/// How long the camera's shutter is open.
const SHUTTER_MS: f32 = 22.0;

/// Everything about one tray.
#[derive(Debug)]
pub(super) struct World {
    shop: Shop,
    config: SceneConfig,
    seed: u64,
    rng: ChaCha8Rng,
    scene: Scene,
    noise: Noise,
    look: Look,
    shutter: Shutter,
    last_item: u64,
    /// What will lie there once every gesture is done.
    planned: Vec<Arc<Lying>>,
    /// What lies there now.
    lying: Vec<Arc<Lying>>,
    gestures: VecDeque<Gesture>,
    /// When the load changed and by how much.
    weight_steps: Vec<(u64, i32)>,
    cover: Option<Covering>,
    /// The still scene, until something changes.
    still: Option<Vec<u8>>,
    moving: Vec<u8>,
    frames: FramePool,
    frame_number: u64,
    truth: Option<Vec<TrueItem>>,
}

/// One going and coming of the hand.
#[derive(Debug)]
struct Gesture {
    deed: Deed,
    start_ms: u64,
    /// When the hand lets go or has hold.
    contact_ms: u64,
    end_ms: u64,
    done: bool,
    target: (f32, f32),
    entry: (f32, f32),
    coming: HandSprite,
    going: HandSprite,
}

#[derive(Debug)]
enum Deed {
    Put(Arc<Lying>),
    Take(ItemId),
    Clear,
}

#[derive(Debug)]
enum Covering {
    Hand(Box<HandSprite>),
    Cloth(Vec<u8>),
}

impl World {
    pub(super) fn new(shop: Shop, seed: u64, config: SceneConfig) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let row_len = config.width as usize * 3;
        Self {
            scene: Scene::new(&config, seed),
            noise: Noise::new(config.noise, seed, row_len),
            look: Look::random(&mut rng),
            shutter: Shutter::default(),
            last_item: 0,
            planned: Vec::new(),
            lying: Vec::new(),
            gestures: VecDeque::new(),
            weight_steps: Vec::new(),
            cover: None,
            still: None,
            moving: Vec::new(),
            frames: FramePool::default(),
            frame_number: 0,
            truth: None,
            shop,
            config,
            seed,
            rng,
        }
    }

    pub(super) fn describe(&self) -> String {
        let SceneConfig { width, height, fps, .. } = self.config;
        format!("simulated tray, {width}x{height} at {fps} fps")
    }

    pub(super) fn frame_size(&self) -> (u32, u32) {
        (self.config.width, self.config.height)
    }

    pub(super) fn put(&mut self, product: &ProductId, place: Place, now_ms: u64) -> Result<Placed, PutError> {
        self.advance(now_ms);
        let position =
            self.shop.position(product).ok_or_else(|| PutError::UnknownProduct(product.clone()))?;
        let (patch, corner) = self.arrange(position, place)?;
        let product = &self.shop.products()[position];
        let spread = f64::from(product.weight_spread_g) * f64::from(gaussian(&mut self.rng)) / 2.0;
        let limit = f64::from(product.weight_spread_g);
        let weight_g = (f64::from(product.weight_g) + spread.clamp(-limit, limit)).round().max(1.0) as u32;
        self.last_item += 1;
        let item = ItemId(self.last_item);
        let shadow = self.scene.shadow_of(&patch);
        let lying = Arc::new(Lying { item, product: position, weight_g, patch, corner, shadow });
        self.planned.push(Arc::clone(&lying));
        self.truth = None;
        let (target, grip_px) = (lying.centre(), grip_of(&lying.patch));
        self.gesture(Deed::Put(Arc::clone(&lying)), target, grip_px, Some(&lying.patch), None, now_ms);
        Ok(Placed { item, weight_g })
    }

    pub(super) fn take(&mut self, item: ItemId, now_ms: u64) -> bool {
        self.advance(now_ms);
        let Some(position) = self.planned.iter().position(|lying| lying.item == item) else {
            return false;
        };
        let lying = self.planned.remove(position);
        self.truth = None;
        let (target, grip_px) = (lying.centre(), grip_of(&lying.patch));
        self.gesture(Deed::Take(item), target, grip_px, None, Some(&lying.patch), now_ms);
        true
    }

    pub(super) fn clear(&mut self, now_ms: u64) {
        self.advance(now_ms);
        if self.planned.is_empty() {
            return;
        }
        self.planned.clear();
        self.truth = None;
        let (width, height) = self.frame_size();
        let target = (width as f32 / 2.0, height as f32 / 2.0);
        self.gesture(Deed::Clear, target, 60.0 * self.scene.px_per_mm, None, None, now_ms);
    }

    pub(super) fn cover(&mut self, cover: Option<Cover>) {
        self.cover = cover.map(|cover| match cover {
            Cover::Hand => {
                let grip_px = 50.0 * self.scene.px_per_mm;
                Covering::Hand(Box::new(HandSprite::new(&self.scene, &self.look, 0.2, grip_px, None)))
            }
            Cover::Cloth => Covering::Cloth(cloth(&self.scene, self.noise.range())),
        });
    }

    pub(super) fn relight(&mut self, lighting: Lighting) {
        self.scene.relight(lighting);
        self.still = None;
    }

    pub(super) fn truth(&mut self, now_ms: u64) -> Vec<TrueItem> {
        self.advance(now_ms);
        if self.truth.is_none() {
            let bounds = self.scene.visible_bounds(&self.planned);
            let items = self.planned.iter().zip(bounds).map(|(lying, bounds)| TrueItem {
                item: lying.item,
                product: self.shop.products()[lying.product].id.clone(),
                weight_g: lying.weight_g,
                bounds,
                moving: !self.lying.iter().any(|there| there.item == lying.item),
            });
            self.truth = Some(items.collect());
        }
        self.truth.clone().unwrap_or_default()
    }

    pub(super) fn is_settled(&mut self, now_ms: u64) -> bool {
        self.advance(now_ms);
        let swinging = self.weight_steps.iter().any(|(at, _)| now_ms < at + SWING_MS);
        self.gestures.is_empty() && self.cover.is_none() && !swinging
    }

    pub(super) fn weigh(&mut self, now_ms: u64) -> ScaleReading {
        self.advance(now_ms);
        let load: u32 = self.lying.iter().map(|lying| lying.weight_g).sum();
        let mut grams = load as f32;
        let mut stable = true;
        for &(at, change) in &self.weight_steps {
            let since = now_ms.saturating_sub(at);
            if since < SWING_MS {
                let since = since as f32;
                grams -= change as f32 * (-since / 85.0).exp() * (since / 38.0).cos();
                stable = false;
            }
        }
        // One draw a tenth of a second, so that reading twice at once reads the same.
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(now_ms / 100));
        if self.gestures.iter().any(|gesture| now_ms.abs_diff(gesture.contact_ms) < 90) {
            // The hand presses on what it puts down or takes hold of.
            grams += gaussian(&mut rng).abs() * 60.0;
            stable = false;
        }
        let noise =
            if stable { (gaussian(&mut rng) * 0.5).clamp(-1.0, 1.0) } else { gaussian(&mut rng) * 3.0 };
        ScaleReading { grams: (grams + noise).round() as i32, stable }
    }

    /// The pixels that the camera sees now.
    pub(super) fn frame(&mut self, now_ms: u64) -> Arc<[u8]> {
        self.advance(now_ms);
        let range = self.noise.range();
        let scene = &self.scene;
        let lying = &self.lying;
        let still = self.still.get_or_insert_with(|| scene.compose(lying.iter().map(Arc::as_ref), range));
        let hand = match (&self.cover, self.gestures.front()) {
            (Some(Covering::Hand(hand)), _) => Some((hand.as_ref(), hovering(scene, now_ms))),
            (None, Some(gesture)) if now_ms >= gesture.start_ms => Some(gesture.hand(now_ms)),
            _ => None,
        };
        let seen: &[u8] = match (&self.cover, hand) {
            (Some(Covering::Cloth(cloth)), _) => cloth,
            (_, Some((hand, motion))) => {
                self.moving.clear();
                self.moving.extend_from_slice(still);
                self.shutter.draw(&mut self.moving, scene, hand, motion, range);
                &self.moving
            }
            _ => still,
        };
        self.frame_number += 1;
        let (number, row_len) = (self.frame_number, self.config.width as usize * 3);
        let noise = &self.noise;
        self.frames.fill(seen.len(), |frame| noise.add(seen, frame, row_len, number))
    }

    /// Chooses how and where a product will lie.
    fn arrange(&mut self, product: usize, place: Place) -> Result<(Patch, (i32, i32)), PutError> {
        let shop = self.shop.clone();
        let product = &shop.products()[product];
        let size_px = product.size_mm as f32 * self.scene.px_per_mm;
        let gap_px = (self.config.gap_mm as f32 * self.scene.px_per_mm).round() as u32;
        let rng = &mut self.rng;
        let middle_at = |patch: &Patch, x: f32, y: f32| {
            ((x - patch.width as f32 / 2.0) as i32, (y - patch.height as f32 / 2.0) as i32)
        };
        match place {
            Place::At(x, y) => {
                let patch = product.sprite.render(&random_pose(size_px, rng));
                let corner = middle_at(&patch, x as f32, y as f32);
                Ok((patch, corner))
            }
            Place::Over(item) => {
                let under = self.planned.iter().find(|lying| lying.item == item);
                let under = under.ok_or(PutError::NoSuchItem(item))?;
                let patch = product.sprite.render(&random_pose(size_px, rng));
                let angle = rng.random_range(0.0..std::f32::consts::TAU);
                let apart = (grip_of(&under.patch) + grip_of(&patch)) * 0.62;
                let (x, y) = under.centre();
                let corner = middle_at(&patch, x + angle.cos() * apart, y + angle.sin() * apart);
                Ok((patch, corner))
            }
            Place::Free => {
                for _ in 0..POSES {
                    let patch = product.sprite.render(&random_pose(size_px, rng));
                    let lying = self.planned.iter().map(Arc::as_ref);
                    if let Some(corner) = find_free(&self.scene, &patch, lying, gap_px, rng) {
                        return Ok((patch, corner));
                    }
                }
                Err(PutError::Full)
            }
        }
    }

    /// Plans a gesture for when the hand is free.
    fn gesture(
        &mut self,
        deed: Deed,
        target: (f32, f32),
        grip_px: f32,
        brought: Option<&Patch>,
        taken: Option<&Patch>,
        now_ms: u64,
    ) {
        let start_ms = self.gestures.back().map_or(now_ms, |last| last.end_ms.max(now_ms));
        let lasts = u64::try_from(self.config.hand_time.as_millis()).unwrap_or(u64::MAX).max(2);
        let lean = self.rng.random_range(-0.3..0.3_f32);
        // Far enough below the frame that neither the hand nor what it holds is seen.
        let below = self.config.height as f32 - target.1 + grip_px * 1.6 + 25.0 * self.scene.px_per_mm;
        let entry = (target.0 - lean.tan() * below, target.1 + below);
        let hand = |held: Option<&Patch>| HandSprite::new(&self.scene, &self.look, lean, grip_px, held);
        self.gestures.push_back(Gesture {
            deed,
            start_ms,
            contact_ms: start_ms + lasts * 58 / 100,
            end_ms: start_ms + lasts,
            done: false,
            target,
            entry,
            coming: hand(brought),
            going: hand(taken),
        });
    }

    /// Lets happen what has happened by now.
    fn advance(&mut self, now_ms: u64) {
        while let Some(gesture) = self.gestures.front_mut() {
            if !gesture.done && now_ms >= gesture.contact_ms {
                gesture.done = true;
                let before = load(&self.lying);
                match &gesture.deed {
                    Deed::Put(lying) => self.lying.push(Arc::clone(lying)),
                    Deed::Take(item) => self.lying.retain(|lying| lying.item != *item),
                    Deed::Clear => self.lying.clear(),
                }
                self.weight_steps.retain(|(at, _)| gesture.contact_ms < at + SWING_MS);
                self.weight_steps.push((gesture.contact_ms, load(&self.lying) - before));
                self.still = None;
                self.truth = None;
            }
            if now_ms < gesture.end_ms {
                break;
            }
            self.gestures.pop_front();
        }
    }
}

impl Gesture {
    /// Which hand is seen, and between which places it moves while the shutter is open.
    fn hand(&self, now_ms: u64) -> (&HandSprite, Motion) {
        let sprite = if self.done { &self.going } else { &self.coming };
        (sprite, Motion { from: self.place(now_ms as f32 - SHUTTER_MS), to: self.place(now_ms as f32) })
    }

    /// Where the grip is: in from the entry, a short rest, out again.
    fn place(&self, at_ms: f32) -> (f32, f32) {
        let lasts = (self.end_ms - self.start_ms) as f32;
        let passed = ((at_ms - self.start_ms as f32) / lasts).clamp(0.0, 1.0);
        let eased = |share: f32| share * share * (3.0 - 2.0 * share);
        let near = if passed < 0.5 {
            eased(passed / 0.5)
        } else if passed > 0.64 {
            1.0 - eased((passed - 0.64) / 0.36)
        } else {
            1.0
        };
        let between = |entry: f32, target: f32| entry + (target - entry) * near;
        let tremor = if near < 1.0 { 0.0 } else { (at_ms / 23.0).sin() };
        (between(self.entry.0, self.target.0) + tremor, between(self.entry.1, self.target.1))
    }
}

/// Pixels of frames that nobody looks at any more are used again.
#[derive(Debug, Default)]
struct FramePool {
    buffers: Vec<Arc<[u8]>>,
}

impl FramePool {
    const KEPT: usize = 6;

    fn fill(&mut self, len: usize, write: impl FnOnce(&mut [u8])) -> Arc<[u8]> {
        let free = self.buffers.iter_mut().position(|buffer| Arc::get_mut(buffer).is_some());
        let mut buffer = match free {
            Some(free) => self.buffers.swap_remove(free),
            None => vec![0; len].into(),
        };
        write(Arc::get_mut(&mut buffer).expect("it is new, or was found to be ours alone"));
        if self.buffers.len() < Self::KEPT {
            self.buffers.push(Arc::clone(&buffer));
        }
        buffer
    }
}

fn load(lying: &[Arc<Lying>]) -> i32 {
    lying.iter().map(|lying| lying.weight_g as i32).sum()
}

/// How wide the hand must open for a thing.
fn grip_of(patch: &Patch) -> f32 {
    patch.width.min(patch.height) as f32 * 0.36
}

/// A hand that is held over the tray and never quite still: where it moves between while the shutter is open.
fn hovering(scene: &Scene, now_ms: u64) -> Motion {
    let at = |ms: f32| {
        let sway = (ms / 310.0).sin() * 9.0 + (ms / 97.0).sin() * 3.0;
        let bob = (ms / 270.0).cos() * 8.0;
        (scene.width as f32 * 0.48 + sway, scene.height as f32 * 0.42 + bob)
    };
    Motion { from: at(now_ms as f32 - SHUTTER_MS), to: at(now_ms as f32) }
}

/// A dark coat over everything.
fn cloth(scene: &Scene, range: (u8, u8)) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(scene.width as usize * scene.height as usize * 3);
    let mm = scene.px_per_mm;
    for y in 0..scene.height {
        for x in 0..scene.width {
            let (x, y) = (x as f32 / mm, y as f32 / mm);
            let fold = ((x * 0.8 + y * 0.35) / 21.0 + (y / 47.0).sin() * 1.3).sin();
            let weave = ((x * 4.1).sin() * (y * 4.3).sin()) * 2.0;
            let shade = 1.0 + 0.28 * fold;
            rgb.extend([46.0, 52.0, 68.0].map(|value: f32| (value * shade + weave).clamp(0.0, 255.0) as u8));
        }
    }
    scene.light.apply(&mut rgb, range);
    rgb
}
