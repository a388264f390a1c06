//! Links between the documents lead somewhere.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut known: BTreeSet<String> = BTreeSet::from([String::new()]);
    for file in &tree.files {
        let mut path = file.path.as_str();
        known.insert(path.to_owned());
        while let Some((folder, _)) = path.rsplit_once('/') {
            known.insert(folder.to_owned());
            path = folder;
        }
    }
    let mut findings = Vec::new();
    for (path, text) in tree.texts(&[".md"]) {
        for (line, link) in links(text) {
            if !leads_somewhere(path, &link, &known) {
                let what = format!("the link `{link}` leads nowhere");
                findings.push(Finding::new(path, line, what, "mend the path, or add the file"));
            }
        }
    }
    findings
}

/// The targets of `[text](target)` and `[label]: target` outside code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every other part between backticks is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let inline = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let reference =
            prose.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
        for target in inline.chain(reference) {
            // A title may follow the target.
            let target = target.split_whitespace().next().unwrap_or_default();
            found.push((index + 1, target.trim_matches(['<', '>']).to_owned()));
        }
    }
    found
}

fn leads_somewhere(from: &str, link: &str, known: &BTreeSet<String>) -> bool {
    let target = link.split('#').next().unwrap_or_default();
    let elsewhere = ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme));
    if elsewhere || target.is_empty() {
        return true;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            name => parts.push(name),
        }
    }
    known.contains(&parts.join("/"))
}
