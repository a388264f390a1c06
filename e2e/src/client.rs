//! A till as its kiosk page sees it: the live state and the actions, over the real API.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// A connection to one till.
#[derive(Debug)]
pub struct TillClient {
    base: String,
    http: reqwest::Client,
    live: Socket,
    state: Value,
}

/// What the till said no to.
#[derive(Debug)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// The sentence for people.
    pub detail: String,
}

impl TillClient {
    /// Waits until the till is ready, at most `limit`, and follows its state.
    pub async fn connect(address: SocketAddr, limit: Duration) -> anyhow::Result<Self> {
        let base = format!("http://{address}");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(90)).build()?;
        let ready = async {
            loop {
                let answer = http.get(format!("{base}/api/v1/health")).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let waited = tokio::time::timeout(limit, ready).await;
        waited
            .with_context(|| format!("the till at {address} was not ready within {} s", limit.as_secs()))?;
        let (live, _) = tokio_tungstenite::connect_async(format!("ws://{address}/api/v1/live")).await?;
        let mut client = Self { base, http, live, state: Value::Null };
        client.wait("a first state", limit, |state| !state.is_null()).await?;
        Ok(client)
    }

    /// The state as last heard while waiting for something.
    pub fn state(&self) -> &Value {
        &self.state
    }

    /// Waits until the state is as wished.
    pub async fn wait(
        &mut self,
        what: &str,
        limit: Duration,
        wished: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let listen = async {
            while !wished(&self.state) {
                hear(&mut self.live, &mut self.state).await?;
            }
            anyhow::Ok(())
        };
        match tokio::time::timeout(limit, listen).await {
            Ok(heard) => heard.with_context(|| format!("while {what} was waited for"))?,
            Err(_) => bail!("no {what} within {} s; the state is {}", limit.as_secs_f32(), self.state),
        }
        Ok(self.state.clone())
    }

    /// Does one action.
    pub async fn act(&self, action: Value) -> anyhow::Result<Result<u64, Refused>> {
        let answer = self.post("/api/v1/actions", &action).await?;
        Ok(answer.map(|body| body["revision"].as_u64().unwrap_or_default()))
    }

    /// Does one action that must be possible, and waits until its outcome is part of the state.
    pub async fn must(&mut self, action: Value) -> anyhow::Result<()> {
        match self.act(action.clone()).await? {
            Ok(revision) => {
                let heard = |state: &Value| state["revision"].as_u64() >= Some(revision);
                self.wait("outcome of an action", Duration::from_secs(5), heard).await?;
                Ok(())
            }
            Err(refused) => {
                bail!("{action} was refused: {} {}: {}", refused.status, refused.code, refused.detail)
            }
        }
    }

    /// Moves the simulator.
    pub async fn simulate(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        match self.post(&format!("/sim/v1/{path}"), &body).await? {
            Ok(body) => Ok(body),
            Err(refused) => bail!("/sim/v1/{path} {body} was refused: {}: {}", refused.code, refused.detail),
        }
    }

    /// Reads something.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.base))?;
        url.query_pairs_mut().extend_pairs(query);
        let answer = self.http.get(url).send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Result<Value, Refused>> {
        loop {
            let request = self.http.post(format!("{}{path}", self.base)).json(body);
            let answer = request.send().await.with_context(|| format!("failed to post to {path}"))?;
            let status = answer.status();
            let bytes = answer.bytes().await?;
            let body: Value = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({}));
            if body["code"] == "too_many_requests" {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
            if status.is_success() {
                return Ok(Ok(body));
            }
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            return Ok(Err(Refused { status: status.as_u16(), code: text("code"), detail: text("detail") }));
        }
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Takes one message into the state.
async fn hear(live: &mut Socket, state: &mut Value) -> anyhow::Result<()> {
    let message = live.next().await.context("the till closed its live connection")??;
    let Message::Text(text) = message else { return Ok(()) };
    let mut message: Value = serde_json::from_str(&text)?;
    if message["type"] == "snapshot" {
        *state = message["state"].take();
        return Ok(());
    }
    if message["previous"] != state["revision"] {
        bail!("the till sent changes after {}, but {} is known", message["previous"], state["revision"]);
    }
    let sections = state.as_object_mut().context("the state is an object")?;
    if let Value::Object(changes) = message["changes"].take() {
        sections.extend(changes);
    }
    sections.insert("revision".to_owned(), message["revision"].take());
    Ok(())
}
