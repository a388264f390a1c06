//! A private cloud on a port of its own, with its data in a scratch folder.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use cloud_server::auth::SESSION_COOKIE;
use cloud_server::auth::password::Password;
use cloud_server::auth::secret::Secret;
use cloud_server::blobs::Blobs;
use cloud_server::config::{Config, DEFAULT_TOML};
use cloud_server::roles::{self, Server};
use cloud_store::{Grant, Hash, NewSession, NewUser, Outcome, Role, Store, StoreDetails, UserId};
use domain::ids::{OrgId, SaleId, SequenceNumber, StoreId, TaxCode, TillId};
use domain::money::Currency;
use domain::quantity::Quantity;
use domain::sale::{Sale, TillRef};
use domain::tax::{TaxRate, TaxTable};
use domain::time::WallMs;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use service::metrics_text::{self, Handle};
use sync_core::entry::Entry;
use sync_core::{chain, sale_document};
use testkit::postgres::{self, Postgres};
use testkit::scratch::Scratch;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// What everybody's password is.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A running cloud and somebody to speak to it.
pub(crate) struct Cloud {
    server: Option<Server>,
    pub(crate) http: Client,
    pub(crate) base: String,
    /// A second door to the same database, for what no request can bring about.
    pub(crate) store: Store,
    pub(crate) config: Config,
    _folder: Scratch,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) org: OrgId,
    pub(crate) user: UserId,
    cookie: String,
    csrf: String,
}

impl Caller {
    /// Adds all that a page of ours would send.
    pub(crate) fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf)
    }
}

impl Cloud {
    /// With the defaults, but for these settings (TOML).
    pub(crate) async fn start(name: &str, settings: &str) -> Self {
        roles::install_crypto();
        let folder = Scratch::new(name);
        let config = config(folder.path(), settings);
        let server = Server::start(config.clone(), metrics()).await.unwrap();
        let store = roles::open_store(&config, false).await.unwrap();
        let base = format!("http://{}", server.address());
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { server: Some(server), http, base, store, config, _folder: folder }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// A request of somebody who is signed in, with all that a page of ours would send.
    pub(crate) fn request_as(&self, caller: &Caller, method: Method, path: &str) -> RequestBuilder {
        caller.signed(self.request(method, path))
    }

    pub(crate) async fn get_as(&self, caller: &Caller, path: &str) -> Response {
        self.request_as(caller, Method::GET, path).send().await.unwrap()
    }

    /// Sends JSON and expects this status; gives back the answer's JSON, or nothing where it has no body.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Value,
        status: StatusCode,
    ) -> Value {
        let what = format!("{method} {path}");
        let response = self.request_as(caller, method, path).json(&body).send().await.unwrap();
        let got = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(got, status, "{what}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// An organisation with the store `main` and a till `till-1` in it.
    pub(crate) async fn organisation(&self, name: &str) -> OrgId {
        let org = OrgId::new(name).unwrap();
        self.store.create_organisation(&org, name, roles::now()).await.unwrap();
        self.shop(&org, "main").await;
        org
    }

    /// A store with a till `till-1` in it.
    pub(crate) async fn shop(&self, org: &OrgId, name: &str) {
        let id = StoreId::new(name).unwrap();
        let rates = [("vat19", 1900), ("vat7", 700)];
        let rate = |(code, basis_points)| (TaxCode::new(code).unwrap(), TaxRate { basis_points });
        let details = StoreDetails {
            name: name.to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            currency: Currency::new("EUR").unwrap(),
            taxes: TaxTable { rates: rates.map(rate).into(), inclusive: true },
        };
        self.store.create_store(org, &id, &details, roles::now()).await.unwrap();
        let till = TillRef { org: org.clone(), store: id, till: TillId::new("till-1").unwrap() };
        self.store.create_till(&till, "Door", roles::now()).await.unwrap();
    }

    /// A person with these grants, signed in.
    pub(crate) async fn person(&self, org: &OrgId, name: &str, grants: &[(Role, Option<&str>)]) -> Caller {
        // Hashing is slow on purpose, and everybody's is the same.
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash = HASH.get_or_init(async || Password::typed(PASSWORD).hash().await.unwrap()).await;
        let user = UserId(Uuid::now_v7());
        let grant = |(role, store): &(Role, Option<&str>)| Grant {
            role: *role,
            store: store.map(|store| StoreId::new(store).unwrap()),
        };
        let new = NewUser {
            id: user,
            email: format!("{name}@{org}.example"),
            name: name.to_owned(),
            password_hash: hash.clone(),
            language: "en".to_owned(),
            grants: grants.iter().map(grant).collect(),
        };
        self.store.create_user(org, &new, roles::now()).await.unwrap();
        self.signed_in(org, user).await
    }

    /// Another session of a person.
    pub(crate) async fn signed_in(&self, org: &OrgId, user: UserId) -> Caller {
        let (secret, csrf) = (Secret::random().unwrap(), Secret::random().unwrap().to_text());
        let end = WallMs(roles::now().0 + 3_600_000);
        let session = NewSession {
            token_hash: secret.hash(),
            user,
            csrf: csrf.clone(),
            expires_at: end,
            idle_expires_at: end,
        };
        self.store.create_session(org, &session, roles::now()).await.unwrap();
        let cookie = format!("{SESSION_COOKIE}={}", secret.to_text());
        Caller { org: org.clone(), user, cookie, csrf }
    }

    /// Sends a form and expects this status.
    pub(crate) async fn upload(&self, caller: &Caller, path: &str, form: Form, status: StatusCode) -> Value {
        let response = self.request_as(caller, Method::POST, path).multipart(form).send().await.unwrap();
        let got = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(got, status, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a form that is taken, and gives back the answer.
    pub(crate) async fn upload_any(&self, caller: &Caller, path: &str, form: Form) -> Value {
        let response = self.request_as(caller, Method::POST, path).multipart(form).send().await.unwrap();
        let got = response.status();
        let text = response.text().await.unwrap();
        assert!(got.is_success(), "{path}: {got} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Where photos and files are.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.server().shared().blobs
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Takes in what a till sent, as the faces for tills do.
    pub(crate) async fn ingest(&self, till: &TillRef, entries: Vec<Entry>) -> Vec<Outcome> {
        let server = self.server.as_ref().unwrap();
        server.shared().store.ingest(till, entries, roles::now()).await.unwrap().outcomes
    }

    pub(crate) async fn stop(mut self) {
        self.store.close().await;
        self.server.take().unwrap().stop().await;
    }
}

/// The settings of each database that a cloud can have: SQLite, and a PostgreSQL of its own where the machine has one. Hold
/// the guard for as long as they are used.
pub(crate) fn databases() -> (Vec<String>, Option<Arc<Postgres>>) {
    let mut settings = vec![String::new()];
    let postgres = match postgres::shared() {
        Ok(postgres) => {
            let url = postgres.create_database().unwrap();
            settings.push(format!("[database]\nurl = {url:?}\n"));
            Some(postgres)
        }
        Err(missing) => {
            eprintln!("SKIPPED: the same on PostgreSQL, because {missing}");
            None
        }
    };
    (settings, postgres)
}

/// What a product's form needs at least.
pub(crate) fn form(name: &str) -> Form {
    let fields = [("name", name), ("category_name", "Fruit"), ("price", "2.49"), ("tax_code", "vat7")];
    fields.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value.to_owned()))
}

/// A file that looks like a photo to whoever reads its first bytes only.
pub(crate) fn seeming_photo(number: u64, length: usize) -> Part {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(number.to_le_bytes());
    bytes.resize(length.max(16), 0);
    Part::bytes(bytes).file_name("holiday.txt")
}

/// A till's journal as the till writes it.
pub(crate) struct Journal {
    till: TillRef,
    sequence: u64,
    hash: Hash,
}

impl Journal {
    pub(crate) fn new(till: TillRef) -> Self {
        let hash = chain::genesis(&till);
        Self { till, sequence: 0, hash }
    }

    /// The next sale: three apples for 5.97. Equal numbers of one organisation are the same sale.
    pub(crate) fn sell(&mut self, number: u64) -> Entry {
        let apple = testkit::build::piece("apple", 199);
        let mut sale = testkit::build::sale(number, &[(&apple, Quantity::Pieces(3))]);
        sale.till = self.till.clone();
        let salt = self.till.org.as_str().bytes().map(u64::from).sum();
        sale.id = SaleId(Uuid::from_u64_pair(salt, number));
        let id = sale.id;
        self.chain(id, sale_document::encode(&sale))
    }

    /// The next sale, as it was made but for its till.
    pub(crate) fn sold(&mut self, mut sale: Sale) -> Entry {
        sale.till = self.till.clone();
        self.chain(sale.id, sale_document::encode(&sale))
    }

    /// The next entry, whatever it is.
    pub(crate) fn append(&mut self, payload: Vec<u8>) -> Entry {
        self.chain(SaleId(Uuid::now_v7()), payload)
    }

    /// Places that are never sent.
    pub(crate) fn lose(&mut self, number: u64) {
        self.sell(number);
    }

    fn chain(&mut self, sale: SaleId, payload: Vec<u8>) -> Entry {
        self.sequence += 1;
        let entry = Entry::chained(SequenceNumber(self.sequence), sale, self.hash, payload);
        self.hash = entry.hash;
        entry
    }
}

/// The defaults with these settings over them and everything in this folder.
pub(crate) fn config(folder: &Path, settings: &str) -> Config {
    let mut table: toml::Table = DEFAULT_TOML.parse().unwrap();
    let private = format!(
        "[data]\ndir = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\n[grpc]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n[parser]\nin_server = false\n",
        folder.join("data")
    );
    for layer in [private.as_str(), settings] {
        for (section, values) in layer.parse::<toml::Table>().unwrap() {
            let section = table.get_mut(&section).unwrap().as_table_mut().unwrap();
            section.extend(values.as_table().unwrap().clone());
        }
    }
    table.try_into().unwrap()
}

/// The recorder belongs to the process, and several tests may share one.
fn metrics() -> Handle {
    static METRICS: OnceLock<Handle> = OnceLock::new();
    METRICS.get_or_init(|| metrics_text::install().unwrap()).clone()
}

/// The problem of an answer, checked to be one.
pub(crate) async fn problem(response: Response, status: StatusCode, code: &str) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{response:?}");
    let got = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(body["status"], status.as_u16());
    assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{body}");
    body
}
