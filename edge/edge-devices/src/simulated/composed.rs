//! Whole trays for measuring: several products on one tray, apart, touching or one over the other, with the truth.

use std::ops::RangeInclusive;
use std::sync::Arc;

use domain::frame::{Frame, PixelBox};
use domain::ids::ProductId;
use domain::time::MonotonicMs;
use rand::seq::IndexedRandom as _;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::bag::bagged;
use super::hand::{HandSprite, Look, Motion, Shutter};
use super::light::Noise;
use super::place::{find_free, random_pose};
use super::scene::{Lying, Scene};
use super::sprite::{Patch, SOLID_ALPHA};
use super::{ItemId, Lighting, PutError, SceneConfig, Shop};

/// Places beside or over others that are tried before the tray counts as full.
const TRIES: usize = 200;
/// How far a thing moves between two looks at whether it touches, in pixels.
const STEP: f32 = 2.0;
/// Every so many pixels of two things are compared.
const GRAIN: usize = 2;
/// The share of the smaller of two things that one hides of the other.
const OVERLAP: std::ops::Range<f32> = 0.08..0.25;

/// How far a camera is pushed aside, in pixels of the frame along each side: by somebody who wipes it...
const PUSHED: RangeInclusive<i32> = 1..=2;
/// ...and by somebody who knocks against it.
const KNOCKED: RangeInclusive<i32> = 6..=24;

/// How the things on a tray lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// With the configured gap between any two.
    Apart,
    /// Each touches another and hides nothing.
    Touching,
    /// Each lies partly over or under another.
    Overlapping,
}

/// What else makes a tray hard to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Nothing.
    None,
    /// A hand that rests over the things for a while, then goes.
    Hand,
    /// The things are in clear bags.
    Bags,
    /// The camera was pushed aside a little since it saw the tray empty.
    Pushed,
    /// The camera was knocked aside since then, by some millimetres of the tray.
    Knocked,
    /// The light is another than when the tray was empty.
    Relit,
}

/// A tray with things on it, and the same tray empty.
#[derive(Debug, Clone)]
pub struct TrayPhoto {
    /// The things with a resting hand over them, where one was wanted.
    pub under_hand: Option<[Frame; 2]>,
    /// With the items, photographed twice: same scene, other noise.
    pub with_items: [Frame; 2],
    /// Without, likewise.
    pub empty: [Frame; 2],
    /// What lies there and which box the camera sees of it (`None` when others hide it wholly), in the order it was put.
    pub truth: Vec<(ProductId, Option<PixelBox>)>,
}

/// Photographs products lying as `layout` says, in poses, on a tray and in a light that the seed chooses.
pub fn render_tray(
    shop: &Shop,
    products: &[ProductId],
    layout: Layout,
    trouble: Trouble,
    seed: u64,
) -> Result<TrayPhoto, PutError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let config = SceneConfig { lighting: Lighting::by_seed(rng.random()), ..SceneConfig::default() };
    let mut scene = Scene::new(&config, rng.random());
    let noise = Noise::new(config.noise, rng.random(), config.width as usize * 3);
    let lying = lay(shop, products, layout, trouble, &scene, &mut rng)?;
    let mut bounds = scene.visible_bounds(&lying);
    let empty = scene.compose(&[], noise.range());
    if trouble == Trouble::Relit {
        scene.relight(Lighting::by_seed(rng.random()));
    }
    let mut full = scene.compose(&lying, noise.range());
    let under_hand = (trouble == Trouble::Hand).then(|| {
        let mut reached = full.clone();
        rest_hand(&mut reached, &scene, &lying, noise.range(), &mut rng);
        reached
    });
    let how_far = match trouble {
        Trouble::Pushed => Some(PUSHED),
        Trouble::Knocked => Some(KNOCKED),
        Trouble::None | Trouble::Hand | Trouble::Bags | Trouble::Relit => None,
    };
    if let Some(how_far) = how_far {
        let aside = [aside(&how_far, &mut rng), aside(&how_far, &mut rng)];
        full = pushed(&full, config.width as usize * 3, aside);
        for bounds in bounds.iter_mut().flatten() {
            bounds.x = bounds.x.saturating_add_signed(-aside[0]);
            bounds.y = bounds.y.saturating_add_signed(-aside[1]);
        }
    }
    let shoot = |still: &[u8], number: u64| {
        let mut rgb = vec![0; still.len()];
        noise.add(still, &mut rgb, config.width as usize * 3, number);
        Frame::new(config.width, config.height, Arc::from(rgb), number, MonotonicMs(0))
    };
    Ok(TrayPhoto {
        under_hand: under_hand.map(|still| [shoot(&still, 5), shoot(&still, 6)]),
        with_items: [shoot(&full, 3), shoot(&full, 4)],
        empty: [shoot(&empty, 1), shoot(&empty, 2)],
        truth: products.iter().cloned().zip(bounds).collect(),
    })
}

/// Finds a place for each of the products.
fn lay(
    shop: &Shop,
    products: &[ProductId],
    layout: Layout,
    trouble: Trouble,
    scene: &Scene,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Lying>, PutError> {
    let gap_px = (SceneConfig::default().gap_mm as f32 * scene.px_per_mm).round() as u32;
    let mut lying: Vec<Lying> = Vec::with_capacity(products.len());
    for product in products {
        let position = shop.position(product).ok_or_else(|| PutError::UnknownProduct(product.clone()))?;
        let of_shop = &shop.products()[position];
        let size_px = of_shop.size_mm as f32 * scene.px_per_mm;
        let found = (0..TRIES).find_map(|_| {
            let patch = of_shop.sprite.render(&random_pose(size_px, rng));
            let corner = if lying.is_empty() || layout == Layout::Apart {
                find_free(scene, &patch, &lying, gap_px, rng)
            } else {
                beside(scene, &patch, &lying, layout, rng)
            };
            corner.map(|corner| (patch, corner))
        });
        let (patch, corner) = found.ok_or(PutError::Full)?;
        let (patch, corner) =
            if trouble == Trouble::Bags { bagged(&patch, corner, scene, rng) } else { (patch, corner) };
        let shadow = scene.shadow_of(&patch);
        let item = ItemId(lying.len() as u64 + 1);
        lying.push(Lying { item, product: position, weight_g: 0, patch, corner, shadow });
    }
    Ok(lying)
}

/// Draws a hand that rests with its grip on one of the things.
fn rest_hand(rgb: &mut [u8], scene: &Scene, lying: &[Lying], range: (u8, u8), rng: &mut ChaCha8Rng) {
    let middle = (scene.width as f32 / 2.0, scene.height as f32 / 2.0);
    let at = lying.choose(rng).map_or(middle, Lying::centre);
    let hand =
        HandSprite::new(scene, &Look::random(rng), rng.random_range(-0.4..0.4), 40.0 * scene.px_per_mm, None);
    Shutter::default().draw(rgb, scene, &hand, Motion { from: at, to: at }, range);
}

/// By how far, to one side or the other.
fn aside(how_far: &RangeInclusive<i32>, rng: &mut ChaCha8Rng) -> i32 {
    let by = rng.random_range(how_far.clone());
    if rng.random() { by } else { -by }
}

/// What a camera sees that was pushed to the right and down by so many pixels.
fn pushed(rgb: &[u8], row_len: usize, [right, down]: [i32; 2]) -> Vec<u8> {
    let rows = rgb.len() / row_len;
    let (right, down) = (right as isize, down as isize);
    let mut seen = Vec::with_capacity(rgb.len());
    for row in 0..rows {
        let from = row.saturating_add_signed(down).min(rows - 1) * row_len;
        for pixel in 0..row_len / 3 {
            let column = pixel.saturating_add_signed(right).min(row_len / 3 - 1);
            seen.extend_from_slice(&rgb[from + column * 3..][..3]);
        }
    }
    seen
}

/// A place where the patch touches or overlaps one of the lying things as the layout wants, and no other more than that.
fn beside(
    scene: &Scene,
    patch: &Patch,
    lying: &[Lying],
    layout: Layout,
    rng: &mut ChaCha8Rng,
) -> Option<(i32, i32)> {
    let anchor = lying.choose(rng)?;
    let angle = rng.random_range(0.0..std::f32::consts::TAU);
    let wanted = if layout == Layout::Overlapping { rng.random_range(OVERLAP) } else { 0.0 };
    let reach = |patch: &Patch| (patch.width as f32).hypot(patch.height as f32) / 2.0;
    let (x, y) = anchor.centre();
    let at = |apart: f32| {
        let left = x + angle.cos() * apart - patch.width as f32 / 2.0;
        let top = y + angle.sin() * apart - patch.height as f32 / 2.0;
        (left.round() as i32, top.round() as i32)
    };
    // From afar inwards: the last place before more than wanted is hidden, once they touch.
    let mut apart = reach(patch) + reach(&anchor.patch);
    while apart > STEP && hidden_share(patch, at(apart - STEP), anchor) <= wanted {
        apart -= STEP;
    }
    let corner = at(apart);
    let limit = if layout == Layout::Overlapping { OVERLAP.end } else { 0.0 };
    let is_clear = lying.iter().all(|thing| hidden_share(patch, corner, thing) <= limit);
    (is_clear && is_on_floor(scene, patch, corner)).then_some(corner)
}

/// How much of the smaller of the two is hidden when the patch lies at `corner`.
fn hidden_share(patch: &Patch, corner: (i32, i32), thing: &Lying) -> f32 {
    let offset = (corner.0 - thing.corner.0, corner.1 - thing.corner.1);
    let (mut own, mut both) = (0_u32, 0_u32);
    for y in (0..patch.height).step_by(GRAIN) {
        for x in (0..patch.width).step_by(GRAIN) {
            if patch.alpha(x, y) < SOLID_ALPHA {
                continue;
            }
            own += 1;
            let (there_x, there_y) = (x as i32 + offset.0, y as i32 + offset.1);
            let inside = (0..thing.patch.width as i32).contains(&there_x)
                && (0..thing.patch.height as i32).contains(&there_y);
            both += u32::from(inside && thing.patch.alpha(there_x as u32, there_y as u32) >= SOLID_ALPHA);
        }
    }
    if both == 0 {
        return 0.0;
    }
    both as f32 / own.min(solid_pixels(&thing.patch)).max(1) as f32
}

fn solid_pixels(patch: &Patch) -> u32 {
    let rows = (0..patch.height).step_by(GRAIN);
    let solid = |y| (0..patch.width).step_by(GRAIN).filter(|&x| patch.alpha(x, y) >= SOLID_ALPHA).count();
    rows.map(solid).sum::<usize>() as u32
}

/// True when all that is solid of the patch lies on the tray's floor.
fn is_on_floor(scene: &Scene, patch: &Patch, corner: (i32, i32)) -> bool {
    let (left, top, right, bottom) = scene.backdrop.floor;
    let mut all =
        (0..patch.height).step_by(GRAIN).flat_map(|y| (0..patch.width).step_by(GRAIN).map(move |x| (x, y)));
    all.all(|(x, y)| {
        let (frame_x, frame_y) = (corner.0 + x as i32, corner.1 + y as i32);
        patch.alpha(x, y) < SOLID_ALPHA
            || ((left as i32..right as i32).contains(&frame_x)
                && (top as i32..bottom as i32).contains(&frame_y))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shop of two discs, photographed on white.
    fn shop() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let disc = |name: &str, colour: [u8; 3]| {
            let path = folder.path().join(format!("{name}.png"));
            let inside = |x: u32, y: u32| (x as f32 - 50.0).hypot(y as f32 - 50.0) < 45.0;
            let pixel = |x, y| image::Rgb(if inside(x, y) { colour } else { [255; 3] });
            image::RgbImage::from_fn(100, 100, pixel).save(&path).unwrap();
            (ProductId::new(name).unwrap(), path)
        };
        Shop::of_white_backed([disc("red", [180, 30, 30]), disc("blue", [30, 30, 180])], 80).unwrap()
    }

    /// The least gap between the boxes of any two things; negative where they overlap.
    fn gaps(photo: &TrayPhoto) -> Vec<i64> {
        let boxes: Vec<PixelBox> = photo.truth.iter().filter_map(|(_, bounds)| *bounds).collect();
        let gap = |a: &PixelBox, b: &PixelBox| {
            let along = |a: u32, a_len: u32, b: u32, b_len: u32| {
                i64::from(a.max(b)) - i64::from((a + a_len).min(b + b_len))
            };
            along(a.x, a.width, b.x, b.width).max(along(a.y, a.height, b.y, b.height))
        };
        let pairs = boxes.iter().enumerate().flat_map(|(i, a)| boxes[i + 1..].iter().map(move |b| (a, b)));
        pairs.map(|(a, b)| gap(a, b)).collect()
    }

    #[test]
    fn things_lie_as_the_layout_says() {
        let shop = shop();
        let products: Vec<ProductId> = shop.products().iter().map(|product| product.id.clone()).collect();
        for seed in 0..6 {
            let render = |layout| render_tray(&shop, &products, layout, Trouble::None, seed).unwrap();
            let apart = render(Layout::Apart);
            assert_eq!(apart.truth.len(), 2);
            assert!(gaps(&apart)[0] > 8, "seed {seed}: {:?}", apart.truth);
            // The boxes of two discs that touch overlap unless they lie side by side, and never by much.
            let touching = gaps(&render(Layout::Touching))[0];
            assert!((-80..=8).contains(&touching), "seed {seed}: {touching}");
            let overlapping = render(Layout::Overlapping);
            assert!(gaps(&overlapping)[0] < 0, "seed {seed}: {:?}", overlapping.truth);
            let [one, other] = &overlapping.with_items;
            assert!(one.rgb != other.rgb, "two photos of one scene differ by their noise");
        }
    }

    #[test]
    fn says_when_the_tray_is_full() {
        let shop = shop();
        let one = shop.products()[0].id.clone();
        let photo = render_tray(&shop, &vec![one; 60], Layout::Apart, Trouble::None, 1);
        assert_eq!(photo.unwrap_err(), PutError::Full);
    }

    #[test]
    fn troubles_change_what_is_seen_and_not_what_lies_there() {
        let shop = shop();
        let products: Vec<ProductId> = shop.products().iter().map(|product| product.id.clone()).collect();
        let render = |trouble| render_tray(&shop, &products, Layout::Apart, trouble, 3).unwrap();
        let plain = render(Trouble::None);
        assert!(plain.under_hand.is_none());
        let hand = render(Trouble::Hand);
        assert_eq!(hand.with_items[0].rgb, plain.with_items[0].rgb);
        assert!(hand.under_hand.unwrap()[0].rgb != plain.with_items[0].rgb);
        for trouble in [Trouble::Pushed, Trouble::Knocked, Trouble::Relit] {
            let troubled = render(trouble);
            assert_eq!(troubled.empty[0].rgb, plain.empty[0].rgb);
            for ((product, seen), (_, bare)) in troubled.truth.iter().zip(&plain.truth) {
                let (seen, bare) = (seen.unwrap(), bare.unwrap());
                let aside = [seen.x.abs_diff(bare.x), seen.y.abs_diff(bare.y)];
                let range = match trouble {
                    Trouble::Pushed => 1..=2,
                    Trouble::Knocked => 6..=24,
                    _ => 0..=0,
                };
                assert!(aside.iter().all(|by| range.contains(by)), "{product} {trouble:?}: {aside:?}");
            }
            assert!(troubled.with_items[0].rgb != plain.with_items[0].rgb, "{trouble:?}");
        }
        let bags = render(Trouble::Bags);
        for ((_, bag), (_, bare)) in bags.truth.iter().zip(&plain.truth) {
            let (bag, bare) = (bag.unwrap(), bare.unwrap());
            assert!(bag.width >= bare.width && bag.height >= bare.height, "{bag:?} {bare:?}");
        }
    }
}
