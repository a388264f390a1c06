//! `cargo xtask shop`: fetches the pictures of the simulated shop.
//!
//! The pictures come from one npm package, pinned by version and hash in `edge/edge-devices/shop/shop.json`. Only the
//! pictures named there are unpacked, each under its product's id, beside a copy of the catalogue, so that the folder can
//! be imported as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use serde::Deserialize;
use sha2::{Digest, Sha512};

use crate::places;

/// The committed description of the shop.
fn shop_folder() -> PathBuf {
    places::repository().join("edge/edge-devices/shop")
}

/// The file that says which description a folder of pictures was made from.
const STAMP: &str = "made-from.json";

/// Fetch the pictures of the simulated shop (once; quick when they are there).
#[derive(Debug, Args)]
pub struct ShopArgs {
    /// Fetch them again even when they are there.
    #[arg(long)]
    pub force: bool,
}

/// Fetches what is missing; says on stderr where it is.
pub fn run(args: &ShopArgs) -> Result<()> {
    let ShopArgs { force } = *args;
    let source = Source::read(&shop_folder())?;
    let target = source.folder()?;
    if !force && source.is_complete(&target) {
        eprintln!("shop: {} pictures are in {}", source.shop.products.len(), target.display());
        return Ok(());
    }
    // Made aside and moved into place, so that an interrupted fetch leaves nothing half done under the final name.
    let aside = target.with_extension(format!("{}.tmp", std::process::id()));
    fs::create_dir_all(&aside).with_context(|| format!("failed to make the folder `{}`", aside.display()))?;
    let made = source.fetch_into(&aside).and_then(|()| put_in_place(&aside, &target));
    if made.is_err() {
        // The error at hand says more than one about cleaning up would.
        let _ = fs::remove_dir_all(&aside);
    }
    made?;
    eprintln!("shop: fetched {} pictures into {}", source.shop.products.len(), target.display());
    Ok(())
}

/// Where the pictures and the catalogue are once they are fetched.
pub fn folder() -> Result<PathBuf> {
    Source::read(&shop_folder())?.folder()
}

/// What is committed: which pictures of which package, and the catalogue.
struct Source {
    shop: ShopFile,
    shop_text: String,
    catalogue_text: String,
}

#[derive(Deserialize)]
struct ShopFile {
    package: String,
    version: String,
    sha512: String,
    products: BTreeMap<String, ShopProduct>,
}

#[derive(Deserialize)]
struct ShopProduct {
    emoji: String,
}

impl Source {
    fn folder(&self) -> Result<PathBuf> {
        Ok(places::cache()?.join("shop").join(&self.shop.version))
    }

    fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).with_context(|| format!("failed to read `{}`", path.display()))
        };
        let shop_text = read("shop.json")?;
        let shop = serde_json::from_str(&shop_text)
            .with_context(|| format!("failed to understand `{}`", folder.join("shop.json").display()))?;
        Ok(Self { shop, shop_text, catalogue_text: read("catalogue.json")? })
    }

    fn is_complete(&self, target: &Path) -> bool {
        let same =
            |name: &str, text: &str| fs::read_to_string(target.join(name)).is_ok_and(|found| found == text);
        let has_picture = |id: &String| fs::metadata(picture(target, id)).is_ok_and(|file| file.len() > 0);
        same(STAMP, &self.shop_text)
            && same("catalogue.json", &self.catalogue_text)
            && self.shop.products.keys().all(has_picture)
    }

    fn fetch_into(&self, folder: &Path) -> Result<()> {
        let archive = self.download(folder)?;
        self.check_hash(&archive)?;
        self.unpack(&archive, folder)?;
        for (id, product) in &self.shop.products {
            let unpacked = folder.join("package").join(asset(product));
            let wanted = picture(folder, id);
            fs::rename(&unpacked, &wanted).with_context(|| {
                format!("failed to move `{}` to `{}`", unpacked.display(), wanted.display())
            })?;
        }
        fs::remove_dir_all(folder.join("package"))
            .context("failed to remove what was unpacked and not used")?;
        fs::remove_file(&archive).with_context(|| format!("failed to remove `{}`", archive.display()))?;
        write(&folder.join("catalogue.json"), &self.catalogue_text)?;
        write(&folder.join(STAMP), &self.shop_text)
    }

    /// Has npm fetch the package's archive into `folder`.
    fn download(&self, folder: &Path) -> Result<PathBuf> {
        let wanted = format!("{}@{}", self.shop.package, self.shop.version);
        eprintln!("shop: fetching {wanted} (16 MB) with npm");
        let output = Command::new("npm")
            .args(["pack", &wanted, "--loglevel=error", "--fetch-retries=1"])
            .current_dir(folder)
            .output()
            .map_err(|e| match e.kind() {
                ErrorKind::NotFound => anyhow!(
                    "failed to fetch `{wanted}`: npm is not installed\nhint: install Node.js 20 or newer with npm (Debian: `apt-get install npm`), then run `cargo xtask shop` again"
                ),
                _ => anyhow!(e).context("failed to run npm"),
            })?;
        if !output.status.success() {
            bail!(
                "failed to fetch `{wanted}` with npm: {}\nhint: the pictures of the simulated shop are fetched once and need the npm registry: check the network and npm's own settings, then run `cargo xtask shop` again",
                first_lines(&output.stderr)
            );
        }
        let name = String::from_utf8_lossy(&output.stdout);
        let name = name.lines().last().unwrap_or_default().trim();
        let archive = folder.join(name);
        ensure!(!name.is_empty() && archive.is_file(), "npm said it fetched `{wanted}` but left no file");
        Ok(archive)
    }

    fn check_hash(&self, archive: &Path) -> Result<()> {
        let bytes = fs::read(archive).with_context(|| format!("failed to read `{}`", archive.display()))?;
        let found = hex(&Sha512::digest(&bytes));
        ensure!(
            found == self.shop.sha512,
            "`{}@{}` is not the package that was pinned: its sha512 is {found}, not {}\nhint: do not use it; look at what changed, then correct edge/edge-devices/shop/shop.json",
            self.shop.package,
            self.shop.version,
            self.shop.sha512
        );
        Ok(())
    }

    /// Unpacks the named pictures only: the archive holds thousands.
    fn unpack(&self, archive: &Path, folder: &Path) -> Result<()> {
        let members = self.shop.products.values().map(|product| format!("package/{}", asset(product)));
        let output = Command::new("tar")
            .arg("-xzf")
            .arg(archive)
            .arg("-C")
            .arg(folder)
            .args(members)
            .output()
            .context("failed to run tar")?;
        ensure!(
            output.status.success(),
            "failed to unpack `{}`: {}",
            archive.display(),
            first_lines(&output.stderr)
        );
        Ok(())
    }
}

fn put_in_place(aside: &Path, target: &Path) -> Result<()> {
    match fs::remove_dir_all(target) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            return Err(e).with_context(|| format!("failed to remove the old `{}`", target.display()));
        }
        _ => {}
    }
    fs::rename(aside, target)
        .with_context(|| format!("failed to move `{}` to `{}`", aside.display(), target.display()))
}

fn picture(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.webp"))
}

fn asset(product: &ShopProduct) -> String {
    format!("assets/{}.webp", product.emoji)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

/// The beginning of what a program complained about, where npm and tar name the cause.
fn first_lines(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let said = text.lines().map(|line| line.trim().trim_start_matches("npm error").trim());
    match said.filter(|line| !line.is_empty()).take(4).collect::<Vec<_>>().as_slice() {
        [] => "it gave no reason".to_owned(),
        lines => lines.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_shop_and_catalogue_name_the_same_products() {
        let source = Source::read(&shop_folder()).unwrap();
        let catalogue: serde_json::Value = serde_json::from_str(&source.catalogue_text).unwrap();
        let products = catalogue["products"].as_array().unwrap();
        let ids: Vec<&str> = products.iter().map(|p| p["id"].as_str().unwrap()).collect();
        assert_eq!(ids, source.shop.products.keys().map(String::as_str).collect::<Vec<_>>());
        for product in products {
            let id = product["id"].as_str().unwrap();
            assert_eq!(product["picture"].as_str().unwrap(), format!("{id}.webp"));
        }
    }

    #[test]
    fn says_why_npm_failed() {
        assert_eq!(first_lines(b""), "it gave no reason");
        assert_eq!(
            first_lines(b"npm error code E404\nnpm error\nnpm error 404 Not Found\n"),
            "code E404; 404 Not Found"
        );
    }
}
