//! What is checked: the files that git has or would take, and the crates.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, TargetKind};

use crate::{places, process};

/// Files larger than this are data, not something a person reads.
const TEXT_MAX_BYTES: u64 = 2_000_000;

/// The repository as the checks see it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    pub(super) crates: Vec<Crate>,
}

/// A file, its path relative to the top with `/` between folders.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    /// `None` when it is not text.
    pub(super) text: Option<String>,
}

/// A crate of the workspace.
#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    /// Relative to the top.
    pub(super) folder: String,
    pub(super) dependencies: Vec<Dependency>,
    /// The root files of its library and programs, relative to the top.
    pub(super) roots: Vec<String>,
}

/// What a crate's manifest asks for.
#[derive(Debug)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) dev: bool,
    /// A crate of this workspace.
    pub(super) internal: bool,
    pub(super) features: Vec<String>,
}

impl Tree {
    pub(super) fn read() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .current_dir(places::repository())
            .no_deps()
            .exec()
            .context("failed to run `cargo metadata`")?;
        Ok(Self { files: read_files()?, crates: read_crates(&metadata) })
    }

    /// All text files whose path ends so.
    pub(super) fn texts<'a>(&'a self, ends: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let matching = move |path: &str| ends.iter().any(|end| path.ends_with(end));
        self.files
            .iter()
            .filter_map(move |f| matching(&f.path).then_some((f.path.as_str(), f.text.as_deref()?)))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|f| f.path == path)?.text.as_deref()
    }
}

impl Crate {
    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

/// The line of `text`, from 1, on which `needle` first stands at the start of a line; else 1.
pub(super) fn line_starting(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.trim_start().starts_with(needle)).map_or(1, |index| index + 1)
}

/// True when a file holds tests only, which the limits on length do not count.
pub(super) fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_folder =
        |folder: &str| path.starts_with(&format!("{folder}/")) || path.contains(&format!("/{folder}/"));
    in_folder("tests")
        || in_folder("playwright")
        || name == "tests.rs"
        || name.contains(".test.")
        || name.contains(".spec.")
}

fn read_files() -> Result<Vec<File>> {
    let mut list = process::command("git");
    // Files not added yet are checked too: a finding is cheaper before the commit.
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let paths = process::read(&mut list)?;
    let mut files = Vec::new();
    for path in paths.split('\0').filter(|path| !path.is_empty()) {
        let full = places::repository().join(path);
        // A file that is deleted but still in the index, or a link, holds nothing to check.
        let Ok(metadata) = full.symlink_metadata() else { continue };
        let text = if metadata.is_file() && metadata.len() <= TEXT_MAX_BYTES {
            let bytes = std::fs::read(&full).with_context(|| format!("failed to read `{path}`"))?;
            String::from_utf8(bytes).ok()
        } else {
            None
        };
        files.push(File { path: path.to_owned(), text });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Ok(files)
}

fn read_crates(metadata: &Metadata) -> Vec<Crate> {
    let relative = |path: &cargo_metadata::camino::Utf8Path| {
        path.strip_prefix(&metadata.workspace_root).unwrap_or(path).to_string()
    };
    let is_root = |kinds: &[TargetKind]| kinds.iter().any(|k| matches!(k, TargetKind::Lib | TargetKind::Bin));
    let crates = metadata.workspace_packages().into_iter().map(|package| Crate {
        name: package.name.to_string(),
        folder: relative(package.manifest_path.parent().expect("a manifest lies in a folder")),
        dependencies: package
            .dependencies
            .iter()
            .map(|d| Dependency {
                name: d.name.clone(),
                dev: d.kind == DependencyKind::Development,
                internal: d.path.is_some(),
                features: d.features.clone(),
            })
            .collect(),
        roots: package.targets.iter().filter(|t| is_root(&t.kind)).map(|t| relative(&t.src_path)).collect(),
    });
    crates.collect()
}
