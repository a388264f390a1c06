//! Measures what keeping enrolled pictures costs and loses:
//! `cargo run --release -p vision --example kept_pictures -- MODELS DATASET [STEP]`.
//!
//! For each model, largest side and JPEG quality: the bytes of a kept picture, and the cosine between the vector of the
//! photo and that of the picture kept of it, over each STEP-th photo of the data set's `val` list. Photos whose cut is not
//! larger than the side lose by JPEG alone, so a second row has the photos doubled in size first, as a camera nearer to the
//! product would take them. At last a shop enrolled from each third STEP-th photo of `train`, and what it says of `val`, once by
//! the photos and once by the kept pictures.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use domain::embedding::View;
use domain::ids::{Generation, ProductId, Uuid, ViewId};
use domain::observation::Verdict;
use vision::calibrate::{Calibration, OperatingPoints};
use vision::decode::{Limits, Picture, decode_file};
use vision::embed::Embedder;
use vision::kept::{Keeping, input_of, keep, read};
use vision::models::ModelFiles;
use vision::preprocess::{Region, centre_crop, to_input};
use vision::recognise::Recogniser;

type Failure = Box<dyn std::error::Error>;

/// Largest sides and qualities.
const TRIED: [(u32, u8); 6] = [(260, 90), (320, 90), (384, 80), (384, 90), (384, 95), (512, 90)];

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
            for (side_max, quality) in TRIED {
                let row = measure(&mut embedder, photos, Keeping { side_max, quality })?;
                writeln!(out, "{name}, {} {what}, {side_max}, {quality}: {row}", photos.len())?;
            }
        }
    }
    drop((photos, doubled));
    let mut embedder = Embedder::open(&ModelFiles::find(Path::new(&models), None)?, 2)?;
    let row = recognition(&mut embedder, Path::new(&dataset), 3 * step)?;
    writeln!(out, "{}: {row}", embedder.version())?;
    Ok(())
}

fn photos(dataset: &Path, step: usize) -> Result<Vec<Picture>, Failure> {
    listed(dataset, "val", step)?.into_iter().map(|(path, _)| read_photo(&path)).collect()
}

fn read_photo(path: &Path) -> Result<Picture, Failure> {
    Ok(decode_file(path, &Limits::default())?)
}

/// Each `step`th photo of a split, with its class.
fn listed(dataset: &Path, split: &str, step: usize) -> Result<Vec<(PathBuf, ProductId)>, Failure> {
    let list = std::fs::read_to_string(dataset.join(format!("{split}.txt")))?;
    let entry = |line: &str| -> Result<_, Failure> {
        let mut fields = line.split(',').map(str::trim);
        let (path, class) = (fields.next().ok_or("a path")?, fields.next().ok_or("a class")?);
        Ok((dataset.join(path), ProductId::new(&format!("class-{class}"))?))
    };
    list.lines().step_by(step).map(entry).collect()
}

/// How many photos of `val` are recognised, and accepted without a question, by a shop enrolled from photos of `train` and by
/// the same shop embedded again from the pictures that were kept of them.
fn recognition(embedder: &mut Embedder, dataset: &Path, step: usize) -> Result<String, Failure> {
    let (mut direct, mut again) = (Vec::new(), Vec::new());
    for ((path, product), number) in listed(dataset, "train", step)?.into_iter().zip(1..) {
        let photo = read_photo(&path)?;
        let (size, side) = ((photo.width, photo.height), embedder.input_side());
        let region = centre_crop(size.0, size.1);
        let jpeg = keep(&photo.rgb, size, region, Keeping::default())?;
        let inputs = [to_input(&photo.rgb, size, region, side), input_of(&read(&jpeg)?, side)];
        for (embedding, views) in embedder.embed(&inputs)?.into_iter().zip([&mut direct, &mut again]) {
            views.push(View { id: ViewId(Uuid::from_u128(number)), product: product.clone(), embedding });
        }
    }
    let asked = listed(dataset, "val", 1)?;
    let questions: Vec<_> = asked
        .iter()
        .map(|(path, product)| {
            let photo = read_photo(path)?;
            Ok((embedder.embed_picture(&photo, centre_crop(photo.width, photo.height))?, product))
        })
        .collect::<Result<_, Failure>>()?;
    let mut row = format!("{} views, {} questions", direct.len(), questions.len());
    for (what, views) in [("photos", direct), ("kept pictures", again)] {
        let calibration = Calibration::fit(&views, &OperatingPoints::default(), &embedder.experience()?)?;
        let till = Recogniser::build(Generation(1), embedder.version().clone(), views, calibration)?;
        let (mut first, mut accepted, mut accepted_right) = (0, 0, 0);
        for (question, product) in &questions {
            let said = till.recognise(question)?;
            let right = said.candidates.first().is_some_and(|candidate| candidate.product == **product);
            first += u32::from(right);
            accepted += u32::from(said.verdict == Verdict::Accept);
            accepted_right += u32::from(said.verdict == Verdict::Accept && right);
        }
        row += &format!("; from {what}: {first} right, {accepted} accepted, {accepted_right} of these right");
    }
    Ok(row)
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
