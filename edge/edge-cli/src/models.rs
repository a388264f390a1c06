//! Which models this machine has, and which one a command uses.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::embedding::View;
use domain::ids::ModelVersion;
use vision::calibrate::Experience;
use vision::embed::Embedder;
use vision::fetched::FETCHED_FOLDER;
use vision::models::ModelFiles;
use vision::outlines::Outlines;

use crate::Context;
use crate::failure::Failure;

/// Where a package puts the models.
const INSTALLED: &str = "/usr/share/tillsight/models";
/// Where `cargo xtask model` puts them.
const BUILT: &str = "models/built";

/// The folder with the models: the one that was named, else the installed one, else the one built here.
pub(crate) fn folder(context: &Context) -> PathBuf {
    if let Some(named) = &context.global.models {
        return named.clone();
    }
    let built = Path::new(BUILT);
    if !Path::new(INSTALLED).is_dir() && built.is_dir() { built.to_path_buf() } else { INSTALLED.into() }
}

/// Finds and checks a model by its name, the manifest's default without one. FOLDER or FOLDER/NAME is a model of another
/// manifest, so that one run can use models of several folders.
pub(crate) fn find(context: &Context, name: Option<&str>) -> Result<ModelFiles, Failure> {
    let (folder, name) = match name.filter(|name| name.contains('/')) {
        Some(path) => elsewhere(path),
        None => (folder(context), name),
    };
    ModelFiles::find(&folder, name).map_err(|error| Failure::from(error).hint(MODELS_HINT))
}

/// What to call a model that [`find`] found by this name: the folder it lies in says nothing about it.
pub(crate) fn label<'a>(name: Option<&'a str>, version: &'a ModelVersion) -> &'a str {
    match name {
        None => name_of(version),
        Some(path) if is_folder(path) => version.as_str().split('.').next().unwrap_or_default(),
        Some(path) => path.rsplit('/').next().unwrap_or(path),
    }
}

fn is_folder(path: &str) -> bool {
    path.contains('/') && Path::new(path).join("manifest.json").is_file()
}

fn elsewhere(path: &str) -> (PathBuf, Option<&str>) {
    if is_folder(path) {
        return (PathBuf::from(path), None);
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    (PathBuf::from(if folder.is_empty() { "/" } else { folder }), Some(name).filter(|name| !name.is_empty()))
}

/// The model that made these vectors, checked; `None` when it is not among this machine's.
pub(crate) fn of_version(context: &Context, version: &ModelVersion) -> Result<Option<ModelFiles>, Failure> {
    let folder = folder(context);
    let found = match ModelFiles::of_version(&folder, version) {
        // The daemon may have fetched it from the cloud; it runs with the runtime of the package, and is no use without.
        Ok(None) => match ModelFiles::find(&folder, None) {
            Ok(packaged) => packaged.fetched(&context.global.data.join(FETCHED_FOLDER), version),
            Err(_) => Ok(None),
        },
        found => found,
    };
    found.map_err(|error| Failure::from(error).hint(MODELS_HINT))
}

/// What to do about models that are not there.
pub(crate) const MODELS_HINT: &str =
    "name the models' folder with `--models DIR` or TILLSIGHT_MODELS, or make them with `cargo xtask model`";

/// Opens a session with as many threads as there are cores.
pub(crate) fn open(files: &ModelFiles) -> Result<Embedder, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let embedder = Embedder::open(files, threads)
        .with_context(|| format!("failed to open the model `{}`", files.version))?;
    Ok(embedder)
}

/// Opens the network that sees where things on the tray end, with as many threads; `None` where there is none.
pub(crate) fn open_outlines(files: &ModelFiles) -> Result<Option<Outlines>, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Outlines::open(files, threads).context("failed to open the model of outlines")?)
}

/// What to say where there is none.
pub(crate) const NO_OUTLINES: &str =
    "no model sees where things on the tray end: what overlaps is told apart by its shape alone";

/// What the model that made these views knows of itself. It has to be here, unless no view was made from a photo file:
/// a model can have learnt from nothing else.
pub(crate) fn experience(
    context: &Context,
    version: &ModelVersion,
    views: &[View],
) -> Result<Experience, Failure> {
    if views.iter().all(|view| view.id.photo().is_none()) {
        return Ok(Experience::default());
    }
    let Some(files) = of_version(context, version)? else {
        let text = format!("`{}` has no model `{version}`, which made the views", folder(context).display());
        return Err(Failure::new(text).hint(
            "move the views to another model with `tillsight views re-embed`, or name the folder that has it: \
             `--models DIR`",
        ));
    };
    Ok(open(&files)?.experience()?)
}

/// The name of a model in the manifest, from its version: `lite2-260-fp32.3f9a01b2c4d5` is `lite2`.
pub(crate) fn name_of(version: &ModelVersion) -> &str {
    version.as_str().split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_models_by_folder_and_calls_them_by_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("manifest.json"), "{}").unwrap();
        let path = folder.path().to_str().unwrap();
        let version = ModelVersion::new("lite2-260-int8.b1d56629e694");
        let named = format!("{path}/lite2-int8");
        for (name, label_of, place) in [
            (path, "lite2-260-int8", (path, None)),
            (&named, "lite2-int8", (path, Some("lite2-int8"))),
            ("runs/lite2-int8", "lite2-int8", ("runs", Some("lite2-int8"))),
            ("/lite2", "lite2", ("/", Some("lite2"))),
        ] {
            assert_eq!(label(Some(name), &version), label_of, "{name}");
            assert_eq!(elsewhere(name), (PathBuf::from(place.0), place.1), "{name}");
        }
        assert_eq!(label(None, &version), "lite2");
    }
}
