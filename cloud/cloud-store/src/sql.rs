//! Statements and rows: what the store binds, and how it reads what comes back.
//!
//! Both engines are spoken to through sqlx's `Any` driver. It carries whole numbers, floats, text and bytes; every other
//! type becomes one of these here and nowhere else.

use domain::ids::{
    CommandId, Generation, ModelVersion, OrgId, ProductId, SaleId, SequenceNumber, StoreId, TaxCode, TillId,
    Uuid, ViewId,
};
use domain::money::Currency;
use domain::time::{BusinessDay, WallMs};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection, Arguments as _, AssertSqlSafe, Encode, Row as _, SqlSafeStr, Type};

use crate::error::{StoreError, What};

/// The values of a statement, in the order of `$1`, `$2`, ...
#[derive(Default)]
pub(crate) struct Values(AnyArguments);

impl Values {
    pub(crate) fn push(&mut self, value: impl Bind) {
        value.bind(self);
    }

    /// A statement with these values, whose rows are read one by one.
    pub(crate) fn query(self, sql: impl SqlSafeStr) -> sqlx::query::Query<'static, Any, AnyArguments> {
        sqlx::query_with(sql, self.0)
    }

    fn add<T>(&mut self, value: T)
    where
        T: for<'q> Encode<'q, Any> + Type<Any>,
    {
        self.0.add(value).expect("numbers, text and bytes are always encoded");
    }
}

/// The values of a statement: `values![org, store, now]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut values = $crate::sql::Values::default();
        $(values.push($value);)*
        values
    }};
}
pub(crate) use values;

/// Adds values to those of a statement: `push_values!(values; org, store)`.
macro_rules! push_values {
    ($values:ident; $($value:expr),* $(,)?) => {{
        $($values.push($value);)*
    }};
}
pub(crate) use push_values;

/// What can be bound.
pub(crate) trait Bind {
    fn bind(self, values: &mut Values);
}

/// What is stored as one of the four types, and read from it.
pub(crate) trait Column: Sized {
    /// The type that the driver carries.
    type Stored: for<'r> sqlx::Decode<'r, Any> + for<'q> Encode<'q, Any> + Type<Any> + 'static;

    fn to_stored(&self) -> Self::Stored;

    /// The value, or what is wrong with what is stored.
    fn from_stored(stored: Self::Stored) -> Result<Self, String>;
}

impl<T: Column> Bind for &T {
    fn bind(self, values: &mut Values) {
        values.add(self.to_stored());
    }
}

impl<T: Column> Bind for Option<&T> {
    fn bind(self, values: &mut Values) {
        values.add(self.map(T::to_stored));
    }
}

impl<T: Column> Bind for &Option<T> {
    fn bind(self, values: &mut Values) {
        self.as_ref().bind(values);
    }
}

/// PostgreSQL takes no zero character, and nothing that people write has one: it is shown for what it is.
pub(crate) fn without_zeros(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

impl Bind for &str {
    fn bind(self, values: &mut Values) {
        values.add(without_zeros(self));
    }
}

impl Bind for Option<&str> {
    fn bind(self, values: &mut Values) {
        values.add(self.map(without_zeros));
    }
}

impl Bind for &[u8] {
    fn bind(self, values: &mut Values) {
        values.add(self.to_vec());
    }
}

impl Bind for i64 {
    fn bind(self, values: &mut Values) {
        values.add(self);
    }
}

impl Bind for Option<i64> {
    fn bind(self, values: &mut Values) {
        values.add(self);
    }
}

macro_rules! column {
    ($type:ty as $stored:ty, $to:expr, $from:expr) => {
        impl $crate::sql::Column for $type {
            type Stored = $stored;

            fn to_stored(&self) -> $stored {
                let to: fn(&$type) -> $stored = $to;
                to(self)
            }

            fn from_stored(stored: $stored) -> Result<Self, String> {
                let from: fn($stored) -> Result<$type, String> = $from;
                from(stored)
            }
        }
    };
}
pub(crate) use column;

macro_rules! name_column {
    ($($type:ident),*) => {
        $(column!($type as String, |name| name.as_str().to_owned(), |text| $type::new(&text).map_err(|e| e.to_string()));)*
    };
}

/// Ids that are UUIDs are sixteen bytes.
macro_rules! uuid_column {
    ($($type:ident),*) => {
        $($crate::sql::column!($type as Vec<u8>, |id| id.0.as_bytes().to_vec(), |bytes| {
            $crate::sql::read_uuid(&bytes).map($type)
        });)*
    };
}
pub(crate) use uuid_column;

/// Ids that are numbers, and counts.
macro_rules! number_column {
    ($($type:ident),*) => {
        $($crate::sql::column!($type as i64, |id| $crate::sql::write_u64(id.0), |number| {
            $crate::sql::read_u64(number).map($type)
        });)*
    };
}
pub(crate) use number_column;

/// An enum that is stored as a word, and written as it in messages.
macro_rules! word_column {
    ($type:ident: $($variant:ident = $word:literal),* $(,)?) => {
        impl $type {
            /// The word that it is stored and written as.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word; `None` for any other.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        $crate::sql::column!($type as String, |value| value.as_str().to_owned(), |word| {
            $type::from_word(&word).ok_or_else(|| format!("`{word}` is not known"))
        });
    };
}
pub(crate) use word_column;

name_column!(OrgId, StoreId, TillId, ProductId, TaxCode);
uuid_column!(CommandId, SaleId, ViewId);
number_column!(Generation, SequenceNumber);
column!(String as String, |text| without_zeros(text), Ok);
column!(i64 as i64, |number| *number, Ok);
column!(f64 as f64, |number| *number, Ok);
column!(u64 as i64, |number| write_u64(*number), read_u64);
column!(u32 as i64, |number| i64::from(*number), |number| {
    u32::try_from(number).map_err(|_| format!("{number} is out of range"))
});
column!(bool as i64, |flag| i64::from(*flag), |number| match number {
    0 => Ok(false),
    1 => Ok(true),
    other => Err(format!("{other} is neither yes nor no")),
});
column!(WallMs as i64, |at| at.0, |number| Ok(WallMs(number)));
column!(Vec<u8> as Vec<u8>, Clone::clone, Ok);
column!([u8; 32] as Vec<u8>, |hash| hash.to_vec(), |bytes| {
    let length = bytes.len();
    bytes.try_into().map_err(|_| format!("{length} bytes where a hash has 32"))
});
column!(Currency as String, |currency| currency.code().to_owned(), |text| {
    Currency::new(&text).map_err(|error| error.to_string())
});
column!(ModelVersion as String, |model| model.as_str().to_owned(), |text| Ok(ModelVersion::new(&text)));
// 2026-01-02 is 20260102: it sorts as a day does, and a month is a range.
column!(BusinessDay as i64, |day| day_number(*day), |number| {
    let part = |value: i64| u8::try_from(value).map_err(|_| format!("{number} is no day"));
    let year = i16::try_from(number / 10_000).map_err(|_| format!("{number} is no day"))?;
    Ok(BusinessDay { year, month: part(number / 100 % 100)?, day: part(number % 100)? })
});

/// A day as a number that sorts as it does.
pub(crate) fn day_number(day: BusinessDay) -> i64 {
    i64::from(day.year) * 10_000 + i64::from(day.month) * 100 + i64::from(day.day)
}

pub(crate) fn read_uuid(bytes: &[u8]) -> Result<Uuid, String> {
    Uuid::from_slice(bytes).map_err(|error| error.to_string())
}

/// Numbers above 2^63 are none that a store of ours has given out; they are taken to the highest one, which matches nothing.
pub(crate) fn write_u64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn read_u64(number: i64) -> Result<u64, String> {
    u64::try_from(number).map_err(|_| format!("{number} is below zero"))
}

/// Reads a row from left to right.
pub(crate) struct Fields<'r> {
    row: &'r AnyRow,
    index: usize,
    what: What,
}

impl<'r> Fields<'r> {
    pub(crate) fn of(row: &'r AnyRow, what: What) -> Self {
        Self { row, index: 0, what }
    }

    pub(crate) fn take<T: Column>(&mut self) -> Result<T, Failure> {
        let stored: T::Stored = self.row.try_get(self.index)?;
        self.index += 1;
        T::from_stored(stored).map_err(|problem| self.unreadable(problem))
    }

    pub(crate) fn take_option<T: Column>(&mut self) -> Result<Option<T>, Failure> {
        let stored: Option<T::Stored> = self.row.try_get(self.index)?;
        self.index += 1;
        stored.map(T::from_stored).transpose().map_err(|problem| self.unreadable(problem))
    }

    fn unreadable(&self, problem: String) -> Failure {
        let name = format!("column {}", self.index);
        StoreError::Unreadable { what: self.what, name, problem }.into()
    }
}

/// What goes wrong inside the store: a reason of ours, or the engine's.
#[derive(Debug)]
pub(crate) enum Failure {
    Store(StoreError),
    Engine(sqlx::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(error)
    }
}

/// Runs a statement; gives back how many rows it changed.
pub(crate) async fn execute(
    connection: &mut AnyConnection,
    sql: impl SqlSafeStr,
    values: Values,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query_with(sql, values.0).execute(connection).await?.rows_affected())
}

/// All rows of a statement.
pub(crate) async fn fetch(
    connection: &mut AnyConnection,
    sql: impl SqlSafeStr,
    values: Values,
) -> Result<Vec<AnyRow>, sqlx::Error> {
    sqlx::query_with(sql, values.0).fetch_all(connection).await
}

/// The one row of a statement, if there is one.
pub(crate) async fn fetch_one(
    connection: &mut AnyConnection,
    sql: impl SqlSafeStr,
    values: Values,
) -> Result<Option<AnyRow>, sqlx::Error> {
    // All rows are read: a statement that is left open would hold its locks.
    Ok(fetch(connection, sql, values).await?.into_iter().next())
}

/// The first column of the one row of a statement, if there is one.
pub(crate) async fn fetch_value<T: Column>(
    connection: &mut AnyConnection,
    what: What,
    sql: impl SqlSafeStr,
    values: Values,
) -> Result<Option<T>, Failure> {
    let row = fetch_one(connection, sql, values).await?;
    row.map(|row| Fields::of(&row, what).take()).transpose()
}

/// Each row of a statement, read by `read`.
pub(crate) async fn fetch_each<T>(
    connection: &mut AnyConnection,
    what: What,
    sql: impl SqlSafeStr,
    values: Values,
    read: impl Fn(&mut Fields<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let rows = fetch(connection, sql, values).await?;
    rows.iter().map(|row| read(&mut Fields::of(row, what))).collect()
}

/// The one row of a statement; without it the thing is not there.
pub(crate) async fn fetch_found<T>(
    connection: &mut AnyConnection,
    (what, name): (What, &(dyn std::fmt::Display + Sync)),
    sql: impl SqlSafeStr,
    values: Values,
    read: impl Fn(&mut Fields<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let found = fetch_each(connection, what, sql, values, read).await?;
    Ok(found.into_iter().next().ok_or_else(|| StoreError::not_found(what, name))?)
}

/// The first column of each row of a statement.
pub(crate) async fn fetch_values<T: Column>(
    connection: &mut AnyConnection,
    what: What,
    sql: impl SqlSafeStr,
    values: Values,
) -> Result<Vec<T>, Failure> {
    fetch_each(connection, what, sql, values, |fields| {
        let value: T = fields.take()?;
        Ok(value)
    })
    .await
}

/// The text of a statement that is put together from our own words, never from a caller's.
pub(crate) fn composed(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}
