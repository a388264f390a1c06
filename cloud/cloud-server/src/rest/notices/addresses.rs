//! Where the caller is reached. An address counts once the code that was sent there came back.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_store::{AddressId, Channel, Hash, NewAddress, NewCode, NewDelivery, NoticeAddress, UserId};
use domain::time::WallMs;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::word;
use crate::auth::Who;
use crate::config::Config;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::hooks::signature::new_secret;
use crate::notify::words::language_of;
use crate::notify::{CONFIRMATION, render_built_in};
use crate::rest::answer::{created, ms, tagged};
use crate::roles::now;
use crate::sourcing::pages::address::{checked, is_public, literal};

/// Codes below this number; they are written with six digits.
const CODES: u32 = 1_000_000;

/// A new address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressForm {
    /// `telegram`, `email` or `webhook`.
    #[schema(example = "email")]
    channel: String,
    /// The number of a chat with the bot, an e-mail address, or where software takes requests.
    #[schema(example = "ann@example.org")]
    address: String,
}

/// The code that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeForm {
    #[schema(example = "123456")]
    code: String,
}

/// An address that was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressMade {
    id: String,
    /// What requests are signed with (Standard Webhooks), shown this once; absent for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Where somebody is reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressShown {
    id: String,
    channel: String,
    address: String,
    made_at_ms: i64,
    /// Since when it counts; absent until the code came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at_ms: Option<i64>,
    /// Since when nothing goes there.
    #[serde(skip_serializing_if = "Option::is_none")]
    off_at_ms: Option<i64>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    off_reason: Option<String>,
}

/// Where somebody is reached, and could be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Addresses {
    items: Vec<AddressShown>,
    /// The channels that this cloud has.
    channels: Vec<String>,
}

/// Lists the caller's addresses.
#[utoipa::path(get, path = "/api/v1/notice-addresses", tag = "notices", responses((status = 200, body = Addresses)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = shared.store.notice_addresses(&who.org, who.person()?).await?;
    let channels = [Channel::Telegram, Channel::Email, Channel::Webhook].into_iter();
    let channels = channels.filter(|channel| has(&shared.config, *channel));
    let channels = channels.map(|channel| channel.as_str().to_owned()).collect();
    tagged(&headers, &Addresses { items: found.into_iter().map(shown).collect(), channels })
}

/// Adds an address, and sends a code there.
#[utoipa::path(
    post,
    path = "/api/v1/notice-addresses",
    tag = "notices",
    request_body = AddressForm,
    responses((status = 201, body = AddressMade))
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    who: Who,
    Body(form): Body<AddressForm>,
) -> Result<Response, Problem> {
    let person = who.person()?;
    let channel = word("channel", &form.channel, Channel::from_word, &["telegram", "email", "webhook"])?;
    if !has(&shared.config, channel) {
        let detail = format!("this cloud does not speak {}: choose another channel", channel.as_str());
        return Err(Problem::conflict("channel_off", detail));
    }
    let address = checked_address(&shared.config, channel, form.address.trim())?;
    let secret = match channel {
        Channel::Webhook => Some(new_secret().map_err(Problem::internal)?),
        Channel::Telegram | Channel::Email => None,
    };
    let id = AddressId(Uuid::now_v7());
    let new = NewAddress { id, person, channel, address, secret: secret.clone().unwrap_or_default() };
    let code = new_code(&shared, &who, person, id, channel).await?;
    let audited = shared.audited(&who, "notice-address.add", &format!("address:{id}"), channel.as_str())?;
    audited.add_notice_address(&who.org, &new, &code, now()).await?;
    created(&format!("/api/v1/notice-addresses/{id}"), AddressMade { id: id.to_string(), secret })
}

/// Sends another code, and tries again what was off.
#[utoipa::path(
    post,
    path = "/api/v1/notice-addresses/{address}/code",
    tag = "notices",
    params(("address" = String, Path, description = "The address's id")),
    responses((status = 204))
)]
pub(crate) async fn send_code(
    State(shared): State<Shared>,
    who: Who,
    Place(address): Place<String>,
) -> Result<StatusCode, Problem> {
    let (person, id) = (who.person()?, read_id(&address)?);
    let known = shared.store.notice_address(&who.org, person, id).await?;
    let code = new_code(&shared, &who, person, id, known.channel).await?;
    let audited = shared.audited(&who, "notice-address.renew", &format!("address:{id}"), "")?;
    audited.renew_address_code(&who.org, person, id, &code, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirms an address with the code that was sent there.
#[utoipa::path(
    post,
    path = "/api/v1/notice-addresses/{address}/confirmation",
    tag = "notices",
    params(("address" = String, Path, description = "The address's id")),
    request_body = CodeForm,
    responses((status = 204))
)]
pub(crate) async fn confirm(
    State(shared): State<Shared>,
    who: Who,
    Place(address): Place<String>,
    Body(form): Body<CodeForm>,
) -> Result<StatusCode, Problem> {
    let (person, id) = (who.person()?, read_id(&address)?);
    let hash = hash_of(id, form.code.trim());
    let audited = shared.audited(&who, "notice-address.confirm", &format!("address:{id}"), "")?;
    if audited.confirm_address(&who.org, person, id, &hash, now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = "the code is not the one that was sent, is too old, or was guessed at too often: have another one sent";
    Err(Problem::conflict("wrong_code", detail))
}

/// Removes an address with what was to go there.
#[utoipa::path(
    delete,
    path = "/api/v1/notice-addresses/{address}",
    tag = "notices",
    params(("address" = String, Path, description = "The address's id")),
    responses((status = 204))
)]
pub(crate) async fn remove(
    State(shared): State<Shared>,
    who: Who,
    Place(address): Place<String>,
) -> Result<StatusCode, Problem> {
    let (person, id) = (who.person()?, read_id(&address)?);
    let audited = shared.audited(&who, "notice-address.remove", &format!("address:{id}"), "")?;
    audited.remove_notice_address(&who.org, person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn read_id(text: &str) -> Result<AddressId, Problem> {
    Uuid::parse_str(text).map(AddressId).map_err(|_| Problem::not_found("there is no such address"))
}

fn has(config: &Config, channel: Channel) -> bool {
    match channel {
        Channel::Telegram => config.telegram.is_used(),
        Channel::Email => config.smtp.is_used(),
        Channel::Webhook => config.notify.webhooks,
    }
}

/// Only the shape: whether somebody reads it is found out by the code.
fn checked_address(config: &Config, channel: Channel, text: &str) -> Result<String, Problem> {
    let refuse = |what: &str| Problem::unprocessable(format!("`address` has to be {what}"));
    match channel {
        Channel::Telegram => {
            let chat: i64 =
                text.parse().map_err(|_| refuse("the number of a chat: ask the bot `@userinfobot`"))?;
            Ok(chat.to_string())
        }
        Channel::Email => {
            let address: lettre::Address = text.parse().map_err(|_| refuse("an e-mail address"))?;
            Ok(address.to_string().to_lowercase())
        }
        Channel::Webhook => {
            let url = checked(text).map_err(Problem::unprocessable)?;
            let is_inner = literal(&url).is_some_and(|address| !is_public(address));
            if is_inner && !config.notify.webhooks_allow_private {
                return Err(refuse(
                    "one of the public internet, unless `notify.webhooks_allow_private` is set",
                ));
            }
            Ok(url.to_string())
        }
    }
}

async fn new_code(
    shared: &Shared,
    who: &Who,
    person: UserId,
    id: AddressId,
    channel: Channel,
) -> Result<NewCode, Problem> {
    let (now, minutes) = (now(), shared.config.notify.code_minutes);
    let code = format!("{:06}", getrandom::u32().map_err(Problem::internal)? % CODES);
    let language = language_of(&shared.store.user(&who.org, person).await?.language);
    let data = json!({"code": code, "minutes": minutes});
    let words = render_built_in(CONFIRMATION, language, &data);
    let body = match channel {
        Channel::Webhook => json!({"type": CONFIRMATION, "data": data}).to_string(),
        Channel::Telegram | Channel::Email => words.body,
    };
    let delivery = NewDelivery {
        key: format!("code:{id}:{}", Uuid::now_v7()),
        notice: None,
        person,
        address: id,
        channel,
        event: CONFIRMATION.to_owned(),
        subject: words.subject,
        body,
        html: words.html,
        picture: String::new(),
        run_after: now,
        reply_to: None,
    };
    let expires_at = WallMs(now.0 + i64::from(minutes) * 60_000);
    Ok(NewCode { hash: hash_of(id, &code), expires_at, delivery })
}

fn hash_of(id: AddressId, code: &str) -> Hash {
    let mut hash = Sha256::new();
    hash.update(id.0.as_bytes());
    hash.update(code.as_bytes());
    hash.finalize().into()
}

fn shown(address: NoticeAddress) -> AddressShown {
    AddressShown {
        id: address.id.to_string(),
        channel: address.channel.as_str().to_owned(),
        address: address.address,
        made_at_ms: ms(address.made_at),
        confirmed_at_ms: address.confirmed_at.map(ms),
        off_at_ms: address.off_at.map(ms),
        off_reason: address.off_reason,
    }
}
