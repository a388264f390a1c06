//! Small pictures of photos, as addresses that hold the picture itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use data_encoding::BASE64;
use jpeg_encoder::{ColorType, Encoder};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use vision::preprocess::{centre_crop, to_input};

use crate::eval::cached::read_picture;
use crate::failure::Failure;

/// Side in pixels: what can be told apart on a phone and is some 5 kB.
pub(super) const SIDE: u16 = 144;
const QUALITY: u8 = 72;

/// Pictures by the photo they are of.
pub(super) type Pictures<'a> = BTreeMap<&'a Path, String>;

/// Cuts photos as the model sees them and makes them small.
pub(super) fn pictures<'a>(photos: BTreeSet<&'a Path>) -> Result<Pictures<'a>, Failure> {
    photos.into_par_iter().map(|photo| Ok((photo, picture(photo)?))).collect()
}

fn picture(photo: &Path) -> Result<String, Failure> {
    let picture = read_picture(photo)?;
    let region = centre_crop(picture.width, picture.height);
    let rgb = to_input(&picture.rgb, (picture.width, picture.height), region, u32::from(SIDE));
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY)
        .encode(&rgb, SIDE, SIDE, ColorType::Rgb)
        .with_context(|| format!("failed to make a small picture of `{}`", photo.display()))?;
    Ok(format!("data:image/jpeg;base64,{}", BASE64.encode(&jpeg)))
}
