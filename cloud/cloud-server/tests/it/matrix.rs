//! The matrix of roles, endpoints and whose things they are, made from the gateway's own table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud_core::families::{FamilyField, Source};
use cloud_core::ledger::StockUnit;
use cloud_core::notify::Pace;
use cloud_core::offers::{Pack, PackRule};
use cloud_server::auth::policy::{Access, Endpoint, endpoints};
use cloud_server::blobs::BlobName;
use cloud_server::roles::now;
use cloud_store::{
    Actor, AddressId, CatalogueImportId, Channel, DeliveryFilter, DocumentFacts, DocumentId, ExportId,
    FamilyId, ForecastRunId, HealthState, HealthSubject, Holiday, ImportCounts, Learning, NewAddress,
    NewCode, NewCommand, NewDelivery, NewDocument, NewEvent, NewForecast, NewForecastRun, NewJob, NewNotice,
    NewProposal, NewShard, NewVersion, NoticeEvent, PartNow, PlannedImport, ProductRange, ProposalId,
    ProposalLine, Publishing, Report, ReportFile, ReportId, ReportKind, Role, SendOutcome, Severity,
    Subscription, SubscriptionId, SupplierId,
};
use domain::ids::{CommandId, OrgId, ProductId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::{BusinessDay, WallMs};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use sync_core::generation::{Content, Head};

use super::support::{Caller, Cloud, Journal, PASSWORD, databases, form, seeming_photo};

const ROLES: [Role; 5] = [Role::Owner, Role::Manager, Role::Clerk, Role::Technician, Role::Auditor];

/// The day of a report.
const DAY: BusinessDay = BusinessDay { year: 2026, month: 1, day: 2 };

/// Things of one organisation, by the names that paths have for them.
struct Things {
    names: Vec<(&'static str, String)>,
}

impl Things {
    async fn make(cloud: &Cloud, owner: &Caller, store: &str) -> Self {
        cloud.shop(&owner.org, store).await;
        let victim = cloud.person(&owner.org, "victim", &[(Role::Clerk, None)]).await;
        let token = json!({"name": "t", "grant": {"role": "clerk"}});
        let token =
            cloud.send(owner, Method::POST, "/api/v1/service-tokens", token, StatusCode::CREATED).await;
        let till = TillRef {
            org: owner.org.clone(),
            store: StoreId::new(store).unwrap(),
            till: TillId::new("till-1").unwrap(),
        };
        let mut journal = Journal::new(till.clone());
        let sold = journal.sell(1);
        let odd = journal.append(b"not a sale".to_vec());
        cloud.ingest(&till, vec![sold.clone(), odd.clone()]).await;
        let mark = format!("{}-{}", odd.sequence, sync_core::chain::to_hex(&odd.hash));
        let org = &owner.org;
        let content = Content {
            catalogue: Arc::new(testkit::build::catalogue([testkit::build::piece("apple", 199)])),
            model: None,
            views: BTreeMap::new(),
            calibration_json: None,
        };
        let publishing = Publishing { by: Actor::System("test".to_owned()), expected: None, keep: 20 };
        let sign = |_: &Head| vec![0; 64];
        let published =
            cloud.store.publish_generation(org, &till.store, Arc::new(content), &publishing, &sign, now());
        published.await.unwrap();
        let job = NewJob { attempts_max: 1, ..cloud_server::jobs::job("nobody.does", store, now()) };
        let job = cloud.store.add_job(org, &job, now()).await.unwrap().unwrap();
        let lease_until = WallMs(now().0 + 60_000);
        cloud.store.lease_jobs(&["nobody.does"], "test", 10, now(), lease_until).await.unwrap();
        cloud.store.fail_job(job, "test", "a test gave it up", now(), now()).await.unwrap();
        let command = NewCommand {
            id: CommandId(domain::ids::Uuid::now_v7()),
            till: till.clone(),
            operation: "report".to_owned(),
            made_by: Actor::System("test".to_owned()),
            expires_at: WallMs(now().0 + 60_000),
        };
        cloud.store.create_command(&command, now()).await.unwrap();
        let family = FamilyId(domain::ids::Uuid::now_v7());
        let said = [(FamilyField::Name, "Apple".to_owned())].into();
        let source = Source { name: "import:test".to_owned(), priority: 60 };
        cloud.store.create_family(org, family, &said, &source, now()).await.unwrap();
        let report = Report {
            id: ReportId(domain::ids::Uuid::now_v7()),
            store: Some(till.store.clone()),
            kind: ReportKind::Daily,
            first_day: DAY,
            last_day: DAY,
            facts: json!({ "place": store }).to_string(),
            made_at: now(),
        };
        let blob = BlobName::of_report(org, report.id.0, "en", "html");
        cloud.blobs().put(&blob, store.to_owned().into()).await.unwrap();
        let file = ReportFile {
            language: "en".to_owned(),
            format: "html".to_owned(),
            blob: blob.as_str().to_owned(),
        };
        assert!(cloud.store.add_report(org, &report, &[file]).await.unwrap());
        let faulty = PartNow { part: "scale".to_owned(), state: HealthState::Down, detail: store.to_owned() };
        let subject = HealthSubject::of_till(&till);
        cloud.store.note_health(Some(org), &subject, &[faulty], now()).await.unwrap();
        let names = vec![
            ("{report}", report.id.to_string()),
            ("{event}/{language}", "low_stock/en".to_owned()),
            ("{family}", family.to_string()),
            ("{command}", command.id.to_string()),
            ("{generation}", "1".to_owned()),
            ("{job}", job.to_string()),
            ("{category}", "Fruit".to_owned()),
            ("{sale}", sold.sale.to_string()),
            ("{mark}", mark),
            ("{store}", store.to_owned()),
            ("{till}", "till-1".to_owned()),
            ("{page}", "1".to_owned()),
            ("{person}", victim.user.to_string()),
            ("{token}", token["id"].as_str().unwrap().to_owned()),
        ];
        Self { names }
    }

    /// A product with a photo, in place of the one before: some endpoints take theirs away.
    async fn renew_product(&mut self, cloud: &Cloud, owner: &Caller, number: usize) {
        let form = form(&format!("Apple {number}")).part("images", seeming_photo(number as u64, 100));
        let made = cloud.upload(owner, "/api/v1/products", form, StatusCode::CREATED).await;
        self.names.retain(|(name, _)| !["{product}", "{photo}", "{effective_from_ms}"].contains(name));
        self.names.push(("{product}", made["product"]["id"].as_str().unwrap().to_owned()));
        let from = now().0 + 3_600_000;
        let path = format!("/api/v1/products/{}/prices/{from}", made["product"]["id"].as_str().unwrap());
        cloud.send(owner, Method::PUT, &path, json!({"price": "1.99"}), StatusCode::NO_CONTENT).await;
        self.names.push(("{effective_from_ms}", from.to_string()));
        self.names.push(("{photo}", made["photos"][0].as_str().unwrap().to_owned()));
    }

    /// What is bought where, in place of what was before: some endpoints change how far theirs has come.
    async fn renew_buying(&mut self, cloud: &Cloud, owner: &Caller, number: usize) {
        let store = self.path("{store}");
        let send = async |path: &str, body: Value, status: StatusCode| {
            cloud.send(owner, Method::POST, path, body, status).await
        };
        let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
        let supplier = json!({"name": format!("Supplier {number}"), "language": "en", "currency": "EUR"});
        let supplier = id(&send("/api/v1/suppliers", supplier, StatusCode::CREATED).await);
        let pack = json!({"content": 1, "unit": "piece"});
        let offers = json!({"offers": [{"article": "A", "name": "Apple", "pack": pack, "pack_price": "1"}]});
        let path = format!("/api/v1/suppliers/{supplier}/offers");
        send(&path, offers, StatusCode::OK).await;
        let offers: Value = cloud.get_as(owner, &path).await.json().await.unwrap();
        let order = json!({"supplier": supplier, "store": store, "lines": [{"name": "Apple", "packs": 1, "pack": pack, "pack_price": "1"}]});
        let order = id(&send("/api/v1/purchase-orders", order, StatusCode::CREATED).await);
        let raw = json!({"source": "erp", "items": [{"key": format!("{number}"), "name": format!("Apple {number}")}]});
        let raw = send("/api/v1/raw-products", raw, StatusCode::OK).await;
        let target = json!({"url": format!("https://shop.example/{number}")});
        let target = id(&send("/api/v1/page-targets", target, StatusCode::CREATED).await);
        let made = [
            ("{supplier}", supplier),
            ("{offer}", id(&offers["items"][0])),
            ("{purchase_order}", order),
            ("{raw_product}", id(&raw["items"][0])),
            ("{page_target}", target),
        ];
        self.names.retain(|(name, _)| made.iter().all(|(one, _)| one != name));
        self.names.extend(made);
    }

    /// A forecast of the newest product, and a proposal to buy it of the newest supplier, in place of what was before.
    async fn renew_demand(&mut self, cloud: &Cloud, org: &OrgId) {
        let shop = StoreId::new(&self.path("{store}")).unwrap();
        let product = ProductId::new(&self.path("{product}")).unwrap();
        let by = Actor::System("test".to_owned());
        let first_day = BusinessDay { year: 2026, month: 5, day: 1 };
        let id = ForecastRunId(domain::ids::Uuid::now_v7());
        let run = NewForecastRun { id, nightly: false, first_day, days: 1 };
        let job = |subject: &str| cloud_server::jobs::job("nobody.forecasts", subject, now());
        let (store, now) = (&cloud.store, now());
        store.begin_forecast_run(org, &run, &job(&id.to_string()), &by, now).await.unwrap();
        let range = ProductRange { first: product.clone(), last: product.clone() };
        let shards = [NewShard { store: shop.clone(), range, series: 1 }];
        let part = |number: u32| job(&format!("{id}/{number}"));
        store.plan_forecast_run(org, id, None, &shards, &part, now).await.unwrap();
        let forecast = NewForecast {
            product: product.clone(),
            unit: StockUnit::Piece,
            method: "seasonal_naive".to_owned(),
            mase: Some(0.5),
            mase_naive: Some(1.0),
            history_days: 7,
            figures: vec![1.0; 23],
            reasons: "[]".to_owned(),
        };
        let shard = store.forecast_shard(org, id, 1).await.unwrap();
        assert!(store.finish_forecast_shard(org, &run, &shard, &[forecast], &[], now).await.unwrap());
        let proposal = ProposalId(domain::ids::Uuid::now_v7());
        let line = ProposalLine {
            product,
            article: "A".to_owned(),
            gtin: None,
            name: "Apple".to_owned(),
            packs_proposed: 1,
            packs: 1,
            rule: PackRule { at_least: 1, multiple_of: 1 },
            pack: Pack { content: 1, unit: StockUnit::Piece },
            pack_price: "1".parse().unwrap(),
            tax_basis_points: None,
            because: "[]".to_owned(),
        };
        let made = NewProposal {
            id: proposal,
            supplier: SupplierId(domain::ids::Uuid::parse_str(&self.path("{supplier}")).unwrap()),
            currency: domain::money::Currency::new("EUR").unwrap(),
            order_on: first_day,
            arrives_on: None,
            lines: vec![line],
        };
        let seen = store.open_purchases(org, &shop).await.unwrap();
        let times = (now, WallMs(now.0 + 3_600_000));
        assert!(store.replace_proposals(org, &shop, id, &[made], &seen, times).await.unwrap());
        let day = Holiday { day: first_day, name: "Labour Day".to_owned() };
        store.put_holidays(org, &[day]).await.unwrap();
        self.names.retain(|(name, _)| !["{run}", "{proposal}", "{day}"].contains(name));
        self.names.push(("{run}", id.to_string()));
        self.names.push(("{proposal}", proposal.to_string()));
        self.names.push(("{day}", first_day.to_string()));
    }

    /// A confirmed document of the store, in place of the one before.
    async fn renew_document(&mut self, cloud: &Cloud, org: &OrgId, number: usize) {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        let made_by = Actor::System("test".to_owned());
        let new = NewDocument {
            id: DocumentId(domain::ids::Uuid::now_v7()),
            store: Some(StoreId::new(&self.path("{store}")).unwrap()),
            hash,
            blob_key: "documents/nowhere".to_owned(),
            file_name: "invoice.xml".to_owned(),
            size_bytes: 1,
            made_by: made_by.clone(),
        };
        let told =
            NewEvent { topic: "document_changes".to_owned(), key: "d".to_owned(), payload: b"{}".to_vec() };
        let job = |id: DocumentId| cloud_server::jobs::job("nobody.reads", &id.to_string(), now());
        let (id, _) = cloud.store.receive_document(org, &new, job, now()).await.unwrap();
        cloud.store.begin_reading(org, id, now()).await.unwrap();
        let facts = DocumentFacts {
            parsed: Some(json!({"format": "ubl"}).to_string()),
            matches: Some(json!({"lines": []}).to_string()),
            ..DocumentFacts::default()
        };
        cloud.store.finish_reading(org, id, &facts, "[]", &told, now()).await.unwrap();
        let learning_note = String::new();
        let version = NewVersion {
            of: None,
            facts,
            lines: vec![],
            learning: Learning::Nothing,
            learning_note,
            made_by,
        };
        assert_eq!(cloud.store.confirm_document(org, id, &version, None, &told, now()).await.unwrap(), 1);
        let png = data_encoding::BASE64.decode(ONE_DOT.as_bytes()).unwrap();
        cloud.blobs().put(&BlobName::kept("documents/nowhere"), png.into()).await.unwrap();
        self.names.retain(|(name, _)| !["{document}", "{version}"].contains(name));
        self.names.push(("{document}", id.to_string()));
        self.names.push(("{version}", "1".to_owned()));
    }

    /// An export that is there and a plan for more, in place of those before.
    async fn renew_exports(&mut self, cloud: &Cloud, owner: &Caller) {
        let store = self.path("{store}");
        let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
        let export = json!({"dataset": "sales", "format": "csv", "store": store});
        let export =
            id(&cloud.send(owner, Method::POST, "/api/v1/exports", export, StatusCode::CREATED).await);
        let plan = json!({"dataset": "stock", "format": "csv", "store": store, "every_days": 7});
        let plan =
            id(&cloud.send(owner, Method::POST, "/api/v1/export-plans", plan, StatusCode::CREATED).await);
        let made = ExportId(domain::ids::Uuid::parse_str(&export).unwrap());
        let key = Some("exports/nowhere");
        assert!(cloud.store.finish_export(&owner.org, made, (0, 1, key), now()).await.unwrap());
        cloud.blobs().put(&BlobName::kept("exports/nowhere"), "x".into()).await.unwrap();
        self.names.retain(|(name, _)| !["{export}", "{plan}"].contains(name));
        self.names.push(("{export}", export));
        self.names.push(("{plan}", plan));
    }

    /// A catalogue that came as a file and is planned, in place of the one before.
    async fn renew_import(&mut self, cloud: &Cloud, owner: &Caller) {
        let form = Form::new().part("file", Part::text("sku;price\nx;1\n").file_name("x.csv"));
        let made = cloud.upload(owner, "/api/v1/catalogue/imports", form, StatusCode::CREATED).await;
        let id = domain::ids::Uuid::parse_str(made["id"].as_str().unwrap()).unwrap();
        let job = cloud_server::jobs::job("nobody.applies", "x", now());
        let whole = PlannedImport {
            format: "csv".to_owned(),
            notes: "[]".to_owned(),
            counts: ImportCounts::default(),
        };
        cloud.store.finish_import_plan(&owner.org, CatalogueImportId(id), &whole, &job, now()).await.unwrap();
        self.names.retain(|(name, _)| *name != "{import}");
        self.names.push(("{import}", id.to_string()));
    }

    /// What somebody is told, where they are told it, and what became of it: each person's own.
    async fn renew_notices(&mut self, cloud: &Cloud, caller: &Caller, number: usize) {
        let address = AddressId(domain::ids::Uuid::now_v7());
        let delivery = |key: String| NewDelivery {
            key,
            notice: None,
            person: caller.user,
            address,
            channel: Channel::Webhook,
            event: "confirmation".to_owned(),
            subject: String::new(),
            body: "{}".to_owned(),
            html: String::new(),
            picture: String::new(),
            run_after: now(),
        };
        let new = NewAddress {
            id: address,
            person: caller.user,
            channel: Channel::Webhook,
            address: format!("https://shop.example/{number}"),
            secret: String::new(),
        };
        // The last code is so old that another one may be sent.
        let code = NewCode { hash: [0; 32], expires_at: now(), delivery: delivery(address.to_string()) };
        cloud.store.add_notice_address(&caller.org, &new, &code, now()).await.unwrap();
        let subscription = Subscription {
            id: SubscriptionId(domain::ids::Uuid::now_v7()),
            address,
            store: None,
            event: None,
            least: Severity::Info,
            pace: Pace::AtOnce,
        };
        cloud.store.subscribe(&caller.org, caller.user, &subscription, now()).await.unwrap();
        let notice = NewNotice {
            store: None,
            event: NoticeEvent::BackupFailed,
            severity: Severity::Info,
            key: address.to_string(),
            data: json!({}),
        };
        let notice = cloud.store.raise_notice(&caller.org, &notice, now()).await.unwrap().unwrap();
        let made = cloud.store.deliveries(&caller.org, &DeliveryFilter::default(), None, 1).await.unwrap();
        let delivery = made[0].id;
        assert!(cloud.store.begin_delivery(delivery, "test").await.unwrap());
        let dead = SendOutcome::Dead("a test gave it up".to_owned());
        cloud.store.settle_delivery(delivery, "test", &dead, now()).await.unwrap();
        let made = [
            ("{address}", address.to_string()),
            ("{subscription}", subscription.id.to_string()),
            ("{notice}", notice.to_string()),
            ("{delivery}", delivery.to_string()),
        ];
        self.names.retain(|(name, _)| made.iter().all(|(one, _)| one != name));
        self.names.extend(made);
    }

    /// A parked event, in place of the one before.
    async fn renew_event(&mut self, cloud: &Cloud, org: &OrgId) {
        let event = NewEvent { topic: "sales".to_owned(), key: "till-1".to_owned(), payload: b"{}".to_vec() };
        let event = cloud.store.add_event(org, &event, now()).await.unwrap();
        assert!(cloud.store.refuse_event(event, "a test refused it", 1, now()).await.unwrap());
        self.names.retain(|(name, _)| *name != "{event}");
        self.names.push(("{event}", event.to_string()));
    }

    /// A body with the things' names in it.
    fn filled(&self, body: &Value) -> Value {
        let text = self.names.iter().fold(body.to_string(), |text, (name, value)| text.replace(name, value));
        serde_json::from_str(&text).unwrap()
    }

    fn path(&self, pattern: &str) -> String {
        let path =
            self.names.iter().fold(pattern.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "`{pattern}` has a part that this test has no thing for");
        path
    }
}

/// A picture of one dot.
const ONE_DOT: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

/// A body that an endpoint takes; each one is new where it has to be.
fn body(endpoint: &Endpoint, things: &Things, number: usize) -> Value {
    let details = json!({"name": "N", "time_zone": "UTC", "currency": "EUR", "taxes": {"inclusive": true, "basis_points": {"vat19": 1900, "vat7": 700}}});
    match (endpoint.method.as_str(), endpoint.path) {
        ("POST", "/api/v1/session") => json!({"email": "nobody@acme.example", "password": "x"}),
        ("PUT", "/api/v1/session/password") => json!({"current": PASSWORD, "new": PASSWORD}),
        ("POST", "/api/v1/stores") => json!({"id": format!("store-{number}"), "details": details}),
        ("PUT", "/api/v1/stores/{store}") => details,
        ("POST", "/api/v1/stores/{store}/tills") => json!({"id": format!("new-{number}"), "name": "N"}),
        ("POST", "/api/v1/stores/{store}/tills/{till}/commands") => json!({"op": "report"}),
        ("POST", "/api/v1/people") => {
            json!({"email": format!("p{number}@acme.example"), "name": "N", "language": "en", "password": PASSWORD, "grants": []})
        }
        ("PUT", "/api/v1/people/{person}") => {
            json!({"name": "N", "language": "en", "grants": [], "disabled": false})
        }
        ("POST", "/api/v1/service-tokens") => json!({"name": "N", "grant": {"role": "clerk"}}),
        ("PATCH", "/api/v1/products/{product}") => json!({"price": "3.49"}),
        ("PUT", "/api/v1/products/{product}/archived") => json!({"archived": true}),
        ("PUT", "/api/v1/products/{product}/prices/{effective_from_ms}") => json!({"price": "2.99"}),
        ("POST", "/api/v1/suppliers") | ("PUT", "/api/v1/suppliers/{supplier}") => {
            json!({"name": format!("N {number}"), "language": "en", "currency": "EUR"})
        }
        ("POST", "/api/v1/suppliers/{supplier}/offers") => {
            json!({"offers": [{"article": "B", "pack": {"content": 1, "unit": "piece"}, "pack_price": "2"}]})
        }
        ("POST", "/api/v1/suppliers/{supplier}/price-lists") => json!({"format": "sheet"}),
        ("POST", "/api/v1/purchase-orders") | ("PUT", "/api/v1/purchase-orders/{purchase_order}") => {
            let line = json!({"name": "Pear", "packs": 1, "pack": {"content": 1, "unit": "piece"}, "pack_price": "1"});
            json!({"supplier": things.path("{supplier}"), "store": things.path("{store}"), "lines": [line]})
        }
        ("POST", "/api/v1/purchase-orders/{purchase_order}/receipts") => {
            json!({"key": format!("{number}"), "lines": [{"number": 1, "accepted": 1}]})
        }
        ("POST", "/api/v1/raw-products") => {
            json!({"source": "erp", "items": [{"key": format!("r{number}"), "name": "Pear"}]})
        }
        ("POST", "/api/v1/exports") => json!({"dataset": "sales", "format": "json"}),
        ("POST", "/api/v1/export-plans") => json!({"dataset": "sales", "format": "json", "every_days": 1}),
        ("POST", "/api/v1/page-targets") => json!({"url": format!("https://shop.example/t{number}")}),
        ("POST", "/api/v1/products/families") => json!({"fields": {"name": "Pear"}}),
        ("POST", "/api/v1/feedback") => json!({"document": "{document}", "corrected": {"format": "ubl"}}),
        ("POST", "/api/v1/documents/{document}/receive") => {
            json!({"store": "{store}", "lines": [{"product": "{product}", "quantity": 1}]})
        }
        ("POST", "/api/v1/broadcasts") => json!({"subject": "S", "text": "T"}),
        ("POST", "/api/v1/notice-addresses") => {
            json!({"channel": "webhook", "address": format!("https://shop.example/a{number}")})
        }
        ("POST", "/api/v1/notice-addresses/{address}/confirmation") => json!({"code": "000000"}),
        ("POST", "/api/v1/notice-subscriptions") => {
            json!({"address": "{address}", "event": "low_stock", "least": "info", "pace": "daily"})
        }
        ("PUT", "/api/v1/notice-habit") => {
            json!({"time_zone": "UTC", "quiet_from_minute": 0, "quiet_until_minute": 0, "critical_always": true, "digest_minute": 0})
        }
        ("PUT", "/api/v1/notice-templates/{event}/{language}") => json!({"subject": "S", "body": "B"}),
        ("POST", "/api/v1/notice-templates/preview") => {
            json!({"event": "low_stock", "template": {"subject": "S", "body": "B"}})
        }
        ("POST", "/api/v1/alerts/alertmanager") => json!({"version": "4", "alerts": []}),
        ("PUT", "/api/v1/holidays/{day}") => json!({"name": "City Day"}),
        ("POST", "/api/v1/holidays/built-in") => json!({"country": "de", "year": 2026}),
        ("PUT", "/api/v1/stores/{store}/ordering") => {
            json!({"review_days": 3, "service_a": 9800, "service_b": 9500, "service_c": 9000})
        }
        ("PUT", "/api/v1/proposals/{proposal}/packs") => json!({"packs": {"1": 2}}),
        ("POST", "/api/v1/proposals/{proposal}/reject") => json!({"reason": "too much"}),
        ("POST", "/api/v1/replenish/what-if") => json!({"store": things.path("{store}"), "days": 28}),
        ("PUT", "/api/v1/categories/{category}") => json!({"family_name": "Fresh"}),
        _ => json!({}),
    }
}

/// The form of an endpoint that takes photos.
fn photos(endpoint: &Endpoint, number: usize) -> Option<Form> {
    let photo = seeming_photo(1_000_000 + number as u64, 100);
    match (endpoint.method.as_str(), endpoint.path) {
        ("POST", "/api/v1/products") => Some(form(&format!("Pear {number}")).part("images", photo)),
        ("POST", "/api/v1/products/{product}/photos" | "/api/v1/products/search/semantic") => {
            Some(Form::new().part("images", photo))
        }
        ("POST", "/api/v1/catalogue/imports") => {
            Some(Form::new().part("file", Part::text("sku;price\nx;1\n").file_name("x.csv")))
        }
        ("POST", "/api/v1/raw-products/file") => {
            let sheet = format!("key;name\nf{number};Pear\n");
            Some(Form::new().part("file", Part::text(sheet).file_name("pears.csv")))
        }
        _ => None,
    }
}

async fn call(
    cloud: &Cloud,
    caller: Option<&Caller>,
    endpoint: &Endpoint,
    things: &Things,
    number: usize,
) -> (StatusCode, String) {
    let mut path = things.path(endpoint.path);
    if endpoint.path == "/api/v1/raw-products/file" {
        path.push_str("?source=erp");
    } else if endpoint.path.ends_with("/catalogue/export") {
        path.push_str("?format=csv");
    } else if endpoint.path.ends_with("/exchange/1c") {
        path.push_str("?type=catalog&mode=checkauth");
    } else if endpoint.path.ends_with("/file") {
        path.push_str("?format=ubl");
    }
    let request = match caller {
        Some(caller) => cloud.request_as(caller, endpoint.method.clone(), &path),
        None => cloud.request(endpoint.method.clone(), &path),
    };
    let request = match photos(endpoint, number) {
        Some(form) => request.multipart(form),
        None => request.json(&things.filled(&body(endpoint, things, number))),
    };
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn the_table_names_exactly_what_is_served() {
    let cloud = Cloud::start("served", "").await;
    let description: Value = cloud.get("/api/openapi.json").await.json().await.unwrap();
    let mut served = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            served.insert((method.to_uppercase(), path.clone()));
        }
    }
    let named = |endpoint: &Endpoint| (endpoint.method.to_string(), endpoint.path.to_owned());
    assert_eq!(served, endpoints().iter().map(named).collect());
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_does_what_the_table_does_not_allow_nor_touches_what_is_anothers() {
    let (databases, _postgres) = databases();
    for database in databases {
        check_matrix(&database).await;
    }
}

async fn check_matrix(database: &str) {
    // Everything comes from one address and from few people, far faster than people ask.
    let rates = "[rate]\naddress_per_second = 100000\naddress_burst = 100000\nperson_per_second = 100000\nperson_burst = 100000\n[identity]\nfree_tries = 100\n[worker]\nin_server = false\n";
    let reader = super::documents::settings("");
    let cloud = Cloud::start("matrix", &format!("{database}{rates}{reader}")).await;
    let own = cloud.organisation("acme").await;
    let other = cloud.organisation("rival").await;
    let owner = cloud.person(&own, "owner-of-things", &[(Role::Owner, None)]).await;
    let rival = cloud.person(&other, "owner-of-things", &[(Role::Owner, None)]).await;
    let mut mine = Things::make(&cloud, &owner, "mine").await;
    let mut theirs = Things::make(&cloud, &rival, "theirs").await;
    theirs.renew_product(&cloud, &rival, 0).await;
    theirs.renew_event(&cloud, &other).await;
    theirs.renew_buying(&cloud, &rival, 0).await;
    mine.renew_buying(&cloud, &owner, 0).await;
    mine.renew_exports(&cloud, &owner).await;
    theirs.renew_exports(&cloud, &rival).await;
    theirs.renew_notices(&cloud, &rival, 0).await;
    mine.renew_notices(&cloud, &owner, 0).await;
    theirs.renew_import(&cloud, &rival).await;
    mine.renew_import(&cloud, &owner).await;
    theirs.renew_demand(&cloud, &other).await;
    theirs.renew_document(&cloud, &other, 0).await;
    let mut number = 0;
    for endpoint in endpoints() {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        number += 1;
        mine.renew_product(&cloud, &owner, number).await;
        mine.renew_event(&cloud, &own).await;
        mine.renew_document(&cloud, &own, number).await;
        mine.renew_demand(&cloud, &own).await;
        let (status, _) = call(&cloud, None, endpoint, &mine, number).await;
        if endpoint.access == Access::Public {
            assert!(!status.is_server_error(), "{what} by nobody: {status}");
            continue;
        }
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what} by nobody");
        for role in ROLES {
            number += 1;
            if endpoint.path.contains("{product}") || endpoint.path.contains("{photo}") {
                mine.renew_product(&cloud, &owner, number).await;
            }
            let parts = ["{supplier}", "{offer}", "{purchase_order}", "{page_target}"];
            if parts.iter().any(|part| endpoint.path.contains(part)) {
                mine.renew_buying(&cloud, &owner, number).await;
            }
            if endpoint.path.contains("{import}") {
                mine.renew_import(&cloud, &owner).await;
            }
            if endpoint.path.contains("/export") && endpoint.path.contains('{') {
                mine.renew_exports(&cloud, &owner).await;
            }
            let parts = ["/forecasts/", "{run}", "{proposal}", "{day}"];
            if parts.iter().any(|part| endpoint.path.contains(part)) {
                mine.renew_demand(&cloud, &own).await;
            }
            if endpoint.path.contains("{document}") || endpoint.path == "/api/v1/feedback" {
                mine.renew_document(&cloud, &own, number).await;
            }
            // A session of their own each time: some endpoints end the one they are called with.
            let caller =
                cloud.person(&own, &format!("p{number}-{role:?}").to_lowercase(), &[(role, None)]).await;
            if ["notice", "broadcast"].iter().any(|part| endpoint.path.contains(part)) {
                mine.renew_notices(&cloud, &caller, number).await;
            }
            let (status, text) = call(&cloud, Some(&caller), endpoint, &mine, number).await;
            if endpoint.access.admits(role) {
                assert!(
                    status.is_success() || status == StatusCode::CONFLICT,
                    "{what} by {role:?}: {status} {text}"
                );
                assert!(
                    !text.contains("rival") && !text.contains("theirs"),
                    "{what} by {role:?} leaks: {text}"
                );
            } else {
                assert_eq!(status, StatusCode::FORBIDDEN, "{what} by {role:?}: {text}");
            }
            // A category is but a name, and the same name may be said in every organisation; so are a day, an event and a language.
            let names = ["{category}", "{day}", "{language}"];
            if !endpoint.path.contains('{') || names.iter().any(|name| endpoint.path.contains(name)) {
                continue;
            }
            let caller = cloud.signed_in(&own, caller.user).await;
            let (status, text) = call(&cloud, Some(&caller), endpoint, &theirs, number).await;
            let expected =
                if endpoint.access.admits(role) { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
            assert_eq!(status, expected, "{what} of the other organisation by {role:?}: {text}");
        }
    }
    // What was there is there still, and whole.
    let (status, text) =
        call(&cloud, Some(&rival), &endpoint("GET", "/api/v1/stores/{store}/tills/{till}"), &theirs, 0).await;
    assert!(status.is_success() && !text.contains("retired"), "{status} {text}");
    cloud.stop().await;
}

#[tokio::test]
async fn a_role_in_one_store_counts_there_alone() {
    let cloud = Cloud::start("one-store", "").await;
    let org = cloud.organisation("acme").await;
    cloud.shop(&org, "second").await;
    let manager =
        cloud.person(&org, "ann", &[(Role::Manager, Some("main")), (Role::Clerk, Some("second"))]).await;
    let clerk = cloud.person(&org, "bob", &[(Role::Clerk, Some("second"))]).await;
    let stores: Value = cloud.get_as(&clerk, "/api/v1/stores").await.json().await.unwrap();
    assert_eq!(
        stores["items"].as_array().unwrap().iter().map(|store| &store["id"]).collect::<Vec<_>>(),
        ["second"]
    );
    let claim = async |store: &str| {
        let path = format!("/api/v1/stores/{store}/tills/till-1/claims");
        cloud.request_as(&manager, Method::POST, &path).send().await.unwrap().status().as_u16()
    };
    assert_eq!((claim("main").await, claim("second").await, claim("third").await), (201, 403, 404));
    assert_eq!(cloud.get_as(&clerk, "/api/v1/stores/main").await.status(), StatusCode::NOT_FOUND);
    cloud.stop().await;
}

fn endpoint(method: &str, path: &str) -> Endpoint {
    let found = endpoints().iter().find(|endpoint| endpoint.method == method && endpoint.path == path);
    found.expect("the table has it").clone()
}
