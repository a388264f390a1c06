//! OpenAI's chat completions (`https://platform.openai.com/docs/api-reference/chat`), which many servers speak.

use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Question, Said};
use crate::calls::{CallError, Called, Caller};
use crate::config;

const ADDRESS: &str = "https://api.openai.com/v1";

/// What is read of an answer; the rest may be anything.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    choices: Vec<Choice>,
    /// Servers of one's own may leave it out.
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

pub(super) async fn call(
    caller: &Caller,
    config: &config::Language,
    key: &str,
    question: &Question,
) -> Result<Called, CallError> {
    let address = if config.url.is_empty() { ADDRESS } else { config.url.trim_end_matches('/') };
    let url = format!("{address}/chat/completions");
    let key_header = format!("Bearer {key}");
    let headers = if key.is_empty() { vec![] } else { vec![(AUTHORIZATION, key_header.as_str())] };
    caller.call(Method::POST, &url, &headers, Some(&body(config, question))).await
}

fn body(config: &config::Language, question: &Question) -> Value {
    let (examples, text) = question.bounded(config.prompt_max_chars);
    let turn = |role: &str, text: &str| json!({"role": role, "content": text});
    let mut messages = vec![turn("system", &question.task)];
    for (asked, answered) in examples {
        messages.push(turn("user", asked));
        messages.push(turn("assistant", answered));
    }
    messages.push(turn("user", &text));
    let schema = json!({"name": question.purpose, "strict": true, "schema": question.schema});
    // `max_completion_tokens` is what the provider takes today; servers of one's own know the older name alone.
    let is_provider = config.url.is_empty() || config.url.starts_with("https://api.openai.com/");
    let limit = if is_provider { "max_completion_tokens" } else { "max_tokens" };
    json!({
        "model": config.model,
        "messages": messages,
        limit: config.answer_max_tokens,
        "response_format": {"type": "json_schema", "json_schema": schema},
    })
}

pub(super) fn read(bytes: &[u8]) -> Result<Said, String> {
    let answer: Answer = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let choice = answer.choices.into_iter().next().ok_or("it has no choice")?;
    if let Some(refusal) = choice.message.refusal {
        return Err(format!("it refuses: {}", refusal.chars().take(200).collect::<String>()));
    }
    if let Some(reason) = choice.finish_reason.filter(|reason| reason != "stop") {
        return Err(format!("it was broken off: {reason}"));
    }
    Ok(Said {
        text: choice.message.content.unwrap_or_default(),
        tokens_in: answer.usage.prompt_tokens,
        tokens_out: answer.usage.completion_tokens,
    })
}
