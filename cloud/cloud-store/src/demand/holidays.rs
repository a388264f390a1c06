//! Days on which people buy otherwise than on other days of the week.

use domain::ids::OrgId;
use domain::time::BusinessDay;

use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::organisations::check_label;
use crate::sql::{execute, fetch_each, push_values, values};
use crate::store::{Store, on_key};

/// Holidays that are written at once.
const AT_ONCE_MAX: usize = 1_000;

/// A day on which people buy otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// Which day.
    pub day: BusinessDay,
    /// What it is called; the same day of another year is known by it.
    pub name: String,
}

impl Store {
    /// An organisation's holidays from a day to another, in order.
    pub async fn holidays(
        &self,
        org: &OrgId,
        from: BusinessDay,
        to: BusinessDay,
    ) -> Result<Vec<Holiday>, StoreError> {
        self.answer(async {
            let sql = "SELECT day, name FROM holiday WHERE org = $1 AND day >= $2 AND day <= $3 ORDER BY day";
            let values = values![org, &from, &to];
            fetch_each(&mut *self.reading().await?, What::Holiday, sql, values, |fields| {
                Ok(Holiday { day: fields.take()?, name: fields.take()? })
            })
            .await
        })
        .await
    }

    /// Writes holidays down: all or none. A day has one name, the last that was said.
    pub async fn put_holidays(&self, org: &OrgId, holidays: &[Holiday]) -> Result<(), StoreError> {
        if holidays.len() > AT_ONCE_MAX {
            let problem = format!("{} at once: send at most {AT_ONCE_MAX}", holidays.len());
            return Err(StoreError::invalid(What::Holiday, "", problem));
        }
        for holiday in holidays {
            check_label(What::Holiday, &holiday.day.to_string(), &holiday.name)?;
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let insert = "INSERT INTO holiday (org, day, name)";
            let rest = "ON CONFLICT (org, day) DO UPDATE SET name = excluded.name";
            let inserted = insert_all(writing.connection(), insert, 3, rest, holidays, |holiday, values| {
                push_values!(values; org, &holiday.day, &holiday.name);
            })
            .await;
            let missing = || StoreError::not_found(What::Organisation, org);
            on_key(inserted, missing, missing)?;
            writing.commit().await
        })
        .await
    }

    /// Takes a holiday back.
    pub async fn remove_holiday(&self, org: &OrgId, day: BusinessDay) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "DELETE FROM holiday WHERE org = $1 AND day = $2";
            if execute(writing.connection(), sql, values![org, &day]).await? == 0 {
                return Err(StoreError::not_found(What::Holiday, day).into());
            }
            writing.commit().await
        })
        .await
    }
}
