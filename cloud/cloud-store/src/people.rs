//! People, what they may do, and the tokens of an organisation's software.

use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::error::{StoreError, What};
use crate::ids::{Actor, Hash, TokenId, UserId};
use crate::organisations::check_label;
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, values, word_column,
};
use crate::store::{Store, on_key};

/// Longest e-mail address, in bytes (RFC 5321, section 4.5.3.1.3).
pub const EMAIL_MAX_LEN: usize = 254;

/// What somebody may do. What each role allows is the gateway's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything, people included.
    Owner,
    /// Runs a store.
    Manager,
    /// Works in a store.
    Clerk,
    /// Looks after tills.
    Technician,
    /// Looks at everything and changes nothing.
    Auditor,
}

word_column!(Role:
    Owner = "owner",
    Manager = "manager",
    Clerk = "clerk",
    Technician = "technician",
    Auditor = "auditor",
);

/// A role, in the whole organisation or in one store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// What may be done.
    pub role: Role,
    /// Where; `None` is the whole organisation.
    pub store: Option<StoreId>,
}

/// A person as they are entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// A new id.
    pub id: UserId,
    /// What they sign in with; kept in small letters. One person each, in all organisations together.
    pub email: String,
    /// Their name as people read it.
    pub name: String,
    /// The password's hash as text (PHC string format); the store never sees a password.
    pub password_hash: String,
    /// The language of their screens, for example `en`.
    pub language: String,
    /// What they may do.
    pub grants: Vec<Grant>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their organisation.
    pub org: OrgId,
    /// Their id.
    pub id: UserId,
    /// What they sign in with.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The password's hash.
    pub password_hash: String,
    /// The language of their screens.
    pub language: String,
    /// When they were entered.
    pub created_at: WallMs,
    /// Since when they may not sign in.
    pub disabled_at: Option<WallMs>,
}

/// A token as it is made: the token itself is shown once and never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewServiceToken {
    /// A new id.
    pub id: TokenId,
    /// What it is for, as people read it.
    pub name: String,
    /// SHA-256 of the token.
    pub token_hash: Hash,
    /// What it may do.
    pub grant: Grant,
    /// Who made it.
    pub made_by: Actor,
    /// Until when it is good; `None` until it is revoked.
    pub expires_at: Option<WallMs>,
}

/// A token that software signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// Its organisation.
    pub org: OrgId,
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub grant: Grant,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// Until when it is good.
    pub expires_at: Option<WallMs>,
    /// When it was revoked.
    pub revoked_at: Option<WallMs>,
    /// When it was used last, as far as that was noted.
    pub used_at: Option<WallMs>,
}

const USER: &str =
    "SELECT org, id, email, name, password_hash, language, created_at, disabled_at FROM person";
const TOKEN: &str = "SELECT org, id, name, role, store, made_by, made_at, expires_at, revoked_at, used_at
                     FROM service_token";

impl Store {
    /// Enters a person.
    pub async fn create_user(&self, org: &OrgId, user: &NewUser, now: WallMs) -> Result<(), StoreError> {
        check_label(What::User, &user.email, &user.name)?;
        let email = checked_email(&user.email)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO person (org, id, email, name, password_hash, language, created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let NewUser { id, name, password_hash, language, grants, .. } = user;
            let values = values![org, id, &email, name, password_hash, language, &now];
            on_key(
                execute(writing.connection(), sql, values).await,
                || StoreError::exists(What::User, &email),
                || StoreError::not_found(What::Organisation, org),
            )?;
            insert_grants(writing.connection(), org, *id, grants).await?;
            writing.commit().await
        })
        .await
    }

    /// A person of the organisation.
    pub async fn user(&self, org: &OrgId, id: UserId) -> Result<User, StoreError> {
        self.answer(async {
            let sql = composed(format!("{USER} WHERE org = $1 AND id = $2"));
            fetch_found(&mut *self.reading().await?, (What::User, &id), sql, values![org, &id], read_user)
                .await
        })
        .await
    }

    /// Whoever signs in with this address, of any organisation, disabled or not. It is what says which organisation they
    /// are of.
    pub async fn user_by_email(&self, email: &str) -> Result<User, StoreError> {
        let email = normal_email(email);
        self.answer(async {
            let sql = composed(format!("{USER} WHERE email = $1"));
            let name = (What::User, &email as &(dyn std::fmt::Display + Sync));
            fetch_found(&mut *self.reading().await?, name, sql, values![&email], read_user).await
        })
        .await
    }

    /// The people of an organisation in order of address, disabled ones too.
    pub async fn users(&self, org: &OrgId) -> Result<Vec<User>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{USER} WHERE org = $1 ORDER BY email"));
            fetch_each(&mut *self.reading().await?, What::User, sql, values![org], read_user).await
        })
        .await
    }

    /// Gives a person another password; every session of theirs ends.
    pub async fn set_password(&self, org: &OrgId, id: UserId, password_hash: &str) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE person SET password_hash = $3 WHERE org = $1 AND id = $2";
            changed_user(execute(writing.connection(), sql, values![org, &id, password_hash]).await?, id)?;
            end_sessions_of(writing.connection(), org, id).await?;
            writing.commit().await
        })
        .await
    }

    /// Changes a person's name and the language of their screens.
    pub async fn update_user(
        &self,
        org: &OrgId,
        id: UserId,
        name: &str,
        language: &str,
    ) -> Result<(), StoreError> {
        check_label(What::User, &id.to_string(), name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE person SET name = $3, language = $4 WHERE org = $1 AND id = $2";
            changed_user(execute(writing.connection(), sql, values![org, &id, name, language]).await?, id)?;
            writing.commit().await
        })
        .await
    }

    /// Locks a person out, and ends every session of theirs. The last owner stays.
    pub async fn disable_user(&self, org: &OrgId, id: UserId, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_organisation(connection, org).await?;
            let sql = "UPDATE person SET disabled_at = COALESCE(disabled_at, $3) WHERE org = $1 AND id = $2";
            changed_user(execute(connection, sql, values![org, &id, &now]).await?, id)?;
            check_owner_left(connection, org, id).await?;
            end_sessions_of(connection, org, id).await?;
            writing.commit().await
        })
        .await
    }

    /// Lets a person in again.
    pub async fn enable_user(&self, org: &OrgId, id: UserId) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE person SET disabled_at = NULL WHERE org = $1 AND id = $2";
            changed_user(execute(writing.connection(), sql, values![org, &id]).await?, id)?;
            writing.commit().await
        })
        .await
    }

    /// What a person may do.
    pub async fn grants(&self, org: &OrgId, id: UserId) -> Result<Vec<Grant>, StoreError> {
        self.answer(async { fetch_grants(&mut *self.reading().await?, org, id).await }).await
    }

    /// Says anew what a person may do, in place of what they might before. The last owner stays one.
    pub async fn set_grants(&self, org: &OrgId, id: UserId, grants: &[Grant]) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_organisation(connection, org).await?;
            let sql = "SELECT 1 FROM person WHERE org = $1 AND id = $2";
            let found: Option<i64> = fetch_value(connection, What::User, sql, values![org, &id]).await?;
            found.ok_or_else(|| StoreError::not_found(What::User, id))?;
            execute(connection, "DELETE FROM person_grant WHERE org = $1 AND person = $2", values![org, &id])
                .await?;
            insert_grants(connection, org, id, grants).await?;
            check_owner_left(connection, org, id).await?;
            writing.commit().await
        })
        .await
    }

    /// Makes a token for software.
    pub async fn create_service_token(
        &self,
        org: &OrgId,
        token: &NewServiceToken,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_label(What::ServiceToken, &token.id.to_string(), &token.name)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            check_store(connection, org, token.grant.store.as_ref()).await?;
            let sql = "INSERT INTO service_token
                           (org, id, name, token_hash, role, store, made_by, made_at, expires_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            let NewServiceToken { id, name, token_hash, grant, made_by, expires_at } = token;
            let store = grant.store.as_ref().map_or("", StoreId::as_str);
            let values = values![org, id, name, token_hash, &grant.role, store, made_by, &now, expires_at];
            on_key(
                execute(connection, sql, values).await,
                || StoreError::exists(What::ServiceToken, id),
                || StoreError::not_found(What::Organisation, org),
            )?;
            writing.commit().await
        })
        .await
    }

    /// The token with this hash, of any organisation, where it is good now.
    pub async fn service_token(&self, token_hash: &Hash, now: WallMs) -> Result<ServiceToken, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{TOKEN} WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)"
            ));
            let values = values![token_hash, &now];
            let name = (What::ServiceToken, &"this one" as &(dyn std::fmt::Display + Sync));
            fetch_found(&mut *self.reading().await?, name, sql, values, read_token).await
        })
        .await
    }

    /// The tokens of an organisation, newest first, revoked ones too.
    pub async fn service_tokens(&self, org: &OrgId) -> Result<Vec<ServiceToken>, StoreError> {
        self.answer(async {
            let sql = composed(format!("{TOKEN} WHERE org = $1 ORDER BY made_at DESC, id"));
            fetch_each(&mut *self.reading().await?, What::ServiceToken, sql, values![org], read_token).await
        })
        .await
    }

    /// Ends a token.
    pub async fn revoke_service_token(
        &self,
        org: &OrgId,
        id: TokenId,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE service_token SET revoked_at = COALESCE(revoked_at, $3)
                       WHERE org = $1 AND id = $2";
            if execute(writing.connection(), sql, values![org, &id, &now]).await? == 0 {
                return Err(StoreError::not_found(What::ServiceToken, id).into());
            }
            writing.commit().await
        })
        .await
    }

    /// Notes that a token was used. Callers need not do so at every request.
    pub async fn note_token_used(&self, org: &OrgId, id: TokenId, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE service_token SET used_at = $3
                       WHERE org = $1 AND id = $2 AND COALESCE(used_at, 0) < $3";
            execute(writing.connection(), sql, values![org, &id, &now]).await?;
            writing.commit().await
        })
        .await
    }

    /// Holds an organisation's row until the transaction ends, so that who is its last owner, or what its stores
    /// share, cannot change meanwhile.
    pub(crate) async fn lock_organisation(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
    ) -> Result<(), Failure> {
        let sql = composed(format!("SELECT 1 FROM organisation WHERE id = $1{}", self.engine().for_update()));
        let found: Option<i64> = fetch_value(connection, What::Organisation, sql, values![org]).await?;
        found.ok_or_else(|| StoreError::not_found(What::Organisation, org))?;
        Ok(())
    }
}

pub(crate) async fn fetch_grants(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: UserId,
) -> Result<Vec<Grant>, Failure> {
    let sql = "SELECT role, store FROM person_grant WHERE org = $1 AND person = $2 ORDER BY role, store";
    fetch_each(connection, What::User, sql, values![org, &id], read_grant).await
}

pub(crate) async fn end_sessions_of(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: UserId,
) -> Result<(), Failure> {
    execute(connection, "DELETE FROM session WHERE org = $1 AND person = $2", values![org, &id]).await?;
    Ok(())
}

pub(crate) fn read_user(fields: &mut Fields<'_>) -> Result<User, Failure> {
    Ok(User {
        org: fields.take()?,
        id: fields.take()?,
        email: fields.take()?,
        name: fields.take()?,
        password_hash: fields.take()?,
        language: fields.take()?,
        created_at: fields.take()?,
        disabled_at: fields.take_option()?,
    })
}

fn read_grant(fields: &mut Fields<'_>) -> Result<Grant, Failure> {
    let role = fields.take()?;
    let store: String = fields.take()?;
    let store = if store.is_empty() { None } else { Some(StoreId::new(&store)) };
    let unreadable = |error: domain::ids::InvalidName| StoreError::Unreadable {
        what: What::Store,
        name: String::new(),
        problem: error.to_string(),
    };
    Ok(Grant { role, store: store.transpose().map_err(unreadable)? })
}

fn read_token(fields: &mut Fields<'_>) -> Result<ServiceToken, Failure> {
    Ok(ServiceToken {
        org: fields.take()?,
        id: fields.take()?,
        name: fields.take()?,
        grant: read_grant(fields)?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        expires_at: fields.take_option()?,
        revoked_at: fields.take_option()?,
        used_at: fields.take_option()?,
    })
}

async fn insert_grants(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: UserId,
    grants: &[Grant],
) -> Result<(), Failure> {
    for Grant { role, store } in grants {
        check_store(connection, org, store.as_ref()).await?;
        let sql = "INSERT INTO person_grant (org, person, role, store) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (org, person, role, store) DO NOTHING";
        let store = store.as_ref().map_or("", StoreId::as_str);
        execute(connection, sql, values![org, &id, role, store]).await?;
    }
    Ok(())
}

/// Refuses a store that the organisation does not have.
pub(crate) async fn check_store(
    connection: &mut AnyConnection,
    org: &OrgId,
    store: Option<&StoreId>,
) -> Result<(), Failure> {
    let Some(store) = store else { return Ok(()) };
    let sql = "SELECT 1 FROM store WHERE org = $1 AND id = $2";
    let found: Option<i64> = fetch_value(connection, What::Store, sql, values![org, store]).await?;
    found.ok_or_else(|| StoreError::not_found(What::Store, store))?;
    Ok(())
}

/// An organisation that has people keeps an owner among them, or nobody could ever let anybody in again.
async fn check_owner_left(connection: &mut AnyConnection, org: &OrgId, id: UserId) -> Result<(), Failure> {
    let sql = "SELECT COUNT(*) FROM person_grant
               JOIN person ON person.org = person_grant.org AND person.id = person_grant.person
               WHERE person.org = $1 AND person.disabled_at IS NULL
                 AND person_grant.role = 'owner' AND person_grant.store = ''";
    let owners: Option<i64> = fetch_value(connection, What::User, sql, values![org]).await?;
    if owners == Some(0) {
        let problem = "is the last owner of the organisation: make somebody else an owner first";
        return Err(StoreError::conflict(What::User, id, problem).into());
    }
    Ok(())
}

fn changed_user(rows: u64, id: UserId) -> Result<(), Failure> {
    if rows == 0 { Err(StoreError::not_found(What::User, id).into()) } else { Ok(()) }
}

fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Only the shape: whether somebody reads it is found out by writing to it.
fn checked_email(email: &str) -> Result<String, StoreError> {
    let normal = normal_email(email);
    let shape_ok = normal.len() <= EMAIL_MAX_LEN
        && normal.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
        && !normal.chars().any(|c| c.is_whitespace() || c.is_control());
    if shape_ok {
        return Ok(normal);
    }
    let problem =
        format!("write an e-mail address of at most {EMAIL_MAX_LEN} bytes, for example `ann@example.org`");
    Err(StoreError::invalid(What::User, normal.chars().take(EMAIL_MAX_LEN).collect::<String>(), problem))
}
