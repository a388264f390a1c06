//! What `tillsightd` can be told: the shape of `tillsightd.toml`, and the checks that a shape cannot express.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use serde::Deserialize;
use service::config::{ConfigError, Impossible};
use service::traces::Telemetry;
use vision::light::Card;

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
    /// What the till learns from its sales.
    pub learning: Learning,
    /// How the till speaks with its cloud.
    pub cloud: Cloud,
    /// What is logged.
    pub log: Log,
    /// Where spans go.
    pub telemetry: Telemetry,
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
    pub card: [u16; 4],
    pub card_level: u8,
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

/// What the till learns from its sales.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Learning {
    pub remember: bool,
    pub daily: bool,
    pub quiet_minutes: u64,
}

/// How the till speaks with its cloud.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in tillsightd.toml")]
pub struct Cloud {
    pub mqtt: bool,
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
    /// Reads the file over the defaults, and variables over both.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        service::config::load_checked(DEFAULT_TOML, file, ENV_PREFIX, Self::impossible)
    }

    /// Everything the shape cannot say: each key that cannot be, with why and what would be right.
    pub fn impossible(&self) -> Vec<Impossible> {
        let mut found = Found::default();
        self.check_till(&mut found);
        self.check_kiosk(&mut found);
        self.check_camera(&mut found);
        self.check_checkout(&mut found);
        if !(1..=64).contains(&self.vision.threads) {
            found.add("vision.threads", format!("is {}: set it from 1 to 64", self.vision.threads));
        }
        self.check_card(&mut found);
        if !(1..=720).contains(&self.learning.quiet_minutes) {
            let text = format!("is {}: set it from 1 to 720", self.learning.quiet_minutes);
            found.add("learning.quiet_minutes", text);
        }
        if self.scale.kind == ScaleKind::Simulated && self.camera.kind != CameraKind::Simulated {
            found.add(
                "scale.kind",
                "is \"simulated\": that needs `camera.kind` = \"simulated\", whose tray it weighs",
            );
        }
        found.0.extend(self.telemetry.impossible());
        found.0
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

    /// The card beside the tray; `None` where there is none.
    pub fn card(&self) -> Option<Card> {
        let (area, level) = (self.vision.card, self.vision.card_level);
        (area != [0; 4]).then_some(Card { area, level })
    }

    /// When the trading day changes, in minutes after local midnight.
    pub fn business_day_starts(&self) -> anyhow::Result<u16> {
        let text = &self.till.business_day_starts;
        let minutes = text.split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        });
        minutes.with_context(|| format!("`{text}` is no time of day: write one such as \"04:00\""))
    }

    fn check_till(&self, found: &mut Found) {
        found.add_error("till.org", OrgId::new(&self.till.org));
        found.add_error("till.store", StoreId::new(&self.till.store));
        found.add_error("till.till", TillId::new(&self.till.till));
        found.add_error("till.business_day_starts", self.business_day_starts());
    }

    fn check_kiosk(&self, found: &mut Found) {
        let kiosk = &self.kiosk;
        if !kiosk.listen.ip().is_loopback() {
            let reason =
                "the kiosk API has no passwords and must stay on loopback, for example 127.0.0.1:8420";
            found.add("kiosk.listen", format!("is {}: {reason}", kiosk.listen));
        }
        if !(0.05..=2.0).contains(&kiosk.mm_per_pixel) {
            let reason = "measure the screen; a value from 0.05 to 2 is possible";
            found.add("kiosk.mm_per_pixel", format!("is {}: {reason}", kiosk.mm_per_pixel));
        }
        if !kiosk.languages.contains(&kiosk.default_language) {
            let (default, all) = (&kiosk.default_language, &kiosk.languages);
            found.add(
                "kiosk.default_language",
                format!("is \"{default}\", which is not among `kiosk.languages` {all:?}"),
            );
        }
    }

    fn check_camera(&self, found: &mut Found) {
        let camera = &self.camera;
        if !(1..=120).contains(&camera.frames_per_second) {
            let reason = format!("is {}: set it from 1 to 120", camera.frames_per_second);
            found.add("camera.frames_per_second", reason);
        }
        for (key, pixels) in [("camera.width", camera.width), ("camera.height", camera.height)] {
            if !(64..=8192).contains(&pixels) {
                found.add(key, format!("is {pixels}: set it from 64 to 8192"));
            }
        }
        if camera.stall_ms < 500 {
            let reason = "less than 500 would take a slow camera for a lost one";
            found.add("camera.stall_ms", format!("is {}: {reason}", camera.stall_ms));
        }
        let (key, missing) = match camera.kind {
            CameraKind::Mjpeg => ("camera.url", camera.url.is_empty()),
            CameraKind::Directory | CameraKind::Photos => {
                ("camera.folder", camera.folder.as_os_str().is_empty())
            }
            CameraKind::Simulated => ("camera.pictures", camera.pictures.as_os_str().is_empty()),
            CameraKind::V4l => return,
        };
        if missing {
            found.add(key, format!("is empty, but `camera.kind` = {:?} needs it", camera.kind));
        }
    }

    fn check_card(&self, found: &mut Found) {
        let [x, y, width, height] = self.vision.card;
        let inside = u32::from(x) + u32::from(width) <= 1000 && u32::from(y) + u32::from(height) <= 1000;
        if self.card().is_some() && (width.min(height) < 10 || !inside) {
            let reason = "give [left, top, width, height] in thousandths of the picture, at least 10 wide and high and within it";
            found.add("vision.card", format!("is {:?}: {reason}", self.vision.card));
        }
        if !(60..=240).contains(&self.vision.card_level) {
            let reason = "set it from 60 to 240";
            found.add("vision.card_level", format!("is {}: {reason}", self.vision.card_level));
        }
    }

    fn check_checkout(&self, found: &mut Found) {
        let checkout = &self.checkout;
        // WCAG 2.2.1: people get at least 20 s to react to a time-out warning.
        if checkout.warning_ms < 20_000 {
            let reason = "shoppers need at least 20000";
            found.add("checkout.warning_ms", format!("is {}: {reason}", checkout.warning_ms));
        }
        if checkout.idle_ms <= checkout.warning_ms {
            let reason = "it must be more than `checkout.warning_ms`";
            found.add("checkout.idle_ms", format!("is {}: {reason}", checkout.idle_ms));
        }
    }
}

/// What was found impossible so far.
#[derive(Default)]
struct Found(Vec<Impossible>);

impl Found {
    fn add(&mut self, key: &str, reason: impl Into<String>) {
        self.0.push(Impossible { key: key.to_owned(), reason: reason.into() });
    }

    fn add_error<T, E: std::fmt::Display>(&mut self, key: &str, outcome: Result<T, E>) {
        if let Err(error) = outcome {
            self.add(key, format!("cannot be used: {error:#}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys found impossible after this change of the defaults.
    fn impossible_with(change: &str) -> Vec<String> {
        let mut table: toml::Table = DEFAULT_TOML.parse().unwrap();
        let changes: toml::Table = change.parse().unwrap();
        for (section, values) in changes {
            let section = table.get_mut(&section).unwrap().as_table_mut().unwrap();
            section.extend(values.as_table().unwrap().clone());
        }
        let found = table.try_into::<Config>().unwrap().impossible();
        found.into_iter().map(|impossible| impossible.key).collect()
    }

    #[test]
    fn the_default_is_whole_and_sane() {
        assert_eq!(impossible_with(""), [""; 0]);
    }

    #[test]
    fn names_the_key_of_an_impossible_value() {
        for (change, key) in [
            ("till.org = \"My Company\"", "till.org"),
            ("till.business_day_starts = \"25:00\"", "till.business_day_starts"),
            ("kiosk.listen = \"0.0.0.0:8420\"", "kiosk.listen"),
            ("kiosk.mm_per_pixel = 0", "kiosk.mm_per_pixel"),
            ("kiosk.default_language = \"fr\"", "kiosk.default_language"),
            ("camera.kind = \"mjpeg\"", "camera.url"),
            ("camera.frames_per_second = 0", "camera.frames_per_second"),
            ("camera.width = 7", "camera.width"),
            ("vision.threads = 0", "vision.threads"),
            ("vision.card = [900, 0, 200, 50]", "vision.card"),
            ("vision.card = [0, 0, 5, 50]", "vision.card"),
            ("vision.card_level = 255", "vision.card_level"),
            ("learning.quiet_minutes = 0", "learning.quiet_minutes"),
            ("scale.kind = \"simulated\"", "scale.kind"),
            ("checkout.warning_ms = 100", "checkout.warning_ms"),
            ("checkout.idle_ms = 20000", "checkout.idle_ms"),
        ] {
            assert_eq!(impossible_with(change), [key], "{change}");
        }
        assert_eq!(impossible_with("vision.threads = 0\ncamera.width = 7").len(), 2, "all are named at once");
    }

    #[test]
    fn an_impossible_value_is_named_with_its_file_and_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[camera]\nkind = \"simulated\"\n\n[vision]\nthreads = 0\n").unwrap();
        let message = Config::load(Some(file.path())).unwrap_err().to_string();
        let place = format!("{}:5", file.path().display());
        assert!(message.contains(&place) && message.contains("vision.threads"), "{message}");
    }
}
