//! The scale thread: readings go to the checkout loop, the newest wins.

use std::collections::BTreeMap;
use std::time::Duration;

use edge_devices::scale::{Scale, ScaleReading};
use service::health::Part;
use service::tasks::{RestartPolicy, Tasks};
use tokio::sync::{mpsc, watch};

use crate::event::Event;
use crate::notices::NoticeCode;

/// After a failed reading.
const RETRY: Duration = Duration::from_millis(500);

/// Starts the thread. A scale that does not answer is asked again until it does.
pub fn start(
    tasks: &Tasks,
    mut scale: Box<dyn Scale>,
    part: Part,
    events: mpsc::Sender<Event>,
) -> std::io::Result<watch::Receiver<Option<ScaleReading>>> {
    let (readings, receiver) = watch::channel(None);
    tasks.thread_restarting("scale", RestartPolicy::default(), move |token| {
        let mut lost = false;
        while !token.is_cancelled() {
            match scale.read() {
                Ok(reading) => {
                    if lost {
                        events.blocking_send(Event::Fault { code: NoticeCode::ScaleLost, fault: None })?;
                    }
                    lost = false;
                    part.ok();
                    readings.send_replace(Some(reading));
                }
                Err(error) => {
                    if !lost {
                        part.down(error.to_string());
                        let parameters = BTreeMap::from([("scale", scale.describe())]);
                        let fault = Some(parameters);
                        events.blocking_send(Event::Fault { code: NoticeCode::ScaleLost, fault })?;
                    }
                    lost = true;
                    std::thread::sleep(RETRY);
                }
            }
        }
        Ok(())
    })?;
    Ok(receiver)
}
