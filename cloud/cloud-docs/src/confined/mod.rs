//! The process in which untrusted files are read, from its first line of input to its one line of output.
//!
//! A server starts `tillsight-cloud read-document`, which is [`main`]. It reads a [`Request`] as one line of JSON, gives up everything
//! that reading needs no more ([`confine`]), and only then takes the file's bytes that follow. It answers with one line of JSON, an
//! [`Answer`], and ends. On standard error `page N` says that a page is done, so that whoever waits begins to count anew; every
//! other line there is for the log.
//!
//! Whoever starts it: the child ends with the *thread* that started it, so start it from one that lives as long; give it a process
//! group of its own and kill the whole group, because recognising pictures starts a program.
//! Why it is so: `docs/decisions/0014-untrusted-documents.md`.

mod calls;
mod jail;
mod progress;
mod protocol;
mod readers;

use std::any::Any;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use thiserror::Error;

pub use jail::{ConfineError, confine};
pub use progress::page_done;
pub use protocol::{Answer, Confinement, MAX_REQUEST_LINE, Mode, Request};

use crate::catalogue;
use crate::notes::{self, Note};
use crate::reading::Refusal;
use crate::sheet;

/// Why there is no answer at all. What is wrong with a file is an answer.
#[derive(Debug, Error)]
pub enum ChildError {
    /// Standard input or output is not what it has to be.
    #[error("failed to {what}")]
    Pipe {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The request is longer than any that is meant.
    #[error("the request's line is longer than {MAX_REQUEST_LINE} bytes")]
    RequestTooLong,
    /// The request is not one.
    #[error("failed to understand the request")]
    Request(#[source] serde_json::Error),
    /// The file ended early or late.
    #[error("the request says that the file has {said} bytes, but {came} came")]
    FileLength {
        /// What the request says.
        said: u64,
        /// What came before the input ended.
        came: u64,
    },
    /// The process could not be confined, so it reads nothing.
    #[error("failed to confine the process")]
    Confine(#[from] ConfineError),
}

/// Answers the one request on standard input. 0 when it answered, 1 when it could not.
pub fn main() -> ExitCode {
    progress::begin();
    match serve(std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut told = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(source) = cause {
                told.push_str(&format!(": {source}"));
                cause = source.source();
            }
            eprintln!("no answer: {told}");
            ExitCode::FAILURE
        }
    }
}

fn serve(input: impl Read, output: &mut impl Write) -> Result<(), ChildError> {
    let mut input = BufReader::new(input);
    let request = read_request(&mut input)?;
    readers::prepare(&request.confinement.readable);
    // The buffer may hold the file's first bytes by now; nothing has looked at them.
    eprintln!("confined: {}", confine(&request.confinement)?);
    let answer = if request.file_bytes > request.limits.file_bytes {
        let why = notes::file_too_large(request.file_bytes, request.limits.file_bytes);
        Answer::Refusal(Refusal::TooLarge { name: request.hints.file_name, why })
    } else {
        let file = read_file(&mut input, request.file_bytes)?;
        answer(&request, &file)
    };
    let failed = |source| ChildError::Pipe { what: "write the answer", source };
    serde_json::to_writer(&mut *output, &answer).map_err(|error| failed(error.into()))?;
    output.write_all(b"\n").and_then(|()| output.flush()).map_err(failed)
}

fn read_request<R: Read>(input: &mut BufReader<R>) -> Result<Request, ChildError> {
    let mut line = Vec::new();
    input
        .take(MAX_REQUEST_LINE)
        .read_until(b'\n', &mut line)
        .map_err(|source| ChildError::Pipe { what: "read the request", source })?;
    if line.last() != Some(&b'\n') && line.len() as u64 >= MAX_REQUEST_LINE {
        return Err(ChildError::RequestTooLong);
    }
    serde_json::from_slice(&line).map_err(ChildError::Request)
}

fn read_file(input: &mut impl Read, said: u64) -> Result<Vec<u8>, ChildError> {
    let mut file = Vec::new();
    // One more shows that there is more than was said.
    let came = input
        .take(said + 1)
        .read_to_end(&mut file)
        .map_err(|source| ChildError::Pipe { what: "read the file", source })? as u64;
    if came == said { Ok(file) } else { Err(ChildError::FileLength { said, came }) }
}

/// What the file says; a reader that fails on it has found a file that nobody can read.
fn answer(request: &Request, file: &[u8]) -> Answer {
    let (hints, limits) = (&request.hints, &request.limits);
    let work = || match (request.mode, &request.corrected) {
        (Mode::Parse, _) => readers::parse(file, hints, limits).map(Answer::Reading),
        (Mode::Table, _) => sheet::table(file, hints, limits).map(Answer::Table),
        (Mode::Catalogue, _) => catalogue::catalogue(file, hints, limits).map(Answer::Catalogue),
        (Mode::Draw(page), _) => {
            readers::draw(file, hints, limits, (&request.inside, page)).map(Answer::Picture)
        }
        (Mode::Learn, Some(corrected)) => readers::learn(file, hints, limits, corrected).map(Answer::Example),
        (Mode::Learn, None) => Err(broken(request, notes::nothing_corrected())),
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(answer)) => answer,
        Ok(Err(refusal)) => Answer::Refusal(refusal),
        Err(panic) => Answer::Refusal(broken(request, notes::reader_failed(told(panic.as_ref())))),
    }
}

fn broken(request: &Request, why: Note) -> Refusal {
    Refusal::Broken { name: request.hints.file_name.clone(), why }
}

/// What a panic said.
fn told(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}
