//! `enroll`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::ChangeArgs;

pub(crate) const EXAMPLES: &str = "\
One to twenty photos a product, each from another side, teach the till most. Views and calibration become one new
generation: the till recognises by all of them or by none. Photos that look more like another product are named first.
The part of each photo that shows the product is kept on the till (about 35 kB each), so that a new model can look at it
again: see `tillsight views re-embed`.

Examples:
  tillsight enroll --product apple-red apple1.jpg apple2.jpg apple3.jpg
  tillsight enroll --folder photos/ --yes
  tillsight enroll --product apple-red --camera --count 5
  tillsight enroll --product apple-red --crop tray --empty-tray empty.jpg on-the-tray.jpg
  tillsight enroll --folder photos/ --replace --dry-run";

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whose").required(true).args(["product", "folder"])))]
pub(crate) struct EnrollArgs {
    /// The photos, or folders of them (JPEG, PNG, WebP)
    #[arg(value_name = "PHOTOS", conflicts_with_all = ["folder", "camera"])]
    pub(crate) photos: Vec<PathBuf>,

    /// The id of the product that the photos show
    #[arg(long, value_name = "ID")]
    pub(crate) product: Option<String>,

    /// A folder with a folder of photos per product, named by its id
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// Let the till's own camera take the photos; the till must be running and the product lie alone on the tray
    #[arg(long, requires = "product", conflicts_with_all = ["folder", "crop", "empty_tray", "strict"])]
    pub(crate) camera: bool,

    /// How many views the camera takes
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50), requires = "camera")]
    pub(crate) count: u32,

    /// Which part of a photo shows the product
    #[arg(long, value_enum, default_value = "whole")]
    pub(crate) crop: CropMode,

    /// A photo of the same tray without the product, for `--crop tray`
    #[arg(long, value_name = "FILE", required_if_eq("crop", "tray"))]
    pub(crate) empty_tray: Option<PathBuf>,

    /// Put the new views in place of the product's present ones, instead of adding them
    #[arg(long)]
    pub(crate) replace: bool,

    /// Stop at the first photo that cannot be used, instead of leaving it out
    #[arg(long)]
    pub(crate) strict: bool,

    /// Keep no pictures: a later model cannot look at them again, and these products must be enrolled anew for it
    #[arg(long)]
    pub(crate) no_pictures: bool,

    /// The model to embed with [default: the one of the enrolled views, else the manifest's default]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CropMode {
    /// The middle of the photo: the product fills it
    Whole,
    /// What differs from the photo of the empty tray, cut out as the live tray is
    Tray,
}
