//! Each check is shown a tree that breaks its rule, and one that does not.

use super::tree::{Crate, Dependency, File};
use super::*;

const ROOT: &str = "//! A crate.\n#![forbid(unsafe_code)]\n";

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: Some(text.to_owned()) }
}

/// A tree of single files.
fn files(all: &[(&str, &str)]) -> Tree {
    Tree { files: all.iter().map(|(path, text)| file(path, text)).collect(), crates: Vec::new() }
}

/// A tree of one crate with a proper manifest and root.
fn one_crate(name: &str, folder: &str, dependencies: Vec<Dependency>) -> Tree {
    let mut manifest = String::from("[package]\n");
    for field in ["version", "edition", "rust-version", "license", "publish"] {
        manifest += &format!("{field}.workspace = true\n");
    }
    manifest += "[lints]\nworkspace = true\n[dependencies]\n";
    for dependency in &dependencies {
        manifest += &format!("{}.workspace = true\n", dependency.name);
    }
    let root = format!("{folder}/src/lib.rs");
    let files = vec![file(&format!("{folder}/Cargo.toml"), &manifest), file(&root, ROOT)];
    Tree {
        files,
        crates: vec![Crate { name: name.into(), folder: folder.into(), dependencies, roots: vec![root] }],
    }
}

fn needs(name: &str, internal: bool) -> Dependency {
    Dependency { name: name.into(), dev: false, internal, features: Vec::new() }
}

fn dev(name: &str, internal: bool) -> Dependency {
    Dependency { dev: true, ..needs(name, internal) }
}

/// The findings as text, each without its way out.
fn found(tree: &Tree) -> Vec<String> {
    check(tree).into_iter().map(|f| format!("{}:{}: {}", f.path, f.line, f.what)).collect()
}

#[track_caller]
fn finds(tree: &Tree, expected: &str) {
    let found = found(tree);
    assert_eq!(found, [expected]);
}

#[track_caller]
fn is_clean(tree: &Tree) {
    assert_eq!(found(tree), [""; 0]);
}

#[test]
fn a_finding_names_the_place_the_fault_and_the_way_out() {
    let tree = one_crate("edge-core", "edge/edge-core", vec![needs("service", true)]);
    let finding = check(&tree).remove(0).to_string();
    let expected = "edge/edge-core/Cargo.toml:10: `edge-core` depends on `service`, but may use domain: turn the \
                    dependency round, or change docs/decisions/0001 and GRAPH in xtask/src/tidy/rules.rs";
    assert_eq!(finding, expected);
}

#[test]
fn the_graph_points_one_way() {
    let wrong = [
        ("domain", "shared/domain", "vision", "`domain` depends on `vision`, but may use nothing of ours"),
        (
            "edge-store",
            "edge/edge-store",
            "testkit",
            "`edge-store` depends on `testkit`, which is for tests only",
        ),
        (
            "edge-cli",
            "edge/edge-cli",
            "cloud-core",
            "`edge-cli` depends on `cloud-core`, but edge and cloud never depend on each other",
        ),
    ];
    for (name, folder, used, what) in wrong {
        finds(&one_crate(name, folder, vec![needs(used, true)]), &format!("{folder}/Cargo.toml:10: {what}"));
    }
    is_clean(&one_crate("edge-cli", "edge/edge-cli", vec![needs("vision", true), dev("testkit", true)]));
    is_clean(&one_crate("e2e", "e2e", vec![needs("testkit", true), needs("edge-daemon", true)]));
    let unknown = one_crate("shared-utils", "shared/shared-utils", Vec::new());
    finds(&unknown, "shared/shared-utils/Cargo.toml:1: crate `shared-utils` is not in the graph");
}

#[test]
fn what_belongs_in_one_room_stays_there() {
    let sql = one_crate("edge-daemon", "edge/edge-daemon", vec![needs("rusqlite", false)]);
    finds(
        &sql,
        "edge/edge-daemon/Cargo.toml:10: `edge-daemon` depends on `rusqlite`: only the store sees SQL",
    );
    is_clean(&one_crate("edge-store", "edge/edge-store", vec![needs("rusqlite", false)]));
}

#[test]
fn pure_crates_use_only_what_is_listed() {
    let clock = one_crate("domain", "shared/domain", vec![needs("jiff", false)]);
    finds(&clock, "shared/domain/Cargo.toml:10: pure crate `domain` depends on `jiff`");
    let random = Dependency { features: vec!["v7".into()], ..needs("uuid", false) };
    let random = one_crate("domain", "shared/domain", vec![random]);
    finds(&random, "shared/domain/Cargo.toml:10: pure crate `domain` switches on feature `v7` of `uuid`");
    is_clean(&one_crate("domain", "shared/domain", vec![needs("thiserror", false), dev("proptest", false)]));
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let with = |body: &str| {
        let mut tree = one_crate("edge-core", "edge/edge-core", Vec::new());
        tree.files.push(file("edge/edge-core/src/a.rs", body));
        tree
    };
    let wrong = [
        ("use std::fs;", "names `std::fs`"),
        ("use std::{fmt, net::TcpStream};", "names `std::net`"),
        ("use std::time::{Duration, Instant};", "names `std::time::Instant`"),
        ("use std::time;", "brings in `std::time` whole, and `std::time::SystemTime` with it"),
        (
            "use std::collections::*;",
            "brings in `std::collections` whole, and `std::collections::HashMap` with it",
        ),
        ("fn f() { let _ = std::time::SystemTime::now(); }", "names `std::time::SystemTime`"),
        ("fn f() -> Option<std::process::Child> { None }", "names `std::process`"),
        ("use std::env as e;", "names `std::env`"),
        ("use std::thread::{self};", "names `std::thread`"),
    ];
    for (body, what) in wrong {
        finds(&with(body), &format!("edge/edge-core/src/a.rs:1: a pure crate {what}"));
    }
    is_clean(&with(
        "use std::collections::BTreeMap;\nuse std::time::Duration;\n#[cfg(test)]\nmod t { use std::fs; }",
    ));
    let mut shell = one_crate("edge-store", "edge/edge-store", Vec::new());
    shell.files.push(file("edge/edge-store/src/a.rs", "use std::fs;"));
    is_clean(&shell);
}

#[test]
fn manifests_take_versions_and_lints_from_the_root() {
    let mut tree = one_crate("xtask", "xtask", Vec::new());
    tree.files[0].text.as_mut().unwrap().push_str("serde = \"1\"\n");
    finds(&tree, "xtask/Cargo.toml:10: `serde` is not taken from the workspace");

    let mut tree = one_crate("xtask", "xtask", Vec::new());
    let text = tree.files[0].text.take().unwrap();
    tree.files[0].text =
        Some(text.replace("version.workspace = true\ned", "version = \"3\"\ned").replace("[lints]", "[x]"));
    let lines = found(&tree);
    assert_eq!(
        lines,
        [
            "xtask/Cargo.toml:1: the lints of the workspace are not taken",
            "xtask/Cargo.toml:2: `version` is not taken from the workspace",
        ]
    );
}

#[test]
fn a_folder_is_named_as_its_crate() {
    let tree = one_crate("edge-store", "edge/store", Vec::new());
    finds(&tree, "edge/store/Cargo.toml:1: crate `edge-store` lies in folder `store`");
}

#[test]
fn npm_packages_are_locked_to_the_public_registry() {
    let lock = |host: &str| format!("{{\n  \"resolved\": \"https://{host}/react/-/react-19.0.0.tgz\",\n}}\n");
    let mirror = files(&[("ui/package-lock.json", &lock("mirror.example/npm"))]);
    finds(&mirror, "ui/package-lock.json:2: packages are locked to the registry `mirror.example`");
    is_clean(&files(&[("ui/package-lock.json", &lock("registry.npmjs.org"))]));
}

#[test]
fn a_root_says_what_the_crate_is_and_forbids_unsafe_code() {
    let with_root = |text: &str| {
        let mut tree = one_crate("xtask", "xtask", Vec::new());
        tree.files[1].text = Some(text.to_owned());
        tree
    };
    finds(
        &with_root("#![forbid(unsafe_code)]\n"),
        "xtask/src/lib.rs:1: a crate's root does not say what the crate is",
    );
    finds(&with_root("//! Text.\n"), "xtask/src/lib.rs:1: a crate's root does not forbid unsafe code");
}

#[test]
fn tests_of_a_crate_are_one_program() {
    finds(
        &files(&[("edge/edge-store/tests/journal.rs", "")]),
        "edge/edge-store/tests/journal.rs:1: `journal.rs` is a test program of its own",
    );
    is_clean(&files(&[
        ("edge/edge-store/tests/it/main.rs", ""),
        ("edge/edge-store/tests/it/journal.rs", ""),
    ]));
}

#[test]
fn only_service_starts_tasks_and_threads() {
    for (body, name) in [
        ("fn f() { tokio::spawn(async {}); }", "tokio::spawn"),
        ("fn f() { std::thread::spawn(|| ()); }", "std::thread::spawn"),
        ("use std::thread;\nfn f() {\n    thread::spawn(|| ());\n}", "thread::spawn"),
    ] {
        let line = body.lines().count().clamp(1, 3);
        finds(
            &files(&[("a/src/a.rs", body)]),
            &format!("a/src/a.rs:{line}: `{name}` starts what nobody names or joins"),
        );
        is_clean(&files(&[("a/tests/it/a.rs", body)]));
        let mut service = one_crate("service", "shared/service", Vec::new());
        service.files.push(file("shared/service/src/a.rs", body));
        is_clean(&service);
    }
    is_clean(&files(&[(
        "a/src/a.rs",
        "fn f() { std::thread::Builder::new().spawn(|| ()); tasks.spawn(1); }",
    )]));
}

#[test]
fn files_and_functions_are_short_but_tests_are_not_counted() {
    let lines = |n: usize| "    let _ = 0;\n".repeat(n);
    let long = format!("fn f() {{\n{}}}\n", lines(69));
    finds(&files(&[("a/src/a.rs", &long)]), "a/src/a.rs:1: function `f` has 71 lines, the limit is 70");
    is_clean(&files(&[("a/src/a.rs", &format!("fn f() {{\n{}}}\n", lines(68)))]));
    let method =
        format!("struct A;\nimpl A {{\n    /// Text.\n    fn g(&self) {{\n{}    }}\n}}\n", lines(69));
    finds(&files(&[("a/src/a.rs", &method)]), "a/src/a.rs:4: function `g` has 71 lines, the limit is 70");

    let many = "struct S;\n".repeat(501);
    finds(&files(&[("a/src/a.rs", &many)]), "a/src/a.rs:501: 501 lines, the limit is 500");
    let tested = format!(
        "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
        "struct S;\n".repeat(500),
        "    struct S;\n".repeat(90)
    );
    is_clean(&files(&[("a/src/a.rs", &tested)]));
    for test in ["a/src/tests.rs", "a/tests/it/a.rs", "ui/src/App.test.tsx"] {
        is_clean(&files(&[(test, &many)]));
    }
    finds(&files(&[("ui/src/App.tsx", &many)]), "ui/src/App.tsx:501: 501 lines, the limit is 500");
}

#[test]
fn unfinished_work_shows() {
    for (body, what) in [
        ("fn f() { todo!() }", "`todo!` stands for unfinished work"),
        ("fn f() { g(vec![unimplemented!()]) }", "`unimplemented!` stands for unfinished work"),
        ("fn f() { std::dbg!(1); }", "`dbg!` stands for unfinished work"),
        (
            "#[test]\nfn f() {}\n#[test] #[ignore = \"slow\"] fn g() {}",
            "a test that does not run proves nothing",
        ),
    ] {
        let line = body.lines().count();
        finds(&files(&[("a/src/a.rs", body)]), &format!("a/src/a.rs:{line}: {what}"));
    }
    is_clean(&files(&[("a/src/a.rs", "fn f() -> &'static str { \"todo!() and #[ignore]\" }\nfn todo() {}")]));
}

#[test]
fn a_mark_stands_over_an_assertion() {
    let mark = concat!("FIX", "ME");
    let alone = format!("fn f() {{}} // {mark}: wrong\nfn g() {{}}\n");
    finds(&files(&[("a/src/a.rs", &alone)]), &format!("a/src/a.rs:1: `{mark}` without an assertion"));
    finds(
        &files(&[("a/a.py", &format!("\nx = 1  # {mark}\n"))]),
        &format!("a/a.py:2: `{mark}` without an assertion"),
    );
    is_clean(&files(&[(
        "a/tests/it/a.rs",
        &format!("fn f() {{\n    // {mark}: should be 3\n    assert_eq!(f(), 2);\n}}\n"),
    )]));
}

#[test]
fn paths_of_one_machine_show() {
    let folder = concat!("/ho", "me/");
    for text in [format!("see {folder}me/x"), format!("\"{folder}\""), format!("{folder}a")] {
        finds(&files(&[("a.md", &text)]), &format!("a.md:1: `{folder}` is a folder of one machine"));
    }
    is_clean(&files(&[("a.md", &format!("https://example.org{folder}x and $T{folder} and ~{folder}"))]));
}

#[test]
fn links_lead_somewhere() {
    let text = "# A\n\n[here](b.md#part), [up](../README.md), [folder](../docs), [out](https://example.org)\n[gone](c.md)\n";
    let tree = files(&[
        ("docs/a.md", text),
        ("docs/b.md", ""),
        ("README.md", "[docs]: docs/a.md\n[no]: docs/z.md\n"),
    ]);
    assert_eq!(
        found(&tree),
        ["README.md:2: the link `docs/z.md` leads nowhere", "docs/a.md:4: the link `c.md` leads nowhere"]
    );
    is_clean(&files(&[("a.md", "`[x](gone.md)`\n```\n[y](gone.md)\n```\n[above](#a)\n")]));
}
