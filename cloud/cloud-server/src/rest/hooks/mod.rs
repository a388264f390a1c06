//! Hooks for other systems: made and looked after by those who run the shop, and called by those systems.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

mod looking_after;
mod taking;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Shared;

/// The largest content of a request to a hook.
const BODY_MAX_BYTES: usize = 1 << 20;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    let called = OpenApiRouter::new().routes(routes!(taking::take));
    OpenApiRouter::new()
        .routes(routes!(looking_after::list, looking_after::create))
        .routes(routes!(looking_after::remove))
        .routes(routes!(looking_after::rotate))
        .routes(routes!(looking_after::disable))
        .routes(routes!(looking_after::requests))
        .merge(called.layer(DefaultBodyLimit::max(BODY_MAX_BYTES)))
}
