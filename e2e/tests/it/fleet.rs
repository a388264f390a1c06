//! A cloud with the store `main`, and tills that belong to it over their own link.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cloud_server::ca::enrol::{claim_till, make_claim_code};
use cloud_server::config::Config;
use cloud_server::roles::{self, Server};
use cloud_server::signing::Signer;
use cloud_store::{Actor, ClaimId, GenerationInfo, NewCertificate, NewClaim, Publishing, StoreDetails};
use domain::ids::{Generation, OrgId, StoreId, TillId, Uuid};
use domain::sale::TillRef;
use domain::time::WallMs;
use edge_daemon::clock::Clock;
use edge_daemon::cloud::{self, CloudParts, CloudStatus};
use edge_daemon::sight::Models;
use edge_store::Store;
use edge_store::cloud_identity::{CloudIdentity, KeyAndRequest};
use service::health::Health;
use service::metrics_text::{self, Handle};
use service::tasks::Tasks;
use sync_core::generation::{Content, Head};
use testkit::build;
use testkit::net::free_address;
use testkit::scratch::Scratch;
use tokio::sync::Notify;

/// Nothing here takes longer, even on a busy box.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);
/// Life of a till's certificate.
const LIFE: Duration = Duration::from_secs(3600);

/// A cloud that can be stopped, restored and started again where it was.
pub(crate) struct Cloud {
    scratch: Scratch,
    tills: SocketAddr,
    config: PathBuf,
    server: Option<Server>,
}

/// A till's store, and its link while it runs.
pub(crate) struct Till {
    pub(crate) store: Store,
    pub(crate) status: Arc<CloudStatus>,
    tasks: Tasks,
}

pub(crate) fn org() -> OrgId {
    OrgId::new("demo").unwrap()
}

pub(crate) fn main_store() -> StoreId {
    StoreId::new("main").unwrap()
}

impl Cloud {
    /// With these settings (TOML) besides.
    pub(crate) async fn start(name: &str, settings: &str) -> Self {
        roles::install_crypto();
        let scratch = Scratch::new(name);
        let (tills, config) = (free_address().unwrap(), scratch.join("cloud.toml"));
        let mut cloud = Self { scratch, tills, config, server: None };
        cloud.configure(settings);
        cloud.resume().await;
        let details = StoreDetails {
            name: "main".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: build::euro(),
            taxes: build::taxes(),
        };
        let store = &cloud.server().shared().store;
        store.create_organisation(&org(), "Demo", roles::now()).await.unwrap();
        store.create_store(&org(), &main_store(), &details, roles::now()).await.unwrap();
        cloud
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// With these settings (TOML) from its next start on.
    pub(crate) fn configure(&self, settings: &str) {
        let (data, tills) = (self.scratch.join("cloud"), self.tills);
        let text = format!(
            "[data]\ndir = {data:?}\n[http]\nlisten = \"127.0.0.1:0\"\n[grpc]\nlisten = \"{tills}\"\n\
             [mqtt]\nkind = \"off\"\n{settings}"
        );
        std::fs::write(&self.config, text).unwrap();
    }

    /// Ends the server; its tills go on trying.
    pub(crate) async fn pause(&mut self) {
        self.server.take().unwrap().stop().await;
    }

    /// Starts it again at the same address.
    pub(crate) async fn resume(&mut self) {
        let config = Config::load(Some(&self.config)).unwrap();
        self.server = Some(Server::start(config, metrics()).await.unwrap());
    }

    /// Copies the database of a cloud that does not run.
    pub(crate) fn copy_database(&self, name: &str) -> PathBuf {
        let copy = self.scratch.join(name);
        copy_files(&self.scratch.join("cloud"), &copy);
        copy
    }

    /// Puts a copy in the place of the database of a cloud that does not run.
    pub(crate) fn restore_database(&self, copy: &Path) {
        let data = self.scratch.join("cloud");
        for file in database_files(&data) {
            std::fs::remove_file(file).unwrap();
        }
        copy_files(copy, &data);
    }

    /// Publishes to the store, whether or not the server runs.
    pub(crate) async fn publish(&self, content: &Content) -> GenerationInfo {
        let config = Config::load(Some(&self.config)).unwrap();
        let store = roles::open_store(&config, false).await.unwrap();
        let signer = Signer::open_or_make(&config.data.dir).unwrap();
        let (org, main) = (org(), main_store());
        let sign = |head: &Head| signer.sign(&org, &main, head).to_vec();
        let by = Publishing { by: Actor::System("test".to_owned()), expected: None, keep: 20 };
        let made =
            store.publish_generation(&org, &main, Arc::new(content.clone()), &by, &sign, roles::now()).await;
        store.close().await;
        made.unwrap().info
    }

    /// Where a till of this name keeps what it has.
    pub(crate) fn data_of(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }

    /// A till of the store with its link running, and without eyes.
    pub(crate) async fn till(&self, name: &str) -> Till {
        self.new_till(name, None).await
    }

    /// One that sees by these models.
    pub(crate) async fn seeing_till(&self, name: &str, models: Models) -> Till {
        self.new_till(name, Some(models)).await
    }

    async fn new_till(&self, name: &str, models: Option<Models>) -> Till {
        let till = TillRef { org: org(), store: main_store(), till: TillId::new(name).unwrap() };
        let data = self.data_of(name);
        let (store, _) = Store::open(&data, &till).unwrap();
        self.enrol(&till).await.save(&data).unwrap();
        Till::start(store, models)
    }

    /// Gives a till that is offline another certificate, as the till itself does after two thirds of the first one's life.
    pub(crate) async fn renew(&self, till: &Store) {
        let (shared, identity) = (self.server().shared(), CloudIdentity::load(till.dir()).unwrap().unwrap());
        let newest = &shared.store.certificates(till.identity()).await.unwrap()[0];
        let made = KeyAndRequest::make().unwrap();
        let now = roles::now();
        let issued = shared.authority.issue_till(&made.request_pem, till.identity(), LIFE, now).unwrap();
        let kept = NewCertificate {
            serial: issued.serial.kept().unwrap(),
            fingerprint: [7; 32],
            not_before: issued.not_before,
            not_after: issued.not_after,
        };
        let renewed = newest.certificate.serial.clone();
        shared.store.renew_certificate(till.identity(), &renewed, &kept, now).await.unwrap();
        let renewed = CloudIdentity {
            key_pem: made.key_pem,
            certificate_pem: issued.pem,
            not_before: issued.not_before,
            not_after: issued.not_after,
            ..identity
        };
        renewed.save(till.dir()).unwrap();
    }

    async fn enrol(&self, till: &TillRef) -> CloudIdentity {
        let (shared, now) = (self.server().shared(), roles::now());
        shared.store.create_till(till, till.till.as_str(), now).await.unwrap();
        let code = make_claim_code(&shared.authority).unwrap();
        let claim = NewClaim {
            id: ClaimId(Uuid::now_v7()),
            till: till.clone(),
            code_hash: code.hash(),
            made_by: Actor::System("test".to_owned()),
            expires_at: WallMs(now.0 + 60_000),
        };
        shared.store.create_claim(&claim, now).await.unwrap();
        let made = KeyAndRequest::make().unwrap();
        let code = code.to_string();
        let issued = claim_till(&shared.store, &shared.authority, &code, &made.request_pem, LIFE, now).await;
        let (till, issued) = issued.unwrap();
        CloudIdentity {
            address: format!("https://localhost:{}", self.tills.port()),
            till,
            key_pem: made.key_pem,
            certificate_pem: issued.pem,
            not_before: issued.not_before,
            not_after: issued.not_after,
            authority_pem: shared.authority.certificate_pem().to_owned(),
            catalogue_key: shared.signer.public_key(),
            broker: None,
        }
    }
}

impl Till {
    /// With the link that [`Till::go_offline`] cut, or its first.
    pub(crate) fn start(store: Store, models: Option<Models>) -> Self {
        let (tasks, status) = (Tasks::new(), Arc::new(CloudStatus::default()));
        let parts = CloudParts {
            store: store.clone(),
            models,
            on_generation: Arc::new(|| {}),
            clock: Clock::start(),
            committed: Arc::new(Notify::new()),
            status: Arc::clone(&status),
            mqtt: false,
        };
        cloud::start(&tasks, parts, &Health::new());
        Self { store, status, tasks }
    }

    /// Cuts its link.
    pub(crate) async fn go_offline(self) -> Store {
        self.tasks.stop(Duration::from_secs(10)).await;
        self.store
    }

    /// Waits until it sells from this generation of the cloud's.
    pub(crate) async fn sells_from(&self, number: Generation) {
        let what = format!("a till to sell from generation {number}");
        until(&what, async || self.store.cloud_standing().unwrap().sells_from == number).await;
    }
}

/// Asks until the answer is yes, with a limit.
pub(crate) async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let began = std::time::Instant::now();
    while !reached().await {
        assert!(began.elapsed() < LIMIT, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn metrics() -> Handle {
    static INSTALLED: OnceLock<Handle> = OnceLock::new();
    INSTALLED.get_or_init(|| metrics_text::install().unwrap()).clone()
}

fn database_files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with("cloud.sqlite")).collect()
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in database_files(from) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}
