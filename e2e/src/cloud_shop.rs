//! The simulated shop as a cloud knows it: its products registered over REST with photographs, as a manager would.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use domain::ids::ProductId;
use domain::product::Product;
use domain::quantity::Measure;
use edge_devices::simulated::{Shop, render_single};
use edge_store::import::read_catalogue;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use rayon::prelude::*;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use vision::preprocess::{Region, item_crop};
use vision::tray::find_single_item;

use crate::cloud::CloudClient;
use crate::simulated_shop::picture;
use crate::template;

/// Photographs per product.
const PHOTOS: u64 = 8;
/// How good their JPEGs are.
const QUALITY: u8 = 92;
/// How long the cloud may take to make vectors of all of them.
const EMBEDDED_MAX: Duration = Duration::from_secs(300);

/// Registers every product of the shop whose pictures lie in `pictures`; photographs are rendered once and kept.
pub async fn register(client: &CloudClient, pictures: &Path, scratch: &Path) -> anyhow::Result<Vec<Product>> {
    let products = catalogue(pictures)?;
    let photos = scratch.join("photos");
    let ingredients = [edge_devices::simulated::catalogue_json().as_bytes()];
    template::instantiate("photographs", &ingredients, &photos, |fresh| photograph_all(pictures, fresh))?;
    for product in &products {
        register_one(client, product, Some(&photos))
            .await
            .with_context(|| format!("registering {}", product.id))?;
    }
    wait_until_embedded(client, &products).await?;
    Ok(products)
}

/// Registers every product of the shop without photographs, which takes seconds; no till will know them by sight. The catalogue is
/// written down in `scratch`.
pub async fn register_unseen(client: &CloudClient, scratch: &Path) -> anyhow::Result<Vec<Product>> {
    let products = catalogue(scratch)?;
    for product in &products {
        register_one(client, product, None).await.with_context(|| format!("registering {}", product.id))?;
    }
    Ok(products)
}

/// The shop's products; its catalogue is written into `folder`.
fn catalogue(folder: &Path) -> anyhow::Result<Vec<Product>> {
    let file = folder.join("catalogue.json");
    std::fs::write(&file, edge_devices::simulated::catalogue_json())?;
    let imported = read_catalogue(&file, edge_store::import::ReadOptions::default())?;
    Ok(imported.catalogue.products().cloned().collect())
}

async fn register_one(client: &CloudClient, product: &Product, photos: Option<&Path>) -> anyhow::Result<()> {
    let price = product.price.amount.to_string();
    let (unit, category) = match product.price.per {
        Measure::Piece => ("piece", "Packed goods"),
        Measure::Kilogram => ("kg", "Fruit and vegetables"),
    };
    let mut form = Form::new()
        .text("id", product.id.to_string())
        .text("sku", product.sku.clone())
        .text("name", product.name.get("en").to_owned())
        .text("category_name", category)
        .text("price", price.split(' ').next().unwrap_or_default().to_owned())
        .text("unit", unit)
        .text("tax_code", product.tax_code.to_string());
    if let Some(gtin) = product.gtin {
        form = form.text("gtin", gtin.to_string());
    }
    if let Some(plu) = product.plu {
        form = form.text("plu", plu.to_string());
    }
    if let Some(years) = product.age_limit {
        form = form.text("age_limit", years.to_string());
    }
    for (photos, number) in photos.iter().flat_map(|photos| (0..PHOTOS).map(move |number| (photos, number))) {
        let bytes = std::fs::read(photo_file(photos, &product.id, number))?;
        form = form
            .part("images", Part::bytes(bytes).file_name(format!("{number}.jpg")).mime_str("image/jpeg")?);
    }
    client.upload("/api/v1/products", form).await?;
    let russian = product.name.get("ru").to_owned();
    let change = json!({ "name": russian, "language": "ru" });
    client.ask(Method::PATCH, &format!("/api/v1/products/{}", product.id), Some(&change)).await?;
    Ok(())
}

/// Waits until every photo has its vector.
async fn wait_until_embedded(client: &CloudClient, products: &[Product]) -> anyhow::Result<()> {
    let until = Instant::now() + EMBEDDED_MAX;
    for product in products {
        loop {
            let path = format!("/api/v1/products/{}/photos", product.id);
            let photos = client.ask(Method::GET, &path, None).await?;
            let waiting = |photo: &Value| photo["state"] == "waiting";
            if !photos["items"].as_array().context("photos are a list")?.iter().any(waiting) {
                break;
            }
            ensure!(Instant::now() < until, "the photos of {} still have no vectors", product.id);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(())
}

fn photo_file(folder: &Path, product: &ProductId, number: u64) -> PathBuf {
    folder.join(format!("{product}-{number}.jpg"))
}

fn photograph_all(pictures: &Path, folder: &Path) -> anyhow::Result<()> {
    let shop = Shop::load(pictures)?;
    let wanted: Vec<(&ProductId, u64)> = shop
        .products()
        .iter()
        .flat_map(|product| (0..PHOTOS).map(move |number| (&product.id, number)))
        .collect();
    wanted.par_iter().try_for_each(|(product, number)| {
        let jpeg = photograph(&shop, product, *number)?;
        Ok(std::fs::write(photo_file(folder, product, *number), jpeg)?)
    })
}

/// One photo of the product, as close as a person would take it: the cloud looks at the middle seven eighths.
fn photograph(shop: &Shop, product: &ProductId, seed: u64) -> anyhow::Result<Vec<u8>> {
    let photo =
        render_single(shop, product, seed).with_context(|| format!("failed to photograph {product}"))?;
    let size = (photo.with_item.width, photo.with_item.height);
    let bounds = find_single_item(&picture(&photo.with_item), &picture(&photo.empty))
        .with_context(|| format!("{product} is not seen on its own tray"))?;
    let frame = enlarged(item_crop(bounds, size), size);
    let pixels = cut(&photo.with_item.rgb, size.0, frame);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).write_image(
        &pixels,
        frame.width,
        frame.height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(jpeg)
}

fn enlarged(region: Region, size: (u32, u32)) -> Region {
    let side = (region.width * 8 / 7).min(size.0).min(size.1);
    let place = |start: u32, length: u32, end: u32| {
        (start + length / 2).saturating_sub(side / 2).min(end.saturating_sub(side))
    };
    Region {
        x: place(region.x, region.width, size.0),
        y: place(region.y, region.height, size.1),
        width: side,
        height: side,
    }
}

fn cut(rgb: &[u8], width: u32, region: Region) -> Vec<u8> {
    let row = |y: u32| {
        let start = ((y * width + region.x) * 3) as usize;
        &rgb[start..start + (region.width * 3) as usize]
    };
    (region.y..region.y + region.height).flat_map(row).copied().collect()
}
