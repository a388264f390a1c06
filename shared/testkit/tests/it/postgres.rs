//! The private PostgreSQL.

use std::time::Duration;

use testkit::postgres;
use testkit::wait::wait_until;

#[test]
fn a_crashed_server_keeps_what_was_committed() {
    let server = match postgres::start() {
        Ok(server) => server,
        Err(reason) => return eprintln!("SKIPPED: the private PostgreSQL because {reason}"),
    };
    let folder = server.folder();
    let psql = |sql: &str| server.run("psql", &["-U", "postgres", "-h", &folder, "-Atc", sql]);
    psql("CREATE TABLE kept AS SELECT 7 AS number").unwrap();
    server.crash().unwrap();
    assert!(psql("SELECT 1").is_err());
    server.start_again().unwrap();
    assert_eq!(psql("SELECT number FROM kept").unwrap(), "7\n");
    drop(server);
    assert!(!std::path::Path::new(&folder).exists(), "its folder goes with it");
}

#[test]
fn a_killed_server_comes_back_once_its_last_processes_are_gone() {
    let server = match postgres::start_durable() {
        Ok(server) => server,
        Err(reason) => return eprintln!("SKIPPED: the private PostgreSQL because {reason}"),
    };
    let folder = server.folder();
    let psql = |sql: &str| server.run("psql", &["-U", "postgres", "-h", &folder, "-Atc", sql]);
    psql("CREATE TABLE kept AS SELECT 7 AS number").unwrap();
    std::thread::scope(|scope| {
        // A query that never waits does not notice that the first process is gone.
        let busy = scope.spawn(|| psql("SELECT count(*) FROM generate_series(1, 10000000)"));
        let begun = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%series%' AND state = 'active'";
        wait_until("the query to begin", Duration::from_secs(20), || psql(begun).unwrap() == "2\n").unwrap();
        server.kill().unwrap();
        server.start_again().unwrap();
        // It may have been done before the kill.
        let _ = busy.join().unwrap();
    });
    assert_eq!(psql("SELECT number FROM kept").unwrap(), "7\n");
}

#[test]
fn only_a_durable_server_waits_for_the_disk() {
    for (started, expected) in [(postgres::start(), "off\n"), (postgres::start_durable(), "on\n")] {
        let server = match started {
            Ok(server) => server,
            Err(reason) => return eprintln!("SKIPPED: the private PostgreSQL because {reason}"),
        };
        let folder = server.folder();
        let said = server.run("psql", &["-U", "postgres", "-h", &folder, "-Atc", "SHOW fsync"]);
        assert_eq!(said.unwrap(), expected);
    }
}
