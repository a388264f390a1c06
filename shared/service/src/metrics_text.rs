//! Prometheus metrics: the recorder behind the `metrics` macros and its text.

use std::fmt::Write as _;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use thiserror::Error;

use crate::tasks::{TaskHandle, Tasks};

/// Upper bounds for names ending in `_seconds`: from one line of code to one shopper's patience.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// How often samples are folded into their buckets when nobody asks for the text, so that they do not pile up.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Why the recorder could not be installed.
#[derive(Debug, Error)]
#[error("failed to install the metrics recorder")]
pub struct MetricsError(#[from] metrics_exporter_prometheus::BuildError);

/// Gives the text. Clones share the recorder.
#[derive(Clone)]
pub struct Handle {
    prometheus: PrometheusHandle,
}

/// Installs the recorder of this process; possible once.
pub fn install() -> Result<Handle, MetricsError> {
    let prometheus = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    Ok(Handle { prometheus })
}

impl Handle {
    /// All metrics as Prometheus text (exposition format 0.0.4), with the process's own at the end.
    pub fn render(&self) -> String {
        let mut text = self.prometheus.render();
        push_process_metrics(&mut text);
        text
    }

    /// Keeps memory bounded while nobody asks for the text.
    pub fn spawn_upkeep(&self, tasks: &Tasks) -> TaskHandle {
        let (prometheus, token) = (self.prometheus.clone(), tasks.token());
        tasks.spawn("metrics-upkeep", async move {
            while token.run_until_cancelled(tokio::time::sleep(UPKEEP_EVERY)).await.is_some() {
                prometheus.run_upkeep();
            }
            Ok(())
        })
    }
}

/// What `/proc` says of this process, under the names that Prometheus's own client libraries use. On a system without
/// `/proc` they are left out.
fn push_process_metrics(text: &mut String) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let open_files = std::fs::read_dir("/proc/self/fd").map(|entries| entries.count() as u64).ok();
    let gauges = [
        ("process_resident_memory_bytes", field("VmRSS").map(|kib| kib * 1024)),
        ("process_threads", field("Threads")),
        ("process_open_fds", open_files),
    ];
    for (name, value) in gauges {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# TYPE {name} gauge\n{name} {value}");
        }
    }
}
