//! The index: what it finds, how fast, what half of it being replaced costs, and how soon it is back after a start.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::embedding::{Embedding, View};
use domain::ids::ViewId;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vision::embed::Embedder;
use vision::index::ViewIndex;
use vision::models::ModelFiles;

use super::peer::{Peer, figure};
use super::vectors::{Maker, VIEWS_PER_PRODUCT};
use super::{median, resident_mb, round};
use crate::Context;
use crate::cli::BenchArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::models;

/// How many are asked for.
const K: usize = 10;
/// A run is repeated until it has taken this long, so that a quick one is not all noise.
const LEAST_RUN: Duration = Duration::from_millis(500);
/// The search breadths that the peers try, up to where they find whatever we find.
const PEER_BREADTHS: [&str; 10] = ["16", "24", "32", "48", "64", "96", "128", "256", "512", "1024"];
/// Starts of a process that reloads the large index.
const RELOADS: usize = 3;
/// Chooses the made-up views.
const SEED: u64 = 7;

/// Shares, queries a second and milliseconds.
#[derive(Serialize)]
pub(super) struct IndexReport {
    /// Share of the ten nearest of an exact search of the unrounded vectors that the index finds.
    pub(super) recall_at_10: f64,
    /// The same right after half of the views were replaced one by one.
    pub(super) recall_after_churn: f64,
    /// And once the index has been built anew behind it.
    recall_after_rebuild: f64,
    /// One after another, on one core.
    pub(super) queries_per_s: f64,
    /// At the same recall, on one core.
    pub(super) hnswlib_queries_per_s: Option<f64>,
    /// At the same recall, on one core.
    pub(super) faiss_queries_per_s: Option<f64>,
    /// From a file to the first answer, of the large index.
    pub(super) reload_ms: f64,
    hnswlib_recall_at_10: Option<f64>,
    faiss_recall_at_10: Option<f64>,
    queries_per_s_after_churn: f64,
    build_s: f64,
    large_build_s: f64,
    large_memory_mb: f64,
    #[serde(skip)]
    pub(super) memory_mb: f64,
    large_file_mb: f64,
    pub(super) views: usize,
    pub(super) large_views: usize,
    dim: usize,
}

/// What a search of the unrounded vectors finds, for each query.
type Truth = Vec<Vec<ViewId>>;

/// Measures the index.
pub(super) fn measure(
    context: &Context,
    args: &BenchArgs,
    files: &ModelFiles,
    peer: Option<&Peer>,
    interrupt: &Interrupt,
) -> Result<IndexReport, Failure> {
    let (count, large_count, asked) = if args.quick { (4_000, 8_000, 200) } else { (20_000, 100_000, 1_000) };
    let dim = files.embedding_dim;
    let mut maker = Maker::new(&files.version, dim, count / VIEWS_PER_PRODUCT, SEED);
    let views = maker.views(count)?;
    let queries = maker.queries(asked)?;
    context.console.say(format_args!("searching {count} views of {dim} numbers on one core"));
    let begun = Instant::now();
    let index = ViewIndex::from_views(files.version.clone(), dim, views.clone())?;
    index.wait_for_rebuild();
    let build_s = begun.elapsed().as_secs_f64();
    interrupt.check()?;
    let recall_at_10 = recall(&index, &queries, &exact(&views, &queries))?;
    let mut rates = vec![rate(&index, &queries)?];
    let peers = Peers::measure(context, args, peer, &views, &queries, recall_at_10, interrupt, || {
        rates.push(rate(&index, &queries)?);
        Ok(())
    })?;
    context.console.say("replacing half of the views");
    let churned = churn(&index, &views, &mut maker)?;
    let truth = exact(&churned, &queries);
    let recall_after_churn = recall(&index, &queries, &truth)?;
    let queries_per_s_after_churn = rate(&index, &queries)?;
    index.wait_for_rebuild();
    let recall_after_rebuild = recall(&index, &queries, &truth)?;
    drop(index);
    interrupt.check()?;
    let large = Large::measure(context, args, files, large_count, interrupt)?;
    Ok(IndexReport {
        recall_at_10: round(recall_at_10, 4),
        recall_after_churn: round(recall_after_churn, 4),
        recall_after_rebuild: round(recall_after_rebuild, 4),
        queries_per_s: round(median(rates), 0),
        hnswlib_queries_per_s: peers.hnswlib.map(|found| found.1),
        faiss_queries_per_s: peers.faiss.map(|found| found.1),
        reload_ms: large.reloaded.reload_ms,
        hnswlib_recall_at_10: peers.hnswlib.map(|found| found.0),
        faiss_recall_at_10: peers.faiss.map(|found| found.0),
        queries_per_s_after_churn: round(queries_per_s_after_churn, 0),
        build_s: round(build_s, 2),
        large_build_s: large.build_s,
        large_memory_mb: large.reloaded.index_mb,
        memory_mb: large.reloaded.memory_mb,
        large_file_mb: large.file_mb,
        views: count,
        large_views: large_count,
        dim,
    })
}

fn exact(views: &[View], queries: &[Embedding]) -> Truth {
    let nearest = |query: &Embedding| {
        let mut scores: Vec<(f32, ViewId)> = views
            .iter()
            .map(|view| {
                let pairs = view.embedding.values().iter().zip(query.values());
                (pairs.map(|(a, b)| a * b).sum(), view.id)
            })
            .collect();
        scores.select_nth_unstable_by(K, |a, b| b.0.total_cmp(&a.0));
        scores.truncate(K);
        scores.into_iter().map(|(_, id)| id).collect()
    };
    queries.par_iter().map(nearest).collect()
}

fn recall(index: &ViewIndex, queries: &[Embedding], truth: &Truth) -> Result<f64, Failure> {
    let mut found = 0;
    for (query, right) in queries.iter().zip(truth) {
        found += index.search(query, K)?.iter().filter(|hit| right.contains(&hit.view)).count();
    }
    Ok(found as f64 / (queries.len() * K) as f64)
}

/// Queries a second, one after another.
fn rate(index: &ViewIndex, queries: &[Embedding]) -> Result<f64, Failure> {
    let mut asked = 0;
    let begun = Instant::now();
    while asked == 0 || begun.elapsed() < LEAST_RUN {
        for query in queries {
            std::hint::black_box(index.search(query, K)?);
        }
        asked += queries.len();
    }
    Ok(asked as f64 / begun.elapsed().as_secs_f64())
}

/// Replaces every other view by a new one of the same product, one by one as enrolment does; gives what is left.
fn churn(index: &ViewIndex, views: &[View], maker: &mut Maker) -> Result<Vec<View>, Failure> {
    let mut left = Vec::with_capacity(views.len());
    let fresh = maker.views(views.len() / 2)?;
    for (pair, new) in views.chunks(2).zip(fresh) {
        let [gone, stays] = pair else { break };
        index.remove_view(gone.id);
        index.insert(new.clone())?;
        left.extend([stays.clone(), new]);
    }
    Ok(left)
}

/// Recall and queries a second of the peers, each at the recall of ours.
#[derive(Default)]
struct Peers {
    hnswlib: Option<(f64, f64)>,
    faiss: Option<(f64, f64)>,
}

impl Peers {
    #[expect(clippy::too_many_arguments, reason = "called once, and each is a different thing")]
    fn measure(
        context: &Context,
        args: &BenchArgs,
        peer: Option<&Peer>,
        views: &[View],
        queries: &[Embedding],
        recall: f64,
        interrupt: &Interrupt,
        mut in_between: impl FnMut() -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let Some(peer) = peer else { return Ok(Self::default()) };
        let folder = tempfile::tempdir().context("failed to make a folder for the peers' vectors")?;
        let (base, asked) = (folder.path().join("base.f32"), folder.path().join("asked.f32"));
        write_rows(&base, views.iter().map(|view| &view.embedding))?;
        write_rows(&asked, queries)?;
        let (target, dim) = (recall.to_string(), queries[0].values().len().to_string());
        let mut arguments: Vec<&OsStr> = vec![
            "--vectors".as_ref(),
            base.as_ref(),
            "--queries".as_ref(),
            asked.as_ref(),
            "--dim".as_ref(),
            dim.as_ref(),
            "--target-recall".as_ref(),
            target.as_ref(),
            "--threads".as_ref(),
            "1".as_ref(),
            "--ef".as_ref(),
        ];
        arguments.extend(PEER_BREADTHS.map(OsStr::new));
        let mut reports = Vec::new();
        for _ in 0..if args.quick { 1 } else { 2 } {
            context.console.say("searching the same views with the peers in Python");
            reports.extend(peer.run(context, &arguments, interrupt)?);
            in_between()?;
        }
        Ok(Self { hnswlib: best(&reports, "hnswlib"), faiss: best(&reports, "faiss") })
    }
}

/// A peer's recall and rate over its runs, each the median: at our recall, or at its best where it does not reach it.
fn best(reports: &[Value], name: &str) -> Option<(f64, f64)> {
    let mut recalls = Vec::new();
    let mut rates = Vec::new();
    for report in reports {
        let runs = report.pointer(&format!("/{name}/runs"))?.as_array()?;
        let reached = report.pointer(&format!("/{name}/at_target")).filter(|run| run.is_object());
        let run = reached.or_else(|| runs.last())?;
        recalls.push(figure(Some(run), "/recall_at_k")?);
        rates.push(figure(Some(run), "/queries_per_s")?);
    }
    (!rates.is_empty()).then(|| (round(median(recalls), 4), round(median(rates), 0)))
}

/// Rows of little-endian float32.
fn write_rows<'a>(path: &Path, rows: impl IntoIterator<Item = &'a Embedding>) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
        for value in rows.into_iter().flat_map(Embedding::values) {
            out.write_all(&value.to_le_bytes())?;
        }
        out.flush()
    };
    write().with_context(|| format!("failed to write `{}`", path.display()))?;
    Ok(())
}

/// A chain's worth of views: what a start costs.
struct Large {
    build_s: f64,
    file_mb: f64,
    reloaded: Reloaded,
}

impl Large {
    fn measure(
        context: &Context,
        args: &BenchArgs,
        files: &ModelFiles,
        count: usize,
        interrupt: &Interrupt,
    ) -> Result<Self, Failure> {
        context.console.say(format_args!("building an index of {count} views and reloading it"));
        let folder = tempfile::tempdir().context("failed to make a folder for the index")?;
        let path = folder.path().join("index");
        let mut maker = Maker::new(&files.version, files.embedding_dim, count / VIEWS_PER_PRODUCT, SEED + 1);
        let begun = Instant::now();
        let index = ViewIndex::from_views(files.version.clone(), files.embedding_dim, maker.views(count)?)?;
        index.wait_for_rebuild();
        let build_s = round(begun.elapsed().as_secs_f64(), 1);
        index.save(&path)?;
        drop(index);
        interrupt.check()?;
        let file_mb = std::fs::metadata(&path).map_or(0.0, |file| file.len() as f64 / 1e6);
        let reloaded = Reloaded::in_fresh_processes(context, args, &path)?;
        Ok(Self { build_s, file_mb: round(file_mb, 1), reloaded })
    }
}

/// What a process that has just started finds: one that has built indexes has memory left over from it.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Reloaded {
    /// From the file to the first answer.
    reload_ms: f64,
    /// What the index adds to the process's memory.
    index_mb: f64,
    /// The process with an open session and the index.
    memory_mb: f64,
}

impl Reloaded {
    /// The median of several starts.
    fn in_fresh_processes(context: &Context, args: &BenchArgs, index: &Path) -> Result<Self, Failure> {
        let starts = (0..RELOADS).map(|_| Self::in_a_fresh_process(context, args, index));
        let starts = starts.collect::<Result<Vec<Self>, Failure>>()?;
        let over = |field: fn(&Self) -> f64| round(median(starts.iter().map(field).collect()), 1);
        Ok(Self {
            reload_ms: over(|start| start.reload_ms),
            index_mb: over(|start| start.index_mb),
            memory_mb: over(|start| start.memory_mb),
        })
    }

    fn in_a_fresh_process(context: &Context, args: &BenchArgs, index: &Path) -> Result<Self, Failure> {
        let program = std::env::current_exe().context("failed to find this program's own file")?;
        let mut command = Command::new(program);
        command.args(["bench", "--json", "--reload-index"]).arg(index);
        command.arg("--models").arg(models::folder(context));
        if let Some(model) = &args.model {
            command.args(["--model", model]);
        }
        let output = command.output().context("failed to start this program once more")?;
        let last = output.stdout.split(|&byte| byte == b'\n').rfind(|line| !line.is_empty());
        match last.map(serde_json::from_slice) {
            Some(Ok(reloaded)) if output.status.success() => Ok(reloaded),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                Err(Failure::new(format!("the index could not be reloaded: {said}")))
            }
        }
    }

    /// Measures it in this process, which has done nothing else.
    pub(super) fn measure(files: &ModelFiles, path: &Path) -> Result<Self, Failure> {
        let mut embedder = Embedder::open(files, 1)?;
        let side = files.input_side as usize;
        let vector = embedder.embed(&[vec![90; side * side * 3]])?.remove(0);
        let before = resident_mb();
        let begun = Instant::now();
        let index = ViewIndex::load(path, &files.version)?;
        index.search(&vector, K)?;
        let reload_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let memory_mb = resident_mb();
        Ok(Self { reload_ms: round(reload_ms, 1), index_mb: round(memory_mb - before, 1), memory_mb })
    }
}
