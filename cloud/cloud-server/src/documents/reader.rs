//! The process in which a file is read, from outside: what it may take, how long, and what it died of.
//!
//! The child is `tillsight-cloud read-document` (`cloud_docs::confined`), and nothing that it says is believed beyond its size and
//! shape.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloud_docs::catalogue::CatalogueFile;
use cloud_docs::confined::{Answer, Confinement, Mode, Request};
use cloud_docs::notes::{self, Note};
use cloud_docs::sheet::Table;
use cloud_docs::{Hints, Limits, ParsedDocument, Reading, Refusal};
use rustix::process::Signal;
use thiserror::Error;
use tokio::sync::Semaphore;

use super::child::{self, Allowance, Ended, Outcome};
use crate::config::Documents;

/// The subcommand that reads a document.
const READ_DOCUMENT: &str = "read-document";
/// Variables that the child keeps: where programs and their data are. The others may hold passwords.
const KEPT_VARIABLES: [&str; 5] = ["PATH", "LANG", "LC_ALL", "TESSDATA_PREFIX", "RUST_BACKTRACE"];
/// Reads files, few at once.
#[derive(Clone)]
pub struct Reader {
    config: Documents,
    slots: Arc<Semaphore>,
}

/// What is asked of a file.
struct Asked {
    mode: Mode,
    /// The file inside the one that is sent.
    inside: String,
    corrected: Option<ParsedDocument>,
}

impl Asked {
    fn of(mode: Mode) -> Self {
        Self { mode, inside: String::new(), corrected: None }
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A page takes longer than one may.
    #[error(
        "reading it took longer than {limit_ms} ms for a page: send it in smaller parts, or raise `documents.page_time_ms`"
    )]
    PageTooSlow {
        /// How long one may take.
        limit_ms: u64,
    },
    /// All of the file takes longer than it may.
    #[error(
        "reading it took longer than {limit_ms} ms for all of it: send it in smaller parts, or raise `documents.total_time_ms`"
    )]
    TooSlow {
        /// How long it may take.
        limit_ms: u64,
    },
    /// The process ended without an answer because of what it read.
    #[error("its reader was ended ({how}): the file is damaged or made to do harm; send another copy of it")]
    Died {
        /// What ended it.
        how: String,
    },
    /// The answer is too long, or none.
    #[error("its reader gave no answer that can be used: {problem}")]
    Unusable {
        /// What is wrong with it.
        problem: String,
    },
    /// The process could not be started or confined: nothing is known of the file.
    #[error("the reader cannot be used: {problem}")]
    Reader {
        /// What it said.
        problem: String,
    },
}

impl ReadError {
    /// Whether the file is to blame, so that reading it again comes to the same.
    pub fn is_of_the_file(&self) -> bool {
        self.of_the_file().is_some()
    }

    /// What is to be told of the file; none where it is not to blame.
    pub fn of_the_file(&self) -> Option<Note> {
        match self {
            Self::PageTooSlow { limit_ms } => Some(notes::page_too_slow(limit_ms)),
            Self::TooSlow { limit_ms } => Some(notes::file_too_slow(limit_ms)),
            Self::Died { how } => Some(notes::reader_ended(how)),
            Self::Unusable { problem } => Some(notes::reader_unusable(problem)),
            Self::Reader { .. } => None,
        }
    }
}

impl Reader {
    /// Nothing is started yet.
    pub fn new(config: &Documents) -> Self {
        Self { config: config.clone(), slots: Arc::new(Semaphore::new(config.readers)) }
    }

    /// Reads a file.
    pub async fn parse(&self, file: Bytes, hints: Hints) -> Result<Result<Reading, Refusal>, ReadError> {
        match self.ask(Asked::of(Mode::Parse), file, hints).await? {
            Answer::Reading(reading) => Ok(Ok(reading)),
            Answer::Refusal(refusal) => Ok(Err(refusal)),
            Answer::Example(_) | Answer::Table(_) | Answer::Catalogue(_) | Answer::Picture(_) => {
                Err(unusable("it answered something else"))
            }
        }
    }

    /// Makes of a corrected document what the supplier's next one is read by.
    pub async fn learn(
        &self,
        file: Bytes,
        hints: Hints,
        corrected: ParsedDocument,
    ) -> Result<Result<serde_json::Value, Refusal>, ReadError> {
        let asked = Asked { corrected: Some(corrected), ..Asked::of(Mode::Learn) };
        match self.ask(asked, file, hints).await? {
            Answer::Example(example) => Ok(Ok(example)),
            Answer::Refusal(refusal) => Ok(Err(refusal)),
            Answer::Reading(_) | Answer::Table(_) | Answer::Catalogue(_) | Answer::Picture(_) => {
                Err(unusable("it answered something else"))
            }
        }
    }

    /// Gives the rows of a sheet, whatever they are about.
    pub async fn table(&self, file: Bytes, hints: Hints) -> Result<Result<Table, Refusal>, ReadError> {
        match self.ask(Asked::of(Mode::Table), file, hints).await? {
            Answer::Table(table) => Ok(Ok(table)),
            Answer::Refusal(refusal) => Ok(Err(refusal)),
            Answer::Reading(_) | Answer::Example(_) | Answer::Catalogue(_) | Answer::Picture(_) => {
                Err(unusable("it answered something else"))
            }
        }
    }

    /// Gives the products of a catalogue.
    pub async fn catalogue(
        &self,
        file: Bytes,
        hints: Hints,
    ) -> Result<Result<CatalogueFile, Refusal>, ReadError> {
        match self.ask(Asked::of(Mode::Catalogue), file, hints).await? {
            Answer::Catalogue(catalogue) => Ok(Ok(catalogue)),
            Answer::Refusal(refusal) => Ok(Err(refusal)),
            Answer::Reading(_) | Answer::Example(_) | Answer::Table(_) | Answer::Picture(_) => {
                Err(unusable("it answered something else"))
            }
        }
    }

    /// Draws a page of a file as a PNG, or of the file of a path `inside` it.
    pub async fn draw(
        &self,
        file: Bytes,
        hints: Hints,
        (inside, page): (&str, u32),
    ) -> Result<Result<Bytes, Refusal>, ReadError> {
        let asked = Asked { mode: Mode::Draw(page), inside: inside.to_owned(), corrected: None };
        match self.ask(asked, file, hints).await? {
            Answer::Picture(text) => match data_encoding::BASE64.decode(text.as_bytes()) {
                Ok(png) => Ok(Ok(png.into())),
                Err(error) => Err(unusable(&error.to_string())),
            },
            Answer::Refusal(refusal) => Ok(Err(refusal)),
            Answer::Reading(_) | Answer::Example(_) | Answer::Table(_) | Answer::Catalogue(_) => {
                Err(unusable("it answered something else"))
            }
        }
    }

    async fn ask(&self, asked: Asked, file: Bytes, hints: Hints) -> Result<Answer, ReadError> {
        let cannot = |problem: String| ReadError::Reader { problem };
        let _slot = self.slots.acquire().await.map_err(|error| cannot(error.to_string()))?;
        let scratch = Scratch::make().map_err(|error| cannot(format!("no folder for it: {error}")))?;
        let Asked { mode, inside, corrected } = asked;
        let request = Request {
            mode,
            hints,
            limits: Limits { file_bytes: self.config.file_max_bytes as u64, ..Limits::default() },
            confinement: self.confinement(&scratch),
            file_bytes: file.len() as u64,
            inside,
            corrected,
        };
        let mut line = serde_json::to_vec(&request).map_err(|error| cannot(error.to_string()))?;
        line.push(b'\n');
        let began = Instant::now();
        let outcome = self.run(Bytes::from(line), file).await;
        metrics::histogram!("tillsight_documents_read_seconds").record(began.elapsed());
        outcome
    }

    fn confinement(&self, scratch: &Scratch) -> Confinement {
        let pdfium = Some(self.config.pdfium.clone()).filter(|path| !path.as_os_str().is_empty());
        Confinement {
            memory_bytes: self.config.memory_max_bytes,
            cpu_s: self.config.total_time_ms.div_ceil(1000),
            scratch: Some(scratch.0.clone()),
            readable: pdfium.into_iter().collect(),
            ..Confinement::default()
        }
    }

    async fn run(&self, request: Bytes, file: Bytes) -> Result<Answer, ReadError> {
        let allowance = Allowance {
            page: Duration::from_millis(self.config.page_time_ms),
            whole: Duration::from_millis(self.config.total_time_ms),
            answer_max: self.config.answer_max_bytes,
        };
        match child::run(self.command()?, vec![request, file], allowance).await {
            Ok(Outcome::Ended(ended)) => self.understand(&ended),
            Ok(Outcome::PageTooSlow) => Err(ReadError::PageTooSlow { limit_ms: self.config.page_time_ms }),
            Ok(Outcome::TooSlow) => Err(ReadError::TooSlow { limit_ms: self.config.total_time_ms }),
            Err(error) => Err(ReadError::Reader { problem: format!("failed to run it: {error}") }),
        }
    }

    fn command(&self) -> Result<Command, ReadError> {
        let own =
            || std::env::current_exe().map_err(|error| ReadError::Reader { problem: error.to_string() });
        let named = Some(self.config.reader.clone()).filter(|path| !path.as_os_str().is_empty());
        let program = named.map_or_else(own, Ok)?;
        let kept: Vec<(&str, OsString)> =
            KEPT_VARIABLES.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
        let mut command = Command::new(program);
        command.arg(READ_DOCUMENT).env_clear().envs(kept).current_dir("/");
        Ok(command)
    }

    fn understand(&self, ended: &Ended) -> Result<Answer, ReadError> {
        let said = ended.said.as_str();
        // Its pipe was closed then, which is what it ended of.
        let Some(bytes) = &ended.answer else {
            let most = self.config.answer_max_bytes;
            return Err(unusable(&format!("it is longer than `documents.answer_max_bytes`, {most} bytes")));
        };
        if let Some(signal) = ended.status.signal() {
            return Err(ReadError::Died { how: self.cause(signal, said) });
        }
        if !ended.status.success() {
            let said = if said.is_empty() { "it said nothing" } else { said };
            return Err(ReadError::Reader { problem: said.to_owned() });
        }
        serde_json::from_slice(bytes).map_err(|error| unusable(&error.to_string()))
    }

    /// What a signal means, as far as that can be known.
    fn cause(&self, signal: i32, said: &str) -> String {
        let memory =
            format!("it took more than the {} MiB of memory allowed", self.config.memory_max_bytes >> 20);
        if said.contains("memory allocation") {
            return memory;
        }
        match Signal::from_named_raw(signal) {
            Some(Signal::KILL) => format!("it was killed: {memory}, or too much time"),
            Some(Signal::XCPU) => "it took too much time".to_owned(),
            Some(Signal::SYS) => "it tried what no reader does".to_owned(),
            Some(Signal::XFSZ) => "it wrote too much".to_owned(),
            _ => format!("signal {signal}"),
        }
    }
}

fn unusable(problem: &str) -> ReadError {
    ReadError::Unusable { problem: problem.to_owned() }
}

/// The one folder in which the child may write; it goes with the reading.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let name = format!("tillsight-read-{}", uuid::Uuid::now_v7());
        let folder = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a reader's folder stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that is a script, with short limits.
    fn reader(folder: &std::path::Path, script: &str) -> Reader {
        use std::os::unix::fs::PermissionsExt as _;
        let program = folder.join("reader");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let table: toml::Table = crate::config::DEFAULT_TOML.parse().unwrap();
        let mut config = table.try_into::<crate::config::Config>().unwrap().documents;
        config.reader = program;
        config.page_time_ms = 700;
        config.total_time_ms = 2_000;
        config.answer_max_bytes = 10_000;
        Reader::new(&config)
    }

    async fn check(script: &str, expected: &str, of_the_file: bool) {
        let folder = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let outcome =
            reader(folder.path(), script).parse(Bytes::from(vec![7; 300_000]), Hints::default()).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{script}: {:?}", began.elapsed());
        let error = outcome.expect_err(script);
        assert!(error.to_string().contains(expected), "{script}: {error}");
        assert_eq!(error.is_of_the_file(), of_the_file, "{script}: {error}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn says_what_a_reader_died_of() {
        check("sleep 60", "700 ms for a page", true).await;
        check(
            "i=0; while :; do i=$((i+1)); echo page $i >&2; sleep 0.1; done",
            "2000 ms for all of it",
            true,
        )
        .await;
        check("head -c 20000 /dev/zero", "longer than", true).await;
        check("cat >/dev/null; echo '{}'", "no answer that can be used", true).await;
        check("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$", "512 MiB of memory", true)
            .await;
        check("kill -SEGV $$", "signal 11", true).await;
        check("echo 'no answer: no Landlock' >&2; exit 1", "no Landlock", false).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn pages_give_more_time_and_refusals_are_answers() {
        let folder = tempfile::tempdir().unwrap();
        let script = "cat >/dev/null; for i in 1 2 3; do sleep 0.4; echo page $i >&2; done; echo '{\"reading\":{\"documents\":[],\"skipped\":[]}}'";
        let read = reader(folder.path(), script).parse(Bytes::from_static(b"x"), Hints::default()).await;
        assert_eq!(read.unwrap().unwrap(), Reading::default());
        let script = "echo '{\"refusal\":{\"code\":\"broken\",\"name\":\"a\",\"why\":{\"code\":\"no_end\",\"values\":{},\"text\":\"torn\"}}}'";
        let read = reader(folder.path(), script).parse(Bytes::from_static(b"x"), Hints::default()).await;
        assert_eq!(read.unwrap().unwrap_err().to_string(), "`a` cannot be read: torn");
    }

    /// What the child started ends with it, and nothing stays behind in the folder of temporary files.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn leaves_no_process_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("pid");
        let script = format!("sleep 300 & echo $! > {}; wait", mark.display());
        let outcome = reader(folder.path(), &script).parse(Bytes::from_static(b"x"), Hints::default()).await;
        assert!(matches!(outcome, Err(ReadError::PageTooSlow { .. })));
        let pid = std::fs::read_to_string(&mark).unwrap().trim().to_owned();
        let gone = || {
            std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
        };
        testkit::wait::wait_until("the reader's program ends", Duration::from_secs(5), gone).unwrap();
    }
}
