//! The tills of a store: what they say, the codes they are claimed with, and their certificates.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cloud_store::{ClaimId, NewClaim, TillCertificate, TillInfo};
use domain::ids::TillId;
use domain::sale::TillRef;
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use wire::topics::RESERVED_TILL;

use super::answer::{created, ms, tagged};
use crate::auth::Who;
use crate::ca::enrol::make_claim_code;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// A new till.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTill {
    /// Its id: part of topics and certificates, so it never changes.
    #[schema(example = "till-1", max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$")]
    id: String,
    /// Its name as people read it.
    #[schema(example = "Left of the door")]
    name: String,
}

/// A till.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Till {
    store: String,
    id: String,
    name: String,
    /// Milliseconds since 1970.
    created_at_ms: i64,
    /// When it was taken out of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    retired_at_ms: Option<i64>,
    /// What it said last; absent while it never said anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Seen>,
    /// Whether it is connected to the broker; absent while nobody can know.
    #[serde(skip_serializing_if = "Option::is_none")]
    online: Option<bool>,
    /// Its newest sale as it told of it at once, before the sale itself came; absent while it told of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    told_sale: Option<ToldSale>,
}

/// A sale as a till tells of it at once. Sums are made of sales themselves and never of this.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToldSale {
    /// Its number.
    sequence: u64,
    /// How many lines it has.
    lines: u32,
    /// What it comes to, in minor units.
    gross_minor: i64,
    /// ISO 4217 code of that.
    currency: String,
}

/// What a till says about itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Seen {
    /// When, in milliseconds since 1970, by the cloud's clock.
    at_ms: i64,
    /// The catalogue generation that it sells from.
    generation: u64,
    /// The number of its newest sale.
    sequence: u64,
    /// Sales of it that the cloud has not acked.
    unsent: u64,
    /// The version of its software.
    software: String,
}

/// The tills of a store.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tills {
    items: Vec<Till>,
}

/// A claim code: shown this once, and kept nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClaimShown {
    /// What to type into the till.
    #[schema(example = "000G-40R4-0M30-E209-ZZZZ-ZZZZ-ZZZZ-ZZZZ")]
    code: String,
    /// Where the till reaches the cloud: the first of `ca.server_names`, and the port of `grpc.listen`.
    #[schema(example = "https://cloud.example:8443")]
    address: String,
    /// Until when it is good, in milliseconds since 1970.
    expires_at_ms: i64,
}

/// A till's certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificate {
    /// Its number, in hexadecimal.
    serial: String,
    not_before_ms: i64,
    not_after_ms: i64,
    issued_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at_ms: Option<i64>,
}

/// The certificates of a till, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Certificates {
    items: Vec<Certificate>,
}

/// What a revocation did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revoked {
    /// The numbers of the certificates that were good until now.
    serials: Vec<String>,
}

/// Lists the tills of a store.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/tills",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id")),
    responses((status = 200, body = Tills))
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    // An empty list and no such store are different answers.
    shared.store.store(&who.org, &store).await?;
    let tills = shared.store.tills(&who.org, Some(&store)).await?;
    tagged(&headers, &Tills { items: tills.into_iter().map(|till| shown(&shared, till)).collect() })
}

/// Makes a till. It can sell once it is claimed with a code.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/tills",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id")),
    request_body = NewTill,
    responses((status = 201, body = Till))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Place(store): Place<String>,
    Body(form): Body<NewTill>,
) -> Result<Response, Problem> {
    let store = who.store(&store)?;
    shared.store.store(&who.org, &store).await?;
    let id = TillId::new(&form.id).map_err(|error| Problem::unprocessable(error.to_string()))?;
    if id.as_str() == RESERVED_TILL {
        let detail = format!("no till can be called `{RESERVED_TILL}`: choose another id");
        return Err(Problem::unprocessable(detail));
    }
    let till = TillRef { org: who.org.clone(), store, till: id };
    let audited = shared.audited(&who, "till.create", &subject(&till), &form.name)?;
    audited.create_till(&till, &form.name, now()).await?;
    let place = format!("/api/v1/stores/{}/tills/{}", till.store, till.till);
    created(&place, shown(&shared, shared.store.till(&till).await?))
}

/// A till.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/tills/{till}",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id"), ("till" = String, Path, description = "The till's id")),
    responses((status = 200, body = Till))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till)): Place<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let till = who.till(&store, &till)?;
    tagged(&headers, &shown(&shared, shared.store.till(&till).await?))
}

/// Takes a till out of use: its certificates are revoked, and it cannot be claimed again. Its sales stay.
#[utoipa::path(
    delete,
    path = "/api/v1/stores/{store}/tills/{till}",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id"), ("till" = String, Path, description = "The till's id")),
    responses((status = 204))
)]
pub(crate) async fn retire(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till)): Place<(String, String)>,
) -> Result<Response, Problem> {
    let till = who.till(&store, &till)?;
    let audited = shared.audited(&who, "till.retire", &subject(&till), "")?;
    audited.retire_till(&till, now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Makes a claim code for a till. The codes before it that nobody used are withdrawn.
#[utoipa::path(
    post,
    path = "/api/v1/stores/{store}/tills/{till}/claims",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id"), ("till" = String, Path, description = "The till's id")),
    responses((status = 201, body = ClaimShown))
)]
pub(crate) async fn create_claim(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till)): Place<(String, String)>,
) -> Result<Response, Problem> {
    let till = who.till(&store, &till)?;
    let code = make_claim_code(&shared.authority).map_err(Problem::internal)?;
    let now = now();
    let life = Duration::from_secs(u64::from(shared.config.ca.claim_code_minutes) * 60);
    let expires_at = WallMs(now.0 + i64::try_from(life.as_millis()).map_err(Problem::internal)?);
    let claim = NewClaim {
        id: ClaimId(Uuid::now_v7()),
        till: till.clone(),
        code_hash: code.hash(),
        made_by: who.actor.clone(),
        expires_at,
    };
    let audited = shared.audited(&who, "till.claim-code", &subject(&till), "")?;
    audited.create_claim(&claim, now).await?;
    let shown = ClaimShown {
        code: code.to_string(),
        address: shared.config.address_for_tills(),
        expires_at_ms: ms(expires_at),
    };
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// Lists the certificates of a till.
#[utoipa::path(
    get,
    path = "/api/v1/stores/{store}/tills/{till}/certificates",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id"), ("till" = String, Path, description = "The till's id")),
    responses((status = 200, body = Certificates))
)]
pub(crate) async fn list_certificates(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till)): Place<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let till = who.till(&store, &till)?;
    shared.store.till(&till).await?;
    let certificates = shared.store.certificates(&till).await?;
    tagged(&headers, &Certificates { items: certificates.iter().map(shown_certificate).collect() })
}

/// Revokes every certificate of a till: it goes on selling, but speaks to the cloud again only after a new claim.
#[utoipa::path(
    delete,
    path = "/api/v1/stores/{store}/tills/{till}/certificates",
    tag = "tills",
    params(("store" = String, Path, description = "The store's id"), ("till" = String, Path, description = "The till's id")),
    responses((status = 200, body = Revoked))
)]
pub(crate) async fn revoke_certificates(
    State(shared): State<Shared>,
    who: Who,
    Place((store, till)): Place<(String, String)>,
) -> Result<Json<Revoked>, Problem> {
    let till = who.till(&store, &till)?;
    shared.store.till(&till).await?;
    let audited = shared.audited(&who, "till.revoke", &subject(&till), "")?;
    let serials = audited.revoke_certificates(&till, now()).await?;
    let serials: Vec<String> = serials.iter().map(ToString::to_string).collect();
    Ok(Json(Revoked { serials }))
}

/// A till as the audit log names it.
fn subject(till: &TillRef) -> String {
    format!("till:{}/{}", till.store, till.till)
}

fn shown(shared: &Shared, info: TillInfo) -> Till {
    let heard = shared.mqtt.presence.of(&info.till);
    let told = heard.as_ref().and_then(|heard| heard.sale.clone());
    Till {
        online: heard.map(|heard| heard.online),
        told_sale: told.map(|sale| ToldSale {
            sequence: sale.sequence,
            lines: sale.lines,
            gross_minor: sale.gross_minor,
            currency: sale.currency,
        }),
        store: info.till.store.to_string(),
        id: info.till.till.to_string(),
        name: info.name,
        created_at_ms: ms(info.created_at),
        retired_at_ms: info.retired_at.map(ms),
        last_seen: info.last_seen.map(|seen| Seen {
            at_ms: ms(seen.at),
            generation: seen.generation.0,
            sequence: seen.sequence.0,
            unsent: seen.unsent,
            software: seen.software,
        }),
    }
}

fn shown_certificate(kept: &TillCertificate) -> Certificate {
    Certificate {
        serial: kept.certificate.serial.to_string(),
        not_before_ms: ms(kept.certificate.not_before),
        not_after_ms: ms(kept.certificate.not_after),
        issued_at_ms: ms(kept.issued_at),
        revoked_at_ms: kept.revoked_at.map(ms),
    }
}
