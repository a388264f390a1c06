//! The face towards tills, over real TLS: who is let in, what they may ask, and what becomes of their sales.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_server::ca::enrol::make_claim_code;
use cloud_server::roles;
use cloud_server::signing::is_signed;
use cloud_store::{Actor, CertificateSerial, ClaimId, NewCertificate, NewClaim, Publishing, Role};
use domain::ids::{Generation, ModelVersion, SequenceNumber, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_core::chain;
use sync_core::entry::{Entry, Mark};
use sync_core::generation::{Content, Head};
use sync_core::message::{Batch, CloudMessage, Hello, PROTOCOL_VERSION, Refusal, TillMessage};
use testkit::scratch::Scratch;
use tokio::sync::mpsc;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status, Streaming};
use uuid::Uuid;
use wire::catalogue::{Assembly, to_chunk, to_head, to_offer};
use wire::sync::{FromCloud, FromTill, Report, from_till, to_till};
use wire::v1;
use wire::v1::catalogue_service_client::CatalogueServiceClient;
use wire::v1::device_service_client::DeviceServiceClient;
use wire::v1::product_service_client::ProductServiceClient;
use wire::v1::sync_service_client::SyncServiceClient;

use crate::support::{Cloud, Journal, form};

const SOON: Duration = Duration::from_secs(20);

fn till_of(org: &str) -> TillRef {
    TillRef {
        org: domain::ids::OrgId::new(org).unwrap(),
        store: StoreId::new("main").unwrap(),
        till: TillId::new("till-1").unwrap(),
    }
}

/// What a till holds to prove itself by.
struct Proof {
    key_pem: String,
    certificate_pem: String,
}

fn request() -> (KeyPair, String) {
    let key = KeyPair::generate().unwrap();
    let pem = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    (key, pem)
}

async fn connect(cloud: &Cloud, proof: Option<&Proof>) -> Channel {
    let shared = cloud.server().shared();
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(shared.authority.certificate_pem()))
        .domain_name("localhost");
    if let Some(proof) = proof {
        tls = tls.identity(Identity::from_pem(&proof.certificate_pem, &proof.key_pem));
    }
    let address = format!("https://{}", cloud.server().tills_address());
    Endpoint::from_shared(address).unwrap().tls_config(tls).unwrap().connect().await.unwrap()
}

/// A code, as a manager makes one.
async fn code(cloud: &Cloud, till: &TillRef) -> String {
    let owner = cloud.person(&till.org, "claimer", &[(Role::Owner, None)]).await;
    let path = format!("/api/v1/stores/{}/tills/{}/claims", till.store, till.till);
    let response = cloud.request_as(&owner, Method::POST, &path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json::<serde_json::Value>().await.unwrap()["code"].as_str().unwrap().to_owned()
}

async fn claim(cloud: &Cloud, code: &str) -> Result<(v1::ClaimResponse, Proof), Status> {
    let (key, csr_pem) = request();
    let mut client = DeviceServiceClient::new(connect(cloud, None).await);
    let answer = client.claim(v1::ClaimRequest { code: code.to_owned(), csr_pem }).await?.into_inner();
    let certificate_pem = answer.certificate_pem.clone();
    Ok((answer, Proof { key_pem: key.serialize_pem(), certificate_pem }))
}

/// A till of an organisation of that name, claimed.
async fn claimed(cloud: &Cloud, org: &str) -> (TillRef, Proof) {
    cloud.organisation(org).await;
    let till = till_of(org);
    let (_, proof) = claim(cloud, &code(cloud, &till).await).await.unwrap();
    (till, proof)
}

struct Stream {
    frames: mpsc::Sender<v1::TillFrame>,
    answers: Streaming<v1::CloudFrame>,
}

impl Stream {
    async fn open(channel: Channel) -> Result<Self, Status> {
        let (frames, queue) = mpsc::channel(8);
        let outgoing =
            futures_util::stream::unfold(queue, |mut queue: mpsc::Receiver<v1::TillFrame>| async {
                queue.recv().await.map(|frame| (frame, queue))
            });
        let answers = SyncServiceClient::new(channel).exchange(outgoing).await?.into_inner();
        Ok(Self { frames, answers })
    }

    async fn say(&self, message: TillMessage) {
        self.frames.send(from_till(FromTill::Sync(message))).await.unwrap();
    }

    /// The next message that is to the sender; hints of catalogues are passed over.
    async fn hear(&mut self) -> Result<Option<CloudMessage>, Status> {
        loop {
            let heard = tokio::time::timeout(SOON, self.answers.message()).await.expect("an answer in time");
            let Some(frame) = heard? else { return Ok(None) };
            if let Some(FromCloud::Sync(message)) = to_till(frame).unwrap() {
                return Ok(Some(message));
            }
        }
    }

    async fn greet(&mut self, till: &TillRef, head: Mark) -> Mark {
        let acked = Mark { sequence: SequenceNumber(0), hash: chain::genesis(till) };
        self.say(TillMessage::Hello(Hello { version: PROTOCOL_VERSION, acked, head })).await;
        match self.hear().await.unwrap() {
            Some(CloudMessage::Welcome(welcome)) => welcome.through,
            other => panic!("expected a welcome, got {other:?}"),
        }
    }
}

fn journal(till: &TillRef, sales: u64) -> Vec<Entry> {
    let mut journal = Journal::new(till.clone());
    (1..=sales).map(|number| journal.sell(number)).collect()
}

#[tokio::test]
async fn a_code_is_good_once_and_makes_the_till_it_was_made_for() {
    let cloud = Cloud::start("tills-claim", "").await;
    cloud.organisation("acme").await;
    let till = till_of("acme");
    let code = code(&cloud, &till).await;
    let (answer, _) = claim(&cloud, &code).await.unwrap();
    assert_eq!(
        (answer.organisation.as_str(), answer.store.as_str(), answer.till.as_str()),
        ("acme", "main", "till-1")
    );
    assert_eq!(answer.catalogue_key, cloud.server().shared().signer.public_key());
    assert!(answer.not_after_ms > roles::now().0);
    let again = claim(&cloud, &code).await.err().unwrap();
    assert_eq!(again.code(), Code::FailedPrecondition);
    assert!(again.message().contains("was used before"), "{}", again.message());
    let typed = claim(&cloud, "000G-40R4").await.err().unwrap();
    assert_eq!(typed.code(), Code::InvalidArgument);
    let (_, csr_pem) = request();
    let mut client = DeviceServiceClient::new(connect(&cloud, None).await);
    let huge = v1::ClaimRequest { code: "0".repeat(1 << 20), csr_pem };
    assert_eq!(client.claim(huge).await.unwrap_err().code(), Code::OutOfRange);
    cloud.stop().await;
}

#[tokio::test]
async fn sales_are_acked_when_they_are_kept_and_counted_once() {
    let cloud = Cloud::start("tills-sales", "").await;
    let (till, proof) = claimed(&cloud, "acme").await;
    let entries = journal(&till, 5);
    let head = entries[4].mark();
    for attempt in 0..2 {
        let mut stream = Stream::open(connect(&cloud, Some(&proof)).await).await.unwrap();
        let through = stream.greet(&till, head).await;
        if attempt == 1 {
            assert_eq!(through, head, "the cloud has all of it");
        }
        stream.say(TillMessage::Batch(Batch { number: 7, entries: entries.clone() })).await;
        match stream.hear().await.unwrap() {
            Some(CloudMessage::Ack(ack)) => assert_eq!((ack.number, ack.through), (7, head)),
            other => panic!("expected an ack, got {other:?}"),
        }
    }
    let sums =
        cloud.store.day_sums(&till.org, &till.store, &cloud_store::SaleFilter::default()).await.unwrap();
    assert_eq!(sums.iter().map(|sum| sum.sales).sum::<u64>(), 5);
    let mut stream = Stream::open(connect(&cloud, Some(&proof)).await).await.unwrap();
    let report = Report {
        generation: Generation(0),
        software: "1.2.3".to_owned(),
        unsent: 0,
        clock: WallMs(0),
        newest_taken: None,
    };
    stream.greet(&till, head).await;
    stream.frames.send(from_till(FromTill::Report(report))).await.unwrap();
    stream.say(TillMessage::Batch(Batch { number: 8, entries })).await;
    stream.hear().await.unwrap();
    let seen = cloud.store.till(&till).await.unwrap().last_seen.unwrap();
    assert_eq!(seen.software, "1.2.3");
    cloud.stop().await;
}

#[tokio::test]
async fn numbers_leap_for_no_generation_that_the_cloud_did_not_sign() {
    let cloud = Cloud::start("tills-leap", "[worker]\nin_server = false").await;
    let (till, proof) = claimed(&cloud, "acme").await;
    let content = Content {
        catalogue: Arc::new(testkit::build::catalogue([testkit::build::piece("apple", 199)])),
        model: None,
        views: BTreeMap::new(),
        calibration_json: None,
    };
    let signer = cloud.server().shared().signer.clone();
    let sign = |head: &Head| signer.sign(&till.org, &till.store, head).to_vec();
    let publishing = Publishing { by: Actor::System("test".to_owned()), expected: None, keep: 10 };
    let first = cloud.store.publish_generation(
        &till.org,
        &till.store,
        Arc::new(content),
        &publishing,
        &sign,
        WallMs(1),
    );
    let first = first.await.unwrap().info;
    let head = Head { number: Generation(9_000), ..first.head.clone() };
    let elsewhere = StoreId::new("elsewhere").unwrap();
    let genuine = signer.sign(&till.org, &till.store, &head);
    let mut newest = first.head.number;
    for (signature, expected) in
        [([7; 64], newest), (signer.sign(&till.org, &elsewhere, &head), newest), (genuine, Generation(9_001))]
    {
        let mut stream = Stream::open(connect(&cloud, Some(&proof)).await).await.unwrap();
        let genesis = Mark { sequence: SequenceNumber(0), hash: chain::genesis(&till) };
        let report = Report {
            generation: Generation(0),
            software: "1.2.3".to_owned(),
            unsent: 0,
            clock: WallMs(0),
            newest_taken: Some((head.clone(), signature)),
        };
        stream.frames.send(from_till(FromTill::Report(report))).await.unwrap();
        // Frames are taken in their order: when this one is answered, the report was looked at.
        stream.greet(&till, genesis).await;
        newest = cloud.store.newest_generation(&till.org, &till.store).await.unwrap().unwrap().head.number;
        assert_eq!(newest, expected);
    }
    cloud.stop().await;
}

#[tokio::test]
async fn nothing_but_a_claim_is_answered_without_a_certificate() {
    let cloud = Cloud::start("tills-nobody", "").await;
    cloud.organisation("acme").await;
    let channel = connect(&cloud, None).await;
    let exchange = Stream::open(channel.clone()).await.err().unwrap();
    let head = CatalogueServiceClient::new(channel.clone()).get_head(v1::GetHeadRequest {}).await;
    let pull = CatalogueServiceClient::new(channel.clone()).pull(v1::PullRequest::default()).await;
    let picture =
        CatalogueServiceClient::new(channel.clone()).get_picture(v1::GetPictureRequest::default()).await;
    let model = CatalogueServiceClient::new(channel.clone()).get_model(v1::GetModelRequest::default()).await;
    let renew = DeviceServiceClient::new(channel).renew(v1::RenewRequest { csr_pem: request().1 }).await;
    let codes = [
        exchange.code(),
        head.unwrap_err().code(),
        pull.err().unwrap().code(),
        picture.unwrap_err().code(),
        model.err().unwrap().code(),
        renew.unwrap_err().code(),
    ];
    assert_eq!(codes, [Code::Unauthenticated; 6]);
    cloud.stop().await;
}

#[tokio::test]
async fn a_revoked_till_is_cut_off_and_stays_out() {
    let cloud = Cloud::start("tills-revoked", "").await;
    let (till, proof) = claimed(&cloud, "acme").await;
    let mut stream = Stream::open(connect(&cloud, Some(&proof)).await).await.unwrap();
    let genesis = Mark { sequence: SequenceNumber(0), hash: chain::genesis(&till) };
    stream.greet(&till, genesis).await;
    cloud.store.revoke_certificates(&till, roles::now()).await.unwrap();
    assert_eq!(stream.hear().await.unwrap(), Some(CloudMessage::Refused(Refusal::Revoked)));
    let again = Stream::open(connect(&cloud, Some(&proof)).await).await.err().unwrap();
    assert_eq!(again.code(), Code::PermissionDenied);
    assert!(again.message().contains("claim the till again"), "{}", again.message());
    cloud.stop().await;
}

#[tokio::test]
async fn an_ended_certificate_renews_itself_and_does_nothing_else() {
    let cloud = Cloud::start("tills-ended", "").await;
    cloud.organisation("acme").await;
    let till = till_of("acme");
    let shared = cloud.server().shared();
    let code = make_claim_code(&shared.authority).unwrap();
    let (now, yesterday) = (roles::now(), WallMs(roles::now().0 - 86_400_000));
    let claim = NewClaim {
        id: ClaimId(Uuid::now_v7()),
        till: till.clone(),
        code_hash: code.hash(),
        made_by: Actor::System("test".to_owned()),
        expires_at: WallMs(now.0 + 60_000),
    };
    cloud.store.create_claim(&claim, now).await.unwrap();
    let (key, csr_pem) = request();
    let issued = shared.authority.issue_till(&csr_pem, &till, Duration::from_secs(3600), yesterday).unwrap();
    let kept = NewCertificate {
        serial: issued.serial.kept().unwrap(),
        fingerprint: [1; 32],
        not_before: issued.not_before,
        not_after: issued.not_after,
    };
    cloud.store.redeem_claim(&code.hash(), &kept, now).await.unwrap();
    let ended = Proof { key_pem: key.serialize_pem(), certificate_pem: issued.pem };
    let channel = connect(&cloud, Some(&ended)).await;
    assert_eq!(Stream::open(channel.clone()).await.err().unwrap().code(), Code::Unauthenticated);
    let (key, csr_pem) = request();
    let renewed = DeviceServiceClient::new(channel).renew(v1::RenewRequest { csr_pem }).await.unwrap();
    let fresh = Proof { key_pem: key.serialize_pem(), certificate_pem: renewed.into_inner().certificate_pem };
    let mut stream = Stream::open(connect(&cloud, Some(&fresh)).await).await.unwrap();
    stream.greet(&till, Mark { sequence: SequenceNumber(0), hash: chain::genesis(&till) }).await;
    assert_eq!(cloud.store.certificates(&till).await.unwrap().len(), 2);
    let serial: CertificateSerial = kept.serial;
    assert!(cloud.store.certificate(&serial).await.unwrap().revoked_at.is_none());
    cloud.stop().await;
}

#[tokio::test]
async fn a_till_pulls_the_catalogue_of_its_own_store_as_it_was_signed() {
    let cloud = Cloud::start("tills-catalogue", "").await;
    let (till, proof) = claimed(&cloud, "acme").await;
    let (_, stranger) = claimed(&cloud, "other").await;
    let owner = cloud.person(&till.org, "owner", &[(Role::Owner, None)]).await;
    cloud.upload(&owner, "/api/v1/products", form("Apple"), StatusCode::CREATED).await;
    let mut client = CatalogueServiceClient::new(connect(&cloud, Some(&proof)).await);
    let head = loop {
        match client.get_head(v1::GetHeadRequest {}).await {
            Ok(head) => break head.into_inner(),
            Err(status) => assert_eq!(status.code(), Code::NotFound),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let (head, signature) = to_head(&head).unwrap();
    let key = cloud.server().shared().signer.public_key();
    assert!(is_signed(&key, &signature, &till.org, &till.store, &head));
    let first = pulled(&mut client, v1::PullRequest::default()).await;
    assert_eq!(
        first.catalogue.products().map(|product| product.name.get("en").to_owned()).collect::<Vec<_>>(),
        ["Apple"]
    );

    let product = first.catalogue.products().next().unwrap().id.clone();
    let path = format!("/api/v1/products/{product}");
    cloud.send(&owner, Method::PATCH, &path, json!({ "price": "2.59" }), StatusCode::OK).await;
    let mut newest = head.number;
    while newest == head.number {
        let head = client.get_head(v1::GetHeadRequest {}).await.unwrap().into_inner();
        newest = to_head(&head).unwrap().0.number;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let request = v1::PullRequest { have: head.number.0, ..v1::PullRequest::default() };
    let mut parts = client.pull(request).await.unwrap().into_inner();
    let mut assembly = Assembly::begin(parts.message().await.unwrap().unwrap()).unwrap();
    while let Some(part) = parts.message().await.unwrap() {
        assembly.add(part).unwrap();
    }
    let (head, difference) = assembly.finish().unwrap();
    assert_eq!(difference.base, Some(Generation(head.number.0 - 1)), "a difference, not a whole");
    let second = difference.apply(Some((Generation(head.number.0 - 1), &first)), &head).unwrap();
    assert_eq!(second.catalogue.product(&product).unwrap().price.amount.minor, 259);

    let mut elsewhere = CatalogueServiceClient::new(connect(&cloud, Some(&stranger)).await);
    let none = elsewhere.get_head(v1::GetHeadRequest {}).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound, "another organisation's till has another catalogue");
    cloud.stop().await;
}

#[tokio::test]
async fn a_model_is_given_to_tills_of_stores_that_name_it_and_from_where_they_stopped() {
    let models = Scratch::new("tills-model-folder");
    // SHA-256 of `abc`, from FIPS 180-4's examples.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let entry = json!({"name": "m", "version": "m.1", "file": "m.onnx", "sha256": abc, "bytes": 3,
                       "input_side": 260, "embedding_dim": 384, "default": true});
    let manifest = json!({"runtime": {}, "models": [entry]}).to_string();
    std::fs::write(models.join("manifest.json"), manifest).unwrap();
    std::fs::write(models.join("m.onnx"), "abc").unwrap();
    let settings = format!("[worker]\nin_server = false\n[vision]\nmodels = {:?}", models.path());
    let cloud = Cloud::start("tills-model", &settings).await;
    let (till, proof) = claimed(&cloud, "acme").await;
    let (_, stranger) = claimed(&cloud, "other").await;
    let content = Content {
        catalogue: Arc::new(testkit::build::catalogue([testkit::build::piece("apple", 199)])),
        model: Some(ModelVersion::new("m.1")),
        views: BTreeMap::new(),
        calibration_json: None,
    };
    let sign = |_: &Head| vec![0; 64];
    let by = Publishing { by: Actor::System("test".to_owned()), expected: None, keep: 10 };
    let made =
        cloud.store.publish_generation(&till.org, &till.store, Arc::new(content), &by, &sign, WallMs(1));
    made.await.unwrap();
    let mut client = CatalogueServiceClient::new(connect(&cloud, Some(&proof)).await);
    let ask = |version: &str, offset| v1::GetModelRequest { version: version.to_owned(), offset };
    for (offset, rest) in [(0, "abc"), (1, "bc"), (3, "")] {
        let mut parts = client.get_model(ask("m.1", offset)).await.unwrap().into_inner();
        let (offer, signature) = to_offer(parts.message().await.unwrap().unwrap()).unwrap();
        assert_eq!((offer.version.as_str(), offer.bytes, offer.input_side), ("m.1", 3, 260));
        assert_eq!(signature, cloud.server().shared().signer.sign_offer(&till.org, &offer));
        let mut arrived = Vec::new();
        while let Some(part) = parts.message().await.unwrap() {
            arrived.extend(to_chunk(part).unwrap());
        }
        assert_eq!(arrived, rest.as_bytes());
    }
    let beyond = client.get_model(ask("m.1", 4)).await.err().unwrap();
    assert_eq!(beyond.code(), Code::OutOfRange);
    for version in ["m.2", "../m.1", ""] {
        assert_eq!(
            client.get_model(ask(version, 0)).await.err().unwrap().code(),
            Code::NotFound,
            "{version}"
        );
    }
    let mut elsewhere = CatalogueServiceClient::new(connect(&cloud, Some(&stranger)).await);
    assert_eq!(elsewhere.get_model(ask("m.1", 0)).await.err().unwrap().code(), Code::NotFound);
    std::fs::remove_file(models.join("m.onnx")).unwrap();
    assert_eq!(client.get_model(ask("m.1", 0)).await.err().unwrap().code(), Code::Unavailable);
    cloud.stop().await;
}

#[tokio::test]
async fn tells_products_by_id_to_tills_and_to_software_with_a_token() {
    let cloud = Cloud::start("tills-products", "").await;
    let (till, proof) = claimed(&cloud, "acme").await;
    let (_, stranger) = claimed(&cloud, "other").await;
    let owner = cloud.person(&till.org, "owner", &[(Role::Owner, None)]).await;
    let apple = form("Apple").text("id", "apple");
    cloud.upload(&owner, "/api/v1/products", apple, StatusCode::CREATED).await;
    let ask =
        |ids: &[&str]| v1::GetProductsInfoRequest { ids: ids.iter().map(|id| (*id).to_owned()).collect() };
    let mut client = ProductServiceClient::new(connect(&cloud, Some(&proof)).await);
    let answer =
        client.get_products_info(ask(&["apple", "pear", "Not An Id", "pear"])).await.unwrap().into_inner();
    assert_eq!(answer.products.len(), 1);
    assert_eq!((answer.products[0].price_minor, answer.products[0].currency.as_str()), (249, "EUR"));
    assert_eq!(answer.products_not_found, ["pear", "Not An Id"]);
    let many: Vec<&str> = vec!["apple"; 1_001];
    assert_eq!(client.get_products_info(ask(&many)).await.unwrap_err().code(), Code::InvalidArgument);

    let mut elsewhere = ProductServiceClient::new(connect(&cloud, Some(&stranger)).await);
    let none = elsewhere.get_products_info(ask(&["apple"])).await.unwrap().into_inner();
    assert_eq!((none.products.len(), none.products_not_found.len()), (0, 1), "another organisation's");

    let mut nobody = ProductServiceClient::new(connect(&cloud, None).await);
    let mut forged = tonic::Request::new(ask(&["apple"]));
    forged.metadata_mut().insert("authorization", "Bearer nonsense".parse().unwrap());
    assert_eq!(nobody.get_products_info(forged).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(nobody.get_products_info(ask(&["apple"])).await.unwrap_err().code(), Code::Unauthenticated);
    cloud.stop().await;
}

async fn pulled(client: &mut CatalogueServiceClient<Channel>, request: v1::PullRequest) -> Content {
    let mut parts = client.pull(request).await.unwrap().into_inner();
    let mut assembly = Assembly::begin(parts.message().await.unwrap().unwrap()).unwrap();
    while let Some(part) = parts.message().await.unwrap() {
        assembly.add(part).unwrap();
    }
    let (head, difference) = assembly.finish().unwrap();
    difference.apply(None, &head).unwrap()
}

#[tokio::test]
async fn what_makes_no_sense_ends_the_stream_and_nothing_else() {
    let cloud = Cloud::start("tills-garbage", "").await;
    let (till, proof) = claimed(&cloud, "acme").await;
    let channel = connect(&cloud, Some(&proof)).await;
    let mut stream = Stream::open(channel.clone()).await.unwrap();
    let hello = v1::Hello { version: 1, acked: None, head: None };
    let kind = Some(v1::till_frame::Kind::Hello(hello));
    stream.frames.send(v1::TillFrame { kind }).await.unwrap();
    let status = stream.hear().await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "`acked` is missing"));

    let mut early = Stream::open(channel.clone()).await.unwrap();
    early.say(TillMessage::Batch(Batch { number: 1, entries: journal(&till, 1) })).await;
    assert_eq!(early.hear().await.unwrap(), Some(CloudMessage::Refused(Refusal::Malformed)));

    let mut parked = Stream::open(channel).await.unwrap();
    let mut writer = Journal::new(till.clone());
    let entries = vec![writer.append(b"nothing".to_vec()), writer.sell(1)];
    let head = entries[1].mark();
    parked.greet(&till, head).await;
    parked.say(TillMessage::Batch(Batch { number: 1, entries })).await;
    assert!(matches!(parked.hear().await.unwrap(), Some(CloudMessage::Ack(ack)) if ack.through == head));
    assert_eq!(cloud.store.set_aside(&till.org, 10).await.unwrap().len(), 1);
    cloud.stop().await;
}
