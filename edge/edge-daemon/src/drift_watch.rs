//! Whether things are still recognised as promised, looked at now and then and told to whoever asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use domain::sighting::Sighting;
use edge_store::Store;
use serde_json::{Value, json};
use service::health::Part;
use service::tasks::Tasks;
use vision::calibrate::{Calibration, OperatingPoints};
use vision::drift::Drift;

/// How often it is looked: a shop sells some things an hour.
const LOOK_EVERY: Duration = Duration::from_secs(15 * 60);
/// How often the thread looks whether it is to stop.
const WAKE_EVERY: Duration = Duration::from_millis(500);

/// What was found last.
pub type Found = Arc<ArcSwapOption<Drift>>;

/// Starts the thread. It never stops a till from selling, whatever it finds or fails at.
pub fn start(tasks: &Tasks, store: Store, part: Part, found: Found) -> std::io::Result<()> {
    tasks.thread("drift-watch", move |token| {
        part.ok();
        let mut looked: Option<Instant> = None;
        while !token.is_cancelled() {
            std::thread::sleep(WAKE_EVERY);
            if looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
                continue;
            }
            looked = Some(Instant::now());
            match look(&store) {
                Ok(drift) => {
                    drift.iter().for_each(|drift| tell(drift, &part));
                    found.store(drift.map(Arc::new));
                }
                Err(error) => tracing::error!(error = %format!("{error:#}"), "failed to compare what was sold with what was promised"),
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// For `status`: null before anything was looked at.
pub fn status(found: &Found) -> Value {
    let Some(drift) = found.load_full() else { return Value::Null };
    let alarms = drift.alarms();
    let alarms: Vec<String> =
        alarms.into_iter().map(|alarm| format!("{}: {}", alarm.problem, alarm.remedy)).collect();
    json!({
        "sightings": drift.sightings,
        "accepted": drift.accepted,
        "corrected": drift.refuted,
        "likeness": drift.likeness,
        "expected_likeness": drift.expected_likeness,
        "alarms": alarms,
    })
}

/// Compares what was sold since the till learnt last; `None` where it has no thresholds that can be read.
fn look(store: &Store) -> anyhow::Result<Option<Drift>> {
    let Some(newest) = store.catalogue()? else { return Ok(None) };
    let calibration = newest.calibration_json.as_deref().and_then(|json| Calibration::from_json(json).ok());
    let (Some(calibration), Some(model)) = (calibration, &newest.model) else { return Ok(None) };
    let learnt = store.learnt()?;
    let sightings: Vec<Sighting> = store
        .all_sightings(model)?
        .sightings
        .into_iter()
        .filter(|(id, _)| *id > learnt.through)
        .map(|(_, sighting)| sighting)
        .collect();
    Ok(Some(Drift::of(&newest.views, &calibration, &sightings, &OperatingPoints::default())))
}

fn tell(drift: &Drift, part: &Part) {
    match drift.alarms().first() {
        Some(alarm) => part.degraded(format!("{}; {}", alarm.problem, alarm.remedy)),
        None => part.ok(),
    }
    metrics::gauge!("tillsight_accepted_things").set(drift.accepted as f64);
    metrics::gauge!("tillsight_corrected_things").set(drift.refuted as f64);
    metrics::gauge!("tillsight_likeness_ratio").set(f64::from(drift.likeness));
    metrics::gauge!("tillsight_drift_alarms").set(drift.alarms().len() as f64);
    for alarm in drift.alarms() {
        tracing::warn!(
            accepted = drift.accepted,
            corrected = drift.refuted,
            likeness = drift.likeness,
            "{}; {}",
            alarm.problem,
            alarm.remedy
        );
    }
}
