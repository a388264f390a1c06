//! An organisation's own words for what people are told.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::{NoticeEvent, StoredTemplate, TemplateText};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{read_event, word};
use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::notify::render::{Missing, render};
use crate::notify::sample::sample;
use crate::notify::words::{LANGUAGES, built_in};
use crate::rest::answer::{ms, tagged};
use crate::roles::now;

/// The words for an event in a language (Jinja).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateForm {
    /// One line.
    #[schema(example = "{{ till }} is silent")]
    subject: String,
    /// Plain text; nothing goes back to the built-in words.
    body: String,
    /// HTML for mail; nothing where the text is enough.
    #[serde(default)]
    html: String,
}

/// Words to look at before they are kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewForm {
    /// What the words are for.
    #[schema(example = "till_offline")]
    event: String,
    template: TemplateForm,
    /// What they are filled in with; an example when not said.
    data: Option<Value>,
}

/// Words as somebody will read them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preview {
    subject: String,
    body: String,
    html: String,
}

/// The words that count for an event in a language.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateShown {
    event: String,
    language: String,
    /// 0 for the built-in words.
    version: u64,
    template: TemplateForm,
    /// What the words can name.
    fields: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at_ms: Option<i64>,
}

/// Words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Templates {
    items: Vec<TemplateShown>,
}

/// A version that was kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateKept {
    version: u64,
}

/// Lists the words that count now.
#[utoipa::path(get, path = "/api/v1/notice-templates", tag = "notices", responses((status = 200, body = Templates)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let own = shared.store.templates(&who.org).await?;
    let mut items = Vec::new();
    for event in NoticeEvent::ALL {
        for language in LANGUAGES {
            let own = own.iter().find(|one| one.event == event && one.language == language);
            items.extend(match own.filter(|one| !one.text.body.is_empty()) {
                Some(own) => Some(shown(own.clone())),
                None => built_in(event.as_str(), language).map(|text| shown_built_in(event, language, text)),
            });
        }
    }
    tagged(&headers, &Templates { items })
}

/// Keeps words as the next version, if they can be filled in.
#[utoipa::path(
    put,
    path = "/api/v1/notice-templates/{event}/{language}",
    tag = "notices",
    params(
        ("event" = String, Path, description = "What the words are for"),
        ("language" = String, Path, description = "`en`, `ru` or `de`"),
    ),
    request_body = TemplateForm,
    responses((status = 200, body = TemplateKept))
)]
pub(crate) async fn put(
    State(shared): State<Shared>,
    who: Who,
    Place((event, language)): Place<(String, String)>,
    Body(form): Body<TemplateForm>,
) -> Result<Json<TemplateKept>, Problem> {
    who.check_all_stores()?;
    let (event, language) = read_place(&event, &language)?;
    let text = text_of(form);
    check_size(&text)?;
    if !text.body.is_empty() {
        fill_in(&text, &sample(event))?;
    }
    let object = format!("template:{}/{language}", event.as_str());
    let audited = shared.audited(&who, "template.put", &object, "")?;
    let version = audited.put_template(&who.org, (event, language), &text, &who.actor, now()).await?;
    Ok(Json(TemplateKept { version }))
}

/// The versions of an organisation's own words, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/notice-templates/{event}/{language}/versions",
    tag = "notices",
    params(
        ("event" = String, Path, description = "What the words are for"),
        ("language" = String, Path, description = "`en`, `ru` or `de`"),
    ),
    responses((status = 200, body = Templates))
)]
pub(crate) async fn versions(
    State(shared): State<Shared>,
    who: Who,
    Place((event, language)): Place<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (event, language) = read_place(&event, &language)?;
    let found = shared.store.template_versions(&who.org, event, language).await?;
    tagged(&headers, &Templates { items: found.into_iter().map(shown).collect() })
}

/// Fills words in without keeping them.
#[utoipa::path(
    post,
    path = "/api/v1/notice-templates/preview",
    tag = "notices",
    request_body = PreviewForm,
    responses((status = 200, body = Preview))
)]
pub(crate) async fn preview(_: Who, Body(form): Body<PreviewForm>) -> Result<Json<Preview>, Problem> {
    let event = read_event(&form.event)?;
    let text = text_of(form.template);
    check_size(&text)?;
    Ok(Json(fill_in(&text, &form.data.unwrap_or_else(|| sample(event)))?))
}

fn fill_in(text: &TemplateText, data: &Value) -> Result<Preview, Problem> {
    let rendered = render(text, data, Missing::Refused).map_err(|problem| {
        let line = problem.line.unwrap_or(0);
        Problem::unprocessable(format!("the template cannot be filled in: {problem}"))
            .with("part", problem.part)
            .with("line", line)
    })?;
    Ok(Preview { subject: rendered.subject, body: rendered.body, html: rendered.html })
}

fn check_size(text: &TemplateText) -> Result<(), Problem> {
    let bytes = text.subject.len() + text.body.len() + text.html.len();
    if bytes > cloud_store::TEMPLATE_MAX_LEN {
        let most = cloud_store::TEMPLATE_MAX_LEN;
        return Err(Problem::unprocessable(format!(
            "the template has {bytes} bytes: at most {most} are taken"
        )));
    }
    Ok(())
}

fn read_place(event: &str, language: &str) -> Result<(NoticeEvent, &'static str), Problem> {
    let missing = |_| Problem::not_found("there are no such words");
    let event = read_event(event).map_err(missing)?;
    let known = |one: &str| LANGUAGES.into_iter().find(|known| *known == one);
    Ok((event, word("language", language, known, &LANGUAGES).map_err(missing)?))
}

fn text_of(form: TemplateForm) -> TemplateText {
    TemplateText { subject: form.subject, body: form.body, html: form.html }
}

fn fields_of(event: NoticeEvent) -> Vec<String> {
    sample(event).as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

fn shown(stored: StoredTemplate) -> TemplateShown {
    let TemplateText { subject, body, html } = stored.text;
    TemplateShown {
        event: stored.event.as_str().to_owned(),
        language: stored.language,
        version: stored.version,
        template: TemplateForm { subject, body, html },
        fields: fields_of(stored.event),
        made_by: Some(stored.made_by.to_string()),
        made_at_ms: Some(ms(stored.made_at)),
    }
}

fn shown_built_in(event: NoticeEvent, language: &str, text: &TemplateText) -> TemplateShown {
    let TemplateText { subject, body, html } = text.clone();
    TemplateShown {
        event: event.as_str().to_owned(),
        language: language.to_owned(),
        version: 0,
        template: TemplateForm { subject, body, html },
        fields: fields_of(event),
        made_by: None,
        made_at_ms: None,
    }
}
