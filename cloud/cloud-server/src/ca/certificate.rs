//! Reading certificates back: whose a client's certificate is.

use domain::ids::{InvalidName, OrgId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;
use rcgen::{KeyPair, PublicKeyData as _};
use thiserror::Error;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::Serial;

/// What a till's URI begins with.
const SCHEME: &str = "tillsight:";
/// What the URI of the cloud itself begins with, where it is a broker's client.
const CLOUD_SCHEME: &str = "tillsight-cloud:";

/// Who a client's certificate says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillIdentity {
    /// The till.
    pub till: TillRef,
    /// The certificate's number, by which it can be revoked.
    pub serial: Serial,
    /// From when it counts.
    pub not_before: WallMs,
    /// Until when.
    pub not_after: WallMs,
}

/// Why a certificate does not say which till it is of.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// Not a certificate at all.
    #[error("the certificate cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A certificate of something else.
    #[error(
        "the certificate names no till: it has {found} addresses that begin with `{SCHEME}`, and a till's has one"
    )]
    NoTill {
        /// How many it has.
        found: usize,
    },
    /// The address has not three parts.
    #[error("`{uri}` names no till: write `{SCHEME}organisation/store/till`")]
    Shape {
        /// The address.
        uri: String,
    },
    /// A part is not a name.
    #[error("the certificate names no till")]
    Name(#[from] InvalidName),
    /// A serial number that this authority never gave.
    #[error("the certificate's serial number is not one of this authority")]
    Serial,
    /// The key is another's.
    #[error("the key does not belong to the certificate")]
    OtherKey,
}

/// Reads which till a client's certificate (DER) is of. Whether it is genuine and not too old is for TLS to check first.
pub fn read_till_certificate(der: &[u8]) -> Result<TillIdentity, CertificateError> {
    let certificate = parse(der)?;
    let uris = uris(&certificate, SCHEME);
    let [uri] = uris.as_slice() else {
        return Err(CertificateError::NoTill { found: uris.len() });
    };
    let serial = Serial::from_bytes(certificate.raw_serial()).ok_or(CertificateError::Serial)?;
    let validity = certificate.validity();
    let [not_before, not_after] =
        [validity.not_before, validity.not_after].map(|at| WallMs(at.timestamp().saturating_mul(1000)));
    Ok(TillIdentity { till: read_till_uri(uri)?, serial, not_before, not_after })
}

/// Reads the name of a process of the cloud from the certificate (DER) that it shows to brokers; `None` where it is of
/// something else. Whether it is genuine and not too old is for TLS to check first.
pub fn read_cloud_certificate(der: &[u8]) -> Option<String> {
    let certificate = parse(der).ok()?;
    let uris = uris(&certificate, CLOUD_SCHEME);
    let [uri] = uris.as_slice() else { return None };
    uri.strip_prefix(CLOUD_SCHEME).map(str::to_owned)
}

/// A process's name as its certificate carries it.
pub(super) fn cloud_uri(name: &str) -> String {
    format!("{CLOUD_SCHEME}{name}")
}

/// A till's name as certificates carry it.
pub(super) fn till_uri(till: &TillRef) -> String {
    format!("{SCHEME}{}/{}/{}", till.org, till.store, till.till)
}

/// The bytes of the first certificate in a PEM text.
pub(super) fn der_of(pem: &str) -> Result<Vec<u8>, CertificateError> {
    let (_, block) =
        parse_x509_pem(pem.as_bytes()).map_err(|error| CertificateError::Unreadable(Box::new(error)))?;
    Ok(block.contents)
}

/// Whether the certificate is of this key.
pub(super) fn check_key(der: &[u8], key: &KeyPair) -> Result<(), CertificateError> {
    let certificate = parse(der)?;
    let same = certificate.public_key().subject_public_key.data.as_ref() == key.der_bytes();
    if same { Ok(()) } else { Err(CertificateError::OtherKey) }
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    let parsed = X509Certificate::from_der(der);
    Ok(parsed.map_err(|error| CertificateError::Unreadable(error.to_string().into()))?.1)
}

fn uris<'a>(certificate: &'a X509Certificate<'_>, scheme: &str) -> Vec<&'a str> {
    let names = certificate.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    let uris = names.flatten().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    uris.filter(|uri| uri.starts_with(scheme)).collect()
}

fn read_till_uri(uri: &str) -> Result<TillRef, CertificateError> {
    let parts: Vec<&str> = uri.trim_start_matches(SCHEME).split('/').collect();
    let [org, store, till] = parts.as_slice() else {
        return Err(CertificateError::Shape { uri: uri.to_owned() });
    };
    Ok(TillRef { org: OrgId::new(org)?, store: StoreId::new(store)?, till: TillId::new(till)? })
}
