//! Gives up what reading a file does not need: rights, resources, files, system calls.

use std::fmt;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, LandlockStatus, PathBeneath,
    PathFd, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal,
    setrlimit,
};
use thiserror::Error;

use super::calls;
use super::protocol::Confinement;

/// What is read besides the file: libraries, their index, fonts and time zones, the recogniser's data. What is not there is passed
/// over.
const SYSTEM: [&str; 11] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/usr/share/fonts",
    "/usr/share/tesseract-ocr",
    "/usr/share/tessdata",
    "/usr/share/zoneinfo",
];

/// Written to by programs that mean nothing by it.
const NOWHERE: &str = "/dev/null";

/// The stack of each thread. A program takes it from here for all its threads, and each counts as memory.
const STACK_BYTES: u64 = 8 << 20;

/// Why the process is not confined.
#[derive(Debug, Error)]
pub enum ConfineError {
    /// The system refused a limit or a promise.
    #[error("failed to set {what}")]
    Limit {
        /// Which.
        what: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file that may be read, or the folder that may be written, is not there.
    #[error("failed to open `{}`, which the request allows: check the path", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: landlock::PathFdError,
    },
    /// Landlock refused its rules.
    #[error("failed to restrict files")]
    Files(#[from] RulesetError),
    /// seccomp refused its filter.
    #[error("failed to restrict system calls")]
    Calls(#[from] calls::CallsError),
}

/// How far the process is confined; goes to the log.
#[derive(Debug)]
pub struct Confined {
    files: RulesetStatus,
    landlock: LandlockStatus,
}

impl fmt::Display for Confined {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("resources and system calls are limited, ")?;
        match (&self.files, &self.landlock) {
            (RulesetStatus::FullyEnforced, _) => out.write_str("files are restricted"),
            (RulesetStatus::PartiallyEnforced, status) => {
                write!(out, "files are restricted in part because the kernel is older ({status:?})")
            }
            (RulesetStatus::NotEnforced, status) => write!(
                out,
                "FILES ARE NOT RESTRICTED because the kernel has no Landlock ({status:?}): switch it on with `lsm=landlock,..`"
            ),
        }
    }
}

/// Confines this process and whatever it starts, for good. Call it before the first thread is started.
///
/// # Errors
/// When any part but Landlock cannot be had; an older kernel's Landlock, or none, is told in what is given back.
pub fn confine(wanted: &Confinement) -> Result<Confined, ConfineError> {
    end_with_parent()?;
    limit_resources(wanted)?;
    let status = restrict_files(wanted)?;
    calls::restrict()?;
    Ok(Confined { files: status.ruleset, landlock: status.landlock })
}

fn end_with_parent() -> Result<(), ConfineError> {
    let failed = |what| move |error: rustix::io::Errno| ConfineError::Limit { what, source: error.into() };
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed("the signal when the parent ends"))?;
    // So that no other process of the same user looks into this one.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed("that memory is nobody's"))?;
    rustix::thread::set_no_new_privs(true).map_err(failed("that no rights are gained"))
}

fn limit_resources(wanted: &Confinement) -> Result<(), ConfineError> {
    let limits = [
        (Resource::As, wanted.memory_bytes, "the limit of memory"),
        // The first second beyond brings a signal that says why; the next one ends what ignores it.
        (Resource::Cpu, wanted.cpu_s, "the limit of processor time"),
        (Resource::Nofile, wanted.open_files, "the limit of open files"),
        (Resource::Fsize, wanted.written_bytes, "the limit of written files"),
        (Resource::Stack, STACK_BYTES, "the limit of the stack"),
        (Resource::Core, 0, "that there are no core files"),
    ];
    for (resource, most, what) in limits {
        let grace = u64::from(resource == Resource::Cpu);
        let had = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let limit = Rlimit { current: Some(most.min(had)), maximum: Some((most + grace).min(had)) };
        setrlimit(resource, limit).map_err(|error| ConfineError::Limit { what, source: error.into() })?;
    }
    Ok(())
}

fn restrict_files(wanted: &Confinement) -> Result<landlock::RestrictionStatus, ConfineError> {
    let newest = ABI::V6;
    let read = AccessFs::from_read(newest) & !AccessFs::Execute;
    let mut rules = landlock::Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?;
    for path in SYSTEM.map(Path::new).into_iter().filter(|path| path.exists()) {
        // The loader of programs is a program among the libraries.
        rules = allow(rules, path, read | AccessFs::Execute)?;
    }
    for path in wanted.programs.iter().filter(|path| path.exists()) {
        rules = allow(rules, path, read | AccessFs::Execute)?;
    }
    for path in &wanted.readable {
        rules = allow(rules, path, read)?;
    }
    if let Some(scratch) = &wanted.scratch {
        rules = allow(rules, scratch, read | AccessFs::from_write(newest))?;
    }
    rules = allow(rules, Path::new(NOWHERE), AccessFs::ReadFile | AccessFs::WriteFile)?;
    Ok(rules.restrict_self()?)
}

fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, ConfineError> {
    let opened = PathFd::new(path).map_err(|source| ConfineError::Path { path: path.to_owned(), source })?;
    // A file has no folder's rights.
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(ABI::V6) };
    Ok(rules.add_rule(PathBeneath::new(opened, access))?)
}
