//! A file system in a file, so that its disk can be looked at as it is at any moment.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// Why the rig cannot run on this machine; `None` when it can.
pub fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("mounting file systems needs root".to_owned());
    }
    if !Path::new("/dev/loop-control").exists() {
        return Some("there are no loop devices (`/dev/loop-control`)".to_owned());
    }
    ["mkfs.ext4", "mount", "umount", "cp"].into_iter().find_map(|program| {
        let found = Command::new(program).arg("--help").output();
        found.err().map(|error| format!("`{program}` cannot be run: {error}"))
    })
}

/// Runs a program to its end and fails with what it said.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("failed to run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?} failed: {}", said.trim());
    Ok(())
}

/// Makes an ext4 file system of `megabytes` in a file.
pub fn make(file: &Path, megabytes: u64) -> anyhow::Result<()> {
    let _ = std::fs::remove_file(file);
    std::fs::File::create(file)?.set_len(megabytes * 1024 * 1024)?;
    run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(file))
}

/// Copies a file as it is now, holes left out.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    run(Command::new("cp").arg("--sparse=always").arg(from).arg(to))
}

/// A mounted file system; unmounted when dropped.
#[derive(Debug)]
pub struct Mount {
    place: PathBuf,
}

impl Mount {
    /// Mounts a file. `options` go beside `loop`.
    pub fn new(file: &Path, place: &Path, options: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(place)?;
        let options = if options.is_empty() { "loop".to_owned() } else { format!("loop,{options}") };
        run(Command::new("mount").args(["-t", "ext4", "-o", &options]).arg(file).arg(place))?;
        Ok(Self { place: place.to_owned() })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.place
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // A place that stays mounted shows in the next mount.
        let _ = run(Command::new("umount").arg(&self.place));
    }
}
