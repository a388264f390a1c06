//! One way to a till's store, whether its daemon runs or not.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, SaleId, SequenceNumber, ViewId};
use domain::sale::{Sale, TillRef};
use serde_json::Value;
use thiserror::Error;

use super::client::Client;
use super::picture_protocol::{FoundRecord, OriginPageRecord, PICTURES_MAX, ViewReportRecord};
use super::protocol::{
    CatalogueRecord, EnrolledViews, GENERATION_MOVED, GenerationRecord, ReportRecord, Request,
    SaleEntryRecord, Status, ViewChangeRecord, ViewPageRecord, ViewRecord,
};
use super::{server, socket_path};
use crate::catalogue::{GenerationInfo, ViewChange};
use crate::error::{OpenError, StoreError};
use crate::journal::JournalEntry;
use crate::options::{OnDamage, StoreOptions};
use crate::store::{Store, ViewPage};
use crate::verify::JournalReport;
use crate::view_pictures::{FoundPicture, GivenPicture, OriginPage, PictureHash};
use crate::view_report::ViewReport;
use sync_core::catalogue_document;

/// How long a daemon that has the lock may take to open its socket.
const STARTING_MAX: Duration = Duration::from_secs(3);
const VIEWS_A_PAGE: u32 = 2048;

/// The picture that each view was made from, by name.
pub type Origins = BTreeMap<ViewId, PictureHash>;

/// Why the store could not be reached, or did not do what it was asked.
#[derive(Debug, Error)]
pub enum AccessError {
    /// A process has the store open, but its control socket does not answer.
    #[error(
        "the store in `{dir}` is in use by {holder}, but nothing answers at `{socket}`: is it still starting, or does it hang? see `systemctl status tillsightd`"
    )]
    NoAnswer {
        /// The store's directory.
        dir: PathBuf,
        /// Who has it.
        holder: String,
        /// The socket.
        socket: PathBuf,
    },
    /// The daemon runs as somebody else.
    #[error("`{socket}` may not be used by this user: run as the user of `tillsightd`, or as root")]
    Denied {
        /// The socket.
        socket: PathBuf,
    },
    /// The store could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store, opened directly, did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The daemon did not do it.
    #[error("{message}")]
    Refused {
        /// A stable name of the cause.
        code: String,
        /// What the daemon says.
        message: String,
    },
    /// Only a running daemon can do it.
    #[error("`{operation}` needs a running till: start `tillsightd`")]
    DaemonNeeded {
        /// The operation.
        operation: String,
    },
    /// More than fits in one request.
    #[error("the request has {bytes} bytes, allowed are {allowed}: do it in several parts")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        allowed: usize,
    },
    /// The connection broke off.
    #[error("the connection to `{socket}` was lost: look at the log of `tillsightd`, then repeat")]
    Lost {
        /// The socket.
        socket: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// An answer that cannot be understood.
    #[error(
        "what answers at `{socket}` makes no sense ({problem}): do `tillsight` and `tillsightd` have the same version?"
    )]
    Nonsense {
        /// The socket.
        socket: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl AccessError {
    /// True when a change was made for a generation that is not the newest any more: look again, then repeat it.
    pub fn is_generation_moved(&self) -> bool {
        match self {
            Self::Refused { code, .. } => code == GENERATION_MOVED,
            Self::Store(error) => matches!(error, StoreError::GenerationMoved { .. }),
            _ => false,
        }
    }
}

/// A way to a till's store.
#[derive(Debug)]
pub enum Access {
    /// Through the daemon that has it open.
    Daemon(Client),
    /// The store itself; nobody else has it open. A damaged one can be read, not written.
    Direct(Store),
}

impl Access {
    /// Finds the way to the store in `dir`, which must exist.
    pub fn open(dir: &Path) -> Result<Self, AccessError> {
        Self::open_as(dir, None)
    }

    /// As [`Access::open`], and makes the store when there is none.
    pub fn open_or_create(dir: &Path, identity: &TillRef) -> Result<Self, AccessError> {
        Self::open_as(dir, Some(identity))
    }

    fn open_as(dir: &Path, identity: Option<&TillRef>) -> Result<Self, AccessError> {
        let socket = socket_path(dir);
        let give_up = Instant::now() + STARTING_MAX;
        loop {
            match Client::connect(dir) {
                Ok(client) => return Ok(Self::Daemon(client)),
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    return Err(AccessError::Denied { socket });
                }
                // No socket, or one that a dead daemon left behind.
                Err(_) => {}
            }
            let options = StoreOptions { on_damage: OnDamage::Inspect, ..StoreOptions::default() };
            match Store::open_with(dir, identity, &options) {
                Ok((store, _)) => return Ok(Self::Direct(store)),
                Err(OpenError::Locked { holder, .. }) => {
                    if Instant::now() >= give_up {
                        return Err(AccessError::NoAnswer { dir: dir.to_owned(), holder, socket });
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// How the till and its store are.
    pub fn status(&mut self) -> Result<Status, AccessError> {
        match self {
            Self::Daemon(client) => client.call(&Request::Status {}),
            Self::Direct(store) => Ok(server::status(store, Value::Null)?),
        }
    }

    /// The newest catalogue; `None` before the first.
    pub fn catalogue(&mut self) -> Result<Option<(Generation, Catalogue)>, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: Option<CatalogueRecord> = client.call(&Request::Catalogue {})?;
                let Some(answer) = answer else { return Ok(None) };
                let catalogue = catalogue_document::decode(answer.catalogue.as_bytes());
                let catalogue = catalogue.map_err(|problem| client.nonsense(&problem))?;
                Ok(Some((Generation(answer.generation), catalogue)))
            }
            Self::Direct(store) => Ok(store.products()?),
        }
    }

    /// See [`Store::publish_catalogue`].
    pub fn publish_catalogue(&mut self, catalogue: &Catalogue) -> Result<Generation, AccessError> {
        match self {
            Self::Daemon(client) => {
                let catalogue = catalogue_document::encode(catalogue);
                published(client, &Request::PublishCatalogue { catalogue })
            }
            Self::Direct(store) => Ok(store.publish_catalogue(catalogue)?),
        }
    }

    /// All views of the newest generation, those of archived products included; `None` when nothing is enrolled.
    pub fn views(&mut self) -> Result<Option<EnrolledViews>, AccessError> {
        let mut found: Option<EnrolledViews> = None;
        let mut from = Some(0);
        while let Some(at) = from {
            let Some(page) = self.views_page(at)? else { return Ok(found) };
            from = page.next;
            match &mut found {
                Some(found) if found.generation == page.generation => found.views.extend(page.views),
                // Somebody published between two pages: begin again.
                Some(_) => (found, from) = (None, Some(0)),
                None => {
                    let ViewPage { generation, model, views, .. } = page;
                    found = Some(EnrolledViews { generation, model, views });
                }
            }
        }
        Ok(found)
    }

    /// See [`Store::bring_views`]. What is too much for one request goes in several.
    pub fn bring_views(
        &mut self,
        model: &ModelVersion,
        views: Vec<View>,
        pictures: BTreeMap<ViewId, GivenPicture>,
    ) -> Result<(), AccessError> {
        match self {
            Self::Daemon(client) => bring_in_parts(client, model, &views, &pictures),
            Self::Direct(store) => Ok(store.bring_views(model, views, pictures)?),
        }
    }

    /// What the newest generation's views were made from, for all that have a picture, with the generation's number.
    /// `None` before the first catalogue.
    pub fn view_origins(&mut self) -> Result<Option<(Generation, Origins)>, AccessError> {
        let mut found: Option<(Generation, Origins)> = None;
        let mut from = Some(0);
        while let Some(at) = from {
            let Some(page) = self.origins_page(at)? else { return Ok(found) };
            from = page.next;
            match &mut found {
                Some((generation, origins)) if *generation == page.generation => {
                    origins.extend(page.origins);
                }
                // Somebody published between two pages: begin again.
                Some(_) => (found, from) = (None, Some(0)),
                None => found = Some((page.generation, page.origins.into_iter().collect())),
            }
        }
        Ok(found)
    }

    /// See [`Store::view_pictures`].
    pub fn view_pictures(&mut self, hashes: &[PictureHash]) -> Result<Vec<FoundPicture>, AccessError> {
        match self {
            Self::Daemon(client) => {
                let mut found = Vec::with_capacity(hashes.len());
                for hashes in hashes.chunks(PICTURES_MAX) {
                    let hashes = hashes.iter().map(ToString::to_string).collect();
                    let answer: Vec<FoundRecord> = client.call(&Request::ViewPictures { hashes })?;
                    for record in answer {
                        found.push(record.into_found().map_err(|problem| client.nonsense(&problem))?);
                    }
                }
                Ok(found)
            }
            Self::Direct(store) => Ok(store.view_pictures(hashes)?),
        }
    }

    /// See [`Store::verify_views`].
    pub fn verify_views(&mut self) -> Result<ViewReport, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: ViewReportRecord = client.call(&Request::VerifyViews {})?;
                answer.into_report().map_err(|problem| client.nonsense(&problem))
            }
            Self::Direct(store) => Ok(store.verify_views()?),
        }
    }

    /// See [`Store::publish_views`]. What is too much for one request is brought before, in several.
    pub fn publish_views(&mut self, mut change: ViewChange) -> Result<Generation, AccessError> {
        match self {
            Self::Daemon(client) => {
                if size_of_views(&change.add, &change.pictures) > PART_LEN {
                    bring_in_parts(client, &change.model, &change.add, &change.pictures)?;
                    change.brought.extend(change.add.drain(..).map(|view| view.id));
                    change.pictures.clear();
                }
                published(client, &Request::PublishViews(Box::new(ViewChangeRecord::new(&change))))
            }
            Self::Direct(store) => Ok(store.publish_views(change)?),
        }
    }

    /// See [`Store::generations`].
    pub fn generations(&mut self) -> Result<Vec<GenerationInfo>, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: Vec<GenerationRecord> = client.call(&Request::Generations {})?;
                Ok(answer.into_iter().map(GenerationRecord::into_info).collect())
            }
            Self::Direct(store) => Ok(store.generations()?),
        }
    }

    /// See [`Store::rollback`].
    pub fn rollback(&mut self, to: Generation) -> Result<Generation, AccessError> {
        match self {
            Self::Daemon(client) => published(client, &Request::Rollback { to: to.0 }),
            Self::Direct(store) => Ok(store.rollback(to)?),
        }
    }

    /// Up to `limit` (at most 1,000) sales after a place, oldest first.
    pub fn sales(
        &mut self,
        after: SequenceNumber,
        limit: u32,
    ) -> Result<Vec<(JournalEntry, Sale)>, AccessError> {
        match self {
            Self::Daemon(client) => sales(client, Some(after.0), None, limit),
            Self::Direct(store) => Ok(store.sales(after, limit)?),
        }
    }

    /// Up to `limit` (at most 1,000) sales before a place, newest first; `None` begins with the newest.
    pub fn sales_before(
        &mut self,
        before: Option<SequenceNumber>,
        limit: u32,
    ) -> Result<Vec<(JournalEntry, Sale)>, AccessError> {
        let before = before.unwrap_or(SequenceNumber(u64::MAX));
        match self {
            Self::Daemon(client) => sales(client, None, Some(before.0), limit),
            Self::Direct(store) => Ok(store.sales_before(before, limit)?),
        }
    }

    /// One sale.
    pub fn sale(&mut self, id: SaleId) -> Result<Option<(JournalEntry, Sale)>, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: Option<SaleEntryRecord> = client.call(&Request::Sale { id: id.to_string() })?;
                answer
                    .map(SaleEntryRecord::into_sale)
                    .transpose()
                    .map_err(|problem| client.nonsense(&problem))
            }
            Self::Direct(store) => Ok(store.sale(id)?),
        }
    }

    /// See [`Store::verify_journal`].
    pub fn verify(&mut self) -> Result<JournalReport, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: ReportRecord = client.call(&Request::Verify {})?;
                answer.into_report().map_err(|problem| client.nonsense(&problem))
            }
            Self::Direct(store) => Ok(store.verify_journal()?),
        }
    }

    /// All settings in order of key.
    pub fn settings(&mut self) -> Result<Vec<(String, String)>, AccessError> {
        match self {
            Self::Daemon(client) => client.call(&Request::Settings {}),
            Self::Direct(store) => Ok(store.settings()?),
        }
    }

    /// Sets a setting, or removes it with `None`.
    pub fn set_setting(&mut self, key: &str, value: Option<&str>) -> Result<(), AccessError> {
        match self {
            Self::Daemon(client) => client
                .call(&Request::SetSetting { key: key.to_owned(), value: value.map(str::to_owned) })
                .map(|_: Value| ()),
            Self::Direct(store) => Ok(store.set_setting(key, value)?),
        }
    }

    /// An operation of the daemon's own, with the fields of its request.
    pub fn extra(&mut self, operation: &str, body: Value) -> Result<Value, AccessError> {
        match self {
            Self::Daemon(client) => client.call_named(operation, body),
            Self::Direct(_) => Err(AccessError::DaemonNeeded { operation: operation.to_owned() }),
        }
    }

    fn origins_page(&mut self, from: i64) -> Result<Option<OriginPage>, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: Option<OriginPageRecord> =
                    client.call(&Request::ViewOrigins { from, limit: VIEWS_A_PAGE })?;
                let page = answer.map(OriginPageRecord::into_page).transpose();
                page.map_err(|problem| client.nonsense(&problem))
            }
            Self::Direct(store) => Ok(store.view_origins(from, VIEWS_A_PAGE)?),
        }
    }

    fn views_page(&mut self, from: i64) -> Result<Option<ViewPage>, AccessError> {
        match self {
            Self::Daemon(client) => {
                let answer: Option<ViewPageRecord> =
                    client.call(&Request::Views { from, limit: VIEWS_A_PAGE })?;
                answer.map(ViewPageRecord::into_page).transpose().map_err(|problem| client.nonsense(&problem))
            }
            Self::Direct(store) => Ok(store.views_page(from, VIEWS_A_PAGE)?),
        }
    }
}

/// The size of a request that [`bring_in_parts`] aims at, in bytes: what the writer takes in without a customer noticing.
const PART_LEN: usize = 4 * 1024 * 1024;

fn bring_in_parts(
    client: &mut Client,
    model: &ModelVersion,
    views: &[View],
    pictures: &BTreeMap<ViewId, GivenPicture>,
) -> Result<(), AccessError> {
    let mut rest = views;
    while !rest.is_empty() {
        let mut size = 0;
        let fits = |view: &&View| {
            size += size_of_view(view, pictures);
            size <= PART_LEN
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (part, later) = rest.split_at(count);
        let views = part.iter().map(|view| ViewRecord::with_picture(view, pictures.get(&view.id))).collect();
        client.call::<()>(&Request::BringViews { model: model.to_string(), views })?;
        rest = later;
    }
    Ok(())
}

fn size_of_views(views: &[View], pictures: &BTreeMap<ViewId, GivenPicture>) -> usize {
    views.iter().map(|view| size_of_view(view, pictures)).sum()
}

/// What a view takes in a request, about.
fn size_of_view(view: &View, pictures: &BTreeMap<ViewId, GivenPicture>) -> usize {
    const NAMES_LEN: usize = 256;
    let picture = match pictures.get(&view.id) {
        Some(GivenPicture::New(picture)) => picture.jpeg().len(),
        Some(GivenPicture::Kept(_)) | None => 0,
    };
    2 * (picture + 4 * view.embedding.values().len()) + NAMES_LEN
}

fn published(client: &mut Client, request: &Request) -> Result<Generation, AccessError> {
    let answer: Value = client.call(request)?;
    let number = answer.get("generation").and_then(Value::as_u64);
    number.map(Generation).ok_or_else(|| client.nonsense(&"the answer has no generation"))
}

fn sales(
    client: &mut Client,
    after: Option<u64>,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<(JournalEntry, Sale)>, AccessError> {
    let answer: Vec<SaleEntryRecord> = client.call(&Request::Sales { after, before, limit })?;
    let sales: Result<_, _> = answer.into_iter().map(SaleEntryRecord::into_sale).collect();
    sales.map_err(|problem| client.nonsense(&problem))
}
