//! A real `tillsight-cloud` in a process of its own, with one organisation, and its REST face as a person uses it.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use cloud_server::config::Config;
use domain::sale::TillRef;
use reqwest::Method;
use serde_json::{Value, json};

use crate::process::{free_port, sibling, stop_child, toml_text};

/// The owner of the organisation that demonstrations and rigs work with.
pub const OWNER: &str = "owner@demo.example";
/// Their password; a demonstration has no secrets.
pub const PASSWORD: &str = "a demonstration has no secrets";

/// How a cloud is set up.
#[derive(Debug, Clone)]
pub struct CloudSetup {
    /// Its data folder.
    pub data: PathBuf,
    /// Folder of the models.
    pub models: PathBuf,
    /// The address of its database; `None` for SQLite in the data folder.
    pub database: Option<String>,
    /// The port of its gateway; a free one when not given.
    pub port: Option<u16>,
    /// Where the broker stands that it is to use; its own when not given.
    pub broker: Option<SocketAddr>,
}

/// A running cloud. Killed when dropped.
#[derive(Debug)]
pub struct CloudProcess {
    child: Child,
    config: PathBuf,
    log: PathBuf,
    /// Where its gateway is.
    pub gateway: SocketAddr,
    /// Where tills connect to.
    pub tills: SocketAddr,
}

/// A process of a cloud that works and answers nobody. Killed when dropped.
#[derive(Debug)]
pub struct WorkerProcess {
    child: Child,
    log: PathBuf,
}

impl WorkerProcess {
    /// Fails when it has ended by itself.
    pub fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("a worker ended by itself: {status}, see `{}`", self.log.display()),
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // One that is gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A cloud that is set up and does not run yet: the moment to put something into its folder or its database.
#[derive(Debug)]
pub struct CloudFolder {
    config: PathBuf,
    log: PathBuf,
    gateway: SocketAddr,
    /// Where tills will connect to.
    pub tills: SocketAddr,
}

impl CloudFolder {
    /// Makes an organisation with one store where there is none.
    pub fn prepare(setup: &CloudSetup) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&setup.data)?;
        let gateway = SocketAddr::from((Ipv4Addr::LOCALHOST, setup.port.map_or_else(free_port, Ok)?));
        let tills = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let config = setup.data.join("tillsight-cloud.toml");
        let fresh = !config.exists();
        let database = setup.database.as_deref().unwrap_or_default();
        let broker = match setup.broker {
            Some(address) => format!("kind = \"external\"\naddress = \"localhost:{}\"", address.port()),
            None => format!("listen = \"127.0.0.1:{}\"", free_port()?),
        };
        let text = format!(
            "# Written for this run.\n[data]\ndir = {}\n[database]\nurl = {database:?}\n[http]\nlisten = \"{gateway}\"\n\
             [grpc]\nlisten = \"{tills}\"\n[mqtt]\n{broker}\n[vision]\nmodels = {}\n",
            toml_text(&setup.data),
            toml_text(&setup.models),
        );
        std::fs::write(&config, text)?;
        if fresh {
            make_organisation(&config)?;
        }
        Ok(Self { config, log: setup.data.join("tillsight-cloud.log"), gateway, tills })
    }

    /// Adds sections to its settings, as TOML.
    pub fn add_settings(&self, sections: &str) -> anyhow::Result<()> {
        let mut file = std::fs::File::options().append(true).open(&self.config)?;
        Ok(file.write_all(sections.as_bytes())?)
    }

    /// What the server will be told.
    pub fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::load(Some(&self.config))?)
    }

    /// Starts a process beside the server that does its work; the number tells its log from others'.
    pub fn start_worker(&self, number: u32) -> anyhow::Result<WorkerProcess> {
        let log = self.log.with_file_name(format!("worker-{number}.log"));
        Ok(WorkerProcess { child: spawn(&self.config, &log, "worker")?, log })
    }

    /// Starts the server.
    pub fn start(self) -> anyhow::Result<CloudProcess> {
        let Self { config, log, gateway, tills } = self;
        let child = spawn(&config, &log, "server")?;
        Ok(CloudProcess { child, config, log, gateway, tills })
    }
}

impl CloudProcess {
    /// Makes an organisation with one store where there is none, and starts the server.
    pub fn start(setup: &CloudSetup) -> anyhow::Result<Self> {
        CloudFolder::prepare(setup)?.start()
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it was told.
    pub fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::load(Some(&self.config))?)
    }

    /// Writes other words into its settings; they count from its next start.
    pub fn change_settings(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.config)?;
        ensure!(text.contains(from), "there is no `{from}` in the settings");
        Ok(std::fs::write(&self.config, text.replace(from, to))?)
    }

    /// Runs `tillsight-cloud admin`; gives back what it says on standard output.
    pub fn admin(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut admin = Command::new(sibling("tillsight-cloud")?);
        admin.arg("--config").arg(&self.config).arg("admin").args(arguments);
        let output = admin.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`tillsight-cloud admin {arguments:?}` failed: {}", said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Writes what Mosquitto needs to be its broker, for the tills that there are; gives the configuration's place.
    pub fn configure_mosquitto(&self, folder: &Path, listen: SocketAddr) -> anyhow::Result<PathBuf> {
        let kept = folder.join("kept");
        std::fs::create_dir_all(&kept)?;
        let mut admin = Command::new(sibling("tillsight-cloud")?);
        admin.arg("--config").arg(&self.config).args(["admin", "mosquitto-config", "--name", "localhost"]);
        admin
            .args(["--listen", &listen.to_string()])
            .arg("--persistence")
            .arg(&kept)
            .arg("--out")
            .arg(folder);
        let output = admin.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`tillsight-cloud admin mosquitto-config` failed: {}", said.trim());
        Ok(folder.join("mosquitto.conf"))
    }

    /// Kills it as a crash would; it stays away.
    pub fn pause(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again on the same ports.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        self.child = spawn(&self.config, &self.log, "server")?;
        Ok(())
    }

    /// The end of its log, for a failure's message.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(15).collect();
        tail.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// What it has logged as errors.
    pub fn log_errors(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains("ERROR")).collect::<Vec<_>>().join("\n")
    }

    /// Fails when the server has ended by itself.
    pub fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => {
                bail!("tillsight-cloud ended by itself ({status}); its log ends with\n{}", self.log_tail())
            }
            None => Ok(()),
        }
    }

    /// Stops it as systemd does and waits for it.
    pub fn stop(mut self) -> anyhow::Result<()> {
        stop_child("tillsight-cloud", &mut self.child)
    }
}

impl Drop for CloudProcess {
    fn drop(&mut self) {
        // Already gone is as good as stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a till one of the cloud's by a code, with the technician's tool.
pub fn claim(data: &Path, tills: SocketAddr, code: &str) -> anyhow::Result<()> {
    let mut tool = Command::new(sibling("tillsight")?);
    tool.args(["cloud", "claim"]).arg(format!("https://localhost:{}", tills.port())).arg("--data").arg(data);
    let mut child = tool.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("its stdin is piped")?;
    writeln!(stdin, "{code}")?;
    drop(stdin);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "claiming failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// Somebody who is signed in.
#[derive(Debug)]
pub struct CloudClient {
    base: String,
    http: reqwest::Client,
    cookie: String,
    csrf: String,
}

impl CloudClient {
    /// Waits until the cloud is ready and signs in as the owner.
    pub async fn sign_in(gateway: SocketAddr, limit: Duration) -> anyhow::Result<Self> {
        let base = format!("http://{gateway}");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let until = Instant::now() + limit;
        loop {
            let answer = http.get(format!("{base}/api/v1/health")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            ensure!(
                Instant::now() < until,
                "the cloud at {gateway} was not ready within {} s",
                limit.as_secs()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let form = json!({ "email": OWNER, "password": PASSWORD });
        let answer =
            http.post(format!("{base}/api/v1/session")).json(&form).send().await?.error_for_status()?;
        let cookie = answer.headers().get("set-cookie").context("signing in gives a cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let session: Value = answer.json().await?;
        let csrf = session["csrf_token"].as_str().context("a session has a token")?.to_owned();
        Ok(Self { base, http, cookie, csrf })
    }

    /// Asks, and gives the answer's JSON back; any problem is an error with its words.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.base))
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{method} {path} was answered {status}: {text}");
        if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
    }

    /// Asks for a file.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let request = self.http.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "GET {path} was answered {}", answer.status());
        Ok(answer.bytes().await?.to_vec())
    }

    /// Sends a form with files.
    pub async fn upload(&self, path: &str, form: reqwest::multipart::Form) -> anyhow::Result<Value> {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .multipart(form);
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "POST {path} was answered {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Makes a till and a claim code for it.
    pub async fn new_till(&self, till: &TillRef) -> anyhow::Result<String> {
        let tills = format!("/api/v1/stores/{}/tills", till.store);
        let body = json!({ "id": till.till.as_str(), "name": till.till.as_str() });
        self.ask(Method::POST, &tills, Some(&body)).await?;
        let made = self.ask(Method::POST, &format!("{tills}/{}/claims", till.till), None).await?;
        Ok(made["code"].as_str().context("a claim has a code")?.to_owned())
    }

    /// Waits until a till is connected to the broker.
    pub async fn wait_until_online(&self, till: &TillRef, limit: Duration) -> anyhow::Result<()> {
        let path = format!("/api/v1/stores/{}/tills/{}", till.store, till.till);
        let what = format!("{} is not connected to the broker", till.till);
        self.wait_for(&path, &what, limit, |shown| shown["online"] == true).await?;
        Ok(())
    }

    /// Tells a till to do something and waits until it has.
    pub async fn command(&self, till: &TillRef, op: &str, limit: Duration) -> anyhow::Result<()> {
        let path = format!("/api/v1/stores/{}/tills/{}/commands", till.store, till.till);
        let asked = self.ask(Method::POST, &path, Some(&json!({ "op": op }))).await?;
        let path = format!("{path}/{}", asked["id"].as_str().context("a command has an id")?);
        let ended = |shown: &Value| shown["state"] == "successful" || shown["state"] == "failed";
        let what = format!("{} did not do `{op}`", till.till);
        let shown = self.wait_for(&path, &what, limit, ended).await?;
        ensure!(shown["state"] == "successful", "{what}: {shown}");
        Ok(())
    }

    /// Asks until the answer is as expected.
    async fn wait_for(
        &self,
        path: &str,
        what: &str,
        limit: Duration,
        expected: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let until = Instant::now() + limit;
        loop {
            let shown = self.ask(Method::GET, path, None).await?;
            if expected(&shown) {
                return Ok(shown);
            }
            ensure!(Instant::now() < until, "{what} after {} s: {shown}", limit.as_secs());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// How many sales the cloud has of a till, and what they come to in minor units.
    pub async fn sums(&self, till: &TillRef) -> anyhow::Result<(u64, i64)> {
        let path = format!("/api/v1/stores/{}/sales/sums?till={}", till.store, till.till);
        let answer = self.ask(Method::GET, &path, None).await?;
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let sales = items.iter().filter_map(|sum| sum["sales"].as_u64()).sum();
        let gross_minor = items.iter().filter_map(|sum| sum["gross_minor"].as_i64()).sum();
        Ok((sales, gross_minor))
    }

    /// Waits until the cloud has so many sales of a till; gives what they come to.
    pub async fn wait_for_sales(&self, till: &TillRef, sales: u64, limit: Duration) -> anyhow::Result<i64> {
        let until = Instant::now() + limit;
        loop {
            let (found, gross_minor) = self.sums(till).await?;
            if found >= sales {
                return Ok(gross_minor);
            }
            ensure!(
                Instant::now() < until,
                "the cloud has {found} of {sales} sales of {} after {} s",
                till.till,
                limit.as_secs()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn spawn(config: &Path, log: &Path, role: &str) -> anyhow::Result<Child> {
    let program = sibling("tillsight-cloud")?;
    let file = std::fs::File::options().create(true).append(true).open(log)?;
    let mut command = Command::new(&program);
    command.arg("--config").arg(config).arg(role).stdin(Stdio::null());
    command.stdout(file.try_clone()?).stderr(file);
    command.spawn().with_context(|| format!("failed to start `{}`", program.display()))
}

fn make_organisation(config: &Path) -> anyhow::Result<()> {
    let mut admin = Command::new(sibling("tillsight-cloud")?);
    admin.arg("--config").arg(config).args(["admin", "init", "--org", "demo", "--store", "corner-shop"]);
    admin.args(["--tax", "vat7=700", "--tax", "vat19=1900", "--email", OWNER, "--password-stdin"]);
    let mut child = admin.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("its stdin is piped")?;
    writeln!(stdin, "{PASSWORD}")?;
    drop(stdin);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "`tillsight-cloud admin init` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
