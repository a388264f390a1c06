//! Payments: what the terminal and the store answer, and what becomes of the sale.

use domain::sale::Identification;
use edge_core::CheckoutConfig;

use crate::script::{Play, check, check_log, summary};
use crate::shop;

const REVIEWED: &str = "put 1 cola; see 2; review";
const LINE: &str = "1 cola x1 = 150 on 1";

#[track_caller]
fn pay(script: &str, log: &[&str], expected: &str) {
    check_log(&format!("{REVIEWED}; pay; {script}"), log, expected);
}

#[test]
fn sells_what_was_paid_for() {
    let log = ["intent 1 of 1", "take 1 150", "commit 1 4711"];
    pay("", &log[..1], &format!("paying | {LINE} | preparing 150"));
    pay("recorded", &log[..2], &format!("paying | {LINE} | authorising 150"));
    pay("recorded; approved", &log, &format!("paying | {LINE} | approved 150"));
    pay("recorded; approved; committed", &log, "receipt | 1 sold | receipt 7 = 150, clear the tray");
    pay("recorded; approved; committed; take 1; see 5", &log, "receipt | receipt 7 = 150");
    pay("recorded; approved; committed; take 1; see 5; finish", &log, "idle");
    pay("recorded; approved; committed; wait 15000", &log, "idle | 1 sold");
}

#[test]
fn writes_the_whole_sale_down() {
    let mut play = Play::new(shop::config());
    play.run("put 1 cola; see 2; add lime; pieces 2 3; review; pay; recorded; wait 3000; approved");
    let sale = play.newest_sale.clone().unwrap();
    assert_eq!((sale.started_at.0, sale.completed_at.0), (1_010_200, 1_013_300));
    assert_eq!(sale.lines.iter().map(|line| line.amount.minor).collect::<Vec<_>>(), [150, 105]);
    assert_eq!(sale.lines[1].identified_by, Identification::Search);
    assert_eq!((sale.totals.gross.minor, sale.tenders[0].amount.minor), (255, 255));
    assert_eq!((sale.tenders.len(), sale.tenders[0].authorisation.as_str()), (1, "4711"));
    assert_eq!(sale.totals.taxes.len(), 2);
}

#[test]
fn a_declined_payment_may_be_tried_again_for_the_same_sale() {
    let log = ["intent 1 of 1", "take 1 150", "drop 1", "intent 2 of 1", "take 2 150", "commit 1 4711"];
    pay("recorded; declined", &log[..3], &format!("paying | {LINE} | declined DeclinedByIssuer 150"));
    pay("recorded; cancelled", &log[..3], &format!("paying | {LINE} | declined CancelledByShopper 150"));
    pay("recorded; declined; back", &log[..3], &format!("review | {LINE}"));
    pay(
        "recorded; declined; pay; recorded; approved; committed",
        &log,
        "receipt | 1 sold | receipt 7 = 150, clear the tray",
    );
    pay(
        "recorded; declined; back; pay; recorded; approved",
        &log,
        &format!("paying | {LINE} | approved 150"),
    );
    pay("recorded; declined; wait 90000", &log[..3], "idle | 1 ignored");
    pay("recorded; declined; cancel", &log[..3], "idle | 1 ignored");
}

#[test]
fn says_that_the_terminal_or_the_store_failed() {
    let unavailable = format!("paying | {LINE} | failed TerminalUnavailable 150");
    pay("recorded; unavailable", &["intent 1 of 1", "take 1 150", "drop 1"], &unavailable);
    pay("recorded; notfound", &["intent 1 of 1", "take 1 150", "drop 1"], &unavailable);
    pay("unrecorded", &["intent 1 of 1"], &format!("paying | {LINE} | failed StorageFailed 150"));
}

#[test]
fn asks_until_an_unknown_outcome_is_known() {
    let asked = ["intent 1 of 1", "take 1 150", "query 1", "query 1", "query 1"];
    let querying = format!("paying | {LINE} | querying 150");
    pay("recorded; silence; wait 999", &asked[..2], &querying);
    pay("recorded; silence; wait 1000", &asked[..3], &querying);
    pay("recorded; silence; wait 9000", &asked[..3], &querying);
    pay("recorded; silence; wait 1000; silence; wait 1999", &asked[..3], &querying);
    pay("recorded; silence; wait 1000; unavailable; wait 2000", &asked[..4], &querying);
    pay(
        "recorded; silence; silence; wait 1000; silence; silence; wait 2000; silence; wait 4000",
        &asked,
        &querying,
    );
    pay(
        "recorded; silence; wait 1000; pay; back; cancel; add bag",
        &[&asked[..3], &["refused wrong_phase"; 4]].concat(),
        &querying,
    );
    pay(
        "recorded; silence; wait 1000; approved",
        &[&asked[..3], &["commit 1 4711"]].concat(),
        &format!("paying | {LINE} | approved 150"),
    );
    pay(
        "recorded; silence; approved",
        &[&asked[..2], &["commit 1 4711"]].concat(),
        &format!("paying | {LINE} | approved 150"),
    );
    pay(
        "recorded; silence; wait 1000; notfound",
        &[&asked[..3], &["drop 1"]].concat(),
        &format!("paying | {LINE} | failed TerminalUnavailable 150"),
    );
    // For ever, and never given up by itself.
    let mut play = Play::new(shop::config());
    play.run(&format!("{REVIEWED}; pay; recorded"));
    for _ in 0..40 {
        play.run("silence; wait 30000");
    }
    assert_eq!(play.log.iter().filter(|line| *line == "query 1").count(), 40);
}

#[test]
fn stops_a_payment_when_asked_to() {
    let cancelled = format!("paying | {LINE} | declined CancelledByShopper 150");
    pay("stop; recorded", &["intent 1 of 1", "drop 1"], &cancelled);
    pay(
        "recorded; stop; stop; cancelled",
        &["intent 1 of 1", "take 1 150", "cancel 1", "drop 1"],
        &cancelled,
    );
    pay(
        "recorded; stop; approved",
        &["intent 1 of 1", "take 1 150", "cancel 1", "commit 1 4711"],
        &format!("paying | {LINE} | approved 150"),
    );
    pay(
        "recorded; approved; stop",
        &["intent 1 of 1", "take 1 150", "commit 1 4711", "refused wrong_phase"],
        &format!("paying | {LINE} | approved 150"),
    );
}

#[test]
fn gives_back_money_for_which_no_sale_can_be_written() {
    let log = ["intent 1 of 1", "take 1 150", "commit 1 4711", "reverse 1", "reverse 1", "drop 1"];
    let failed = format!("paying | {LINE} | failed StorageFailed 150");
    pay("recorded; approved; uncommitted", &log[..4], &format!("paying | {LINE} | querying 150"));
    pay("recorded; approved; uncommitted; unreversed; wait 1000; reversed", &log, &failed);
    let at_once = ["intent 1 of 1", "take 1 150", "commit 1 4711", "reverse 1", "drop 1"];
    pay("recorded; approved; uncommitted; reversed; approved; reversed; committed", &at_once, &failed);
}

#[test]
fn understands_late_and_foreign_answers() {
    let log = ["intent 1 of 1", "take 1 150"];
    pay(
        "recorded; recorded; approved 9; declined 9; committed; reversed; recorded 9",
        &log,
        &format!("paying | {LINE} | authorising 150"),
    );
    pay("approved; recorded", &log, &format!("paying | {LINE} | authorising 150"));
    // Money that came after the payment was given up goes back, and no other is taken before.
    let given_up = "recorded; declined; approved; approved";
    let late = ["intent 1 of 1", "take 1 150", "drop 1", "reverse 1"];
    pay(given_up, &late, &format!("paying | {LINE} | declined DeclinedByIssuer 150"));
    pay(
        &format!("{given_up}; pay"),
        &[&late[..], &["refused pay_blocked"]].concat(),
        &format!("paying | {LINE} | declined DeclinedByIssuer 150"),
    );
    pay(
        &format!("{given_up}; unreversed; wait 1000; reversed; pay"),
        &[&late[..], &["reverse 1", "intent 2 of 1"]].concat(),
        &format!("paying | {LINE} | preparing 150"),
    );
}

#[test]
fn settles_what_a_restart_interrupted() {
    let cut = format!("{REVIEWED}; pay; recorded");
    let mut first = Play::new(shop::config());
    first.run(&cut);
    let restarted = |script: &str| {
        let mut play = Play::new(shop::config());
        play.newest_sale.clone_from(&first.newest_sale);
        play.run(script);
        (play.log.join(", "), summary(&play.view()))
    };
    let check = |script: &str, log: &str, expected: &str| {
        assert_eq!(restarted(script), (log.to_owned(), expected.to_owned()), "after `{script}`");
    };
    check("recover", "", "idle");
    check("recover 1", "query 1", "recovering");
    check("recover 1; start; help", "query 1, refused wrong_phase", "recovering");
    check(
        "recover 1; silence 1; wait 1000; unavailable 1; wait 2000",
        "query 1, query 1, query 1",
        "recovering",
    );
    check("recover 1; declined 1", "query 1, drop 1", "idle");
    check("recover 1; notfound 1", "query 1, drop 1", "idle");
    check("recover 1; gaveback 1", "query 1, drop 1", "idle");
    check("recover 1; approved 1", "query 1, commit 1 4711", "recovering");
    check("recover 1; approved 1; committed", "query 1, commit 1 4711", "idle");
    check(
        "recover 1; approved 1; uncommitted; reversed 1",
        "query 1, commit 1 4711, reverse 1, drop 1",
        "idle",
    );
    check(
        "recover 1 2; declined 2; declined 1; approved 2; committed",
        "query 1, drop 1, query 2, commit 1 4711",
        "idle",
    );
    // What is put meanwhile waits.
    check("recover 1; put 1 cola; see 3", "query 1", "recovering | 1 ignored");
    check("recover 1; put 1 cola; see 3; declined 1", "query 1, drop 1", "scanning | 1 cola x1 = 150 on 1");
}

#[test]
fn the_basket_is_locked_while_paying() {
    let paying = format!("{REVIEWED}; pay; recorded");
    check(
        &format!("{paying}; put 2 bread; see 9"),
        &format!("paying | {LINE} | 2 ignored | authorising 150"),
    );
    check(&format!("{paying}; take 1; see 9"), "paying | 1 cola x1 = 150 | authorising 150");
    check(
        &format!("{paying}; put 2 bread; take 1; see 9; declined; back"),
        "scanning | 2 bread x1 = 200 on 2",
    );
    check(
        &format!("{paying}; put 2 bread; see 9; declined; pay"),
        &format!("paying | {LINE} | 2 ignored | preparing 150"),
    );
    check(
        &format!("{paying}; looks 1 bread; see 20; approved; committed"),
        "receipt | 1 sold | receipt 7 = 150, clear the tray",
    );
    // What was put meanwhile begins the next basket when the receipt is done with.
    let put = format!("{paying}; put 2 bread; see 9; approved; committed; see 3");
    check(&put, "receipt | 1 sold | 2 ignored | receipt 7 = 150, clear the tray");
    check(&format!("{put}; finish"), "scanning | 1 bread x1 = 200 on 2 | 1 sold");
}

#[test]
fn what_was_sold_is_never_sold_again() {
    let sold = format!("{REVIEWED}; pay; recorded; approved; committed; see 3");
    check(&format!("{sold}; finish; see 20"), "idle | 1 sold");
    check(&format!("{sold}; finish; move 1 4; see 20"), "idle | 1 sold");
    check(&format!("{sold}; finish; start; see 9"), "scanning | 1 sold | blocked by empty");
    check(&format!("{sold}; put 2 cola; see 1"), "receipt | 1 sold | receipt 7 = 150, clear the tray");
    check(&format!("{sold}; put 2 cola; see 2"), "scanning | 1 cola x1 = 150 on 2 | 1 sold");
    check(&format!("{sold}; catalogue 10; put 2 cola; see 2"), "scanning | 1 cola x1 = 160 on 2 | 1 sold");
}

#[test]
fn sells_with_tax_on_top() {
    let mut play = Play::new(CheckoutConfig { idle_ms: 1_000_000, ..shop::config() });
    play.tax_on_top();
    play.run("put 1 cola; see 2; review; pay; recorded; approved; committed");
    assert_eq!(summary(&play.view()), "receipt | 1 sold | receipt 7 = 179, clear the tray");
    assert_eq!(play.newest_sale.clone().unwrap().totals.net.minor, 150);
}
