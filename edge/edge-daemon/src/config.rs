//! What `tillsightd` can be told: the shape of `tillsightd.toml`, and the checks that a shape cannot express.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use serde::Deserialize;

/// Every setting with its default and what it means.
pub const DEFAULT_TOML: &str = include_str!("../tillsightd.toml");

/// Prefix of the environment variables that override the file.
pub const ENV_PREFIX: &str = "TILLSIGHT";

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who sells.
    pub till: Till,
    /// Where things are kept.
    pub data: Data,
    /// The kiosk page and its API.
    pub kiosk: Kiosk,
    /// Where frames come from.
    pub camera: Camera,
    /// How frames are read.
    pub vision: Vision,
    /// What weighs.
    pub scale: Scale,
    /// What takes the money.
    pub terminal: Terminal,
    /// How long a shopper may take.
    pub checkout: Checkout,
    /// What is logged.
    pub log: Log,
}

/// Who sells.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Till {
    pub org: String,
    pub store: String,
    pub till: String,
    pub business_day_starts: String,
    pub time_zone: String,
}

/// Where things are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The till's folder.
    pub dir: PathBuf,
}

/// The kiosk page and its API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Kiosk {
    pub listen: SocketAddr,
    pub mm_per_pixel: f64,
    pub languages: Vec<String>,
    pub default_language: String,
}

/// Kinds of cameras.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each kind is explained where people read it, in tillsightd.toml")]
pub enum CameraKind {
    V4l,
    Mjpeg,
    Directory,
    Photos,
    Simulated,
}

/// Where frames come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Camera {
    pub kind: CameraKind,
    pub device: String,
    pub width: u32,
    pub height: u32,
    pub frames_per_second: u32,
    pub url: String,
    pub folder: PathBuf,
    pub pictures: PathBuf,
    pub seed: u64,
    pub stall_ms: u64,
}

/// What a frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrayKind {
    /// Items on a tray that was seen empty.
    Segment,
    /// One item that fills the picture.
    WholeFrame,
}

/// How frames are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Vision {
    pub models: PathBuf,
    pub model: String,
    pub threads: usize,
    pub tray: TrayKind,
}

/// Kinds of scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each kind is explained where people read it, in tillsightd.toml")]
pub enum ScaleKind {
    None,
    Simulated,
}

/// What weighs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Which scale.
    pub kind: ScaleKind,
}

/// Kinds of payment terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalKind {
    /// Takes no money.
    Simulated,
}

/// What takes the money.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Terminal {
    pub kind: TerminalKind,
    pub latency_ms: u64,
    pub answer_ms: u64,
}

/// How long a shopper may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Checkout {
    pub idle_ms: u64,
    pub warning_ms: u64,
    pub receipt_ms: u64,
}

/// Forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One object a line.
    Json,
    /// For people.
    Text,
}

/// What is logged.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

impl Config {
    /// Checks what the shape cannot say; every message names the key and the way out.
    pub fn check(&self) -> anyhow::Result<()> {
        self.till_ref()?;
        self.business_day_starts()?;
        self.check_kiosk()?;
        self.check_camera()?;
        if self.vision.threads == 0 || self.vision.threads > 64 {
            bail!("[vision] threads is {}: set it from 1 to 64", self.vision.threads);
        }
        if self.scale.kind == ScaleKind::Simulated && self.camera.kind != CameraKind::Simulated {
            bail!(
                "[scale] kind = \"simulated\" weighs the simulated tray: it needs [camera] kind = \"simulated\""
            );
        }
        // WCAG 2.2.1: people get at least 20 s to react to a time-out warning.
        if self.checkout.warning_ms < 20_000 {
            bail!("[checkout] warning_ms is {}: shoppers need at least 20000", self.checkout.warning_ms);
        }
        if self.checkout.idle_ms <= self.checkout.warning_ms {
            bail!("[checkout] idle_ms is {}: it must be more than warning_ms", self.checkout.idle_ms);
        }
        Ok(())
    }

    /// The till's full name.
    pub fn till_ref(&self) -> anyhow::Result<TillRef> {
        Ok(TillRef {
            org: OrgId::new(&self.till.org).context("[till] org")?,
            store: StoreId::new(&self.till.store).context("[till] store")?,
            till: TillId::new(&self.till.till).context("[till] till")?,
        })
    }

    /// What a frame shows: the photos camera shows one item at a time whatever the tray is set to.
    pub fn tray_kind(&self) -> TrayKind {
        if self.camera.kind == CameraKind::Photos { TrayKind::WholeFrame } else { self.vision.tray }
    }

    /// When the trading day changes, in minutes after local midnight.
    pub fn business_day_starts(&self) -> anyhow::Result<u16> {
        let text = &self.till.business_day_starts;
        let minutes = text.split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        });
        minutes.with_context(|| {
            format!("[till] business_day_starts is `{text}`: write a time such as \"04:00\"")
        })
    }

    fn check_kiosk(&self) -> anyhow::Result<()> {
        let kiosk = &self.kiosk;
        if !kiosk.listen.ip().is_loopback() {
            bail!(
                "[kiosk] listen is {}: the kiosk API has no passwords and must stay on loopback, for example 127.0.0.1:8420",
                kiosk.listen
            );
        }
        if !(0.05..=2.0).contains(&kiosk.mm_per_pixel) {
            bail!(
                "[kiosk] mm_per_pixel is {}: measure the screen; a value from 0.05 to 2 is possible",
                kiosk.mm_per_pixel
            );
        }
        if !kiosk.languages.contains(&kiosk.default_language) {
            bail!(
                "[kiosk] default_language is \"{}\", which is not among languages {:?}",
                kiosk.default_language,
                kiosk.languages
            );
        }
        Ok(())
    }

    fn check_camera(&self) -> anyhow::Result<()> {
        let camera = &self.camera;
        if !(1..=120).contains(&camera.frames_per_second) {
            bail!("[camera] frames_per_second is {}: set it from 1 to 120", camera.frames_per_second);
        }
        if !(64..=8192).contains(&camera.width) || !(64..=8192).contains(&camera.height) {
            bail!("[camera] {}x{}: width and height must be from 64 to 8192", camera.width, camera.height);
        }
        if camera.stall_ms < 500 {
            bail!(
                "[camera] stall_ms is {}: less than 500 would take a slow camera for a lost one",
                camera.stall_ms
            );
        }
        let (key, missing) = match camera.kind {
            CameraKind::Mjpeg => ("url", camera.url.is_empty()),
            CameraKind::Directory | CameraKind::Photos => ("folder", camera.folder.as_os_str().is_empty()),
            CameraKind::Simulated => ("pictures", camera.pictures.as_os_str().is_empty()),
            CameraKind::V4l => return Ok(()),
        };
        if missing {
            bail!("[camera] kind = {:?} needs [camera] {key}", camera.kind);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: &str) -> anyhow::Result<()> {
        let mut table: toml::Table = DEFAULT_TOML.parse().unwrap();
        let changes: toml::Table = change.parse().unwrap();
        for (section, values) in changes {
            let section = table.get_mut(&section).unwrap().as_table_mut().unwrap();
            section.extend(values.as_table().unwrap().clone());
        }
        table.try_into::<Config>()?.check()
    }

    #[test]
    fn the_default_is_whole_and_sane() {
        with("").unwrap();
    }

    #[test]
    fn names_the_key_of_an_impossible_value() {
        for (change, word) in [
            ("till.org = \"My Company\"", "org"),
            ("till.business_day_starts = \"25:00\"", "business_day_starts"),
            ("kiosk.listen = \"0.0.0.0:8420\"", "loopback"),
            ("kiosk.mm_per_pixel = 0", "mm_per_pixel"),
            ("kiosk.default_language = \"fr\"", "default_language"),
            ("camera.kind = \"mjpeg\"", "url"),
            ("camera.frames_per_second = 0", "frames_per_second"),
            ("camera.width = 7", "width"),
            ("vision.threads = 0", "threads"),
            ("scale.kind = \"simulated\"", "scale"),
            ("checkout.warning_ms = 100", "warning_ms"),
            ("checkout.idle_ms = 20000", "idle_ms"),
        ] {
            let message = format!("{:#}", with(change).unwrap_err());
            assert!(message.contains(word), "{change}: {message}");
        }
    }
}
