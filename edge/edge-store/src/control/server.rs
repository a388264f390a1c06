//! The daemon's side.

use std::error::Error as _;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use domain::ids::{Generation, ModelVersion, SequenceNumber, SightingId};
use serde::Serialize;
use serde_json::{Value, json};

use super::picture_protocol::{FoundRecord, OriginPageRecord, PICTURES_MAX, ViewReportRecord};
use super::protocol::{
    CatalogueRecord, Fault, GenerationRecord, OPERATIONS, REQUEST_MAX_LEN, ReportRecord, Request, Response,
    SaleEntryRecord, VERSION, ViewPageRecord, ViewRecord, code_of, hash_from_hex, new_views, sale_id,
};
use super::sighting_protocol::{LearntRecord, SightingPageRecord};
use super::{Status, socket_path};
use crate::catalogue::{Change, ChangeKind};
use crate::error::StoreError;
use crate::store::Store;
use crate::view_pictures::PictureHash;
use sync_core::catalogue_document;
use sync_core::sale_document::till_name;

/// How long a connection may be silent between requests.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long a request may take to arrive after its first byte.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);
/// How long a client may take to read some of its answer.
const READING_MAX: Duration = Duration::from_secs(30);
const SALES_MAX: u32 = 1000;
const VIEWS_MAX: u32 = 4096;

/// An operation of the daemon's own: name and body in, its answer or why not out; `None` when there is no such operation.
pub type Extra<'a> = dyn Fn(&str, &Value) -> Option<Result<Value, String>> + Sync + 'a;

/// What the daemon adds to the store's own operations.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "closures have nothing to show")]
pub struct Host<'a> {
    /// Told of every change that came in through the socket, after it is durable.
    pub on_change: &'a (dyn Fn(Change) + Sync),
    /// The daemon's part of the answer to `status`.
    pub status: &'a (dyn Fn() -> Value + Sync),
    /// Operations of the daemon's own, for example `enroll_camera`.
    pub extra: &'a Extra<'a>,
}

/// Makes `<dir>/control.sock`, for the owner only. A socket left behind by a dead daemon is replaced: call it only while
/// holding the store open.
pub fn listen(dir: &Path) -> io::Result<UnixListener> {
    // Made in a folder of its own that nobody else may enter, so that the socket is never open to others, then moved.
    let nursery = dir.join(".control");
    match fs::create_dir(&nursery) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => fs::set_permissions(&nursery, fs::Permissions::from_mode(0o700))?,
    }
    let fresh = nursery.join("s");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o600))?;
    fs::rename(&fresh, socket_path(dir))?;
    fs::remove_dir(&nursery)?;
    Ok(listener)
}

/// Answers the requests of one connection until it ends, breaks the protocol or is silent for too long. Blocks: give each
/// connection a thread, and bound their number. To end it from outside, shut the stream down.
pub fn serve_connection(stream: &UnixStream, store: &Store, host: Host<'_>) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(READING_MAX))?;
    let mut lines = Lines { stream, pending: Vec::new() };
    while let Some(line) = lines.next()? {
        let (response, go_on) = match line {
            Line::Whole(line) => (respond(&line, store, host), true),
            Line::TooLong => {
                let message = format!("a request may have {REQUEST_MAX_LEN} bytes: send it in parts");
                (fault("too_large", message), false)
            }
            Line::TooSlow => {
                let message = format!("a request must arrive within {} s", ARRIVAL_MAX.as_secs());
                (fault("too_slow", message), false)
            }
        };
        let mut bytes = serde_json::to_vec(&response).map_err(io::Error::other)?;
        bytes.push(b'\n');
        (&*stream).write_all(&bytes)?;
        if !go_on {
            break;
        }
    }
    Ok(())
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
    TooSlow,
}

/// The lines of a stream, each within its limits.
struct Lines<'a> {
    stream: &'a UnixStream,
    pending: Vec<u8>,
}

impl Lines<'_> {
    /// The next line; `None` when the connection ended or was silent for too long.
    fn next(&mut self) -> io::Result<Option<Line>> {
        let mut searched = 0;
        let mut deadline: Option<Instant> = (!self.pending.is_empty()).then(|| Instant::now() + ARRIVAL_MAX);
        let mut buffer = [0; 64 * 1024];
        loop {
            if let Some(at) = self.pending[searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.pending.split_off(searched + at + 1);
                let mut line = std::mem::replace(&mut self.pending, rest);
                line.pop();
                return Ok(Some(Line::Whole(line)));
            }
            searched = self.pending.len();
            if searched > REQUEST_MAX_LEN {
                return Ok(Some(Line::TooLong));
            }
            let wait =
                deadline.map_or(SILENCE_MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if wait.is_zero() {
                return Ok(Some(Line::TooSlow));
            }
            self.stream.set_read_timeout(Some(wait))?;
            match (&*self.stream).read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => {
                    deadline.get_or_insert_with(|| Instant::now() + ARRIVAL_MAX);
                    self.pending.extend_from_slice(&buffer[..count]);
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if deadline.is_none() {
                        return Ok(None);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn respond(line: &[u8], store: &Store, host: Host<'_>) -> Response {
    let mut request: Value = match serde_json::from_slice(line) {
        Ok(request @ Value::Object(_)) => request,
        Ok(_) => return fault("bad_request", "a request is a JSON object".to_owned()),
        Err(error) => return fault("bad_request", format!("the request is not JSON: {error}")),
    };
    let version = request.get("v").and_then(Value::as_u64);
    if version != Some(VERSION.into()) {
        let asked = version.map_or("no version".to_owned(), |version| format!("version {version}"));
        let message = format!(
            "the request has {asked} of the protocol, this till speaks version {VERSION}: use the `tillsight` that was installed with its daemon"
        );
        return fault("wrong_version", message);
    }
    let Some(name) = request.get("op").and_then(Value::as_str).map(str::to_owned) else {
        return fault("bad_request", "the request has no `op`".to_owned());
    };
    if let Value::Object(fields) = &mut request {
        fields.remove("v");
    }
    if !OPERATIONS.contains(&name.as_str()) {
        // The daemon's own operations know their fields, and refuse others.
        if let Value::Object(fields) = &mut request {
            fields.remove("op");
        }
        return match (host.extra)(&name, &request) {
            Some(Ok(answer)) => Response { v: VERSION, ok: Some(answer), error: None },
            Some(Err(message)) => fault("refused", message),
            None => fault("unknown_operation", format!("there is no operation `{name}`")),
        };
    }
    match serde_json::from_value(request) {
        Ok(request) => match perform(request, store, host) {
            Ok(answer) => Response { v: VERSION, ok: Some(answer), error: None },
            Err(fault) => Response { v: VERSION, ok: None, error: Some(fault) },
        },
        Err(error) => fault("bad_request", format!("`{name}`: {error}")),
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        Self { code: code_of(&error).to_owned(), message: format!("{error}{cause}") }
    }
}

fn perform(request: Request, store: &Store, host: Host<'_>) -> Result<Value, Fault> {
    let published = |generation: Generation, before: Generation, kind: ChangeKind| {
        if generation != before {
            (host.on_change)(Change::Generation(generation, kind));
        }
        Ok(json!({ "generation": generation.0 }))
    };
    match request {
        Request::Status {} => answer(&status(store, (host.status)())?),
        Request::Catalogue {} => answer(&store.products()?.map(|(generation, catalogue)| CatalogueRecord {
            generation: generation.0,
            catalogue: catalogue_document::encode(&catalogue),
        })),
        Request::PublishCatalogue { catalogue } => {
            let catalogue = catalogue_document::decode(catalogue.as_bytes()).map_err(bad_request)?;
            let before = store.generation()?;
            published(store.publish_catalogue(&catalogue)?, before, ChangeKind::Catalogue)
        }
        Request::Views { from, limit } => {
            let page = store.views_page(from, limit.clamp(1, VIEWS_MAX))?;
            answer(&page.as_ref().map(ViewPageRecord::new))
        }
        Request::BringViews { model, views } => bring_views(store, &model, views),
        Request::PublishViews(change) => {
            let change = change.into_change().map_err(bad_request)?;
            let before = store.generation()?;
            let (generation, kind) = store.publish_views_kind(change)?;
            published(generation, before, kind)
        }
        Request::ViewOrigins { from, limit } => {
            let page = store.view_origins(from, limit.clamp(1, VIEWS_MAX))?;
            answer(&page.as_ref().map(OriginPageRecord::new))
        }
        Request::ViewPictures { hashes } => view_pictures(store, &hashes),
        Request::VerifyViews {} => answer(&ViewReportRecord::new(store.verify_views()?)),
        Request::Generations {} => {
            answer(&store.generations()?.iter().map(GenerationRecord::new).collect::<Vec<_>>())
        }
        Request::Rollback { to } => {
            let before = store.generation()?;
            published(store.rollback(Generation(to))?, before, ChangeKind::Rollback)
        }
        Request::Sales { after, before, limit } => sales(store, after, before, limit),
        Request::Sale { id } => {
            let found = store.sale(sale_id(&id).map_err(bad_request)?)?;
            answer(&found.map(|(entry, sale)| SaleEntryRecord::new(&entry, &sale)))
        }
        Request::Verify {} => answer(&ReportRecord::new(&store.verify_journal()?)),
        Request::Settings {} => answer(&store.settings()?),
        Request::SetSetting { key, value } => {
            store.set_setting(&key, value.as_deref())?;
            (host.on_change)(Change::Setting(key));
            Ok(Value::Null)
        }
        Request::Sightings { model, after, limit } => {
            let limit = limit.clamp(1, VIEWS_MAX);
            let page = store.sightings(&ModelVersion::new(&model), SightingId(after), limit)?;
            answer(&SightingPageRecord::new(&page))
        }
        Request::Calibration {} => answer(&store.calibration_json()?),
        Request::Learnt {} => answer(&LearntRecord::new(store.learnt()?)),
        Request::ForgetSightings {} => Ok(json!({ "forgotten": store.forget_sightings()? })),
    }
}

fn sales(store: &Store, after: Option<u64>, before: Option<u64>, limit: u32) -> Result<Value, Fault> {
    let limit = limit.min(SALES_MAX);
    let sales = match (after, before) {
        (Some(_), Some(_)) => {
            return Err(bad_request("`sales` takes `after` or `before`, not both".to_owned()));
        }
        (after, None) => store.sales(SequenceNumber(after.unwrap_or(0)), limit)?,
        (None, Some(before)) => store.sales_before(SequenceNumber(before), limit)?,
    };
    answer(&sales.iter().map(|(entry, sale)| SaleEntryRecord::new(entry, sale)).collect::<Vec<_>>())
}

fn bring_views(store: &Store, model: &str, views: Vec<ViewRecord>) -> Result<Value, Fault> {
    let model = ModelVersion::new(model);
    let (views, pictures) = new_views(views, &model).map_err(bad_request)?;
    store.bring_views(&model, views, pictures)?;
    Ok(Value::Null)
}

fn view_pictures(store: &Store, hashes: &[String]) -> Result<Value, Fault> {
    if hashes.len() > PICTURES_MAX {
        let text = format!("`view_pictures` takes {PICTURES_MAX} hashes, not {}", hashes.len());
        return Err(bad_request(text));
    }
    let hashes: Result<Vec<_>, _> = hashes.iter().map(|hash| hash_from_hex(hash).map(PictureHash)).collect();
    let found = store.view_pictures(&hashes.map_err(bad_request)?)?;
    answer(&found.iter().map(FoundRecord::new).collect::<Vec<_>>())
}

/// How the store is; `daemon` is what the daemon adds.
pub(super) fn status(store: &Store, daemon: Value) -> Result<Status, StoreError> {
    let disk = store.disk_state()?;
    Ok(Status {
        till: till_name(store.identity()),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        generation: store.generation()?.0,
        journal_head: store.journal_head()?.0,
        outbox: store.outbox_len()?,
        open_intents: store.open_intents()?.len() as u64,
        disk_free_bytes: disk.free_bytes,
        disk_low: disk.low,
        daemon,
    })
}

fn answer<T: Serialize>(value: &T) -> Result<Value, Fault> {
    serde_json::to_value(value)
        .map_err(|error| Fault { code: "store_failed".to_owned(), message: error.to_string() })
}

fn bad_request(message: String) -> Fault {
    Fault { code: "bad_request".to_owned(), message }
}

fn fault(code: &str, message: String) -> Response {
    Response { v: VERSION, ok: None, error: Some(Fault { code: code.to_owned(), message }) }
}
