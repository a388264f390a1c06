//! Words that mean unfinished work, tests that do not run, and paths that exist on one machine only.

use proc_macro2::{TokenStream, TokenTree};

use super::Finding;
use super::tree::Tree;

/// Macros that stand for code not written, or not meant to stay.
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Marks in comments. Written in two parts so that this file does not carry them.
const MARKS: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

/// How far below its mark the assertion of today's wrong result may stand.
const ASSERTION_WITHIN_LINES: usize = 5;

/// Folders that exist on the machine of whoever wrote the line.
const MACHINE_FOLDERS: [&str; 3] = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts(&[".rs"]) {
        // What does not parse is the compiler's to report.
        if let Ok(tokens) = text.parse::<TokenStream>() {
            check_tokens(path, tokens, &mut findings);
        }
    }
    for (path, text) in
        tree.texts(&[".rs", ".ts", ".tsx", ".js", ".mjs", ".py", ".sh", ".toml", ".css", ".yml"])
    {
        findings.extend(check_marks(path, text));
    }
    for file in &tree.files {
        if let Some(text) = &file.text {
            findings.extend(check_machine_paths(&file.path, text));
        }
    }
    findings
}

/// Looks at tokens, not at text, so that a string may say what it likes.
fn check_tokens(path: &str, tokens: TokenStream, findings: &mut Vec<Finding>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        match (token, next) {
            (TokenTree::Ident(name), Some(TokenTree::Punct(mark))) if mark.as_char() == '!' => {
                let (name, line) = (name.to_string(), name.span().start().line);
                if UNFINISHED.contains(&name.as_str()) {
                    let way_out = "write the code, or leave the thing out and say so where it is promised";
                    findings.push(Finding::new(
                        path,
                        line,
                        format!("`{name}!` stands for unfinished work"),
                        way_out,
                    ));
                }
            }
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute))) if hash.as_char() == '#' => {
                let first = attribute.stream().into_iter().next().map(|t| t.to_string());
                if first.as_deref() == Some("ignore") {
                    let way_out = "assert today's result, or print `SKIPPED: what because why` where the machine lacks something";
                    let line = hash.span().start().line;
                    findings.push(Finding::new(
                        path,
                        line,
                        "a test that does not run proves nothing",
                        way_out,
                    ));
                }
            }
            _ => {}
        }
        if let TokenTree::Group(group) = token {
            check_tokens(path, group.stream(), findings);
        }
    }
}

fn check_marks(path: &str, text: &str) -> Vec<Finding> {
    let lines: Vec<&str> = text.lines().collect();
    let mut findings = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let comment =
            line.find("//").or_else(|| line.find('#')).or_else(|| line.find("/*")).map(|at| &line[at..]);
        let Some(mark) = comment.and_then(|c| MARKS.iter().find(|mark| c.contains(*mark))) else { continue };
        let below = lines.iter().skip(index).take(ASSERTION_WITHIN_LINES);
        if !below.clone().any(|l| l.contains("assert") || l.contains("expect(")) {
            let way_out = "mend it, or assert today's wrong result right below";
            findings.push(Finding::new(path, index + 1, format!("`{mark}` without an assertion"), way_out));
        }
    }
    findings
}

fn check_machine_paths(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            let stands_alone = |at: usize| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| !(c.is_alphanumeric() || "})._-~*]>".contains(c)))
            };
            if line.match_indices(folder).any(|(at, _)| stands_alone(at)) {
                let what = format!("`{folder}` is a folder of one machine");
                let way_out = "write a path relative to the repository, or read it from the environment";
                findings.push(Finding::new(path, index + 1, what, way_out));
            }
        }
    }
    findings
}
