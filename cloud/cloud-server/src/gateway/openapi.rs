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

/// The routes that serve the description and its page.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(mut description: OpenApi) -> Router<S> {
    for path in description.paths.paths.values_mut() {
        for operation in operations(path) {
            describe_answers(operation);
            add_problem(operation);
        }
    }
    let json = description.to_json().expect("the description is made of text and numbers");
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

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = path;
    [get, put, post, delete, patch].into_iter().flatten()
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
