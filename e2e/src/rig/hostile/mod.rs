//! Files that are made to hurt whoever reads them: bombs, cycles, truncations, attacks by entities and sizes, random damage.
//!
//! Each is made by a seed and a number, so that one that does harm can be made again. [`child`] sends each to the confined process
//! as a server does. What has to hold: each is answered in time and with a reason, and nothing stays behind.

mod archives;
mod child;
mod drawings;
mod mails;
mod markup;
mod mutations;
mod pdfs;
mod pictures;
mod sheets;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::Serialize;

use crate::process::sibling;

/// The longest that anything may take to be answered.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

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

/// Makes one file by chance.
type Maker = fn(&mut ChaCha8Rng) -> Vec<u8>;

/// Every attack with its family. Mutations fill up what is asked for beyond.
fn makers() -> Vec<(&'static str, &'static str, Maker)> {
    let families: [(&'static str, &[(&'static str, Maker)]); 7] = [
        ("archive", archives::MAKERS),
        ("xml", markup::MAKERS),
        ("pdf", pdfs::MAKERS),
        ("picture", pictures::MAKERS),
        ("sheet", sheets::MAKERS),
        ("drawing", drawings::MAKERS),
        ("mail", mails::MAKERS),
    ];
    let all = families
        .iter()
        .flat_map(|(family, makers)| makers.iter().map(|(name, maker)| (*family, *name, *maker)));
    all.collect()
}

/// File `number` of the corpus that `seed` makes: two of three are attacks in turn, the third is a small valid file with damage.
pub fn file(seed: u64, number: usize) -> HostileFile {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let makers = makers();
    let (family, name, bytes) = if number % 3 == 2 {
        let (name, bytes) = mutations::mutate(&mut rng);
        ("mutation", name, bytes)
    } else {
        let turn = number / 3 * 2 + number % 3;
        let (family, name, maker) = makers[turn % makers.len()];
        (family, name, maker(&mut rng))
    };
    HostileFile { family, name: format!("{name}-{seed}-{number}"), bytes }
}

/// What is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many files.
    pub files: usize,
    /// What they are made by.
    pub seed: u64,
    /// Where to keep a copy of each that was not answered as it has to be.
    pub keep: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Report {
    rig: &'static str,
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

/// Sends each file to a confined process of its own.
pub fn run(plan: &Plan) -> anyhow::Result<Report> {
    let program = sibling("tillsight-cloud")?;
    let began = Instant::now();
    let mut report = Report {
        rig: "hostile",
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
    };
    for number in 0..plan.files {
        let file = file(plan.seed, number);
        *report.families.entry(file.family).or_default() += 1;
        let asked = Instant::now();
        let outcome = child::ask(&program, &file)?;
        let took = asked.elapsed();
        if took.as_millis() > report.slowest_ms {
            report.slowest_ms = took.as_millis();
            report.slowest.clone_from(&file.name);
        }
        *report.outcomes.entry(outcome.word()).or_default() += 1;
        if let child::Outcome::Ended(how) = &outcome {
            report.ended.push(format!("{}: {how}", file.name));
        }
        let failure = match &outcome {
            child::Outcome::Wrong(what) => Some(what.clone()),
            _ if took > ANSWERED_WITHIN => Some(format!("answered after {} ms", took.as_millis())),
            _ => None,
        };
        if let Some(what) = failure {
            eprintln!("{}: {what}", file.name);
            report.failures.push(format!("{}: {what}", file.name));
            if let Some(folder) = &plan.keep {
                std::fs::create_dir_all(folder)?;
                std::fs::write(folder.join(&file.name), &file.bytes)?;
            }
        }
    }
    report.seconds = began.elapsed().as_secs_f64();
    report.ok = report.failures.is_empty();
    Ok(report)
}
