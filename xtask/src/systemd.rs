//! The units under `systemd/`: are they valid, and how much can a broken-into daemon still do?

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::{places, process};

/// `systemd-analyze security` gives 0.0 to a unit that can do nothing and 10.0 to one that can do everything.
const EXPOSURE_MAX: f64 = 2.0;

/// Checks each unit, and as root also that the user and the folders they need come about.
pub fn check() -> Result<()> {
    let folder = places::repository().join("systemd");
    let scratch = places::target().join("xtask-systemd");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).with_context(|| format!("failed to empty `{}`", scratch.display()))?;
    }
    let mut units = 0;
    for entry in fs::read_dir(&folder).with_context(|| format!("failed to read `{}`", folder.display()))? {
        let path = entry.with_context(|| format!("failed to read `{}`", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "service") {
            verify(&path, &scratch)?;
            measure(&path)?;
            units += 1;
        }
    }
    ensure!(units > 0, "there is no unit in `{}`", folder.display());
    if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        install(&folder, &scratch.join("root"))?;
    }
    Ok(())
}

/// Unknown keys, wrong values and missing units. The program itself is not installed here, so a copy of the unit names
/// another.
fn verify(unit: &Path, scratch: &Path) -> Result<()> {
    let text = fs::read_to_string(unit).with_context(|| format!("failed to read `{}`", unit.display()))?;
    let installed =
        text.lines().map(|line| if line.starts_with("ExecStart=") { "ExecStart=/bin/true" } else { line });
    let copy = scratch.join(unit.file_name().context("a unit has a name")?);
    fs::create_dir_all(scratch).with_context(|| format!("failed to make `{}`", scratch.display()))?;
    fs::write(&copy, installed.collect::<Vec<_>>().join("\n"))
        .with_context(|| format!("failed to write `{}`", copy.display()))?;
    process::run(process::command("systemd-analyze").args(["verify", "--recursive-errors=yes"]).arg(&copy))
}

fn measure(unit: &Path) -> Result<()> {
    let mut analyze = process::command("systemd-analyze");
    let report = process::read(analyze.args(["security", "--offline=true", "--no-pager"]).arg(unit))?;
    let exposure = exposure(&report).context("`systemd-analyze security` named no exposure level")?;
    let name = unit.file_name().unwrap_or_default().display();
    eprintln!("systemd: {name} is exposed {exposure:.1} of 10, allowed are {EXPOSURE_MAX:.1}");
    if exposure > EXPOSURE_MAX {
        let holes = report.lines().filter(|line| line.contains('✗')).collect::<Vec<_>>().join("\n");
        bail!(
            "{name} is exposed {exposure:.1} of 10, allowed are {EXPOSURE_MAX:.1}: close one of these\n{holes}"
        );
    }
    Ok(())
}

fn exposure(report: &str) -> Option<f64> {
    let (_, rest) = report.split_once("Overall exposure level for ")?;
    rest.split_once(": ")?.1.split_whitespace().next()?.parse().ok()
}

/// Plays the installation in a folder of its own.
fn install(folder: &Path, root: &Path) -> Result<()> {
    // Debian's own `video` group, which ours joins.
    let debian = root.join("usr/lib/sysusers.d/debian.conf");
    for path in [debian.parent().expect("it has a folder"), &root.join("etc"), &root.join("var/lib")] {
        fs::create_dir_all(path).with_context(|| format!("failed to make `{}`", path.display()))?;
    }
    fs::write(&debian, "g video 44\n").with_context(|| format!("failed to write `{}`", debian.display()))?;
    let in_root = |program: &str| {
        let mut command = process::command(program);
        command.arg(format!("--root={}", root.display()));
        command
    };
    for part in ["tillsight", "tillsight-cloud"] {
        process::run(in_root("systemd-sysusers").arg(folder.join(format!("{part}.sysusers.conf"))))?;
        let folders = folder.join(format!("{part}.tmpfiles.conf"));
        process::run(in_root("systemd-tmpfiles").arg("--create").arg(folders))?;
    }
    let folders = [
        ("etc/tillsight", 0o750),
        ("var/lib/tillsight", 0o700),
        ("etc/tillsight-cloud", 0o750),
        ("var/lib/tillsight-cloud", 0o700),
    ];
    for (path, mode) in folders {
        let made: PathBuf = root.join(path);
        let metadata =
            fs::metadata(&made).with_context(|| format!("systemd-tmpfiles did not make `/{path}`"))?;
        ensure!(metadata.permissions().mode() & 0o777 == mode, "`/{path}` must have the mode {mode:o}");
        ensure!(metadata.gid() != 0, "`/{path}` must not belong to root's group");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_exposure() {
        let report =
            "✗ PrivateNetwork=   0.5\n\n→ Overall exposure level for tillsightd.service: 1.3 OK :-)\n";
        assert_eq!(exposure(report), Some(1.3));
        assert_eq!(exposure("nothing"), None);
    }
}
