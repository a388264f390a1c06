//! Metrics as Prometheus reads them. The recorder belongs to the process, so this is one test.

use std::time::Duration;

use service::health::Health;
use service::metrics_text;
use service::tasks::{RestartPolicy, Tasks};

use super::{LIMIT, until};

#[tokio::test]
async fn renders_counters_buckets_and_the_process_itself() {
    let handle = metrics_text::install().unwrap();
    assert!(metrics_text::install().is_err(), "one recorder a process");
    metrics::counter!("tillsight_sales_total").increment(3);
    metrics::histogram!("tillsight_sale_commit_seconds").record(0.004);
    let health = Health::new();
    health.part("storage", true).ok();
    health.part("scale", false).down("unplugged");
    let tasks = Tasks::new();
    handle.spawn_upkeep(&tasks);
    let policy = RestartPolicy { first_pause: Duration::from_millis(1), ..RestartPolicy::default() };
    let mut runs = 0;
    tasks.spawn_restarting("flaky", policy, move |_| {
        runs += 1;
        async move { if runs == 1 { anyhow::bail!("once") } else { Ok(()) } }
    });
    until("the restart is counted", || {
        handle.render().contains("tillsight_task_restarts_total{task=\"flaky\"} 1")
    })
    .await;
    let text = handle.render();
    for line in [
        "tillsight_sales_total 3",
        "tillsight_part_state{part=\"storage\"} 0",
        "tillsight_part_state{part=\"scale\"} 3",
        "tillsight_sale_commit_seconds_bucket{le=\"0.005\"} 1",
        "tillsight_sale_commit_seconds_bucket{le=\"0.0025\"} 0",
        "# TYPE process_resident_memory_bytes gauge",
    ] {
        assert!(text.lines().any(|l| l == line), "`{line}` in\n{text}");
    }
    assert!(tasks.stop(LIMIT).await.is_clean());
}
