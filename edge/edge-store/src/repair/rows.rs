//! Reading whatever rows a damaged table still gives.

use rusqlite::{Connection, Row};

/// Rows that are asked for one by one beyond the place where reading on failed, before the rest is given up.
const PROBES_MAX: u32 = 200_000;

/// Calls `sink` with every row of `table` that can be read, in order of rowid. The columns begin with `rowid`. A row that
/// `sink` cannot read is passed over.
pub(super) fn each(
    connection: &Connection,
    table: &str,
    columns: &str,
    mut sink: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) {
    let on = format!("SELECT rowid, {columns} FROM {table} WHERE rowid > ?1 ORDER BY rowid");
    let one = format!("SELECT rowid, {columns} FROM {table} WHERE rowid = ?1");
    if connection.prepare_cached(&on).is_err() {
        // Not even the schema is left.
        return;
    }
    let mut last = i64::MIN;
    let mut probes = 0;
    loop {
        if read_on(connection, &on, &mut last, &mut sink) {
            return;
        }
        // A page is unreadable. Ask for its rows one by one until one answers, or is known not to be there; go on after it.
        last = last.max(0);
        loop {
            if probes == PROBES_MAX || last == i64::MAX {
                return;
            }
            (probes, last) = (probes + 1, last + 1);
            let answer = connection.prepare_cached(&one).and_then(|mut statement| {
                let mut rows = statement.query([last])?;
                match rows.next()? {
                    Some(row) => Ok(sink(row).is_ok()),
                    None => Ok(true),
                }
            });
            if answer.is_ok() {
                break;
            }
        }
    }
}

/// Reads rows after `last` until the end (true) or an error (false).
fn read_on(
    connection: &Connection,
    sql: &str,
    last: &mut i64,
    sink: &mut impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> bool {
    let Ok(mut statement) = connection.prepare_cached(sql) else { return false };
    let Ok(mut rows) = statement.query([*last]) else { return false };
    loop {
        match rows.next() {
            Ok(None) => return true,
            Ok(Some(row)) => {
                // In a damaged tree rows can come twice or out of order.
                let Ok(rowid) = row.get(0) else { return false };
                if rowid <= *last {
                    return false;
                }
                *last = rowid;
                // A row that reads as nonsense is passed over like one that does not read.
                let _ = sink(row);
            }
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn reads_round_unreadable_pages() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.db");
        let connection = Connection::open(&file).unwrap();
        connection
            .execute_batch(
                "PRAGMA page_size = 4096; CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT); BEGIN",
            )
            .unwrap();
        for id in 1..=500 {
            connection.execute("INSERT INTO t VALUES (?1, ?2)", (id, "x".repeat(900))).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        drop(connection);
        let mut bytes = fs::read(&file).unwrap();
        let leaf = (1..bytes.len() / 4096).filter(|page| bytes[page * 4096] == 0x0d).nth(40).unwrap();
        bytes[leaf * 4096..leaf * 4096 + 512].fill(0xff);
        fs::write(&file, bytes).unwrap();

        let connection = Connection::open(&file).unwrap();
        let mut found = Vec::new();
        each(&connection, "t", "text", |row| {
            found.push(row.get::<_, i64>(0)?);
            Ok(())
        });
        assert!((490..500).contains(&found.len()), "all but one page of rows, not {}", found.len());
        assert_eq!((found.first(), found.last()), (Some(&1), Some(&500)));
        assert!(found.is_sorted());
    }
}
