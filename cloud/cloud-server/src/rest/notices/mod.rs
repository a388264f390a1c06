//! What people are told of: their inbox, where they are reached and of what, the words, and what became of it.

mod addresses;
mod broadcasts;
mod deliveries;
mod inbox;
mod subscriptions;
mod templates;

use cloud_store::{Channel, NoticeEvent, NoticeId, Severity};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::{Problem, Shared};

/// The routes of notices.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::unread))
        .routes(routes!(inbox::mark_read))
        .routes(routes!(inbox::acknowledge))
        .routes(routes!(broadcasts::list, broadcasts::create))
        .routes(routes!(broadcasts::preview))
        .routes(routes!(broadcasts::get))
        .routes(routes!(addresses::list, addresses::create))
        .routes(routes!(addresses::remove))
        .routes(routes!(addresses::send_code))
        .routes(routes!(addresses::confirm))
        .routes(routes!(subscriptions::list, subscriptions::create))
        .routes(routes!(subscriptions::remove))
        .routes(routes!(subscriptions::habit, subscriptions::set_habit))
        .routes(routes!(templates::list))
        .routes(routes!(templates::put))
        .routes(routes!(templates::versions))
        .routes(routes!(templates::preview))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::revive))
}

/// A notice by its number: none has one beyond what the database counts to.
fn notice_id(number: u64) -> Result<NoticeId, Problem> {
    if i64::try_from(number).is_err() {
        return Err(Problem::unprocessable(format!(
            "no notice has the number {number}: send the `id` of one"
        )));
    }
    Ok(NoticeId(number))
}

/// A word that stands for something, or what is wrong with it.
fn word<T>(name: &str, word: &str, read: impl Fn(&str) -> Option<T>, known: &[&str]) -> Result<T, Problem> {
    read(word).ok_or_else(|| {
        let word: String = word.chars().take(60).collect();
        Problem::unprocessable(format!("`{name}` is `{word}`: write one of {}", known.join(", ")))
    })
}

fn read_event(text: &str) -> Result<NoticeEvent, Problem> {
    word("event", text, NoticeEvent::from_word, &NoticeEvent::ALL.map(NoticeEvent::as_str))
}

fn read_channel(text: &str) -> Result<Channel, Problem> {
    word("channel", text, Channel::from_word, &["telegram", "email", "webhook"])
}

fn read_severity(name: &str, text: &str) -> Result<Severity, Problem> {
    word(name, text, Severity::from_word, &["info", "warning", "critical"])
}
