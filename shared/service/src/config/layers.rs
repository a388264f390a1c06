//! Lays one TOML table over another and remembers where each value came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::error::{ConfigError, Impossible, Origin};

/// The values so far and where each came from, by key with its sections.
pub(super) struct Layers {
    table: Table,
    origins: BTreeMap<String, Origin>,
}

impl Layers {
    pub(super) fn new(default_toml: &str) -> Result<Self, ConfigError> {
        let mut layers = Self { table: Table::new(), origins: BTreeMap::new() };
        layers.add_text(default_toml, |_| Origin::Default)?;
        Ok(layers)
    }

    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let path: Arc<PathBuf> = Arc::new(path.to_owned());
        self.add_text(&text, |line| Origin::File { path: Arc::clone(&path), line })
    }

    fn add_text(&mut self, text: &str, origin: impl Fn(usize) -> Origin) -> Result<(), ConfigError> {
        let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
        let table: Table = toml::from_str(text).map_err(|e| ConfigError::Syntax {
            origin: origin(line(e.span().map_or(0, |span| span.start))),
            message: e.message().to_owned(),
        })?;
        for place in places(text) {
            self.origins.insert(place.key, origin(line(place.name.start)));
        }
        overlay(&mut self.table, table);
        Ok(())
    }

    pub(super) fn add_variables(
        &mut self,
        prefix: &str,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let prefix = format!("{prefix}__");
        // A name or value that is not UTF-8 cannot be one of ours.
        let readable =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let mut ours: Vec<(String, String)> = variables
            .into_iter()
            .filter_map(readable)
            .filter(|(name, _)| name.starts_with(&prefix))
            .collect();
        ours.sort();
        for (name, value) in ours {
            let key = name[prefix.len()..].to_lowercase().replace("__", ".");
            self.set(&name, &key, &value)?;
        }
        Ok(())
    }

    fn set(&mut self, variable: &str, key: &str, text: &str) -> Result<(), ConfigError> {
        let origin = Origin::Variable(Arc::from(variable));
        let mut sections: Vec<&str> = key.split('.').collect();
        let last = sections.pop().expect("split gives at least one part");
        let mut table = &mut self.table;
        for section in sections {
            let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = entry else {
                let message = format!("`{section}` is a value, not a section");
                return Err(ConfigError::Value { origin, key: key.to_owned(), message });
            };
            table = inner;
        }
        let value = typed(table.get(last), text);
        table.insert(last.to_owned(), value);
        self.origins.insert(key.to_owned(), origin);
        Ok(())
    }

    /// Reads the merged values. They are written out as one text first, because only a text gives errors a position,
    /// and the position leads back to the key.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let text = toml::to_string(&self.table).expect("what was read as TOML can be written as TOML");
        toml::from_str(&text).map_err(|error| self.explain(&text, &error))
    }

    pub(super) fn impossible(&self, found: Vec<Impossible>) -> ConfigError {
        ConfigError::Impossible(found.into_iter().map(|i| (self.origin(&i.key), i)).collect())
    }

    fn explain(&self, text: &str, error: &toml::de::Error) -> ConfigError {
        let key = error.span().and_then(|span| key_at(text, &span)).unwrap_or_default();
        let message = error.message().trim().to_owned();
        let origin = self.origin(&key);
        if let Some(known) = message.strip_prefix("unknown field ") {
            let known: Vec<String> = quoted_names(known).skip(1).collect();
            let meant = self.meant(&key, &known);
            return ConfigError::UnknownKey { origin, key, meant, known };
        }
        if let Some(name) = message.strip_prefix("missing field ").and_then(|rest| quoted_names(rest).next())
        {
            return ConfigError::Missing { origin, key: join(&key, &name) };
        }
        ConfigError::Value { origin, key, message }
    }

    /// The known key that looks most like this one, in its own section or else, spelled the same, in another.
    fn meant(&self, key: &str, known: &[String]) -> Option<String> {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        let similar = known
            .iter()
            .map(|candidate| (strsim::normalized_damerau_levenshtein(candidate, name), candidate))
            .filter(|(similarity, _)| *similarity >= 0.6)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, candidate)) = similar {
            return Some(join(section, candidate));
        }
        let elsewhere = self.origins.iter().find(|(other, origin)| {
            **origin == Origin::Default && other.rsplit_once('.').is_some_and(|(_, last)| last == name)
        });
        elsewhere.map(|(other, _)| other.clone())
    }

    /// Where a key, or else the nearest section around it, came from.
    fn origin(&self, key: &str) -> Origin {
        let mut around = key;
        loop {
            if let Some(origin) = self.origins.get(around) {
                return origin.clone();
            }
            match around.rfind(['.', '[']) {
                Some(end) => around = &around[..end],
                None => return Origin::Default,
            }
        }
    }
}

/// One key of a text and the bytes that its name and its value take.
struct Place {
    key: String,
    name: Range<usize>,
    value: Range<usize>,
}

fn places(text: &str) -> Vec<Place> {
    let mut found = Vec::new();
    // A text that does not parse has been refused before.
    if let Ok(table) = DeTable::parse(text) {
        push_table(table.get_ref(), "", &mut found);
    }
    found
}

fn push_table(table: &DeTable<'_>, section: &str, found: &mut Vec<Place>) {
    for (name, value) in table {
        push_value(join(section, name.get_ref()), name.span(), value, found);
    }
}

fn push_value(key: String, name: Range<usize>, value: &Spanned<DeValue<'_>>, found: &mut Vec<Place>) {
    match value.get_ref() {
        DeValue::Table(table) => push_table(table, &key, found),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                push_value(format!("{key}[{index}]"), item.span(), item, found);
            }
        }
        _ => {}
    }
    found.push(Place { key, name, value: value.span() });
}

/// The innermost key whose name or value holds the start of `span`.
fn key_at(text: &str, span: &Range<usize>) -> Option<String> {
    let holds = |range: &Range<usize>| range.start <= span.start && span.end <= range.end;
    let places = places(text).into_iter().filter(|place| holds(&place.name) || holds(&place.value));
    let innermost =
        places.min_by_key(|place| if holds(&place.name) { place.name.len() } else { place.value.len() });
    innermost.map(|place| place.key)
}

fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

fn overlay(base: &mut Table, over: Table) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => overlay(inner, value),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

fn typed(below: Option<&Value>, text: &str) -> Value {
    if let Some(Value::String(_)) = below {
        return Value::String(text.to_owned());
    }
    // What is no TOML value is a string, and if no string belongs there, the reader says what does.
    let parsed = toml::from_str::<Table>(&format!("value = {text}")).ok();
    parsed.and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The names in backticks of a serde message.
fn quoted_names(message: &str) -> impl Iterator<Item = String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned)
}
