//! A function fits a screen and a file one duty.

use std::ops::RangeInclusive;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::Visit;
use syn::{Block, ImplItemFn, Item, ItemFn, ItemMod, Signature, TraitItemFn};

use super::Finding;
use super::purity::is_for_tests;
use super::rules::{FILE_MAX_LINES, FUNCTION_MAX_LINES, LONG_FILES, LONG_FUNCTIONS};
use super::tree::{Tree, is_test_file};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts(&[".rs"]).filter(|(path, _)| !is_test_file(path)) {
        // What does not parse is the compiler's to report.
        let Ok(file) = syn::parse_file(text) else { continue };
        let tests: usize = file.items.iter().filter_map(test_lines).map(Iterator::count).sum();
        findings.extend(check_file(path, text.lines().count() - tests));
        let mut functions = Functions { path, findings: &mut findings };
        functions.visit_file(&file);
    }
    for (path, text) in tree.texts(&[".ts", ".tsx", ".py", ".sh"]).filter(|(path, _)| !is_test_file(path)) {
        findings.extend(check_file(path, text.lines().count()));
    }
    findings
}

fn check_file(path: &str, lines: usize) -> Option<Finding> {
    let limit =
        LONG_FILES.iter().find(|(file, _, _)| *file == path).map_or(FILE_MAX_LINES, |(_, limit, _)| *limit);
    (lines > limit).then(|| {
        let what = format!("{lines} lines, the limit is {limit}");
        Finding::new(path, limit + 1, what, "split the file by duty, or list it with a reason in LONG_FILES")
    })
}

fn test_lines(item: &Item) -> Option<RangeInclusive<usize>> {
    let attributes = match item {
        Item::Mod(module) => &module.attrs,
        Item::Fn(function) => &function.attrs,
        Item::Impl(block) => &block.attrs,
        Item::Use(item) => &item.attrs,
        _ => return None,
    };
    is_for_tests(attributes).then(|| item.span().start().line..=item.span().end().line)
}

struct Functions<'a> {
    path: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl Functions<'_> {
    fn check(&mut self, signature: &Signature, body: &Block) {
        let last: Span = body.brace_token.span.close();
        let first = signature.span().start().line;
        let lines = last.end().line - first + 1;
        let name = format!("{}::{}", self.path, signature.ident);
        let listed = LONG_FUNCTIONS.iter().find(|(function, _, _)| *function == name);
        let limit = listed.map_or(FUNCTION_MAX_LINES, |(_, limit, _)| *limit);
        if lines > limit {
            let what = format!("function `{}` has {lines} lines, the limit is {limit}", signature.ident);
            let way_out = "split it: branch in the parent, keep leaves straight; or list it with a reason in LONG_FUNCTIONS";
            self.findings.push(Finding::new(self.path, first, what, way_out));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_for_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.check(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.check(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.check(&function.sig, body);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}
