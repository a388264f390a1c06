//! The simulated shop: its catalogue and the pictures of its products.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ids::ProductId;
use serde::Deserialize;
use thiserror::Error;

use super::cutout::{self, CutoutError};
use super::sprite::Sprite;
use crate::picture;

const CATALOGUE: &str = include_str!("../../shop/catalogue.json");
const SHOP: &str = include_str!("../../shop/shop.json");

/// The shop's products with their pictures. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shop {
    products: Arc<[ShopProduct]>,
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
    pub(super) sprite: Sprite,
}

/// Why the shop cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShopError {
    /// A picture is missing or damaged.
    #[error(
        "failed to read the picture of `{product}` at `{path}`: {reason}\nhint: run `cargo xtask shop` to fetch the pictures of the simulated shop"
    )]
    Picture {
        /// Whose picture.
        product: ProductId,
        /// Where it should be.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

#[derive(Deserialize)]
struct ShopFile {
    version: String,
    products: BTreeMap<String, ProductFile>,
}

#[derive(Deserialize)]
struct ProductFile {
    weight_g: u32,
    weight_spread_g: u32,
    size_mm: u32,
}

impl Shop {
    /// Reads the pictures that `cargo xtask shop` fetched into `folder`.
    pub fn load(folder: &Path) -> Result<Self, ShopError> {
        let products = shop_file().products.into_iter().map(|(id, file)| {
            let id = ProductId::new(&id).expect("the committed shop file holds valid ids");
            let path = folder.join(format!("{id}.webp"));
            match read_sprite(&path) {
                Ok(sprite) => Ok(ShopProduct {
                    id,
                    weight_g: file.weight_g,
                    weight_spread_g: file.weight_spread_g,
                    size_mm: file.size_mm,
                    sprite,
                }),
                Err(reason) => Err(ShopError::Picture { product: id, path, reason }),
            }
        });
        Ok(Self { products: products.collect::<Result<_, _>>()? })
    }

    /// A shop of products photographed on white, each `size_mm` along its longer side: for trays of real products.
    pub fn of_white_backed(
        pictures: impl IntoIterator<Item = (ProductId, PathBuf)>,
        size_mm: u32,
    ) -> Result<Self, CutoutError> {
        let products = pictures.into_iter().map(|(id, path)| {
            let sprite = cutout::read_white_backed(&path)?;
            Ok(ShopProduct { id, weight_g: 0, weight_spread_g: 0, size_mm, sprite })
        });
        let mut products: Vec<ShopProduct> = products.collect::<Result<_, CutoutError>>()?;
        products.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self { products: products.into() })
    }

    /// Its products, in order of id.
    pub fn products(&self) -> &[ShopProduct] {
        &self.products
    }

    /// A product by id.
    pub fn product(&self, id: &ProductId) -> Option<&ShopProduct> {
        self.position(id).map(|position| &self.products[position])
    }

    pub(super) fn position(&self, id: &ProductId) -> Option<usize> {
        self.products.binary_search_by(|product| product.id.cmp(id)).ok()
    }
}

/// The shop's catalogue in the format of `tillsight catalog import`. Its pictures are relative to [`default_folder`], where
/// `cargo xtask shop` puts a copy of it.
pub fn catalogue_json() -> &'static str {
    CATALOGUE
}

/// Where `cargo xtask shop` puts the pictures and the catalogue: below `$TILLSIGHT_CACHE`, else `~/.cache/tillsight`.
pub fn default_folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("TILLSIGHT_CACHE").or_else(|| set("HOME").map(|home| home.join(".cache/tillsight")));
    cache.unwrap_or_else(|| PathBuf::from("tillsight-cache")).join("shop").join(shop_file().version)
}

fn shop_file() -> ShopFile {
    serde_json::from_str(SHOP).expect("the committed shop file is valid")
}

fn read_sprite(path: &Path) -> Result<Sprite, String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let image = picture::decode(&bytes, picture::FILE_LIMITS)?.into_rgba8();
    let (width, height) = image.dimensions();
    Sprite::new(width, height, image.as_raw()).ok_or_else(|| "it is transparent all over".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::gtin::{Gtin, Plu};
    use domain::money::{Currency, Money};

    #[test]
    fn the_catalogue_is_one_a_till_would_accept() {
        let catalogue: serde_json::Value = serde_json::from_str(catalogue_json()).unwrap();
        let eur = Currency::new(catalogue["currency"].as_str().unwrap()).unwrap();
        let products = catalogue["products"].as_array().unwrap();
        let shop = shop_file().products;
        assert_eq!(products.len(), shop.len());
        for product in products {
            let text = |key: &str| product[key].as_str().map(str::to_owned);
            let id = text("id").unwrap();
            assert!(ProductId::new(&id).is_ok() && shop.contains_key(&id), "{id}");
            assert!(Money::parse(&text("price").unwrap(), eur).unwrap().minor > 0, "{id}");
            assert!(text("gtin").is_none_or(|gtin| Gtin::parse(&gtin).is_ok()), "{id}");
            assert!(text("plu").is_none_or(|plu| Plu::parse(&plu).is_ok()), "{id}");
            let code = text("tax_code").unwrap();
            assert!(catalogue["tax"]["rates"][&code].is_u64(), "{id}");
            assert!(["en", "ru"].iter().all(|language| product["name"][language].is_string()), "{id}");
        }
    }

    #[test]
    fn says_which_picture_is_missing_and_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = Shop::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("`apple-green`") && error.contains("cargo xtask shop"), "{error}");
    }
}
