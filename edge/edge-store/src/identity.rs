//! Whose store it is.

use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use rusqlite::{Connection, OptionalExtension};

use sync_core::sale_document::till_name;

/// The till that the store belongs to; `None` when it was never said.
pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Option<TillRef>> {
    let name: Option<String> =
        connection.query_row("SELECT value FROM meta WHERE key = 'till'", [], |row| row.get(0)).optional()?;
    Ok(name.as_deref().and_then(parse))
}

/// Says whose store it is.
pub(crate) fn write(connection: &Connection, till: &TillRef) -> rusqlite::Result<()> {
    connection
        .execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('till', ?1)", [till_name(till)])
        .map(|_| ())
}

/// Reads `org/store/till`.
pub(crate) fn parse(name: &str) -> Option<TillRef> {
    let mut parts = name.split('/');
    let till = TillRef {
        org: OrgId::new(parts.next()?).ok()?,
        store: StoreId::new(parts.next()?).ok()?,
        till: TillId::new(parts.next()?).ok()?,
    };
    parts.next().is_none().then_some(till)
}
