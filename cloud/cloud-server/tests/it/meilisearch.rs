//! A stand-in for Meilisearch on a port of its own: the calls, tasks and refusals that its API describes, with a search that
//! knows whole words only.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};
use service::tasks::Tasks;

/// It ends with the test's runtime.
pub(crate) struct Meilisearch {
    address: SocketAddr,
    state: Arc<Mutex<Kept>>,
    _tasks: Tasks,
}

#[derive(Default)]
struct Kept {
    key: String,
    is_there: bool,
    fails: bool,
    documents: BTreeMap<String, Value>,
    filterable: Vec<Value>,
    /// How each task ended, and whether it was asked about.
    tasks: Vec<(Value, bool)>,
}

type Shared = State<Arc<Mutex<Kept>>>;

impl Meilisearch {
    pub(crate) async fn start(key: &str) -> Self {
        let state = Arc::new(Mutex::new(Kept { key: key.to_owned(), ..Kept::default() }));
        let router = axum::Router::new()
            .route("/tasks/{task}", get(task))
            .route("/indexes", any(call))
            .route("/indexes/{*rest}", any(call))
            .with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::new();
        tasks.spawn("meilisearch", async move { Ok(axum::serve(listener, router).await?) });
        Self { address, state, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.state.lock().unwrap().fails = fails;
    }

    pub(crate) fn forget(&self) {
        self.state.lock().unwrap().documents.clear();
    }

    pub(crate) fn documents(&self) -> usize {
        self.state.lock().unwrap().documents.len()
    }
}

fn refusal(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({"message": "a stand-in refuses", "code": code, "type": "t", "link": "l"})))
        .into_response()
}

async fn task(State(state): Shared, Path(number): Path<usize>) -> Response {
    let mut kept = state.lock().unwrap();
    let Some((outcome, was_asked)) = kept.tasks.get_mut(number) else {
        return refusal(StatusCode::NOT_FOUND, "task_not_found");
    };
    // The first one who asks is too early.
    if !std::mem::replace(was_asked, true) {
        return Json(json!({"uid": number, "status": "processing", "error": null})).into_response();
    }
    let mut body = outcome.clone();
    body["uid"] = json!(number);
    Json(body).into_response()
}

async fn call(State(state): Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    let body: Value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    let mut kept = state.lock().unwrap();
    let key = parts.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key != format!("Bearer {}", kept.key) {
        return refusal(StatusCode::FORBIDDEN, "invalid_api_key");
    }
    if kept.fails {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "internal");
    }
    let rest = parts.uri.path().strip_prefix("/indexes").unwrap().trim_start_matches('/');
    let place = rest.split_once('/').map_or(rest, |(_, place)| place);
    let done = json!({"status": "succeeded", "error": null});
    match (parts.method, rest, place) {
        (Method::POST, "", _) => {
            let there = std::mem::replace(&mut kept.is_there, true);
            let error = json!({"code": "index_already_exists", "message": "it is there"});
            enqueue(&mut kept, if there { json!({"status": "failed", "error": error}) } else { done })
        }
        _ if !kept.is_there => refusal(StatusCode::NOT_FOUND, "index_not_found"),
        (Method::POST, _, "search") => search(&kept, &body),
        (Method::PATCH, _, "settings") => {
            kept.filterable = body["filterableAttributes"].as_array().unwrap().clone();
            enqueue(&mut kept, done)
        }
        (Method::POST, _, "documents") => {
            for document in body.as_array().unwrap() {
                let id = document["id"].as_str().unwrap().to_owned();
                assert!(id.chars().all(|letter| letter.is_ascii_alphanumeric()), "{id} is no id");
                kept.documents.insert(id, document.clone());
            }
            enqueue(&mut kept, done)
        }
        (Method::POST, _, "documents/delete-batch") => {
            for id in body.as_array().unwrap() {
                kept.documents.remove(id.as_str().unwrap());
            }
            enqueue(&mut kept, done)
        }
        (Method::DELETE, _, "documents") => {
            kept.documents.clear();
            enqueue(&mut kept, done)
        }
        (method, ..) => panic!("nobody documented {method} {rest}"),
    }
}

fn enqueue(kept: &mut Kept, outcome: Value) -> Response {
    kept.tasks.push((outcome, false));
    let task = json!({"taskUid": kept.tasks.len() - 1, "indexUid": "i", "status": "enqueued", "type": "t"});
    (StatusCode::ACCEPTED, Json(task)).into_response()
}

fn search(kept: &Kept, body: &Value) -> Response {
    let text = body["q"].as_str().unwrap().to_lowercase();
    let filters: Vec<&Value> = body["filter"].as_array().unwrap().iter().collect();
    assert!(filters[0].as_str().unwrap().starts_with("org = "), "every question names the organisation");
    let mut found: Vec<&Value> = Vec::new();
    for document in kept.documents.values() {
        let names = document["names"].as_object().unwrap();
        let mut words = names.values().flat_map(|name| name.as_str().unwrap().split(' '));
        let has_text = text.is_empty() || words.any(|word| word.to_lowercase() == text);
        if has_text && filters.iter().all(|filter| holds(kept, document, filter)) {
            found.push(document);
        }
    }
    let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
    for document in &found {
        *categories.entry(document["category"].as_str().unwrap()).or_default() += 1;
    }
    let (offset, limit) = (body["offset"].as_u64().unwrap(), body["limit"].as_u64().unwrap());
    let mark = |name: &str| {
        let word = |word: &str| {
            let open = body["highlightPreTag"].as_str().unwrap();
            let close = body["highlightPostTag"].as_str().unwrap();
            if word.to_lowercase() == text { format!("{open}{word}{close}") } else { word.to_owned() }
        };
        name.split(' ').map(word).collect::<Vec<_>>().join(" ")
    };
    let hit = |document: &&Value| {
        let names = document["names"].as_object().unwrap().iter();
        let names: BTreeMap<&String, String> =
            names.map(|(language, name)| (language, mark(name.as_str().unwrap()))).collect();
        json!({"kind": document["kind"], "thing": document["thing"], "_formatted": {"names": names}})
    };
    let hits: Vec<Value> = found.iter().skip(offset as usize).take(limit as usize).map(hit).collect();
    Json(json!({
        "hits": hits, "offset": offset, "limit": limit, "estimatedTotalHits": found.len(),
        "facetDistribution": {"category": categories}, "processingTimeMs": 1, "query": text,
    }))
    .into_response()
}

/// One condition, or a list of alternatives.
fn holds(kept: &Kept, document: &Value, filter: &Value) -> bool {
    if let Some(alternatives) = filter.as_array() {
        return alternatives.iter().any(|alternative| holds(kept, document, alternative));
    }
    let filter = filter.as_str().unwrap();
    if let Some(name) = filter.strip_suffix(" IS NULL") {
        return document[name].is_null();
    }
    let (name, value) = filter.split_once(" = ").unwrap();
    assert!(kept.filterable.iter().any(|known| known == name), "`{name}` is not filterable");
    let value: Value = serde_json::from_str(value).unwrap();
    document[name] == value
}
