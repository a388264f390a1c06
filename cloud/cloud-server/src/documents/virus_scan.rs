//! The hook for a virus scanner: a program, `clamd`, or both. A file is not read before all of them called it clean.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::child::{self, Allowance, Outcome};
use crate::config::Documents;

/// Bytes that `clamd` is sent at once.
const CHUNK: usize = 64 * 1024;
/// Bytes that a scanner may say.
const ANSWER_MAX: usize = 1 << 20;
/// What of a scanner's words is told.
const TOLD_MAX: usize = 200;
/// Stands for the file's name in the program's arguments; without it the file comes on standard input.
const FILE: &str = "{file}";

/// What a scanner said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong with the file.
    Clean,
    /// This was found.
    Found(String),
}

/// Asks the scanners that the configuration names. An error says that one of them gave no verdict: the file is not read then.
pub async fn look_through(config: &Documents, file: &Bytes) -> anyhow::Result<Verdict> {
    let limit = Duration::from_millis(config.scan_time_ms);
    if let [program, arguments @ ..] = config.scan_command.as_slice()
        && let Verdict::Found(what) = by_program(program, arguments, file, limit).await?
    {
        return Ok(Verdict::Found(what));
    }
    if config.clamd.is_empty() {
        return Ok(Verdict::Clean);
    }
    timeout(limit, by_clamd(&config.clamd, file)).await.with_context(|| too_slow(limit))?
}

fn too_slow(limit: Duration) -> String {
    format!("the virus scan took longer than `documents.scan_time_ms`, {} ms", limit.as_millis())
}

/// 0 is clean and 1 is found, as `clamscan` and others have it.
async fn by_program(
    program: &str,
    arguments: &[String],
    file: &Bytes,
    limit: Duration,
) -> anyhow::Result<Verdict> {
    let by_name = arguments.iter().any(|argument| argument.contains(FILE));
    let kept = if by_name { Some(KeptFile::make(file).await?) } else { None };
    let name = kept.as_ref().map_or(String::new(), |kept| kept.0.display().to_string());
    let mut command = Command::new(program);
    command.args(arguments.iter().map(|argument| argument.replace(FILE, &name)));
    let input = if by_name { Vec::new() } else { vec![file.clone()] };
    let allowance = Allowance { page: limit, whole: limit, answer_max: ANSWER_MAX };
    let outcome = child::run(command, input, allowance).await.with_context(|| {
        format!("failed to run the virus scanner `{program}`: check `documents.scan_command`")
    })?;
    let Outcome::Ended(ended) = outcome else { bail!(too_slow(limit)) };
    let said = first_line(&ended.answer.unwrap_or_default());
    match ended.status.code() {
        Some(0) => Ok(Verdict::Clean),
        Some(1) => Ok(Verdict::Found(said)),
        code => bail!("the virus scanner `{program}` gave no verdict (exit code {code:?}): {said}"),
    }
}

/// clamd(8), `INSTREAM`: chunks after their lengths, an empty one at the end, then `stream: OK` or `stream: NAME FOUND`.
async fn by_clamd(address: &str, file: &Bytes) -> anyhow::Result<Verdict> {
    let failed = || format!("failed to ask clamd at `{address}`: check `documents.clamd`");
    if let Some(path) = address.strip_prefix("unix:") {
        in_stream(UnixStream::connect(path).await.with_context(failed)?, file).await.with_context(failed)
    } else {
        in_stream(TcpStream::connect(address).await.with_context(failed)?, file).await.with_context(failed)
    }
}

async fn in_stream(mut stream: impl AsyncRead + AsyncWrite + Unpin, file: &Bytes) -> anyhow::Result<Verdict> {
    let send = async {
        stream.write_all(b"zINSTREAM\0").await?;
        for chunk in file.chunks(CHUNK) {
            stream.write_u32(u32::try_from(chunk.len())?).await?;
            stream.write_all(chunk).await?;
        }
        stream.write_u32(0).await?;
        stream.flush().await?;
        anyhow::Ok(())
    };
    // Where clamd refuses the size it answers and closes before all is sent; what it answered says so.
    let sent = send.await;
    let mut answer = Vec::new();
    (&mut stream).take(4096).read_to_end(&mut answer).await?;
    let text = first_line(&answer);
    match text.strip_prefix("stream: ").unwrap_or(&text) {
        "OK" => sent.map(|()| Verdict::Clean),
        found if found.ends_with(" FOUND") => Ok(Verdict::Found(found.trim_end_matches(" FOUND").to_owned())),
        other => bail!("it gave no verdict: `{other}`"),
    }
}

fn first_line(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let line = text.split(['\n', '\0']).next().unwrap_or_default().trim();
    line.chars().filter(|c| !c.is_control()).take(TOLD_MAX).collect()
}

/// A file for a scanner that wants a name; it goes with the scan.
struct KeptFile(std::path::PathBuf);

impl KeptFile {
    async fn make(bytes: &Bytes) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("tillsight-scan-{}", uuid::Uuid::now_v7()));
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&path).await?;
        let kept = Self(path);
        file.write_all(bytes).await?;
        file.flush().await?;
        Ok(kept)
    }
}

impl Drop for KeptFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, file = %self.0.display(), "a scanned file stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn config() -> Documents {
        let table: toml::Table = crate::config::DEFAULT_TOML.parse().unwrap();
        table.try_into::<crate::config::Config>().unwrap().documents
    }

    async fn by(script: &str, scan_time_ms: u64) -> anyhow::Result<Verdict> {
        let scan_command = ["sh", "-c", script, "scan", "{file}"].map(str::to_owned).to_vec();
        look_through(&Documents { scan_command, scan_time_ms, ..config() }, &Bytes::from_static(b"EVIL"))
            .await
    }

    #[tokio::test]
    async fn a_program_says_by_its_exit_code() {
        let grep = "if grep -q EVIL \"$1\"; then echo Evil.Test; exit 1; fi";
        assert_eq!(by(grep, 5_000).await.unwrap(), Verdict::Found("Evil.Test".to_owned()));
        assert_eq!(by("exit 0", 5_000).await.unwrap(), Verdict::Clean);
        assert!(by("exit 2", 5_000).await.unwrap_err().to_string().contains("no verdict"));
        assert!(by("sleep 60", 300).await.unwrap_err().to_string().contains("documents.scan_time_ms"));
        let input = ["sh", "-c", "grep -q EVIL && exit 1 || exit 0"].map(str::to_owned).to_vec();
        let found =
            look_through(&Documents { scan_command: input, ..config() }, &Bytes::from_static(b"EVIL")).await;
        assert!(matches!(found.unwrap(), Verdict::Found(_)));
        let missing = Documents { scan_command: vec!["/nowhere/scan".to_owned()], ..config() };
        assert!(look_through(&missing, &Bytes::new()).await.is_err());
    }

    /// Speaks as clamd does, and takes the stream apart as it has to be.
    #[allow(clippy::disallowed_methods, reason = "the test joins it")]
    async fn clamd(answer: &'static str) -> (String, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut command, mut file) = ([0; 10], Vec::new());
            stream.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            while let length @ 1.. = stream.read_u32().await.unwrap() {
                let mut chunk = vec![0; length as usize];
                stream.read_exact(&mut chunk).await.unwrap();
                file.extend(chunk);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            file
        });
        (address, served)
    }

    #[tokio::test]
    async fn clamd_is_sent_the_whole_file() {
        let file = Bytes::from(vec![7_u8; CHUNK * 2 + 5]);
        for (answer, expected) in [
            ("stream: OK\0", Some(Verdict::Clean)),
            ("stream: Eicar-Signature FOUND\0", Some(Verdict::Found("Eicar-Signature".to_owned()))),
            ("INSTREAM size limit exceeded. ERROR\0", None),
        ] {
            let (address, served) = clamd(answer).await;
            let verdict = look_through(&Documents { clamd: address, ..config() }, &file).await;
            assert_eq!(verdict.ok(), expected, "{answer}");
            assert_eq!(served.await.unwrap(), file);
        }
        let nobody = Documents { clamd: "127.0.0.1:1".to_owned(), ..config() };
        assert!(look_through(&nobody, &file).await.is_err());
    }
}
