//! The files themselves.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use testkit::prometheus::{amtool, promtool};

use super::{folder, read, repository};

const DASHBOARDS: [&str; 5] = ["cloud", "fleet", "ingest", "recognition", "till"];

/// The words after each `key:` of a file of rules.
fn values(text: &str, key: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix(key));
    lines.map(|value| value.trim().trim_matches('"').replace("\\\"", "\"")).collect()
}

/// The names of metrics in an expression of PromQL that are ours or those of our libraries.
fn metrics_in(expression: &str) -> BTreeSet<String> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let ours =
        |word: &&str| ["tillsight", "http_", "process_", "enrichment_"].iter().any(|p| word.starts_with(p));
    let plain = |word: &str| {
        let whole = word.strip_suffix("_bucket").or_else(|| word.strip_suffix("_sum"));
        whole.or_else(|| word.strip_suffix("_count")).unwrap_or(word).to_owned()
    };
    // Quoted words are values of labels: of jobs, for example.
    let outside = expression.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    outside.split(|letter| !is_word(letter)).filter(ours).map(plain).collect()
}

/// Every word in quotes in our sources that looks like a metric.
fn exported() -> BTreeSet<String> {
    fn look(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let is_metric = |word: &&str| {
                    word.contains('_')
                        && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
                };
                found.extend(text.split('"').filter(is_metric).map(str::to_owned));
            }
        }
    }
    let mut found = BTreeSet::new();
    for half in ["cloud/cloud-server/src", "edge/edge-daemon/src", "shared/service/src"] {
        look(&repository().join(half), &mut found);
    }
    found
}

#[test]
fn the_programs_take_the_files() {
    let [alerts, recording, config, tests, alertmanager] = [
        "rules/alerts.yml",
        "rules/recording.yml",
        "prometheus.yml",
        "tests/alerts_test.yml",
        "alertmanager.yml",
    ]
    .map(|path| folder().join(path).display().to_string());
    for (program, arguments) in [
        (promtool as fn(&[&str]) -> _, vec!["check", "rules", &alerts, &recording]),
        (promtool, vec!["check", "config", &config]),
        (promtool, vec!["test", "rules", &tests]),
        (amtool, vec!["check-config", &alertmanager]),
    ] {
        match program(&arguments) {
            Ok(checked) => drop(checked.unwrap()),
            Err(missing) => eprintln!("SKIPPED: {} because {missing}", arguments.join(" ")),
        }
    }
}

#[test]
fn rules_and_dashboards_speak_of_metrics_that_there_are() {
    let (alerts, recording) = (read("rules/alerts.yml"), read("rules/recording.yml"));
    let mut known = exported();
    known.extend(values(&recording, "record:"));
    let mut asked: Vec<(String, String)> = Vec::new();
    for (place, text) in [("alerts", &alerts), ("recording", &recording)] {
        asked.extend(values(text, "expr:").into_iter().map(|expression| (place.to_owned(), expression)));
    }
    for language in ["en", "ru"] {
        for name in DASHBOARDS {
            let place = format!("{language}/{name}");
            let board: Value = serde_json::from_str(&read(&format!("grafana/{place}.json"))).unwrap();
            for panel in board["panels"].as_array().unwrap() {
                assert!(
                    panel["description"].as_str().is_some_and(|said| !said.is_empty()),
                    "{place}: {panel}"
                );
                let targets = panel["targets"].as_array().unwrap();
                asked.extend(targets.iter().map(|t| (place.clone(), t["expr"].as_str().unwrap().to_owned())));
            }
            let variables = board["templating"]["list"].as_array().unwrap();
            let queries = variables.iter().filter_map(|variable| variable["query"]["query"].as_str());
            asked.extend(queries.map(|query| (place.clone(), query.to_owned())));
        }
    }
    assert!(asked.len() > 100, "{} expressions", asked.len());
    let mut named = 0;
    for (place, expression) in asked {
        for metric in metrics_in(&expression) {
            assert!(
                known.contains(&metric),
                "{place} asks for `{metric}`, which nobody exports: {expression}"
            );
            named += 1;
        }
    }
    assert!(named > 100, "{named} names of metrics");
    let unknown = metrics_in("sum(rate(tillsight_unheard_of_total{job=\"tillsight-cloud\"}[5m]))");
    assert!(unknown.iter().all(|metric| !known.contains(metric)) && unknown.len() == 1, "{unknown:?}");
}

#[test]
fn every_alert_says_what_it_means_and_has_its_section() {
    let (alerts, page) = (read("rules/alerts.yml"), repository().join("docs/reference/alerts.md"));
    let page = std::fs::read_to_string(page).unwrap();
    let names = values(&alerts, "alert:");
    assert!(names.len() > 20, "{names:?}");
    for key in ["summary:", "description:", "summary_ru:", "description_ru:", "runbook_url:"] {
        assert_eq!(values(&alerts, key).len(), names.len(), "each alert has its `{key}`");
    }
    let links = values(&alerts, "runbook_url:");
    for (name, link) in names.iter().zip(&links) {
        assert!(page.contains(&format!("\n## {name}\n")), "alerts.md has no section {name}");
        assert!(link.ends_with(&format!("docs/reference/alerts.md#{}", name.to_lowercase())), "{link}");
    }
    let sections = page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(sections, names.len(), "alerts.md has sections of alerts that there are not");
}
