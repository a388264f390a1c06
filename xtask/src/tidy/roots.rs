//! Every crate says what it is and forbids unsafe code; tests of a crate are one program; only `service` starts tasks.

use syn::spanned::Spanned as _;
use syn::visit::Visit;
use syn::{Expr, ExprCall, ItemMod};

use super::Finding;
use super::purity::is_for_tests;
use super::rules::{SPAWNER, UNSAFE_ALLOWED};
use super::tree::{Crate, Tree, is_test_file};

/// Functions that start a task or a thread without a name.
const LOOSE: [&str; 3] = ["tokio::spawn", "task::spawn", "thread::spawn"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &tree.crates {
        for root in &member.roots {
            findings.extend(check_root(member, root, tree.text(root).unwrap_or_default()));
        }
    }
    for (path, text) in tree.texts(&[".rs"]) {
        findings.extend(check_place(path));
        let of_spawner =
            tree.crates.iter().any(|c| c.name == SPAWNER && path.starts_with(&format!("{}/", c.folder)));
        if !of_spawner && !is_test_file(path) {
            findings.extend(check_spawns(path, text));
        }
    }
    findings
}

fn check_root(member: &Crate, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        let way_out = "start with `//!`: what it owns, what it must never know, what to read first";
        findings.push(Finding::new(path, 1, "a crate's root does not say what the crate is", way_out));
    }
    let excused = UNSAFE_ALLOWED.iter().any(|(name, _)| *name == member.name);
    let wanted = if excused { "#![deny(unsafe_code)]" } else { "#![forbid(unsafe_code)]" };
    if !text.lines().any(|line| line.trim() == wanted) {
        let way_out = format!("add `{wanted}`, or list the crate with a reason in UNSAFE_ALLOWED");
        findings.push(Finding::new(path, 1, "a crate's root does not forbid unsafe code", way_out));
    }
    findings
}

fn check_place(path: &str) -> Vec<Finding> {
    let mut parts = path.rsplit('/');
    let (file, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if folder == "tests" && !path.contains("/src/") {
        let what = format!("`{file}` is a test program of its own");
        return vec![Finding::new(
            path,
            1,
            what,
            "make it a module of tests/it/main.rs: each program is linked anew",
        )];
    }
    Vec::new()
}

fn check_spawns(path: &str, text: &str) -> Vec<Finding> {
    let Ok(file) = syn::parse_file(text) else { return Vec::new() };
    let mut spawns = Spawns::default();
    spawns.visit_file(&file);
    let to_finding = |(name, line): (String, usize)| {
        let way_out = "use service::tasks::Tasks (or std::thread::Builder where tokio does not belong): it has a name and an owner";
        Finding::new(path, line, format!("`{name}` starts what nobody names or joins"), way_out)
    };
    spawns.found.into_iter().map(to_finding).collect()
}

#[derive(Default)]
struct Spawns {
    found: Vec<(String, usize)>,
}

impl<'ast> Visit<'ast> for Spawns {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_for_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = &*call.func {
            let segments: Vec<String> = function.path.segments.iter().map(|s| s.ident.to_string()).collect();
            let name = segments.join("::");
            if LOOSE.iter().any(|l| name == *l || name.ends_with(&format!("::{l}"))) {
                self.found.push((name, call.func.span().start().line));
            }
        }
        syn::visit::visit_expr_call(self, call);
    }
}
