//! A till that is all API: no devices, and a checkout in place of the loop.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use domain::catalogue::Catalogue;
use domain::ids::{Generation, OrgId, ProductId, StoreId, TaxCode, TillId};
use domain::money::{Currency, Money};
use domain::product::Product;
use domain::quantity::{Measure, UnitPrice};
use domain::sale::TillRef;
use domain::tax::{TaxRate, TaxTable};
use domain::text::LocalizedText;
use domain::time::Now;
use edge_core::{Checkout, CheckoutConfig, Input};
use edge_daemon::api::{Api, ApiParts, router};
use edge_daemon::event::Event;
use edge_daemon::preview::Preview;
use edge_daemon::staff_pin::{Pin, StaffPin};
use edge_devices::camera::LatestFrame;
use serde_json::Value;
use service::health::Health;
use service::metrics_text::{self, Handle};
use service::tasks::Tasks;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A running API.
pub(crate) struct Till {
    _tasks: Tasks,
    address: SocketAddr,
    http: reqwest::Client,
    pub(crate) staff_pin: Arc<StaffPin>,
}

/// What it answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Value,
}

impl Till {
    pub(crate) async fn start(pin: Option<&str>) -> Self {
        let staff_pin = Arc::new(StaffPin::default());
        staff_pin.set(pin.map(|pin| Pin::new(pin).unwrap().hash().unwrap()));
        let (events, inbox) = mpsc::channel(8);
        let tasks = Tasks::new();
        tasks.spawn("checkout", async move {
            play_the_loop(inbox).await;
            Ok(())
        });
        let api = Api::new(ApiParts {
            board: Arc::default(),
            events,
            catalogue: Arc::default(),
            pictures: "pictures".into(),
            preview: Preview::new(Arc::new(LatestFrame::new())),
            health: Health::new(),
            metrics: metrics(),
            staff_pin: Arc::clone(&staff_pin),
            simulator: None,
            stopping: CancellationToken::new(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = router(&api);
        tasks.spawn("api", async move { Ok(axum::serve(listener, app).await?) });
        Self { _tasks: tasks, address, http: reqwest::Client::new(), staff_pin }
    }

    pub(crate) async fn act(&self, action: Value) -> Answer {
        let url = format!("http://{}/api/v1/actions", self.address);
        let answer = self.http.post(url).json(&action).send().await.unwrap();
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").map(|s| s.to_str().unwrap().parse().unwrap());
        let body: Value = answer.json().await.unwrap();
        Answer { status, code: body["code"].as_str().unwrap_or("done").to_owned(), retry_after, body }
    }

    /// Does an action and gives its status and code.
    pub(crate) async fn says(&self, action: Value) -> (u16, String) {
        let answer = self.act(action).await;
        (answer.status, answer.code)
    }
}

fn metrics() -> Handle {
    static INSTALLED: OnceLock<Handle> = OnceLock::new();
    INSTALLED.get_or_init(|| metrics_text::install().unwrap()).clone()
}

async fn play_the_loop(mut inbox: mpsc::Receiver<Event>) {
    let till = TillRef {
        org: OrgId::new("demo").unwrap(),
        store: StoreId::new("corner").unwrap(),
        till: TillId::new("till-1").unwrap(),
    };
    let mut checkout = Checkout::new(CheckoutConfig::new(till), Generation(1), catalogue());
    while let Some(event) = inbox.recv().await {
        let Event::Action(request, reply) = event else { continue };
        let action = request.into_action(|| unreachable!("nothing is paid here")).unwrap();
        let _ = reply.send(checkout.handle(Input::Customer(action), Now::default()).map(|()| 1));
    }
}

fn catalogue() -> Arc<Catalogue> {
    let (euro, tax_code) = (Currency::new("EUR").unwrap(), TaxCode::new("vat19").unwrap());
    let rates = BTreeMap::from([(tax_code.clone(), TaxRate { basis_points: 1900 })]);
    let wine = Product {
        id: ProductId::new("wine").unwrap(),
        sku: "1".to_owned(),
        name: LocalizedText::single("en", "Wine"),
        gtin: None,
        plu: None,
        price: UnitPrice { amount: Money::new(700, euro), per: Measure::Piece },
        tax_code,
        age_limit: Some(18),
        archived: false,
        picture: None,
    };
    Arc::new(Catalogue::new(euro, TaxTable { rates, inclusive: true }, [wine]).unwrap())
}
