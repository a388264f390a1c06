//! A till to try the tool on.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use edge_store::Store;
use serde_json::Value;
use testkit::build;
use testkit::scratch::Scratch;

/// A data directory with a store in it, and what the tool needs around it.
pub(crate) struct Bench {
    pub(crate) scratch: Scratch,
}

/// What a run of the tool came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    /// Nothing but empty folders.
    pub(crate) fn bare(name: &str) -> Self {
        let scratch = Scratch::new(name);
        std::fs::create_dir_all(scratch.join("data")).unwrap();
        Self { scratch }
    }

    /// With an empty store.
    pub(crate) fn new(name: &str) -> Self {
        let bench = Self::bare(name);
        drop(bench.store());
        bench
    }

    /// The store, opened by the test itself.
    pub(crate) fn store(&self) -> Store {
        Store::open(&self.data(), &build::till()).unwrap().0
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.scratch.join("data")
    }

    /// Writes a file beside the data directory.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.scratch.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The tool with these arguments, cut off from this machine's own tills, caches and habits.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillsight"));
        command
            .args(arguments)
            .current_dir(self.scratch.path())
            .env("TILLSIGHT_DATA", self.data())
            .env("TILLSIGHT_CACHE", self.scratch.join("cache"))
            .env("TZ", "UTC")
            .env_remove("TILLSIGHT_MODELS")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        finished(&self.command(arguments).output().unwrap())
    }

    /// Runs what must work, and gives its stdout.
    pub(crate) fn must<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{run:#?}");
        run.stdout
    }

    /// Runs what must work with `--json`, and gives the object on the last line.
    pub(crate) fn json<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Value {
        let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let stdout =
            self.must(arguments.iter().map(std::ffi::OsString::as_os_str).chain(["--json".as_ref()]));
        last_object(&stdout)
    }

    /// Imports three products: `lime`, `lemon` and, by weight, `apple-red`.
    pub(crate) fn import_shop(&self) {
        self.must([OsStr::new("catalog"), OsStr::new("import"), self.write("shop.json", SHOP).as_os_str()]);
    }
}

/// The object on the last line, whose schema is known.
pub(crate) fn last_object(stdout: &str) -> Value {
    let line = stdout.lines().next_back().unwrap_or_else(|| panic!("no output"));
    let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(object["schema"], 1, "{object}");
    object
}

pub(crate) fn finished(output: &Output) -> Run {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// Three products.
pub(crate) const SHOP: &str = r#"{"currency":"EUR","tax":{"inclusive":true,"rates":{"vat7":700,"vat19":1900}},"products":[
{"id":"lime","sku":"1001","name":{"en":"Lime","ru":"Лайм"},"plu":"4048","price":"0.35","per":"piece","tax_code":"vat7"},
{"id":"lemon","sku":"1002","name":{"en":"Lemon","ru":"Лимон"},"gtin":"4006381333931","price":"0.45","per":"piece","tax_code":"vat7"},
{"id":"apple-red","sku":"1003","name":{"en":"Red apples"},"price":"2.49","per":"kg","tax_code":"vat7"}
]}"#;

/// The models of this checkout; `None`, said once, where they were not made.
pub(crate) fn models(what: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TILLSIGHT_MODELS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| std::path::absolute("../../models/built").unwrap());
    if folder.join("manifest.json").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {what} because `{}` has no models: run `cargo xtask model`", folder.display());
    None
}
