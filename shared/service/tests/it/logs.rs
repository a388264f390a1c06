//! Log lines as a collector reads them.

use serde_json::Value;
use service::logs::{self, LogError, LogFormat};
use service::tasks::Tasks;

use super::child;

/// The child's part of the test below.
pub(crate) fn speak() {
    logs::init(LogFormat::Json, "info,quiet=off").unwrap();
    tracing::info!(sale.id = "a1", duration_ms = 12, "sale committed");
    tracing::debug!("too fine");
    tracing::error!(target: "quiet", "switched off");
    assert!(matches!(logs::init(LogFormat::Text, "info"), Err(LogError::Twice(_))));
}

/// The child's part of the other test.
pub(crate) async fn panic_in_a_thread() {
    logs::init(LogFormat::Json, "info").unwrap();
    let tasks = Tasks::new();
    tasks.thread("vision", |_| panic!("out of pixels")).unwrap();
    tasks.failed().await;
}

fn lines_of(role: &str) -> Vec<Value> {
    let output = child::command(role).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn writes_one_json_object_a_line() {
    let lines = lines_of("logs");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &"sale committed".into()));
    assert_eq!((&line["sale.id"], &line["duration_ms"]), (&"a1".into(), &12.into()));
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_panic_is_a_line_that_names_the_thread() {
    let lines = lines_of("panics");
    let panic = lines.iter().find(|l| l["thread"] == "vision").expect("the panic's line");
    assert_eq!(panic["message"], "panic: out of pixels");
    assert!(panic["place"].as_str().unwrap().contains("logs.rs"));
    assert!(lines.iter().any(|l| l["task"] == "vision" && l["message"] == "task failed for good"));
}

#[test]
fn refuses_a_filter_that_is_none() {
    let error = logs::init(LogFormat::Text, "info,vision=loud").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`info,vision=loud` is not a log filter: write a level such as `info`, or `info,vision=debug`"
    );
}
