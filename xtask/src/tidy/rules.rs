//! The rules as data: who may depend on whom, what is pure, what is excused and why.

/// Which crates of ours a crate may depend on. A crate that is not here may not exist.
pub(super) const GRAPH: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("service", &[]),
    ("sync-core", &["domain"]),
    ("wire", &["domain", "sync-core"]),
    ("testkit", &["domain"]),
    ("vision", &["domain"]),
    ("cloud-core", &["domain"]),
    ("cloud-demand", &["domain"]),
    ("cloud-docs", &["domain"]),
    ("cloud-store", &["cloud-core", "domain", "sync-core"]),
    ("edge-core", &["domain"]),
    ("edge-devices", &["domain"]),
    ("edge-store", &["domain", "sync-core"]),
    (
        "edge-daemon",
        &["domain", "edge-core", "edge-devices", "edge-store", "service", "sync-core", "vision", "wire"],
    ),
    ("edge-cli", &["domain", "edge-devices", "edge-store", "service", "sync-core", "vision", "wire"]),
    (
        "cloud-server",
        &[
            "cloud-core",
            "cloud-demand",
            "cloud-docs",
            "cloud-store",
            "domain",
            "service",
            "sync-core",
            "vision",
            "wire",
        ],
    ),
    (
        "e2e",
        &[
            "cloud-core",
            "cloud-demand",
            "cloud-docs",
            "cloud-server",
            "cloud-store",
            "domain",
            "edge-cli",
            "edge-core",
            "edge-daemon",
            "edge-devices",
            "edge-store",
            "service",
            "sync-core",
            "testkit",
            "vision",
            "wire",
        ],
    ),
    ("xtask", &[]),
];

/// For tests only: a development dependency of anybody, and a real one of `e2e` alone.
pub(super) const TEST_ONLY: &str = "testkit";

/// Foreign crates by name, each with the features that may be switched on.
pub(super) type Foreign = &'static [(&'static str, &'static [&'static str])];

/// The crates that do no I/O, read no clock and draw no random number, with the foreign crates and features they may use.
pub(super) const PURE: &[(&str, Foreign)] = &[
    ("domain", &[("thiserror", &[]), ("uuid", &["std"])]),
    ("cloud-core", &[("rust-stemmers", &[]), ("rust_decimal", &["serde-str", "std"]), ("thiserror", &[])]),
    ("cloud-demand", &[("thiserror", &[])]),
    ("edge-core", &[("thiserror", &[])]),
    (
        "sync-core",
        &[("serde", &["derive"]), ("serde_json", &["raw_value"]), ("sha2", &[]), ("thiserror", &[])],
    ),
];

/// What a pure crate must not name, and why.
pub(super) const IMPURE: &[(&str, &str)] = &[
    ("std::fs", "the shell reads and writes files"),
    ("std::net", "the shell talks to the network"),
    ("std::env", "the shell reads the configuration and passes it in"),
    ("std::process", "the shell starts programs"),
    ("std::thread", "the shell owns threads"),
    ("std::time::SystemTime", "the shell reads the clock and passes `domain::time::Now` in"),
    ("std::time::Instant", "the shell reads the clock and passes `domain::time::Now` in"),
    ("std::collections::HashMap", "its order differs from run to run: use BTreeMap"),
    ("std::collections::HashSet", "its order differs from run to run: use BTreeSet"),
];

/// Foreign crates that only these crates may depend on, so that what they stand for stays in one room.
pub(super) const ROOMS: &[(&str, &[&str], &str)] = &[
    ("rusqlite", &["edge-store", "e2e"], "only the store sees SQL"),
    ("sqlx", &["cloud-store"], "only the store sees SQL"),
    ("ort", &["vision"], "only vision sees ONNX"),
    ("prost", &["wire"], "only wire sees protobuf"),
    ("hnsw_rs", &["vision"], "only vision sees the index"),
    ("nokhwa", &["edge-devices"], "only edge-devices opens /dev"),
    ("axum", &["cloud-server", "edge-daemon"], "only the daemon and the gateway serve HTTP"),
    (
        "tokio",
        &["cloud-server", "cloud-store", "edge-cli", "edge-daemon", "service", "e2e", "testkit"],
        "the others are synchronous",
    ),
    (
        "anyhow",
        &["cloud-server", "edge-daemon", "edge-cli", "service", "e2e", "testkit", "xtask"],
        "libraries name their causes: use thiserror",
    ),
];

/// Crates whose root denies unsafe code where the others forbid it, and why.
pub(super) const UNSAFE_ALLOWED: &[(&str, &str)] = &[];

/// The one crate that starts tasks and threads.
pub(super) const SPAWNER: &str = "service";

/// The longest file and function, in lines, tests not counted.
pub(super) const FILE_MAX_LINES: usize = 500;
pub(super) const FUNCTION_MAX_LINES: usize = 70;

/// Files that may be longer, how long, and why.
pub(super) const LONG_FILES: &[(&str, usize, &str)] = &[
    (
        "cloud/dashboard/src/api/schema.d.ts",
        8000,
        "made by openapi-typescript from the cloud's description, which has as many shapes",
    ),
    ("cloud/dashboard/src/i18n/languages/en.ts", 1200, "a language is one file, so that another is one more"),
    ("cloud/dashboard/src/i18n/languages/ru.ts", 1200, "a language is one file, so that another is one more"),
];

/// Functions that may be longer, as `path::name`, how long, and why.
pub(super) const LONG_FUNCTIONS: &[(&str, usize, &str)] = &[];

/// Host of the public npm registry: a lock file that names another works on one machine only.
pub(super) const NPM_HOST: &str = "https://registry.npmjs.org/";
