//! Gemini's `generateContent` (`https://ai.google.dev/api/generate-content`).

use axum::http::{HeaderName, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Question, Said};
use crate::calls::{CallError, Called, Caller};
use crate::config;

const ADDRESS: &str = "https://generativelanguage.googleapis.com/v1beta";
const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// What is read of an answer; the rest may be anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    candidates: Vec<Candidate>,
    #[serde(default)]
    usage_metadata: Usage,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Usage {
    prompt_token_count: u64,
    candidates_token_count: u64,
    thoughts_token_count: u64,
}

pub(super) async fn call(
    caller: &Caller,
    config: &config::Language,
    key: &str,
    question: &Question,
) -> Result<Called, CallError> {
    let address = if config.url.is_empty() { ADDRESS } else { config.url.trim_end_matches('/') };
    let url = format!("{address}/models/{}:generateContent", config.model);
    let headers = if key.is_empty() { vec![] } else { vec![(KEY, key)] };
    caller.call(Method::POST, &url, &headers, Some(&body(config, question))).await
}

fn body(config: &config::Language, question: &Question) -> Value {
    let (examples, text) = question.bounded(config.prompt_max_chars);
    let turn = |role: &str, text: &str| json!({"role": role, "parts": [{"text": text}]});
    let mut contents: Vec<Value> = Vec::new();
    for (asked, answered) in examples {
        contents.push(turn("user", asked));
        contents.push(turn("model", answered));
    }
    contents.push(turn("user", &text));
    json!({
        "systemInstruction": {"parts": [{"text": question.task}]},
        "contents": contents,
        "generationConfig": {
            "temperature": 0,
            "maxOutputTokens": config.answer_max_tokens,
            "responseMimeType": "application/json",
            "responseJsonSchema": question.schema,
        },
    })
}

pub(super) fn read(bytes: &[u8]) -> Result<Said, String> {
    let answer: Answer = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let candidate =
        answer.candidates.into_iter().next().ok_or("it has no candidate: the question was blocked")?;
    let reason = candidate.finish_reason.unwrap_or_default();
    if !["STOP", ""].contains(&reason.as_str()) {
        return Err(format!("it was broken off: {reason}"));
    }
    let parts = candidate.content.map(|content| content.parts).unwrap_or_default();
    let usage = answer.usage_metadata;
    Ok(Said {
        text: parts.into_iter().map(|part| part.text).collect(),
        tokens_in: usage.prompt_token_count,
        tokens_out: usage.candidates_token_count + usage.thoughts_token_count,
    })
}
