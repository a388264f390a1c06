//! Demand: forecasts, their sums and their runs, holidays, how stores order, proposals, and "what if".
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

mod forecasts;
mod holidays;
mod ordering;
mod proposals;
mod runs;
mod totals;
mod what_if;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Shared;

/// The routes of demand.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(forecasts::list))
        .routes(routes!(forecasts::get))
        .routes(routes!(totals::list))
        .routes(routes!(runs::list, runs::create))
        .routes(routes!(runs::get))
        .routes(routes!(holidays::list))
        .routes(routes!(holidays::put, holidays::remove))
        .routes(routes!(holidays::built_in))
        .routes(routes!(ordering::get, ordering::put))
        .routes(routes!(ordering::list_rules))
        .routes(routes!(ordering::put_rule))
        .routes(routes!(proposals::list))
        .routes(routes!(proposals::get))
        .routes(routes!(proposals::edit))
        .routes(routes!(proposals::accept))
        .routes(routes!(proposals::reject))
        .routes(routes!(what_if::ask))
}
