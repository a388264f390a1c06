//! The library that reads PDFs, as `cargo xtask test` fetches it.

use std::env;
use std::path::PathBuf;

/// Where `cargo xtask test` puts it, in the folder of caches.
const FETCHED: &str = "tools/pypdfium2-5.15.2/pypdfium2_raw/libpdfium.so";
/// Names another one.
const VARIABLE: &str = "TILLSIGHT_PDFIUM";

/// Where the library is; nothing where it was not fetched, and the test prints why it is skipped.
pub fn library() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let fetched = || {
        let cache =
            set("TILLSIGHT_CACHE").or_else(|| set("HOME").map(|home| home.join(".cache/tillsight")))?;
        Some(cache.join(FETCHED))
    };
    let found = set(VARIABLE).or_else(fetched).filter(|library| library.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: PDFium is not there: run `cargo xtask test`, or name libpdfium.so in {VARIABLE}");
    }
    found
}
