//! Real photos: groceries enrolled from one shop's visits and recognised on others (GroceryStoreDataset, Klasson et al.,
//! WACV 2019). The data is not part of the repository; `TILLSIGHT_GROCERY` names its folder.

use std::path::{Path, PathBuf};

use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ProductId, Uuid, ViewId};
use domain::observation::Verdict;
use vision::calibrate::{Calibration, OperatingPoints};
use vision::decode::{Limits, decode_file};
use vision::embed::Embedder;
use vision::preprocess::centre_crop;
use vision::recognise::Recogniser;

use crate::model::open_default;

fn dataset(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TILLSIGHT_GROCERY")
        .map_or_else(|| PathBuf::from("../../../shared/data/grocery"), PathBuf::from);
    if folder.join("train.txt").exists() {
        Some(folder)
    } else {
        eprintln!("SKIPPED: {test} because the grocery photos are not at `{}`", folder.display());
        None
    }
}

/// Each `step`th photo of a split.
fn photos(folder: &Path, split: &str, step: usize, embedder: &mut Embedder) -> Vec<(ProductId, Embedding)> {
    let list = std::fs::read_to_string(folder.join(format!("{split}.txt"))).unwrap();
    list.lines()
        .step_by(step)
        .map(|line| {
            let mut fields = line.split(',').map(str::trim);
            let (path, class) = (fields.next().unwrap(), fields.next().unwrap());
            let picture = decode_file(&folder.join(path), &Limits::default()).unwrap();
            let region = centre_crop(picture.width, picture.height);
            let embedding = embedder.embed_picture(&picture, region).unwrap();
            (ProductId::new(&format!("class-{class}")).unwrap(), embedding)
        })
        .collect()
}

#[test]
fn recognises_groceries_of_another_day_and_accepts_few_wrongly() {
    let test = "recognises_groceries_of_another_day_and_accepts_few_wrongly";
    let Some(folder) = dataset(test) else { return };
    let Some(mut embedder) = open_default(test) else { return };
    // A third of the photos enrol nearly as well as all and take a third of the time.
    let train = photos(&folder, "train", 3, &mut embedder);
    let val = photos(&folder, "val", 1, &mut embedder);
    let views: Vec<View> = train
        .into_iter()
        .zip(1..)
        .map(|((product, embedding), id)| View { id: ViewId(Uuid::from_u128(id)), product, embedding })
        .collect();
    let calibration =
        Calibration::fit(&views, &OperatingPoints::default(), &embedder.experience().unwrap()).unwrap();
    let report = *calibration.report();
    let recogniser =
        Recogniser::build(Generation(1), embedder.version().clone(), views, calibration).unwrap();
    let (mut first, mut accepted, mut wrong) = (0, 0, 0);
    for (product, embedding) in &val {
        let recognition = recogniser.recognise(embedding).unwrap();
        let right = recognition.candidates[0].product == *product;
        first += usize::from(right);
        accepted += usize::from(recognition.verdict == Verdict::Accept);
        wrong += usize::from(recognition.verdict == Verdict::Accept && !right);
    }
    eprintln!("of {}: {first} first, {accepted} accepted, {wrong} of them wrongly; {report:?}", val.len());
    assert!(first * 100 >= val.len() * 74, "{first} of {} came first", val.len());
    assert!(accepted * 100 >= val.len() * 10, "{accepted} of {} accepted", val.len());
    assert!(wrong * 100 <= accepted * 4, "{wrong} of {accepted} accepted wrongly");
}
