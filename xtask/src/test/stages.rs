//! What each stage does.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result, ensure};

use super::output;
use super::packages::is_root;
use super::{Context, Outcome, Stage};
use crate::{deny, model, pgvector, places, process, schemathesis, shop, systemd, tidy, tools, ui};

const NO_NODE: &str = "npm is not installed: get Node 20 or later from https://nodejs.org";

pub(super) fn run(stage: Stage, context: &mut Context) -> Result<Outcome> {
    match stage {
        Stage::Fmt => cargo(&["fmt", "--all", "--check"]),
        Stage::Tidy => tidy::run(&tidy::TidyArgs {}).map(|()| Outcome::Passed),
        Stage::Systemd => units(context),
        Stage::Ui => with_node(|| ui::run(&ui::UiArgs { force: false, types: false })),
        Stage::Model => model::run(&model::ModelArgs::missing_only()).map(|()| Outcome::Passed),
        Stage::Shop => with_node(|| shop::run(&shop::ShopArgs { force: false })),
        Stage::Clippy => cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        Stage::Tests => tests(context),
        Stage::V4l => v4l(context),
        Stage::Python => python(context),
        Stage::Deny => deny(context),
        Stage::Pages => with_node(ui::check),
        Stage::Api => api(context),
        Stage::Browser => browser(context),
        Stage::Simulation => simulation(context),
        Stage::Fleet => fleet(context),
        Stage::Hostile => hostile(context),
        Stage::PowerCut => power_cut(context),
    }
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    process::run(process::cargo().args(arguments))?;
    Ok(Outcome::Passed)
}

fn units(context: &mut Context) -> Result<Outcome> {
    let installed = || places::find_program("systemd-analyze").is_some();
    if let Err(reason) = context.packages.ensure("systemd-analyze", &["systemd"], installed) {
        return Ok(Outcome::Skipped(reason));
    }
    systemd::check()?;
    Ok(Outcome::Passed)
}

fn with_node(work: impl FnOnce() -> Result<()>) -> Result<Outcome> {
    if places::find_program("npm").is_none() {
        return Ok(Outcome::Skipped(NO_NODE.to_owned()));
    }
    work()?;
    Ok(Outcome::Passed)
}

fn tests(context: &mut Context) -> Result<Outcome> {
    // Without it the tests say themselves what they skip.
    let postgres = || Path::new("/usr/lib/postgresql").is_dir();
    if let Err(reason) = context.packages.ensure("PostgreSQL", &["postgresql"], postgres) {
        eprintln!("tests run without PostgreSQL: {reason}");
    }
    let rabbitmq = || Path::new("/usr/lib/rabbitmq/lib").is_dir();
    if let Err(reason) = context.packages.ensure("RabbitMQ", &["rabbitmq-server"], rabbitmq) {
        eprintln!("tests run without RabbitMQ: {reason}");
    }
    let redis = || Path::new("/usr/bin/redis-server").is_file();
    if let Err(reason) = context.packages.ensure("Redis", &["redis-server"], redis) {
        eprintln!("tests run without Redis: {reason}");
    }
    if let Err(reason) = context.packages.ensure("Mosquitto", &["mosquitto"], has_mosquitto) {
        eprintln!("tests run without Mosquitto: {reason}");
    }
    let watchers =
        || ["/usr/bin/promtool", "/usr/bin/amtool"].iter().all(|program| Path::new(program).is_file());
    let packages = ["prometheus", "prometheus-alertmanager"];
    if let Err(reason) = context.packages.ensure("Prometheus", &packages, watchers) {
        eprintln!("tests run without Prometheus: {reason}");
    }
    let tesseract = || places::find_program("tesseract").is_some();
    let packages = ["tesseract-ocr", "tesseract-ocr-rus", "tesseract-ocr-deu"];
    if let Err(reason) = context.packages.ensure("Tesseract", &packages, tesseract) {
        eprintln!("tests run without Tesseract: {reason}");
    }
    if let Err(error) = tools::fetch_kafka() {
        eprintln!("tests run without a Kafka broker: {error:#}");
    }
    let mut command = process::cargo();
    if let Err(error) = tools::fetch_pdfium() {
        eprintln!("PDFium cannot be fetched, tests that read PDFs are skipped: {error:#}");
    }
    match pgvector::folder() {
        Ok(folder) => drop(command.env(pgvector::VARIABLE, folder)),
        Err(error) => eprintln!("tests run without a PostgreSQL that compares vectors: {error:#}"),
    }
    let with_nextest = process::succeeds(process::cargo().args(["nextest", "--version"]));
    if with_nextest {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        eprintln!("cargo-nextest is not installed, so this is the slower `cargo test`");
        command.args(["test", "--workspace", "--no-fail-fast", "--", "--show-output"]);
    }
    remove_old(&junit())?;
    let outcome = run_tests(context, &mut command);
    context.skipped_tests.extend(skipped_in(&junit()));
    outcome
}

/// Debian puts it where only root looks.
fn has_mosquitto() -> bool {
    Path::new("/usr/sbin/mosquitto").exists()
}

/// Runs tests whose output says what they skipped.
fn run_tests(context: &mut Context, command: &mut Command) -> Result<Outcome> {
    let ended = output::run(command)?;
    if let Some(reason) = ended.skipped_all() {
        return Ok(Outcome::Skipped(reason));
    }
    context.skipped_tests.extend(ended.skipped);
    passed_if(ended.status, command)
}

fn passed_if(status: ExitStatus, command: &Command) -> Result<Outcome> {
    ensure!(status.success(), "`{}` failed: {status}", process::shown(command));
    Ok(Outcome::Passed)
}

/// Where `.config/nextest.toml` makes nextest write down what passing tests printed, which it does not show.
fn junit() -> PathBuf {
    places::repository().join("target/nextest/default/junit.xml")
}

/// So that what an earlier run left is not taken for this one's.
fn remove_old(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove `{}`", file.display()))
        }
        _ => Ok(()),
    }
}

fn skipped_in(junit: &Path) -> Vec<String> {
    // Nothing is written when the tests do not compile.
    let text = std::fs::read_to_string(junit).unwrap_or_default();
    let mut skipped = Vec::new();
    for line in text.lines() {
        let plain = [("&quot;", "\""), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
        let line = plain.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to));
        output::push_skipped(line.split("</system-").next().unwrap_or(&line), &mut skipped);
    }
    skipped
}

fn v4l(context: &mut Context) -> Result<Outcome> {
    let wanted = ["libclang1-14", "libclang-common-14-dev"];
    if let Err(reason) = context.packages.ensure("libclang", &wanted, has_libclang) {
        return Ok(Outcome::Skipped(reason));
    }
    cargo(&[
        "clippy",
        "--package",
        "edge-devices",
        "--features",
        "v4l",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])
}

fn has_libclang() -> bool {
    let folders =
        ["/usr/lib/llvm-14/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].map(Path::new);
    // Not `libclang-cpp.so`, which bindgen cannot use.
    let is_libclang = |name: &str| {
        let version =
            name.strip_prefix("libclang-").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        (version || name.starts_with("libclang.")) && name.contains(".so")
    };
    let named = |folder: &Path| {
        let files = folder.read_dir().into_iter().flatten().flatten();
        files.map(|f| f.file_name()).any(|name| is_libclang(&name.to_string_lossy()))
    };
    std::env::var_os("LIBCLANG_PATH").is_some() || folders.into_iter().any(named)
}

fn python(context: &mut Context) -> Result<Outcome> {
    let mut command = process::command(model::python()?);
    command.current_dir(places::repository().join("models")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["-m", "unittest", "discover", "--start-directory", "tests", "--top-level-directory", "."]);
    run_tests(context, &mut command)
}

fn deny(context: &mut Context) -> Result<Outcome> {
    if !deny::can_be_had() {
        let reason = "cargo-deny is not installed: run `cargo install --locked cargo-deny`";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    if let deny::Checked::AllButAdvisories = deny::check()? {
        let skipped = "SKIPPED: advisories of deny.toml because their list could not be fetched from GitHub";
        eprintln!("{skipped}");
        context.skipped_tests.push(skipped.to_owned());
    }
    Ok(Outcome::Passed)
}

/// A few cases for each endpoint, over each database. `cargo xtask rig schemathesis` asks more, and in sequences.
fn api(context: &mut Context) -> Result<Outcome> {
    let program = match schemathesis::program() {
        Ok(program) => program,
        Err(reason) => return Ok(Outcome::Skipped(format!("{reason:#}"))),
    };
    let program = program.to_string_lossy().into_owned();
    let arguments = [schemathesis::RIG, "--alone", "--examples", "12", "--program", &program, "--database"];
    let over =
        |context: &mut Context, database| run_of_e2e(context, "rig", &[&arguments[..], &[database]].concat());
    over(context, "sqlite")?;
    if !Path::new("/usr/lib/postgresql").is_dir() {
        let skipped = "SKIPPED: the gateway over PostgreSQL because it is not installed";
        context.skipped_tests.push(skipped.to_owned());
        return Ok(Outcome::Passed);
    }
    over(context, "postgres")
}

/// `e2e`'s programs start the daemon with the simulated shop, and the cloud with tills that sell into it, on free ports, and
/// run the tests of `e2e/playwright` against them. Both at once, since each waits more than it works.
fn browser(context: &mut Context) -> Result<Outcome> {
    let installed = || places::find_program("chromium").is_some();
    if let Err(reason) = context.packages.ensure("Chromium", &["chromium"], installed) {
        return Ok(Outcome::Skipped(reason));
    }
    if places::find_program("npm").is_none() {
        return Ok(Outcome::Skipped(NO_NODE.to_owned()));
    }
    ui::install(&places::repository().join("e2e/playwright"))?;
    let (kiosk, dashboard) = (built("browser-tests")?, built("dashboard-tests")?);
    let (mut kiosk, mut dashboard) = (process::command(kiosk), process::command(dashboard));
    let ended = output::run_together([("kiosk", &mut kiosk), ("dashboard", &mut dashboard)])?;
    for (ended, command) in ended.into_iter().zip([&kiosk, &dashboard]) {
        context.skipped_tests.extend(ended.skipped);
        passed_if(ended.status, command)?;
    }
    Ok(Outcome::Passed)
}

/// Must lose nothing; the control, whose cloud acks before it commits, must lose something.
fn simulation(context: &mut Context) -> Result<Outcome> {
    let control = run_of_e2e(context, "simulate", &["--days", "100", "--careless", "--json"]);
    anyhow::ensure!(control.is_err(), "the simulation saw nothing where a careless cloud lost sales");
    run_of_e2e(context, "simulate", &["--days", "10000", "--seed", "1"])
}

/// A few kills and a fire: enough to see tills, cloud, database and broker come back, that people are told and catalogues taken in all
/// the same. `cargo xtask rig kill-fleet`, `restore-drill`, `notify` and `kill-import` make a proof of it.
fn fleet(context: &mut Context) -> Result<Outcome> {
    if let Err(reason) = context.packages.ensure("Mosquitto", &["mosquitto"], has_mosquitto) {
        eprintln!("the broker is not killed: {reason}");
    }
    run_of_e2e(context, "rig", &["kill-fleet", "--kills", "10"])?;
    run_of_e2e(context, "rig", &["restore-drill", "--sales", "100"])?;
    run_of_e2e(context, "rig", &["notify", "--count", "600", "--kills", "3"])?;
    run_of_e2e(context, "rig", &["kill-import", "--kills", "2", "--rows", "600"])?;
    lossy_link(context)?;
    if !Path::new("/usr/lib/postgresql").is_dir() {
        context
            .skipped_tests
            .push("SKIPPED: kills and fires over PostgreSQL because it is not installed".to_owned());
        return Ok(Outcome::Passed);
    }
    run_of_e2e(context, "rig", &["restore-drill", "--sales", "100", "--postgres"])?;
    run_of_e2e(context, "rig", &["kill-fleet", "--kills", "10", "--postgres", "--embedded-broker"])
}

/// A minute over a line that drops one packet in five.
fn lossy_link(context: &mut Context) -> Result<()> {
    let tools = ["nftables", "iproute2"];
    let there = || ["nft", "ip"].iter().all(|program| places::find_program(program).is_some());
    if let Err(reason) = context.packages.ensure("a line that drops packets", &tools, there) {
        context.skipped_tests.push(format!("SKIPPED: a line that drops packets because {reason}"));
        return Ok(());
    }
    run_of_e2e(context, "rig", &["lossy-link", "--tills", "6", "--silences", "2"])?;
    Ok(())
}

/// Each attack at least once through a confined process, and some through a cloud. `cargo xtask rig hostile` makes a proof of it.
fn hostile(context: &mut Context) -> Result<Outcome> {
    run_of_e2e(context, "rig", &["hostile", "--files", "200"])?;
    run_of_e2e(context, "rig", &["hostile", "--through", "server", "--files", "60"])?;
    run_of_e2e(context, "rig", &["hostile", "--through", "server", "--family", "catalogue", "--files", "31"])
}

/// A few cuts only: enough to see the rig at work. `cargo xtask rig power-cut` makes a proof of it.
fn power_cut(context: &mut Context) -> Result<Outcome> {
    if !is_root() {
        return Ok(Outcome::Skipped(
            "only root can mount: run `sudo -E cargo xtask test --only power-cut`".to_owned(),
        ));
    }
    run_of_e2e(context, "rig", &["power-cut", "--cuts", "5"])
}

/// Runs one of `e2e`'s programs.
fn run_of_e2e(context: &mut Context, program: &str, arguments: &[&str]) -> Result<Outcome> {
    run_tests(context, process::command(built(program)?).args(arguments))
}

/// Builds all programs, and the tests beside them: without those Cargo would choose other features and build much anew. Gives back where
/// one of them is.
fn built(program: &str) -> Result<PathBuf> {
    process::run(process::cargo().args(["build", "--workspace", "--bins", "--tests"]))?;
    Ok(places::target().join("debug").join(program))
}
