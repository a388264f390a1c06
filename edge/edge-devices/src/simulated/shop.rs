//! The simulated shop: its catalogue and the pictures of its products.

use std::path::{Path, PathBuf};

use domain::ids::ProductId;
use thiserror::Error;

use super::PictureFolder;

/// The shop's products with their pictures. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shop {
    _products: std::sync::Arc<[ShopProduct]>,
}

/// One product of the simulated shop.
#[derive(Debug)]
pub struct ShopProduct {
    /// Its id in the catalogue.
    pub id: ProductId,
    /// What one weighs, in grams.
    pub weight_g: u32,
    /// How far one may be from that, in grams.
    pub weight_spread_g: u32,
    /// How large it looks from above along its longer side, in millimetres.
    pub size_mm: u32,
}

/// Why the shop cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShopError {
    /// Pictures are missing.
    #[error("failed to read the picture of `{product}` at `{path}`: {reason}\nhint: run `cargo xtask shop`")]
    Picture {
        /// Whose picture.
        product: ProductId,
        /// Where it should be.
        path: PictureFolder,
        /// Why.
        reason: String,
    },
}

impl Shop {
    /// Reads the pictures that `cargo xtask shop` fetched into `folder`.
    pub fn load(folder: &Path) -> Result<Self, ShopError> {
        let _ = folder;
        unimplemented!()
    }

    /// Its products, in order of id.
    pub fn products(&self) -> &[ShopProduct] {
        unimplemented!()
    }

    /// A product by id.
    pub fn product(&self, id: &ProductId) -> Option<&ShopProduct> {
        let _ = id;
        unimplemented!()
    }
}

/// The shop's catalogue in the format of `tillsight catalog import`; its pictures are relative to the picture folder.
pub fn catalogue_json() -> &'static str {
    unimplemented!()
}

/// Where `cargo xtask shop` puts the pictures and the catalogue: below `$TILLSIGHT_CACHE`, else `~/.cache/tillsight`.
pub fn default_folder() -> PathBuf {
    unimplemented!()
}
