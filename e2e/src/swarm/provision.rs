//! Tills made in bulk, on the cloud's own database and with its own authority: through the door of the cloud, ten tills are
//! let in a second, and two thousand would take minutes.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use cloud_server::ca::Authority;
use cloud_server::ca::enrol::{claim_till, make_claim_code};
use cloud_server::roles::{now, open_store};
use cloud_server::signing::Signer;
use cloud_store::{Actor, ClaimId, NewClaim, Store};
use domain::ids::{OrgId, StoreId, TillId, Uuid};
use domain::sale::TillRef;
use domain::time::WallMs;
use edge_store::cloud_identity::{CloudIdentity, KeyAndRequest};
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};

use crate::cloud::CloudFolder;

/// The organisation and the store that `CloudFolder` makes.
const ORG: &str = "demo";
const STORE: &str = "corner-shop";
/// Tills that are made at once.
const AT_ONCE: usize = 8;
/// How long a till has to redeem its code, in milliseconds.
const CODE_LIFE_MS: i64 = 600_000;
/// Life of the certificates: no run is longer.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The organisation that the swarm belongs to.
pub fn org() -> anyhow::Result<OrgId> {
    Ok(OrgId::new(ORG)?)
}

/// The store that its tills stand in.
pub fn store_id() -> anyhow::Result<StoreId> {
    Ok(StoreId::new(STORE)?)
}

/// The database of a cloud, beside its server.
pub async fn database(folder: &CloudFolder) -> anyhow::Result<Store> {
    open_store(&folder.config()?, true).await
}

/// Makes so many tills, each with a certificate. The server must not have been started: its authority is made here.
pub async fn tills(folder: &CloudFolder, store: &Store, count: usize) -> anyhow::Result<Vec<CloudIdentity>> {
    let config = folder.config()?;
    let most = config.grpc.connections_max;
    ensure!(count <= most, "the cloud takes {most} tills at once (`grpc.connections_max`): ask for no more");
    let authority = Authority::open_or_make(&config.data.dir, now())?;
    let office = Office {
        address: format!("https://localhost:{}", folder.tills.port()),
        catalogue_key: Signer::open_or_make(&config.data.dir)?.public_key(),
        authority,
        store,
    };
    iter(0..count).map(|index| office.make(index)).buffered(AT_ONCE).try_collect().await
}

struct Office<'a> {
    address: String,
    catalogue_key: [u8; 32],
    authority: Authority,
    store: &'a Store,
}

impl Office<'_> {
    async fn make(&self, index: usize) -> anyhow::Result<CloudIdentity> {
        let name = format!("swarm-{index:05}");
        let till = TillRef { org: org()?, store: store_id()?, till: TillId::new(&name)? };
        self.enrol(till).await.with_context(|| format!("failed to make till {name}"))
    }

    async fn enrol(&self, till: TillRef) -> anyhow::Result<CloudIdentity> {
        let now = now();
        self.store.create_till(&till, till.till.as_str(), now).await?;
        let code = make_claim_code(&self.authority)?;
        let claim = NewClaim {
            id: ClaimId(Uuid::now_v7()),
            till: till.clone(),
            code_hash: code.hash(),
            made_by: Actor::System("swarm".to_owned()),
            expires_at: WallMs(now.0 + CODE_LIFE_MS),
        };
        self.store.create_claim(&claim, now).await?;
        let made = KeyAndRequest::make()?;
        let (code, request) = (code.to_string(), &made.request_pem);
        let (till, issued) =
            claim_till(self.store, &self.authority, &code, request, CERTIFICATE_LIFE, now).await?;
        Ok(CloudIdentity {
            address: self.address.clone(),
            broker: None,
            till,
            key_pem: made.key_pem,
            certificate_pem: issued.pem,
            not_before: issued.not_before,
            not_after: issued.not_after,
            authority_pem: self.authority.certificate_pem().to_owned(),
            catalogue_key: self.catalogue_key,
        })
    }
}
