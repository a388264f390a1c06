//! Many rows in one statement, in few sizes, so that a connection prepares few statements.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::sql::{Values, composed, execute, fetch};

/// Rows of one statement, largest first, where each statement is a trip to a server: up to eight take one, up to 256 at most
/// six. The widest row has 20 values.
const SIZES_APART: &[usize] = &[256, 128, 64, 32, 16, 12, 8, 7, 6, 5, 4, 3, 2, 1];
/// The same in SQLite's own process, where a trip costs nothing, and preparing much: a connection keeps a hundred statements,
/// and with the sizes above there would be more.
const SIZES_WITHIN: &[usize] = &[128, 32, 8, 1];

/// The sizes that fit the engine behind a connection.
fn sizes_for(connection: &AnyConnection) -> &'static [usize] {
    if connection.backend_name() == "SQLite" { SIZES_WITHIN } else { SIZES_APART }
}

/// The smallest statement that takes so many rows, else the largest.
fn size_for(sizes: &[usize], rows: usize) -> usize {
    sizes.iter().rev().copied().find(|&size| size >= rows).unwrap_or(sizes[0])
}

/// `($1, $2), ($3, $4)` for two rows of two, behind none.
fn placeholders(rows: usize, columns: usize, behind: usize) -> String {
    let mut text = String::with_capacity(rows * (columns * 6 + 4));
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            if column > 0 {
                text.push_str(", ");
            }
            text.push('$');
            text.push_str(&(behind + row * columns + column + 1).to_string());
        }
        text.push(')');
    }
    text
}

/// Runs `{insert} VALUES rows {rest}` for all rows; gives back how many were written.
pub(crate) async fn insert_all<T>(
    connection: &mut AnyConnection,
    insert: &str,
    columns: usize,
    rest: &str,
    rows: &[T],
    bind: impl Fn(&T, &mut Values),
) -> Result<u64, sqlx::Error> {
    let sizes = sizes_for(connection);
    let (mut left, mut written) = (rows, 0);
    while !left.is_empty() {
        let size = sizes.iter().copied().find(|&size| size <= left.len()).unwrap_or(1);
        let (now, later) = left.split_at(size);
        let mut values = Values::default();
        for row in now {
            bind(row, &mut values);
        }
        let sql = format!("{insert} VALUES {} {rest}", placeholders(size, columns, 0));
        written += execute(connection, composed(sql), values).await?;
        left = later;
    }
    Ok(written)
}

/// All rows of `{select} IN (VALUES keys) {rest}`.
pub(crate) async fn fetch_all_of<T>(
    connection: &mut AnyConnection,
    select: &str,
    columns: usize,
    rest: &str,
    keys: &[T],
    bind: impl Fn(&T, &mut Values),
) -> Result<Vec<AnyRow>, sqlx::Error> {
    let sizes = sizes_for(connection);
    let mut rows = Vec::new();
    for now in keys.chunks(sizes[0]) {
        let size = size_for(sizes, now.len());
        let mut values = Values::default();
        // A key that is named twice is found once.
        for index in 0..size {
            bind(now.get(index).unwrap_or(&now[0]), &mut values);
        }
        let sql = format!("{select} IN (VALUES {}) {rest}", placeholders(size, columns, 0));
        rows.append(&mut fetch(connection, composed(sql), values).await?);
    }
    Ok(rows)
}

/// Runs `{update} IN (VALUES keys)` for all keys, with `$1` and so on standing for the fixed numbers; gives back how many
/// rows were changed.
pub(crate) async fn update_all_of<T>(
    connection: &mut AnyConnection,
    update: &str,
    fixed: &[i64],
    columns: usize,
    keys: &[T],
    bind: impl Fn(&T, &mut Values),
) -> Result<u64, sqlx::Error> {
    let sizes = sizes_for(connection);
    let mut changed = 0;
    for now in keys.chunks(sizes[0]) {
        let size = size_for(sizes, now.len());
        let mut values = Values::default();
        for number in fixed {
            values.push(*number);
        }
        for index in 0..size {
            bind(now.get(index).unwrap_or(&now[0]), &mut values);
        }
        let sql = format!("{update} IN (VALUES {})", placeholders(size, columns, fixed.len()));
        changed += execute(connection, composed(sql), values).await?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_take_few_trips() {
        let trips = |rows: usize| {
            let mut left = rows;
            std::iter::from_fn(|| {
                let size = SIZES_APART.iter().copied().find(|&size| size <= left)?;
                left -= size;
                Some(size)
            })
            .count()
        };
        assert!((1..=8).all(|rows| trips(rows) == 1));
        assert!((9..=256).all(|rows| trips(rows) <= 6), "{:?}", (9..=256).map(trips).max());
    }

    #[test]
    fn numbers_placeholders_row_by_row() {
        assert_eq!(placeholders(2, 3, 0), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(placeholders(1, 1, 2), "($3)");
    }
}
