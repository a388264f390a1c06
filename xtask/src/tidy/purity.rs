//! Pure crates stay pure: no I/O, no clock, no random numbers, nothing that orders by chance.

use proc_macro2::Span;
use syn::visit::Visit;
use syn::{Attribute, ItemMod, ItemUse, Path, UseTree};

use super::Finding;
use super::rules::{Foreign, IMPURE, PURE};
use super::tree::{Crate, Tree, is_test_file, line_starting};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, foreign) in PURE {
        let Some(member) = tree.crates.iter().find(|c| c.name == *name) else { continue };
        findings.extend(check_dependencies(tree, member, foreign));
        let sources = format!("{}/src/", member.folder);
        for (path, text) in
            tree.texts(&[".rs"]).filter(|(path, _)| path.starts_with(&sources) && !is_test_file(path))
        {
            findings.extend(check_source(path, text));
        }
    }
    findings
}

fn check_dependencies(tree: &Tree, member: &Crate, foreign: Foreign) -> Vec<Finding> {
    let manifest = member.manifest();
    let text = tree.text(&manifest).unwrap_or_default();
    let mut findings = Vec::new();
    for dependency in member.dependencies.iter().filter(|d| !d.dev && !d.internal) {
        let line = line_starting(text, &dependency.name);
        let (user, used) = (&member.name, &dependency.name);
        match foreign.iter().find(|(name, _)| name == used) {
            None => {
                let what = format!("pure crate `{user}` depends on `{used}`");
                let way_out = "do it in a shell crate, or add it to PURE in xtask/src/tidy/rules.rs";
                findings.push(Finding::new(&manifest, line, what, way_out));
            }
            Some((_, features)) => {
                for feature in dependency.features.iter().filter(|f| !features.contains(&f.as_str())) {
                    let what = format!("pure crate `{user}` switches on feature `{feature}` of `{used}`");
                    findings.push(Finding::new(
                        &manifest,
                        line,
                        what,
                        "switch it on in the shell crate that needs it",
                    ));
                }
            }
        }
    }
    findings
}

fn check_source(path: &str, text: &str) -> Vec<Finding> {
    // What does not parse is the compiler's to report.
    let Ok(file) = syn::parse_file(text) else { return Vec::new() };
    let mut names = Names::default();
    names.visit_file(&file);
    let mut findings = Vec::new();
    for (name, line) in names.found {
        let impure =
            IMPURE.iter().find(|(banned, _)| name == *banned || name.starts_with(&format!("{banned}::")));
        // A module brought in whole hides what is taken from it.
        let hides = IMPURE
            .iter()
            .find(|(banned, _)| banned.strip_prefix(name.as_str()).is_some_and(|r| r.starts_with("::")));
        if let Some((banned, reason)) = impure {
            findings.push(Finding::new(path, line, format!("a pure crate names `{banned}`"), *reason));
        } else if let Some((banned, _)) = hides {
            let what = format!("a pure crate brings in `{name}` whole, and `{banned}` with it");
            findings.push(Finding::new(path, line, what, "name what is used"));
        }
    }
    findings
}

/// Collects every path that begins with `std`, whether imported or used in place.
#[derive(Default)]
struct Names {
    found: Vec<(String, usize)>,
}

impl Names {
    fn push(&mut self, name: String, span: Span) {
        if name == "std" || name.starts_with("std::") {
            self.found.push((name, span.start().line));
        }
    }

    fn push_use(&mut self, before: &str, tree: &UseTree) {
        let join = |ident: &syn::Ident| {
            if before.is_empty() { ident.to_string() } else { format!("{before}::{ident}") }
        };
        match tree {
            UseTree::Path(path) => self.push_use(&join(&path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => self.push(before.to_owned(), name.ident.span()),
            UseTree::Name(name) => self.push(join(&name.ident), name.ident.span()),
            UseTree::Rename(rename) => self.push(join(&rename.ident), rename.ident.span()),
            UseTree::Glob(glob) => self.push(before.to_owned(), glob.star_token.spans[0]),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.push_use(before, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_for_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.push_use("", &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.len() > 1 {
            let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            self.push(segments.join("::"), path.segments[0].ident.span());
        }
        syn::visit::visit_path(self, path);
    }
}

/// True for `#[cfg(test)]`.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("cfg") && a.parse_args::<syn::Ident>().is_ok_and(|arg| arg == "test"))
}
