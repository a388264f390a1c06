//! Enrolling through the till's own camera: the daemon has it, so the daemon does it.

use serde_json::{Value, json};

use crate::Context;
use crate::cli::EnrollArgs;
use crate::commands::render::count;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::till::{Till, known_product};

/// The daemon's operation.
const OPERATION: &str = "enroll_camera";

/// Runs `enroll --camera`.
pub(super) fn run(context: &Context, args: &EnrollArgs, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let console = &context.console;
    let mut till = Till::open(context)?;
    let newest = till.catalogue()?;
    let wanted = args.product.as_deref().unwrap_or_default();
    let product = known_product(&newest.catalogue, wanted)?.id.clone();
    let views = count(args.count as usize, "view");
    if !till.is_running() {
        return Err(Failure::new("the till is not running, and only it can use its camera").hint(format!(
            "start it: `systemctl start tillsightd`, or enrol from photos: `tillsight enroll --product {product} PHOTOS`"
        )));
    }
    let leaving = missing_model(&mut till)?.map_or_else(String::new, |model| {
        format!(
            "{} made by {model}, which this till does not have, will leave (`tillsight views re-embed` takes them along). ",
            count(newest.views.len(), "view")
        )
    });
    if args.change.dry_run {
        console.say(format_args!("would take {views} of `{product}` with the till's camera"));
        if console.json() {
            console.object(&json!({ "product": product.as_str(), "count": args.count, "dry_run": true }))?;
        }
        return Ok(Exit::Ok);
    }
    let question = format!(
        "{leaving}Lay one `{product}`, and nothing else, on the tray. The camera takes {views}. Ready?"
    );
    console.confirm(&args.change, &question, interrupt)?;
    interrupt.check()?;
    console.say(format_args!("taking {views}; turn the product a little after each"));
    let body = json!({
        "product": product.as_str(),
        "count": args.count,
        "replace": args.replace,
        "pictures": !args.no_pictures,
        "drop_missing_model": !leaving.is_empty(),
    });
    let answer = till.reopen()?.ask_daemon(OPERATION, body)?;
    match answer.get("generation").and_then(Value::as_u64) {
        Some(generation) => {
            console.say(format_args!("enrolled `{product}`; generation {generation} is live"));
        }
        None => console.say(format_args!("enrolled `{product}`")),
    }
    if console.json() {
        console.object(&answer)?;
    }
    Ok(Exit::Ok)
}

/// The model of the enrolled views, when the till does not have it: new views cannot stand beside them.
fn missing_model(till: &mut Till) -> Result<Option<String>, Failure> {
    let status = till.status()?;
    Ok(status.daemon.get("missing_model").and_then(Value::as_str).map(str::to_owned))
}
