//! The data directory, the store in it, and what the store says of itself.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::ids::ModelVersion;
use domain::time::WallMs;
use vision::models::ModelFiles;

use super::{Check, recognition};
use crate::Context;
use crate::commands::render::{count, hex, local_time};
use crate::failure::Failure;
use crate::models;
use crate::till::{Newest, Till, damage};

const DATA: &str = "data directory";
const STORE: &str = "store";
const JOURNAL: &str = "journal";
const CATALOGUE: &str = "catalogue";
const VIEWS: &str = "enrolled views";
const CLOCK: &str = "clock";
const UNSETTLED: &str = "payments and outbox";

/// The checks of this group.
pub(super) const NAMES: &[&str] =
    &[DATA, STORE, JOURNAL, CATALOGUE, VIEWS, recognition::NAME, UNSETTLED, CLOCK];

/// No machine that runs this program has an earlier date: 2025-01-01.
const EARLIEST: WallMs = WallMs(1_735_689_600_000);
/// How far ahead of the clock a sale may seem to lie: clocks are set while tills sell.
const CLOCK_SLACK_MS: i64 = 5 * 60 * 1000;

/// Looks at the store.
pub(super) fn look(context: &Context, tell: &mut dyn FnMut(Check)) {
    let data = data_directory(context);
    let usable = data.state == super::State::Ok;
    tell(data);
    if !usable {
        NAMES[1..NAMES.len() - 1]
            .iter()
            .for_each(|&name| tell(Check::skipped(name, "there is no data directory")));
        return tell(clock(None));
    }
    let (mut till, damage) = match open(context) {
        Ok(opened) => opened,
        Err(failure) => {
            let fix = "start `tillsightd`, which checks the store and repairs it";
            tell(Check::from_failure(STORE, &failure, fix));
            NAMES[2..NAMES.len() - 1]
                .iter()
                .for_each(|&name| tell(Check::skipped(name, "the store cannot be opened")));
            return tell(clock(None));
        }
    };
    tell(store(context, till.is_running(), damage));
    tell(journal(&mut till));
    let newest = till.newest();
    tell(catalogue(&newest));
    tell(views(context, &mut till, &newest));
    tell(recognition::check(&mut till, &newest));
    tell(unsettled(&mut till));
    tell(clock(Some(&mut till)));
}

/// A way to the till, and what is wrong with its file where no daemon has it open.
fn open(context: &Context) -> Result<(Till, Option<String>), Failure> {
    let till = Till::open(context)?;
    if till.is_running() {
        return Ok((till, None));
    }
    drop(till);
    let damage = damage(&context.global.data)?;
    Ok((Till::open(context)?, damage))
}

fn data_directory(context: &Context) -> Check {
    let folder = &context.global.data;
    let shown = folder.display();
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => match std::fs::read_dir(folder) {
            Ok(_) => Check::ok(DATA, format!("`{shown}` is there")),
            Err(error) => Check::failed(
                DATA,
                format!("`{shown}` cannot be read: {error}"),
                "run it as the till's user (`sudo -u tillsight tillsight doctor`) or as root",
            ),
        },
        Ok(_) => Check::failed(DATA, format!("`{shown}` is no directory"), "name another with `--data DIR`"),
        Err(error) => Check::failed(
            DATA,
            format!("`{shown}` cannot be looked at: {error}"),
            "name the till's data directory with `--data DIR` or TILLSIGHT_DATA, or start `tillsightd` once, which makes it",
        ),
    }
}

fn store(context: &Context, running: bool, damage: Option<String>) -> Check {
    match damage {
        None if running => Check::ok(STORE, "the daemon runs and answers"),
        None => Check::ok(STORE, "it opens; the daemon does not run"),
        Some(problem) => Check::failed(
            STORE,
            format!("it is damaged: {problem}"),
            format!(
                "make a copy of `{}`, then start `tillsightd`, which sets the damage aside and saves what is whole",
                context.global.data.display()
            ),
        ),
    }
}

fn journal(till: &mut Till) -> Check {
    let report = match till.verify_journal() {
        Ok(report) => report,
        Err(failure) => return Check::from_failure(JOURNAL, &failure, "restart `tillsightd`"),
    };
    if let Some(bad) = report.first_bad {
        return Check::failed(
            JOURNAL,
            format!("sale {} is not what was once written: {}", bad.sequence, bad.problem),
            "make a copy of the data directory, then restart `tillsightd`, which sets the damage aside",
        );
    }
    let entries = usize::try_from(report.entries).unwrap_or(usize::MAX);
    let head = hex(&report.head_hash[..6]);
    let detail =
        format!("{}, the chain is whole up to number {} ({head})", count(entries, "sale"), report.head);
    match report.gaps.first() {
        None => Check::ok(JOURNAL, detail),
        Some(gap) => Check::warning(
            JOURNAL,
            format!("{detail}; sales {} to {} are on record as lost", gap.first, gap.last),
            "compare the day's takings with the payment terminal's own record",
        ),
    }
}

fn catalogue(newest: &Result<Option<Newest>, Failure>) -> Check {
    match newest {
        Ok(Some(newest)) => {
            let products = count(newest.catalogue.products().len(), "product");
            Check::ok(CATALOGUE, format!("generation {}, {products}", newest.generation))
        }
        Ok(None) => Check::failed(CATALOGUE, "there is none", "import one: `tillsight catalog import FILE`"),
        Err(failure) => Check::from_failure(CATALOGUE, failure, "restart `tillsightd`"),
    }
}

fn views(context: &Context, till: &mut Till, newest: &Result<Option<Newest>, Failure>) -> Check {
    let Ok(Some(newest)) = newest else { return Check::skipped(VIEWS, "there is no catalogue") };
    let Some(model) = newest.model.as_ref().filter(|_| !newest.views.is_empty()) else {
        return Check::warning(
            VIEWS,
            "there are none: the till recognises nothing, and every product is found by name",
            "teach it what products look like: `tillsight enroll --folder DIR`",
        );
    };
    let made_by = format!("{}, made by {model}", count(newest.views.len(), "view"));
    let without = match till.view_origins() {
        Ok((_, origins)) => newest.views.iter().filter(|view| !origins.contains_key(&view.id)).count(),
        Err(failure) => return Check::from_failure(VIEWS, &failure, "restart `tillsightd`"),
    };
    let all = without == newest.views.len();
    let anew = "enrol the products again: `tillsight enroll --folder DIR`";
    let move_over = match without {
        0 => "run `tillsight views re-embed`, which moves them while the till sells".to_owned(),
        _ if all => format!("none has a picture to be looked at again: {anew}"),
        _ => format!(
            "run `tillsight views re-embed --dry-run`, which names those of them that have no picture ({without})"
        ),
    };
    match present(context, till, model) {
        Present::Preferred | Present::Unknown => Check::ok(VIEWS, made_by),
        Present::Other(preferred) => {
            Check::warning(VIEWS, format!("{made_by}; the default is {preferred}"), move_over)
        }
        Present::Absent => {
            let detail =
                format!("{made_by}, which is not among this machine's models: the till recognises nothing");
            Check::failed(VIEWS, detail, format!("{move_over}; or install the model that made them"))
        }
    }
}

/// How the model of the views stands to this machine's models.
enum Present {
    /// New views would be made by it too.
    Preferred,
    /// It is there, and new shops would be enrolled with this one.
    Other(ModelVersion),
    Absent,
    /// It cannot be told; the models' own check says what is wrong.
    Unknown,
}

fn present(context: &Context, till: &mut Till, model: &ModelVersion) -> Present {
    let folder = models::folder(context);
    match models::of_version(context, model) {
        Ok(None) => return Present::Absent,
        Err(_) => return Present::Unknown,
        Ok(Some(_)) => {}
    }
    // A daemon may be told to prefer another model than the manifest does.
    let told = till.status().ok().and_then(|status| {
        status.daemon.get("preferred_model").and_then(serde_json::Value::as_str).map(ModelVersion::new)
    });
    let preferred = told.or_else(|| ModelFiles::find(&folder, None).ok().map(|files| files.version));
    match preferred {
        Some(preferred) if preferred != *model => Present::Other(preferred),
        Some(_) => Present::Preferred,
        None => Present::Unknown,
    }
}

fn unsettled(till: &mut Till) -> Check {
    let status = match till.status() {
        Ok(status) => status,
        Err(failure) => return Check::from_failure(UNSETTLED, &failure, "restart `tillsightd`"),
    };
    let detail =
        format!("{} payments are not settled, {} sales wait to be sent", status.open_intents, status.outbox);
    if status.open_intents > 0 && !till.is_running() {
        let fix = "start `tillsightd`, which asks the payment terminal what became of them";
        Check::warning(UNSETTLED, detail, fix)
    } else {
        Check::ok(UNSETTLED, detail)
    }
}

fn clock(till: Option<&mut Till>) -> Check {
    let fix =
        "set the clock: `timedatectl set-ntp true`, or `timedatectl set-time` where there is no network";
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = WallMs(i64::try_from(now).unwrap_or(i64::MAX));
    if now < EARLIEST {
        return Check::failed(CLOCK, format!("it says {}, which is long past", local_time(now)), fix);
    }
    let newest = till.and_then(|till| till.newest_sales(1).ok()).and_then(|sales| sales.into_iter().next());
    match newest {
        Some((entry, sale)) if sale.completed_at.0 > now.0 + CLOCK_SLACK_MS => Check::failed(
            CLOCK,
            format!(
                "it says {}, but sale {} was made at {}: it was set back, or ran ahead",
                local_time(now),
                entry.sequence,
                local_time(sale.completed_at)
            ),
            fix,
        ),
        _ => Check::ok(CLOCK, format!("it says {}", local_time(now))),
    }
}
