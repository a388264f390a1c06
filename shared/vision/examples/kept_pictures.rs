//! Measures what keeping enrolled pictures costs and loses:
//! `cargo run --release -p vision --example kept_pictures -- MODELS DATASET [STEP]`.
//!
//! For each model, largest side and JPEG quality: the bytes of a kept picture, and the cosine between the vector of the
//! photo and that of the picture kept of it, over each STEP-th photo of the data set's `val` list. Photos whose cut is not
//! larger than the side lose by JPEG alone, so a second row has the photos doubled in size first, as a camera nearer to the
//! product would take them.

use std::io::Write as _;
use std::path::Path;

use vision::decode::{Limits, Picture, decode_file};
use vision::embed::Embedder;
use vision::kept::{Keeping, input_of, keep, read};
use vision::models::ModelFiles;
use vision::preprocess::{Region, centre_crop, to_input};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let models = arguments.next().ok_or("name the models' folder")?;
    let dataset = arguments.next().ok_or("name the data set's folder")?;
    let step = arguments.next().map_or(Ok(1), |step| step.parse())?;
    let photos = photos(Path::new(&dataset), step)?;
    let doubled: Vec<Picture> = photos.iter().map(doubled).collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "model, photos, largest side, quality: bytes mean; cosine mean, 1st percentile, worst")?;
    for name in ["lite2", "lite0"] {
        let mut embedder = Embedder::open(&ModelFiles::find(Path::new(&models), Some(name))?, 2)?;
        for (what, photos) in [("as they are", &photos), ("doubled", &doubled)] {
            for side_max in [260, 320, 384, 512] {
                for quality in [80, 90, 95] {
                    let row = measure(&mut embedder, photos, Keeping { side_max, quality })?;
                    writeln!(out, "{name}, {} {what}, {side_max}, {quality}: {row}", photos.len())?;
                }
            }
        }
    }
    Ok(())
}

fn photos(dataset: &Path, step: usize) -> Result<Vec<Picture>, Failure> {
    let list = std::fs::read_to_string(dataset.join("val.txt"))?;
    let paths = list.lines().step_by(step).map(|line| line.split(',').next().unwrap_or_default().trim());
    paths.map(|path| Ok(decode_file(&dataset.join(path), &Limits::default())?)).collect()
}

fn doubled(photo: &Picture) -> Picture {
    let side = photo.width.min(photo.height);
    let region = Region { x: 0, y: 0, width: side, height: side };
    let rgb = to_input(&photo.rgb, (photo.width, photo.height), region, side * 2);
    Picture { width: side * 2, height: side * 2, rgb }
}

fn measure(embedder: &mut Embedder, photos: &[Picture], how: Keeping) -> Result<String, Failure> {
    let (mut bytes, mut cosines) = (0, Vec::with_capacity(photos.len()));
    for photo in photos {
        let size = (photo.width, photo.height);
        let region = centre_crop(size.0, size.1);
        let jpeg = keep(&photo.rgb, size, region, how)?;
        bytes += jpeg.len();
        let side = embedder.input_side();
        let inputs = [to_input(&photo.rgb, size, region, side), input_of(&read(&jpeg)?, side)];
        let vectors = embedder.embed(&inputs)?;
        let [before, after] = vectors.as_slice() else { return Err("two inputs, two vectors".into()) };
        cosines.push(before.values().iter().zip(after.values()).map(|(a, b)| a * b).sum::<f32>());
    }
    cosines.sort_by(f32::total_cmp);
    let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
    let (low, worst) = (cosines[cosines.len() / 100], cosines[0]);
    Ok(format!("{}; {mean:.4}, {low:.4}, {worst:.4}", bytes / photos.len()))
}
