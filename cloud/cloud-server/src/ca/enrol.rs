//! How a till gets its certificates: the first one for a claim code, the next ones for the one before.

use std::time::Duration;

use cloud_store::{CertificateSerial, NewCertificate, Store, StoreError};
use domain::sale::TillRef;
use domain::time::WallMs;
use sha2::{Digest as _, Sha256};
use sync_core::claim_code::{ClaimCode, ClaimCodeError, HALF_BYTES};
use thiserror::Error;

use super::{Authority, CaError, Issued, Serial};

/// Why a till got no certificate.
#[derive(Debug, Error)]
pub enum EnrolError {
    /// The code is not one, or of another cloud.
    #[error(transparent)]
    Code(#[from] ClaimCodeError),
    /// The request cannot be signed.
    #[error(transparent)]
    Authority(#[from] CaError),
    /// The code cannot be redeemed, the certificate is revoked, or the database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A new claim code of this cloud.
pub fn make_claim_code(authority: &Authority) -> Result<ClaimCode, getrandom::Error> {
    let mut secret = [0; HALF_BYTES];
    getrandom::fill(&mut secret)?;
    Ok(ClaimCode::new(secret, authority.pin()))
}

/// Redeems a claim code: makes the certificate of the till that the code was made for. The code is used up by it.
pub async fn claim_till(
    store: &Store,
    authority: &Authority,
    code: &str,
    request_pem: &str,
    life: Duration,
    now: WallMs,
) -> Result<(TillRef, Issued), EnrolError> {
    let code = ClaimCode::parse(code)?;
    code.check(authority.pin())?;
    let hash = code.hash();
    let claim = store.open_claim(&hash, now).await?;
    // Signed before the code is used up, so that a bad request does not cost the technician another one.
    let issued = authority.issue_till(request_pem, &claim.till, life, now)?;
    let till = store.redeem_claim(&hash, &kept(&issued)?, now).await?;
    Ok((till, issued))
}

/// Makes the next certificate of a till that still has one. `serial` is that of the certificate it came with.
pub async fn renew_till(
    store: &Store,
    authority: &Authority,
    till: &TillRef,
    serial: &Serial,
    request_pem: &str,
    life: Duration,
    now: WallMs,
) -> Result<Issued, EnrolError> {
    let issued = authority.issue_till(request_pem, till, life, now)?;
    store.renew_certificate(till, &serial.kept()?, &kept(&issued)?, now).await?;
    Ok(issued)
}

/// A certificate as the store keeps it.
fn kept(issued: &Issued) -> Result<NewCertificate, StoreError> {
    Ok(NewCertificate {
        serial: issued.serial.kept()?,
        fingerprint: Sha256::digest(&issued.der).into(),
        not_before: issued.not_before,
        not_after: issued.not_after,
    })
}

impl Serial {
    /// As the store knows it.
    pub fn kept(&self) -> Result<CertificateSerial, StoreError> {
        CertificateSerial::new(&self.0)
    }
}
