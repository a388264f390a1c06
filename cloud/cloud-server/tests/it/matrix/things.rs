//! Things of an organisation, one of each that a path can name.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloud_core::families::{FamilyField, Source};
use cloud_core::ledger::StockUnit;
use cloud_core::notify::Pace;
use cloud_core::offers::{Pack, PackRule};
use cloud_server::blobs::BlobName;
use cloud_server::roles::now;
use cloud_store::{
    Actor, AddressId, CatalogueImportId, Channel, DeliveryFilter, DocumentFacts, DocumentId, ExportId,
    FamilyId, ForecastRunId, HealthState, HealthSubject, Holiday, HookId, HookKind, HookSecret, HookSigning,
    ImportCounts, Learning, NewAddress, NewCode, NewCommand, NewDelivery, NewDocument, NewEvent, NewForecast,
    NewForecastRun, NewHook, NewJob, NewNotice, NewProposal, NewShard, NewVersion, NoticeEvent, PartNow,
    PlannedImport, ProductRange, ProposalId, ProposalLine, Publishing, Report, ReportFile, ReportId,
    ReportKind, Role, SendOutcome, Severity, Subscription, SubscriptionId, SupplierId,
};
use domain::ids::{CommandId, OrgId, ProductId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::{BusinessDay, WallMs};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_core::generation::{Content, Head};

use super::super::support::{Caller, Cloud, Journal, form, seeming_photo};

/// The day of a report.
const DAY: BusinessDay = BusinessDay { year: 2026, month: 1, day: 2 };

/// Things of one organisation, by the names that paths have for them.
pub(super) struct Things {
    names: Vec<(&'static str, String)>,
}

impl Things {
    pub(super) async fn make(cloud: &Cloud, owner: &Caller, store: &str) -> Self {
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
            size_bytes: None,
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
    pub(super) async fn renew_product(&mut self, cloud: &Cloud, owner: &Caller, number: usize) {
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
    pub(super) async fn renew_buying(&mut self, cloud: &Cloud, owner: &Caller, number: usize) {
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
    pub(super) async fn renew_demand(&mut self, cloud: &Cloud, org: &OrgId) {
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
    pub(super) async fn renew_document(&mut self, cloud: &Cloud, org: &OrgId, number: usize) {
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

    /// A count with one line, a transfer on which something is missing, and something that is kept, of the newest product.
    pub(super) async fn renew_stock(&mut self, cloud: &Cloud, owner: &Caller) {
        let (store, product) = (self.path("{store}"), self.path("{product}"));
        let other = format!("{store}-too");
        let org = &owner.org;
        if cloud.store.store(org, &StoreId::new(&other).unwrap()).await.is_err() {
            cloud.shop(org, &other).await;
        }
        let send = async |path: &str, body: Value, status: StatusCode| {
            cloud.send(owner, Method::POST, path, body, status).await
        };
        let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
        let stock = format!("/api/v1/stores/{store}/stock");
        let count = json!({"products": [product]});
        let count = id(&send(&format!("{stock}/counts"), count, StatusCode::CREATED).await);
        let kept = json!({"product": product, "quantity": 1, "until_ms": now().0 + 3_600_000});
        let kept = id(&send(&format!("{stock}/reservations"), kept, StatusCode::OK).await);
        let transfer = json!({"from": other, "to": store, "lines": [{"product": product, "quantity": 2}]});
        let transfer = id(&send("/api/v1/stock-transfers", transfer, StatusCode::CREATED).await);
        let made = [("{count}", count), ("{reservation}", kept), ("{transfer}", transfer)];
        self.names.retain(|(name, _)| made.iter().all(|(one, _)| one != name));
        self.names.extend(made);
    }

    /// An export that is there and a plan for more, in place of those before.
    pub(super) async fn renew_exports(&mut self, cloud: &Cloud, owner: &Caller) {
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
    pub(super) async fn renew_import(&mut self, cloud: &Cloud, owner: &Caller) {
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
    pub(super) async fn renew_notices(&mut self, cloud: &Cloud, caller: &Caller, number: usize) {
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
            reply_to: None,
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
            tell_settled: None,
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
        let told = NewNotice {
            store: None,
            event: NoticeEvent::Broadcast,
            severity: Severity::Info,
            key: format!("told:{address}"),
            data: json!({"subject": "S", "text": "T", "channels": ""}),
        };
        let told = cloud.store.raise_notice(&caller.org, &told, now()).await.unwrap().unwrap();
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
            ("{broadcast}", told.to_string()),
        ];
        self.names.retain(|(name, _)| made.iter().all(|(one, _)| one != name));
        self.names.extend(made);
    }

    /// A hook for another system, in place of the one before.
    pub(super) async fn renew_hook(&mut self, cloud: &Cloud, org: &OrgId) {
        let id = HookId(domain::ids::Uuid::now_v7());
        let hook = NewHook {
            id,
            name: self.path("{store}"),
            signing: HookSigning::Standard,
            kinds: HookKind::ALL.to_vec(),
            secret: HookSecret("whsec_bm9ib2R5IGtub3dzIHRoaXM=".to_owned()),
            made_by: Actor::System("test".to_owned()),
        };
        cloud.store.create_hook(org, &hook, now()).await.unwrap();
        self.names.retain(|(name, _)| *name != "{hook}");
        self.names.push(("{hook}", id.to_string()));
    }

    /// A parked event, in place of the one before.
    pub(super) async fn renew_event(&mut self, cloud: &Cloud, org: &OrgId) {
        let event = NewEvent { topic: "sales".to_owned(), key: "till-1".to_owned(), payload: b"{}".to_vec() };
        let event = cloud.store.add_event(org, &event, now()).await.unwrap();
        assert!(cloud.store.refuse_event(event, "a test refused it", 1, now()).await.unwrap());
        self.names.retain(|(name, _)| *name != "{event}");
        self.names.push(("{event}", event.to_string()));
    }

    /// A body with the things' names in it.
    pub(super) fn filled(&self, body: &Value) -> Value {
        let text = self.names.iter().fold(body.to_string(), |text, (name, value)| text.replace(name, value));
        serde_json::from_str(&text).unwrap()
    }

    pub(super) fn path(&self, pattern: &str) -> String {
        let path =
            self.names.iter().fold(pattern.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "`{pattern}` has a part that this test has no thing for");
        path
    }
}

/// A picture of one dot.
const ONE_DOT: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";
