//! Which till calls: its certificate says so, and the store says whether it still may.

use cloud_store::{Store, StoreError};
use tonic::{Request, Status};

use crate::ca::{TillIdentity, read_till_certificate};
use crate::roles::now;

/// The till of a call that needs a certificate that counts now.
pub(super) async fn till<T>(store: &Store, request: &Request<T>) -> Result<TillIdentity, Status> {
    let identity = till_even_ended(store, request).await?;
    if identity.not_after < now() {
        return Err(Status::unauthenticated("the till's certificate has ended: it has to be renewed first"));
    }
    Ok(identity)
}

/// The till of a call that an ended certificate may make: to renew it.
pub(super) async fn till_even_ended<T>(store: &Store, request: &Request<T>) -> Result<TillIdentity, Status> {
    let certificates = request.peer_certs();
    let certificate = certificates.as_ref().and_then(|chain| chain.first());
    let certificate = certificate
        .ok_or_else(|| Status::unauthenticated("a till calls with the certificate it was claimed with"))?;
    let identity = read_till_certificate(certificate)
        .map_err(|error| Status::unauthenticated(format!("this is not a till's certificate: {error}")))?;
    check(store, &identity).await?;
    Ok(identity)
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
