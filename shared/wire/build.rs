//! Makes Rust of the `.proto` files, with a compiler written in Rust: no `protoc` has to be installed.
#![forbid(unsafe_code)]

use std::env;
use std::path::PathBuf;

const FILES: [&str; 3] =
    ["tillsight/v1/sync.proto", "tillsight/v1/catalog.proto", "tillsight/v1/device.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Asked when it runs: of two clones that share a target folder this program is built in one and run in both.
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    for file in FILES {
        println!("cargo::rerun-if-changed={}", folder.join(file).display());
    }
    let descriptors = protox::compile(FILES, [&folder])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
