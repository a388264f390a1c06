//! What the kiosk must tell people about the till itself: faults and their way back.

use std::collections::BTreeMap;

use domain::time::WallMs;
use serde::Serialize;

use crate::clock::rfc3339;

/// What a notice is about; the page has words for each in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// The camera gives no frames.
    CameraLost,
    /// Recognition does not answer and is being started again.
    VisionStalled,
    /// The scale gives no readings.
    ScaleLost,
    /// There is no room for another sale.
    StorageFull,
    /// The sales journal cannot be written.
    StorageFailed,
    /// The payment terminal cannot be reached.
    TerminalLost,
    /// There is nothing to recognise or to sell.
    CatalogueEmpty,
    /// The till does not have the model that made its enrolled views: nothing is recognised, everything found by name.
    ModelMissing,
    /// The light over the tray is beyond what pictures can be corrected for.
    LightWrong,
    /// Something lies on the card that tells of the light, or a shadow falls on it.
    CardHidden,
    /// Goods with an age limit wait for staff, and the till has no staff PIN.
    StaffPinMissing,
    /// The journal was damaged and has been rebuilt.
    JournalRepaired,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Selling goes on, somebody should look.
    Warning,
    /// Selling is held up.
    Error,
}

impl NoticeCode {
    fn severity(self) -> Severity {
        match self {
            Self::CameraLost | Self::StorageFull | Self::StorageFailed | Self::CatalogueEmpty => {
                Severity::Error
            }
            Self::VisionStalled
            | Self::ScaleLost
            | Self::TerminalLost
            | Self::ModelMissing
            | Self::LightWrong
            | Self::CardHidden
            | Self::StaffPinMissing
            | Self::JournalRepaired => Severity::Warning,
        }
    }
}

/// One notice as the page gets it.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    code: NoticeCode,
    severity: Severity,
    since: String,
    parameters: BTreeMap<&'static str, String>,
}

/// The notices that hold now.
#[derive(Debug, Default)]
pub struct Notices {
    by_code: BTreeMap<NoticeCode, Notice>,
}

impl Notices {
    /// Raises a notice; one that holds already keeps its time and takes the new parameters.
    pub fn raise(&mut self, code: NoticeCode, now: WallMs, parameters: BTreeMap<&'static str, String>) {
        let notice = self.by_code.entry(code).or_insert_with(|| Notice {
            code,
            severity: code.severity(),
            since: rfc3339(now),
            parameters: BTreeMap::new(),
        });
        notice.parameters = parameters;
    }

    /// Takes a notice back.
    pub fn clear(&mut self, code: NoticeCode) {
        self.by_code.remove(&code);
    }

    /// All that hold, the worst first.
    pub fn all(&self) -> Vec<&Notice> {
        let mut all: Vec<&Notice> = self.by_code.values().collect();
        all.sort_by_key(|notice| std::cmp::Reverse(notice.severity));
        all
    }
}
