//! The steps of a transfer, each one transaction: sending, receiving, calling off, and saying what became of what did not come.

use std::collections::BTreeMap;

use cloud_core::ledger::Movement;
use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::transfers::{MissingGoods, StockTransfer, TransferLine, TransferState, read_whole};
use super::waste::write_waste;
use super::{Booking, NewWaste, StockOrigin, StockReason, WasteReason, book};
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::{Actor, StockTransferId, StockWasteId};
use crate::sql::{Failure, execute, values};
use crate::store::{Store, Writing};

/// What others are told of a step.
type Told<'a> = &'a (dyn Fn(&StockTransfer) -> NewEvent + Sync);

/// When a step is taken, and by whom.
type Moment<'a> = (&'a Actor, WallMs);

impl Store {
    /// Books the goods out of the sender: from now on they are on their way. Sending what was sent already changes nothing.
    pub async fn send_transfer(
        &self,
        org: &OrgId,
        id: StockTransferId,
        event: Told<'_>,
        (by, now): Moment<'_>,
    ) -> Result<StockTransfer, StoreError> {
        self.answer(async {
            let (mut writing, before) = self.begin_step(org, id).await?;
            let connection = writing.connection();
            if before.state == TransferState::Sent {
                return Ok(before);
            }
            before.expect(TransferState::Draft, "sent")?;
            let sql = "UPDATE stock_transfer SET state = 'sent', sent_by = $3, sent_at = $4 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id, by, &now]).await?;
            let out = before.movements(before.quantities(), -1);
            before.book(connection, (org, &before.from), &out, StockReason::TransferOut, (by, now)).await?;
            end_step(writing, org, id, Some(event), now).await
        })
        .await
    }

    /// Books in what came, by the lines' numbers from 1; of lines that are not named all came. Receiving the same again changes nothing.
    pub async fn receive_transfer(
        &self,
        org: &OrgId,
        id: StockTransferId,
        came: &BTreeMap<u32, u64>,
        event: Told<'_>,
        (by, now): Moment<'_>,
    ) -> Result<StockTransfer, StoreError> {
        self.answer(async {
            let (mut writing, before) = self.begin_step(org, id).await?;
            let connection = writing.connection();
            let received = before.received(came)?;
            if before.state == TransferState::Received {
                let same = before.lines.iter().zip(&received).all(|(line, came)| line.received == Some(*came));
                let problem = "has been received, and otherwise: say what became of what is missing, or correct the stock";
                return if same { Ok(before) } else { Err(before.conflict(problem).into()) };
            }
            before.expect(TransferState::Sent, "received")?;
            for (number, came) in (1_u32..).zip(&received) {
                let sql = "UPDATE stock_transfer_line SET received = $4
                           WHERE org = $1 AND stock_transfer = $2 AND number = $3";
                execute(connection, sql, values![org, &id, &number, came]).await?;
            }
            settle(connection, org, id, TransferState::Received, (by, now)).await?;
            let into = before.movements(received, 1);
            before.book(connection, (org, &before.to), &into, StockReason::TransferIn, (by, now)).await?;
            end_step(writing, org, id, Some(event), now).await
        })
        .await
    }

    /// Calls off what has not been received; what had left comes back to the sender.
    pub async fn cancel_transfer(
        &self,
        org: &OrgId,
        id: StockTransferId,
        event: Told<'_>,
        (by, now): Moment<'_>,
    ) -> Result<StockTransfer, StoreError> {
        self.answer(async {
            let (mut writing, before) = self.begin_step(org, id).await?;
            let connection = writing.connection();
            match before.state {
                TransferState::Cancelled => return Ok(before),
                TransferState::Received => {
                    return Err(before
                        .conflict("has been received: send the goods back by another one")
                        .into());
                }
                TransferState::Draft | TransferState::Sent => {}
            }
            settle(connection, org, id, TransferState::Cancelled, (by, now)).await?;
            let had_left = before.state == TransferState::Sent;
            if had_left {
                let back = before.movements(before.quantities(), 1);
                before
                    .book(connection, (org, &before.from), &back, StockReason::TransferIn, (by, now))
                    .await?;
            }
            // Nobody was told of a draft.
            end_step(writing, org, id, had_left.then_some(event), now).await
        })
        .await
    }

    /// Says what became of a line's goods that did not come.
    pub async fn settle_transfer_line(
        &self,
        org: &OrgId,
        id: StockTransferId,
        (number, outcome): (u32, MissingGoods),
        waste: StockWasteId,
        event: Told<'_>,
        (by, now): Moment<'_>,
    ) -> Result<StockTransfer, StoreError> {
        self.answer(async {
            let (mut writing, before) = self.begin_step(org, id).await?;
            let connection = writing.connection();
            let line = before.missing_of(number)?;
            if line.settled_as == Some(outcome) {
                return Ok(before);
            }
            if let Some(settled) = line.settled_as {
                let problem = format!(
                    "line {number} is settled as `{}` already: correct the stock instead",
                    settled.as_str()
                );
                return Err(before.conflict(problem).into());
            }
            let sql = "UPDATE stock_transfer_line SET settled_as = $4, settled_by = $5, settled_at = $6
                       WHERE org = $1 AND stock_transfer = $2 AND number = $3";
            execute(connection, sql, values![org, &id, &number, &outcome, by, &now]).await?;
            let missing = i64::try_from(line.missing()).unwrap_or(i64::MAX);
            let place = if outcome == MissingGoods::Returned { &before.from } else { &before.to };
            let back = [Movement { key: line.key.clone(), change: missing }];
            before.book(connection, (org, place), &back, StockReason::TransferIn, (by, now)).await?;
            if outcome == MissingGoods::Waste {
                let lost = NewWaste {
                    id: waste,
                    product: line.key.product.clone(),
                    unit: Some(line.key.unit),
                    quantity: line.missing(),
                    reason: WasteReason::Transfer,
                    note: before.note.clone(),
                };
                write_waste(connection, (org, place), (&lost, line.key.unit), (by, now)).await?;
            }
            end_step(writing, org, id, Some(event), now).await
        })
        .await
    }

    /// A transaction that holds a transfer until it ends, and the transfer. What is left of a step that changes nothing goes with it.
    async fn begin_step(
        &self,
        org: &OrgId,
        id: StockTransferId,
    ) -> Result<(Writing, StockTransfer), Failure> {
        let mut writing = self.writing().await?;
        let lock = self.engine().for_update();
        let before = read_whole(writing.connection(), org, id, lock).await?;
        Ok((writing, before))
    }
}

/// The transfer as a step has left it, of which others are told.
async fn end_step(
    mut writing: Writing,
    org: &OrgId,
    id: StockTransferId,
    event: Option<Told<'_>>,
    now: WallMs,
) -> Result<StockTransfer, Failure> {
    let connection = writing.connection();
    let after = read_whole(connection, org, id, "").await?;
    if let Some(event) = event {
        emit(connection, org, &event(&after), now).await?;
    }
    writing.commit().await?;
    Ok(after)
}

impl StockTransfer {
    /// How many of each line leave.
    fn quantities(&self) -> impl Iterator<Item = u64> {
        self.lines.iter().map(|line| line.quantity)
    }

    /// So many of each line, out of a store or into it.
    fn movements(&self, quantities: impl IntoIterator<Item = u64>, sign: i64) -> Vec<Movement> {
        let movement = |(line, quantity): (&TransferLine, u64)| Movement {
            key: line.key.clone(),
            change: sign * i64::try_from(quantity).unwrap_or(i64::MAX),
        };
        let all = self.lines.iter().zip(quantities).map(movement);
        all.filter(|movement| movement.change != 0).collect()
    }

    async fn book(
        &self,
        connection: &mut AnyConnection,
        place: (&OrgId, &StoreId),
        movements: &[Movement],
        reason: StockReason,
        (by, now): (&Actor, WallMs),
    ) -> Result<(), Failure> {
        let origin = Some(StockOrigin::Transfer(self.id));
        book(connection, place, movements, &Booking { reason, origin, note: &self.note, by, now }).await
    }

    /// What came of each line.
    fn received(&self, came: &BTreeMap<u32, u64>) -> Result<Vec<u64>, StoreError> {
        let count = self.lines.len();
        if let Some(number) = came.keys().find(|number| !(1..=count).contains(&(**number as usize))) {
            let problem = format!("there is no line {number}: name lines from 1 to {count}");
            return Err(StoreError::invalid(What::StockTransfer, self.id, problem));
        }
        let received = |(number, line): (u32, &TransferLine)| {
            let came = came.get(&number).copied().unwrap_or(line.quantity);
            if came <= line.quantity {
                return Ok(came);
            }
            let problem = format!(
                "line {number}: {came} came and {} were sent: receive what was sent, and correct the stock of the sender",
                line.quantity
            );
            Err(StoreError::invalid(What::StockTransfer, self.id, problem))
        };
        (1_u32..).zip(&self.lines).map(received).collect()
    }

    /// A line of which something did not come.
    fn missing_of(&self, number: u32) -> Result<&TransferLine, StoreError> {
        let line = (number as usize).checked_sub(1).and_then(|index| self.lines.get(index));
        let no_line =
            || self.conflict(format!("has no line {number}: name one from 1 to {}", self.lines.len()));
        let line = line.ok_or_else(no_line)?;
        if line.missing() == 0 {
            return Err(self.conflict(format!("misses nothing of line {number}: there is nothing to settle")));
        }
        Ok(line)
    }
}

async fn settle(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: StockTransferId,
    state: TransferState,
    (by, now): (&Actor, WallMs),
) -> Result<(), Failure> {
    let sql =
        "UPDATE stock_transfer SET state = $3, settled_by = $4, settled_at = $5 WHERE org = $1 AND id = $2";
    execute(connection, sql, values![org, &id, &state, by, &now]).await?;
    Ok(())
}
