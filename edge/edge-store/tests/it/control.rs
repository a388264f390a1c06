//! The control socket, and finding the way to a store.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use domain::ids::{Generation, SequenceNumber};
use edge_store::control::{Access, AccessError, Host, listen, serve_connection, socket_path};
use edge_store::{Change, ChangeKind, GivenPicture, OpenError, Store, ViewChange};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::pictures::with_pictures;
use crate::samples::{catalogue, model, open, sale, till, view};

/// A store behind its socket, as the daemon serves it, for the time of `act`. Gives the changes that were announced.
fn serve(store: &Store, connections: usize, act: impl FnOnce()) -> Vec<Change> {
    let listener = listen(store.dir()).unwrap();
    let changes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let (listener, changes) = (&listener, &changes);
        let server = scope.spawn(move || {
            thread::scope(|scope| {
                for _ in 0..connections {
                    let (stream, _) = listener.accept().unwrap();
                    scope.spawn(move || {
                        let host = Host {
                            on_change: &|change| changes.lock().unwrap().push(change),
                            status: &|| json!({"phase": "idle"}),
                            extra: &|name, body| match name {
                                "enroll_camera" => Some(Ok(json!({"echo": body}))),
                                "broken" => Some(Err("the camera is gone: plug it in".to_owned())),
                                _ => None,
                            },
                        };
                        serve_connection(&stream, store, host).unwrap();
                    });
                }
            });
        });
        act();
        server.join().unwrap();
    });
    changes.into_inner().unwrap()
}

fn ask(stream: &mut BufReader<UnixStream>, line: &str) -> Value {
    stream.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_line(&mut answer).unwrap();
    serde_json::from_str(&answer).unwrap()
}

/// The same steps, whatever the way.
fn use_everything(access: &mut Access) {
    assert_eq!(access.catalogue().unwrap(), None);
    assert_eq!(access.views().unwrap(), None);
    assert_eq!(access.publish_catalogue(&catalogue(30, 100)).unwrap(), Generation(1));
    assert_eq!(access.publish_catalogue(&catalogue(30, 100)).unwrap(), Generation(1));
    let add: Vec<_> = (0..5000).map(|number| view(number, number % 30)).collect();
    let change = ViewChange {
        add: add.clone(),
        calibration_json: Some("{}".to_owned()),
        expected: Some(Generation(1)),
        ..ViewChange::new(model())
    };
    assert_eq!(access.publish_views(change.clone()).unwrap(), Generation(2));
    let error = access.publish_views(change).unwrap_err();
    assert!(
        error.to_string().contains("the newest generation is 2, but the change was made for 1"),
        "{error}"
    );
    let enrolled = access.views().unwrap().unwrap();
    assert_eq!((enrolled.generation, enrolled.model, enrolled.views), (Generation(2), model(), add));
    assert_eq!(access.view_origins().unwrap(), Some((Generation(2), BTreeMap::new())));
    assert_eq!(access.rollback(Generation(1)).unwrap(), Generation(3));
    assert_eq!(access.catalogue().unwrap().unwrap(), (Generation(3), catalogue(30, 100)));
    assert_eq!(access.generations().unwrap()[1].views, 5000);

    // More than fits into one request, with pictures.
    let many = with_pictures((6000..8600).map(|number| view(number, number % 30)).collect());
    let (first, picture) = match many.pictures.first_key_value() {
        Some((&first, GivenPicture::New(picture))) => (first, picture.clone()),
        other => panic!("{other:?}"),
    };
    access.publish_views(many).unwrap();
    let (generation, origins) = access.view_origins().unwrap().unwrap();
    assert_eq!((generation, origins.len()), (Generation(4), 2600));
    let asked: Vec<_> = origins.values().copied().take(100).collect();
    assert!(access.view_pictures(&asked).unwrap().iter().all(Result::is_ok));
    assert_eq!(access.view_pictures(&[origins[&first], picture.hash()]).unwrap(), vec![Ok(picture); 2]);
    let report = access.verify_views().unwrap();
    assert_eq!((report.views, report.with_picture, report.bad), (7600, 2600, 0));
    assert_eq!(access.rollback(Generation(3)).unwrap(), Generation(5));

    let listed = access.sales(SequenceNumber(1), 10).unwrap();
    assert_eq!(listed.iter().map(|(_, sale)| sale.clone()).collect::<Vec<_>>(), [sale(2), sale(3)]);
    assert_eq!(access.sales_before(None, 1).unwrap(), [listed[1].clone()]);
    assert_eq!(access.sale(sale(2).id).unwrap().unwrap(), listed[0]);
    assert_eq!(access.sale(sale(9).id).unwrap(), None);
    let report = access.verify().unwrap();
    assert!(report.ok && report.entries == 3 && report.head_hash == listed[1].0.hash, "{report:?}");

    access.set_setting("kiosk.language", Some("ru")).unwrap();
    access.set_setting("b", Some("1")).unwrap();
    access.set_setting("b", None).unwrap();
    assert_eq!(access.settings().unwrap(), [("kiosk.language".to_owned(), "ru".to_owned())]);
    let status = access.status().unwrap();
    assert_eq!((status.till.as_str(), status.generation, status.journal_head), ("acme/corner/till-1", 5, 3));
    assert_eq!((status.outbox, status.open_intents, status.disk_low), (3, 0, false));
}

fn store_with_sales(dir: &Path) -> Store {
    let store = open(dir);
    for number in 1..=3 {
        store.commit_sale(&sale(number)).unwrap();
    }
    store
}

#[test]
fn a_store_does_the_same_directly_and_through_its_daemon() {
    let direct = tempdir().unwrap();
    drop(store_with_sales(direct.path()));
    let mut access = Access::open(direct.path()).unwrap();
    assert!(matches!(access, Access::Direct(_)));
    use_everything(&mut access);
    assert_eq!(access.status().unwrap().daemon, Value::Null);
    let error = access.extra("enroll_camera", Value::Null).unwrap_err();
    assert_eq!(error.to_string(), "`enroll_camera` needs a running till: start `tillsightd`");

    let served = tempdir().unwrap();
    let store = store_with_sales(served.path());
    let changes = serve(&store, 1, || {
        let mut access = Access::open(served.path()).unwrap();
        assert!(matches!(access, Access::Daemon(_)));
        use_everything(&mut access);
        assert_eq!(access.status().unwrap().daemon, json!({"phase": "idle"}));
        assert_eq!(
            access.extra("enroll_camera", json!({"product": "lime"})).unwrap(),
            json!({"echo": {"product": "lime"}})
        );
        let error = access.extra("broken", Value::Null).unwrap_err();
        assert_eq!(error.to_string(), "the camera is gone: plug it in");
        let error = access.extra("dance", Value::Null).unwrap_err();
        assert!(matches!(error, AccessError::Refused { code, .. } if code == "unknown_operation"));
    });
    assert_eq!(
        changes,
        [
            Change::Generation(Generation(1), ChangeKind::Catalogue),
            Change::Generation(Generation(2), ChangeKind::Views),
            Change::Generation(Generation(3), ChangeKind::Rollback),
            Change::Generation(Generation(4), ChangeKind::Views),
            Change::Generation(Generation(5), ChangeKind::Rollback),
            Change::Setting("kiosk.language".to_owned()),
            Change::Setting("b".to_owned()),
            Change::Setting("b".to_owned()),
        ]
    );
}

#[test]
fn the_socket_is_for_its_owner_and_replaces_a_dead_one() {
    let dir = tempdir().unwrap();
    drop(listen(dir.path()).unwrap());
    drop(listen(dir.path()).unwrap());
    let mode = std::fs::metadata(socket_path(dir.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A dead daemon's socket does not keep the tool from opening the store itself.
    drop(open(dir.path()));
    assert!(matches!(Access::open(dir.path()).unwrap(), Access::Direct(_)));
}

#[test]
fn a_till_that_is_not_there_or_does_not_answer_is_told_apart() {
    let dir = tempdir().unwrap();
    let error = Access::open(dir.path()).unwrap_err();
    assert!(matches!(error, AccessError::Open(OpenError::Missing { .. })), "{error}");
    let mut access = Access::open_or_create(dir.path(), &till()).unwrap();
    assert_eq!(access.status().unwrap().till, "acme/corner/till-1");
    drop(access);

    let _store = open(dir.path());
    let error = Access::open(dir.path()).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, AccessError::NoAnswer { .. }), "{text}");
    assert!(text.contains("is in use by process") && text.contains("systemctl status tillsightd"), "{text}");
}

#[test]
fn bad_requests_are_answered_with_what_is_wrong_and_the_connection_goes_on() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    let changes = serve(&store, 1, || {
        let mut stream = BufReader::new(UnixStream::connect(socket_path(dir.path())).unwrap());
        for (line, code, text) in [
            ("", "bad_request", "is not JSON"),
            ("[1]", "bad_request", "is a JSON object"),
            (
                "{\"op\":\"status\"}",
                "wrong_version",
                "no version of the protocol, this till speaks version 1",
            ),
            ("{\"v\":2,\"op\":\"status\"}", "wrong_version", "has version 2 of the protocol"),
            ("{\"v\":1}", "bad_request", "has no `op`"),
            ("{\"v\":1,\"op\":\"dance\"}", "unknown_operation", "`dance`"),
            ("{\"v\":1,\"op\":\"rollback\"}", "bad_request", "missing field `to`"),
            ("{\"v\":1,\"op\":\"rollback\",\"to\":7}", "no_such_generation", "there are none"),
            ("{\"v\":1,\"op\":\"sale\",\"id\":\"x\"}", "bad_request", "`x` is not a sale id"),
            ("{\"v\":1,\"op\":\"sales\",\"after\":1,\"before\":2,\"limit\":1}", "bad_request", "not both"),
            ("{\"v\":1,\"op\":\"publish_catalogue\",\"catalogue\":\"{}\"}", "bad_request", "missing field"),
            (
                "{\"v\":1,\"op\":\"publish_views\",\"model\":\"m\",\"add\":[{\"id\":\"x\",\"product\":\"p\",\"vector\":\"0g\"}]}",
                "bad_request",
                "is not hexadecimal",
            ),
            (
                "{\"v\":1,\"op\":\"set_setting\",\"key\":\"A B\",\"value\":\"\"}",
                "refused",
                "no name for a setting",
            ),
        ] {
            let answer = ask(&mut stream, line);
            assert_eq!(answer["error"]["code"], code, "{line}: {answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(text), "{line}: {answer}");
        }
        let answer = ask(&mut stream, "{\"v\":1,\"op\":\"status\"}");
        assert_eq!(answer["ok"]["generation"], 0, "{answer}");
        // Two requests in one piece, the second in two.
        let piece = "{\"v\":1,\"op\":\"generations\"}\n{\"v\":1,\"op\":\"sett";
        stream.get_mut().write_all(piece.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_line(&mut answer).unwrap();
        assert_eq!(answer, "{\"v\":1,\"ok\":[]}\n");
        assert_eq!(ask(&mut stream, "ings\"}")["ok"], json!([]));
    });
    assert_eq!(changes, []);
}

#[test]
fn a_request_without_end_is_cut_off() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    serve(&store, 1, || {
        let mut stream = UnixStream::connect(socket_path(dir.path())).unwrap();
        let block = vec![b'x'; 1024 * 1024];
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        // The till stops reading at its limit; what is still under way is refused.
        for _ in 0..66 {
            if stream.write_all(&block).is_err() {
                break;
            }
        }
        let mut answer = String::new();
        // The answer may be lost when the connection is reset under what was still being sent.
        if reader.read_line(&mut answer).is_ok() && !answer.is_empty() {
            assert!(answer.contains("too_large"), "{answer}");
        }
    });
}
