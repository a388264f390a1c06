//! The files that make Mosquitto the broker of this cloud.
//!
//! Its clients are told by the common name of their certificate: `org/store/till` for a till, a plain name for a process of
//! the cloud. The name is also the session's, whatever the client calls itself, or one till could take over what waits for
//! another. Patterns give every till its own topics; the head of a store's catalogue, whose topic holds only a part of the
//! name, is given to each till by a line of its own. So the access list and the revocation list are written anew when tills
//! come and go, and Mosquitto reads them at SIGHUP.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use cloud_store::Store;
use domain::sale::TillRef;
use domain::time::WallMs;
use wire::payloads::{PACKET_MAX_LEN, PAYLOAD_MAX_LEN};
use wire::topics::{Operation, ROOT, Topic, till_path};

use crate::ca::{Authority, Serial};
use crate::key_files;

/// The name of the configuration in the folder.
pub const CONFIG_FILE: &str = "mosquitto.conf";
const ACL_FILE: &str = "acl";
const AUTHORITY_FILE: &str = "ca.pem";
const CERTIFICATE_FILE: &str = "server.pem";
const KEY_FILE: &str = "server-key.pem";
const REVOKED_FILE: &str = "revoked.pem";

/// Life of the list of revoked certificates. Mosquitto lets nobody in by a list that has ended, so it outlives every
/// certificate that could be on it, and a list that nobody renews is a fault that somebody has time to see.
const LIST_LIFE: Duration = Duration::from_secs(400 * 24 * 3600);
/// Organisations that are read at once.
const PAGE: u32 = 500;

/// What to write.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The folder.
    pub folder: PathBuf,
    /// Where Mosquitto is to listen.
    pub listen: SocketAddr,
    /// The host names and addresses that clients reach it by.
    pub names: Vec<String>,
    /// The names of the cloud's processes: `mqtt.client_name` of each.
    pub clients: Vec<String>,
    /// Where Mosquitto keeps what it knows.
    pub persistence: PathBuf,
    /// Connections that are open at once.
    pub connections_max: usize,
    /// Messages that wait for a client that is away.
    pub queued_max: usize,
    /// Keep the server's certificate, and write the lists anew only.
    pub lists_only: bool,
}

/// Writes the files.
pub async fn write(plan: &Plan, store: &Store, authority: &Authority, now: WallMs) -> anyhow::Result<()> {
    ensure!(!plan.folder.to_string_lossy().contains(['\n', '\r']), "the folder's name has two lines");
    std::fs::create_dir_all(&plan.folder)
        .with_context(|| format!("failed to make the folder `{}`", plan.folder.display()))?;
    let tills = tills_in_use(store).await?;
    key_files::replace(&plan.folder.join(ACL_FILE), &acl(&plan.clients, &tills))?;
    let revoked = store.revoked_certificates(now).await?;
    let revoked = revoked.iter().filter_map(|kept| {
        let serial = Serial::from_bytes(kept.certificate.serial.as_bytes())?;
        Some((serial, kept.revoked_at?))
    });
    let list = authority.revocation_list(&revoked.collect::<Vec<_>>(), LIST_LIFE, now)?;
    key_files::replace(&plan.folder.join(REVOKED_FILE), &list)?;
    if plan.lists_only {
        return Ok(());
    }
    let server = authority.issue_server(&plan.names, now)?;
    key_files::replace(&plan.folder.join(AUTHORITY_FILE), authority.certificate_pem())?;
    key_files::replace(&plan.folder.join(CERTIFICATE_FILE), &server.chain_pem)?;
    key_files::replace_secret(&plan.folder.join(KEY_FILE), &server.key_pem)?;
    key_files::replace(&plan.folder.join(CONFIG_FILE), &config(plan))?;
    Ok(())
}

/// The tills of all organisations that may connect.
async fn tills_in_use(store: &Store) -> anyhow::Result<Vec<TillRef>> {
    let (mut tills, mut after) = (Vec::new(), None);
    loop {
        let page = store.organisations(after.as_ref(), PAGE).await?;
        for organisation in &page {
            let all = store.tills(&organisation.id, None).await?;
            let in_use = all.into_iter().filter(|till| till.retired_at.is_none());
            tills.extend(in_use.map(|till| till.till));
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = Some(last.id.clone()),
            _ => return Ok(tills),
        }
    }
}

/// What each client may write and read. Everything else is refused.
fn acl(clients: &[String], tills: &[TillRef]) -> String {
    let mut text = String::from("# Written by `tillsight-cloud admin mosquitto-config`.\n");
    // `%u` is `org/store/till`; Mosquitto refuses names with a wildcard in them.
    for rest in ["state", "health", "event/+"] {
        let _ = writeln!(text, "pattern readwrite {ROOT}/%u/{rest}");
    }
    for operation in Operation::ALL {
        let _ = writeln!(text, "pattern readwrite {ROOT}/%u/cmd/{operation}/+");
    }
    for client in clients {
        let _ = writeln!(text, "\nuser {client}\ntopic readwrite {ROOT}/#");
    }
    for till in tills {
        let head = Topic::CatalogueHead(till.org.clone(), till.store.clone());
        let _ = writeln!(text, "\nuser {}\ntopic read {head}", till_path(till));
    }
    text
}

fn config(plan: &Plan) -> String {
    let file = |name: &str| plan.folder.join(name).display().to_string();
    let (ip, port) = (plan.listen.ip(), plan.listen.port());
    let persistence = folder_with_slash(&plan.persistence);
    format!(
        "# Written by `tillsight-cloud admin mosquitto-config`.
per_listener_settings true
persistence true
persistence_location {persistence}
autosave_interval 30
persistent_client_expiration 1d
max_keepalive 60
max_packet_size {packet}
max_inflight_messages 64
max_queued_messages {queued}
memory_limit 268435456
sys_interval 0
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false

listener {port} {ip}
protocol mqtt
max_connections {connections}
max_qos 1
max_topic_alias 0
message_size_limit {payload}
allow_anonymous false
require_certificate true
use_identity_as_username true
use_username_as_clientid true
tls_version tlsv1.2
cafile {authority}
certfile {certificate}
keyfile {key}
crlfile {revoked}
acl_file {acl}
",
        packet = PACKET_MAX_LEN,
        payload = PAYLOAD_MAX_LEN,
        queued = plan.queued_max,
        connections = plan.connections_max,
        authority = file(AUTHORITY_FILE),
        certificate = file(CERTIFICATE_FILE),
        key = file(KEY_FILE),
        revoked = file(REVOKED_FILE),
        acl = file(ACL_FILE),
    )
}

/// Mosquitto puts the file's name right behind the folder's.
fn folder_with_slash(folder: &Path) -> String {
    format!("{}/", folder.display().to_string().trim_end_matches('/'))
}
