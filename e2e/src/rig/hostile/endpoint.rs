//! Sends files to a real cloud, through `POST /api/v1/parse` or as catalogues, and looks after it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use testkit::wait::wait_until;
use tokio::runtime::Runtime;

use super::{HostileFile, Outcome};
use crate::cloud::{CloudClient, CloudFolder, CloudProcess, CloudSetup};

const IMPORTS: &str = "/api/v1/catalogue/imports";
const READY_MAX: Duration = Duration::from_secs(60);
/// A reader that was given up is gone soon.
const GONE_MAX: Duration = Duration::from_secs(10);
/// Everything comes from one person, far faster than people send.
const SETTINGS: &str = "[rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\nperson_burst = 100000\n";

/// A cloud and somebody who may send it documents.
pub(super) struct Endpoint {
    cloud: CloudProcess,
    owner: CloudClient,
    runtime: Runtime,
}

impl Endpoint {
    /// Starts a cloud with its data below `folder`.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let prepared = CloudFolder::prepare(&CloudSetup {
            data: folder.join("cloud"),
            models: folder.join("no-models"),
            database: None,
            port: None,
            broker: None,
        })?;
        prepared.add_settings(SETTINGS)?;
        let cloud = prepared.start()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let owner = runtime.block_on(CloudClient::sign_in(cloud.gateway, READY_MAX))?;
        Ok(Self { cloud, owner, runtime })
    }

    /// Sends a file and waits for what comes, as long as it may take.
    pub(super) fn ask(&mut self, file: &HostileFile, wait_s: u64) -> anyhow::Result<Outcome> {
        let form = Form::new().part("file", Part::bytes(file.bytes.clone()).file_name(file.name.clone()));
        let answer = match file.is_catalogue() {
            false => {
                let path = format!("/api/v1/parse?wait={wait_s}");
                self.runtime.block_on(self.owner.upload(&path, form)).map(|taken| judge(&taken["document"]))
            }
            true => self.runtime.block_on(self.plan_import(form, Duration::from_secs(wait_s))),
        };
        self.cloud.check_alive()?;
        Ok(match answer {
            Ok(outcome) => outcome,
            // What the gateway refuses at once it refuses with a reason; what is its own fault is not an answer.
            Err(problem) if problem.to_string().contains("was answered 4") => Outcome::Refused,
            Err(problem) => {
                Outcome::Wrong(format!("{problem:#}; the log ends with\n{}", self.cloud.log_tail()))
            }
        })
    }

    /// Sends a catalogue and waits for its plan, which is taken away again.
    async fn plan_import(&self, form: Form, wait: Duration) -> anyhow::Result<Outcome> {
        let until = Instant::now() + wait;
        let mut import = self.owner.upload(IMPORTS, form).await?;
        let path = format!("{IMPORTS}/{}", import["id"].as_str().unwrap_or_default());
        while import["state"] == "planning" && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
            import = self.owner.ask(Method::GET, &path, None).await?;
        }
        self.owner.ask(Method::DELETE, &path, None).await?;
        Ok(match (import["state"].as_str().unwrap_or_default(), import["problem"]["text"].as_str()) {
            ("failed", Some(problem)) if !problem.is_empty() => Outcome::Refused,
            ("planned", _) => Outcome::Read,
            ("planning", _) => Outcome::Wrong("it was not answered in time".to_owned()),
            (state, problem) => Outcome::Wrong(format!("state `{state}`, problem {problem:?}")),
        })
    }

    /// Whether the cloud still answers, and no reader is left.
    pub(super) fn end(self) -> anyhow::Result<()> {
        let listed = self.runtime.block_on(self.owner.ask(Method::GET, "/api/v1/documents?limit=1", None))?;
        ensure!(listed["items"].is_array(), "the cloud answers oddly after all that: {listed}");
        let listed = self.runtime.block_on(self.owner.ask(Method::GET, IMPORTS, None))?;
        ensure!(listed["items"].as_array().is_some_and(Vec::is_empty), "imports are left: {listed}");
        let cloud = self.cloud.id();
        wait_until("the readers' end", GONE_MAX, || children_of(cloud).is_empty())?;
        self.cloud.stop()
    }
}

fn judge(document: &Value) -> Outcome {
    let state = document["state"].as_str().unwrap_or_default();
    match (state, document["reason"].as_str()) {
        ("failed", Some(reason)) if !reason.is_empty() => Outcome::Refused,
        ("needs_review" | "split", _) => Outcome::Read,
        ("received" | "reading", _) => Outcome::Wrong("it was not answered in time".to_owned()),
        (_, reason) => Outcome::Wrong(format!("state `{state}`, reason {reason:?}")),
    }
}

/// Processes that a process started and that are still there.
fn children_of(parent: u32) -> Vec<String> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        // One that ends meanwhile is none.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((name, rest)) = stat.rsplit_once(')') else { continue };
        if rest.split_whitespace().nth(1) == Some(&parent.to_string()) {
            children.push(name.to_owned());
        }
    }
    children
}
