//! Manifests say what they need; the root manifest says which version.

use toml::{Table, Value};

use super::Finding;
use super::rules::NPM_HOST;
use super::tree::{Crate, Tree, line_starting};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        tree.crates.iter().flat_map(|member| check_manifest(tree, member)).collect();
    for (path, text) in tree.texts(&["package-lock.json"]) {
        findings.extend(check_npm_lock(path, text));
    }
    findings
}

fn check_manifest(tree: &Tree, member: &Crate) -> Vec<Finding> {
    let path = member.manifest();
    let mut findings = Vec::new();
    let folder = member.folder.rsplit('/').next().unwrap_or_default();
    if folder != member.name {
        let what = format!("crate `{}` lies in folder `{folder}`", member.name);
        findings.push(Finding::new(&path, 1, what, "give both the same name"));
    }
    let Some(text) = tree.text(&path) else { return findings };
    let Ok(manifest) = text.parse::<Table>() else { return findings };
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(Value::Table(dependencies)) = manifest.get(section) else { continue };
        for (name, wanted) in dependencies {
            if inherits(wanted) {
                continue;
            }
            let what = format!("`{name}` is not taken from the workspace");
            let way_out =
                format!("put its version in the root Cargo.toml and write `{name}.workspace = true` here");
            findings.push(Finding::new(&path, line_starting(text, name), what, way_out));
        }
    }
    if !manifest.get("lints").is_some_and(inherits) {
        findings.push(Finding::new(
            &path,
            1,
            "the lints of the workspace are not taken",
            "add `[lints] workspace = true`",
        ));
    }
    let package = manifest.get("package").and_then(Value::as_table);
    for field in ["version", "edition", "rust-version", "license", "publish"] {
        if !package.and_then(|p| p.get(field)).is_some_and(inherits) {
            let what = format!("`{field}` is not taken from the workspace");
            findings.push(Finding::new(
                &path,
                line_starting(text, field),
                what,
                format!("write `{field}.workspace = true`"),
            ));
        }
    }
    findings
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

fn check_npm_lock(path: &str, text: &str) -> Vec<Finding> {
    let foreign = |line: &str| {
        let url = line.trim().strip_prefix("\"resolved\": \"")?;
        (url.starts_with("http") && !url.starts_with(NPM_HOST))
            .then(|| url.split('/').nth(2).unwrap_or(url).to_owned())
    };
    let found = text.lines().enumerate().find_map(|(index, line)| Some((index + 1, foreign(line)?)));
    let to_finding = |(line, host): (usize, String)| {
        let what = format!("packages are locked to the registry `{host}`");
        Finding::new(path, line, what, format!("lock them to {NPM_HOST}"))
    };
    found.map(to_finding).into_iter().collect()
}
