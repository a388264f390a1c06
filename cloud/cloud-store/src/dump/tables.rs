//! What the database says of its own tables.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AnyConnection;

use super::{ColumnKind, DumpColumn, DumpTable};
use crate::engine::Engine;
use crate::error::{StoreError, What};
use crate::sql::{Failure, fetch_each, fetch_values, values};

/// Every table that migrations have made, each after those that it refers to.
pub(super) async fn in_order(
    connection: &mut AnyConnection,
    engine: Engine,
) -> Result<Vec<DumpTable>, Failure> {
    let mut waiting = BTreeMap::new();
    for name in names(connection, engine).await? {
        let mut refers_to = parents(connection, engine, &name).await?;
        refers_to.remove(&name);
        waiting.insert(name, refers_to);
    }
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free =
            waiting.iter().find(|(_, refers_to)| refers_to.iter().all(|name| !waiting.contains_key(name)));
        let Some(name) = free.map(|(name, _)| name.clone()) else {
            let problem = format!("these tables refer to each other in a circle: {:?}", waiting.keys());
            return Err(unreadable("", problem));
        };
        waiting.remove(&name);
        ordered.push(DumpTable { columns: columns(connection, engine, &name).await?, name });
    }
    Ok(ordered)
}

/// The last number that each table has given out.
pub(super) async fn numbers(
    connection: &mut AnyConnection,
    engine: Engine,
) -> Result<BTreeMap<String, i64>, Failure> {
    let sql = match engine {
        Engine::Sqlite => "SELECT name, seq FROM sqlite_sequence",
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(COALESCE(pg_sequence_last_value(CAST(
                 pg_get_serial_sequence(quote_ident(table_name), column_name) AS regclass)), 0) AS BIGINT)
             FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'"
        }
    };
    let read = |fields: &mut crate::sql::Fields<'_>| Ok((fields.take()?, fields.take()?));
    let found: Vec<(String, i64)> = fetch_each(connection, WHAT, sql, values![], read).await?;
    Ok(found.into_iter().filter(|(_, last)| *last > 0).collect())
}

/// What a table of the database is called in messages: a thing of no area.
pub(super) const WHAT: What = What::Table;

async fn names(connection: &mut AnyConnection, engine: Engine) -> Result<Vec<String>, Failure> {
    // Vectors that PostgreSQL compares are a copy that is filled again on demand.
    let sql = match engine {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'
                 AND name <> '_sqlx_migrations'"
        }
        Engine::Postgres => {
            "SELECT CAST(relname AS TEXT) FROM pg_class
             WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
               AND relkind IN ('r', 'p') AND NOT relispartition
               AND relname NOT IN ('_sqlx_migrations', 'view_vector')"
        }
    };
    fetch_values(connection, WHAT, sql, values![]).await
}

async fn parents(
    connection: &mut AnyConnection,
    engine: Engine,
    table: &str,
) -> Result<BTreeSet<String>, Failure> {
    let sql = match engine {
        Engine::Sqlite => "SELECT \"table\" FROM pragma_foreign_key_list($1)",
        Engine::Postgres => {
            "SELECT CAST(there.relname AS TEXT) FROM pg_constraint AS it
             JOIN pg_class AS here ON here.oid = it.conrelid JOIN pg_class AS there ON there.oid = it.confrelid
             WHERE it.contype = 'f' AND here.relname = $1
               AND here.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        }
    };
    let found: Vec<String> = fetch_values(connection, WHAT, sql, values![table]).await?;
    Ok(found.into_iter().collect())
}

async fn columns(
    connection: &mut AnyConnection,
    engine: Engine,
    table: &str,
) -> Result<Vec<DumpColumn>, Failure> {
    let sql = match engine {
        Engine::Sqlite => "SELECT name, type FROM pragma_table_info($1)",
        Engine::Postgres => {
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1"
        }
    };
    let read = |fields: &mut crate::sql::Fields<'_>| Ok((fields.take()?, fields.take()?));
    let found: Vec<(String, String)> = fetch_each(connection, WHAT, sql, values![table], read).await?;
    let column = |(name, declared): (String, String)| match kind(&declared) {
        Some(kind) => Ok(DumpColumn { name, kind }),
        None => Err(unreadable(table, format!("its column `{name}` is a {declared}, which no dump knows"))),
    };
    let mut columns = found.into_iter().map(column).collect::<Result<Vec<_>, Failure>>()?;
    // The engines add columns at the end, and not always in one order.
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(columns)
}

fn kind(declared: &str) -> Option<ColumnKind> {
    match declared.to_ascii_lowercase().as_str() {
        "bigint" | "integer" => Some(ColumnKind::Integer),
        "text" => Some(ColumnKind::Text),
        "blob" | "bytea" => Some(ColumnKind::Bytes),
        _ => None,
    }
}

pub(super) fn unreadable(table: &str, problem: String) -> Failure {
    StoreError::Unreadable { what: WHAT, name: table.to_owned(), problem }.into()
}
