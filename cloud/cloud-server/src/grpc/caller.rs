//! Which till calls: its certificate says so, and the store says whether it still may.

use cloud_store::{Actor, NewAuditEntry, NewCertificate, Store, StoreError};
use sha2::{Digest as _, Sha256};
use sync_core::sale_document::till_name;
use tonic::{Request, Status};

use crate::ca::{TillIdentity, read_till_certificate};
use crate::gateway::Shared;
use crate::roles::now;

/// The till of a call that needs a certificate that counts now.
pub(super) async fn till<T>(shared: &Shared, request: &Request<T>) -> Result<TillIdentity, Status> {
    let identity = till_even_ended(shared, request).await?;
    if identity.not_after < now() {
        return Err(Status::unauthenticated("the till's certificate has ended: it has to be renewed first"));
    }
    Ok(identity)
}

/// The till of a call that an ended certificate may make: to renew it.
pub(super) async fn till_even_ended<T>(
    shared: &Shared,
    request: &Request<T>,
) -> Result<TillIdentity, Status> {
    let certificates = request.peer_certs();
    let certificate = certificates.as_ref().and_then(|chain| chain.first());
    let certificate = certificate
        .ok_or_else(|| Status::unauthenticated("a till calls with the certificate it was claimed with"))?;
    let identity = read_till_certificate(certificate)
        .map_err(|error| Status::unauthenticated(format!("this is not a till's certificate: {error}")))?;
    match check(&shared.store, &identity).await {
        Err(status)
            if status.code() == tonic::Code::Unauthenticated
                && shared.config.ca.take_up_unknown_certificates =>
        {
            take_up(shared, &identity, certificate).await?;
        }
        checked => checked?,
    }
    Ok(identity)
}

/// Takes up a certificate that the database does not know, because it was restored from an older copy. TLS has made sure that
/// the authority signed it.
async fn take_up(shared: &Shared, identity: &TillIdentity, der: &[u8]) -> Result<(), Status> {
    let unusable = |error: StoreError| Status::unauthenticated(error.to_string());
    let certificate = NewCertificate {
        serial: identity.serial.kept().map_err(unusable)?,
        fingerprint: Sha256::digest(der).into(),
        not_before: identity.not_before,
        not_after: identity.not_after,
    };
    let entry = NewAuditEntry {
        actor: Actor::System("cloud".to_owned()),
        action: "certificate.take-up".to_owned(),
        object: format!("till:{}/{}", identity.till.store, identity.till.till),
        detail: certificate.serial.to_string(),
    };
    let now = now();
    let audited = shared.store.audited(&identity.till.org, &entry, now).map_err(|error| status(&error))?;
    match audited.take_up_certificate(&identity.till, &certificate, now).await {
        // Another of the till's calls may have been faster.
        Err(error @ StoreError::Conflict { .. }) => {
            check(&shared.store, identity).await.map_err(|_| unusable(error))
        }
        Ok(()) => {
            tracing::warn!(
                till = till_name(&identity.till),
                serial = %certificate.serial,
                "took up a certificate that the database did not know: `ca.take_up_unknown_certificates` is on"
            );
            Ok(())
        }
        Err(error) => Err(status(&error)),
    }
}

/// Whether the certificate is one that was issued to this till and is not revoked.
pub(crate) async fn check(store: &Store, identity: &TillIdentity) -> Result<(), Status> {
    let serial = identity.serial.kept().map_err(|error| Status::unauthenticated(error.to_string()))?;
    let known = match store.certificate(&serial).await {
        Ok(known) => known,
        Err(StoreError::NotFound { .. }) => {
            return Err(Status::unauthenticated(
                "this cloud does not know the till's certificate: claim the till again",
            ));
        }
        Err(error) => return Err(status(&error)),
    };
    if known.till != identity.till || known.revoked_at.is_some() {
        return Err(Status::permission_denied("the till's certificate was revoked: claim the till again"));
    }
    Ok(())
}

/// What went wrong in the store, as a till is told it.
pub(super) fn status(error: &StoreError) -> Status {
    let text = error.to_string();
    match error {
        StoreError::NotFound { .. } => Status::not_found(text),
        StoreError::Claim(_) | StoreError::Conflict { .. } => Status::failed_precondition(text),
        StoreError::Busy { .. } | StoreError::Unavailable { .. } => Status::unavailable(text),
        _ => {
            tracing::error!(error = text, "a till's call failed");
            Status::internal("the cloud has a fault; it is in its log")
        }
    }
}
