//! Writes frames of the simulated tray as PNG files, to be looked at: `simulated_frames FOLDER [SEED..]`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use domain::frame::Frame;
use edge_devices::camera::Opener;
use edge_devices::simulated::{
    Cover, Lighting, SceneClock, SceneConfig, Shop, SimulatedTray, TrayKind, default_folder, render_single,
};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder for the pictures")?);
    let seeds: Vec<u64> = arguments.map(|seed| seed.parse()).collect::<Result<_, _>>()?;
    let seeds = if seeds.is_empty() { vec![1, 2, 3] } else { seeds };
    std::fs::create_dir_all(&folder)?;
    let shop = Shop::load(&default_folder())?;
    let kinds = [TrayKind::Steel, TrayKind::Plastic, TrayKind::Rubber];
    for (&seed, kind) in seeds.iter().zip(kinds.into_iter().cycle()) {
        full_tray(&shop, seed, kind, &folder)?;
    }
    gesture(&shop, seeds[0], &folder)?;
    let started = Instant::now();
    for (number, product) in shop.products().iter().enumerate().step_by(11) {
        let photo = render_single(&shop, &product.id, number as u64)?;
        save(&photo.with_item, &folder.join(format!("single-{}.png", product.id)))?;
    }
    eprintln!("6 single photos with saving: {} ms", started.elapsed().as_millis());
    Ok(())
}

/// A tray that is filled until nothing fits.
fn full_tray(shop: &Shop, seed: u64, tray: TrayKind, folder: &Path) -> Result<(), Error> {
    let time = Arc::new(AtomicU64::new(0));
    let clock = SceneClock::Manual(Arc::clone(&time));
    let config = SceneConfig { clock, tray, lighting: Lighting::by_seed(seed), ..SceneConfig::default() };
    let started = Instant::now();
    let scene = SimulatedTray::new(shop.clone(), seed, config);
    eprintln!("new tray: {} ms", started.elapsed().as_millis());
    let mut camera = scene.open()?;
    save(&camera.next_frame()?, &folder.join(format!("empty-{seed}.png")))?;
    let products = shop.products();
    let started = Instant::now();
    for number in 0_u64.. {
        let chosen = (number.wrapping_mul(29).wrapping_add(seed * 7)) as usize % products.len();
        if scene.put(&products[chosen].id).is_err() {
            break;
        }
        time.fetch_add(2_000, Ordering::SeqCst);
    }
    eprintln!("{} items put in {} ms", scene.truth().len(), started.elapsed().as_millis());
    let frame = camera.next_frame()?;
    let started = Instant::now();
    for _ in 0..100 {
        camera.next_frame()?;
    }
    eprintln!("still frame: {} us", started.elapsed().as_micros() / 100);
    save(&frame, &folder.join(format!("full-{seed}.png")))?;
    scene.cover(Some(Cover::Hand));
    save(&camera.next_frame()?, &folder.join(format!("hand-{seed}.png")))?;
    scene.cover(Some(Cover::Cloth));
    save(&camera.next_frame()?, &folder.join(format!("cloth-{seed}.png")))
}

/// One thing put down and taken away, frame by frame.
fn gesture(shop: &Shop, seed: u64, folder: &Path) -> Result<(), Error> {
    let time = Arc::new(AtomicU64::new(0));
    let clock = SceneClock::Manual(Arc::clone(&time));
    let scene = SimulatedTray::new(shop.clone(), seed, SceneConfig { clock, ..SceneConfig::default() });
    let mut camera = scene.open()?;
    let products = shop.products();
    scene.put(&products[1].id)?;
    time.fetch_add(2_000, Ordering::SeqCst);
    let started = Instant::now();
    let placed = scene.put(&products[9].id)?;
    eprintln!("put: {} ms", started.elapsed().as_millis());
    for (prefix, take) in [("put", false), ("take", true)] {
        if take {
            scene.take(placed.item);
        }
        for number in 0..12 {
            let started = Instant::now();
            let frame = camera.next_frame()?;
            eprintln!("moving frame: {} us", started.elapsed().as_micros());
            save(&frame, &folder.join(format!("{prefix}-{number:02}.png")))?;
            time.fetch_add(67, Ordering::SeqCst);
        }
    }
    Ok(())
}

fn save(frame: &Frame, path: &Path) -> Result<(), Error> {
    image::save_buffer(path, &frame.rgb, frame.width, frame.height, image::ExtendedColorType::Rgb8)?;
    Ok(())
}
