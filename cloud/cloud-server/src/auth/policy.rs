//! Who may do what: one table of endpoints, which the gateway asks before every handler and from which the tests make the
//! matrix of roles and endpoints. What is not in it is refused.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::Method;
use cloud_store::Role::{self, Auditor, Clerk, Manager, Owner, Technician};

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; nobody needs to sign in.
    Public,
    /// Whoever is signed in, with any role.
    SignedIn,
    /// Those with one of these roles.
    Roles(&'static [Role]),
}

/// One endpoint and who may use it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its method.
    pub method: Method,
    /// Its path, with the names of its parts in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

use Access::{Public, Roles, SignedIn};

/// Where 1C exchanges catalogues and sales: it knows no bearer tokens, so a service token may come as a password there.
pub const EXCHANGE_1C: &str = "/api/v1/exchange/1c";

/// Those who run the shop.
const HEADS: Access = Roles(&[Owner, Manager]);
/// Those who keep the tills running.
const TILL_KEEPERS: Access = Roles(&[Owner, Manager, Technician]);
/// Those who see the money.
const BOOKS: Access = Roles(&[Owner, Manager, Auditor]);
/// Those who see what is in the shop.
const SHOP: Access = Roles(&[Owner, Manager, Clerk, Auditor]);
/// Those who take in what comes: what is confirmed may be received by whoever stands at the back door.
const FLOOR: Access = Roles(&[Owner, Manager, Clerk]);
/// Those who say what is sold.
const CATALOGUE: Access = Roles(&[Owner, Manager]);
/// Those who answer for the organisation.
const OWNERS: Access = Roles(&[Owner]);
/// Those who look over everybody's shoulder.
const OVERSIGHT: Access = Roles(&[Owner, Auditor]);

/// The table.
pub fn endpoints() -> &'static [Endpoint] {
    static ALL: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
        let table = operation()
            .into_iter()
            .chain(organisation())
            .chain(sales())
            .chain(watching())
            .chain(catalogue())
            .chain(exchange())
            .chain(documents())
            .chain(files())
            .chain(buying())
            .chain(notices())
            .chain(demand())
            .chain(hooks())
            .chain(stock());
        table.map(|(method, path, access)| Endpoint { method, path, access }).collect()
    });
    &ALL
}

/// Who may use the endpoint of a request, if the table has it.
pub fn access(method: &Method, path: &str) -> Option<Access> {
    static INDEX: LazyLock<HashMap<(&Method, &str), Access>> = LazyLock::new(|| {
        endpoints().iter().map(|endpoint| ((&endpoint.method, endpoint.path), endpoint.access)).collect()
    });
    // A HEAD is a GET whose body is left out.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    INDEX.get(&(method, path)).copied()
}

/// Whether a role looks over everybody's shoulder.
pub fn oversees(role: Role) -> bool {
    OVERSIGHT.admits(role)
}

impl Access {
    /// Whether somebody with this role may.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Public | Self::SignedIn => true,
            Self::Roles(roles) => roles.contains(&role),
        }
    }
}

type Row = (Method, &'static str, Access);

fn operation() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/health", Public),
        (M::GET, "/metrics", Public),
        (M::POST, "/api/v1/session", Public),
        (M::GET, "/api/v1/session", SignedIn),
        (M::DELETE, "/api/v1/session", SignedIn),
        (M::PUT, "/api/v1/session/password", SignedIn),
    ]
}

fn organisation() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/stores", SignedIn),
        (M::POST, "/api/v1/stores", OWNERS),
        (M::GET, "/api/v1/stores/{store}", SignedIn),
        (M::PUT, "/api/v1/stores/{store}", HEADS),
        (M::GET, "/api/v1/stores/{store}/tills", SignedIn),
        (M::POST, "/api/v1/stores/{store}/tills", TILL_KEEPERS),
        (M::GET, "/api/v1/stores/{store}/tills/{till}", SignedIn),
        (M::DELETE, "/api/v1/stores/{store}/tills/{till}", HEADS),
        (M::POST, "/api/v1/stores/{store}/tills/{till}/claims", TILL_KEEPERS),
        (
            M::GET,
            "/api/v1/stores/{store}/tills/{till}/certificates",
            Roles(&[Owner, Manager, Technician, Auditor]),
        ),
        (M::DELETE, "/api/v1/stores/{store}/tills/{till}/certificates", TILL_KEEPERS),
        (M::POST, "/api/v1/stores/{store}/tills/{till}/commands", TILL_KEEPERS),
        (
            M::GET,
            "/api/v1/stores/{store}/tills/{till}/commands/{command}",
            Roles(&[Owner, Manager, Technician, Auditor]),
        ),
        (M::GET, "/api/v1/people", Roles(&[Owner, Manager, Auditor])),
        (M::POST, "/api/v1/people", OWNERS),
        (M::GET, "/api/v1/people/{person}", Roles(&[Owner, Manager, Auditor])),
        (M::PUT, "/api/v1/people/{person}", OWNERS),
        (M::POST, "/api/v1/people/{person}/password", OWNERS),
        (M::GET, "/api/v1/service-tokens", OVERSIGHT),
        (M::POST, "/api/v1/service-tokens", OWNERS),
        (M::DELETE, "/api/v1/service-tokens/{token}", OWNERS),
        (M::GET, "/api/v1/audit", OVERSIGHT),
        (M::GET, "/api/v1/audit/verification", OVERSIGHT),
    ]
}

fn hooks() -> Vec<Row> {
    use Method as M;
    vec![
        // Who calls is known by the signature, which the handler checks before anything else.
        (M::POST, "/api/v1/hooks/{hook}", Public),
        (M::GET, "/api/v1/incoming-hooks", HEADS),
        (M::POST, "/api/v1/incoming-hooks", HEADS),
        (M::DELETE, "/api/v1/incoming-hooks/{hook}", HEADS),
        (M::POST, "/api/v1/incoming-hooks/{hook}/secret", HEADS),
        (M::PUT, "/api/v1/incoming-hooks/{hook}/disabled", HEADS),
        (M::GET, "/api/v1/incoming-hooks/{hook}/requests", HEADS),
    ]
}

fn sales() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/stores/{store}/sales", BOOKS),
        (M::GET, "/api/v1/stores/{store}/sales/sums", BOOKS),
        (M::GET, "/api/v1/sales/{sale}", BOOKS),
        (M::GET, "/api/v1/journals", Roles(&[Owner, Manager, Technician, Auditor])),
        (M::GET, "/api/v1/set-aside", BOOKS),
        (M::PUT, "/api/v1/stores/{store}/tills/{till}/set-aside/{mark}", HEADS),
    ]
}

fn watching() -> Vec<Row> {
    use Method as M;
    const KEEPERS: Access = Roles(&[Owner, Manager, Technician, Auditor]);
    vec![
        (M::GET, "/api/v1/health/parts", KEEPERS),
        (M::GET, "/api/v1/health/changes", KEEPERS),
        (M::GET, "/api/v1/health/services", KEEPERS),
        (M::GET, "/api/v1/health/checks", KEEPERS),
        (M::GET, "/api/v1/reports", BOOKS),
        (M::GET, "/api/v1/reports/{report}", BOOKS),
        (M::GET, "/api/v1/reports/{report}/content", BOOKS),
    ]
}

fn catalogue() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/products", SignedIn),
        (M::POST, "/api/v1/products", CATALOGUE),
        (M::GET, "/api/v1/products/{product}", SignedIn),
        (M::PATCH, "/api/v1/products/{product}", CATALOGUE),
        (M::DELETE, "/api/v1/products/{product}", CATALOGUE),
        (M::PUT, "/api/v1/products/{product}/archived", CATALOGUE),
        (M::GET, "/api/v1/products/duplicates", SignedIn),
        (M::GET, "/api/v1/products/search", SignedIn),
        (M::GET, "/api/v1/products/search/semantic", SignedIn),
        (M::POST, "/api/v1/products/search/semantic", SignedIn),
        (M::GET, "/api/v1/products/families", SHOP),
        (M::POST, "/api/v1/products/families", CATALOGUE),
        (M::GET, "/api/v1/products/families/{family}", SHOP),
        (M::POST, "/api/v1/products/families/{family}/enrich", CATALOGUE),
        (M::GET, "/api/v1/search", SHOP),
        (M::GET, "/api/v1/categories/{category}/products", SignedIn),
        (M::GET, "/api/v1/products/{product}/confusable", SignedIn),
        (M::GET, "/api/v1/products/{product}/prices", SignedIn),
        (M::GET, "/api/v1/products/{product}/price-history", SignedIn),
        (M::PUT, "/api/v1/products/{product}/prices/{effective_from_ms}", CATALOGUE),
        (M::DELETE, "/api/v1/products/{product}/prices/{effective_from_ms}", CATALOGUE),
        (M::GET, "/api/v1/products/{product}/photos", SignedIn),
        (M::POST, "/api/v1/products/{product}/photos", CATALOGUE),
        (M::GET, "/api/v1/photos/{photo}", SignedIn),
        (M::DELETE, "/api/v1/photos/{photo}", CATALOGUE),
        (M::GET, "/api/v1/categories", SignedIn),
        (M::PUT, "/api/v1/categories/{category}", CATALOGUE),
        (M::GET, "/api/v1/families", SignedIn),
        (M::GET, "/api/v1/stores/{store}/generations", SignedIn),
        (M::POST, "/api/v1/stores/{store}/generations/{generation}/rollback", HEADS),
        (M::GET, "/api/v1/dead-jobs", OVERSIGHT),
        (M::POST, "/api/v1/dead-jobs/{job}/revival", OWNERS),
        (M::GET, "/api/v1/parked-events", OVERSIGHT),
        (M::DELETE, "/api/v1/parked-events/{event}", OWNERS),
        (M::POST, "/api/v1/parked-events/{event}/release", OWNERS),
    ]
}

fn exchange() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/catalogue/imports", SHOP),
        (M::POST, "/api/v1/catalogue/imports", CATALOGUE),
        (M::GET, "/api/v1/catalogue/imports/{import}", SHOP),
        (M::DELETE, "/api/v1/catalogue/imports/{import}", CATALOGUE),
        (M::GET, "/api/v1/catalogue/imports/{import}/rows", SHOP),
        (M::GET, "/api/v1/catalogue/imports/{import}/findings", SHOP),
        (M::POST, "/api/v1/catalogue/imports/{import}/apply", CATALOGUE),
        (M::GET, "/api/v1/catalogue/report", SHOP),
        (M::GET, "/api/v1/catalogue/export", SHOP),
        (M::GET, EXCHANGE_1C, HEADS),
        (M::POST, EXCHANGE_1C, HEADS),
    ]
}

fn documents() -> Vec<Row> {
    use Method as M;
    vec![
        (M::POST, "/api/v1/parse", FLOOR),
        (M::GET, "/api/v1/documents", SHOP),
        (M::GET, "/api/v1/documents/search", SHOP),
        (M::GET, "/api/v1/documents/{document}", SHOP),
        (M::DELETE, "/api/v1/documents/{document}", HEADS),
        (M::GET, "/api/v1/documents/{document}/file", SHOP),
        (M::GET, "/api/v1/documents/{document}/pages/{page}", SHOP),
        (M::GET, "/api/v1/documents/{document}/versions", SHOP),
        (M::POST, "/api/v1/documents/{document}/feedback/{version}/undo", HEADS),
        (M::POST, "/api/v1/documents/{document}/receive", FLOOR),
        (M::POST, "/api/v1/feedback", HEADS),
        (M::GET, "/api/v1/training-data", OWNERS),
    ]
}

fn files() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/files", BOOKS),
        (M::GET, "/api/v1/files/totals", BOOKS),
        (M::GET, "/api/v1/backups", OVERSIGHT),
        (M::POST, "/api/v1/backups", OWNERS),
        (M::GET, "/api/v1/exports", BOOKS),
        (M::POST, "/api/v1/exports", BOOKS),
        (M::GET, "/api/v1/exports/{export}", BOOKS),
        (M::DELETE, "/api/v1/exports/{export}", HEADS),
        (M::GET, "/api/v1/exports/{export}/file", BOOKS),
        (M::GET, "/api/v1/export-plans", BOOKS),
        (M::POST, "/api/v1/export-plans", HEADS),
        (M::DELETE, "/api/v1/export-plans/{plan}", HEADS),
    ]
}

fn buying() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/suppliers", SHOP),
        (M::POST, "/api/v1/suppliers", CATALOGUE),
        (M::GET, "/api/v1/suppliers/{supplier}", SHOP),
        (M::PUT, "/api/v1/suppliers/{supplier}", CATALOGUE),
        (M::DELETE, "/api/v1/suppliers/{supplier}", CATALOGUE),
        (M::PUT, "/api/v1/suppliers/{supplier}/blacklisted", CATALOGUE),
        (M::GET, "/api/v1/suppliers/{supplier}/offers", SHOP),
        (M::POST, "/api/v1/suppliers/{supplier}/offers", CATALOGUE),
        (M::POST, "/api/v1/suppliers/{supplier}/price-lists", CATALOGUE),
        (M::GET, "/api/v1/offers/{offer}", SHOP),
        (M::DELETE, "/api/v1/offers/{offer}", CATALOGUE),
        (M::PUT, "/api/v1/offers/{offer}/product", CATALOGUE),
        (M::GET, "/api/v1/products/{product}/offers", SHOP),
        (M::GET, "/api/v1/products/{product}/on-order", SHOP),
        (M::GET, "/api/v1/purchase-orders", SHOP),
        (M::POST, "/api/v1/purchase-orders", HEADS),
        (M::GET, "/api/v1/purchase-orders/{purchase_order}", SHOP),
        (M::PUT, "/api/v1/purchase-orders/{purchase_order}", HEADS),
        (M::GET, "/api/v1/purchase-orders/{purchase_order}/file", SHOP),
        (M::POST, "/api/v1/purchase-orders/{purchase_order}/sending", HEADS),
        (M::POST, "/api/v1/purchase-orders/{purchase_order}/confirmation", HEADS),
        (M::POST, "/api/v1/purchase-orders/{purchase_order}/closing", HEADS),
        (M::POST, "/api/v1/purchase-orders/{purchase_order}/cancellation", HEADS),
        (M::GET, "/api/v1/purchase-orders/{purchase_order}/receipts", SHOP),
        (M::POST, "/api/v1/purchase-orders/{purchase_order}/receipts", FLOOR),
        (M::GET, "/api/v1/raw-products", SHOP),
        (M::POST, "/api/v1/raw-products", CATALOGUE),
        (M::POST, "/api/v1/raw-products/file", CATALOGUE),
        (M::GET, "/api/v1/raw-products/{raw_product}", SHOP),
        (M::GET, "/api/v1/page-targets", SHOP),
        (M::POST, "/api/v1/page-targets", CATALOGUE),
        (M::GET, "/api/v1/page-targets/{page_target}", SHOP),
        (M::DELETE, "/api/v1/page-targets/{page_target}", CATALOGUE),
    ]
}

fn notices() -> Vec<Row> {
    use Method as M;
    vec![
        (M::POST, "/api/v1/alerts/alertmanager", TILL_KEEPERS),
        (M::GET, "/api/v1/notices", SignedIn),
        (M::GET, "/api/v1/notices/unread", SignedIn),
        (M::PUT, "/api/v1/notices/read", SignedIn),
        (M::POST, "/api/v1/notices/{notice}/acknowledgement", Roles(&[Owner, Manager, Clerk, Technician])),
        (M::GET, "/api/v1/broadcasts", HEADS),
        (M::POST, "/api/v1/broadcasts", HEADS),
        (M::POST, "/api/v1/broadcasts/preview", HEADS),
        (M::GET, "/api/v1/broadcasts/{broadcast}", HEADS),
        (M::GET, "/api/v1/notice-addresses", SignedIn),
        (M::POST, "/api/v1/notice-addresses", SignedIn),
        (M::DELETE, "/api/v1/notice-addresses/{address}", SignedIn),
        (M::POST, "/api/v1/notice-addresses/{address}/code", SignedIn),
        (M::POST, "/api/v1/notice-addresses/{address}/confirmation", SignedIn),
        (M::GET, "/api/v1/notice-subscriptions", SignedIn),
        (M::POST, "/api/v1/notice-subscriptions", SignedIn),
        (M::DELETE, "/api/v1/notice-subscriptions/{subscription}", SignedIn),
        (M::GET, "/api/v1/notice-habit", SignedIn),
        (M::PUT, "/api/v1/notice-habit", SignedIn),
        (M::GET, "/api/v1/notice-templates", BOOKS),
        (M::PUT, "/api/v1/notice-templates/{event}/{language}", HEADS),
        (M::GET, "/api/v1/notice-templates/{event}/{language}/versions", BOOKS),
        (M::POST, "/api/v1/notice-templates/preview", HEADS),
        (M::GET, "/api/v1/notice-deliveries", OVERSIGHT),
        (M::POST, "/api/v1/notice-deliveries/{delivery}/revival", OWNERS),
    ]
}

fn demand() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/stores/{store}/forecasts", SHOP),
        (M::GET, "/api/v1/stores/{store}/forecasts/{product}", SHOP),
        (M::GET, "/api/v1/stores/{store}/forecast-totals", SHOP),
        (M::GET, "/api/v1/forecast-runs", SHOP),
        (M::POST, "/api/v1/forecast-runs", HEADS),
        (M::GET, "/api/v1/forecast-runs/{run}", SHOP),
        (M::GET, "/api/v1/holidays", SignedIn),
        (M::PUT, "/api/v1/holidays/{day}", HEADS),
        (M::DELETE, "/api/v1/holidays/{day}", HEADS),
        (M::POST, "/api/v1/holidays/built-in", HEADS),
        (M::GET, "/api/v1/stores/{store}/ordering", SHOP),
        (M::PUT, "/api/v1/stores/{store}/ordering", HEADS),
        (M::GET, "/api/v1/stores/{store}/ordering/rules", SHOP),
        (M::PUT, "/api/v1/stores/{store}/ordering/rules/{product}", HEADS),
        (M::GET, "/api/v1/proposals", SHOP),
        (M::GET, "/api/v1/proposals/{proposal}", SHOP),
        (M::PUT, "/api/v1/proposals/{proposal}/packs", HEADS),
        (M::POST, "/api/v1/proposals/{proposal}/accept", HEADS),
        (M::POST, "/api/v1/proposals/{proposal}/reject", HEADS),
        (M::POST, "/api/v1/replenish/what-if", HEADS),
    ]
}

fn stock() -> Vec<Row> {
    use Method as M;
    vec![
        (M::GET, "/api/v1/stores/{store}/stock", SHOP),
        (M::GET, "/api/v1/stores/{store}/stock/movements", SHOP),
        (M::POST, "/api/v1/stores/{store}/stock/corrections", HEADS),
        (M::GET, "/api/v1/stores/{store}/stock/waste", SHOP),
        (M::POST, "/api/v1/stores/{store}/stock/waste", FLOOR),
        (M::GET, "/api/v1/stores/{store}/stock/reservations", SHOP),
        (M::POST, "/api/v1/stores/{store}/stock/reservations", FLOOR),
        (M::DELETE, "/api/v1/stores/{store}/stock/reservations/{reservation}", FLOOR),
        (M::GET, "/api/v1/stores/{store}/stock/counts", SHOP),
        (M::POST, "/api/v1/stores/{store}/stock/counts", FLOOR),
        (M::GET, "/api/v1/stores/{store}/stock/counts/{count}", SHOP),
        (M::GET, "/api/v1/stores/{store}/stock/counts/{count}/lines", SHOP),
        (M::POST, "/api/v1/stores/{store}/stock/counts/{count}/lines", FLOOR),
        (M::POST, "/api/v1/stores/{store}/stock/counts/{count}/closing", HEADS),
        (M::POST, "/api/v1/stores/{store}/stock/counts/{count}/cancellation", HEADS),
        (M::GET, "/api/v1/stock-transfers", SHOP),
        (M::POST, "/api/v1/stock-transfers", FLOOR),
        (M::GET, "/api/v1/stock-transfers/{transfer}", SHOP),
        (M::PUT, "/api/v1/stock-transfers/{transfer}", FLOOR),
        (M::POST, "/api/v1/stock-transfers/{transfer}/sending", FLOOR),
        (M::POST, "/api/v1/stock-transfers/{transfer}/receipt", FLOOR),
        (M::POST, "/api/v1/stock-transfers/{transfer}/cancellation", FLOOR),
        (M::POST, "/api/v1/stock-transfers/{transfer}/settlement", HEADS),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each_endpoint_once_and_refuses_what_it_does_not_name() {
        let mut seen = std::collections::BTreeSet::new();
        for endpoint in endpoints() {
            assert!(seen.insert((endpoint.method.to_string(), endpoint.path)), "{endpoint:?} stands twice");
        }
        assert_eq!(access(&Method::GET, "/api/v1/secrets"), None);
        assert_eq!(access(&Method::PATCH, "/api/v1/stores"), None);
        assert_eq!(access(&Method::HEAD, "/api/v1/stores"), Some(SignedIn));
    }

    #[test]
    fn lets_only_owners_make_people_and_nobody_change_the_audit_log() {
        let people = access(&Method::POST, "/api/v1/people").unwrap();
        assert!(people.admits(Owner));
        assert!([Manager, Clerk, Technician, Auditor].iter().all(|role| !people.admits(*role)));
        let changes =
            endpoints().iter().filter(|e| e.path.starts_with("/api/v1/audit") && e.method != Method::GET);
        assert_eq!(changes.count(), 0);
    }
}
