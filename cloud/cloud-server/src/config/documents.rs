//! How suppliers' documents are read.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use service::config::Impossible;
use service::health::Part;

use super::{Found, host_and_port};

/// How suppliers' documents are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsight-cloud.toml")]
pub struct Documents {
    pub file_max_bytes: usize,
    pub readers: usize,
    pub memory_max_bytes: u64,
    pub page_time_ms: u64,
    pub total_time_ms: u64,
    pub answer_max_bytes: usize,
    pub reader: PathBuf,
    pub pdfium: PathBuf,
    pub attempts_max: u32,
    pub matched_lines_max: usize,
    pub examples_max: u32,
    pub replay_max: u32,
    pub removed_kept_days: u32,
    pub drawn_pages_kept_hours: u32,
    pub kept_years: u32,
    pub scan_command: Vec<String>,
    pub clamd: String,
    pub scan_time_ms: u64,
}

/// The name of PDFium's library.
const LIBRARY: &str = "libpdfium.so";
/// Where `cargo xtask model` puts it in a checkout.
const CHECKOUT: &str = "models/built";

impl Documents {
    /// Where no library is named, takes the one that lies with the models, beside this program, or in a checkout that it is
    /// started in.
    pub(super) fn find_pdfium(&mut self, models: &Path) {
        if !self.pdfium.as_os_str().is_empty() {
            return;
        }
        let program = std::env::current_exe().unwrap_or_default();
        let folders = [Some(models), program.parent(), Some(Path::new(CHECKOUT))];
        let found =
            folders.into_iter().flatten().map(|folder| folder.join(LIBRARY)).find(|file| file.is_file());
        // The process that reads has another folder than this one.
        if let Some(library) = found.and_then(|file| std::path::absolute(file).ok()) {
            self.pdfium = library;
        }
    }

    /// Says how documents are read with what is there.
    pub(crate) fn tell(&self, part: &Part) {
        if self.pdfium.is_file() {
            part.ok();
            return;
        }
        let where_sought = match self.pdfium.as_os_str().is_empty() {
            true => "with the models and beside this program".to_owned(),
            false => format!("as `{}`", self.pdfium.display()),
        };
        part.degraded(format!(
            "PDFium was not found {where_sought}: of PDFs only attached invoices are read; say where `{LIBRARY}` is in \
             `documents.pdfium`"
        ));
    }

    /// Whether files are looked through for viruses.
    pub fn has_scanner(&self) -> bool {
        !self.scan_command.is_empty() || !self.clamd.is_empty()
    }

    /// Each key that cannot be, with why and what would be right.
    pub(super) fn impossible(&self) -> Vec<Impossible> {
        let mut found = Found::default();
        let mut range = |key: &str, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                found.add(&format!("documents.{key}"), format!("is {value}: set it from {least} to {most}"));
            }
        };
        range("file_max_bytes", self.file_max_bytes as u64, 1024, 1 << 30);
        range("readers", self.readers as u64, 1, 64);
        // A reader with less cannot even load its libraries.
        range("memory_max_bytes", self.memory_max_bytes, 128 << 20, 1 << 36);
        range("page_time_ms", self.page_time_ms, 100, 600_000);
        range("total_time_ms", self.total_time_ms, self.page_time_ms.max(100), 3_600_000);
        range("answer_max_bytes", self.answer_max_bytes as u64, 1 << 16, 1 << 30);
        range("attempts_max", self.attempts_max.into(), 1, 100);
        range("matched_lines_max", self.matched_lines_max as u64, 0, 1_000_000);
        range("examples_max", self.examples_max.into(), 0, 10_000);
        range("replay_max", self.replay_max.into(), 0, 1_000);
        range("removed_kept_days", self.removed_kept_days.into(), 0, 36_500);
        range("drawn_pages_kept_hours", self.drawn_pages_kept_hours.into(), 1, 87_600);
        range("kept_years", self.kept_years.into(), 0, 100);
        range("scan_time_ms", self.scan_time_ms, 100, 3_600_000);
        if self.scan_command.first().is_some_and(String::is_empty) {
            found.add("documents.scan_command", "begins with no program: name one, or leave the list empty");
        }
        let clamd = &self.clamd;
        if !clamd.is_empty() && !clamd.starts_with("unix:/") && host_and_port(clamd).is_none() {
            let reason = format!("is `{clamd}`: write `HOST:PORT`, or `unix:` and the path of its socket");
            found.add("documents.clamd", reason);
        }
        found.0
    }
}
