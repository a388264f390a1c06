//! While the till runs: everything goes through its control socket.

use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use edge_store::control::{Host, listen, serve_connection};
use serde_json::{Value, json};

use crate::support::{Bench, SHOP};

type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// Plays the daemon's part for so many connections; what it was asked of its own operations ends up in `asked`.
fn serve(till: &Bench, connections: usize, asked: &Asked) -> JoinHandle<()> {
    let store = till.store();
    let listener: UnixListener = listen(&till.data()).unwrap();
    let asked = Arc::clone(asked);
    std::thread::Builder::new()
        .name("daemon".to_owned())
        .spawn(move || {
            for stream in listener.incoming().take(connections) {
                let host = Host {
                    on_change: &|_| {},
                    status: &|| json!({"phase": "idle", "parts": [{"part": "camera", "state": "ok"}]}),
                    extra: &|operation, body| {
                        asked.lock().unwrap().push((operation.to_owned(), body.clone()));
                        (operation == "enroll_camera").then(|| Ok(json!({"generation": 5, "added": 3})))
                    },
                };
                serve_connection(&stream.unwrap(), &store, host).unwrap();
            }
        })
        .unwrap()
}

#[test]
fn reads_and_changes_a_running_till_through_its_socket() {
    let till = Bench::new("running");
    let asked = Asked::default();
    let daemon = serve(&till, 4, &asked);
    assert_eq!(till.json(["status"])["running"], true);
    let shown = till.must(["status"]);
    assert!(shown.contains("is running") && shown.contains("part camera, state ok"), "{shown}");
    let shop = till.write("shop.json", SHOP);
    assert_eq!(till.json(["catalog", "import", shop.to_str().unwrap()])["generation"], 1);
    assert_eq!(till.json(["catalog", "list"])["products"][0]["id"], "apple-red");
    daemon.join().unwrap();
}

#[test]
fn enrols_through_the_camera_of_a_running_till_only() {
    let till = Bench::new("camera");
    till.import_shop();
    let arguments = ["enroll", "--product", "lime", "--camera", "--count", "3", "--yes"];
    let stopped = till.run(arguments);
    assert_eq!(stopped.code, 1);
    assert!(stopped.stderr.contains("hint: start it: `systemctl start tillsightd`"), "{}", stopped.stderr);
    let asked = Asked::default();
    // One connection to look, another once the person has answered.
    let daemon = serve(&till, 2, &asked);
    assert_eq!(till.json(arguments)["generation"], 5);
    daemon.join().unwrap();
    let asked = asked.lock().unwrap();
    let (operation, body) = &asked[0];
    assert_eq!(
        (operation.as_str(), &body["product"], &body["count"]),
        ("enroll_camera", &json!("lime"), &json!(3))
    );
}
