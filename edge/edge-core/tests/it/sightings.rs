//! What a paid sale tells of what its things looked like.

use crate::script::Play;
use crate::shop;

const PAID: &str = "review; pay; recorded; approved; committed";

/// What is remembered after things were put and a sale of them was paid.
fn remembered(script: &str) -> String {
    let mut play = Play::new(shop::config());
    play.run("remember").run(script).run(PAID);
    let lines = play.log.iter().filter_map(|line| line.strip_prefix("remember "));
    lines.collect::<Vec<_>>().join("; ")
}

#[test]
fn tells_what_sight_said_first_and_who_settled_it() {
    for (script, expected) in [
        ("put 1 cola; see 2", "Accept cola was cola BySight"),
        ("put 1 lime/cola?; see 2; choose 1 cola", "AskCustomer lime was cola Chosen"),
        ("put 1 lime/cola?; see 2; choose 1 bread", "AskCustomer lime was bread Found"),
        ("put 1 ?; see 2; choose 1 bread", "Unknown nothing was bread Found"),
        ("put 1 cola; see 2; reopen 1; choose 1 lime", "Accept cola was lime Corrected"),
        ("put 1 cola; see 2; reopen 1; choose 1 cola", "Accept cola was cola Chosen"),
        ("put 1 lime/cola?; see 2; looks 1 cola; see 3", "AskCustomer lime was cola BySight"),
        ("put 1 cola; see 2; looks 1 lime; see 9", "Accept lime was lime BySight"),
        ("put 1 cola; put 2 bread; see 2", "Accept cola was cola BySight, Accept bread was bread BySight"),
    ] {
        assert_eq!(remembered(script), expected, "{script}");
    }
}

#[test]
fn tells_nothing_of_what_was_not_seen_or_not_sold() {
    for (script, expected) in [
        ("start; add cola", ""),
        ("put 1 cola; see 2; pieces 1 3", "Accept cola was cola BySight"),
        ("put 1 cola; put 2 bread; see 2; remove 1", "Accept bread was bread BySight"),
        ("put 1 cola; put 2 lime?; see 2; ignore 2", "Accept cola was cola BySight"),
    ] {
        assert_eq!(remembered(script), expected, "{script}");
    }
    let mut play = Play::new(shop::config());
    play.run("remember; put 1 cola; see 2; review; pay; recorded; declined; cancel");
    assert!(!play.log.iter().any(|line| line.starts_with("remember")), "{:?}", play.log);
}
