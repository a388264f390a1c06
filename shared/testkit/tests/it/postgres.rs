//! The private PostgreSQL.

use testkit::postgres;

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
