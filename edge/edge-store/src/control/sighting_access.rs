//! Sightings, whether the till's daemon runs or not.

use domain::ids::{ModelVersion, SightingId};
use serde_json::Value;

use super::access::{Access, AccessError};
use super::protocol::Request;
use super::sighting_protocol::{LearntRecord, SightingPageRecord};
use crate::sightings::{Learnt, SightingPage};

/// Vectors of 1,280 numbers make some 10 MB of it.
const A_PAGE: u32 = 1024;

impl Access {
    /// See [`Store::all_sightings`](crate::Store::all_sightings).
    pub fn all_sightings(&mut self, model: &ModelVersion) -> Result<SightingPage, AccessError> {
        let mut found = SightingPage::default();
        let mut from = Some(SightingId(0));
        while let Some(after) = from {
            let page = self.sightings_page(model, after)?;
            from = page.next;
            found.sightings.extend(page.sightings);
            found.unreadable += page.unreadable;
        }
        Ok(found)
    }

    /// See [`Store::learnt`](crate::Store::learnt).
    pub fn learnt(&mut self) -> Result<Learnt, AccessError> {
        match self {
            Self::Daemon(client) => Ok(client.call::<LearntRecord>(&Request::Learnt {})?.into_learnt()),
            Self::Direct(store) => Ok(store.learnt()?),
        }
    }

    /// See [`Store::calibration_json`](crate::Store::calibration_json).
    pub fn calibration_json(&mut self) -> Result<Option<String>, AccessError> {
        match self {
            Self::Daemon(client) => client.call(&Request::Calibration {}),
            Self::Direct(store) => Ok(store.calibration_json()?),
        }
    }

    /// See [`Store::forget_sightings`](crate::Store::forget_sightings).
    pub fn forget_sightings(&mut self) -> Result<u64, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: Value = client.call(&Request::ForgetSightings {})?;
                let forgotten = answer.get("forgotten").and_then(Value::as_u64);
                forgotten.ok_or_else(|| client.nonsense(&"the answer has no number"))
            }
            Self::Direct(store) => Ok(store.forget_sightings()?),
        }
    }

    fn sightings_page(
        &mut self,
        model: &ModelVersion,
        after: SightingId,
    ) -> Result<SightingPage, AccessError> {
        match self {
            Self::Daemon(client) => {
                let request = Request::Sightings { model: model.to_string(), after: after.0, limit: A_PAGE };
                let answer: SightingPageRecord = client.call(&request)?;
                answer.into_page(model).map_err(|problem| client.nonsense(&problem))
            }
            Self::Direct(store) => Ok(store.sightings(model, after, A_PAGE)?),
        }
    }
}
