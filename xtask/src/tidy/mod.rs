//! `cargo xtask tidy`: the house rules that a program can check.
//!
//! Every check looks at a [`Tree`], which a test can make up, and gives back findings. A finding names the place, what
//! is wrong and the way out. What is excused, and why, is in [`rules`].

mod docs;
mod graph;
mod lengths;
mod manifests;
mod purity;
mod roots;
mod rules;
mod tree;
mod words;

use std::fmt;

use anyhow::{Result, bail};
use clap::Args;
use tree::Tree;

/// Check the crate graph, purity, lengths, banned words, manifests and links.
#[derive(Debug, Args)]
pub struct TidyArgs {}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    what: String,
    way_out: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), way_out: way_out.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.what, self.way_out)
    }
}

/// Prints all findings on stderr; fails when there are any.
pub fn run(_args: &TidyArgs) -> Result<()> {
    let tree = Tree::read()?;
    let findings = check(&tree);
    for finding in &findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        bail!("tidy found {} things to mend", findings.len());
    }
    eprintln!("tidy: {} files of {} crates are in order", tree.files.len(), tree.crates.len());
    Ok(())
}

fn check(tree: &Tree) -> Vec<Finding> {
    let checks = [
        graph::check,
        purity::check,
        manifests::check,
        roots::check,
        lengths::check,
        words::check,
        docs::check,
    ];
    let mut findings: Vec<Finding> = checks.iter().flat_map(|check| check(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests;
