//! A till of the simulated shop: its catalogue imported, its products enrolled from photographs of the simulated tray.

use std::path::Path;

use anyhow::{Context as _, bail};
use domain::embedding::View;
use domain::frame::Frame;
use domain::ids::{OrgId, ProductId, StoreId, TillId, Uuid, ViewId};
use domain::sale::TillRef;
use edge_daemon::staff_pin::{self, Pin};
use edge_devices::simulated::{Shop, render_single};
use edge_store::import::{install_pictures, read_catalogue};
use edge_store::{GivenPicture, Store, ViewChange, ViewPicture};
use rayon::prelude::*;
use vision::calibrate::{Calibration, Experience, OperatingPoints};
use vision::decode::Picture;
use vision::embed::Embedder;
use vision::kept::{Keeping, keep};
use vision::models::ModelFiles;
use vision::preprocess::{item_crop, to_input};
use vision::tray::find_single_item;

use crate::process::toml_text;
use crate::template;

/// Photographs per product: what a technician takes in two minutes.
const PHOTOS: u64 = 8;

/// What its staff prove themselves with; a demonstration has no secrets.
pub const STAFF_PIN: &str = "2580";

/// The till that demonstrations and tests drive.
pub fn identity() -> TillRef {
    TillRef {
        org: OrgId::new("demo").expect("a valid name"),
        store: StoreId::new("corner-shop").expect("a valid name"),
        till: TillId::new("till-1").expect("a valid name"),
    }
}

/// Till `number` of the same store.
pub fn till(number: u32) -> TillRef {
    TillRef { till: TillId::new(&format!("till-{number}")).expect("a valid name"), ..identity() }
}

/// Makes `data` the data folder of another till that sells what the till of `from` sells.
pub fn prepare_beside(data: &Path, from: &Path, till: &TillRef) -> anyhow::Result<()> {
    let (model, _) = Store::open(from, &identity())?;
    let (store, _) = Store::open(data, till)?;
    copy_pictures(from, data)?;
    if let Some(pin) = model.setting(staff_pin::SETTING)? {
        store.set_setting(staff_pin::SETTING, Some(&pin))?;
    }
    let newest = model.catalogue()?.context("the first till has no catalogue")?;
    store.publish_catalogue(&newest.catalogue)?;
    let mut change = ViewChange::new(newest.model.context("the first till has no views")?);
    change.add = newest.views;
    change.calibration_json = newest.calibration_json;
    store.publish_views(change)?;
    Ok(())
}

fn copy_pictures(from: &Path, to: &Path) -> anyhow::Result<()> {
    let (from, to) = (from.join("pictures"), to.join("pictures"));
    std::fs::create_dir_all(&to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Makes `data` the data folder of a till that sells the simulated shop, whose pictures lie in `pictures`.
pub fn prepare(data: &Path, models: &Path, model: Option<&str>, pictures: &Path) -> anyhow::Result<()> {
    let files = ModelFiles::find(models, model)?;
    let catalogue = edge_devices::simulated::catalogue_json();
    let ingredients = [catalogue.as_bytes(), files.version.as_str().as_bytes()];
    template::instantiate("simulated", &ingredients, data, |fresh| make(fresh, &files, pictures))
}

/// The configuration of its devices.
pub fn config(pictures: &Path, seed: u64, latency_ms: u64) -> String {
    config_of(&identity(), pictures, seed, latency_ms)
}

/// The configuration of another till's devices.
pub fn config_of(till: &TillRef, pictures: &Path, seed: u64, latency_ms: u64) -> String {
    let TillRef { org, store, till } = till;
    format!(
        "[till]\norg = \"{org}\"\nstore = \"{store}\"\ntill = \"{till}\"\n\
         [camera]\nkind = \"simulated\"\npictures = {}\nseed = {seed}\n\
         [scale]\nkind = \"simulated\"\n[terminal]\nlatency_ms = {latency_ms}\nanswer_ms = 1500\n",
        toml_text(pictures)
    )
}

fn make(data: &Path, files: &ModelFiles, pictures: &Path) -> anyhow::Result<()> {
    let shop = Shop::load(pictures)?;
    let file = pictures.join("catalogue.json");
    std::fs::write(&file, edge_devices::simulated::catalogue_json())?;
    let imported = read_catalogue(&file, edge_store::import::ReadOptions::default())?;
    let (store, _) = Store::open(data, &identity())?;
    store.set_setting(staff_pin::SETTING, Some(&Pin::new(STAFF_PIN)?.hash()?))?;
    install_pictures(&imported.pictures, data)?;
    store.publish_catalogue(&imported.catalogue)?;
    let mut change = enrol(&shop, files)?;
    let calibration = Calibration::fit(&change.add, &OperatingPoints::default(), &Experience::default())?;
    change.calibration_json = Some(calibration.to_json());
    store.publish_views(change)?;
    Ok(())
}

fn enrol(shop: &Shop, files: &ModelFiles) -> anyhow::Result<ViewChange> {
    let wanted: Vec<(&ProductId, u64)> =
        shop.products().iter().flat_map(|product| (0..PHOTOS).map(move |seed| (&product.id, seed))).collect();
    let mut embedder = Embedder::open(files, 2)?;
    let side = embedder.input_side();
    let mut change = ViewChange::new(files.version.clone());
    for batch in wanted.chunks(16) {
        let (inputs, pictures): (Vec<Vec<u8>>, Vec<Vec<u8>>) = batch
            .par_iter()
            .map(|&(product, seed)| photograph(shop, product, seed, side))
            .collect::<anyhow::Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        for ((&(product, _), embedding), jpeg) in batch.iter().zip(embedder.embed(&inputs)?).zip(pictures) {
            let id = ViewId(Uuid::new_v4());
            change.add.push(View { id, product: product.clone(), embedding });
            change.pictures.insert(id, GivenPicture::New(ViewPicture::new(jpeg)?));
        }
    }
    Ok(change)
}

/// One photo of the product on the tray, cut as the till itself cuts it: the model's input, and the picture to keep.
fn photograph(shop: &Shop, product: &ProductId, seed: u64, side: u32) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let photo =
        render_single(shop, product, seed).with_context(|| format!("failed to photograph {product}"))?;
    let size = (photo.with_item.width, photo.with_item.height);
    let Some(bounds) = find_single_item(&picture(&photo.with_item), &picture(&photo.empty)) else {
        bail!("the till does not see {product} on its own tray (photo {seed})");
    };
    let (rgb, region) = (&photo.with_item.rgb, item_crop(bounds, size));
    Ok((to_input(rgb, size, region, side), keep(rgb, size, region, Keeping::default())?))
}

/// A frame as vision takes it.
pub(crate) fn picture(frame: &Frame) -> Picture {
    Picture { width: frame.width, height: frame.height, rgb: frame.rgb.to_vec() }
}
