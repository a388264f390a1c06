//! Language models, by stand-ins that speak the HTTP that each provider describes.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cloud_docs::document::{Format, Origin, ParsedDocument, Place, PrintedRow, PrintedWord};
use cloud_server::language::{LanguageError, LanguageModel, Question, complete};
use cloud_store::Role;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use service::tasks::Tasks;

use super::documents::{id, send, settings};
use super::support::{Caller, Cloud};

/// What the stand-in does with one request.
#[derive(Clone)]
pub(crate) enum Act {
    Say(&'static str),
    Refuse(u16, &'static str),
    /// With `Retry-After` in seconds.
    Wait(u64),
    Hang,
    Garbage,
}

#[derive(Default)]
struct Kept {
    acts: Vec<Act>,
    seen: Vec<(String, HeaderMap, Value)>,
}

pub(crate) struct Provider {
    pub(crate) url: String,
    kept: Arc<Mutex<Kept>>,
    _tasks: Tasks,
}

impl Provider {
    pub(crate) async fn start(acts: &[Act]) -> Self {
        let kept = Arc::new(Mutex::new(Kept { acts: acts.to_vec(), seen: Vec::new() }));
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let tasks = Tasks::new();
        tasks.spawn("provider", async move { Ok(axum::serve(listener, router).await?) });
        Self { url, kept, _tasks: tasks }
    }

    fn seen(&self) -> Vec<(String, HeaderMap, Value)> {
        self.kept.lock().unwrap().seen.clone()
    }
}

/// The acts in their order; the last one goes on.
async fn answer(State(kept): State<Arc<Mutex<Kept>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Value = serde_json::from_slice(&axum::body::to_bytes(body, 1 << 20).await.unwrap()).unwrap();
    let path = parts.uri.path().to_owned();
    let act = {
        let mut kept = kept.lock().unwrap();
        kept.seen.push((path.clone(), parts.headers, body));
        let number = kept.seen.len().min(kept.acts.len()) - 1;
        kept.acts[number].clone()
    };
    let refusal = |status: u16, text: &str| {
        (StatusCode::from_u16(status).unwrap(), Json(json!({"error": {"message": text, "code": status}})))
            .into_response()
    };
    match act {
        Act::Say(text) if path.ends_with(":generateContent") => Json(json!({
            "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 1000, "candidatesTokenCount": 90, "thoughtsTokenCount": 10, "totalTokenCount": 1100},
            "modelVersion": "m",
        }))
        .into_response(),
        Act::Say(text) => Json(json!({
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": null}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        }))
        .into_response(),
        Act::Refuse(status, text) => refusal(status, text),
        Act::Wait(seconds) => {
            let mut response = refusal(429, "rate limit");
            response.headers_mut().insert("retry-after", seconds.into());
            response
        }
        Act::Hang => std::future::pending().await,
        Act::Garbage => "<html>502 but not quite</html>".into_response(),
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Fruit {
    fruit: String,
}

fn question() -> Question {
    Question {
        purpose: "document",
        task: "Name the fruit.".to_owned(),
        examples: vec![("a pear".to_owned(), "{\"fruit\":\"pear\"}".to_owned())],
        text: "an apple".to_owned(),
        schema: json!({"type": "object", "properties": {"fruit": {"type": "string"}}}),
    }
}

struct Rig {
    cloud: Cloud,
    owner: Caller,
    provider: Provider,
}

impl Rig {
    async fn start(kind: &str, acts: &[Act], settings: &str) -> (Self, LanguageModel) {
        let provider = Provider::start(acts).await;
        let settings = format!(
            "[worker]\nin_server = false\n[language]\nkind = {kind:?}\nurl = {:?}\nmodel = \"m-1\"\nkey = \"hush\"\n{settings}",
            provider.url
        );
        let cloud = Cloud::start("language", &settings).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let model = LanguageModel::open(&cloud.config.language, cloud.store.clone()).unwrap();
        (Self { cloud, owner, provider }, model)
    }

    async fn ask(&self, model: &LanguageModel) -> Result<Fruit, LanguageError> {
        model.ask(&self.owner.org, &question()).await
    }
}

const APPLE: &str = "{\"fruit\":\"apple\"}";

#[tokio::test]
async fn each_provider_is_asked_as_it_describes_itself() {
    let (rig, model) = Rig::start("gemini", &[Act::Say(APPLE)], "price_in = 2.0\nprice_out = 10.0\n").await;
    assert_eq!(rig.ask(&model).await.unwrap(), Fruit { fruit: "apple".to_owned() });
    let (path, headers, body) = rig.provider.seen().remove(0);
    assert_eq!(
        (path.as_str(), &headers["x-goog-api-key"]),
        ("/v1/models/m-1:generateContent", &"hush".parse().unwrap())
    );
    assert_eq!(body["contents"][1], json!({"role": "model", "parts": [{"text": "{\"fruit\":\"pear\"}"}]}));
    assert_eq!(body["contents"][2]["parts"][0]["text"], "an apple");
    assert_eq!(body["generationConfig"]["responseMimeType"], "application/json");
    let used = rig.cloud.store.language_uses(&rig.owner.org, 10).await.unwrap().remove(0).used;
    assert_eq!((used.requests, used.failures, used.tokens_in, used.tokens_out), (1, 0, 1000, 100));
    assert_eq!(used.cost_micros, 3000, "a thousand at 2 and a hundred at 10 a million");
    rig.cloud.stop().await;

    let (rig, model) = Rig::start("openai", &[Act::Say(APPLE)], "").await;
    assert_eq!(rig.ask(&model).await.unwrap(), Fruit { fruit: "apple".to_owned() });
    let (path, headers, body) = rig.provider.seen().remove(0);
    assert_eq!(
        (path.as_str(), &headers["authorization"]),
        ("/v1/chat/completions", &"Bearer hush".parse().unwrap())
    );
    assert_eq!(body["messages"][0], json!({"role": "system", "content": "Name the fruit."}));
    assert_eq!(body["messages"][2]["role"], "assistant");
    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    rig.cloud.stop().await;
}

#[tokio::test]
async fn tries_again_what_may_pass_and_nothing_else() {
    for (kind, acts, requests, fits) in [
        ("openai", vec![Act::Wait(0), Act::Say(APPLE)], 2, true),
        ("gemini", vec![Act::Refuse(503, "overloaded"), Act::Say(APPLE)], 2, true),
        ("gemini", vec![Act::Refuse(400, "API key not valid"), Act::Say(APPLE)], 1, false),
        ("openai", vec![Act::Refuse(401, "no"), Act::Say(APPLE)], 1, false),
        ("openai", vec![Act::Wait(3_600), Act::Say(APPLE)], 1, false),
        ("openai", vec![Act::Refuse(500, "down")], 2, false),
        ("openai", vec![Act::Garbage], 1, false),
        ("openai", vec![Act::Say("{\"fruit\":\"apple\",\"mood\":\"good\"}")], 1, false),
        ("gemini", vec![Act::Say("Sure! Here is your fruit")], 1, false),
        ("openai", vec![Act::Hang, Act::Say(APPLE)], 2, true),
    ] {
        let (rig, model) =
            Rig::start(kind, &acts, "request_time_ms = 300\nattempts_max = 2\nwait_longest_ms = 2000\n")
                .await;
        let begun = Instant::now();
        let answer = rig.ask(&model).await;
        assert_eq!(answer.is_ok(), fits, "{kind}: {answer:?}");
        assert_eq!(rig.provider.seen().len(), requests, "{kind}: {answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{kind}: {answer:?}");
        let used = rig.cloud.store.language_uses(&rig.owner.org, 10).await.unwrap().remove(0).used;
        assert_eq!((used.requests, used.failures), (1, u64::from(!fits)));
        rig.cloud.stop().await;
    }
}

#[tokio::test]
async fn a_service_that_is_down_is_left_alone() {
    let (rig, model) = Rig::start("openai", &[Act::Refuse(500, "down")], "attempts_max = 1\n").await;
    for _ in 0..5 {
        assert!(matches!(rig.ask(&model).await, Err(LanguageError::Refused { status: 500, .. })));
    }
    assert!(matches!(rig.ask(&model).await, Err(LanguageError::Open)));
    assert_eq!(rig.provider.seen().len(), 5);
    rig.cloud.stop().await;
}

#[tokio::test]
async fn a_budget_ends_the_day() {
    let money = "price_in = 1.0\nbudget_per_day = 0.0015\n";
    for (settings, answered) in [(money, 2), ("requests_per_day = 3\n", 3), ("requests_per_day = 0\n", 0)] {
        let (rig, model) = Rig::start("openai", &[Act::Say(APPLE)], settings).await;
        for number in 0..answered {
            assert!(rig.ask(&model).await.is_ok(), "{settings}: {number}");
        }
        let refused = rig.ask(&model).await;
        assert!(matches!(refused, Err(LanguageError::Budget(_))), "{settings}: {refused:?}");
        assert_eq!(rig.provider.seen().len(), answered);
        rig.cloud.stop().await;
    }
}

#[tokio::test]
async fn a_document_takes_only_what_its_page_says() {
    let said = "{\"number\":\"17\",\"gross\":\"855.00\",\"supplier_name\":\"Made Up Ltd\"}";
    let (rig, model) = Rig::start("gemini", &[Act::Say(said)], "documents = true\n").await;
    assert!(model.reads_documents());
    let mut document = ParsedDocument::empty(Format::Scan);
    document.printed = printed("Invoice 17\nTotal 855,00");
    let completed = complete(&model, &rig.owner.org, &mut document, &[]).await.unwrap();
    assert_eq!((completed.taken, completed.refused), (2, 1));
    assert_eq!(document.number.as_ref().map(|field| field.origin), Some(Origin::Model));
    let place = document.number.as_ref().and_then(|field| field.place).unwrap();
    assert_eq!((place.x0, place.x1), (1.0, 2.0), "where it stands");
    assert_eq!((document.supplier.name, document.warnings.len()), (None, 1));
    assert!(document.printed.is_empty(), "it is not kept");
    let mut empty = ParsedDocument::empty(Format::Scan);
    let nothing = complete(&model, &rig.owner.org, &mut empty, &[]).await.unwrap();
    assert_eq!((nothing.taken, rig.provider.seen().len()), (0, 1), "nothing is asked about nothing");
    rig.cloud.stop().await;
}

/// Each word as wide as a unit, each row as high.
fn printed(text: &str) -> Vec<PrintedRow> {
    let word = |row: usize, (at, text): (usize, &str)| {
        let (x0, y0) = (at as f32, row as f32);
        PrintedWord { text: text.to_owned(), place: Place { page: 1, x0, y0, x1: x0 + 1.0, y1: y0 + 1.0 } }
    };
    let row = |(row, line): (usize, &str)| PrintedRow {
        words: line.split(' ').enumerate().map(|one| word(row, one)).collect(),
    };
    text.lines().enumerate().map(row).collect()
}

/// A paper whose number stands behind a word that nobody knows.
fn paper(number: &str) -> String {
    format!(
        "Beispielhaus Handels AG\nUSt-IdNr. DE136695976\n\nBelegkennung {number}\nTag 20.11.2026\n\n\
         Menge  Artikel        Preis   Summe\n2      Roggenbrot     3,00    6,00\n\nGesamtbetrag EUR 6,00\n"
    )
}

const SAID: &str = "{\"number\":\"BK-77\",\"buyer_name\":\"Made Up Ltd\"}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_lacks_something_is_completed_as_it_is_read() {
    let provider = Provider::start(&[Act::Say(SAID), Act::Say("{}")]).await;
    let cloud = Cloud::start("language-documents", &asking(&provider.url, "")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let read = send(&cloud, &owner, "one.txt", paper("BK-77")).await;
    let number = &read["parsed"]["number"];
    assert_eq!((&number["value"], &number["origin"]), (&json!("BK-77"), &json!("model")), "{read}");
    assert!(number["place"]["page"] == 1 && number["place"]["x0"].as_f64().unwrap() > 0.0, "{number}");
    let warnings = read["parsed"]["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| warning["code"] == "model_ungrounded"), "{warnings:?}");
    assert_eq!((&read["parsed"]["buyer"]["name"], &read["parsed"]["printed"]), (&Value::Null, &Value::Null));
    let used = cloud.store.language_uses(&org, 10).await.unwrap().remove(0).used;
    assert_eq!((used.requests, used.failures, used.tokens_in), (1, 0, 1000));

    // What a person said of it is shown with the next one of the supplier.
    let confirm = json!({"document": id(&read), "corrected": read["parsed"]});
    cloud.send(&owner, Method::POST, "/api/v1/feedback", confirm, StatusCode::OK).await;
    send(&cloud, &owner, "two.txt", paper("BK-78")).await;
    let asked = &provider.seen()[1].2["messages"];
    assert!(asked[1]["content"].as_str().unwrap().contains("Belegkennung BK-77"), "{asked}");
    assert!(asked[2]["content"].as_str().unwrap().contains("\"number\":\"BK-77\""), "{asked}");
    assert!(asked[3]["content"].as_str().unwrap().contains("Belegkennung BK-78"), "{asked}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_there_as_it_was_read_whatever_the_model_does() {
    for act in
        [Act::Wait(3_600), Act::Hang, Act::Garbage, Act::Say("{\"number\": 5}"), Act::Refuse(500, "down")]
    {
        let provider = Provider::start(&[act]).await;
        let cloud = Cloud::start("language-away", &asking(&provider.url, "attempts_max = 1\n")).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let read = send(&cloud, &owner, "one.txt", paper("BK-77")).await;
        assert_eq!(read["document"]["state"], "needs_review", "{read}");
        assert_eq!(read["parsed"]["totals"]["gross"]["value"], "6.00", "{read}");
        let used = cloud.store.language_uses(&org, 10).await.unwrap().remove(0).used;
        assert_eq!((used.requests, used.failures), (1, 1));
        cloud.stop().await;
    }
}

fn asking(url: &str, more: &str) -> String {
    format!(
        "{}[language]\nkind = \"openai\"\nurl = {url:?}\nmodel = \"m-1\"\nkey = \"hush\"\ndocuments = true\nrequest_time_ms = 500\n{more}",
        settings("")
    )
}

#[tokio::test]
async fn nobody_is_asked_where_nobody_is_configured() {
    let cloud = Cloud::start("language-none", "").await;
    let org = cloud.organisation("acme").await;
    let model = LanguageModel::open(&cloud.config.language, cloud.store.clone()).unwrap();
    let answer: Result<Fruit, _> = model.ask(&org, &question()).await;
    assert!(matches!(answer, Err(LanguageError::Off)));
    cloud.stop().await;
}
