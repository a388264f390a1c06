//! What goes over the socket about views' pictures. Bytes are in hexadecimal, as vectors are.

use domain::ids::Generation;
use serde::{Deserialize, Serialize};

use super::protocol::{hash_from_hex, view_id};
use crate::view_pictures::{FoundPicture, GivenPicture, OriginPage, PictureHash, ViewPicture};
use crate::view_report::{BadView, ViewReport};
use sync_core::chain::{from_hex, to_hex};

/// The most pictures that are asked for at once: with 256 KiB each an answer stays below 64 MiB.
pub(super) const PICTURES_MAX: usize = 64;

/// The picture of a new view.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PictureRecord {
    Jpeg(String),
    Hash(String),
}

/// A picture that was asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FoundRecord {
    Jpeg(String),
    Problem(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OriginPageRecord {
    generation: u64,
    origins: Vec<(String, String)>,
    next: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ViewReportRecord {
    views: u64,
    with_picture: u64,
    pictures: u64,
    picture_bytes: u64,
    bad: u64,
    named: Vec<(String, String, String)>,
}

impl PictureRecord {
    pub(super) fn new(given: &GivenPicture) -> Self {
        match given {
            GivenPicture::New(picture) => Self::Jpeg(to_hex(picture.jpeg())),
            GivenPicture::Kept(hash) => Self::Hash(hash.to_string()),
        }
    }

    pub(super) fn into_given(self) -> Result<GivenPicture, String> {
        Ok(match self {
            Self::Jpeg(hex) => GivenPicture::New(picture_from_hex(&hex)?),
            Self::Hash(hex) => GivenPicture::Kept(PictureHash(hash_from_hex(&hex)?)),
        })
    }
}

impl FoundRecord {
    pub(super) fn new(found: &FoundPicture) -> Self {
        match found {
            Ok(picture) => Self::Jpeg(to_hex(picture.jpeg())),
            Err(problem) => Self::Problem(problem.clone()),
        }
    }

    pub(super) fn into_found(self) -> Result<FoundPicture, String> {
        Ok(match self {
            Self::Jpeg(hex) => Ok(picture_from_hex(&hex)?),
            Self::Problem(problem) => Err(problem),
        })
    }
}

fn picture_from_hex(hex: &str) -> Result<ViewPicture, String> {
    let bytes = from_hex(hex).ok_or_else(|| "a view's picture is not hexadecimal".to_owned())?;
    ViewPicture::new(bytes).map_err(|error| error.to_string())
}

impl OriginPageRecord {
    pub(super) fn new(page: &OriginPage) -> Self {
        Self {
            generation: page.generation.0,
            origins: page.origins.iter().map(|(view, hash)| (view.to_string(), hash.to_string())).collect(),
            next: page.next,
        }
    }

    pub(super) fn into_page(self) -> Result<OriginPage, String> {
        let origin = |(view, hash): &(String, String)| -> Result<_, String> {
            Ok((view_id(view)?, PictureHash(hash_from_hex(hash)?)))
        };
        let origins = self.origins.iter().map(origin).collect::<Result<_, _>>()?;
        Ok(OriginPage { generation: Generation(self.generation), origins, next: self.next })
    }
}

impl ViewReportRecord {
    pub(super) fn new(report: ViewReport) -> Self {
        let ViewReport { views, with_picture, pictures, picture_bytes, bad, named } = report;
        let named = named.into_iter().map(|bad| (bad.view.to_string(), bad.product, bad.problem)).collect();
        Self { views, with_picture, pictures, picture_bytes, bad, named }
    }

    pub(super) fn into_report(self) -> Result<ViewReport, String> {
        let Self { views, with_picture, pictures, picture_bytes, bad, named } = self;
        let read = |(view, product, problem): (String, String, String)| -> Result<_, String> {
            Ok(BadView { view: view_id(&view)?, product, problem })
        };
        let named = named.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(ViewReport { views, with_picture, pictures, picture_bytes, bad, named })
    }
}
