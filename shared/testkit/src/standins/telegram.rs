//! A stand-in for Telegram's Bot API with its limits: 30 messages in a second, one in a second to a chat, 429 with `retry_after`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Answer, Asked, Server};

/// What Telegram takes in a second, over all and to one chat.
const PER_SECOND: usize = 30;
const SECOND: Duration = Duration::from_secs(1);

/// How the stand-in treats a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes what comes.
    Takes,
    /// The person has blocked the bot: 403.
    Blocked,
    /// There is no such chat: 400.
    Unknown,
    /// It fails so often with 502, and then takes it.
    Fails(u32),
    /// It has taken the message and closes the connection without a word, once.
    Forgets,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it went.
    pub chat: String,
    /// Its text.
    pub text: String,
    /// Whether it had a picture.
    pub has_picture: bool,
    /// The number of the message that it answers.
    pub reply_to: Option<i64>,
}

#[derive(Debug, Default)]
struct State {
    moods: BTreeMap<String, Mood>,
    messages: Vec<Message>,
    refused: u64,
    recent: VecDeque<Instant>,
    by_chat: BTreeMap<String, Instant>,
    updates: Vec<Value>,
    methods: BTreeMap<String, u64>,
}

/// The stand-in.
#[derive(Debug)]
pub struct Telegram {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Telegram {
    /// Starts it on loopback. Any token is a bot's but `none`.
    pub fn start() -> std::io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let of_server = Arc::clone(&state);
        let server = Server::start("telegram", move |asked| answer(&of_server, asked))?;
        Ok(Self { server, state })
    }

    /// Its address, as `telegram.url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// From now on a chat is treated so.
    pub fn set_mood(&self, chat: &str, mood: Mood) {
        lock(&self.state).moods.insert(chat.to_owned(), mood);
    }

    /// What was taken, in order.
    pub fn messages(&self) -> Vec<Message> {
        lock(&self.state).messages.clone()
    }

    /// How often somebody was too fast.
    pub fn refused(&self) -> u64 {
        lock(&self.state).refused
    }

    /// How often a method was called.
    pub fn calls(&self, method: &str) -> u64 {
        lock(&self.state).methods.get(method).copied().unwrap_or(0)
    }

    /// Somebody in a chat presses a button.
    pub fn press(&self, chat: i64, data: &str) {
        let mut state = lock(&self.state);
        let id = state.updates.len() + 1;
        let message = json!({"message_id": 1, "chat": {"id": chat}});
        let query = json!({"id": id.to_string(), "data": data, "message": message});
        state.updates.push(json!({"update_id": id, "callback_query": query}));
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &Mutex<State>, asked: &Asked) -> Answer {
    let method = asked.path.rsplit('/').next().unwrap_or_default();
    let mut state = lock(state);
    *state.methods.entry(method.to_owned()).or_default() += 1;
    if asked.path.starts_with("/botnone/") {
        return refuse(401, "Unauthorized", &Value::Null);
    }
    match method {
        "sendMessage" => {
            let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
                return refuse(400, "Bad Request: can't parse JSON", &Value::Null);
            };
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            let reply_to = body["reply_parameters"]["message_id"].as_i64();
            state.take(Message { chat: text("chat_id"), text: text("text"), has_picture: false, reply_to })
        }
        "sendPhoto" => {
            let form = String::from_utf8_lossy(&asked.body);
            let has_picture = form.contains("name=\"photo\"");
            let (chat, text) = (field(&form, "chat_id"), field(&form, "caption"));
            state.take(Message { chat, text, has_picture, reply_to: None })
        }
        "getUpdates" => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            let offset = body["offset"].as_u64().unwrap_or(0);
            let news =
                state.updates.iter().filter(|update| update["update_id"].as_u64() >= Some(offset.max(1)));
            let news: Vec<&Value> = news.collect();
            let answer = json!({"ok": true, "result": news}).to_string();
            let is_empty = news.is_empty();
            drop(state);
            if is_empty {
                // As a held question would, but shorter.
                std::thread::sleep(Duration::from_millis(100));
            }
            Some((200, Vec::new(), answer))
        }
        "answerCallbackQuery" => Some((200, Vec::new(), json!({"ok": true, "result": true}).to_string())),
        _ => refuse(404, "Not Found", &Value::Null),
    }
}

impl State {
    fn take(&mut self, message: Message) -> Answer {
        let now = Instant::now();
        while self.recent.front().is_some_and(|at| now - *at >= SECOND) {
            self.recent.pop_front();
        }
        let is_soon = self.by_chat.get(&message.chat).is_some_and(|at| now - *at < SECOND);
        if self.recent.len() >= PER_SECOND || is_soon {
            self.refused += 1;
            return refuse(429, "Too Many Requests: retry after 1", &json!({"retry_after": 1}));
        }
        let mood = self.moods.get(&message.chat).copied().unwrap_or(Mood::Takes);
        match mood {
            Mood::Blocked => return refuse(403, "Forbidden: bot was blocked by the user", &Value::Null),
            Mood::Unknown => return refuse(400, "Bad Request: chat not found", &Value::Null),
            Mood::Fails(left) if left > 0 => {
                self.moods.insert(message.chat, Mood::Fails(left - 1));
                return refuse(502, "Bad Gateway", &Value::Null);
            }
            _ => {}
        }
        // UTF-16 units of what is shown; the markup of ours is short.
        if message.text.encode_utf16().count() > 4_096 + 200 {
            return refuse(400, "Bad Request: message is too long", &Value::Null);
        }
        self.recent.push_back(now);
        self.by_chat.insert(message.chat.clone(), now);
        let is_forgotten = mood == Mood::Forgets;
        if is_forgotten {
            self.moods.insert(message.chat.clone(), Mood::Takes);
        }
        self.messages.push(message);
        let answer = json!({"ok": true, "result": {"message_id": self.messages.len()}}).to_string();
        (!is_forgotten).then_some((200, Vec::new(), answer))
    }
}

fn refuse(status: u16, description: &str, parameters: &Value) -> Answer {
    let mut body = json!({"ok": false, "error_code": status, "description": description});
    if !parameters.is_null() {
        body["parameters"] = parameters.clone();
    }
    Some((status, Vec::new(), body.to_string()))
}

/// A field of a form.
fn field(form: &str, name: &str) -> String {
    let head = format!("name=\"{name}\"\r\n\r\n");
    let value = form.split(&head).nth(1).and_then(|rest| rest.split("\r\n").next());
    value.unwrap_or_default().to_owned()
}
