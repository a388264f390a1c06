//! The matrix of devices, topics, and what is done with them, on the embedded broker and on a real Mosquitto with the
//! configuration that is generated for it. What counts is what arrives, whatever a broker answers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use cloud_server::ca::Authority;
use cloud_server::mqtt::mosquitto::{self as files, CONFIG_FILE, Plan};
use cloud_server::roles::now;
use cloud_store::{Actor, ClaimId, NewCertificate, NewClaim};
use domain::ids::{OrgId, StoreId, TillId, Uuid};
use domain::sale::TillRef;
use domain::time::WallMs;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rcgen::{CertificateParams, KeyPair};
use testkit::mosquitto::{self, Mosquitto};
use testkit::net::free_address;
use testkit::scratch::Scratch;

use crate::mqtt_wire::{Hello, Proof, Wire};
use crate::support::Cloud;

const DAY: Duration = Duration::from_secs(24 * 3600);
const SOON: Duration = Duration::from_secs(20);
/// A command's id, as topics have it.
const COMMAND: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
/// The longest name that an id may be.
const LONG: &str = "a-till-whose-name-is-as-long-as-names-may-be-0123456789-01234567";

/// A broker under test.
pub(crate) struct Rig {
    pub(crate) cloud: Cloud,
    pub(crate) address: SocketAddr,
    pub(crate) mosquitto: Option<Mosquitto>,
    folder: Scratch,
}

pub(crate) fn till(org: &str, store: &str, name: &str) -> TillRef {
    TillRef {
        org: OrgId::new(org).unwrap(),
        store: StoreId::new(store).unwrap(),
        till: TillId::new(name).unwrap(),
    }
}

fn all_tills() -> Vec<TillRef> {
    vec![
        till("acme", "main", "till-1"),
        till("acme", "main", "till-2"),
        till("acme", "main", LONG),
        till("acme", "second", "till-1"),
        till("rival", "main", "till-1"),
    ]
}

impl Rig {
    async fn shops(cloud: &Cloud) {
        for org in ["acme", "rival"] {
            let org = cloud.organisation(org).await;
            cloud.shop(&org, "second").await;
        }
        for name in ["till-2", "till-3", LONG] {
            cloud.store.create_till(&till("acme", "main", name), name, now()).await.unwrap();
        }
    }

    pub(crate) async fn embedded(name: &str) -> Self {
        let cloud = Cloud::start(name, "[mqtt]\nmessages_per_second = 1000\n").await;
        Self::shops(&cloud).await;
        let address = cloud.server().shared().mqtt.broker().unwrap();
        Self { cloud, address, mosquitto: None, folder: Scratch::new(name) }
    }

    /// `None` where Mosquitto is missing; then the output says why.
    pub(crate) async fn mosquitto(name: &str) -> Option<Self> {
        if let Err(missing) = mosquitto::find() {
            eprintln!("SKIPPED: {name} on Mosquitto because {missing}");
            return None;
        }
        let address = free_address().unwrap();
        let settings = format!("[mqtt]\nkind = \"external\"\naddress = \"localhost:{}\"\n", address.port());
        let cloud = Cloud::start(name, &settings).await;
        Self::shops(&cloud).await;
        let folder = Scratch::new(name);
        let mut rig = Self { cloud, address, mosquitto: None, folder };
        rig.write(false).await;
        let config = rig.folder.join("mosquitto").join(CONFIG_FILE);
        rig.mosquitto =
            Some(mosquitto::start(&config, address).unwrap_or_else(|missing| panic!("{missing}")));
        Some(rig)
    }

    pub(crate) fn persistence(&self) -> std::path::PathBuf {
        self.folder.join("kept")
    }

    async fn write(&self, lists_only: bool) {
        std::fs::create_dir_all(self.persistence()).unwrap();
        let plan = Plan {
            folder: self.folder.join("mosquitto"),
            listen: self.address,
            names: vec!["localhost".to_owned()],
            clients: vec!["cloud".to_owned(), "watcher".to_owned()],
            persistence: self.persistence(),
            connections_max: 100,
            queued_max: 100,
            lists_only,
        };
        let shared = self.cloud.server().shared();
        files::write(&plan, &self.cloud.store, &shared.authority, now()).await.unwrap();
    }

    /// A certificate as a till gets it when it is claimed.
    pub(crate) async fn proof(&self, till: &TillRef) -> Proof {
        let (authority, store) = (&self.cloud.server().shared().authority, &self.cloud.store);
        let (key, request) = request();
        let issued = authority.issue_till(&request, till, DAY, now()).unwrap();
        let claim = NewClaim {
            id: ClaimId(Uuid::now_v7()),
            till: till.clone(),
            code_hash: rand_hash(),
            made_by: Actor::System("test".to_owned()),
            expires_at: WallMs(now().0 + 60_000),
        };
        store.create_claim(&claim, now()).await.unwrap();
        let kept = NewCertificate {
            serial: issued.serial.kept().unwrap(),
            fingerprint: rand_hash(),
            not_before: issued.not_before,
            not_after: issued.not_after,
        };
        store.redeem_claim(&claim.code_hash, &kept, now()).await.unwrap();
        Proof { key_pem: key.serialize_pem(), certificate_pem: issued.pem }
    }

    pub(crate) async fn connect(&self, proof: Option<&Proof>, hello: &Hello) -> Result<Wire, String> {
        let authority = self.cloud.server().shared().authority.certificate_pem().to_owned();
        let mut wire = Wire::open(self.address, &authority, proof).await?;
        match wire.greet(hello).await? {
            0 => Ok(wire),
            code => Err(format!("refused with {code:#x}")),
        }
    }

    /// Somebody who hears everything, as the cloud does.
    pub(crate) async fn watcher(&self) -> Wire {
        let authority = &self.cloud.server().shared().authority;
        let own = authority.issue_cloud_client("watcher", now()).unwrap();
        let proof = Proof { key_pem: own.key_pem, certificate_pem: own.chain_pem };
        let hello = Hello { client_id: "watcher".to_owned(), will: None };
        let mut watcher = self.connect(Some(&proof), &hello).await.unwrap();
        assert_eq!(watcher.subscribe("ts/v1/#").await.unwrap(), 0);
        watcher
    }

    async fn stop(self) {
        self.cloud.stop().await;
    }
}

pub(crate) fn hello(till: &TillRef) -> Hello {
    Hello { client_id: format!("{}:{}:{}", till.org, till.store, till.till), will: None }
}

fn request() -> (KeyPair, String) {
    let key = KeyPair::generate().unwrap();
    let pem = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    (key, pem)
}

fn rand_hash() -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    hash
}

fn prefix(till: &TillRef) -> String {
    format!("ts/v1/{}/{}/{}", till.org, till.store, till.till)
}

fn topics_of(till: &TillRef) -> Vec<String> {
    let rest = ["state", "health", "event/sale"].map(str::to_owned);
    let rest = rest.into_iter().chain([format!("cmd/report/{COMMAND}")]);
    rest.map(|rest| format!("{}/{rest}", prefix(till))).collect()
}

fn head_of(till: &TillRef) -> String {
    format!("ts/v1/{}/{}/catalog/head", till.org, till.store)
}

/// Everything that somebody could try.
fn all_topics() -> BTreeSet<String> {
    let mut topics: BTreeSet<String> = all_tills().iter().flat_map(topics_of).collect();
    topics.extend(all_tills().iter().map(head_of));
    for odd in
        ["ts/v1/acme", "ts/v1/acme/main/till-1", "ts/v1/acme/main/till-1/twin/x", "ts/v1/acme/main/x/y"]
    {
        topics.insert(odd.to_owned());
    }
    for odd in ["ts/v1/acme/main/till-1/state/more", "ts/v1/acme/main/catalog/state", "other/topic"] {
        topics.insert(odd.to_owned());
    }
    topics
}

/// What `wire` hears until the last message.
async fn heard_until(wire: &mut Wire, last: &[u8]) -> BTreeSet<String> {
    let mut heard = BTreeSet::new();
    wire.ping().await;
    loop {
        let (topic, payload) = wire.hear().await.unwrap();
        if payload == last {
            return heard;
        }
        if payload.starts_with(b"try") {
            heard.insert(topic);
        }
    }
}

async fn check_publish(rig: &Rig, watcher: &mut Wire, device: &TillRef, proof: &Proof) {
    let mut wire = rig.connect(Some(proof), &hello(device)).await.unwrap();
    for topic in all_topics() {
        wire.publish(&topic, b"try").await.unwrap();
    }
    let last = format!("last of {}", prefix(device));
    wire.publish(&format!("{}/health", prefix(device)), last.as_bytes()).await.unwrap();
    let heard = heard_until(watcher, last.as_bytes()).await;
    assert_eq!(heard, topics_of(device).into_iter().collect(), "{} may write that", prefix(device));
}

async fn check_subscribe(rig: &Rig, watcher: &mut Wire, device: &TillRef, proof: &Proof) {
    let mut wire = rig.connect(Some(proof), &hello(device)).await.unwrap();
    let own = prefix(device);
    let mut filters: Vec<String> = ["#", "+/#", "+/v1/#", "ts/#", "ts/v1/+/+/+/state", "ts/v1/acme/main/#"]
        .into_iter()
        .chain([
            "ts/v1/acme/+/till-1/#",
            "ts/v1/+/main/catalog/head",
            "$SYS/#",
            "$share/g/ts/v1/#",
            "other/#",
        ])
        .map(str::to_owned)
        .collect();
    filters.push(format!("$share/g/{own}/#"));
    filters.extend(all_topics());
    filters.push(format!("{own}/#"));
    for filter in filters {
        let code =
            wire.subscribe(&filter).await.unwrap_or_else(|problem| panic!("{own}: {filter}: {problem}"));
        let is_own = filter.starts_with(&format!("{own}/")) || filter == head_of(device);
        assert!(code < 3 || !is_own, "{own} may ask for {filter}: {code:#x}");
    }
    for topic in all_topics() {
        watcher.publish(&topic, b"try").await.unwrap();
    }
    let last = format!("end of {own}");
    watcher.publish(&format!("{own}/state"), last.as_bytes()).await.unwrap();
    let heard = heard_until(&mut wire, last.as_bytes()).await;
    let mut expected: BTreeSet<String> = topics_of(device).into_iter().collect();
    expected.insert(head_of(device));
    // Of its own prefix a till may read what this version does not know.
    let is_own = |topic: &String| *topic == own || topic.starts_with(&format!("{own}/"));
    let known = |topic: &String| expected.contains(topic) || !is_own(topic);
    let heard: BTreeSet<String> = heard.into_iter().filter(known).collect();
    assert_eq!(heard, expected, "{own} may read that");
    // What was tried is not to be taken for somebody else's.
    heard_until(watcher, last.as_bytes()).await;
}

async fn check_wills(rig: &Rig, watcher: &mut Wire, device: &TillRef, proof: &Proof) {
    let own = topics_of(device);
    for topic in all_topics() {
        let with_will = Hello { will: Some(topic.clone()), ..hello(device) };
        watcher.ping().await;
        // A broker may refuse it at once, or never say it.
        drop(rig.connect(Some(proof), &with_will).await);
        let mut next = rig.connect(Some(proof), &hello(device)).await.unwrap();
        if own.contains(&topic) {
            loop {
                let (heard, payload) = watcher.hear().await.unwrap();
                if payload == b"will" {
                    assert_eq!(heard, topic);
                    break;
                }
            }
        }
        next.publish(&own[1], b"next").await.unwrap();
        loop {
            let (heard, payload) = watcher.hear().await.unwrap();
            assert_ne!(payload, b"will", "{} had a last will for {heard}", prefix(device));
            if payload == b"next" {
                break;
            }
        }
    }
}

async fn check_names(
    rig: &Rig,
    watcher: &mut Wire,
    device: &TillRef,
    proof: &Proof,
    victim: (&TillRef, &Proof),
) {
    let (victim, victims_proof) = victim;
    let mut theirs = rig.connect(Some(victims_proof), &hello(victim)).await.unwrap();
    let command = topics_of(victim).pop().unwrap();
    assert!(theirs.subscribe(&command).await.unwrap() < 3);
    for name in [hello(victim).client_id, prefix(victim).replace("ts/v1/", ""), "cloud".to_owned()] {
        // It is refused, or gets the name of its certificate whatever it says.
        let taken = rig.connect(Some(proof), &Hello { client_id: name, will: None }).await;
        watcher.publish(&command, b"for the victim").await.unwrap();
        assert_eq!(theirs.hear().await.unwrap().1, b"for the victim", "{}", prefix(device));
        theirs.ping().await;
        drop(taken);
    }
}

async fn check_strangers(rig: &Rig) {
    let device = till("acme", "main", "till-1");
    let greeting = hello(&device);
    assert!(rig.connect(None, &greeting).await.is_err(), "without a certificate");
    let elsewhere = Scratch::new("another-authority");
    let other = Authority::open_or_make(elsewhere.path(), now()).unwrap();
    let (key, request) = request();
    let forged = other.issue_till(&request, &device, DAY, now()).unwrap();
    let forged = Proof { key_pem: key.serialize_pem(), certificate_pem: forged.pem };
    assert!(rig.connect(Some(&forged), &greeting).await.is_err(), "of another authority");
    let authority = &rig.cloud.server().shared().authority;
    let long_ago = WallMs(now().0 - 3 * 86_400_000);
    let ended = authority.issue_till(&request, &device, DAY, long_ago).unwrap();
    let ended = Proof { key_pem: key.serialize_pem(), certificate_pem: ended.pem };
    assert!(rig.connect(Some(&ended), &greeting).await.is_err(), "with one that has ended");
    let server = authority.issue_server(&["localhost".to_owned()], now()).unwrap();
    let server = Proof { key_pem: server.key_pem, certificate_pem: server.chain_pem };
    assert!(rig.connect(Some(&server), &greeting).await.is_err(), "with a server's");
    let sly = authority.issue_till(&request, &till("acme", "main", "catalog"), DAY, now());
    assert!(sly.is_err(), "a till that would pass for its store");

    let revoked = till("acme", "main", "till-3");
    let proof = rig.proof(&revoked).await;
    rig.cloud.store.revoke_certificates(&revoked, now()).await.unwrap();
    if let Some(mosquitto) = &rig.mosquitto {
        rig.write(true).await;
        mosquitto.reload().unwrap();
        // A list is read when Mosquitto comes to it.
        let deadline = tokio::time::Instant::now() + SOON;
        while rig.connect(Some(&proof), &hello(&revoked)).await.is_ok() {
            assert!(tokio::time::Instant::now() < deadline, "the list of revoked certificates has no effect");
        }
    }
    assert!(rig.connect(Some(&proof), &hello(&revoked)).await.is_err(), "revoked");
}

async fn check_nonsense(rig: &Rig, watcher: &mut Wire, device: &TillRef, proof: &Proof) {
    let health = &topics_of(device)[1];
    let mut loud = rig.connect(Some(proof), &hello(device)).await.unwrap();
    let mut long = b"try".to_vec();
    long.resize(20 * 1024, b'x');
    // The broker may end the connection while this is sent.
    let _ = loud.publish(health, &long).await;
    for nonsense in [&[0xff_u8; 64][..], &[0x30, 0xff, 0xff, 0xff, 0xff, 0x7f], &[0x10, 2, 0, 0], &[0x82, 0]]
    {
        let mut odd = rig.connect(Some(proof), &hello(device)).await.unwrap();
        watcher.ping().await;
        let _ = odd.raw(nonsense).await;
        let ended = loop {
            match odd.read().await {
                Ok(_) => {}
                Err(ended) => break ended,
            }
        };
        assert!(ended.starts_with("ended"), "{nonsense:?}: {ended}");
    }
    let mut again = rig.connect(Some(proof), &hello(device)).await.unwrap();
    again.publish(health, b"all is well").await.unwrap();
    assert_eq!(heard_until(watcher, b"all is well").await, BTreeSet::new());
}

async fn check_all(rig: Rig) {
    let mut watcher = rig.watcher().await;
    let mut proofs = Vec::new();
    for device in all_tills() {
        let proof = rig.proof(&device).await;
        proofs.push((device, proof));
    }
    for (device, proof) in &proofs {
        check_publish(&rig, &mut watcher, device, proof).await;
        check_subscribe(&rig, &mut watcher, device, proof).await;
    }
    let (device, proof) = &proofs[0];
    check_wills(&rig, &mut watcher, device, proof).await;
    let (victim, victims_proof) = &proofs[1];
    check_names(&rig, &mut watcher, device, proof, (victim, victims_proof)).await;
    check_nonsense(&rig, &mut watcher, device, proof).await;
    check_strangers(&rig).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_past_the_embedded_broker() {
    Box::pin(check_all(Rig::embedded("mqtt-embedded").await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_past_mosquitto_as_it_is_configured() {
    if let Some(rig) = Rig::mosquitto("mqtt-mosquitto").await {
        Box::pin(check_all(rig)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_till_is_cut_off_from_the_broker() {
    let rig = Rig::embedded("mqtt-revoked").await;
    let device = till("acme", "main", "till-1");
    let mut watcher = rig.watcher().await;
    let proof = rig.proof(&device).await;
    let state = topics_of(&device)[0].clone();
    let mut live =
        rig.connect(Some(&proof), &Hello { will: Some(state.clone()), ..hello(&device) }).await.unwrap();
    rig.cloud.store.revoke_certificates(&device, now()).await.unwrap();
    let ended = live.read().await.unwrap_err();
    assert!(ended.starts_with("ended"), "{ended}");
    assert_eq!(watcher.hear().await.unwrap(), (state, b"will".to_vec()), "its last will is said");
    assert!(rig.connect(Some(&proof), &hello(&device)).await.is_err());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_till_takes_no_place_from_another() {
    let rig = Rig::embedded("mqtt-places").await;
    let (greedy, other) = (till("acme", "main", "till-1"), till("acme", "main", "till-2"));
    let (proof, others_proof) = (rig.proof(&greedy).await, rig.proof(&other).await);
    let authority = rig.cloud.server().shared().authority.certificate_pem().to_owned();
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(Wire::open(rig.address, &authority, Some(&proof)).await.unwrap());
    }
    // Those beyond its places are ended at once; the others are waited for, to greet, ten seconds long.
    let began = tokio::time::Instant::now();
    let reads: FuturesUnordered<_> = silent.iter_mut().map(Wire::read).collect();
    let ended: Vec<_> = reads.take(4).collect().await;
    assert!(ended.iter().all(|read| read.as_ref().is_err_and(|problem| problem.starts_with("ended"))));
    assert!(began.elapsed() < Duration::from_secs(8), "they had a place");
    drop(rig.connect(Some(&others_proof), &hello(&other)).await.unwrap());
    drop(silent);
    let deadline = tokio::time::Instant::now() + SOON;
    while rig.connect(Some(&proof), &hello(&greedy)).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "its places are not given back");
    }
    rig.stop().await;
}

#[test]
fn what_mosquitto_is_told_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let rig = Rig::embedded("mqtt-files").await;
        rig.write(false).await;
        let key = rig.folder.join("mosquitto").join("server-key.pem");
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let before = std::fs::read_to_string(&key).unwrap();
        rig.cloud.store.retire_till(&till("acme", "main", "till-2"), now()).await.unwrap();
        rig.write(true).await;
        let acl = std::fs::read_to_string(rig.folder.join("mosquitto").join("acl")).unwrap();
        assert!(acl.contains("user acme/main/till-1\n") && !acl.contains("till-2"), "{acl}");
        assert_eq!(std::fs::read_to_string(&key).unwrap(), before, "the certificate stays");
        rig.stop().await;
    });
}
