//! What people tell the bot: the button under a message takes its notice on.

use std::time::Duration;

use cloud_store::{Actor, Channel, DeliveryFilter, NoticeId, Store};
use domain::time::WallMs;
use serde_json::{Value, json};
use service::tasks::{CancellationToken, RestartPolicy, Tasks};

use super::telegram::Bot;
use crate::config::Config;
use crate::roles::now;

/// Telegram gives a bot's updates to one asker at a time.
const DUTY: &str = "notify-telegram-updates";
/// How long Telegram holds a question that it has no answer to: less than a request may take.
const LONG_POLL_MAX_S: u64 = 30;
/// How long to wait after an answer that was none.
const PAUSE: Duration = Duration::from_secs(5);

/// Starts to listen as a task of `tasks`.
pub(super) fn spawn(tasks: &Tasks, config: &Config, store: &Store, bot: Bot, owner: &str) {
    let (config, store, owner) = (config.clone(), store.clone(), owner.to_owned());
    tasks.spawn_restarting("notify-telegram-updates", RestartPolicy::default(), move |token| {
        let ear =
            Ear { store: store.clone(), config: config.clone(), bot: bot.clone(), owner: owner.clone() };
        async move { ear.run(&token).await }
    });
}

struct Ear {
    store: Store,
    config: Config,
    bot: Bot,
    owner: String,
}

impl Ear {
    async fn run(&self, token: &CancellationToken) -> anyhow::Result<()> {
        let request_s = self.config.notify.request_ms / 1_000;
        let hold_s = LONG_POLL_MAX_S.min(request_s.saturating_sub(2));
        let lease_ms = i64::try_from(self.config.notify.lease_ms + self.config.notify.request_ms)?;
        // What was given before the first question of this process is asked for again: taking on twice is taking on once.
        let mut offset = 0;
        while !token.is_cancelled() {
            let at = now();
            if !self.store.take_duty(DUTY, &self.owner, at, WallMs(at.0 + lease_ms)).await? {
                token.run_until_cancelled(tokio::time::sleep(self.config.notify.lease())).await;
                continue;
            }
            let wanted = json!({"offset": offset, "timeout": hold_s, "allowed_updates": ["callback_query"]});
            let Some(answered) = token.run_until_cancelled(self.bot.call("getUpdates", &wanted)).await else {
                break;
            };
            let updates = match &answered {
                Ok(answer) => {
                    answer.result().and_then(Value::as_array).ok_or_else(|| answer.description().to_owned())
                }
                Err(silence) => Err(silence.problem.clone()),
            };
            match updates {
                Ok(updates) => {
                    for update in updates {
                        self.take(update).await?;
                        offset = offset.max(update["update_id"].as_i64().unwrap_or(0) + 1);
                    }
                    // Where Telegram does not hold the question, it is not asked as fast as it answers.
                    if updates.is_empty() && hold_s == 0 {
                        token.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                    }
                }
                Err(problem) => {
                    tracing::warn!("nobody hears who takes notices on: {problem}");
                    token.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                }
            }
        }
        Ok(self.store.leave_duty(DUTY, &self.owner).await?)
    }

    /// A button was pressed. Only whom the message was sent to takes its notice on.
    async fn take(&self, update: &Value) -> anyhow::Result<()> {
        let query = &update["callback_query"];
        let Some(query_id) = query["id"].as_str() else { return Ok(()) };
        let notice =
            query["data"].as_str().and_then(|data| data.strip_prefix("ack:")?.parse().ok()).map(NoticeId);
        let chat = query["message"]["chat"]["id"].as_i64();
        let taken = match (notice, chat) {
            (Some(notice), Some(chat)) => self.acknowledge(notice, &chat.to_string()).await?,
            _ => false,
        };
        let text = if taken { "✅" } else { "—" };
        let answer = json!({"callback_query_id": query_id, "text": text});
        if let Err(silence) = self.bot.call("answerCallbackQuery", &answer).await {
            tracing::debug!("a button stays unanswered: {}", silence.problem);
        }
        Ok(())
    }

    async fn acknowledge(&self, notice: NoticeId, chat: &str) -> anyhow::Result<bool> {
        for address in self.store.confirmed_at_address(Channel::Telegram, chat).await? {
            let filter = DeliveryFilter {
                person: Some(address.person),
                notice: Some(notice),
                ..DeliveryFilter::default()
            };
            let sent = self.store.deliveries(&address.org, &filter, None, 10).await?;
            if sent.iter().any(|delivery| delivery.asked.address == address.id) {
                let by = Actor::User(address.person);
                self.store.acknowledge_notice(&address.org, notice, &by, now()).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
