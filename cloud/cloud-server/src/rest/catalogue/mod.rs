//! Whole catalogues: taken in from files, given out as files, and looked at for what is odd.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

mod exchange;
mod export;
mod imports;
mod report;
mod shapes;
mod taking;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Shared;

/// The routes whose requests are small.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(imports::get, imports::remove))
        .routes(routes!(imports::rows))
        .routes(routes!(imports::findings))
        .routes(routes!(imports::apply))
}

/// The routes that take or give files, and the one that looks at everything.
pub(super) fn uploads() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(imports::list, taking::create))
        .routes(routes!(report::report))
        .routes(routes!(export::export))
        .routes(routes!(exchange::ask, exchange::send))
}
