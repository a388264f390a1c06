//! Buying: suppliers, their offers, purchase orders, goods receipts; raw products and the pages that they are read from.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

mod comparison;
mod offers;
mod order_file;
mod orders;
mod page_targets;
mod raw_file;
mod raw_products;
mod receipts;
mod suppliers;
pub(in crate::rest) mod values;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Shared;

/// The routes of buying.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(suppliers::list, suppliers::create))
        .routes(routes!(suppliers::get, suppliers::update, suppliers::archive))
        .routes(routes!(suppliers::blacklist))
        .routes(routes!(offers::list, offers::put))
        .routes(routes!(offers::import))
        .routes(routes!(offers::get, offers::remove))
        .routes(routes!(offers::name_product))
        .routes(routes!(comparison::compare))
        .routes(routes!(comparison::on_order))
        .routes(routes!(orders::list, orders::create))
        .routes(routes!(orders::get, orders::edit))
        .routes(routes!(order_file::file))
        .routes(routes!(orders::send))
        .routes(routes!(orders::confirm))
        .routes(routes!(orders::close))
        .routes(routes!(orders::cancel))
        .routes(routes!(receipts::list, receipts::create))
        .routes(routes!(raw_products::list, raw_products::create))
        .routes(routes!(raw_products::get))
        .routes(routes!(page_targets::list, page_targets::put))
        .routes(routes!(page_targets::get, page_targets::remove))
}

/// The routes that take files.
pub(super) fn uploads() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(raw_file::create))
}
