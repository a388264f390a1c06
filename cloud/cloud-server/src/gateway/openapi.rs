//! The description of the API (OpenAPI 3.1) and the page that shows it, with no asset from elsewhere.

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response as Described};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::problem::ProblemBody;

/// Where the description is.
pub const OPENAPI_PATH: &str = "/api/openapi.json";
/// The page writes styles of its own and shows pictures from its style sheet; scripts are files.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the description begins with.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Tillsight cloud", description = "Stores, tills, people, products and sales of a fleet of self-checkouts."),
    components(schemas(ProblemBody)),
    modifiers(&Schemes),
    security(("session" = []), ("service_token" = []))
)]
pub(super) struct Description;

/// How callers prove who they are.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, description: &mut OpenApi) {
        let components = description.components.get_or_insert_with(Default::default);
        let session = ApiKeyValue::with_description(
            "__Host-session",
            "Set by `POST /api/v1/session`; changes also need its `csrf_token` as `X-CSRF-Token`",
        );
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A service token"));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
        components.add_security_scheme("service_token", SecurityScheme::Http(token.build()));
    }
}

/// The description as it is served.
pub(super) fn written(mut description: OpenApi) -> String {
    for (path, item) in &mut description.paths.paths {
        for (method, operation) in operations(item) {
            // Handlers of different things have the same names, and the ids of a description have to differ.
            operation.operation_id = Some(operation_id(method, path));
            describe_answers(operation);
            add_problem(operation);
        }
    }
    description.to_json().expect("the description is made of text and numbers")
}

/// The routes that serve the description and its page.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(description: OpenApi) -> Router<S> {
    let json = written(description);
    let serve = move || {
        let json = json.clone();
        async move { describe(json) }
    };
    let config = Config::from(OPENAPI_PATH).validator_url("none");
    let page: Router<S> = SwaggerUi::new("/swagger").config(config).into();
    let policy = HeaderValue::from_static(PAGE_POLICY);
    let policy = SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, policy);
    page.layer(policy).route(OPENAPI_PATH, get(serve))
}

fn describe(json: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, json).into_response()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [("get", get), ("put", put), ("post", post), ("delete", delete), ("patch", patch)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `get_stores_store_tills` of `GET /api/v1/stores/{store}/tills`.
fn operation_id(method: &str, path: &str) -> String {
    let parts =
        path.trim_start_matches("/api/v1").split(['/', '{', '}', '-']).filter(|part| !part.is_empty());
    std::iter::once(method).chain(parts).collect::<Vec<_>>().join("_")
}

/// OpenAPI asks for words with every answer, and the status has them.
fn describe_answers(operation: &mut Operation) {
    for (status, answer) in &mut operation.responses.responses {
        let words = status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
        if let (RefOr::T(answer), Some(words)) = (answer, words)
            && answer.description.is_empty()
        {
            answer.description = words.to_owned();
        }
    }
}

/// Every refusal has the same shape, so it is said once for all.
fn add_problem(operation: &mut Operation) {
    let mut refusal = Described::new("Why it was refused (RFC 9457)");
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    refusal.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal));
}
