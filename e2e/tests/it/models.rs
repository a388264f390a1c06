//! A generation whose model the till does not have: it comes from the cloud, and the till sees by it.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, ProductId, Uuid, ViewId};
use edge_daemon::catalogue::CatalogueLoader;
use edge_daemon::event::{Event, Loaded};
use edge_daemon::sight::Models;
use edge_store::Store;
use serde_json::Value;
use service::tasks::Tasks;
use sync_core::generation::Content;
use testkit::build;
use testkit::scratch::Scratch;
use tokio::sync::mpsc;
use vision::calibrate::{Calibration, OperatingPoints};
use vision::embed::Embedder;
use vision::models::ModelFiles;

use super::fleet::{Cloud, LIMIT, Till, until};

/// The models of this checkout; `None`, said once, where they were not made.
pub(crate) fn built(what: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TILLSIGHT_MODELS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| std::path::absolute("../models/built").unwrap());
    if folder.join("manifest.json").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {what} because `{}` has no models: run `cargo xtask model`", folder.display());
    None
}

/// A models' folder that has lite0 and no other model.
fn only_lite0(built: &Path, folder: &Path) {
    let text = std::fs::read(built.join("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_slice(&text).unwrap();
    let models = manifest["models"].as_array_mut().unwrap();
    models.retain(|model| model["name"] == "lite0");
    models[0]["default"] = true.into();
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    for entry in std::fs::read_dir(built).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name != "manifest.json" && !name.to_string_lossy().starts_with("lite2") {
            symlink(&path, folder.join(name)).unwrap();
        }
    }
}

/// Stripes of this width, as the embedder takes them.
fn stripes(side: u32, width: u32) -> Vec<u8> {
    let pixel =
        |index: u32| if (index % side / width).is_multiple_of(2) { [220, 40, 40] } else { [20, 160, 60] };
    (0..side * side).flat_map(pixel).collect()
}

/// Two products that look different, as this model sees them.
fn content(embedder: &mut Embedder) -> Content {
    let side = embedder.input_side();
    let mut views = BTreeMap::new();
    for (number, (product, width)) in
        [("lemon", 10), ("lime", 12), ("beer", 60), ("wine", 80)].iter().enumerate()
    {
        let embedding = embedder.embed(&[stripes(side, *width)]).unwrap().remove(0);
        let id = ViewId(Uuid::from_u128(number as u128 + 1));
        views.insert(id, View { id, product: ProductId::new(product).unwrap(), embedding });
    }
    let names = ["lemon", "lime", "beer", "wine"];
    let catalogue = build::catalogue(names.map(|name| build::piece(name, 100)));
    let mut content = Content {
        catalogue: Arc::new(catalogue),
        model: Some(embedder.version().clone()),
        views,
        calibration_json: None,
    }
    .rounded();
    let all: Vec<View> = content.views.values().cloned().collect();
    let experience = embedder.experience().unwrap();
    let fitted = Calibration::fit(&all, &OperatingPoints::default(), &experience).unwrap();
    content.calibration_json = Some(fitted.to_json());
    content
}

/// What a till makes of its newest generation.
async fn loaded(store: &Store, models: &Models) -> Loaded {
    let tasks = Tasks::new();
    let (events, mut inbox) = mpsc::channel(4);
    let _loader = CatalogueLoader::start(&tasks, store.clone(), models.clone(), 1, events).unwrap();
    let event = tokio::time::timeout(LIMIT, inbox.recv()).await.unwrap();
    let Some(Event::Catalogue(loaded)) = event else { panic!("a generation was expected") };
    tasks.stop(LIMIT).await;
    *loaded
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_till_pulls_the_model_of_a_generation_and_sees_by_it() {
    let Some(built) = built("pulling a model") else { return };
    let scratch = Scratch::new("models-of-a-till");
    only_lite0(&built, scratch.path());
    let cloud =
        Cloud::start("models", &format!("[worker]\nin_server = false\n[vision]\nmodels = {built:?}")).await;
    let data = cloud.data_of("till-1");
    let models = Models::find(scratch.path(), None, &data).unwrap();
    let lite2 = ModelFiles::find(&built, Some("lite2")).unwrap();
    assert_ne!(models.preferred.version, lite2.version);

    // A pull that broke off left the beginning of the file.
    let part = data.join("models").join(format!("{}.part", lite2.version));
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    let whole = std::fs::read(&lite2.model).unwrap();
    std::fs::write(&part, &whole[..whole.len() / 3]).unwrap();

    let mut embedder = Embedder::open(&lite2, 1).unwrap();
    let content = content(&mut embedder);
    cloud.publish(&content).await;
    let till = cloud.seeing_till("till-1", models.clone()).await;
    till.sells_from(Generation(1)).await;
    assert!(!part.exists() && models.fetched.join(format!("{}.onnx", lite2.version)).is_file());
    let now = loaded(&till.store, &models).await;
    assert_eq!((now.sight.models.version.clone(), now.sight.missing.clone()), (lite2.version.clone(), None));
    let mut eye = Embedder::open(&now.sight.models, 1).unwrap();
    let seen = eye.embed(&[stripes(eye.input_side(), 80)]).unwrap();
    let recognised = now.sight.recogniser.recognise(&seen[0]).unwrap();
    assert_eq!(recognised.candidates[0].product.as_str(), "wine");

    // What lies there is not what the cloud has: it is fetched anew, whole.
    let lite2_file = models.fetched.join(format!("{}.onnx", lite2.version));
    let store = till.go_offline().await;
    std::fs::remove_file(models.fetched.join(format!("{}.onnx.json", lite2.version))).unwrap();
    std::fs::write(&lite2_file, "damaged").unwrap();
    std::fs::write(&part, vec![7; whole.len() + 1]).unwrap();
    assert!(models.of_views(Some(&lite2.version)).is_err());
    let _till = Till::start(store, Some(models.clone()));
    until("the model again", async || models.of_views(Some(&lite2.version)).is_ok()).await;
    assert_eq!(std::fs::read(&lite2_file).unwrap(), whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_come_without_a_model_that_the_cloud_does_not_have_either() {
    let Some(built) = built("a model that is nowhere") else { return };
    let scratch = Scratch::new("models-of-nobody");
    only_lite0(&built, scratch.path());
    let settings = format!("[worker]\nin_server = false\n[vision]\nmodels = {:?}", scratch.path());
    let cloud = Cloud::start("models-missing", &settings).await;
    let models = Models::find(scratch.path(), None, &cloud.data_of("till-1")).unwrap();
    let mut embedder = Embedder::open(&ModelFiles::find(&built, Some("lite2")).unwrap(), 1).unwrap();
    cloud.publish(&content(&mut embedder)).await;
    let till = cloud.seeing_till("till-1", models.clone()).await;
    till.sells_from(Generation(1)).await;
    let loaded = loaded(&till.store, &models).await;
    let missing = loaded.sight.missing.clone().map(|missing| missing.version);
    assert_eq!(missing, Some(ModelVersion::new(embedder.version().as_str())));
    assert_eq!(loaded.catalogue.products().len(), 4);
}
