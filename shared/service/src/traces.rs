//! Spans on their way to a collector that speaks OTLP over HTTP with JSON (opentelemetry-proto 1.x, `/v1/traces`), where one is named.
//!
//! Off unless `telemetry.otlp_endpoint` names a collector, and then nobody waits for it: spans go into a bounded queue, what does
//! not fit is dropped and counted, and a thread sends them in batches. The collector stands beside the process, on this machine or
//! in its network, and carries on over TLS; so there is no TLS here, and no dependency either.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::config::Impossible;

/// Where collectors take spans (OTLP/HTTP).
const PATH: &str = "/v1/traces";
/// Spans that wait to be sent, and those that are sent at once.
const QUEUED_MAX: usize = 2_048;
const BATCH_MAX: usize = 256;
/// How long a span may wait for others.
const SEND_EVERY: Duration = Duration::from_secs(1);
/// How long a collector may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Attributes and events of one span, and letters of one value.
const ATTRIBUTES_MAX: usize = 32;
const EVENTS_MAX: usize = 32;
const VALUE_MAX_CHARS: usize = 500;

/// Where spans go.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is explained where people read it, in the programs' own settings")]
pub struct Telemetry {
    pub otlp_endpoint: String,
    pub sample_ratio: f64,
}

impl Telemetry {
    /// What cannot be.
    pub fn impossible(&self) -> Vec<Impossible> {
        let mut found = Vec::new();
        let mut add = |key: &str, reason: String| found.push(Impossible { key: key.to_owned(), reason });
        if !self.otlp_endpoint.is_empty() && Collector::parse(&self.otlp_endpoint).is_none() {
            let wanted = "write `http://HOST:PORT` of a collector beside this process, or nothing";
            add("telemetry.otlp_endpoint", format!("is `{}`: {wanted}", self.otlp_endpoint));
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            add("telemetry.sample_ratio", format!("is {}: set it from 0 to 1", self.sample_ratio));
        }
        found
    }
}

/// A collector's address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Collector {
    host: String,
    port: u16,
    path: String,
}

impl Collector {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://")?;
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = place.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let path = if path.is_empty() { PATH.to_owned() } else { format!("/{path}") };
        (!host.is_empty() && is_plain(host) && is_plain(&path)).then(|| Self {
            host: host.to_owned(),
            port,
            path,
        })
    }
}

/// Takes spans from `tracing` and queues those that ended.
pub(crate) struct Traces {
    sample_ratio: f64,
    queue: SyncSender<Ended>,
}

/// A span while it lasts.
struct Open {
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    began: SystemTime,
    attributes: Map<String, Value>,
    events: Vec<Value>,
}

/// A span that ended, as it is sent.
struct Ended(Value);

impl Traces {
    /// Starts the thread that sends; `None` where no collector is named.
    pub(crate) fn start(settings: &Telemetry, service: &'static str) -> anyhow::Result<Option<Self>> {
        if settings.otlp_endpoint.is_empty() {
            return Ok(None);
        }
        let collector = Collector::parse(&settings.otlp_endpoint);
        let collector = collector.context("`telemetry.otlp_endpoint` is no address of a collector")?;
        let (queue, waiting) = sync_channel(QUEUED_MAX);
        let thread = std::thread::Builder::new().name("traces".to_owned());
        thread
            .spawn(move || send_all(&collector, service, &waiting))
            .context("failed to start the thread that sends spans")?;
        Ok(Some(Self { sample_ratio: settings.sample_ratio, queue }))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Finer spans are for whoever debugs a program, not for a collector.
        if *span.metadata().level() > Level::INFO {
            return;
        }
        let above = span.parent().and_then(|parent| {
            let extensions = parent.extensions();
            extensions.get::<Open>().map(|open| (open.trace, open.id))
        });
        let (trace, parent) = match above {
            Some((trace, parent)) => (trace, Some(parent)),
            // What is above was left out, or there is nothing above: the whole trace is taken or left.
            None if span.parent().is_some() || !sampled(self.sample_ratio) => return,
            None => (random(), None),
        };
        let mut open = Open {
            trace,
            id: random(),
            parent,
            began: SystemTime::now(),
            attributes: Map::new(),
            events: Vec::new(),
        };
        attributes.record(&mut Fields(&mut open.attributes));
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut Fields(&mut open.attributes));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.get_mut::<Open>().filter(|open| open.events.len() < EVENTS_MAX) else {
            return;
        };
        let mut fields = Map::new();
        event.record(&mut Fields(&mut fields));
        let name = fields.remove("message").unwrap_or_else(|| json!(event.metadata().name()));
        let at = nanos(SystemTime::now());
        open.events.push(json!({ "timeUnixNano": at, "name": name, "attributes": shown(&fields) }));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let mut sent = json!({
            "traceId": hex(&open.trace),
            "spanId": hex(&open.id),
            "name": span.metadata().name(),
            // SPAN_KIND_SERVER for what came from outside, SPAN_KIND_INTERNAL below it.
            "kind": if open.parent.is_none() { 2 } else { 1 },
            "startTimeUnixNano": nanos(open.began),
            "endTimeUnixNano": nanos(SystemTime::now()),
            "attributes": shown(&open.attributes),
            "events": open.events,
        });
        if let Some(parent) = open.parent {
            sent["parentSpanId"] = json!(hex(&parent));
        }
        if self.queue.try_send(Ended(sent)).is_err() {
            lost(1);
        }
    }
}

/// The fields of a span or an event.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        if self.0.len() < ATTRIBUTES_MAX || self.0.contains_key(field.name()) {
            self.0.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text: String = format!("{value:?}").chars().take(VALUE_MAX_CHARS).collect();
        self.put(field, json!(text));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value.chars().take(VALUE_MAX_CHARS).collect::<String>()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }
}

/// Sends what ended, in batches, until nobody makes spans any more.
fn send_all(collector: &Collector, service: &str, waiting: &Receiver<Ended>) {
    loop {
        let Ok(first) = waiting.recv() else { return };
        let (mut batch, until) = (vec![first.0], Instant::now() + SEND_EVERY);
        while batch.len() < BATCH_MAX {
            match waiting.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Ended(span)) => batch.push(span),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return drop(send(collector, service, &batch)),
            }
        }
        let count = batch.len();
        if let Err(error) = send(collector, service, &batch) {
            lost(count);
            tracing::debug!(error = format!("{error:#}"), "the collector took no spans");
        }
    }
}

fn send(collector: &Collector, service: &str, spans: &[Value]) -> anyhow::Result<()> {
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [
            { "key": "service.name", "value": { "stringValue": service } },
            { "key": "process.pid", "value": { "intValue": std::process::id().to_string() } },
        ] },
        "scopeSpans": [{ "scope": { "name": "tillsight" }, "spans": spans }],
    }] });
    let body = body.to_string();
    let Collector { host, port, path } = collector;
    let mut places = (host.as_str(), *port).to_socket_addrs().context("the collector's name is not known")?;
    let place = places.next().context("the collector's name leads nowhere")?;
    let mut stream =
        TcpStream::connect_timeout(&place, ANSWER_LIMIT).context("the collector is not reached")?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.set_write_timeout(Some(ANSWER_LIMIT))?;
    // HTTP/1.0: the answer ends with the connection.
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut said = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut said)?;
    let said = String::from_utf8_lossy(&said);
    let status = said.split_whitespace().nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        bail!("the collector answers {status}");
    }
    Ok(())
}

/// Attributes as OTLP has them.
fn shown(fields: &Map<String, Value>) -> Vec<Value> {
    let value = |value: &Value| match value {
        Value::Bool(flag) => json!({ "boolValue": flag }),
        // Numbers of 64 bits are texts in JSON.
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        other => json!({ "stringValue": other.to_string() }),
    };
    fields.iter().map(|(key, said)| json!({ "key": key, "value": value(said) })).collect()
}

fn lost(count: usize) {
    metrics::counter!("tillsight_traces_lost_total").increment(count as u64);
}

fn nanos(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An id only has to differ from others.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without a source of random numbers a span says that it has no id, and the collector drops it.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

fn sampled(ratio: f64) -> bool {
    let drawn = u32::from_ne_bytes(random());
    f64::from(drawn) < ratio * (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_collectors_address() {
        let place = |host: &str, port, path: &str| {
            Some(Collector { host: host.to_owned(), port, path: path.to_owned() })
        };
        for (text, collector) in [
            ("http://127.0.0.1:4318", place("127.0.0.1", 4318, "/v1/traces")),
            ("http://[::1]:4318/", place("::1", 4318, "/v1/traces")),
            ("http://collector:80/otlp/v1/traces", place("collector", 80, "/otlp/v1/traces")),
            ("https://collector:4318", None),
            ("http://collector", None),
            ("http://u:p@collector:4318", None),
            ("http://:4318", None),
        ] {
            assert_eq!(Collector::parse(text), collector, "{text}");
        }
        assert!(sampled(1.0) && !sampled(0.0));
        let settings = |ratio| Telemetry { otlp_endpoint: "here".to_owned(), sample_ratio: ratio };
        assert_eq!(settings(1.0).impossible().len(), 1);
        assert_eq!(settings(-0.1).impossible().len(), 2);
    }
}
