//! Files that are made to hurt whoever reads them: bombs, cycles, truncations, attacks by entities and sizes, random damage.
//!
//! Each is made by a seed and a number, so that one that does harm can be made again. [`child`] sends each to the confined process
//! as a server does, [`endpoint`] to a real cloud. What has to hold: each is answered in time and with a reason, and nothing stays
//! behind.

mod archives;
mod catalogues;
mod child;
mod drawings;
mod endpoint;
mod mails;
mod markup;
mod mutations;
mod pdfs;
mod pictures;
mod sheets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::ValueEnum;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::Serialize;

use crate::process::sibling;

/// The longest that anything may take to be answered. A cloud that was built for tests, without optimisation, matches and stores the
/// lines of large documents several times slower.
const ANSWERED_WITHIN: Duration = Duration::from_secs(if cfg!(debug_assertions) { 25 } else { 10 });
/// For sending the file and the answer itself.
const GRACE: Duration = Duration::from_millis(500);

/// A file of the corpus.
#[derive(Debug, Clone)]
pub struct HostileFile {
    /// What is tried.
    pub family: &'static str,
    /// What is tried, more closely, with the number that makes it again.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl HostileFile {
    /// Whether it is sent as a catalogue; all others are suppliers' documents.
    pub(super) fn is_catalogue(&self) -> bool {
        self.family == CATALOGUE
    }
}

/// The family that goes another way than all others.
const CATALOGUE: &str = "catalogue";

/// Makes one file by chance.
type Maker = fn(&mut ChaCha8Rng) -> Vec<u8>;

/// Every attack with its family. Mutations fill up what is asked for beyond.
fn makers() -> Vec<(&'static str, &'static str, Maker)> {
    let families: [(&'static str, &[(&'static str, Maker)]); 8] = [
        ("archive", archives::MAKERS),
        ("xml", markup::MAKERS),
        ("pdf", pdfs::MAKERS),
        ("picture", pictures::MAKERS),
        ("sheet", sheets::MAKERS),
        ("drawing", drawings::MAKERS),
        ("mail", mails::MAKERS),
        (CATALOGUE, catalogues::MAKERS),
    ];
    let all = families
        .iter()
        .flat_map(|(family, makers)| makers.iter().map(|(name, maker)| (*family, *name, *maker)));
    all.collect()
}

/// File `number` of the corpus that `seed` makes: two of three are attacks in turn, the third is a small valid file with damage. Of one
/// family alone all are its attacks in turn.
pub fn file(seed: u64, number: usize, family: Option<&str>) -> anyhow::Result<HostileFile> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let mut makers = makers();
    let turn = match family {
        None if number % 3 == 2 => {
            let (name, bytes) = mutations::mutate(&mut rng);
            return Ok(HostileFile { family: "mutation", name: format!("{name}-{seed}-{number}"), bytes });
        }
        None => number / 3 * 2 + number % 3,
        Some(family) => {
            makers.retain(|(of, ..)| *of == family);
            ensure!(!makers.is_empty(), "there is no family `{family}`");
            number
        }
    };
    let (family, name, maker) = makers[turn % makers.len()];
    Ok(HostileFile { family, name: format!("{name}-{seed}-{number}"), bytes: maker(&mut rng) })
}

/// What came of one file.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Something was read.
    Read,
    /// It was refused, with a reason.
    Refused,
    /// Its process ended without an answer: what a server says instead.
    Ended(String),
    /// What must not be.
    Wrong(String),
}

impl Outcome {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Refused => "refused",
            Self::Ended(_) => "ended",
            Self::Wrong(_) => "wrong",
        }
    }
}

/// Which way files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Through {
    /// To a confined process, as a server starts one.
    Child,
    /// To the endpoint of a real cloud.
    Server,
}

/// What is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which way.
    pub through: Through,
    /// How many files.
    pub files: usize,
    /// Attacks of one family alone.
    pub family: Option<String>,
    /// What they are made by.
    pub seed: u64,
    /// Where to keep a copy of each that was not answered as it has to be.
    pub keep: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Report {
    rig: &'static str,
    through: &'static str,
    seed: u64,
    files: usize,
    /// How many of each family.
    families: BTreeMap<&'static str, usize>,
    /// How many were read at least in part, refused with a reason, or ended their process, which is a reason too.
    outcomes: BTreeMap<&'static str, usize>,
    /// Those that ended their process, with how.
    ended: Vec<String>,
    /// Those that were not answered as they have to be.
    failures: Vec<String>,
    slowest_ms: u128,
    slowest: String,
    seconds: f64,
    /// Whether each was answered in time, with a reason, and left nothing behind.
    pub ok: bool,
}

/// Sends each file on its way. `folder` is for what a cloud keeps.
pub fn run(plan: &Plan, folder: &Path) -> anyhow::Result<Report> {
    let began = Instant::now();
    let mut report = Report::new(plan);
    let program = sibling("tillsight-cloud")?;
    let mut server = match plan.through {
        Through::Child => None,
        Through::Server => Some(endpoint::Endpoint::start(folder)?),
    };
    for number in 0..plan.files {
        let file = file(plan.seed, number, plan.family.as_deref())?;
        let asked = Instant::now();
        let outcome = match &mut server {
            None => child::ask(&program, &file)?,
            Some(server) => server.ask(&file, ANSWERED_WITHIN.as_secs())?,
        };
        if let Some(failure) = report.note(&file, &outcome, asked.elapsed()) {
            eprintln!("{failure}");
            if let Some(folder) = &plan.keep {
                std::fs::create_dir_all(folder)?;
                std::fs::write(folder.join(&file.name), &file.bytes)?;
            }
            report.failures.push(failure);
        }
    }
    if let Some(server) = server {
        server.end()?;
    }
    report.seconds = began.elapsed().as_secs_f64();
    report.ok = report.failures.is_empty();
    Ok(report)
}

impl Report {
    fn new(plan: &Plan) -> Self {
        Self {
            rig: "hostile",
            through: if plan.through == Through::Child { "child" } else { "server" },
            seed: plan.seed,
            files: plan.files,
            families: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            ended: Vec::new(),
            failures: Vec::new(),
            slowest_ms: 0,
            slowest: String::new(),
            seconds: 0.0,
            ok: false,
        }
    }

    /// Writes down what came of a file; gives back what must not be.
    fn note(&mut self, file: &HostileFile, outcome: &Outcome, took: Duration) -> Option<String> {
        *self.families.entry(file.family).or_default() += 1;
        *self.outcomes.entry(outcome.word()).or_default() += 1;
        if took.as_millis() > self.slowest_ms {
            self.slowest_ms = took.as_millis();
            self.slowest.clone_from(&file.name);
        }
        match outcome {
            Outcome::Wrong(what) => return Some(format!("{}: {what}", file.name)),
            Outcome::Ended(how) => self.ended.push(format!("{}: {how}", file.name)),
            Outcome::Read | Outcome::Refused => {}
        }
        (took > ANSWERED_WITHIN + GRACE)
            .then(|| format!("{}: answered after {} ms", file.name, took.as_millis()))
    }
}
