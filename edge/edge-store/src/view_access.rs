//! What the store's handle does with views that are brought in parts, and with their pictures.

use std::collections::BTreeMap;

use domain::embedding::View;
use domain::ids::{ModelVersion, ViewId};

use crate::disk;
use crate::error::StoreError;
use crate::generation;
use crate::store::{Store, wall_now};
use crate::view_pictures::{self, FoundPicture, GivenPicture, OriginPage, PictureHash};
use crate::view_report::{self, ViewReport};

impl Store {
    /// Puts new views into the store before the generation that is to have them, in as many parts as one likes: a later
    /// [`publish_views`](Store::publish_views) names them in `brought`. No generation has them until then. The same views
    /// again are no error; what is not published within a day is forgotten.
    pub fn bring_views(
        &self,
        model: &ModelVersion,
        views: Vec<View>,
        pictures: BTreeMap<ViewId, GivenPicture>,
    ) -> Result<(), StoreError> {
        self.check_room_for(&pictures)?;
        let model = model.clone();
        self.write(move |writer| {
            generation::bring_views(&mut writer.connection, &model, &views, &pictures, wall_now())
        })
    }

    /// Up to `limit` views of the newest generation that have a picture, from where another page ended (0 for the first).
    /// `None` before the first catalogue.
    pub fn view_origins(&self, from: i64, limit: u32) -> Result<Option<OriginPage>, StoreError> {
        self.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            let generation = generation::newest_number(&snapshot)?;
            if generation.0 == 0 {
                return Ok(None);
            }
            let page = view_pictures::origins(&snapshot, generation, from, limit)?;
            let full = page.len() as u64 >= u64::from(limit);
            let next = page.last().map(|(row, ..)| *row).filter(|_| full);
            let origins = page.into_iter().map(|(_, view, hash)| (view, hash)).collect();
            Ok(Some(OriginPage { generation, origins, next }))
        })
    }

    /// The pictures with these names, in order, each checked against its name.
    pub fn view_pictures(&self, hashes: &[PictureHash]) -> Result<Vec<FoundPicture>, StoreError> {
        self.read(|connection| view_pictures::load(connection, hashes))
    }

    /// Reads every view and every picture, and checks them against their digests.
    pub fn verify_views(&self) -> Result<ViewReport, StoreError> {
        self.read(|connection| view_report::whole(&*connection.unchecked_transaction()?))
    }

    /// Pictures are the first to do without when the disk fills up; sales are the last.
    pub(crate) fn check_room_for(&self, pictures: &BTreeMap<ViewId, GivenPicture>) -> Result<(), StoreError> {
        if !view_pictures::any_new(pictures) {
            return Ok(());
        }
        let (dir, reserve_bytes) = (self.dir(), self.picture_reserve_bytes());
        match disk::free_bytes(dir) {
            Ok(free_bytes) if free_bytes < reserve_bytes => {
                Err(StoreError::NoRoomForPictures { dir: dir.to_owned(), free_bytes, reserve_bytes })
            }
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::Refused(format!(
                "failed to ask for the room under `{}`: {error}",
                dir.display()
            ))),
        }
    }
}
