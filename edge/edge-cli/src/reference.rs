//! Keeps `docs/reference/cli.md` what the help texts say, and the examples in them what the parser takes.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Arg, Command, CommandFactory as _};

use crate::cli::Cli;

/// Set it to have the page written anew: `UPDATE_REFERENCE=1 cargo test -p edge-cli reference`.
const UPDATE: &str = "UPDATE_REFERENCE";

const HEAD: &str = "\
# tillsight, command by command

Made from the tool's own help texts by `UPDATE_REFERENCE=1 cargo test -p edge-cli reference`; a test keeps it so.

";

const JSON: &str = "\
## What programs can rely on

With `--json` the last line on stdout is one JSON object with `schema`, which is 1. It rises when a field changes its
meaning or goes; new fields do not raise it. Money is in minor units of the currency beside it, weights are in grams,
shares are from 0 to 1, times are RFC 3339 in UTC. A share of nothing is `null`.

| command | fields |
| --- | --- |
| `catalog import` | `generation, products, changes{added, changed, removed, unchanged, terms_changed, views_lost}, warnings, dry_run` |
| `catalog export` | `generation, catalogue` as `import` reads it |
| `catalog list` | `generation, products[{id, sku, name, gtin, plu, unit_price{minor, currency, per}, tax_code, age_limit, archived, picture, views}]` |
| `catalog show` | `generation, currency, tax{inclusive, rates}, products, archived, products_with_views, views, model`; of one product `generation, product` |
| `catalog generations` | `generations[{generation, published_at, kind, products, views, model}]`, newest first |
| `catalog rollback` | `generation, contents_of, dry_run` |
| `enroll` | `generation, model, added, products[{product, added, views, looks_like}], skipped[{photo, product, reason}], dry_run`; `looks_like` is `null` or `{product, probability, doubtful}` |
| `products remove-views` | `product, removed, generation, dry_run` |
| `views list` | `generation, model, views, products[{product, views}]`; of one product `generation, product, model, views[id]` |
| `sales list` | `sales[{sequence, sale, org, store, till, business_day, started_at, completed_at, generation, line_count, currency, net_minor, tax_minor, gross_minor, hash}]`, newest first |
| `sales show` | the same of one sale, and `tax_inclusive, age_checked, lines[], taxes[], tenders[]`; `age_checked` is the age in years that staff checked, or `null` |
| `journal verify` | `ok, entries, head, head_hash, outbox, gaps[{first, last}], first_bad{sequence, problem}` |
| `settings get` | `settings{key: value}`; of one `key, value` |
| `settings set`, `unset` | `key, value, before, changed, dry_run` |
| `status` | `running, till, version, data, generation, products, views, sales, outbox, open_payments, free_bytes, disk_low, daemon`; `daemon` is what the running till adds |
| `doctor` | `ok, checks[{name, state, detail, fix}]`; `state` is `ok`, `warning`, `failed` or `skipped` |
| `eval images` | `top1, top3, top5, coarse_top1, accept_coverage, accept_precision, coverage_at_99_precision, asked, asked_in_top3, unknown, ece, unknown_auroc, sets[{promised, held, size, single}], disjoint_1shot, disjoint_5shot, disjoint_1shot_transductive, disjoint_5shot_transductive, seen_in_training, ms_per_image, images, classes, enrolled_photos, split, model, seed` |
| `eval tables` | `split, images, classes, enrolled_photos, seeds, models[{name, model, few_shot[], distortions[], unknown_products{}}]` |
| `eval report` | `dataset, split, images, classes, enrolled_photos, seed, draws, command, tillsight, made_at, models[{label, enrolled_seen_in_training, intervals{}, reliability[], coverage[], per_class[], confusions[{.., cases[]}], tables{}, ..}], comparisons[{first, second, figures[{figure, difference, interval, p_value, only_first, only_second, finding}]}], page`; a model also has the fields of `eval images` |
| `eval tray` | `rows[{items, layout, trays, basket_right, count_right, items_found, items_right, sold_wrong, asked, waited, ms}], photos_a_product, products, model, seed` |
| `eval boxes` | `ways[{way, precision, recall, f1, count_right, count_off}], photos, things, nothing_found, outlines, ms`; without the folder only `skipped` |
| `bench` | `embed{ratio_to_bare_session, ratio_to_python, ms, ..}, index{recall_at_10, recall_after_churn, queries_per_s, hnswlib_queries_per_s, faiss_queries_per_s, reload_ms, ..}, memory_mb, machine`; what could not be measured is `null` |

";

fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = HEAD.to_owned();
    section(&mut page, &root, "tillsight", true);
    page += JSON;
    page += "## Commands\n\n";
    leaves(&mut page, &root, "tillsight");
    page.truncate(page.trim_end().len());
    page + "\n"
}

fn leaves(page: &mut String, command: &Command, path: &str) {
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        let path = format!("{path} {}", child.get_name());
        if child.has_subcommands() { leaves(page, child, &path) } else { section(page, child, &path, false) }
    }
}

fn section(page: &mut String, command: &Command, path: &str, root: bool) {
    if !root {
        let _ = writeln!(page, "### `{path}`\n");
    }
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        let _ = writeln!(page, "{}{}\n", about, if root { "" } else { "." });
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").split_once(' ').map_or("", |(_, rest)| rest);
    let own = |arg: &&Arg| root || !arg.is_global_set();
    if root {
        page.push_str("```\ntillsight [OPTIONS] <COMMAND>\n```\n\n");
    } else {
        let arguments = usage.trim_start_matches(path.trim_start_matches("tillsight ")).trim();
        let _ = writeln!(page, "```\n{}\n```\n", format!("{path} {arguments}").trim_end());
    }
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(own)
        .filter(|arg| !arg.is_hide_set() && (root || !is_help(arg)))
        .collect();
    if !arguments.is_empty() {
        page.push_str("| option | meaning |\n| --- | --- |\n");
        for argument in arguments {
            let _ = writeln!(page, "| `{}` | {} |", shown(argument), meaning(argument));
        }
        page.push('\n');
    }
    if let Some(after) = command.get_after_help() {
        write_after(page, &after.to_string());
    }
}

fn is_help(argument: &Arg) -> bool {
    ["help", "version"].contains(&argument.get_id().as_str())
}

fn shown(argument: &Arg) -> String {
    let name = match (argument.get_short(), argument.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (None, Some(long)) => format!("--{long}"),
        _ => String::new(),
    };
    let takes = argument.get_action().takes_values();
    let value = argument.get_value_names().and_then(|names| names.first()).filter(|_| takes);
    match value {
        Some(value) if name.is_empty() => format!("<{value}>"),
        Some(value) => format!("{name} <{value}>"),
        None => name,
    }
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}`: {}", value.get_name(), help.to_string().to_lowercase()),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if !values.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, " ({})", values.join("; "));
    }
    let defaults: Vec<_> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, " [default: `{}`]", defaults.join("`, `"));
    }
    if let Some(variable) = argument.get_env() {
        let _ = write!(text, " [env: `{}`]", variable.to_string_lossy());
    }
    text.replace('|', "\\|")
}

/// Prose stays prose; what is indented under a heading becomes a block of code.
fn write_after(page: &mut String, after: &str) {
    let mut in_code = false;
    for line in after.lines() {
        let is_code = line.starts_with("  ");
        match (in_code, is_code) {
            (false, true) => page.push_str("```\n"),
            (true, false) => page.push_str("```\n"),
            _ => {}
        }
        in_code = is_code;
        match line.strip_prefix("  ") {
            Some(code) => page.push_str(code),
            None => page.push_str(line),
        }
        page.push_str(if line.ends_with(':') { "\n\n" } else { "\n" });
    }
    page.push_str(if in_code { "```\n\n" } else { "\n" });
}

#[test]
fn the_reference_page_is_what_the_help_says() {
    let path = PathBuf::from("../../docs/reference/cli.md");
    let page = page();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = committed.lines().zip(page.lines()).find(|(old, new)| old != new);
    assert!(
        committed == page,
        "run `{UPDATE}=1 cargo test -p edge-cli reference`; first difference: {differs:?}"
    );
}

#[test]
fn every_example_in_the_help_is_a_command_line_that_parses() {
    let mut count = 0;
    examples(&Cli::command(), &mut |line| {
        let words = words(line);
        if let Err(error) = Cli::command().try_get_matches_from(&words) {
            panic!("`{line}`: {error}");
        }
        count += 1;
    });
    assert!(count > 25, "only {count} examples were found");
}

#[test]
fn the_command_tree_is_sound() {
    Cli::command().debug_assert();
}

/// A command's argument with the id of a global one silently takes the global one away from that command.
#[test]
fn every_command_takes_the_global_options() {
    let mut root = Cli::command();
    let globals: Vec<String> =
        root.get_arguments().filter(|arg| arg.is_global_set()).map(|arg| arg.get_id().to_string()).collect();
    assert!(globals.iter().any(|id| id == "models"), "{globals:?}");
    root.build();
    let mut rest: Vec<&Command> = vec![&root];
    while let Some(command) = rest.pop() {
        for global in &globals {
            let taken = command.get_arguments().find(|arg| arg.get_id() == global.as_str());
            let is_global = taken.is_some_and(Arg::is_global_set);
            assert!(is_global, "`{}` hides the global `{global}`", command.get_name());
        }
        rest.extend(command.get_subcommands().filter(|sub| sub.get_name() != "help"));
    }
}

fn examples(command: &Command, check: &mut dyn FnMut(&str)) {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    after
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|l| l.starts_with("tillsight "))
        .for_each(&mut *check);
    if !command.has_subcommands() {
        assert!(after.contains("Examples:"), "{} has no example", command.get_name());
    }
    for child in command.get_subcommands() {
        examples(child, check);
    }
}

/// A line as a shell splits it, without what it sends elsewhere.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    if let Some(end) = words.iter().position(|word| word == ">" || word == "|") {
        words.truncate(end);
    }
    words
}
