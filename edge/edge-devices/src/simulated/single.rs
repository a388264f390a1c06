//! Photos of one product, for enrolling it.

use std::sync::Arc;

use domain::frame::{Frame, PixelBox};
use domain::ids::ProductId;
use domain::time::MonotonicMs;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::light::Noise;
use super::place::{find_free, random_pose};
use super::scene::{Lying, Scene};
use super::{ItemId, Lighting, PutError, SceneConfig, Shop};

/// Added to seeds, so that no enrolment photo shows the pose, tray and light of a live scene.
const SEED_OFFSET: u64 = 0x656e_726f_6c21;

/// One product on the tray, and the same tray without it.
#[derive(Debug, Clone)]
pub struct SinglePhoto {
    /// With the item.
    pub with_item: Frame,
    /// Without.
    pub empty: Frame,
    /// Where the item is.
    pub bounds: PixelBox,
}

/// Photographs one product in a pose, on a tray and in a light that the seed chooses. The seeds of live scenes lead to
/// other poses, trays and lights: what is enrolled is never what is shown later.
pub fn render_single(shop: &Shop, product: &ProductId, seed: u64) -> Result<SinglePhoto, PutError> {
    let position = shop.position(product).ok_or_else(|| PutError::UnknownProduct(product.clone()))?;
    // Mixed with the product's place, so that one seed gives every product its own pose.
    let seed = seed.wrapping_add(SEED_OFFSET) ^ (position as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let config = SceneConfig { lighting: Lighting::by_seed(rng.random()), ..SceneConfig::default() };
    let scene = Scene::new(&config, rng.random());
    let noise = Noise::new(config.noise, rng.random(), config.width as usize * 3);
    let size_px = shop.products()[position].size_mm as f32 * scene.px_per_mm;
    let patch = shop.products()[position].sprite.render(&random_pose(size_px, &mut rng));
    let corner = find_free(&scene, &patch, [], 0, &mut rng).ok_or(PutError::Full)?;
    let shadow = scene.shadow_of(&patch);
    let lying = Lying { item: ItemId(1), product: position, weight_g: 0, patch, corner, shadow };
    let frame = |items: &[&Lying], number: u64| {
        let still = scene.compose(items.iter().copied(), noise.range());
        let mut rgb = vec![0; still.len()];
        noise.add(&still, &mut rgb, config.width as usize * 3, number);
        Frame::new(config.width, config.height, Arc::from(rgb), number, MonotonicMs(0))
    };
    let (with_item, empty) = (frame(&[&lying], 2), frame(&[], 1));
    let bounds = scene.visible_bounds(&[&lying]).into_iter().next().flatten().ok_or(PutError::Full)?;
    Ok(SinglePhoto { with_item, empty, bounds })
}
