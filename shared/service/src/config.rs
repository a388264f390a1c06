//! Configuration in layers: the program's own commented default, a file, the environment.
//!
//! The default is a complete TOML text, so that it doubles as the reference of every key. A file or a variable replaces
//! single values; an array is replaced whole. Whatever cannot be right is named with its file, line and key, and with
//! the key that was probably meant.

mod error;
mod layers;

use std::ffi::OsString;
use std::path::Path;

use serde::de::DeserializeOwned;

pub use error::{ConfigError, Impossible, Origin};
use layers::Layers;

/// Reads the layers into a `T`, which should say `#[serde(deny_unknown_fields)]` on every struct.
///
/// Variables are named `PREFIX__SECTION__KEY` in capitals. Their text is taken as it is where the layer below has a
/// string, and as a TOML value otherwise (`true`, `250`, `["a", "b"]`).
pub fn load<T: DeserializeOwned>(
    default_toml: &str,
    file: Option<&Path>,
    env_prefix: &str,
) -> Result<T, ConfigError> {
    load_checked(default_toml, file, env_prefix, |_| Vec::new())
}

/// Like [`load`], and then lets `check` name the values that are well formed but impossible.
pub fn load_checked<T: DeserializeOwned>(
    default_toml: &str,
    file: Option<&Path>,
    env_prefix: &str,
    check: impl FnOnce(&T) -> Vec<Impossible>,
) -> Result<T, ConfigError> {
    load_from(default_toml, file, env_prefix, std::env::vars_os(), check)
}

fn load_from<T: DeserializeOwned>(
    default_toml: &str,
    file: Option<&Path>,
    env_prefix: &str,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    check: impl FnOnce(&T) -> Vec<Impossible>,
) -> Result<T, ConfigError> {
    let mut layers = Layers::new(default_toml)?;
    if let Some(path) = file {
        layers.add_file(path)?;
    }
    layers.add_variables(env_prefix, variables)?;
    let value: T = layers.read()?;
    let impossible = check(&value);
    if impossible.is_empty() { Ok(value) } else { Err(layers.impossible(impossible)) }
}

#[cfg(test)]
mod tests;
