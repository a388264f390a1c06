//! A stand-in for software that is told by requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::http::{Answer, Asked, Server};

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its path.
    pub path: String,
    /// Its headers, with names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

#[derive(Debug, Default)]
struct State {
    taken: Vec<Hook>,
    answers: BTreeMap<String, Vec<u16>>,
}

/// The stand-in.
#[derive(Debug)]
pub struct Hooks {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Hooks {
    /// Starts it on loopback; it takes everything until it is told otherwise.
    pub fn start() -> std::io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let of_server = Arc::clone(&state);
        let server = Server::start("hooks", move |asked| answer(&of_server, asked))?;
        Ok(Self { server, state })
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.server.address)
    }

    /// The next requests to a path are answered with these, and refused by them; 503 asks for a second's patience.
    pub fn answer_next(&self, path: &str, statuses: &[u16]) {
        let mut state = lock(&self.state);
        state.answers.insert(format!("/{path}"), statuses.iter().rev().copied().collect());
    }

    /// What was taken, in order.
    pub fn taken(&self) -> Vec<Hook> {
        lock(&self.state).taken.clone()
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &Mutex<State>, asked: &Asked) -> Answer {
    let mut state = lock(state);
    let status = state.answers.get_mut(&asked.path).and_then(Vec::pop).unwrap_or(200);
    if (200..300).contains(&status) {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        state.taken.push(Hook { path: asked.path.clone(), headers: asked.headers.clone(), body });
    }
    let headers = if status == 503 { vec![("Retry-After", "1".to_owned())] } else { Vec::new() };
    Some((status, headers, String::new()))
}
