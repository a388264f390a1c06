//! Whether what was sold lately is recognised as promised.

use domain::ids::ModelVersion;
use domain::sighting::Sighting;
use vision::calibrate::{Calibration, OperatingPoints};
use vision::drift::Drift;

use super::Check;
use crate::commands::render::count;
use crate::failure::Failure;
use crate::till::{Newest, Till};

pub(super) const NAME: &str = "recognition";

/// Compares what was sold since the till learnt last with its thresholds.
pub(super) fn check(till: &mut Till, newest: &Result<Option<Newest>, Failure>) -> Check {
    let Ok(Some(newest)) = newest else { return Check::skipped(NAME, "there is no catalogue") };
    let Some(model) = newest.model.as_ref().filter(|_| !newest.views.is_empty()) else {
        return Check::skipped(NAME, "nothing is enrolled");
    };
    let drift = match drift(till, newest, model) {
        Ok(Some(drift)) => drift,
        Ok(None) => return Check::skipped(NAME, "nothing was fitted that could be kept"),
        Err(failure) => return Check::from_failure(NAME, &failure, "restart `tillsightd`"),
    };
    match drift.alarms().into_iter().next() {
        Some(alarm) => Check::warning(NAME, alarm.problem, alarm.remedy),
        None => Check::ok(
            NAME,
            format!(
                "{} since the till learnt last, {} accepted, {} of those corrected",
                count(drift.sightings, "sighting"),
                drift.accepted,
                drift.refuted
            ),
        ),
    }
}

/// `None` where the till has no thresholds that can be read.
fn drift(till: &mut Till, newest: &Newest, model: &ModelVersion) -> Result<Option<Drift>, Failure> {
    let calibration = till.calibration_json()?.and_then(|json| Calibration::from_json(&json).ok());
    let Some(calibration) = calibration else { return Ok(None) };
    let learnt = till.learnt()?;
    let found = till.sightings(model)?.sightings;
    let lately: Vec<Sighting> =
        found.into_iter().filter(|(id, _)| *id > learnt.through).map(|(_, sighting)| sighting).collect();
    Ok(Some(Drift::of(&newest.sold_views(), &calibration, &lately, &OperatingPoints::default())))
}
