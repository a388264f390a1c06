//! What goes over the socket.

use std::collections::BTreeMap;

use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion, ProductId, SaleId, SequenceNumber, SightingId, Uuid, ViewId};
use domain::sale::Sale;
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::picture_protocol::PictureRecord;
use crate::catalogue::{ChangeKind, GenerationInfo, ViewChange};
use crate::error::StoreError;
use crate::journal::JournalEntry;
use crate::store::ViewPage;
use crate::verify::{BadEntry, JournalGap, JournalReport};
use crate::view_pictures::GivenPicture;
use crate::views::{from_bytes, to_bytes};
use sync_core::chain::{Hash, from_hex, to_hex};
use sync_core::sale_document;

/// The version of the protocol; both sides must have the same.
pub(super) const VERSION: u32 = 1;
/// The longest request, in bytes: some 30,000 views.
pub(super) const REQUEST_MAX_LEN: usize = 64 * 1024 * 1024;

/// A request, without its version.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Request {
    Status {},
    Catalogue {},
    PublishCatalogue {
        catalogue: String,
    },
    Views {
        from: i64,
        limit: u32,
    },
    BringViews {
        model: String,
        views: Vec<ViewRecord>,
    },
    PublishViews(Box<ViewChangeRecord>),
    ViewOrigins {
        from: i64,
        limit: u32,
    },
    ViewPictures {
        hashes: Vec<String>,
    },
    VerifyViews {},
    Generations {},
    Rollback {
        to: u64,
    },
    Sales {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<u64>,
        limit: u32,
    },
    Sale {
        id: String,
    },
    Verify {},
    Settings {},
    SetSetting {
        key: String,
        value: Option<String>,
    },
    Sightings {
        model: String,
        after: u64,
        limit: u32,
    },
    Learnt {},
    Calibration {},
    ForgetSightings {},
}

/// The names of [`Request`]'s variants; any other is the daemon's.
pub(super) const OPERATIONS: [&str; 20] = [
    "status",
    "catalogue",
    "publish_catalogue",
    "views",
    "bring_views",
    "publish_views",
    "view_origins",
    "view_pictures",
    "verify_views",
    "generations",
    "rollback",
    "sales",
    "sale",
    "verify",
    "settings",
    "set_setting",
    "sightings",
    "learnt",
    "calibration",
    "forget_sightings",
];

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Response {
    pub(super) v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ok: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Fault>,
}

/// Why there is no answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Fault {
    pub(super) code: String,
    pub(super) message: String,
}

/// How a till and its store are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// `org/store/till`.
    pub till: String,
    /// The version of the program that has the store open.
    pub program_version: String,
    /// The newest generation; 0 before the first.
    pub generation: u64,
    /// The last sequence number given out.
    pub journal_head: u64,
    /// Sales that wait to be sent.
    pub outbox: u64,
    /// Payments that are not settled.
    pub open_intents: u64,
    /// Room on the disk.
    pub disk_free_bytes: u64,
    /// True while no payment is begun for want of room.
    pub disk_low: bool,
    /// What the daemon adds; null when the store was opened directly.
    pub daemon: Value,
}

/// All views of a generation.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolledViews {
    /// The generation.
    pub generation: Generation,
    /// The model of all of them.
    pub model: ModelVersion,
    /// The views, those of archived products included.
    pub views: Vec<View>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CatalogueRecord {
    pub(super) generation: u64,
    pub(super) catalogue: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ViewRecord {
    id: String,
    product: String,
    vector: String,
    /// What a new view was made from, if that is to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<PictureRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ViewPageRecord {
    generation: u64,
    model: String,
    views: Vec<ViewRecord>,
    next: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewChangeRecord {
    model: String,
    #[serde(default)]
    add: Vec<ViewRecord>,
    #[serde(default)]
    brought: Vec<String>,
    #[serde(default)]
    replace_products: Vec<String>,
    #[serde(default)]
    remove_products: Vec<String>,
    #[serde(default)]
    remove_views: Vec<String>,
    #[serde(default)]
    learnt_through: Option<u64>,
    #[serde(default)]
    calibration: Option<String>,
    #[serde(default)]
    expected: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GenerationRecord {
    generation: u64,
    published_at_ms: i64,
    kind: String,
    products: u64,
    views: u64,
    model: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SaleEntryRecord {
    sequence: u64,
    hash: String,
    payload: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReportRecord {
    entries: u64,
    head: u64,
    head_hash: String,
    gaps: Vec<(u64, u64)>,
    outbox: u64,
    first_bad: Option<(u64, String)>,
    ok: bool,
}

impl ViewRecord {
    fn new(view: &View) -> Self {
        Self {
            id: view.id.to_string(),
            product: view.product.to_string(),
            vector: to_hex(&to_bytes(view.embedding.values())),
            picture: None,
        }
    }

    /// A new view, with what it was made from.
    pub(super) fn with_picture(view: &View, picture: Option<&GivenPicture>) -> Self {
        Self { picture: picture.map(PictureRecord::new), ..Self::new(view) }
    }

    fn into_view(self, model: &ModelVersion) -> Result<View, String> {
        let bad = |error: &dyn std::fmt::Display| format!("view `{}`: {error}", self.id);
        let bytes = from_hex(&self.vector).filter(|bytes| bytes.len().is_multiple_of(4));
        let bytes = bytes.ok_or_else(|| bad(&"its vector is not hexadecimal of 32-bit floats"))?;
        Ok(View {
            id: view_id(&self.id)?,
            product: ProductId::new(&self.product).map_err(|error| bad(&error))?,
            embedding: Embedding::new(model.clone(), from_bytes(&bytes)).map_err(|error| bad(&error))?,
        })
    }
}

impl ViewPageRecord {
    pub(super) fn new(page: &ViewPage) -> Self {
        Self {
            generation: page.generation.0,
            model: page.model.to_string(),
            views: page.views.iter().map(ViewRecord::new).collect(),
            next: page.next,
        }
    }

    pub(super) fn into_page(self) -> Result<ViewPage, String> {
        let model = ModelVersion::new(&self.model);
        let views: Result<_, _> = self.views.into_iter().map(|view| view.into_view(&model)).collect();
        Ok(ViewPage { generation: Generation(self.generation), views: views?, model, next: self.next })
    }
}

impl ViewChangeRecord {
    pub(super) fn new(change: &ViewChange) -> Self {
        let names = |products: &[ProductId]| products.iter().map(ToString::to_string).collect();
        Self {
            model: change.model.to_string(),
            add: change
                .add
                .iter()
                .map(|view| ViewRecord::with_picture(view, change.pictures.get(&view.id)))
                .collect(),
            brought: change.brought.iter().map(ToString::to_string).collect(),
            replace_products: names(&change.replace_products),
            remove_products: names(&change.remove_products),
            remove_views: change.remove_views.iter().map(ToString::to_string).collect(),
            learnt_through: change.learnt_through.map(|through| through.0),
            calibration: change.calibration_json.clone(),
            expected: change.expected.map(|generation| generation.0),
        }
    }

    pub(super) fn into_change(self) -> Result<ViewChange, String> {
        let model = ModelVersion::new(&self.model);
        let ids = |names: Vec<String>| -> Result<Vec<ProductId>, String> {
            names.iter().map(|name| ProductId::new(name).map_err(|error| error.to_string())).collect()
        };
        let (add, pictures) = new_views(self.add, &model)?;
        Ok(ViewChange {
            add,
            pictures,
            brought: self.brought.iter().map(|id| view_id(id)).collect::<Result<_, _>>()?,
            replace_products: ids(self.replace_products)?,
            remove_products: ids(self.remove_products)?,
            remove_views: self.remove_views.iter().map(|id| view_id(id)).collect::<Result<_, _>>()?,
            learnt_through: self.learnt_through.map(SightingId),
            calibration_json: self.calibration,
            expected: self.expected.map(Generation),
            model,
        })
    }
}

impl GenerationRecord {
    pub(super) fn new(info: &GenerationInfo) -> Self {
        Self {
            generation: info.generation.0,
            published_at_ms: info.published_at.0,
            kind: info.kind.name().to_owned(),
            products: info.products,
            views: info.views,
            model: info.model.as_ref().map(ToString::to_string),
        }
    }

    pub(super) fn into_info(self) -> GenerationInfo {
        GenerationInfo {
            generation: Generation(self.generation),
            published_at: WallMs(self.published_at_ms),
            kind: ChangeKind::from_name(&self.kind),
            products: self.products,
            views: self.views,
            model: self.model.map(|model| ModelVersion::new(&model)),
        }
    }
}

impl SaleEntryRecord {
    pub(super) fn new(entry: &JournalEntry, sale: &Sale) -> Self {
        let payload = String::from_utf8_lossy(&sale_document::encode(sale)).into_owned();
        Self { sequence: entry.sequence.0, hash: to_hex(&entry.hash), payload }
    }

    pub(super) fn into_sale(self) -> Result<(JournalEntry, Sale), String> {
        let hash = hash_from_hex(&self.hash)?;
        let entry = JournalEntry { sequence: SequenceNumber(self.sequence), hash, already: true };
        Ok((entry, sale_document::decode(self.payload.as_bytes())?))
    }
}

impl ReportRecord {
    pub(super) fn new(report: &JournalReport) -> Self {
        Self {
            entries: report.entries,
            head: report.head.0,
            head_hash: to_hex(&report.head_hash),
            gaps: report.gaps.iter().map(|gap| (gap.first.0, gap.last.0)).collect(),
            outbox: report.outbox,
            first_bad: report.first_bad.as_ref().map(|bad| (bad.sequence.0, bad.problem.clone())),
            ok: report.ok,
        }
    }

    pub(super) fn into_report(self) -> Result<JournalReport, String> {
        let gap = |(first, last)| JournalGap { first: SequenceNumber(first), last: SequenceNumber(last) };
        let bad = |(sequence, problem)| BadEntry { sequence: SequenceNumber(sequence), problem };
        Ok(JournalReport {
            entries: self.entries,
            head: SequenceNumber(self.head),
            head_hash: hash_from_hex(&self.head_hash)?,
            gaps: self.gaps.into_iter().map(gap).collect(),
            outbox: self.outbox,
            first_bad: self.first_bad.map(bad),
            ok: self.ok,
        })
    }
}

/// An id as text.
pub(super) fn sale_id(text: &str) -> Result<SaleId, String> {
    Uuid::parse_str(text).map(SaleId).map_err(|_| format!("`{text}` is not a sale id"))
}

/// A view's id as text.
pub(super) fn view_id(text: &str) -> Result<ViewId, String> {
    Uuid::parse_str(text).map(ViewId).map_err(|_| format!("`{text}` is not a view id"))
}

/// New views, and what they were made from.
pub(super) fn new_views(
    records: Vec<ViewRecord>,
    model: &ModelVersion,
) -> Result<(Vec<View>, BTreeMap<ViewId, GivenPicture>), String> {
    let (mut views, mut pictures) = (Vec::with_capacity(records.len()), BTreeMap::new());
    for mut record in records {
        if let Some(picture) = record.picture.take() {
            pictures.insert(view_id(&record.id)?, picture.into_given()?);
        }
        views.push(record.into_view(model)?);
    }
    Ok((views, pictures))
}

pub(super) fn hash_from_hex(text: &str) -> Result<Hash, String> {
    from_hex(text).and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| format!("`{text}` is not a hash"))
}

/// The name of [`StoreError::GenerationMoved`].
pub(super) const GENERATION_MOVED: &str = "generation_moved";

/// A stable name for an error, for programs.
pub(super) fn code_of(error: &StoreError) -> &'static str {
    match error {
        StoreError::Full { .. } => "disk_full",
        StoreError::Broken { .. } => "store_broken",
        StoreError::Damaged { .. } => "store_damaged",
        StoreError::Busy { .. } => "busy",
        StoreError::UnknownProducts { .. } => "unknown_products",
        StoreError::DuplicateView { .. } => "duplicate_view",
        StoreError::NotWaiting { .. } => "not_waiting",
        StoreError::NoSuchPicture { .. } => "no_such_picture",
        StoreError::NoRoomForPictures { .. } => "no_room_for_pictures",
        StoreError::MixedModels { .. } => "mixed_models",
        StoreError::GenerationMoved { .. } => GENERATION_MOVED,
        StoreError::NoSuchGeneration { .. } => "no_such_generation",
        StoreError::SaleConflict { .. } | StoreError::IntentConflict { .. } => "conflict",
        StoreError::UnsoundSale { .. } | StoreError::Refused(_) => "refused",
        StoreError::Unreadable { .. } | StoreError::Database { .. } => "store_failed",
    }
}
