//! Sightings and what is learnt from them, by the handle that the rest of the program holds.

use domain::ids::{ModelVersion, SightingId};
use domain::sighting::Sighting;

use crate::error::StoreError;
use crate::sightings::{self, Learnt, SightingPage};
use crate::store::Store;

impl Store {
    /// Remembers what the things of a sale looked like, after it was committed: a sale waits for nothing here, and what is
    /// lost costs nobody anything. Refuses with [`StoreError::Full`] while there is little room, which is for sales.
    pub fn remember(&self, sightings: Vec<Sighting>) -> Result<(), StoreError> {
        let disk = self.disk_state()?;
        if disk.low {
            return Err(StoreError::Full { dir: self.dir().to_owned(), free_bytes: disk.free_bytes });
        }
        self.write(move |writer| sightings::remember(&mut writer.connection, &sightings))
    }

    /// Up to `limit` sightings of one model after a place (0 for the first), oldest first.
    pub fn sightings(
        &self,
        model: &ModelVersion,
        after: SightingId,
        limit: u32,
    ) -> Result<SightingPage, StoreError> {
        self.read(|connection| sightings::page(connection, model, after, limit))
    }

    /// All sightings of one model, oldest first.
    pub fn all_sightings(&self, model: &ModelVersion) -> Result<SightingPage, StoreError> {
        self.sightings(model, SightingId(0), u32::MAX)
    }

    /// How many sightings are kept, whatever model saw them.
    pub fn sightings_len(&self) -> Result<u64, StoreError> {
        self.read(|connection| Ok(sightings::count(connection)?))
    }

    /// Forgets all sightings; gives their number. What was learnt from them stays until the generation is gone back from.
    pub fn forget_sightings(&self) -> Result<u64, StoreError> {
        self.write(|writer| Ok(sightings::forget(&writer.connection)?))
    }

    /// What `vision::calibrate` fitted for the newest generation; `None` where nothing was.
    pub fn calibration_json(&self) -> Result<Option<String>, StoreError> {
        self.read(|connection| Ok(sightings::calibration(connection)?))
    }

    /// What was learnt from sales so far.
    pub fn learnt(&self) -> Result<Learnt, StoreError> {
        self.read(|connection| Ok(sightings::learnt(connection)?))
    }
}
