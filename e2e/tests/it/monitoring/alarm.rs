//! An alarm with the real programs: Prometheus reads a till and the cloud, the till is stopped, Alertmanager tells the cloud, and the
//! notice ends when the till is back.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::cloud::{CloudClient, CloudFolder, CloudProcess, CloudSetup, claim};
use e2e::process::{TillProcess, TillSetup, sibling, toml_text};
use e2e::simulated_shop;
use edge_store::Store;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::prometheus::{self, Watcher, start_alertmanager, start_prometheus};
use testkit::scratch::Scratch;
use testkit::wait::wait_until;

use super::read;
use crate::fleet::until;
use crate::models;

/// Nothing here takes longer, even on a busy box.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_till_is_an_alarm_in_the_inbox_until_it_is_back() {
    if let Err(missing) = prometheus::find() {
        eprintln!("SKIPPED: an alarm from a till to the inbox because {missing}");
        return;
    }
    for program in ["tillsightd", "tillsight", "tillsight-cloud"] {
        if let Err(missing) = sibling(program) {
            eprintln!("SKIPPED: an alarm from a till to the inbox because {missing:#}");
            return;
        }
    }
    let Some(models) = models::built("an alarm from a till to the inbox") else { return };
    let scratch = Scratch::new("alarm");
    let cloud = start_cloud(scratch.path());
    let owner = CloudClient::sign_in(cloud.gateway, LIMIT).await.unwrap();
    let (setup, till) = start_till(&cloud, &owner, models, scratch.path()).await;
    let watchers = watch(&cloud, &owner, till.address, scratch.path()).await;
    let prometheus = &watchers.0;
    for job in ["tillsight-cloud", "tillsight-tills"] {
        wait_until(job, LIMIT, || value(prometheus, &format!("up{{job=\"{job}\"}}")) == Some(1.0)).unwrap();
    }
    wait_until("the cloud to tell of the till", LIMIT, || {
        value(prometheus, "tillsight_till_up") == Some(1.0)
    })
    .unwrap();
    assert_eq!(open_alarms(&owner).await, [""; 0], "nobody was told of anything yet");

    let address = till.address;
    till.stop().unwrap();
    // Prometheus itself sees it at once; the cloud, once the till was silent for a while. Then the whole store is away.
    for alarm in ["TillNotScraped", "StoreOffline"] {
        until(&format!("{alarm} in the inbox"), async || {
            open_alarms(&owner).await.iter().any(|one| one == alarm)
        })
        .await;
    }

    let till = TillProcess::start(&setup, Some(address.port())).unwrap();
    until("the alarms to end", async || open_alarms(&owner).await.is_empty()).await;
    drop(till);
}

fn start_cloud(folder: &Path) -> CloudProcess {
    let setup = CloudSetup {
        data: folder.join("cloud"),
        models: folder.join("models"),
        database: None,
        port: None,
        broker: None,
    };
    let cloud = CloudFolder::prepare(&setup).unwrap();
    cloud.add_settings("[monitoring]\ntill_silent_s = 15\nlook_ms = 200\n").unwrap();
    cloud.start().unwrap()
}

/// A till without a catalogue: it is there.
async fn start_till(
    cloud: &CloudProcess,
    owner: &CloudClient,
    models: PathBuf,
    folder: &Path,
) -> (TillSetup, TillProcess) {
    let identity = simulated_shop::till(1);
    let (data, pictures) = (folder.join("till"), folder.join("pictures"));
    std::fs::create_dir_all(&pictures).unwrap();
    std::fs::write(pictures.join("tray.png"), tray()).unwrap();
    drop(Store::open(&data, &identity).unwrap());
    let code = owner.new_till(&identity).await.unwrap();
    let (place, tills) = (data.clone(), cloud.tills);
    tokio::task::spawn_blocking(move || claim(&place, tills, &code)).await.unwrap().unwrap();
    let config = format!(
        "[till]\norg = \"{}\"\nstore = \"{}\"\ntill = \"{}\"\n[camera]\nkind = \"directory\"\nfolder = {}\n\
         [log]\nformat = \"text\"\n",
        identity.org,
        identity.store,
        identity.till,
        toml_text(&pictures)
    );
    let log = Some(folder.join("till.log"));
    let setup = TillSetup { data, models, config, log };
    let till = TillProcess::start(&setup, None).unwrap();
    (setup, till)
}

/// An empty tray.
fn tray() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(320, 240, image::Rgb([200, 200, 200]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// Starts both with the files that are given, with other addresses and with seconds instead of minutes.
async fn watch(
    cloud: &CloudProcess,
    owner: &CloudClient,
    till: SocketAddr,
    folder: &Path,
) -> (Watcher, Watcher) {
    let token = json!({ "name": "alertmanager", "grant": { "role": "technician" } });
    let token = owner.ask(Method::POST, "/api/v1/service-tokens", Some(&token)).await.unwrap();
    let token_file = folder.join("tillsight.token");
    std::fs::write(&token_file, token["token"].as_str().unwrap()).unwrap();
    let alertmanager = read("alertmanager.yml");
    let alertmanager = changed(&alertmanager, "127.0.0.1:8480", &cloud.gateway.to_string());
    let alertmanager =
        changed(&alertmanager, "/etc/alertmanager/tillsight.token", &token_file.display().to_string());
    let alertmanager =
        ["group_wait", "group_interval"].into_iter().fold(alertmanager, |text, name| at_once(&text, name));
    let config = folder.join("alertmanager.yml");
    std::fs::write(&config, alertmanager).unwrap();
    let alertmanager = start_alertmanager(&config, folder).unwrap_or_else(|missing| panic!("{missing}"));

    let rules = folder.join("rules");
    std::fs::create_dir_all(&rules).unwrap();
    std::fs::write(rules.join("recording.yml"), read("rules/recording.yml")).unwrap();
    std::fs::write(rules.join("alerts.yml"), at_once(&read("rules/alerts.yml"), "for")).unwrap();
    std::fs::create_dir_all(folder.join("tills")).unwrap();
    let identity = simulated_shop::till(1);
    let labels = json!({
        "org": identity.org.as_str(), "store": identity.store.as_str(), "till": identity.till.as_str(),
    });
    let tills = json!([{ "targets": [till.to_string()], "labels": labels }]);
    std::fs::write(folder.join("tills/demo.json"), tills.to_string()).unwrap();
    let prometheus = read("prometheus.yml");
    let prometheus = changed(&prometheus, "127.0.0.1:8480", &cloud.gateway.to_string());
    let prometheus = changed(&prometheus, "127.0.0.1:9093", &alertmanager.address().to_string());
    let prometheus = ["scrape_interval", "evaluation_interval"]
        .into_iter()
        .fold(prometheus, |text, name| at_once(&text, name));
    let config = folder.join("prometheus.yml");
    std::fs::write(&config, prometheus).unwrap();
    let prometheus = start_prometheus(&config, folder).unwrap_or_else(|missing| panic!("{missing}"));
    (prometheus, alertmanager)
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in\n{text}");
    text.replace(from, to)
}

/// The text with every time of this name set to a second.
fn at_once(text: &str, name: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(&format!("{name}: ")) {
        Some((before, _)) if before.trim().is_empty() => format!("{before}{name}: 1s\n"),
        _ => format!("{line}\n"),
    });
    let changed: String = lines.collect();
    assert_ne!(changed, text, "`{name}` is not in it");
    changed
}

/// What an expression comes to, where it is one value.
fn value(prometheus: &Watcher, expression: &str) -> Option<f64> {
    let expression: String = expression
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let said = prometheus.get(&format!("/api/v1/query?query={expression}")).ok()?;
    let said: Value = serde_json::from_str(&said).ok()?;
    match said["data"]["result"].as_array()?.as_slice() {
        [one] => one["value"][1].as_str()?.parse().ok(),
        _ => None,
    }
}

/// The alerts that are open in the owner's inbox and speak of the till being away.
async fn open_alarms(owner: &CloudClient) -> Vec<String> {
    let inbox =
        owner.ask(Method::GET, "/api/v1/notices?open=true&event=alert&limit=100", None).await.unwrap();
    let names =
        inbox["items"].as_array().unwrap().iter().filter_map(|notice| notice["data"]["name"].as_str());
    names
        .filter(|name| ["TillNotScraped", "TillOffline", "StoreOffline"].contains(name))
        .map(str::to_owned)
        .collect()
}
