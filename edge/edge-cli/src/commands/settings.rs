//! `settings`.

use std::collections::BTreeMap;

use serde_json::json;

use crate::Context;
use crate::cli::{ChangeArgs, SettingsArgs, SettingsCommand};
use crate::failure::{Exit, Failure};
use crate::suggest::did_you_mean;
use crate::table::{Align, Table};
use crate::till::Till;

/// Runs `settings`.
pub(crate) fn run(context: &Context, args: SettingsArgs) -> Result<Exit, Failure> {
    match args.command {
        SettingsCommand::Get { key: None } => list(context),
        SettingsCommand::Get { key: Some(key) } => get(context, &key),
        SettingsCommand::Set { key, value, change } => write(context, &key, Some(&value), &change),
        SettingsCommand::Unset { key, change } => write(context, &key, None, &change),
    }
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let settings = Till::open(context)?.settings()?;
    if context.console.json() {
        let settings: BTreeMap<_, _> = settings.into_iter().collect();
        context.console.object(&json!({ "settings": settings }))?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[("SETTING", Align::Left), ("VALUE", Align::Left)]);
    for (key, value) in settings {
        table.row([key, value]);
    }
    context.console.table(&table)?;
    Ok(Exit::Ok)
}

fn get(context: &Context, key: &str) -> Result<Exit, Failure> {
    let mut till = Till::open(context)?;
    let Some(value) = till.setting(key)? else { return Err(unknown(&mut till, key)?) };
    if context.console.json() {
        context.console.object(&json!({ "key": key, "value": value }))?;
    } else {
        context.console.line(value)?;
    }
    Ok(Exit::Ok)
}

fn write(context: &Context, key: &str, value: Option<&str>, change: &ChangeArgs) -> Result<Exit, Failure> {
    let console = &context.console;
    let mut till = Till::open(context)?;
    let before = till.setting(key)?;
    if value.is_none() && before.is_none() {
        return Err(unknown(&mut till, key)?);
    }
    let changed = before.as_deref() != value;
    if changed && !change.dry_run {
        till.set_setting(key, value)?;
    }
    let would = if change.dry_run { "would be " } else { "" };
    match (value, changed) {
        (_, false) => console.say(format_args!("`{key}` has that value already")),
        (Some(value), true) => console.say(format_args!("`{key}` {would}set to `{value}`")),
        (None, true) => console.say(format_args!("`{key}` {would}removed")),
    }
    if console.json() {
        console.object(&json!({
            "key": key, "value": value, "before": before, "changed": changed, "dry_run": change.dry_run,
        }))?;
    }
    Ok(Exit::Ok)
}

fn unknown(till: &mut Till, key: &str) -> Result<Failure, Failure> {
    let settings = till.settings()?;
    let hint = did_you_mean(key, settings.iter().map(|(key, _)| key.as_str()));
    let hint = hint.unwrap_or_else(|| "`tillsight settings get` lists what is set".to_owned());
    Ok(Failure::new(format!("there is no setting `{key}`")).hint(hint))
}
