//! The control socket: how the field technician's tool reaches a till that is running.

use std::io::ErrorKind;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use domain::observation::Observation;
use edge_devices::camera::LatestFrame;
use edge_store::control::{Host, listen, serve_connection};
use edge_store::{Change, Store};
use serde_json::{Value, json};
use service::health::Health;
use service::tasks::Tasks;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vision::light::Card;

use crate::board::Board;
use crate::catalogue::CatalogueLoader;
use crate::cloud::CloudStatus;
use crate::drift_watch;
use crate::enrol::enroll_camera;
use crate::sight::{Models, Sight};
use crate::staff_pin::{self, StaffPin};

/// Technicians that work on one till at once.
const CONNECTIONS_MAX: usize = 4;

/// What the daemon adds to the store's own operations.
#[derive(Clone)]
pub struct ControlParts {
    /// What the operations work on.
    pub store: Store,
    /// Told of new generations.
    pub catalogue: CatalogueLoader,
    /// Told of a new PIN.
    pub staff_pin: Arc<StaffPin>,
    /// For `status`.
    pub health: Health,
    /// For `status`.
    pub board: Arc<Board>,
    /// For capturing a view.
    pub frames: Arc<LatestFrame>,
    /// For capturing a view.
    pub observations: watch::Receiver<Option<Observation>>,
    /// For capturing a view, and for `status`.
    pub models: Models,
    /// For `status`.
    pub sight: Arc<ArcSwapOption<Sight>>,
    /// For `status`.
    pub drift: drift_watch::Found,
    /// The card beside the tray that tells of the light.
    pub card: Option<Card>,
    /// For `status`.
    pub cloud: Arc<CloudStatus>,
    /// For learning the empty tray.
    pub learn_empty: Arc<AtomicBool>,
}

/// Starts the listener's thread.
pub fn start(tasks: &Tasks, parts: ControlParts) -> anyhow::Result<()> {
    let listener = listen(parts.store.dir()).context("failed to make the control socket")?;
    listener.set_nonblocking(true)?;
    let owner = tasks.clone();
    tasks.thread("control", move |token| accept(&listener, &owner, &parts, &token))?;
    Ok(())
}

fn accept(
    listener: &UnixListener,
    tasks: &Tasks,
    parts: &ControlParts,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    // A connection is open while its thread holds the other end of the pair.
    let mut open: Vec<(Weak<()>, UnixStream)> = Vec::new();
    while !token.is_cancelled() {
        open.retain(|(alive, _)| alive.strong_count() > 0);
        match listener.accept() {
            Ok((stream, _)) if open.len() < CONNECTIONS_MAX => {
                let alive = Arc::new(());
                open.push((Arc::downgrade(&alive), stream.try_clone()?));
                let parts = parts.clone();
                tasks.thread("control-connection", move |_| {
                    if let Err(error) = parts.serve(&stream) {
                        tracing::debug!(%error, "a control connection ended");
                    }
                    drop(alive);
                    Ok(())
                })?;
            }
            // One too many: closing it at once tells its owner to wait for the others.
            Ok(_) => tracing::warn!("refused a control connection: {CONNECTIONS_MAX} are open"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(error).context("failed to accept on the control socket"),
        }
    }
    for (_, stream) in open {
        // Already closed by its owner is as good.
        let _ = stream.shutdown(Shutdown::Both);
    }
    Ok(())
}

impl ControlParts {
    fn serve(&self, stream: &UnixStream) -> std::io::Result<()> {
        let host = Host {
            on_change: &|change| self.take_change(&change),
            status: &|| self.status(),
            extra: &|name, body| self.extra(name, body),
        };
        serve_connection(stream, &self.store, host)
    }

    fn take_change(&self, change: &Change) {
        match change {
            Change::Setting(key) if key == staff_pin::SETTING => match self.store.setting(key) {
                Ok(value) => self.staff_pin.set(value),
                Err(error) => tracing::error!(%error, "failed to read the setting `{key}`"),
            },
            _ => self.catalogue.reload(),
        }
    }

    fn status(&self) -> Value {
        let state = self.board.newest().state();
        let sight = self.sight.load();
        let missing = sight.as_ref().and_then(|sight| sight.missing.as_ref());
        let parts =
            self.health.parts().into_iter().map(
                |part| json!({"part": &*part.part, "state": part.state.as_str(), "detail": part.detail}),
            );
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": sight.as_ref().map(|sight| sight.models.version.as_str()),
            "preferred_model": self.models.preferred.version.as_str(),
            "missing_model": missing.map(|missing| missing.version.as_str()),
            "missing_model_problem": missing.map(|missing| {
                format!("{}: run `tillsight views re-embed`, or enrol the products again", missing.problem)
            }),
            "phase": state["phase"],
            "notices": state["notices"],
            "ready": self.health.is_ready(),
            "cloud": self.cloud.to_json(),
            "recognition": drift_watch::status(&self.drift),
            "parts": parts.collect::<Vec<_>>(),
        })
    }

    fn extra(&self, name: &str, body: &Value) -> Option<Result<Value, String>> {
        match name {
            "enroll_camera" => Some(enroll_camera(self, body).map_err(|error| format!("{error:#}"))),
            "learn_empty" => {
                self.learn_empty.store(true, Ordering::Relaxed);
                Some(Ok(json!({})))
            }
            _ => None,
        }
    }
}
