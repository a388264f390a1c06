//! Dependencies point one way.

use super::Finding;
use super::rules::{GRAPH, ROOMS, TEST_ONLY};
use super::tree::{Crate, Dependency, Tree, line_starting};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.crates.iter().flat_map(|member| check_crate(tree, member)).collect()
}

fn check_crate(tree: &Tree, member: &Crate) -> Vec<Finding> {
    let manifest = member.manifest();
    let text = tree.text(&manifest).unwrap_or_default();
    let Some((_, allowed)) = GRAPH.iter().find(|(name, _)| *name == member.name) else {
        let what = format!("crate `{}` is not in the graph", member.name);
        return vec![Finding::new(
            &manifest,
            1,
            what,
            "add it to GRAPH in xtask/src/tidy/rules.rs with what it may use",
        )];
    };
    let mut findings = Vec::new();
    for dependency in &member.dependencies {
        let problem = if dependency.internal {
            internal_problem(member, dependency, allowed)
        } else {
            foreign_problem(member, dependency)
        };
        if let Some((what, way_out)) = problem {
            findings.push(Finding::new(&manifest, line_starting(text, &dependency.name), what, way_out));
        }
    }
    findings
}

fn internal_problem(member: &Crate, dependency: &Dependency, allowed: &[&str]) -> Option<(String, String)> {
    let (user, used) = (&member.name, &dependency.name);
    let crosses = |a: &str, b: &str| user.starts_with(a) && used.starts_with(b);
    if crosses("edge-", "cloud-") || crosses("cloud-", "edge-") {
        let what = format!("`{user}` depends on `{used}`, but edge and cloud never depend on each other");
        return Some((what, "move what both need to shared/".to_owned()));
    }
    if allowed.contains(&used.as_str()) || (dependency.dev && used == TEST_ONLY) {
        return None;
    }
    if used == TEST_ONLY {
        let what = format!("`{user}` depends on `{used}`, which is for tests only");
        return Some((what, "move it to [dev-dependencies]".to_owned()));
    }
    let names = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
    let what = format!("`{user}` depends on `{used}`, but may use {names}");
    Some((
        what,
        "turn the dependency round, or change docs/decisions/0001 and GRAPH in xtask/src/tidy/rules.rs"
            .to_owned(),
    ))
}

fn foreign_problem(member: &Crate, dependency: &Dependency) -> Option<(String, String)> {
    let (_, rooms, reason) = ROOMS.iter().find(|(name, _, _)| *name == dependency.name)?;
    if dependency.dev || rooms.contains(&member.name.as_str()) {
        return None;
    }
    let what = format!("`{}` depends on `{}`: {reason}", member.name, dependency.name);
    Some((what, format!("do it in {}", rooms.join(" or "))))
}
