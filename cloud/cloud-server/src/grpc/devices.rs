//! Tills are claimed, and renew their certificates.

use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tonic::{Request, Response, Status};
use wire::v1::device_service_server::DeviceService;
use wire::v1::{ClaimRequest, ClaimResponse, RenewRequest, RenewResponse};

use super::caller;
use crate::ca::enrol::{EnrolError, claim_till, renew_till};
use crate::gateway::Shared;
use crate::mqtt::{TillsAddress, tills_address};
use crate::roles::now;

/// The longest request: a certificate request has about 500 bytes.
pub(super) const REQUEST_MAX_LEN: usize = 16 * 1024;
/// Claims a second, from everywhere: a code has 80 random bits, and this is enough for a chain that opens.
const CLAIMS_PER_SECOND: u32 = 10;

/// The service.
pub(super) struct Devices {
    shared: Shared,
    claims: RateLimiter<NotKeyed, InMemoryState, DefaultClock>,
}

impl Devices {
    pub(super) fn new(shared: Shared) -> Self {
        let quota = Quota::per_second(CLAIMS_PER_SECOND.try_into().expect("it is not zero"));
        Self { shared, claims: RateLimiter::direct(quota) }
    }

    /// Where tills find the broker; no port where there is none.
    fn broker(&self) -> TillsAddress {
        tills_address(&self.shared).unwrap_or(TillsAddress { host: String::new(), port: 0 })
    }

    fn life(&self) -> Duration {
        Duration::from_secs(u64::from(self.shared.config.ca.till_certificate_hours) * 3600)
    }
}

#[tonic::async_trait]
impl DeviceService for Devices {
    async fn claim(&self, request: Request<ClaimRequest>) -> Result<Response<ClaimResponse>, Status> {
        if self.claims.check().is_err() {
            return Err(Status::resource_exhausted(
                "too many tills are being claimed: try again in a second",
            ));
        }
        let ClaimRequest { code, csr_pem } = request.into_inner();
        let shared = &self.shared;
        let claimed = claim_till(&shared.store, &shared.authority, &code, &csr_pem, self.life(), now()).await;
        let (till, issued) = claimed.map_err(|error| refusal(&error))?;
        tracing::info!(till = %sync_core::sale_document::till_name(&till), "a till was claimed");
        let broker = self.broker();
        Ok(Response::new(ClaimResponse {
            organisation: till.org.to_string(),
            store: till.store.to_string(),
            till: till.till.to_string(),
            certificate_pem: issued.pem,
            authority_pem: shared.authority.certificate_pem().to_owned(),
            catalogue_key: shared.signer.public_key().to_vec(),
            not_before_ms: issued.not_before.0,
            not_after_ms: issued.not_after.0,
            mqtt_host: broker.host,
            mqtt_port: broker.port.into(),
        }))
    }

    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<RenewResponse>, Status> {
        let shared = &self.shared;
        let caller = caller::till_even_ended(shared, &request).await?;
        let csr_pem = request.into_inner().csr_pem;
        let renewed = renew_till(
            &shared.store,
            &shared.authority,
            &caller.till,
            &caller.serial,
            &csr_pem,
            self.life(),
            now(),
        );
        let issued = renewed.await.map_err(|error| refusal(&error))?;
        let broker = self.broker();
        Ok(Response::new(RenewResponse {
            certificate_pem: issued.pem,
            not_before_ms: issued.not_before.0,
            not_after_ms: issued.not_after.0,
            mqtt_host: broker.host,
            mqtt_port: broker.port.into(),
        }))
    }
}

fn refusal(error: &EnrolError) -> Status {
    match error {
        EnrolError::Code(error) => Status::invalid_argument(error.to_string()),
        EnrolError::Authority(error) => Status::invalid_argument(error.to_string()),
        EnrolError::Store(error) => caller::status(error),
    }
}
