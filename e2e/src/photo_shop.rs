//! A till of real photographs: products enrolled from a data set's training photos, shown its held-back ones.
//!
//! The data set has the layout of GroceryStoreDataset: `classes.csv`, `train.txt`, `val.txt` with path, fine id, coarse id.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use edge_store::Store;
use edge_store::import::{install_pictures, read_catalogue};
use serde_json::json;
use vision::models::ModelFiles;

use crate::process::{sibling, toml_text};
use crate::simulated_shop::identity;
use crate::template;

/// A data set of labelled photos.
#[derive(Debug)]
pub struct PhotoShop {
    /// Its folder, absolute.
    pub root: PathBuf,
    /// Product id by class id.
    products: BTreeMap<u32, String>,
    train: Vec<(String, u32)>,
    /// Held-back photos: path relative to the root, and product.
    pub held_back: Vec<(String, String)>,
}

impl PhotoShop {
    /// Reads the lists of a data set.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let root =
            root.canonicalize().with_context(|| format!("there is no data set at `{}`", root.display()))?;
        let products = read_classes(&root.join("classes.csv"))?;
        let train = read_list(&root.join("train.txt"))?;
        let held_back = read_list(&root.join("val.txt"))?.into_iter().map(|(path, class)| {
            let product =
                products.get(&class).with_context(|| format!("class {class} is not in classes.csv"))?;
            Ok((path, product.clone()))
        });
        let held_back = held_back.collect::<anyhow::Result<_>>()?;
        Ok(Self { root, products, train, held_back })
    }

    /// Makes `data` the data folder of a till that sells the data set's classes.
    pub fn prepare(&self, data: &Path, models: &Path, model: Option<&str>) -> anyhow::Result<()> {
        let files = ModelFiles::find(models, model)?;
        let list = fs::read(self.root.join("train.txt"))?;
        let cli = fs::read(sibling("tillsight")?)?;
        let ingredients = [list.as_slice(), files.version.as_str().as_bytes(), cli.as_slice()];
        template::instantiate("photos", &ingredients, data, |fresh| self.make(fresh, models))
    }

    /// The configuration of its devices.
    pub fn config(&self) -> String {
        format!(
            "[till]\norg = \"demo\"\nstore = \"corner-shop\"\ntill = \"till-1\"\n\
             [camera]\nkind = \"photos\"\nfolder = {}\n[terminal]\nlatency_ms = 50\nanswer_ms = 1500\n",
            toml_text(&self.root)
        )
    }

    /// As a technician would: import the catalogue, then `tillsight enroll --folder`.
    fn make(&self, data: &Path, models: &Path) -> anyhow::Result<()> {
        let scratch = tempfile::tempdir()?;
        let file = scratch.path().join("catalogue.json");
        fs::write(&file, self.catalogue()?)?;
        let imported = read_catalogue(&file, edge_store::import::ReadOptions::default())?;
        let (store, _) = Store::open(data, &identity())?;
        install_pictures(&imported.pictures, data)?;
        store.publish_catalogue(&imported.catalogue)?;
        drop(store);
        let photos = scratch.path().join("photos");
        for (number, (path, class)) in self.train.iter().enumerate() {
            let folder = photos.join(&self.products[class]);
            fs::create_dir_all(&folder)?;
            symlink(self.root.join(path), folder.join(format!("{number}.jpg")))?;
        }
        let mut enrol = Command::new(sibling("tillsight")?);
        enrol.args(["enroll", "--yes", "--crop", "whole", "--folder"]).arg(&photos);
        enrol.arg("--data").arg(data).arg("--models").arg(models);
        let status = enrol.status().context("failed to start `tillsight enroll`")?;
        if !status.success() {
            bail!("`tillsight enroll` ended with {status}");
        }
        Ok(())
    }

    /// Every class as a product sold by the piece; the price says nothing but differs from class to class.
    fn catalogue(&self) -> anyhow::Result<String> {
        let products: Vec<_> = self
            .products
            .iter()
            .map(|(class, id)| {
                json!({
                    "id": id,
                    "sku": format!("C{class:03}"),
                    "name": {"en": id.replace('-', " ")},
                    "price": format!("{}.{:02}", 1 + class % 7, class),
                    "per": "piece",
                    "tax_code": "vat7",
                })
            })
            .collect();
        let catalogue = json!({
            "currency": "EUR",
            "tax": {"inclusive": true, "rates": {"vat7": 700}},
            "products": products,
        });
        Ok(serde_json::to_string_pretty(&catalogue)?)
    }
}

fn read_classes(path: &Path) -> anyhow::Result<BTreeMap<u32, String>> {
    let text = fs::read_to_string(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    let rows = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(|line| {
        let mut fields = line.split(',');
        let (name, id) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let id = id.trim().parse().with_context(|| format!("`{line}` in classes.csv has no class id"))?;
        Ok((id, name.trim().to_lowercase()))
    });
    rows.collect()
}

fn read_list(path: &Path) -> anyhow::Result<Vec<(String, u32)>> {
    let text = fs::read_to_string(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    let rows = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let mut fields = line.split(',').map(str::trim);
        let (photo, class) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let class =
            class.parse().with_context(|| format!("`{line}` in `{}` has no class id", path.display()))?;
        Ok((photo.to_owned(), class))
    });
    rows.collect()
}
