//! A private cloud on a port of its own, with its data in a scratch folder.

use std::path::Path;
use std::sync::OnceLock;

use cloud_server::config::{Config, DEFAULT_TOML};
use cloud_server::roles::{self, Server};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use service::metrics_text::{self, Handle};
use testkit::scratch::Scratch;

/// A running cloud and somebody to speak to it.
pub(crate) struct Cloud {
    server: Option<Server>,
    pub(crate) http: Client,
    pub(crate) base: String,
    _folder: Scratch,
}

impl Cloud {
    /// With the defaults, but for these settings (TOML).
    pub(crate) async fn start(name: &str, settings: &str) -> Self {
        roles::install_crypto();
        let folder = Scratch::new(name);
        let server = Server::start(config(folder.path(), settings), metrics()).await.unwrap();
        let base = format!("http://{}", server.address());
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { server: Some(server), http, base, _folder: folder }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn stop(mut self) {
        self.server.take().unwrap().stop().await;
    }
}

/// The defaults with these settings over them and everything in this folder.
pub(crate) fn config(folder: &Path, settings: &str) -> Config {
    let mut table: toml::Table = DEFAULT_TOML.parse().unwrap();
    let private = format!("[data]\ndir = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\n", folder.join("data"));
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
