//! The cloud's certificate authority: who is a till and who is the cloud, on every connection between them.
//!
//! It is made once, at the first start, and lives in the data folder. A till's certificate names its organisation, store
//! and till in a URI, `tillsight:org/store/till`, that the authority decides; nothing that a till asks for beyond its own
//! public key has any effect. Its common name is `org/store/till` as well, because that is all that some brokers look at.

mod certificate;
pub mod enrol;

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::sale::TillRef;
use domain::time::WallMs;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SanType, SerialNumber,
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::key_files::{self, KeyFileError};
pub use certificate::{CertificateError, TillIdentity, read_cloud_certificate, read_till_certificate};
use sync_core::claim_code::Pin;
use wire::topics::{RESERVED_TILL, till_path};

/// The authority's key, in the data folder.
pub const KEY_FILE: &str = "ca-key.pem";
/// The authority's certificate, beside it.
pub const CERTIFICATE_FILE: &str = "ca.pem";

/// Life of the authority itself. Tills pin its certificate, so it is not renewed behind their backs.
const AUTHORITY_LIFE: Duration = Duration::from_secs(20 * 365 * 24 * 3600);
/// Life of the cloud's own certificate, which is made anew at every start.
const SERVER_LIFE: Duration = Duration::from_secs(397 * 24 * 3600);
/// Certificates count from a little before they are made: a till's clock may be slow.
const CLOCK_SLACK: Duration = Duration::from_secs(600);
/// The largest request of a till that is looked at; a real one has about 500 bytes.
pub const CSR_MAX_BYTES: usize = 8 * 1024;

/// The authority, open.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    certificate_der: Vec<u8>,
}

/// A certificate's serial number: 128 random bits, so that none comes twice and none can be foretold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 16]);

/// A certificate as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its number.
    pub serial: Serial,
    /// The certificate as PEM.
    pub pem: String,
    /// The certificate as DER.
    pub der: Vec<u8>,
    /// From when it counts.
    pub not_before: WallMs,
    /// Until when.
    pub not_after: WallMs,
}

/// The cloud's own certificate with its key, for its listeners.
#[derive(Clone)]
pub struct ServerIdentity {
    /// The certificate, then the authority's, as PEM.
    pub chain_pem: String,
    /// Its key as PEM (PKCS #8).
    pub key_pem: String,
}

/// Why the authority could not be opened, or did not issue.
#[derive(Debug, Error)]
pub enum CaError {
    /// A file of the authority cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The files are there, but are no authority.
    #[error(
        "`{path}` is not the authority's: restore both `{KEY_FILE}` and `{CERTIFICATE_FILE}` from the same backup"
    )]
    NotAuthority {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A till's request is not one.
    #[error(
        "the certificate request cannot be used: send a PKCS #10 request in PEM, signed with its own key (ECDSA P-256 or P-384, Ed25519, RSA from 2048 bits)"
    )]
    Request(#[source] rcgen::Error),
    /// A till's request is too large.
    #[error("the certificate request has {found} bytes, more than the {CSR_MAX_BYTES} allowed")]
    RequestSize {
        /// Its size.
        found: usize,
    },
    /// A till of that name would pass for its store.
    #[error("no till can be called `{RESERVED_TILL}`: make one of another name")]
    ReservedName,
    /// A name that the cloud's certificate cannot carry.
    #[error("`{name}` cannot stand in a certificate: write host names and addresses in `ca.server_names`")]
    ServerName {
        /// The name.
        name: String,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// The certificate could not be made.
    #[error("failed to make a certificate")]
    Make(#[from] rcgen::Error),
    /// There is no randomness.
    #[error("the system gives no random numbers")]
    Random(#[from] getrandom::Error),
}

impl Authority {
    /// Opens the authority of a data folder, and makes it where there is none.
    pub fn open_or_make(folder: &Path, now: WallMs) -> Result<Self, CaError> {
        let (key_path, certificate_path) = (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE));
        let key = match key_files::read_secret(&key_path)? {
            Some(pem) => KeyPair::from_pem(&pem)
                .map_err(|source| CaError::NotAuthority { path: key_path.clone(), source: source.into() })?,
            None => {
                // A certificate without its key can never sign again; a new key beside it would hide the loss.
                if certificate_path.exists() {
                    let source = "its key is missing".into();
                    return Err(CaError::NotAuthority { path: certificate_path, source });
                }
                let key = KeyPair::generate()?;
                key_files::write_secret(&key_path, &key.serialize_pem())?;
                key
            }
        };
        let certificate_pem = match key_files::read(&certificate_path)? {
            Some(pem) => pem,
            None => {
                let pem = authority_params(now)?.self_signed(&key)?.pem();
                key_files::write(&certificate_path, &pem)?;
                tracing::info!("made a new certificate authority");
                pem
            }
        };
        Self::from_parts(certificate_pem, key, &certificate_path)
    }

    fn from_parts(certificate_pem: String, key: KeyPair, path: &Path) -> Result<Self, CaError> {
        let damaged = |source: Box<dyn std::error::Error + Send + Sync>| CaError::NotAuthority {
            path: path.to_owned(),
            source,
        };
        let certificate_der =
            certificate::der_of(&certificate_pem).map_err(|source| damaged(source.into()))?;
        certificate::check_key(&certificate_der, &key).map_err(|source| damaged(source.into()))?;
        let issuer =
            Issuer::from_ca_cert_pem(&certificate_pem, key).map_err(|source| damaged(source.into()))?;
        Ok(Self { issuer, certificate_pem, certificate_der })
    }

    /// Its certificate as PEM, for whoever is to trust it.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Its certificate as DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// What claim codes pin it by.
    pub fn pin(&self) -> Pin {
        Pin::of_certificate(&self.certificate_der)
    }

    /// Makes the cloud's own certificate for these host names and addresses.
    pub fn issue_server(&self, names: &[String], now: WallMs) -> Result<ServerIdentity, CaError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        for name in names {
            let one = CertificateParams::new(vec![name.clone()])
                .map_err(|source| CaError::ServerName { name: name.clone(), source })?;
            params.subject_alt_names.extend(one.subject_alt_names);
        }
        params.distinguished_name = named(&[(DnType::CommonName, "Tillsight cloud")]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf(&mut params, Serial::random()?, now, SERVER_LIFE);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(ServerIdentity {
            chain_pem: format!("{}{}", certificate.pem(), self.certificate_pem),
            key_pem: key.serialize_pem(),
        })
    }

    /// Makes the certificate that the cloud shows to a broker, under a name that no other process of it has.
    pub fn issue_cloud_client(&self, name: &str, now: WallMs) -> Result<ServerIdentity, CaError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&[(DnType::CommonName, name)]);
        params.subject_alt_names = vec![SanType::URI(certificate::cloud_uri(name).try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        leaf(&mut params, Serial::random()?, now, SERVER_LIFE);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(ServerIdentity {
            chain_pem: format!("{}{}", certificate.pem(), self.certificate_pem),
            key_pem: key.serialize_pem(),
        })
    }

    /// Makes a list (PEM) of certificates that were revoked and have not ended, good for `life`. Lists made later have
    /// higher numbers.
    pub fn revocation_list(
        &self,
        revoked: &[(Serial, WallMs)],
        life: Duration,
        now: WallMs,
    ) -> Result<String, CaError> {
        let entry = |(serial, at): &(Serial, WallMs)| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&serial.0),
            revocation_time: moment(*at),
            reason_code: None,
            invalidity_date: None,
        };
        let this_update = moment(now);
        let params = CertificateRevocationListParams {
            this_update: this_update.saturating_sub(CLOCK_SLACK.try_into().unwrap_or_default()),
            next_update: this_update.saturating_add(life.try_into().unwrap_or_default()),
            crl_number: SerialNumber::from(u64::try_from(now.0).unwrap_or_default()),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer)?.pem()?)
    }

    /// Makes a till's certificate from its request (PEM). Only the request's public key is taken; who the till is is the
    /// caller's word.
    pub fn issue_till(
        &self,
        request_pem: &str,
        till: &TillRef,
        life: Duration,
        now: WallMs,
    ) -> Result<Issued, CaError> {
        if request_pem.len() > CSR_MAX_BYTES {
            return Err(CaError::RequestSize { found: request_pem.len() });
        }
        if till.till.as_str() == RESERVED_TILL {
            return Err(CaError::ReservedName);
        }
        let mut request = CertificateSigningRequestParams::from_pem(request_pem).map_err(CaError::Request)?;
        let serial = Serial::random()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&[
            (DnType::OrganizationName, till.org.as_str()),
            (DnType::OrganizationalUnitName, till.store.as_str()),
            (DnType::CommonName, &till_path(till)),
        ]);
        params.subject_alt_names = vec![SanType::URI(certificate::till_uri(till).try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        leaf(&mut params, serial, now, life);
        let (not_before, not_after) = (wall(params.not_before), wall(params.not_after));
        request.params = params;
        let certificate = request.signed_by(&self.issuer)?;
        Ok(Issued { serial, pem: certificate.pem(), der: certificate.der().to_vec(), not_before, not_after })
    }
}

impl Serial {
    fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        // RFC 5280, 4.1.2.2: positive, and DER must not drop or add a byte in front.
        bytes[0] = bytes[0] & 0x7f | 0x40;
        Ok(Self(bytes))
    }

    /// Reads the number of a certificate; `None` when it is not one of ours.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

impl std::fmt::Display for Serial {
    /// Hexadecimal, as `openssl` shows it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn authority_params(now: WallMs) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&[(DnType::CommonName, "Tillsight cloud authority")]);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    dated(&mut params, Serial::random()?, now, AUTHORITY_LIFE);
    Ok(params)
}

fn leaf(params: &mut CertificateParams, serial: Serial, now: WallMs, life: Duration) {
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    dated(params, serial, now, life);
}

fn dated(params: &mut CertificateParams, serial: Serial, now: WallMs, life: Duration) {
    let now = moment(now);
    params.serial_number = Some(SerialNumber::from_slice(&serial.0));
    params.not_before = now.saturating_sub(CLOCK_SLACK.try_into().unwrap_or_default());
    params.not_after = now.saturating_add(life.try_into().unwrap_or_default());
}

fn named(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        name.push(kind.clone(), *value);
    }
    name
}

/// Certificates know whole seconds.
fn moment(at: WallMs) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn wall(at: OffsetDateTime) -> WallMs {
    WallMs(at.unix_timestamp().saturating_mul(1000))
}

#[cfg(test)]
mod tests;
