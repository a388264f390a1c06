//! The tables, and how an older file becomes a newer one.
//!
//! Every table has a plain rowid, so that [`repair`](crate::repair) can fetch rows one by one out of a damaged file.

use rusqlite::{Connection, TransactionBehavior};

use crate::cloud_generation;
use crate::sightings;

/// Marks the file as ours in its header ("TILL").
pub(crate) const APPLICATION_ID: u32 = 0x5449_4c4c;

/// One step from the version before it to the next.
pub(crate) struct Migration {
    sql: &'static str,
}

/// Step `n` (from 0) leads to version `n + 1`. Steps are only ever added.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { sql: VERSION_1 },
    Migration { sql: VERSION_2 },
    Migration { sql: sightings::TABLES },
    Migration { sql: cloud_generation::TABLES },
    Migration { sql: cloud_generation::HEAD_TABLE },
];

/// The version that this program writes.
pub(crate) const VERSION: u32 = MIGRATIONS.len() as u32;

const VERSION_1: &str = "
CREATE TABLE meta (
    key   TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE setting (
    key   TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
    sale     BLOB NOT NULL UNIQUE CHECK (length(sale) = 16),
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    payload  BLOB NOT NULL
) STRICT;

-- Sequence numbers whose sales were lost to damage, on record for ever.
CREATE TABLE journal_gap (
    first INTEGER PRIMARY KEY CHECK (first > 0),
    last  INTEGER NOT NULL CHECK (last >= first)
) STRICT;

CREATE TRIGGER journal_never_changes BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;

CREATE TRIGGER journal_never_shrinks BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'nothing is taken out of the journal'); END;

CREATE TRIGGER journal_has_no_gaps BEFORE INSERT ON journal
WHEN NEW.sequence <> 1 + max(coalesce((SELECT max(sequence) FROM journal), 0),
                             coalesce((SELECT max(last) FROM journal_gap), 0))
BEGIN SELECT RAISE(ABORT, 'the journal is continued at its end only'); END;

-- INSERT OR REPLACE would otherwise take the old row out without asking the trigger above.
CREATE TRIGGER journal_keeps_ids BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE sale = NEW.sale)
BEGIN SELECT RAISE(ABORT, 'the sale is in the journal already'); END;

CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY REFERENCES journal (sequence)
) STRICT;

CREATE TABLE intent (
    payment     BLOB NOT NULL UNIQUE CHECK (length(payment) = 16),
    recorded_at INTEGER NOT NULL,
    payload     BLOB NOT NULL
) STRICT;

-- Contents are stored once and shared by the generations that have them.
CREATE TABLE catalogue (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    body BLOB NOT NULL
) STRICT;

CREATE TABLE calibration (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    body TEXT NOT NULL
) STRICT;

CREATE TABLE model (
    id    INTEGER PRIMARY KEY,
    label TEXT NOT NULL UNIQUE,
    -- Numbers in each of its vectors.
    dimension INTEGER NOT NULL CHECK (dimension > 0)
) STRICT;

CREATE TABLE generation (
    number       INTEGER PRIMARY KEY CHECK (number > 0),
    published_at INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    catalogue    INTEGER NOT NULL REFERENCES catalogue (id),
    calibration  INTEGER REFERENCES calibration (id),
    model        INTEGER REFERENCES model (id),
    products     INTEGER NOT NULL,
    views        INTEGER NOT NULL
) STRICT;

-- One photo of a product, as 32-bit floats, little end first. `digest` is the head of SHA-256(uuid, product, vector).
CREATE TABLE view (
    id      INTEGER PRIMARY KEY,
    uuid    BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    product TEXT NOT NULL,
    model   INTEGER NOT NULL REFERENCES model (id),
    vector  BLOB NOT NULL,
    digest  BLOB NOT NULL CHECK (length(digest) = 8)
) STRICT;
CREATE INDEX view_product ON view (product);

-- A view belongs to every generation from added_in up to, not including, removed_in. One that left and came back with a
-- rollback has two rows.
CREATE TABLE view_span (
    view       INTEGER NOT NULL REFERENCES view (id),
    added_in   INTEGER NOT NULL,
    removed_in INTEGER CHECK (removed_in > added_in),
    UNIQUE (view, added_in)
) STRICT;
";

const VERSION_2: &str = "
-- What the embedder was given when a view was made, as a JPEG. Stored once for all views that were made from it.
CREATE TABLE view_picture (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    body BLOB NOT NULL CHECK (length(body) BETWEEN 4 AND 262144)
) STRICT;

-- Which picture a view was made from. `digest` is the head of SHA-256(uuid of the view, hash of the picture).
CREATE TABLE view_origin (
    view    INTEGER PRIMARY KEY REFERENCES view (id),
    picture INTEGER NOT NULL REFERENCES view_picture (id),
    digest  BLOB NOT NULL CHECK (length(digest) = 8)
) STRICT;
CREATE INDEX view_origin_picture ON view_origin (picture);

-- Views that were brought before the generation that is to have them, and when (milliseconds since 1970).
CREATE TABLE view_waiting (
    view  INTEGER PRIMARY KEY REFERENCES view (id),
    since INTEGER NOT NULL
) STRICT;
";

/// Brings the file to the last of `migrations`, each step whole or not at all.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[Migration]) -> rusqlite::Result<()> {
    for (step, migration) in migrations.iter().enumerate().skip(version(connection)? as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration.sql)?;
        let dangling: Option<String> = transaction
            .prepare("PRAGMA foreign_key_check")?
            .query_map([], |row| row.get(0))?
            .next()
            .transpose()?;
        if let Some(table) = dangling {
            let message = format!("migration {} left rows in `{table}` that refer to nothing", step + 1);
            return Err(rusqlite::Error::ToSqlConversionFailure(message.into()));
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", step as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The version of the file; 0 when it is empty.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(connection: &Connection) -> Vec<String> {
        let mut statement =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn steps_follow_one_another_and_run_once() {
        let steps = [Migration { sql: "CREATE TABLE a (x)" }, Migration { sql: "CREATE TABLE b (x)" }];
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &steps[..1]).unwrap();
        assert_eq!((version(&connection).unwrap(), tables(&connection)), (1, vec!["a".to_owned()]));
        migrate(&mut connection, &steps).unwrap();
        migrate(&mut connection, &steps).unwrap();
        assert_eq!(version(&connection).unwrap(), 2);
        assert_eq!(tables(&connection), ["a", "b"]);
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let good = Migration { sql: "CREATE TABLE a (x)" };
        let bad = Migration { sql: "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)" };
        assert!(migrate(&mut connection, &[good, bad]).is_err());
        assert_eq!((version(&connection).unwrap(), tables(&connection)), (1, vec!["a".to_owned()]));
    }

    #[test]
    fn a_step_that_leaves_dangling_references_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        let bad = Migration {
            sql: "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a REFERENCES a (id)); INSERT INTO b VALUES (7)",
        };
        let error = migrate(&mut connection, &[bad]).unwrap_err();
        assert!(error.to_string().contains("left rows in `b`"), "{error}");
        assert_eq!(version(&connection).unwrap(), 0);
    }
}
