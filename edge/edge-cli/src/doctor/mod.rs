//! What is wrong with this till, and what to do about it. Needs no network, and no answer is waited for longer than told.

mod machine;
mod recognition;
mod store;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::json;

use crate::Context;
use crate::cli::DoctorArgs;
use crate::console::Tone;
use crate::failure::{Exit, Failure};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// The till works, but somebody should look.
    Warning,
    /// The till cannot work like this.
    Failed,
    /// It could not be looked at, because of something that failed before.
    Skipped,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    name: &'static str,
    state: State,
    detail: String,
    fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: State::Ok, detail: detail.into(), fix: None }
    }

    fn warning(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Warning, detail: detail.into(), fix: Some(fix.into()) }
    }

    fn failed(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Failed, detail: detail.into(), fix: Some(fix.into()) }
    }

    fn skipped(name: &'static str, because: &str) -> Self {
        Self { name, state: State::Skipped, detail: format!("not looked at, because {because}"), fix: None }
    }

    /// From a failure: its causes are the detail, its hint the fix.
    fn from_failure(name: &'static str, failure: &Failure, otherwise: &str) -> Self {
        let causes: Vec<String> = failure.error().chain().map(ToString::to_string).collect();
        Self::failed(name, causes.join(": "), failure.the_hint().unwrap_or_else(|| otherwise.to_owned()))
    }
}

/// Checks that depend on each other and run one after another.
struct Group {
    names: &'static [&'static str],
    run: fn(&Context, &mut dyn FnMut(Check)),
}

/// In the order they are told of. Each group has a thread of its own, so that one that hangs hides no other.
const GROUPS: [Group; 4] = [
    Group { names: store::NAMES, run: store::look },
    Group { names: machine::MODEL_NAMES, run: machine::look_at_models },
    Group { names: machine::CAMERA_NAMES, run: machine::look_at_cameras },
    Group { names: machine::DISK_NAMES, run: machine::look_at_disk },
];

/// Runs `doctor`.
pub(crate) fn run(context: &Context, args: &DoctorArgs) -> Result<Exit, Failure> {
    let checks = look(context, Duration::from_secs(args.timeout))?;
    let wrong =
        |check: &Check| check.state == State::Failed || (args.strict && check.state == State::Warning);
    let ok = !checks.iter().any(wrong);
    if context.console.json() {
        context.console.object(&json!({ "ok": ok, "checks": checks }))?;
    } else {
        print(context, &checks)?;
    }
    Ok(if ok { Exit::Ok } else { Exit::Failed })
}

fn look(context: &Context, timeout: Duration) -> Result<Vec<Check>, Failure> {
    let deadline = Instant::now() + timeout;
    let (sender, receiver) = mpsc::channel::<Check>();
    for (group, number) in GROUPS.iter().zip(1..) {
        let (sender, owned) =
            (sender.clone(), Context { console: context.console, global: context.global.clone() });
        // A check that hangs is left behind when the program ends: that is what the deadline is for.
        std::thread::Builder::new()
            .name(format!("checks-{number}"))
            .spawn(move || {
                (group.run)(&owned, &mut |check| {
                    // Nobody listens any more once the deadline has passed.
                    let _ = sender.send(check);
                });
            })
            .context("failed to start a thread")?;
    }
    drop(sender);
    let mut found = Vec::new();
    while let Ok(check) = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        found.push(check);
    }
    Ok(in_order(found, timeout))
}

/// Every check in the order of [`GROUPS`]; one that gave no answer has failed.
fn in_order(mut found: Vec<Check>, timeout: Duration) -> Vec<Check> {
    let names = GROUPS.iter().flat_map(|group| group.names);
    names
        .map(|&name| match found.iter().position(|check| check.name == name) {
            Some(place) => found.swap_remove(place),
            None => Check::failed(
                name,
                format!("no answer within {} s", timeout.as_secs()),
                "look at the system log (`journalctl -k`) for a disk or a device that hangs; `--timeout` waits longer",
            ),
        })
        .collect()
}

fn print(context: &Context, checks: &[Check]) -> Result<(), Failure> {
    let console = &context.console;
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in checks {
        let (tone, word) = match check.state {
            State::Ok => (Tone::Good, "ok     "),
            State::Warning => (Tone::Doubtful, "warning"),
            State::Failed => (Tone::Bad, "FAILED "),
            State::Skipped => (Tone::Doubtful, "skipped"),
        };
        let word = console.paint(tone, word);
        console.line(format_args!("{word}  {:width$}  {}", check.name, check.detail))?;
        if let Some(fix) = &check.fix {
            console.line(format_args!("{:7}  {:width$}  fix: {fix}", "", ""))?;
        }
    }
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    console.say(match (count(State::Failed), count(State::Warning)) {
        (0, 0) => "everything is as it should be".to_owned(),
        (0, warnings) => format!("the till can work; look at {warnings} of {} checks", checks.len()),
        (failed, _) => format!("{failed} of {} checks failed", checks.len()),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_without_an_answer_has_failed() {
        let checks = in_order(vec![Check::ok("disk room", "much")], Duration::from_secs(5));
        assert!(checks.len() > 5);
        for check in checks {
            let expected = if check.name == "disk room" { State::Ok } else { State::Failed };
            assert_eq!(check.state, expected, "{}", check.name);
            assert_eq!(
                check.fix.is_some(),
                expected == State::Failed,
                "every fault has its fix: {}",
                check.name
            );
        }
    }
}
