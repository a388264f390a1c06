//! `admin eval-documents`: how well a folder of documents is read whose contents are known.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use cloud_docs::evaluate::corpus::{self, File, Options};
use cloud_docs::{Limits, pdf};

use crate::config::Config;

/// What `admin eval-documents` takes.
#[derive(Debug, Args)]
pub struct EvalDocuments {
    /// The folder; what lies in folders below it counts too.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print the figures as one JSON object, as the last line.
    #[arg(long)]
    json: bool,
    /// Print the figures as a Markdown table on standard output; they are on standard error otherwise.
    #[arg(long)]
    markdown: bool,
    /// Also show what one correction for each supplier changes in its next documents, and in those of others.
    #[arg(long)]
    learn: bool,
    /// Leave out reading the pages as pictures, which takes most of the time.
    #[arg(long)]
    no_scans: bool,
    /// How many pixels an inch of a scanned page has.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(50..=1_200))]
    dpi: u32,
    /// Name each value on standard error that was not read as it is.
    #[arg(long)]
    misses: bool,
    /// PDFium's library; `documents.pdfium` when it is not given.
    #[arg(long, value_name = "FILE", env = "TILLSIGHT_PDFIUM")]
    pdfium: Option<PathBuf>,
}

/// Reads the folder in every way; gives back what belongs on standard output.
pub(super) fn run(config: &Config, told: &EvalDocuments) -> anyhow::Result<String> {
    ensure!(told.folder.is_dir(), "`{}` is no folder", told.folder.display());
    let library = told.pdfium.as_ref().unwrap_or(&config.documents.pdfium);
    if library.as_os_str().is_empty() {
        eprintln!(
            "pages of PDFs are not read: PDFium is not there\nhint: `cargo xtask model` fetches it, `--pdfium` or `documents.pdfium` names it"
        );
    } else {
        pdf::load(library)?;
    }
    let mut files = Vec::new();
    gather(&told.folder, &told.folder, &mut files)?;
    let options = Options {
        scan_dpi: (!told.no_scans).then_some(told.dpi),
        learn: told.learn,
        limits: Limits::default(),
    };
    let report = corpus::run(&files, &options, &mut |miss| {
        if told.misses {
            eprintln!("{miss}");
        }
    });
    for (path, reason) in &report.skipped {
        eprintln!("{path}: passed over: {reason}");
    }
    let mut said = String::new();
    if told.markdown {
        said.push_str(&report.table());
    } else {
        eprint!("{}", report.table());
    }
    if told.json {
        said.push_str(&format!("{}\n", report.json()));
    }
    Ok(said)
}

/// Reads the files below a folder, in the order of their names.
fn gather(folder: &Path, root: &Path, files: &mut Vec<File>) -> anyhow::Result<()> {
    let listed =
        std::fs::read_dir(folder).with_context(|| format!("failed to list `{}`", folder.display()))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    let most = Limits::default().file_bytes;
    for path in paths {
        let about = std::fs::symlink_metadata(&path)?;
        if about.is_dir() {
            gather(&path, root, files)?;
        } else if about.is_file() && about.len() <= most {
            let bytes =
                std::fs::read(&path).with_context(|| format!("failed to read `{}`", path.display()))?;
            let inside = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            files.push(File { path: inside, bytes });
        }
    }
    Ok(())
}
