//! The people of an organisation and what they may do.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{Grant, NewUser, Role, User, UserId};
use domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{check_unchanged, created, ms, tagged};
use crate::auth::Who;
use crate::auth::password::Password;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::roles::now;

/// Roles that one person may have: one in each of many stores.
const GRANTS_MAX: usize = 200;
/// Longest language tag.
const LANGUAGE_MAX_LEN: usize = 35;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleWord {
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

/// A role, in the whole organisation or in one store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantForm {
    /// What may be done.
    pub(crate) role: RoleWord,
    /// Where; absent for the whole organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<String>,
}

/// A new person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPerson {
    /// What they sign in with.
    #[schema(example = "ann@example.org", max_length = 254)]
    email: String,
    /// Their name as people read it.
    #[schema(example = "Ann Example")]
    name: String,
    /// The language of their screens.
    #[schema(example = "en")]
    language: String,
    /// Their first password; absent to have one made, which the answer shows once.
    #[schema(value_type = Option<String>, format = Password, min_length = 15)]
    password: Option<Password>,
    /// What they may do.
    grants: Vec<GrantForm>,
}

/// What can be changed about a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonForm {
    name: String,
    language: String,
    grants: Vec<GrantForm>,
    /// True to lock them out.
    disabled: bool,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    id: String,
    email: String,
    name: String,
    language: String,
    grants: Vec<GrantForm>,
    disabled: bool,
    /// Milliseconds since 1970.
    created_at_ms: i64,
}

/// A person who was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonMade {
    person: Person,
    /// The password that was made, shown this once; absent when one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// A password that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordMade {
    /// Shown this once.
    password: String,
}

/// The people of an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct People {
    items: Vec<Person>,
}

/// Lists people, those who are locked out too.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", responses((status = 200, body = People)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut items = Vec::new();
    for user in shared.store.users(&who.org).await? {
        items.push(with_grants(&shared, user).await?);
    }
    tagged(&headers, &People { items })
}

/// Makes a person.
#[utoipa::path(
    post,
    path = "/api/v1/people",
    tag = "people",
    request_body = NewPerson,
    responses((status = 201, body = PersonMade))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<NewPerson>,
) -> Result<Response, Problem> {
    who.check_all_stores()?;
    let grants = checked_grants(&form.grants)?;
    check_language(&form.language)?;
    let (password, made) = match form.password {
        Some(password) => (password, None),
        None => {
            let made = Password::generate().map_err(Problem::internal)?;
            (made.clone(), Some(made.reveal().to_owned()))
        }
    };
    password.check_choice().map_err(|error| Problem::unprocessable(error.to_string()))?;
    let id = UserId(Uuid::now_v7());
    let user = NewUser {
        id,
        email: form.email,
        name: form.name,
        password_hash: password.hash().await.map_err(Problem::internal)?,
        language: form.language,
        grants,
    };
    let audited = shared.audited(&who, "person.create", &format!("person:{id}"), &words_of(&user.grants))?;
    audited.create_user(&who.org, &user, now()).await?;
    let person = with_grants(&shared, shared.store.user(&who.org, id).await?).await?;
    created(&format!("/api/v1/people/{id}"), PersonMade { person, password: made })
}

/// A person.
#[utoipa::path(
    get,
    path = "/api/v1/people/{person}",
    tag = "people",
    params(("person" = String, Path, description = "The person's id")),
    responses((status = 200, body = Person))
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    who: Who,
    Place(person): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let user = shared.store.user(&who.org, person_id(&person)?).await?;
    tagged(&headers, &with_grants(&shared, user).await?)
}

/// Changes a person: name, language, roles, and whether they may sign in. The last owner stays one.
#[utoipa::path(
    put,
    path = "/api/v1/people/{person}",
    tag = "people",
    params(("person" = String, Path, description = "The person's id")),
    request_body = PersonForm,
    responses((status = 200, body = Person))
)]
pub(crate) async fn update(
    State(shared): State<Shared>,
    who: Who,
    Place(person): Place<String>,
    headers: HeaderMap,
    Body(form): Body<PersonForm>,
) -> Result<Json<Person>, Problem> {
    who.check_all_stores()?;
    let id = person_id(&person)?;
    let before = with_grants(&shared, shared.store.user(&who.org, id).await?).await?;
    check_unchanged(&headers, &before)?;
    let grants = checked_grants(&form.grants)?;
    check_language(&form.language)?;
    let object = format!("person:{id}");
    let audited = |action: &str, detail: &str| shared.audited(&who, action, &object, detail);
    shared.store.update_user(&who.org, id, &form.name, &form.language).await?;
    audited("person.update", &words_of(&grants))?.set_grants(&who.org, id, &grants).await?;
    match (before.disabled, form.disabled) {
        (false, true) => audited("person.disable", "")?.disable_user(&who.org, id, now()).await?,
        (true, false) => audited("person.enable", "")?.enable_user(&who.org, id).await?,
        _ => {}
    }
    Ok(Json(with_grants(&shared, shared.store.user(&who.org, id).await?).await?))
}

/// Makes a new password for somebody who has lost theirs. Every session of theirs ends.
#[utoipa::path(
    post,
    path = "/api/v1/people/{person}/password",
    tag = "people",
    params(("person" = String, Path, description = "The person's id")),
    responses((status = 201, body = PasswordMade))
)]
pub(crate) async fn reset_password(
    State(shared): State<Shared>,
    who: Who,
    Place(person): Place<String>,
) -> Result<(StatusCode, Json<PasswordMade>), Problem> {
    who.check_all_stores()?;
    let id = person_id(&person)?;
    // Hashing takes long; first whether there is anybody to do it for.
    shared.store.user(&who.org, id).await?;
    let password = Password::generate().map_err(Problem::internal)?;
    let shown = password.reveal().to_owned();
    let hash = password.hash().await.map_err(Problem::internal)?;
    let audited = shared.audited(&who, "person.password-reset", &format!("person:{id}"), "")?;
    audited.set_password(&who.org, id, &hash).await?;
    Ok((StatusCode::CREATED, Json(PasswordMade { password: shown })))
}

/// Grants as somebody wrote them, checked.
pub(crate) fn checked_grants(forms: &[GrantForm]) -> Result<Vec<Grant>, Problem> {
    if forms.len() > GRANTS_MAX {
        return Err(Problem::unprocessable(format!("one person has at most {GRANTS_MAX} roles")));
    }
    forms.iter().map(GrantForm::checked).collect()
}

/// Grants as answers show them.
pub(crate) fn shown_grants(grants: &[Grant]) -> Vec<GrantForm> {
    let shown = |grant: &Grant| GrantForm {
        role: RoleWord::of(grant.role),
        store: grant.store.as_ref().map(ToString::to_string),
    };
    grants.iter().map(shown).collect()
}

/// Grants as the audit log has them.
pub(crate) fn words_of(grants: &[Grant]) -> String {
    let word = |grant: &Grant| {
        let place = grant.store.as_ref().map_or("everywhere", StoreId::as_str);
        format!("{} {place}", RoleWord::of(grant.role).as_str())
    };
    grants.iter().map(word).collect::<Vec<_>>().join(", ")
}

impl GrantForm {
    /// The grant, if its store has a name.
    pub(crate) fn checked(&self) -> Result<Grant, Problem> {
        let store = self.store.as_deref().map(StoreId::new).transpose();
        let store = store.map_err(|error| Problem::unprocessable(error.to_string()))?;
        Ok(Grant { role: self.role.role(), store })
    }
}

impl RoleWord {
    fn of(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Manager => Self::Manager,
            Role::Clerk => Self::Clerk,
            Role::Technician => Self::Technician,
            Role::Auditor => Self::Auditor,
        }
    }

    /// The role that it stands for.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Owner => Role::Owner,
            Self::Manager => Role::Manager,
            Self::Clerk => Role::Clerk,
            Self::Technician => Role::Technician,
            Self::Auditor => Role::Auditor,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Clerk => "clerk",
            Self::Technician => "technician",
            Self::Auditor => "auditor",
        }
    }
}

fn person_id(text: &str) -> Result<UserId, Problem> {
    let missing = |_| Problem::not_found("there is no such person");
    Uuid::parse_str(text).map(UserId).map_err(missing)
}

/// A language tag in its shape (BCP 47): what is on the screens is known to the screens.
fn check_language(tag: &str) -> Result<(), Problem> {
    let fits = (2..=LANGUAGE_MAX_LEN).contains(&tag.len())
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if fits { Ok(()) } else { Err(Problem::unprocessable("`language` is a tag such as `en` or `ru`")) }
}

async fn with_grants(shared: &Shared, user: User) -> Result<Person, Problem> {
    let grants = shared.store.grants(&user.org, user.id).await?;
    Ok(Person {
        id: user.id.to_string(),
        email: user.email,
        name: user.name,
        language: user.language,
        grants: shown_grants(&grants),
        disabled: user.disabled_at.is_some(),
        created_at_ms: ms(user.created_at),
    })
}
