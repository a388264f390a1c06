//! What tills are told to do.
//!
//! A command is asked for, taken up, and then done or not; it never goes back. The store knows no operation: what a word
//! means is between whoever asks and the till.

use domain::ids::CommandId;
use domain::sale::TillRef;
use domain::time::WallMs;

use crate::error::{StoreError, What};
use crate::ids::Actor;
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_one, fetch_value, values, word_column,
};
use crate::store::{Store, on_key};
use crate::tills::read_till_ref;

/// Commands of one till that may be open at once.
pub const OPEN_COMMANDS_MAX: i64 = 8;

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandState {
    /// It is asked for.
    Init,
    /// The till is at it.
    Executing,
    /// It is done.
    Successful,
    /// It was not done.
    Failed,
}

word_column!(CommandState:
    Init = "init",
    Executing = "executing",
    Successful = "successful",
    Failed = "failed",
);

/// A new command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// Its id.
    pub id: CommandId,
    /// Who is to do it.
    pub till: TillRef,
    /// What.
    pub operation: String,
    /// Who asked.
    pub made_by: Actor,
    /// After this time nobody begins with it.
    pub expires_at: WallMs,
}

/// A command and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// As it was asked for.
    pub asked: NewCommand,
    /// When that was.
    pub made_at: WallMs,
    /// How far it is.
    pub state: CommandState,
    /// What came of it, in words; empty while nothing did.
    pub detail: String,
    /// Since when it is that far.
    pub changed_at: WallMs,
}

const COMMAND: &str =
    "SELECT org, store, till, id, operation, made_by, expires_at, made_at, state, detail, changed_at
                       FROM command";
/// What may become another state.
const OPEN: &str = "state IN ('init', 'executing')";

impl Store {
    /// Asks a till that is in use for something.
    pub async fn create_command(&self, command: &NewCommand, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_till_in_use(connection, &command.till).await?;
            let sql = composed(format!(
                "SELECT COUNT(*) FROM command WHERE org = $1 AND store = $2 AND till = $3 AND {OPEN}"
            ));
            let open: Option<i64> =
                fetch_value(connection, What::Command, sql, values![&command.till]).await?;
            if open.unwrap_or(0) >= OPEN_COMMANDS_MAX {
                let problem = format!("has {OPEN_COMMANDS_MAX} open commands: wait until one is done");
                return Err(StoreError::conflict(What::Till, &command.till.till, problem).into());
            }
            let sql = "INSERT INTO command (org, store, till, id, operation, made_by, expires_at, made_at,
                                            state, detail, changed_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'init', '', $8)";
            let NewCommand { id, till, operation, made_by, expires_at } = command;
            let values = values![till, id, operation, made_by, expires_at, &now];
            on_key(
                execute(connection, sql, values).await,
                || StoreError::exists(What::Command, id),
                || StoreError::not_found(What::Till, &till.till),
            )?;
            writing.commit().await
        })
        .await
    }

    /// A command of a till.
    pub async fn command(&self, till: &TillRef, id: CommandId) -> Result<Command, StoreError> {
        self.answer(async {
            let sql = composed(format!("{COMMAND} WHERE org = $1 AND store = $2 AND till = $3 AND id = $4"));
            let row = fetch_one(&mut *self.reading().await?, sql, values![till, &id]).await?;
            let row = row.ok_or_else(|| StoreError::not_found(What::Command, id))?;
            read_command(&mut Fields::of(&row, What::Command))
        })
        .await
    }

    /// The commands of all tills that are neither done nor given up, oldest first: for the cloud itself.
    pub async fn open_commands(&self, limit: u32) -> Result<Vec<Command>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{COMMAND} WHERE {OPEN} ORDER BY made_at, id LIMIT $1"));
            let values = values![&limit];
            fetch_each(&mut *self.reading().await?, What::Command, sql, values, read_command).await
        })
        .await
    }

    /// Notes how far a till is with a command. One that is done stays as it is, and so does one that is further; says whether
    /// anything changed.
    pub async fn note_command(
        &self,
        till: &TillRef,
        id: CommandId,
        state: CommandState,
        detail: &str,
        now: WallMs,
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = composed(format!(
                "UPDATE command SET state = $5, detail = $6, changed_at = $7
                 WHERE org = $1 AND store = $2 AND till = $3 AND id = $4 AND state <> $5 AND $5 <> 'init' AND {OPEN}"
            ));
            let values = values![till, &id, &state, detail, &now];
            let changed = execute(writing.connection(), sql, values).await? > 0;
            writing.commit().await?;
            Ok(changed)
        })
        .await
    }

    /// Gives up the commands that were to be begun before some time and are open still; says how many.
    pub async fn give_up_commands(
        &self,
        expired_before: WallMs,
        detail: &str,
        now: WallMs,
    ) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = composed(format!(
                "UPDATE command SET state = 'failed', detail = $2, changed_at = $3 WHERE expires_at < $1 AND {OPEN}"
            ));
            let given_up = execute(writing.connection(), sql, values![&expired_before, detail, &now]).await?;
            writing.commit().await?;
            Ok(given_up)
        })
        .await
    }
}

fn read_command(fields: &mut Fields<'_>) -> Result<Command, Failure> {
    Ok(Command {
        asked: NewCommand {
            till: read_till_ref(fields)?,
            id: fields.take()?,
            operation: fields.take()?,
            made_by: fields.take()?,
            expires_at: fields.take()?,
        },
        made_at: fields.take()?,
        state: fields.take()?,
        detail: fields.take()?,
        changed_at: fields.take()?,
    })
}
