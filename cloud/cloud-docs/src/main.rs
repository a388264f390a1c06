//! The confined process without a server around it, for tests, rigs and whoever wants to see what a file says.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    cloud_docs::confined::main()
}
