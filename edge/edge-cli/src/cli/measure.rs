//! `eval` and `bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const IMAGES_EXAMPLES: &str = "\
DIR holds train.txt, val.txt, test.txt and classes.csv as GroceryStoreDataset has them, or one folder of photos per
class, which is then split by the seed. Products are enrolled from `train`; nothing is ever fitted on the photos asked
about. Vectors are kept in $TILLSIGHT_CACHE (else ~/.cache/tillsight), so a second run is quick.

Examples:
  tillsight eval images --dataset grocery/ --split val --json
  tillsight eval images --dataset photos/ --split test --model lite0 --limit-enrol 5";

const LEARNING_EXAMPLES: &str = "\
1, 3 and 5 photos of each class are enrolled from `train`; others of `train` are sold. What the till accepts is taken for
what it says, right or wrong, and what it asks about for what it is. After 5 and 20 sales of each class it learns, and the
split is asked about.

Examples:
  tillsight eval learning --dataset grocery/ --split val --json";

const TABLES_EXAMPLES: &str = "\
Examples:
  tillsight eval tables --dataset grocery/ --split val --json
  tillsight eval tables --dataset grocery/ --split val --markdown > tables.md";

const REPORT_EXAMPLES: &str = "\
The page needs nothing but itself: it can be mailed, printed and opened without a network. The file is written anew. For
the photos that were taken for something else it holds small pictures of the photos: keep it where the photos may be seen.
A model of another folder is named by the folder and its name there, or by the folder alone for that folder's default.
Every model is set against the first one.

Examples:
  tillsight eval report --dataset grocery/ --split val --out report.html
  tillsight eval report --dataset grocery/ --split val --model lite2 --model lite0 --quick --out report.html
  tillsight eval report --dataset grocery/ --split val --model lite2 --model runs/export/lite2-int8 --out report.html";

const TRAY_EXAMPLES: &str = "\
Products are cut out of the pictures on white that a data set's classes.csv names (or are those of the simulated shop),
photographed one at a time on a tray for enrolment, and then laid several to a tray: with gaps, touching, and overlapping.

Examples:
  tillsight eval tray --dataset grocery/ --json
  tillsight eval tray --trays 20 --markdown";

const BOXES_EXAMPLES: &str = "\
Beside each photo lies what labelme wrote of it: a file of the same name with .json, with a rectangle for each thing. The
photos show no empty tray, so what differs from their border is taken for things. Without the folder nothing is measured,
and that is said.

Examples:
  tillsight eval boxes --dataset fruit-boxes/ --json";

pub(crate) const BENCH_EXAMPLES: &str = "\
Two things that are compared are measured in turns, and the median of the ratios counts. The peers in Python
(onnxruntime with Pillow, hnswlib, faiss) are measured where they are installed; elsewhere their fields are null.

Examples:
  tillsight bench
  tillsight bench --json --photos grocery/val --python venv/bin/python";

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    #[command(subcommand)]
    pub(crate) command: EvalCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvalCommand {
    /// Enrol a data set's training photos and ask about another split, as a till would
    #[command(after_help = IMAGES_EXAMPLES)]
    Images(ImagesArgs),
    /// Enrol a few photos, sell others, and see what the till learns from its sales
    #[command(after_help = LEARNING_EXAMPLES)]
    Learning(LearningArgs),
    /// Make the model card's tables: few photos, covered, dark, blurred and noisy photos, unknown products
    #[command(after_help = TABLES_EXAMPLES)]
    Tables(TablesArgs),
    /// Write a page that shows how well models do, how sure that is, and what they take for what
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Compose trays of several products and see whether all are found and named
    #[command(after_help = TRAY_EXAMPLES)]
    Tray(TrayArgs),
    /// Find the things on photos with labelled boxes, whatever they are
    #[command(after_help = BOXES_EXAMPLES)]
    Boxes(BoxesArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ImagesArgs {
    /// The folder of the data set
    #[arg(long, value_name = "DIR")]
    pub(crate) dataset: PathBuf,

    /// The split to ask about
    #[arg(long, value_name = "NAME")]
    pub(crate) split: String,

    /// The model, by its name in the manifest [default: the manifest's]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// Enrol at most this many photos of a class
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit_enrol: Option<u32>,

    /// Chooses which photos `--limit-enrol` takes and how a plain folder is split
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct LearningArgs {
    /// The folder of the data set
    #[arg(long, value_name = "DIR")]
    pub(crate) dataset: PathBuf,

    /// The split to ask about
    #[arg(long, value_name = "NAME")]
    pub(crate) split: String,

    /// The model, by its name in the manifest [default: the manifest's]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// Repeat it with this many seeds and give the mean
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) seeds: u32,

    /// Chooses which photos are enrolled and in which order the others are sold
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct TablesArgs {
    /// The folder of the data set
    #[arg(long, value_name = "DIR")]
    pub(crate) dataset: PathBuf,

    /// The split to ask about
    #[arg(long, value_name = "NAME")]
    pub(crate) split: String,

    /// The models, by their names in the manifest; give it once per model
    // Its own id: two arguments with one id, here the global `--models`, are one to clap.
    #[arg(id = "model_names", long = "model", value_name = "NAME", default_values = ["lite2", "lite0"])]
    pub(crate) names: Vec<String>,

    /// Repeat what depends on chance with this many seeds and give the mean
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) seeds: u32,

    /// Print the tables as Markdown; with --json the object follows on the last line
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The folder of the data set
    #[arg(long, value_name = "DIR")]
    pub(crate) dataset: PathBuf,

    /// The split to ask about
    #[arg(long, value_name = "NAME")]
    pub(crate) split: String,

    /// The models, by their names in the manifest; give it once per model [default: the manifest's]
    #[arg(id = "model_names", long = "model", value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// The HTML file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Leave out the tables of few photos, bad photos and unknown products
    #[arg(long)]
    pub(crate) quick: bool,

    /// Chooses the draws behind the intervals and how a plain folder is split
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct TrayArgs {
    /// The folder of a data set with a picture on white of each product; without it, the simulated shop
    #[arg(long, value_name = "DIR")]
    pub(crate) dataset: Option<PathBuf>,

    /// The folder of the simulated shop's pictures [default: where `cargo xtask shop` puts them]
    #[arg(long, value_name = "DIR", conflicts_with = "dataset")]
    pub(crate) shop: Option<PathBuf>,

    /// Trays of each kind
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) trays: u32,

    /// Photos to enrol a product with
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) photos: u32,

    /// Chooses products, poses, trays and light
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// The model, by its name in the manifest [default: the manifest's]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// Print the table as Markdown; with --json the object follows on the last line
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BoxesArgs {
    /// The folder of the photos
    #[arg(long, value_name = "DIR")]
    pub(crate) dataset: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Embed these photos; without it, made-up ones are used
    #[arg(long, value_name = "DIR")]
    pub(crate) photos: Option<PathBuf>,

    /// The model, by its name in the manifest [default: the manifest's]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// The Python that has the peers installed [default: the one in the cache, where there is one]
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,

    /// A float32 graph of lite0 that a thing on the tray is set against: `models/make_models.py --float` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) reference: Option<PathBuf>,

    /// Smaller figures in less time: for finding out whether it works, not for quoting
    #[arg(long)]
    pub(crate) quick: bool,

    /// Only reload an index from this file and say what it costs: what `bench` has a fresh process do
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) reload_index: Option<PathBuf>,
}
