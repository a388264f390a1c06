//! Compiler, linker, standard library and emulator for arm64.
//!
//! A machine whose own compiler has the arm64 standard library (rustup does that) uses it. Elsewhere Debian's compiler
//! for the web and its arm64 library are unpacked into the cache: compiler and library must be of one version, and
//! nothing of the system is changed. Linker, C library and emulator are ordinary Debian packages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{places, process};

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// What compiles C for arm64, links and emulates.
const PACKAGES: [&str; 6] = [
    "gcc-aarch64-linux-gnu",
    "g++-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    "qemu-user-static",
    "libclang1-14",
    "libclang-common-14-dev",
];

/// Debian's arm64 C library, for the linker and the emulator.
const SYSROOT: &str = "/usr/aarch64-linux-gnu";

/// The script that runs an arm64 program.
const RUNNER: &str = include_str!("run-arm64.sh");

/// A tool chain that is ready to use.
pub(super) struct Toolchain {
    /// `None` when cargo's own compiler will do.
    rustc: Option<PathBuf>,
    runner: PathBuf,
}

impl Toolchain {
    /// Sets up what is missing.
    pub(super) fn ready() -> Result<Self> {
        let folder = places::cache()?.join("arm64");
        fs::create_dir_all(&folder).with_context(|| format!("failed to make `{}`", folder.display()))?;
        install_packages()?;
        let runner = folder.join("run");
        write_program(&runner, RUNNER)?;
        let rustc = if has_library("rustc") { None } else { Some(debian_compiler(&folder)?) };
        Ok(Self { rustc, runner })
    }

    /// Makes a cargo command build for arm64.
    pub(super) fn apply(&self, cargo: &mut Command) {
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc).env_remove("RUSTC_WRAPPER").env_remove("RUSTUP_TOOLCHAIN");
        }
        cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
        cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", &self.runner);
        let clang =
            format!("--sysroot={SYSROOT} -I{SYSROOT}/include -I/usr/lib/llvm-14/lib/clang/14.0.6/include");
        cargo.env("BINDGEN_EXTRA_CLANG_ARGS_aarch64_unknown_linux_gnu", clang);
    }

    /// The command that runs an arm64 program. The emulator needs root, to show it a processor that it knows.
    pub(super) fn emulated(&self, program: &Path) -> Command {
        let mut command = process::command(&self.runner);
        command.arg(program);
        command
    }
}

fn install_packages() -> Result<()> {
    let installed = |program| places::find_program(program).is_some();
    if installed("aarch64-linux-gnu-g++") && installed("qemu-aarch64-static") {
        return Ok(());
    }
    let by_hand = format!("`apt-get install {}`", PACKAGES.join(" "));
    eprintln!("cross: {by_hand}");
    let mut update = process::command("apt-get");
    process::run_on_stderr(update.args(["update", "-qq"])).with_context(|| format!("as root: {by_hand}"))?;
    let mut install = process::command("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive");
    install.args(["install", "--yes", "-qq", "--no-install-recommends"]).args(PACKAGES);
    process::run_on_stderr(&mut install).with_context(|| format!("as root: {by_hand}"))
}

/// True when the compiler can build for arm64 as it is.
fn has_library(rustc: impl AsRef<std::ffi::OsStr>) -> bool {
    let mut ask = process::command(rustc);
    let folder = process::read(ask.args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Debian's compiler with its arm64 library, unpacked below `folder`.
fn debian_compiler(folder: &Path) -> Result<PathBuf> {
    let rustc = folder.join("rustc");
    if rustc.is_file() && has_library(&rustc) {
        return Ok(rustc);
    }
    eprintln!("cross: unpacking a compiler with the arm64 standard library into {}", folder.display());
    let apt = PrivateApt::new(&folder.join("apt"))?;
    let mut wanted = apt.with_libraries("rustc-web")?;
    wanted.push("libstd-rust-web-dev:arm64".to_owned());
    let root = folder.join("root");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("failed to empty `{}`", root.display()))?;
    }
    for package in apt.download(&wanted)? {
        process::run_on_stderr(process::command("dpkg-deb").arg("--extract").arg(&package).arg(&root))?;
    }
    // The compiler is linked to libraries that lie beside it now, not where the system looks.
    let script = "#!/bin/sh\nhere=$(dirname \"$(readlink -f \"$0\")\")/root/usr\n\
                  LD_LIBRARY_PATH=$here/lib/x86_64-linux-gnu exec \"$here/bin/rustc\" \"$@\"\n";
    write_program(&rustc, script)?;
    ensure!(
        has_library(&rustc),
        "`{}` cannot build for {TARGET}: remove `{}` and try again",
        rustc.display(),
        folder.display()
    );
    apt.remove()?;
    Ok(rustc)
}

/// apt with lists of its own, which knows arm64 without the system having to.
struct PrivateApt {
    folder: PathBuf,
    config: PathBuf,
}

impl PrivateApt {
    fn new(folder: &Path) -> Result<Self> {
        for name in ["lists/partial", "cache/archives/partial", "packages"] {
            let path = folder.join(name);
            fs::create_dir_all(&path).with_context(|| format!("failed to make `{}`", path.display()))?;
        }
        let config = folder.join("apt.conf");
        let place = folder.display();
        let text = format!(
            "APT::Architecture \"amd64\";\nAPT::Architectures {{ \"amd64\"; \"arm64\"; }};\n\
             Dir::State::Lists \"{place}/lists\";\nDir::Cache \"{place}/cache\";\nAPT::Sandbox::User \"root\";\n"
        );
        fs::write(&config, text).with_context(|| format!("failed to write `{}`", config.display()))?;
        let apt = Self { folder: folder.to_owned(), config };
        process::run_on_stderr(apt.command("apt-get").args(["update", "-qq"]))?;
        Ok(apt)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = process::command(program);
        command.env("APT_CONFIG", &self.config).env("LC_ALL", "C");
        command
    }

    /// A package and what it needs of the compiler's own libraries: those change their names with each version.
    fn with_libraries(&self, package: &str) -> Result<Vec<String>> {
        let mut found = vec![package.to_owned()];
        let mut next = 0;
        while let Some(package) = found.get(next) {
            let text = process::read(self.command("apt-cache").args(["depends", package]))?;
            let names = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
            for name in
                names.filter(|n| n.starts_with("libstd-rust-web") || n.to_lowercase().starts_with("libllvm"))
            {
                if !found.iter().any(|known| known == name) {
                    found.push(name.to_owned());
                }
            }
            next += 1;
        }
        Ok(found)
    }

    fn download(&self, packages: &[String]) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join("packages");
        process::run_on_stderr(
            self.command("apt-get").current_dir(&folder).args(["download", "-qq"]).args(packages),
        )?;
        let entries =
            fs::read_dir(&folder).with_context(|| format!("failed to read `{}`", folder.display()))?;
        entries
            .map(|entry| entry.map(|e| e.path()).context("failed to read a downloaded package's name"))
            .collect()
    }

    fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.folder)
            .with_context(|| format!("failed to remove `{}`", self.folder.display()))
    }
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("failed to make `{}` executable", path.display()))
}
