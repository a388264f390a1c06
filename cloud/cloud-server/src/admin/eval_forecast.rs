//! `admin eval-forecast`: how well sales are forecast that are known.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use clap::Args;
use cloud_demand::forecast::all::HORIZON_MAX;
use cloud_demand::forecast::evaluate::table::{self, BadFile};
use cloud_demand::forecast::evaluate::{Plan, evaluate};

/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// What `admin eval-forecast` takes.
#[derive(Debug, Args)]
pub struct EvalForecast {
    /// Daily sales as CSV with the columns `unique_id`, `ds` (a date as 2026-11-23), `y` and, where they are known, `unit_price` and
    /// `category`. Days that are not in it sold nothing.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How many days are forecast each time.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=HORIZON_MAX as i64))]
    horizon: u16,
    /// How many times: the last forecast ends with the file, each is a horizon before the next.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=52))]
    origins: u16,
    /// After how many days the pattern repeats; 1 where it does not.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    season: u16,
    /// Leave out series with fewer days from their first to the last day of the file.
    #[arg(long, default_value_t = 0, value_name = "DAYS")]
    min_length: usize,
    /// Leave out series with sales on fewer days.
    #[arg(long, default_value_t = 10, value_name = "DAYS")]
    min_selling_days: usize,
    /// Cut so many days off the end first: settings are to be chosen on days before those that are reported.
    #[arg(long, default_value_t = 0, value_name = "DAYS")]
    leave_out: usize,
    /// Holidays as CSV with the columns `ds` and `name`: what has the same name is the same holiday in another year.
    #[arg(long, value_name = "FILE")]
    holidays: Option<PathBuf>,
    /// Leave out the model over all series.
    #[arg(long)]
    statistical_only: bool,
    /// Print the figures as one JSON object, as the last line.
    #[arg(long)]
    json: bool,
}

/// Evaluates the file; gives back what belongs on standard output.
pub(super) fn run(told: &EvalForecast) -> anyhow::Result<String> {
    let series = read(&told.file, table::read)?;
    let holidays = told.holidays.as_deref().map(|file| read(file, table::read_holidays)).transpose()?;
    let plan = Plan {
        horizon: usize::from(told.horizon),
        origins: usize::from(told.origins),
        season: usize::from(told.season),
        min_length: told.min_length,
        min_selling_days: told.min_selling_days,
        leave_out: told.leave_out,
        statistical_only: told.statistical_only,
        holidays: holidays.unwrap_or_default(),
    };
    let start = Instant::now();
    let seconds = || start.elapsed().as_secs_f64();
    let report = evaluate(&series, &plan, &seconds, &mut |text| eprintln!("{text}"))?;
    if told.json {
        eprint!("{}", report.table());
        return Ok(format!("{}\n", report.json()));
    }
    Ok(report.table())
}

fn read<T>(file: &Path, with: impl FnOnce(&str) -> Result<T, BadFile>) -> anyhow::Result<T> {
    let name = file.display();
    let about = std::fs::metadata(file).with_context(|| format!("failed to open `{name}`"))?;
    ensure!(about.is_file(), "`{name}` is no file: name a CSV file");
    ensure!(
        about.len() <= FILE_BYTES_MAX,
        "`{name}` has {} bytes, at most {FILE_BYTES_MAX} are read: evaluate a part of it",
        about.len()
    );
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read `{name}` as UTF-8"))?;
    with(&text).with_context(|| format!("failed to read `{name}`"))
}
