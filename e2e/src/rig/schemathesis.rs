//! Whether the gateway keeps to its own description: `schemathesis` reads the served OpenAPI and asks every endpoint, with
//! what the description allows and with what it does not, and compares each answer with it.
//!
//! Any of these fails the run: a 5xx, a status or a body that the description does not name, a request that is refused
//! though the description allows it or taken though it does not, and an endpoint that answers without credentials.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde::Serialize;
use serde_json::{Value, json};
use testkit::postgres::{self, Postgres};

use super::ingest::Database;
use crate::cloud::{CloudClient, CloudFolder, CloudProcess, CloudSetup, OWNER, PASSWORD};
use crate::fleet_shop::FleetShop;

/// The folder with the settings and the sign-in, below the repository's.
const SETTINGS: &str = "e2e/schemathesis";
const READY_MAX: Duration = Duration::from_secs(60);
/// Everything comes from one person, far faster than people ask; there are no models, and photos need none to be kept.
const CLOUD: &str = "[rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\n\
     person_burst = 100000\n[identity]\nfree_tries = 100\n";
/// A picture of one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\x0dIDATx\x9cc\xf8\
     \xff\xff\xff\x7f\0\x09\xfb\x03\xfd\x05CE\xca\0\0\0\0IEND\xaeB`\x82";

/// How to ask.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the cloud keeps its truth.
    pub database: Database,
    /// The program; `cargo xtask` fetches it and says where it is.
    pub program: PathBuf,
    /// The repository's folder.
    pub repository: PathBuf,
    /// Cases for each endpoint.
    pub examples: u32,
    /// Whether endpoints are also asked one after another, with what earlier ones answered.
    pub sequences: bool,
    /// What cases are drawn by.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Report {
    rig: &'static str,
    database: &'static str,
    seed: u64,
    /// Endpoints in the description, and those that were asked.
    operations: u64,
    operations_tested: u64,
    /// Requests that were made up.
    cases: u64,
    /// What does not agree: the kind, how often, and where.
    failures: Vec<Value>,
    /// What kept schemathesis from asking.
    errors: Vec<Value>,
    seconds: f64,
    /// Whether all agrees.
    pub ok: bool,
}

/// Starts a cloud with a shop in it and lets schemathesis ask.
pub fn run(plan: &Plan, folder: &Path) -> anyhow::Result<Report> {
    let postgres = match plan.database {
        Database::Sqlite => None,
        Database::Postgres => Some(postgres::start().map_err(|missing| anyhow::anyhow!("{missing}"))?),
    };
    let database = postgres.as_ref().map(Postgres::create_database).transpose()?;
    let prepared = CloudFolder::prepare(&CloudSetup {
        data: folder.join("cloud"),
        models: folder.join("no-models"),
        database,
        port: None,
        broker: None,
    })?;
    prepared.add_settings(CLOUD)?;
    let cloud = prepared.start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let parameters = runtime
        .block_on(open_shop(&cloud, folder))
        .with_context(|| format!("the cloud's log ends with\n{}", cloud.log_tail()))?;
    let told = ask(plan, &cloud, folder, &parameters)?;
    let report = report(plan, &told);
    if !report.ok {
        // An answer of 5xx names no cause: the log does.
        eprintln!("the cloud's errors were\n{}", cloud.log_errors());
    }
    cloud.stop()?;
    Ok(report)
}

/// Tills with sales, products with photos, another store: what look-ups can find. Gives the settings that name them.
async fn open_shop(cloud: &CloudProcess, folder: &Path) -> anyhow::Result<String> {
    let owner = CloudClient::sign_in(cloud.gateway, READY_MAX).await?;
    let shop = FleetShop::open(cloud, &owner, folder).await?;
    shop.close().await;
    let photo = || Part::bytes(PIXEL).file_name("pixel.png");
    let kept = owner.upload("/api/v1/products/lemon/photos", Form::new().part("images", photo())).await?;
    let (kept, mut removed) = (kept["photos"][0].clone(), Value::Null);
    for id in ["pear", "plum"] {
        let form = Form::new().text("id", id).text("name", id).text("category_name", "Fruit");
        let form = form.text("price", "1.00").text("tax_code", "vat7").part("images", photo());
        removed = owner.upload("/api/v1/products", form).await?["photos"][0].clone();
    }
    let sales = owner.ask(Method::GET, "/api/v1/stores/corner-shop/sales?limit=1", None).await?;
    let token = json!({ "name": "one to revoke", "grant": { "role": "clerk" } });
    let token = owner.ask(Method::POST, "/api/v1/service-tokens", Some(&token)).await?;
    let sale = &sales["items"][0]["id"];
    ensure!(
        [&kept, &removed, sale, &token["id"]].iter().all(|id| id.is_string()),
        "the shop lacks something: {kept}, {removed}, {sale}, {token}"
    );
    Ok(format!(
        "\n[parameters]\n\"path.store\" = \"corner-shop\"\n\"path.till\" = \"till-1\"\n\"path.product\" = \"lemon\"\n\
         \"path.generation\" = \"1\"\n\"path.category\" = \"Fruit\"\n\"path.sale\" = {sale}\n\"path.photo\" = {kept}\n\
         \n[[operations]]\ninclude-name = \"DELETE /api/v1/products/{{product}}\"\nparameters = {{ \"path.product\" = \"pear\" }}\n\
         \n[[operations]]\ninclude-name = \"DELETE /api/v1/photos/{{photo}}\"\nparameters = {{ \"path.photo\" = {removed} }}\n\
         \n[[operations]]\ninclude-name = \"DELETE /api/v1/stores/{{store}}/tills/{{till}}\"\nparameters = {{ \"path.till\" = \"till-3\" }}\n\
         \n[[operations]]\ninclude-name = \"DELETE /api/v1/service-tokens/{{token}}\"\nparameters = {{ \"path.token\" = {} }}\n",
        token["id"]
    ))
}

/// Runs it; gives its own report back. Its talk goes to stderr.
fn ask(plan: &Plan, cloud: &CloudProcess, folder: &Path, parameters: &str) -> anyhow::Result<Value> {
    let settings = plan.repository.join(SETTINGS);
    let (written, told) = (folder.join("schemathesis.toml"), folder.join("schemathesis.json"));
    let own = std::fs::read_to_string(settings.join("schemathesis.toml"))?;
    std::fs::write(&written, format!("{own}{parameters}"))?;
    // Named in the settings by its name alone.
    std::fs::copy(settings.join("hooks.py"), folder.join("hooks.py"))?;
    let url = format!("http://{}", cloud.gateway);
    let phases =
        if plan.sequences { "examples,coverage,fuzzing,stateful" } else { "examples,coverage,fuzzing" };
    let mut command = Command::new(&plan.program);
    command.current_dir(folder).arg("--config-file").arg(&written).arg("run");
    command.arg(format!("{url}/api/openapi.json")).args(["--phases", phases, "--continue-on-failure"]);
    command.args(["--max-examples", &plan.examples.to_string(), "--seed", &plan.seed.to_string()]);
    command.args(["--generation-database", "none", "--no-color", "--report", "json", "--report-json-path"]);
    command.arg(&told).stdin(Stdio::null()).stdout(std::io::stderr());
    command.env("CLOUD_URL", &url).env("CLOUD_EMAIL", OWNER).env("CLOUD_PASSWORD", PASSWORD);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let status = command.status();
    let status = status.with_context(|| {
        format!("failed to start `{}`: `cargo xtask rig schemathesis` fetches it", plan.program.display())
    })?;
    let text = std::fs::read_to_string(&told)
        .with_context(|| format!("schemathesis ended with {status} and wrote no report"))?;
    Ok(serde_json::from_str(&text)?)
}

fn report(plan: &Plan, told: &Value) -> Report {
    let count = |path: &str| told.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    let list = |name: &str| told[name].as_array().cloned().unwrap_or_default();
    let (operations, operations_tested) = (count("/operations/total"), count("/operations/tested"));
    let (failures, errors) = (list("failures"), list("errors"));
    let complete = told["complete"] == true && operations > 0 && operations_tested == operations;
    Report {
        rig: "schemathesis",
        database: match plan.database {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
        },
        seed: plan.seed,
        operations,
        operations_tested,
        cases: count("/test_cases/generated"),
        ok: complete && failures.is_empty() && errors.is_empty(),
        failures,
        errors,
        seconds: told["running_time"].as_f64().unwrap_or_default(),
    }
}
