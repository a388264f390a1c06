//! Settings: short texts by key.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreError;

/// Where the last repair is told of.
pub(crate) const LAST_REPAIR: &str = "store.last-repair";

const KEY_MAX_LEN: usize = 100;
const VALUE_MAX_LEN: usize = 64 * 1024;

/// Refuses what is no key, or too long a value.
pub(crate) fn check(key: &str, value: Option<&str>) -> Result<(), StoreError> {
    let key_ok = (1..=KEY_MAX_LEN).contains(&key.len())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
    if !key_ok {
        let shown: String = key.chars().take(KEY_MAX_LEN).collect();
        return Err(StoreError::Refused(format!(
            "`{shown}` is no name for a setting: use 1 to {KEY_MAX_LEN} of a-z, 0-9, `-`, `_` and `.`"
        )));
    }
    let length = value.map_or(0, str::len);
    if length > VALUE_MAX_LEN {
        let text = format!("the value of setting `{key}` has {length} bytes, allowed are {VALUE_MAX_LEN}");
        return Err(StoreError::Refused(text));
    }
    Ok(())
}

pub(crate) fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
    statement.query_row([key], |row| row.get(0)).optional()
}

pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare_cached("SELECT key, value FROM setting ORDER BY key")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

pub(crate) fn set(connection: &Connection, key: &str, value: Option<&str>) -> rusqlite::Result<()> {
    match value {
        Some(value) => connection
            .prepare_cached(
                "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![key, value]),
        None => connection.prepare_cached("DELETE FROM setting WHERE key = ?1")?.execute([key]),
    }
    .map(|_| ())
}
