//! Backups of a whole cloud, and the way back from one, with the program that people use.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use cloud_server::backups::{BackupInfo, BackupPlace};
use cloud_store::Role;
use domain::ids::{StoreId, TillId};
use domain::sale::TillRef;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::scratch::Scratch;

use super::support::{Cloud, Journal, databases, form, seeming_photo};

/// `tillsight-cloud` with a cloud's data folder and database.
struct Program<'a> {
    data: &'a Path,
    place: &'a Path,
    database: &'a str,
}

impl Program<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillsight-cloud"));
        command.env("TILLSIGHT_CLOUD__DATA__DIR", self.data).stdin(Stdio::null());
        command.env("TILLSIGHT_CLOUD__BACKUPS__DIR", self.place);
        command.env("TILLSIGHT_CLOUD__DATABASE__URL", self.database);
        command.args(arguments).output().unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
        text(&output.stderr)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn till(cloud_org: &domain::ids::OrgId) -> TillRef {
    let (store, till) = (StoreId::new("main").unwrap(), TillId::new("till-1").unwrap());
    TillRef { org: cloud_org.clone(), store, till }
}

fn archive_of(place: &Path, id: &str) -> std::path::PathBuf {
    place.join("archives").join(format!("{id}.tsb"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloud_whose_machine_burned_down_comes_back() {
    let (databases, _postgres) = databases();
    for (number, settings) in databases.iter().enumerate() {
        let cloud = Cloud::start(&format!("burnt-{number}"), settings).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
        let product = form("Apples").part("images", seeming_photo(1, 70_000));
        let made = cloud.upload(&owner, "/api/v1/products", product, StatusCode::CREATED).await;
        let photo = format!("/api/v1/photos/{}", made["photos"][0].as_str().unwrap());
        let mut journal = Journal::new(till(&org));
        let entries = (1..=40).map(|number| journal.sell(number)).collect();
        cloud.ingest(&till(&org), entries).await;
        let pixels = cloud.get_as(&owner, &photo).await.bytes().await.unwrap();

        // While the server runs.
        let (elsewhere, data) = (Scratch::new("elsewhere"), cloud.config.data.dir.clone());
        let url = cloud.config.database.url.clone();
        let program = Program { data: &data, place: elsewhere.path(), database: &url };
        let id = program.done(&["admin", "backup"]);
        let key = program.done(&["admin", "backups", "key"]);
        let list = program.done(&["admin", "backups", "list"]);
        assert!(list.contains(&id) && list.ends_with("verified") && list.contains("1 blobs"), "{list}");
        let again = program.done(&["admin", "backup"]);
        let copies = std::fs::read_dir(elsewhere.join("copies")).unwrap().count();
        assert_eq!(copies, 1, "a photo is copied once");
        assert!(program.refused(&["admin", "restore", "--from", "latest"]).contains("holds 1 organisations"));
        let used = program.refused(&["admin", "restore", "--from", "latest", "--replace"]);
        assert!(used.contains("is in use"), "{used}");
        let authority = std::fs::read(data.join("ca.pem")).unwrap();
        let signing = std::fs::read(data.join("signing-key.pem")).unwrap();
        cloud.stop().await;

        // Another machine, with the key from paper.
        let burnt = Scratch::new("new-machine");
        let paper = burnt.join("key-from-paper.txt");
        std::fs::write(&paper, format!("{}\n", key.to_lowercase())).unwrap();
        let chmod = Command::new("chmod").arg("600").arg(&paper).status().unwrap();
        assert!(chmod.success());
        let new_data = burnt.join("data");
        let (new_database, _guard) = new_database(number);
        let program = Program { data: &new_data, place: elsewhere.path(), database: &new_database };
        let paper = paper.to_str().unwrap();
        let none = program.refused(&["admin", "restore", "--from", "latest"]);
        assert!(none.contains("there is no backup key"), "{none}");
        let dry = program.done(&["admin", "restore", "--from", &id, "--key-file", paper, "--dry-run"]);
        assert!(dry.contains("1 blobs and 3 key files") && dry.contains("nothing was changed"), "{dry}");
        assert!(!new_data.join("cloud.sqlite").exists());
        let restored = program.done(&["admin", "restore", "--from", &again, "--key-file", paper]);
        assert!(restored.contains("1 blobs that were missing"), "{restored}");
        assert_eq!(std::fs::read(new_data.join("ca.pem")).unwrap(), authority);
        assert_eq!(std::fs::read(new_data.join("signing-key.pem")).unwrap(), signing);

        let settings = format!(
            "[data]\ndir = {new_data:?}\n[database]\nurl = {new_database:?}\n[worker]\nin_server = false\n"
        );
        let back = Cloud::start(&format!("back-{number}"), &settings).await;
        assert_eq!(back.get_as(&owner, &photo).await.status(), StatusCode::UNAUTHORIZED, "sessions are gone");
        let owner = back.signed_in(&org, owner.user).await;
        assert_eq!(back.get_as(&owner, &photo).await.bytes().await.unwrap(), pixels);
        let sums: Value = back.get_as(&owner, "/api/v1/stores/main/sales/sums").await.json().await.unwrap();
        let sales: u64 =
            sums["items"].as_array().unwrap().iter().filter_map(|sum| sum["sales"].as_u64()).sum();
        assert_eq!(sales, 40);
        let audit = back.store.audit(&org, None, 10).await.unwrap();
        assert_eq!(audit[0].entry.action, "backup.restore");
        assert_eq!(back.store.verify_audit(&org).await.unwrap().problem, None);
        back.stop().await;
    }
}

/// A database of the same engine with nothing in it.
fn new_database(number: usize) -> (String, Option<std::sync::Arc<testkit::postgres::Postgres>>) {
    if number == 0 {
        return (String::new(), None);
    }
    let postgres = testkit::postgres::shared().unwrap();
    (postgres.create_database().unwrap(), Some(postgres))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_not_whole_is_told_and_changes_nothing() {
    let cloud = Cloud::start("unsound", "[worker]\nin_server = false\n").await;
    let org = cloud.organisation("acme").await;
    let mut journal = Journal::new(till(&org));
    cloud.ingest(&till(&org), (1..=2000).map(|number| journal.sell(number)).collect()).await;
    let (place, data) = (Scratch::new("unsound-place"), cloud.config.data.dir.clone());
    let program = Program { data: &data, place: place.path(), database: "" };
    let id = program.done(&["admin", "backup"]);
    cloud.store.close().await;
    let archive = archive_of(place.path(), &id);
    let whole = std::fs::read(&archive).unwrap();
    assert!(whole.len() > 100_000, "{} bytes", whole.len());
    let restore = ["admin", "restore", "--from", &id, "--replace"];
    let verify = ["admin", "backups", "verify", &id];

    std::fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
    assert!(program.refused(&verify).contains("cut off"));
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&archive, &changed).unwrap();
    assert!(program.refused(&verify).contains("damaged, or was changed"));
    std::fs::write(&archive, &whole).unwrap();
    assert!(program.done(&verify).contains("is whole"));

    let other = Scratch::new("other-key");
    let stranger = Program { data: other.path(), place: place.path(), database: "" };
    stranger.done(&["admin", "backups", "key"]);
    let refused = stranger.refused(&restore);
    assert!(refused.contains("was sealed with the key"), "{refused}");
    assert!(!other.join("cloud.sqlite").exists());
    let unknown = program.refused(&["admin", "restore", "--from", "yesterday"]);
    assert!(unknown.contains("there is no backup `yesterday`") && unknown.contains(&id), "{unknown}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_the_policy_does_not_keep_leave() {
    let cloud = Cloud::start("kept", "[worker]\nin_server = false\n").await;
    cloud.organisation("acme").await;
    let (folder, data) = (Scratch::new("kept-place"), cloud.config.data.dir.clone());
    let program = Program { data: &data, place: folder.path(), database: "" };
    let place = BackupPlace::in_folder(folder.path()).unwrap();
    let first = program.done(&["admin", "backup"]);
    // As if it had been made a year and a month ago.
    let old = folder.join("archives").join(format!("{first}.json"));
    let mut info: BackupInfo = serde_json::from_slice(&std::fs::read(&old).unwrap()).unwrap();
    info.made_at_ms -= 400 * 86_400_000;
    std::fs::write(&old, serde_json::to_vec(&info).unwrap()).unwrap();
    for _ in 0..2 {
        program.done(&["admin", "backup"]);
    }
    let ids: Vec<String> = place.list().await.unwrap().into_iter().map(|info| info.id).collect();
    assert_eq!(ids.len(), 3, "{ids:?}: those of today, and the newest of its month");
    assert!(ids.contains(&first));
    let mut settings = Command::new(env!("CARGO_BIN_EXE_tillsight-cloud"));
    settings.env("TILLSIGHT_CLOUD__DATA__DIR", &data).env("TILLSIGHT_CLOUD__BACKUPS__DIR", folder.path());
    for kept in ["DAILY", "WEEKLY", "MONTHLY"] {
        settings.env(format!("TILLSIGHT_CLOUD__BACKUPS__{kept}"), "1");
    }
    assert!(settings.args(["admin", "backup"]).output().unwrap().status.success());
    let ids: Vec<String> = place.list().await.unwrap().into_iter().map(|info| info.id).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert!(!archive_of(folder.path(), &first).exists());
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_asks_for_a_backup_and_gets_it() {
    let place = Scratch::new("asked-place");
    let settings = format!("[backups]\nevery_hours = 8000\ndir = \"{}\"\n", place.path().display());
    let cloud = Cloud::start("asked", &settings).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    let manager = cloud.person(&org, "manager", &[(Role::Manager, None)]).await;
    let list = async || -> Value { cloud.get_as(&owner, "/api/v1/backups").await.json().await.unwrap() };
    let verified = async |count: usize| {
        for _ in 0..600 {
            let listed = list().await;
            let items = listed["items"].as_array().unwrap();
            if items.len() >= count && items.iter().all(|one| one.get("verified_at_ms").is_some()) {
                return listed;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("there are not {count} backups that are verified: {}", list().await);
    };
    cloud.send(&manager, Method::POST, "/api/v1/backups", json!({}), StatusCode::FORBIDDEN).await;
    for count in [1, 2] {
        for _ in 0..2 {
            let asked = cloud.request_as(&owner, Method::POST, "/api/v1/backups").send().await.unwrap();
            assert_eq!(asked.status(), StatusCode::ACCEPTED);
        }
        let listed = verified(count).await;
        // Whoever asked twice may get two, and the second may not be begun.
        assert!(listed["is_asked"].is_boolean(), "{listed}");
    }
    let audit: Value = cloud.get_as(&owner, "/api/v1/audit").await.json().await.unwrap();
    let asked = audit["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "backup.ask");
    assert_eq!(asked.count(), 4, "{audit}");
    cloud.stop().await;
}
