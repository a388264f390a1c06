//! What is impossible is named, and nothing secret is shown.

use super::*;

/// The keys found impossible after this change of the defaults.
fn impossible_with(change: &str) -> Vec<String> {
    let mut table: toml::Table = DEFAULT_TOML.parse().unwrap();
    let changes: toml::Table = change.parse().unwrap();
    for (section, values) in changes {
        let section = table.get_mut(&section).unwrap().as_table_mut().unwrap();
        section.extend(values.as_table().unwrap().clone());
    }
    let found = table.try_into::<Config>().unwrap().impossible();
    found.into_iter().map(|impossible| impossible.key).collect()
}

#[test]
fn the_default_is_whole_and_sane() {
    assert_eq!(impossible_with(""), [""; 0]);
}

#[test]
fn names_the_key_of_an_impossible_value() {
    for (change, key) in [
        ("database.url = \"mysql://x\"", "database.url"),
        ("http.tls_key = \"key.pem\"", "http.tls_certificate"),
        ("http.tls_certificate = \"chain.pem\"", "http.tls_key"),
        ("http.head_max_bytes = 100", "http.head_max_bytes"),
        ("cache.url = \"memcached://host\"", "cache.url"),
        ("cache.answers_ms = 600000", "cache.answers_ms"),
        ("rate.person_burst = 0", "rate.person_burst"),
        ("blobs.kind = \"s3\"\nblobs.bucket = \"b\"\nblobs.access_key_id = \"a\"", "blobs.secret_access_key"),
        ("sheets.url = \"sheets\"", "sheets.url"),
        ("sheets.writes_per_minute = 0", "sheets.writes_per_minute"),
        ("exports.kept_days = 0", "exports.kept_days"),
        ("hooks.events_kept_days = 1", "hooks.events_kept_days"),
        ("backups.daily = 5000", "backups.daily"),
        (
            "backups.kind = \"s3\"\nbackups.bucket = \"b\"\nbackups.access_key_id = \"a\"",
            "backups.secret_access_key",
        ),
        ("mqtt.kind = \"external\"", "mqtt.address"),
        ("mqtt.kind = \"external\"\nmqtt.address = \"mqtts://broker:8883\"", "mqtt.address"),
        ("mqtt.tills_address = \"broker\"", "mqtt.tills_address"),
        ("mqtt.certificate = \"cloud.pem\"", "mqtt.key"),
        ("mqtt.client_name = \"a/b/c\"", "mqtt.client_name"),
        ("mqtt.messages_per_second = 0", "mqtt.messages_per_second"),
        ("ca.server_names = []", "ca.server_names"),
        ("ca.till_certificate_hours = 0", "ca.till_certificate_hours"),
        ("worker.lease_ms = 1", "worker.lease_ms"),
        ("worker.listen = \"here\"", "worker.listen"),
        ("documents.readers = 0", "documents.readers"),
        ("documents.clamd = \"host\"", "documents.clamd"),
        ("documents.scan_command = [\"\"]", "documents.scan_command"),
        ("documents.page_time_ms = 5000\ndocuments.total_time_ms = 4000", "documents.total_time_ms"),
        ("parser.pace_ms = 999", "parser.pace_ms"),
        ("parser.user_agent = \"\"", "parser.user_agent"),
        ("parser.open_food_facts_url = \"file:///x\"", "parser.open_food_facts_url"),
        ("events.poll_ms = 1", "events.poll_ms"),
        ("events.prefix = \"a b\"", "events.prefix"),
        ("events.topics = [\"\"]", "events.topics"),
        ("events.bus = \"kafka\"", "kafka.brokers"),
        ("events.bus = \"kafka\"\nkafka.brokers = [\"host\"]", "kafka.brokers"),
        (
            "events.bus = \"kafka\"\nkafka.brokers = [\"h:1\"]\nkafka.sasl = \"PLAIN\"\nkafka.user = \"u\"",
            "kafka.password",
        ),
        ("language.attempts_max = 0", "language.attempts_max"),
        ("language.kind = \"gemini\"\nlanguage.key = \"k\"", "language.model"),
        ("language.kind = \"gemini\"\nlanguage.model = \"m\"", "language.key"),
        ("language.kind = \"openai\"\nlanguage.model = \"m\"\nlanguage.url = \"host\"", "language.url"),
        ("language.budget_per_day = -1.0", "language.budget_per_day"),
        ("monitoring.till_silent_s = 5", "monitoring.till_silent_s"),
        ("monitoring.checks = [{ name = \"A b\", url = \"http://h\" }]", "monitoring.checks"),
        ("monitoring.checks = [{ name = \"bank\", url = \"tcp://h\" }]", "monitoring.checks"),
        ("reports.hour = 24", "reports.hour"),
        ("telemetry.otlp_endpoint = \"https://h:1\"", "telemetry.otlp_endpoint"),
        ("telemetry.sample_ratio = 2.0", "telemetry.sample_ratio"),
        ("reports.languages = [\"fr\"]", "reports.languages"),
        ("notify.lease_ms = 1000", "notify.lease_ms"),
        ("notify.alertmanager_url = \"host\"", "notify.alertmanager_url"),
        ("telegram.token = \"t\"\ntelegram.url = \"\"", "telegram.url"),
        ("smtp.host = \"mail\"\nsmtp.from = \"nobody\"", "smtp.from"),
        ("smtp.user = \"u\"", "smtp.user"),
        (
            "smtp.host = \"m\"\nsmtp.from = \"a@b.example\"\nsmtp.user = \"u\"\nsmtp.password = \"p\"\nsmtp.security = \"none\"",
            "smtp.security",
        ),
        ("search.poll_ms = 1", "search.poll_ms"),
        ("search.engine = \"meilisearch\"", "meilisearch.url"),
        ("search.engine = \"meilisearch\"\nmeilisearch.url = \"host:7700\"", "meilisearch.url"),
        (
            "search.engine = \"meilisearch\"\nmeilisearch.url = \"http://h\"\nmeilisearch.index = \"a b\"",
            "meilisearch.index",
        ),
        ("events.bus = \"amqp\"", "amqp.url"),
        ("events.bus = \"amqp\"\namqp.url = \"http://host\"", "amqp.url"),
    ] {
        assert_eq!(impossible_with(change), [key], "{change}");
    }
}

#[test]
fn says_where_tills_reach_it() {
    let mut config: Config = DEFAULT_TOML.parse::<toml::Table>().unwrap().try_into().unwrap();
    assert_eq!(config.address_for_tills(), "https://localhost:8443");
    config.ca.server_names = vec!["2001:db8::7".to_owned()];
    assert_eq!(config.address_for_tills(), "https://[2001:db8::7]:8443");
}

#[test]
fn shows_no_secret_when_debugged() {
    let mut config: Config = DEFAULT_TOML.parse::<toml::Table>().unwrap().try_into().unwrap();
    config.database.url = "postgres://tillsight:hush@host/db".to_owned();
    config.blobs.secret_access_key = "hush".to_owned();
    config.backups.secret_access_key = "hush".to_owned();
    config.kafka.password = "hush".to_owned();
    config.amqp.url = "amqp://tillsight:hush@host".to_owned();
    config.cache.url = "redis://:hush@host".to_owned();
    config.meilisearch.key = "hush".to_owned();
    config.language.key = "hush".to_owned();
    assert!(!format!("{config:?}").contains("hush"));
}
