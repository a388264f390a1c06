//! The REST interface, a module for each kind of thing. Who may call what is in [`crate::auth::policy`].

mod alerts;
pub(crate) mod answer;
mod audit;
mod backups;
mod catalogue;
mod commands;
mod demand;
mod documents;
mod exports;
mod families;
mod files;
mod generations;
mod hooks;
mod jobs;
mod monitoring;
mod notices;
mod parked_events;
mod people;
mod products;
mod reports;
mod sales;
mod search;
mod service_tokens;
mod session;
mod sourcing;
mod stock;
mod stores;
mod tills;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Shared;

/// The routes whose requests are small.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::get, session::sign_out))
        .routes(routes!(session::change_password))
        .routes(routes!(stores::list, stores::create))
        .routes(routes!(stores::get, stores::update))
        .routes(routes!(tills::list, tills::create))
        .routes(routes!(tills::get, tills::retire))
        .routes(routes!(tills::create_claim))
        .routes(routes!(tills::list_certificates, tills::revoke_certificates))
        .routes(routes!(commands::create))
        .routes(routes!(commands::get))
        .routes(routes!(people::list, people::create))
        .routes(routes!(people::get, people::update))
        .routes(routes!(people::reset_password))
        .routes(routes!(service_tokens::list, service_tokens::create))
        .routes(routes!(service_tokens::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(audit::verify))
        .routes(routes!(sales::list))
        .routes(routes!(sales::get))
        .routes(routes!(sales::sums))
        .routes(routes!(sales::journals))
        .routes(routes!(sales::set_aside))
        .routes(routes!(sales::settle))
        .routes(routes!(generations::list))
        .routes(routes!(generations::roll_back))
        .routes(routes!(alerts::alertmanager))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::revive))
        .routes(routes!(monitoring::parts))
        .routes(routes!(monitoring::changes))
        .routes(routes!(monitoring::services))
        .routes(routes!(monitoring::checks))
        .routes(routes!(reports::list))
        .routes(routes!(reports::get))
        .routes(routes!(reports::content))
        .routes(routes!(parked_events::list))
        .routes(routes!(parked_events::discard))
        .routes(routes!(parked_events::release))
        .routes(routes!(files::list))
        .routes(routes!(files::totals))
        .routes(routes!(backups::list, backups::create))
        .routes(routes!(exports::list, exports::create))
        .routes(routes!(exports::get, exports::remove))
        .routes(routes!(exports::file))
        .routes(routes!(exports::list_plans, exports::create_plan))
        .routes(routes!(exports::remove_plan))
        .routes(routes!(families::list, families::create))
        .routes(routes!(families::get))
        .routes(routes!(families::enrich))
        .routes(routes!(search::products))
        .routes(routes!(search::everything))
        .routes(routes!(search::of_category))
        .routes(routes!(search::documents))
        .merge(products::routes())
        .merge(catalogue::routes())
        .merge(documents::routes())
        .merge(demand::routes())
        .merge(stock::routes())
        .merge(sourcing::routes())
        .merge(notices::routes())
        .merge(hooks::routes())
}

/// The routes that take photos and files.
pub(crate) fn uploads() -> OpenApiRouter<Shared> {
    products::uploads().merge(documents::uploads()).merge(sourcing::uploads()).merge(catalogue::uploads())
}
