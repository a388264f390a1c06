//! Tries the arm64 programs in the emulator: set a till up, teach it, sell, verify.
//!
//! The till sees through its photos camera, so that what it recognises is a real embedding of a real picture, made by
//! the arm64 ONNX Runtime. The customer of the sale is this program, over the kiosk's own API.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::Built;
use super::http::{get, post};
use super::toolchain::Toolchain;
use crate::{model, places, process, shop};

/// What is taught and sold: goods by the piece, because this till has no scale.
const PRODUCTS: [&str; 4] = ["bagel", "avocado", "butter", "doughnut"];

/// The model for weak boxes, which an emulated one is. `doctor` embeds with the default one.
const MODEL: &str = "lite0";

/// Emulation is some twenty times slower than the real thing, and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// What worked.
#[derive(Debug, serde::Serialize)]
pub(super) struct Outcome {
    doctor_ok: bool,
    embedding_ok: bool,
    sale_ok: bool,
    journal_ok: bool,
}

impl Outcome {
    pub(super) fn is_good(&self) -> bool {
        self.doctor_ok && self.embedding_ok && self.sale_ok && self.journal_ok
    }
}

/// Tries all; a step that fails is told on stderr and does not keep the others from being tried.
pub(super) fn run(toolchain: &Toolchain, built: &Built) -> Result<Outcome> {
    model::run(&model::ModelArgs::missing_only())?;
    shop::run(&shop::ShopArgs { force: false })?;
    let till = Till::new(toolchain, built)?;
    let daemon = till.start()?;
    wait(till.address, "the till to answer", |_| true)?;
    till.cli(&["catalog", "import", &till.shop.join("catalogue.json").to_string_lossy(), "--yes"])?;
    let embedding_ok = tell("embedding", &till.enroll());
    let doctor_ok = tell("doctor", &till.doctor());
    let sale_ok = tell("a sale", &till.sell());
    // The journal is read from the disk, not from a daemon that may remember it.
    drop(daemon);
    let journal_ok = tell("the journal", &till.verify_journal());
    Ok(Outcome { doctor_ok, embedding_ok, sale_ok, journal_ok })
}

fn tell(what: &str, step: &Result<()>) -> bool {
    match step {
        Ok(()) => eprintln!("cross: {what} works"),
        Err(error) => eprintln!("cross: {what} does not work: {error:#}"),
    }
    step.is_ok()
}

/// A till of its own below the target folder.
struct Till<'a> {
    toolchain: &'a Toolchain,
    built: &'a Built,
    /// Everything of this till.
    folder: PathBuf,
    models: PathBuf,
    shop: PathBuf,
    /// Where its kiosk is.
    address: SocketAddr,
}

impl<'a> Till<'a> {
    fn new(toolchain: &'a Toolchain, built: &'a Built) -> Result<Self> {
        let folder = places::target().join("cross/smoke");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("failed to empty `{}`", folder.display()))?;
        }
        fs::create_dir_all(folder.join("data"))
            .with_context(|| format!("failed to make `{}`", folder.display()))?;
        let models = places::repository().join("models/built");
        Ok(Self { toolchain, built, folder, models, shop: shop::folder()?, address: free_address()? })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Runs `tillsight` and gives back what it says in JSON.
    fn cli(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = self.toolchain.emulated(&self.built.cli);
        command
            .arg("--data")
            .arg(self.data())
            .arg("--models")
            .arg(&self.models)
            .arg("--json")
            .args(arguments);
        let text = process::read(&mut command)?;
        let last = text.lines().last().unwrap_or_default();
        serde_json::from_str(last)
            .with_context(|| format!("`tillsight {}` printed no JSON", arguments.join(" ")))
    }

    fn enroll(&self) -> Result<()> {
        for product in PRODUCTS {
            let photo = self.shop.join(format!("{product}.webp"));
            let said = self.cli(&[
                "enroll",
                "--product",
                product,
                "--model",
                MODEL,
                &photo.to_string_lossy(),
                "--yes",
            ])?;
            ensure!(said["added"] == 1, "no view of {product} was added: {said}");
        }
        Ok(())
    }

    fn doctor(&self) -> Result<()> {
        let said = self.cli(&["doctor", "--timeout", "120"])?;
        ensure!(said["ok"] == true, "it finds fault: {said}");
        Ok(())
    }

    fn verify_journal(&self) -> Result<()> {
        let said = self.cli(&["journal", "verify"])?;
        ensure!(said["ok"] == true && said["entries"] == 1, "one sale was expected: {said}");
        Ok(())
    }

    /// Shows one product to the daemon and buys it.
    fn sell(&self) -> Result<()> {
        let address = self.address;
        wait(address, "the till to be ready", |state| {
            state["phase"] == "idle" && state["notices"] == json!([])
        })?;
        let product = PRODUCTS[0];
        post(address, "/sim/v1/show", &json!({ "path": format!("{product}.webp") }))?;
        let noticed = |state: &Value| question(state).is_some() || first_line(state).is_some();
        let state = wait(address, "the till to notice the product", noticed)?;
        if let Some(question) = question(&state) {
            eprintln!("cross: the till asks; its candidates are {}", candidates(&state));
            act(address, &json!({ "action": "choose", "question": question, "product": product }))?;
        }
        let state = wait(address, "a line", |state| {
            first_line(state).is_some() && state["pay_blocked_by"].is_null()
        })?;
        ensure!(
            first_line(&state) == Some(product),
            "the till takes the {product} for {}",
            state["basket"]["lines"]
        );
        act(address, &json!({ "action": "review" }))?;
        act(address, &json!({ "action": "pay" }))?;
        let state = wait(address, "the receipt", |state| state["phase"] == "receipt")?;
        ensure!(state["receipt"]["sequence"] == 1, "the receipt is {}", state["receipt"]);
        Ok(())
    }

    fn start(&self) -> Result<Daemon> {
        let config = self.folder.join("tillsightd.toml");
        let path = |path: &Path| Value::from(path.to_string_lossy()).to_string();
        let text = format!(
            "[data]\ndir = {}\n[kiosk]\nlisten = \"{}\"\n[camera]\nkind = \"photos\"\nfolder = {}\n\
             stall_ms = 60000\n[vision]\nmodels = {}\nmodel = \"{MODEL}\"\ntray = \"whole_frame\"\n[log]\nformat = \"text\"\n",
            path(&self.data()),
            self.address,
            path(&self.shop),
            path(&self.models)
        );
        fs::write(&config, text).with_context(|| format!("failed to write `{}`", config.display()))?;
        let log = self.folder.join("tillsightd.log");
        let file = File::create(&log).with_context(|| format!("failed to make `{}`", log.display()))?;
        eprintln!("cross: the emulated till's log is {}", log.display());
        let mut command = self.toolchain.emulated(&self.built.daemon);
        command.arg("--config").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let child =
            command.spawn().with_context(|| format!("failed to start `{}`", process::shown(&command)))?;
        Ok(Daemon { child })
    }
}

/// The running daemon; asked to end when dropped, so that its journal can be read.
struct Daemon {
    child: Child,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // If it has ended by itself, or does not want to, there is nothing more to do than the kill below.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("failed to find a free port")?;
    listener.local_addr().context("failed to find a free port")
}

/// Looks at the till's state until it is as wanted.
fn wait(address: SocketAddr, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    let began = Instant::now();
    let mut last = String::from("no answer");
    while began.elapsed() < PATIENCE {
        match get(address, "/api/v1/state") {
            Ok(state) if wanted(&state) => return Ok(state),
            Ok(state) => last = state.to_string(),
            // It may not listen yet.
            Err(error) => last = format!("{error:#}"),
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    bail!("waited {} s in vain for {what}; the last that was heard: {last}", PATIENCE.as_secs())
}

fn act(address: SocketAddr, action: &Value) -> Result<()> {
    post(address, "/api/v1/actions", action).map(drop)
}

fn question(state: &Value) -> Option<u64> {
    state["questions"][0]["question"].as_u64()
}

fn candidates(state: &Value) -> String {
    let candidates = state["questions"][0]["candidates"].as_array().map_or(&[][..], Vec::as_slice);
    let names = candidates.iter().map(|c| format!("{} {}", c["product"], c["probability"]));
    names.collect::<Vec<_>>().join(", ")
}

fn first_line(state: &Value) -> Option<&str> {
    state["basket"]["lines"][0]["product"].as_str()
}
