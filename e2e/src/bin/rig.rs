//! `rig NAME`: tries to make a till lose a sale. `cargo xtask rig NAME` builds and runs it.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use e2e::rig::{
    drain, footprint, forecast_load, hostile, image, ingest, kill, kill_fleet, kill_import, kill_till,
    lossy_link, notify, power_cut, price_swarm, re_embed, restore_drill, schemathesis, seller, shop_year,
    writer,
};
use serde_json::{Value, json};

/// Tries to make a till lose a sale, and says whether it did.
///
/// The last line on stdout is one JSON object; talk goes to stderr. Exit codes: 0 all is as it must be, or the rig cannot run
/// on this machine (`skipped` says why); 1 something was lost, doubled or broken, or the rig itself failed.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    rig: Rig,
}

#[derive(Debug, Subcommand)]
enum Rig {
    /// Cuts the power while a store sells (needs root and loop devices).
    PowerCut {
        /// How often.
        #[arg(long, default_value_t = 100)]
        cuts: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Kills a process that sells, again and again over one store.
    KillStore {
        /// How often.
        #[arg(long, default_value_t = 500)]
        kills: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Kills the whole daemon while shoppers pay, and compares receipts, journal and the terminal's ledger.
    KillTill {
        /// How often.
        #[arg(long, default_value_t = 500)]
        kills: u32,
        /// Folder of the models.
        #[arg(long, default_value = "models/built")]
        models: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Measures memory with a large catalogue, and the time from start to first recognition.
    Footprint {
        /// Products in the catalogue.
        #[arg(long, default_value_t = 10_000)]
        products: usize,
        /// Views of each product that the simulated shop does not sell itself.
        #[arg(long, default_value_t = 8)]
        views: usize,
        /// Folder of the models.
        #[arg(long, default_value = "models/built")]
        models: PathBuf,
        /// Accepted for symmetry with other commands: the last line is JSON in any case.
        #[arg(long)]
        json: bool,
    },
    /// Kills whoever tells people of things, and compares what was to be told with what came.
    Notify {
        /// Things to tell of.
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        /// How often.
        #[arg(long, default_value_t = 20)]
        kills: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Forecasts series with several worker processes that share the work through PostgreSQL.
    ForecastLoad(ForecastLoadArgs),
    /// Moves a shop to another model while shoppers buy.
    ReEmbed {
        /// Folder of the models.
        #[arg(long, default_value = "models/built")]
        models: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Kills tills, the cloud, its database and its broker while they work.
    KillFleet {
        /// How often.
        #[arg(long, default_value_t = 500)]
        kills: u32,
        #[command(flatten)]
        parts: kill_fleet::Parts,
        /// Folder of the models.
        #[arg(long, default_value = "models/built")]
        models: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Kills a cloud while it takes catalogues in, and compares what it has with what the files said.
    KillImport(KillImportArgs),
    /// Burns a cloud down while tills sell, brings it back from a backup, and compares its books with what was sold.
    RestoreDrill(FireArgs),
    /// Tills that were away for days bring the cloud what they sold.
    Drain {
        /// Tills.
        #[arg(long, default_value_t = 1)]
        tills: u32,
        /// Sales that each made meanwhile: 1,050 are three days.
        #[arg(long, default_value_t = 1050)]
        sales: u64,
        /// The cloud's database; SQLite when not given.
        #[arg(long)]
        database: Option<String>,
        /// Folder of the models.
        #[arg(long, default_value = "models/built")]
        models: PathBuf,
        /// Accepted for symmetry with other commands: the last line is JSON in any case.
        #[arg(long)]
        json: bool,
    },
    /// Tills sell over a line that drops packets and on which acks are lost after the commit (needs root, nftables, iproute2).
    LossyLink {
        /// Tills.
        #[arg(long, default_value_t = 16)]
        tills: usize,
        /// Packets of a hundred that are dropped, each way.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=60))]
        loss: u8,
        /// How often the cloud falls silent, so that what it commits is acked to nobody.
        #[arg(long, default_value_t = 10)]
        silences: u32,
        /// The namespace is there: the rig starts itself in it.
        #[arg(long, hide = true)]
        inside: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Measures how many sales a second the cloud takes in, and how long a till waits for an ack at half of that.
    Ingest {
        /// Where the cloud keeps its truth.
        #[arg(long, value_enum, default_value = "sqlite")]
        database: ingest::Database,
        /// Tills.
        #[arg(long, default_value_t = 100)]
        tills: usize,
        /// How long each of the two loads lasts.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Sales of each till that wait for acks while the most is measured.
        #[arg(long, default_value_t = 32)]
        backlog: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Measures how long a change of all prices takes to the last of many tills that are connected.
    PriceSwarm {
        /// Where the cloud keeps its truth.
        #[arg(long, value_enum, default_value = "sqlite")]
        database: ingest::Database,
        /// Tills.
        #[arg(long, default_value_t = 2_000)]
        tills: usize,
        /// How often all prices change.
        #[arg(long, default_value_t = 3)]
        changes: u32,
        /// Products in the catalogue.
        #[arg(long, default_value_t = 2_000)]
        products: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Compares the answers of the gateway with its own description.
    Schemathesis {
        /// Where the cloud keeps its truth.
        #[arg(long, value_enum, default_value = "sqlite")]
        database: ingest::Database,
        /// Cases for each endpoint.
        #[arg(long, default_value_t = 200)]
        examples: u32,
        /// Ask no sequences of endpoints, only each for itself.
        #[arg(long)]
        alone: bool,
        /// The program; `cargo xtask` says where it has put it.
        #[arg(long, env = "SCHEMATHESIS", default_value = "schemathesis")]
        program: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Lets three policies of ordering run a simulated shop and compares what each costs.
    ShopYear(ShopYearArgs),
    /// Sends readers of suppliers' documents files that are meant to hurt them.
    Hostile(HostileArgs),
    /// Sells and brings the cloud its sales until it is killed: the rigs start it themselves.
    #[command(hide = true)]
    Seller {
        /// The store's directory.
        #[arg(long)]
        store: PathBuf,
        /// Where to write down what was promised.
        #[arg(long)]
        acks: PathBuf,
        /// The number of the first sale.
        #[arg(long)]
        first: u64,
        /// What pauses are chosen by.
        #[arg(long)]
        seed: u64,
        /// Bring in what is there and sell nothing.
        #[arg(long)]
        closing: bool,
    },
    /// Sells until something happens to it: the rigs start it themselves.
    #[command(hide = true)]
    Writer {
        /// The store's directory.
        #[arg(long)]
        store: PathBuf,
        /// Where to write down what was promised.
        #[arg(long)]
        acks: PathBuf,
        /// The number of the first sale.
        #[arg(long)]
        first: u64,
        /// What declines and pauses are chosen by.
        #[arg(long)]
        seed: u64,
        /// Without syncing each sale.
        #[arg(long)]
        careless: bool,
    },
}

#[derive(Debug, Args)]
struct FireArgs {
    /// The cloud keeps its truth in a private PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
    /// Sales of each till before the backup, and again between the backup and the fire.
    #[arg(long, default_value_t = 300)]
    sales: u64,
    /// Folder of the models.
    #[arg(long, default_value = "models/built")]
    models: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct KillImportArgs {
    /// How often while files are planned and applied; 1C's exchange is killed up to as often again.
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// Rows of each file.
    #[arg(long, default_value_t = 5_000)]
    rows: usize,
    /// The cloud keeps its truth in a private PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct HostileArgs {
    /// Which way they go.
    #[arg(long, value_enum, default_value = "child")]
    through: hostile::Through,
    /// How many.
    #[arg(long, default_value_t = 600)]
    files: usize,
    /// Attacks of one family alone, and no damaged files of others.
    #[arg(long)]
    family: Option<String>,
    /// Where to keep a copy of each that was not answered as it has to be.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct ForecastLoadArgs {
    /// How many processes, one number after another.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4])]
    workers: Vec<u32>,
    /// Series (a product in a store), rounded up to stores of 200.
    #[arg(long, default_value_t = 2_000)]
    series: usize,
    /// Days of history.
    #[arg(long, default_value_t = 400)]
    days: u32,
    /// Also kills one of two workers in the middle of a run.
    #[arg(long)]
    kill: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct ShopYearArgs {
    /// Days that count.
    #[arg(long, default_value_t = 365)]
    days: usize,
    /// Days before these on which our service levels are chosen; the others are tuned on 308 days.
    #[arg(long, default_value_t = 91)]
    tuning_days: usize,
    /// Simulate every so many-th of the 200 products only.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Try our policy by forecasts from each product's own past alone, too.
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// The same seed chooses the same moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Accepted for symmetry with other commands: the last line is JSON in any case.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let (report, ok) = match Arguments::parse().rig {
        Rig::Writer { store, acks, first, seed, careless } => {
            writer::run(&store, &acks, first, seed, careless)?;
            return Ok(ExitCode::SUCCESS);
        }
        Rig::Seller { store, acks, first, seed, closing } => {
            seller::run(&seller::SellerPlan { store: &store, acks: &acks, first, seed, closing })?;
            return Ok(ExitCode::SUCCESS);
        }
        Rig::KillFleet { kills, parts, models, common } => {
            let (models, scratch) = (made(&models)?, tempfile::tempdir()?);
            let report = kill_fleet::run(kills, common.seed, parts, &models, scratch.path())?;
            (serde_json::to_value(&report)?, report.ok)
        }
        Rig::PowerCut { cuts, common } => cut_power(cuts, common.seed)?,
        Rig::KillStore { kills, common } => {
            let report = kill::run(kills, common.seed)?;
            (serde_json::to_value(&report)?, report.ok)
        }
        Rig::KillTill { kills, models, common } => {
            let (models, scratch) = (made(&models)?, tempfile::tempdir()?);
            let report =
                kill_till::run(kills, common.seed, &models, &pictures(), &scratch.path().join("till"))?;
            (serde_json::to_value(&report)?, report.ok)
        }
        Rig::Footprint { products, views, models, json: _ } => {
            let (models, scratch) = (made(&models)?, tempfile::tempdir()?);
            let report = footprint::run(products, views, &models, &pictures(), &scratch.path().join("till"))?;
            (serde_json::to_value(&report)?, true)
        }
        Rig::Drain { tills, sales, database, models, json: _ } => {
            let (models, scratch) = (made(&models)?, tempfile::tempdir()?);
            let report = drain::run(tills, sales, database, &models, &pictures(), scratch.path())?;
            (serde_json::to_value(&report)?, report.exact)
        }
        Rig::KillImport(asked) => kill_imports(&asked)?,
        Rig::RestoreDrill(asked) => burn_down(&asked)?,
        Rig::LossyLink { inside: false, .. } if lossy_link::missing().is_none() => {
            return lossy_link::enter();
        }
        Rig::LossyLink { tills, loss, silences, inside: _, common } => {
            lose_packets(lossy_link::Plan { tills, loss, silences, seed: common.seed })?
        }
        Rig::Ingest { database, tills, seconds, backlog, common } => {
            let plan = ingest::Plan { database, tills, seconds, backlog, seed: common.seed };
            let report = ingest::run(plan, tempfile::tempdir()?.path())?;
            (serde_json::to_value(&report)?, report.books.exact)
        }
        Rig::PriceSwarm { database, tills, changes, products, common } => {
            let plan = price_swarm::Plan { database, tills, changes, products, seed: common.seed };
            let report = price_swarm::run(plan, tempfile::tempdir()?.path())?;
            (serde_json::to_value(&report)?, report.ok)
        }
        Rig::Schemathesis { database, examples, alone, program, common } => {
            let repository = std::env::current_dir()?;
            let (sequences, seed) = (!alone, common.seed);
            let plan = schemathesis::Plan { database, program, repository, examples, sequences, seed };
            let report = schemathesis::run(&plan, tempfile::tempdir()?.path())?;
            (serde_json::to_value(&report)?, report.ok)
        }
        Rig::Hostile(asked) => hurt(asked)?,
        Rig::ForecastLoad(asked) => forecast(asked)?,
        Rig::ShopYear(asked) => live_a_year(asked)?,
        Rig::Notify { count, kills, common } => tell(count, kills, common.seed)?,
        Rig::ReEmbed { models, common } => move_to_another_model(&models, common.seed)?,
    };
    writeln!(std::io::stdout(), "{report}")?;
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cut_power(cuts: u32, seed: u64) -> anyhow::Result<(Value, bool)> {
    if let Some(reason) = image::missing() {
        return Ok(skipped("power-cut", &reason));
    }
    let report = power_cut::run(cuts, seed)?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

fn tell(count: u64, kills: u32, seed: u64) -> anyhow::Result<(Value, bool)> {
    let report = notify::run(count, kills, seed)?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

fn burn_down(asked: &FireArgs) -> anyhow::Result<(Value, bool)> {
    let (models, scratch) = (made(&asked.models)?, tempfile::tempdir()?);
    let plan = restore_drill::Plan { postgres: asked.postgres, sales: asked.sales, seed: asked.common.seed };
    let report = restore_drill::run(plan, &models, scratch.path())?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

fn kill_imports(asked: &KillImportArgs) -> anyhow::Result<(Value, bool)> {
    let KillImportArgs { kills, rows, postgres, common } = asked;
    let plan = kill_import::Plan { kills: *kills, rows: *rows, postgres: *postgres, seed: common.seed };
    let report = kill_import::run(plan, tempfile::tempdir()?.path())?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

fn hurt(asked: HostileArgs) -> anyhow::Result<(Value, bool)> {
    let HostileArgs { through, files, family, keep, common } = asked;
    let plan = hostile::Plan { through, files, family, seed: common.seed, keep };
    let report = hostile::run(&plan, tempfile::tempdir()?.path())?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

fn move_to_another_model(models: &Path, seed: u64) -> anyhow::Result<(Value, bool)> {
    let (models, scratch) = (made(models)?, tempfile::tempdir()?);
    let report = re_embed::run(seed, &models, &pictures(), &scratch.path().join("till"))?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

fn forecast(asked: ForecastLoadArgs) -> anyhow::Result<(Value, bool)> {
    let ForecastLoadArgs { workers, series, days, kill, common } = asked;
    let plan = forecast_load::Plan { workers, series, days, kill, seed: common.seed };
    let report = forecast_load::run(&plan, tempfile::tempdir()?.path())?;
    Ok((serde_json::to_value(&report)?, report.same))
}

fn live_a_year(asked: ShopYearArgs) -> anyhow::Result<(Value, bool)> {
    let ShopYearArgs { days, tuning_days, every, plain, common } = asked;
    let report = shop_year::run(shop_year::Plan { seed: common.seed, days, tuning_days, every, plain })?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

fn lose_packets(plan: lossy_link::Plan) -> anyhow::Result<(Value, bool)> {
    if let Some(reason) = lossy_link::missing() {
        return Ok(skipped("lossy-link", &reason));
    }
    let report = lossy_link::run(plan, tempfile::tempdir()?.path())?;
    Ok((serde_json::to_value(&report)?, report.ok))
}

/// The folder of the simulated shop's pictures.
fn pictures() -> PathBuf {
    edge_devices::simulated::default_folder()
}

/// The models' folder, if it is there.
fn made(models: &Path) -> anyhow::Result<PathBuf> {
    models
        .canonicalize()
        .with_context(|| format!("there are no models in `{}`: run `cargo xtask model`", models.display()))
}

fn skipped(rig: &str, reason: &str) -> (Value, bool) {
    eprintln!("SKIPPED: {rig} because {reason}");
    (json!({ "skipped": reason }), true)
}
