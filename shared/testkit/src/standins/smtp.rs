//! A stand-in for a mail server (RFC 5321): greylisting, mailboxes that are not there, connections that break in the middle.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(60);

/// How the stand-in treats a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailbox {
    /// It takes what comes.
    Takes,
    /// It refuses so often with 451, and then takes it.
    Greylists(u32),
    /// It is not there: 550.
    Missing,
    /// The connection breaks in the middle of a message, once.
    Breaks,
}

#[derive(Debug, Default)]
struct State {
    mailboxes: BTreeMap<String, Mailbox>,
    mails: Vec<String>,
    connections: u64,
}

/// The stand-in.
#[derive(Debug)]
pub struct Smtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    ends: Arc<AtomicBool>,
}

impl Smtp {
    /// Starts it on loopback.
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (state, ends) = (Arc::new(Mutex::new(State::default())), Arc::new(AtomicBool::new(false)));
        let (of_server, ended) = (Arc::clone(&state), Arc::clone(&ends));
        Builder::new().name("smtp".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&of_server);
                // A machine without another thread fails the test by the mail that nobody takes.
                drop(Builder::new().name("smtp-connection".to_owned()).spawn(move || serve(&stream, &state)));
            }
        })?;
        Ok(Self { address, state, ends })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on a mailbox is treated so.
    pub fn set_mailbox(&self, address: &str, mailbox: Mailbox) {
        lock(&self.state).mailboxes.insert(address.to_owned(), mailbox);
    }

    /// What was taken, whole, in order.
    pub fn mails(&self) -> Vec<String> {
        lock(&self.state).mails.clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> u64 {
        lock(&self.state).connections
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends; one that is gone needs no waking.
        drop(TcpStream::connect(self.address));
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    stream.set_read_timeout(Some(IDLE)).ok()?;
    lock(state).connections += 1;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    let mut say = |text: &str| writer.write_all(format!("{text}\r\n").as_bytes()).ok();
    say("220 mail.test ESMTP")?;
    let mut breaks = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let upper = line.trim_end().to_uppercase();
        match upper.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => say("250-mail.test\r\n250 8BITMIME")?,
            "RCPT" => {
                let to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let (answer, breaks_now) = lock(state).recipient(&to);
                breaks = breaks_now;
                say(answer)?;
            }
            "DATA" => {
                say("354 go on")?;
                let mail = read_mail(&mut reader, breaks)?;
                lock(state).mails.push(mail);
                say("250 2.0.0 taken")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return None;
            }
            _ => say("250 2.0.0 fine")?,
        }
    }
}

fn read_mail(reader: &mut BufReader<TcpStream>, breaks: bool) -> Option<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || breaks {
            return None;
        }
        if line == ".\r\n" {
            return Some(mail);
        }
        mail.push_str(&line);
    }
}

impl State {
    /// What is answered, and whether the connection breaks in what follows.
    fn recipient(&mut self, to: &str) -> (&'static str, bool) {
        match self.mailboxes.get(to).copied().unwrap_or(Mailbox::Takes) {
            Mailbox::Greylists(left) if left > 0 => {
                self.mailboxes.insert(to.to_owned(), Mailbox::Greylists(left - 1));
                ("451 4.7.1 greylisted, come back later", false)
            }
            Mailbox::Missing => ("550 5.1.1 no such mailbox", false),
            Mailbox::Breaks => {
                self.mailboxes.insert(to.to_owned(), Mailbox::Takes);
                ("250 2.1.5 fine", true)
            }
            Mailbox::Takes | Mailbox::Greylists(_) => ("250 2.1.5 fine", false),
        }
    }
}
