//! The private Redis.

use std::net::TcpStream;
use std::time::Duration;

use testkit::redis;
use testkit::wait::wait_until;

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn begins_empty_after_a_crash_and_ends_with_its_guard() {
    let redis = match redis::start() {
        Ok(redis) => redis,
        Err(missing) => return eprintln!("SKIPPED: the private Redis because {missing}"),
    };
    let address = redis.url().rsplit('@').next().unwrap().trim_end_matches("/0").to_owned();
    assert_eq!(redis.ask("SET kept 1").unwrap(), "+OK\r\n");
    redis.crash().unwrap();
    assert!(redis.ask("PING").is_err());
    redis.start_again().unwrap();
    assert_eq!(redis.ask("GET kept").unwrap(), "$-1\r\n");
    assert!(redis.ask("PING").unwrap().starts_with("+PONG"));
    drop(redis);
    wait_until("Redis to be gone", LIMIT, || TcpStream::connect(&address).is_err()).unwrap();
}
