//! Who this till is to the cloud, and who the cloud is to this till.
//!
//! One file beside the database, readable by its owner only, because it holds the till's key: a certificate that the cloud's
//! authority issued when the till was claimed, that authority, and the key that signs catalogue generations. It is replaced
//! whole, so a crash leaves the old one or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;
use rcgen::{CertificateParams, KeyPair};
use serde::{Deserialize, Serialize};
use sync_core::chain::{from_hex, to_hex};
use thiserror::Error;

/// The file's name in the store's folder.
pub const FILE: &str = "cloud-identity.json";

const VERSION: u32 = 1;

/// What a till was given when it was claimed.
#[derive(Clone, PartialEq, Eq)]
pub struct CloudIdentity {
    /// Where the cloud's gRPC face is, for example `https://cloud.example:8443`.
    pub address: String,
    /// Which till it is.
    pub till: TillRef,
    /// Where the cloud's broker is; `None` where it has none.
    pub broker: Option<BrokerAddress>,
    /// Its key (PKCS #8, PEM).
    pub key_pem: String,
    /// Its certificate (PEM).
    pub certificate_pem: String,
    /// From when the certificate counts.
    pub not_before: WallMs,
    /// Until when. The till sells on with an ended one.
    pub not_after: WallMs,
    /// The cloud's authority (PEM).
    pub authority_pem: String,
    /// What signs catalogue generations (Ed25519).
    pub catalogue_key: [u8; 32],
}

/// Where a broker is (MQTT over TLS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerAddress {
    /// Its host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl BrokerAddress {
    /// What the cloud told of it: no host is the one by which the till reaches the cloud at `cloud`, and no port is no broker.
    pub fn told(host: &str, port: u32, cloud: &str) -> Option<Self> {
        let port = u16::try_from(port).ok().filter(|port| *port > 0)?;
        let host = if host.is_empty() { host_of(cloud)? } else { host };
        Some(Self { host: host.to_owned(), port })
    }
}

/// The host of an address such as `https://cloud.example:8443`.
fn host_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next()?;
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    (!host.is_empty()).then_some(host)
}

/// Why the identity could not be read or written.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The system said no.
    #[error("failed to {action} `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what was written.
    #[error("`{path}` is unreadable ({problem}): claim the till again with a new code")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No key or request could be made.
    #[error("failed to make a key for the till's certificate")]
    Key(#[from] rcgen::Error),
}

/// A new key, and a request for a certificate for it.
#[derive(Clone)]
pub struct KeyAndRequest {
    /// The key (PKCS #8, PEM).
    pub key_pem: String,
    /// The request (PKCS #10, PEM). It names nobody: the authority says whose certificate it is.
    pub request_pem: String,
}

impl KeyAndRequest {
    /// Makes both.
    pub fn make() -> Result<Self, IdentityError> {
        let key = KeyPair::generate()?;
        let request = CertificateParams::default().serialize_request(&key)?;
        Ok(Self { key_pem: key.serialize_pem(), request_pem: request.pem()? })
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    address: String,
    // Clouds without one did not tell of it, and neither do files from before.
    #[serde(default)]
    broker: Option<BrokerAddress>,
    org: String,
    store: String,
    till: String,
    key_pem: String,
    certificate_pem: String,
    not_before_ms: i64,
    not_after_ms: i64,
    authority_pem: String,
    catalogue_key: String,
}

impl CloudIdentity {
    /// Reads it from a store's folder; `None` where the till was never claimed.
    pub fn load(folder: &Path) -> Result<Option<Self>, IdentityError> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(IdentityError::Io { action: "read", path, source }),
        };
        let read = parse(&text).map_err(|problem| IdentityError::Unreadable { path, problem })?;
        Ok(Some(read))
    }

    /// Writes it, in place of what was there.
    pub fn save(&self, folder: &Path) -> Result<(), IdentityError> {
        let record = Record {
            version: VERSION,
            address: self.address.clone(),
            broker: self.broker.clone(),
            org: self.till.org.to_string(),
            store: self.till.store.to_string(),
            till: self.till.till.to_string(),
            key_pem: self.key_pem.clone(),
            certificate_pem: self.certificate_pem.clone(),
            not_before_ms: self.not_before.0,
            not_after_ms: self.not_after.0,
            authority_pem: self.authority_pem.clone(),
            catalogue_key: to_hex(&self.catalogue_key),
        };
        let text = serde_json::to_string_pretty(&record).expect("the record has string keys only");
        let (path, new) = (folder.join(FILE), folder.join(format!("{FILE}.new")));
        let io = |action, path: &Path| {
            let path = path.to_owned();
            move |source| IdentityError::Io { action, path, source }
        };
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)
            .map_err(io("create", &new))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io("write", &new))?;
        fs::rename(&new, &path).map_err(io("replace", &path))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("sync", folder))
    }

    /// Forgets the cloud; true when the till knew one.
    pub fn remove(folder: &Path) -> Result<bool, IdentityError> {
        let path = folder.join(FILE);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(IdentityError::Io { action: "remove", path, source }),
        }
    }

    /// When a new certificate should be asked for: after two thirds of this one's life.
    pub fn renew_at(&self) -> WallMs {
        let life_ms = self.not_after.0.saturating_sub(self.not_before.0);
        WallMs(self.not_before.0.saturating_add(life_ms / 3 * 2))
    }
}

impl std::fmt::Debug for CloudIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudIdentity")
            .field("address", &self.address)
            .field("till", &self.till)
            .finish_non_exhaustive()
    }
}

fn parse(text: &str) -> Result<CloudIdentity, String> {
    let record: Record = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if record.version != VERSION {
        return Err(format!("its format is version {}, known is {VERSION}", record.version));
    }
    let name = |error: domain::ids::InvalidName| error.to_string();
    let key = from_hex(&record.catalogue_key).and_then(|bytes| bytes.try_into().ok());
    Ok(CloudIdentity {
        address: record.address,
        broker: record.broker,
        till: TillRef {
            org: OrgId::new(&record.org).map_err(name)?,
            store: StoreId::new(&record.store).map_err(name)?,
            till: TillId::new(&record.till).map_err(name)?,
        },
        key_pem: record.key_pem,
        certificate_pem: record.certificate_pem,
        not_before: WallMs(record.not_before_ms),
        not_after: WallMs(record.not_after_ms),
        authority_pem: record.authority_pem,
        catalogue_key: key.ok_or("its catalogue key is not 32 bytes long")?,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn identity() -> CloudIdentity {
        let name = |text| TillId::new(text).unwrap();
        CloudIdentity {
            address: "https://cloud.example:8443".to_owned(),
            broker: BrokerAddress::told("", 8883, "https://cloud.example:8443"),
            till: TillRef {
                org: OrgId::new("a").unwrap(),
                store: StoreId::new("b").unwrap(),
                till: name("c"),
            },
            key_pem: "secret".to_owned(),
            certificate_pem: "certificate".to_owned(),
            not_before: WallMs(1_000),
            not_after: WallMs(4_000),
            authority_pem: "authority".to_owned(),
            catalogue_key: [7; 32],
        }
    }

    #[test]
    fn is_what_was_saved_and_nobody_elses_to_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(CloudIdentity::load(folder.path()).unwrap(), None);
        identity().save(folder.path()).unwrap();
        identity().save(folder.path()).unwrap();
        assert_eq!(CloudIdentity::load(folder.path()).unwrap(), Some(identity()));
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(identity().renew_at(), WallMs(3_000));
        assert!(!format!("{:?}", identity()).contains("secret"));
        assert!(
            CloudIdentity::remove(folder.path()).unwrap() && !CloudIdentity::remove(folder.path()).unwrap()
        );
    }

    #[test]
    fn says_what_is_wrong_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        identity().save(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let good = fs::read_to_string(&path).unwrap();
        for (bad, expected) in [
            ("{".to_owned(), "EOF"),
            (good.replace("\"version\": 1", "\"version\": 9"), "version 9"),
            (good.replace("0707", "07"), "32 bytes"),
        ] {
            fs::write(&path, bad).unwrap();
            let error = CloudIdentity::load(folder.path()).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("claim the till again"), "{error}");
        }
    }

    #[test]
    fn knows_where_the_broker_is() {
        let told = |host, port, cloud| BrokerAddress::told(host, port, cloud).map(|at| (at.host, at.port));
        let at = |host: &str| Some((host.to_owned(), 8883));
        assert_eq!(told("broker.example", 8883, "https://cloud.example:8443"), at("broker.example"));
        for (cloud, host) in [
            ("https://cloud.example:8443", "cloud.example"),
            ("https://cloud.example", "cloud.example"),
            ("https://[::1]:8443/", "::1"),
        ] {
            assert_eq!(told("", 8883, cloud), at(host));
        }
        assert_eq!(told("broker.example", 0, "https://cloud.example"), None);
        assert_eq!(told("broker.example", 70_000, "https://cloud.example"), None);
    }

    #[test]
    fn reads_a_file_from_before_there_was_a_broker() {
        let folder = tempfile::tempdir().unwrap();
        identity().save(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let mut file: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(file.as_object_mut().unwrap().remove("broker").is_some());
        fs::write(&path, file.to_string()).unwrap();
        let read = CloudIdentity::load(folder.path()).unwrap();
        assert_eq!(read, Some(CloudIdentity { broker: None, ..identity() }));
    }

    #[test]
    fn a_request_is_for_a_new_key_each_time() {
        let (one, other) = (KeyAndRequest::make().unwrap(), KeyAndRequest::make().unwrap());
        assert!(one.request_pem.contains("CERTIFICATE REQUEST") && one.key_pem.contains("PRIVATE KEY"));
        assert_ne!(one.key_pem, other.key_pem);
    }
}
