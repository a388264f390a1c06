//! Things put, taken, moved, covered; lines, questions and answers; time-outs.

use edge_core::CheckoutConfig;
use edge_core::config::TrayRule;

use crate::script::{Play, check, check_log, check_with, summary};
use crate::shop;

const COLA: &str = "scanning | 1 cola x1 = 150 on 1";

#[test]
fn puts_a_settled_thing_on_the_bill() {
    check("", "idle");
    check("put 1 cola; see 1", "idle");
    check("put 1 cola; see 2", COLA);
    check("start; put 1 cola; see 1", "scanning | blocked by empty");
    check(
        "put 1 cola; see 2; put 2 cola; put 3 bread; see 2",
        "scanning | 1 cola x2 = 300 on 1,2 | 2 bread x1 = 200 on 3",
    );
    check("put 1 cola; see 2; put 2 bread; see 1", &format!("{COLA} | blocked by unsettled"));
}

#[test]
fn takes_off_the_bill_what_is_taken_away() {
    check(
        "put 1 cola; put 2 bread; see 2; take 2; see 4",
        "scanning | 1 cola x1 = 150 on 1 | 2 bread x1 = 200 on 2",
    );
    check("put 1 cola; put 2 bread; see 2; take 2; see 5", COLA);
    check("put 1 cola; put 2 cola; see 2; take 1; see 5", "scanning | 1 cola x1 = 150 on 2");
    check("put 1 cola; see 2; take 1; see 5; put 1 cola; see 2", "scanning | 2 cola x1 = 150 on 2");
}

#[test]
fn a_flicker_changes_nothing() {
    check("put 1 cola; see 2; hide 1; see 1", COLA);
    check("put 1 cola; see 2; hide 1; see 2; unhide 1; see 1", COLA);
    check("put 1 cola; see 2; blur; blur; blur; blur; blur; blur; see 1", COLA);
    check("put 1 cola; see 2; take 1; wait 5000; see 1", COLA);
    check("put 1 cola; see 2; blur", &format!("{COLA} | blocked by unsettled"));
    check("put 1 cola; see 1; take 1; see 1; put 1 cola; see 1", "idle");
}

#[test]
fn follows_what_is_moved() {
    check("put 1 cola; see 2; move 1 5; see 1", COLA);
    check("put 1 cola; put 2 cola; see 2; move 1 5; see 1", "scanning | 1 cola x2 = 300 on 1,2");
    check("put 1 lime/cola?; see 2; choose 1 lime; move 1 5; see 9", "scanning | 1 lime x1 = 35 on 1");
    check("put 1 ?; see 2; choose 1 bread; move 1 5; see 9", "scanning | 1 bread x1 = 200 on 1");
    // Another thing elsewhere has not moved there.
    check("put 1 cola; see 2; take 1; put 5 bread; see 6", "scanning | 2 bread x1 = 200 on 2");
}

#[test]
fn asks_what_it_is_not_sure_of() {
    let asked = "scanning | which 1: lime/cola | blocked by questions";
    check("put 1 lime/cola?; see 2", asked);
    check("put 1 ?; see 2", "scanning | which 1:  | blocked by questions");
    check(
        "put 1 ghost/lime/cola/bread/bag?; see 2",
        "scanning | which 1: lime/cola/bread | blocked by questions",
    );
    check("put 1 ghost; see 2", "scanning | which 1:  | blocked by questions");
    check("put 1 lime/cola?; see 2; choose 1 cola", COLA);
    check("put 1 lime/cola?; see 2; choose 1 cola; looks 1 lime; see 20", COLA);
    check("put 1 lime/cola?; see 2; ignore 1; see 9", "scanning | 1 ignored | blocked by empty");
    check("put 1 lime/cola?; see 2; ignore 1; restore 1", asked);
    check_log(
        "put 1 lime/cola?; see 2; choose 1 ghost; choose 2 cola; restore 1",
        &["refused no_such_product", "refused no_such_question", "refused no_such_item"],
        asked,
    );
}

#[test]
fn vision_may_answer_its_own_question() {
    let asked = "put 1 lime/cola?; see 2; looks 1 cola";
    check(&format!("{asked}; see 1"), "scanning | which 1: lime/cola | blocked by questions");
    check(&format!("{asked}; see 2"), COLA);
    check(
        &format!("{asked}; see 1; looks 1 lime/cola?; see 1; looks 1 cola; see 1"),
        "scanning | which 1: lime/cola | blocked by questions",
    );
    // Two that do not agree at first.
    check("put 1 cola; see 1; looks 1 lime; see 1", "idle");
    check(
        "put 1 cola; see 1; looks 1 lime; see 1; looks 1 cola; see 1; looks 1 lime; see 1",
        "scanning | which 1: lime | blocked by questions",
    );
}

#[test]
fn changes_its_mind_only_after_many_agree() {
    let changed = "put 1 cola; see 2; looks 1 bread";
    check(&format!("{changed}; see 7"), COLA);
    check(&format!("{changed}; see 8"), "scanning | 2 bread x1 = 200 on 1");
    check(&format!("{changed}; see 7; looks 1 cola; see 1; looks 1 bread; see 7"), COLA);
    check("put 1 cola; see 2; looks 1 bread?; see 30; looks 1 ?; see 30", COLA);
}

#[test]
fn a_reopened_line_asks_and_only_the_shopper_answers() {
    let reopened = "put 1 cola; put 2 cola; see 2; reopen 1";
    check(
        &format!("{reopened}; see 30"),
        "scanning | 1 cola x1 = 150 on 1 | which 2: cola | blocked by questions",
    );
    check(
        &format!("{reopened}; choose 2 lime; see 30"),
        "scanning | 1 cola x1 = 150 on 1 | 2 lime x1 = 35 on 2",
    );
    check(&format!("{reopened}; choose 2 cola; see 30"), "scanning | 1 cola x2 = 300 on 1,2");
    check_log(
        "start; add bag; reopen 1; reopen 2",
        &["refused added_by_hand", "refused no_such_line"],
        "scanning | 1 bag x1 = 20",
    );
}

#[test]
fn tells_how_each_line_was_identified() {
    let how = |script: &str| {
        let mut play = Play::new(shop::config());
        let lines = play.run(script).view().lines;
        format!("{:?}", lines.last().unwrap().identified_by)
    };
    assert_eq!(how("put 1 cola; see 2"), "Vision { probability: Probability(9900) }");
    assert_eq!(
        how("put 1 lime/cola?; see 2; choose 1 cola"),
        "Candidate { probability: Probability(4499), rank: 2 }"
    );
    assert_eq!(how("put 1 lime/cola?; see 2; choose 1 bread"), "Search");
    assert_eq!(how("put 1 cola; see 2; pieces 1 3"), "Vision { probability: Probability(9900) }");
    assert_eq!(how("put 1 cola; see 2; add cola"), "Search");
    assert_eq!(how("put 1 cola; see 2; add cola; pieces 1 1"), "Vision { probability: Probability(9900) }");
}

#[test]
fn sets_quantities() {
    let two = "put 1 cola; put 2 cola; see 2";
    check(&format!("{two}; pieces 1 5; put 3 cola; see 2"), "scanning | 1 cola x6 = 900 on 1,2,3");
    check(&format!("{two}; pieces 1 5; take 1; see 5"), "scanning | 1 cola x4 = 600 on 2");
    check(&format!("{two}; pieces 1 5; pieces 1 2"), "scanning | 1 cola x2 = 300 on 1,2");
    check_log(
        &format!("{two}; pieces 1 1; pieces 1 100; pieces 1 0; pieces 9 2"),
        &["refused bad_quantity", "refused bad_quantity", "refused bad_quantity", "refused no_such_line"],
        "scanning | 1 cola x2 = 300 on 1,2",
    );
    check_log(
        "put 1 apple; see 2; pieces 1 2",
        &["refused sold_by_weight"],
        "scanning | 1 apple ?g on 1 | 1 weighing | blocked by device",
    );
    check("start; add bag; add bag; add lime", "scanning | 1 bag x2 = 40 | 2 lime x1 = 35");
    check_log(
        "start; add apple; add ghost; add nothing",
        &["refused must_be_weighed", "refused no_such_product", "refused no_such_product"],
        "scanning | blocked by empty",
    );
    check_log(
        "start; add bag; pieces 1 99; add bag",
        &["refused bad_quantity"],
        "scanning | 1 bag x99 = 1980",
    );
}

#[test]
fn removes_and_restores() {
    check(
        "put 1 cola; put 2 cola; see 2; pieces 1 5; remove 1",
        "scanning | 1 ignored | 2 ignored | blocked by empty",
    );
    check(
        "put 1 cola; put 2 cola; see 2; remove 1; restore 2; see 9",
        "scanning | 2 cola x1 = 150 on 2 | 1 ignored",
    );
    check("put 1 cola; see 2; remove 1; put 2 cola; see 2", "scanning | 2 cola x1 = 150 on 2 | 1 ignored");
    check("put 1 cola; see 2; remove 1; take 1; see 5; put 1 cola; see 2", "scanning | 2 cola x1 = 150 on 2");
    check_log(
        "put 1 cola; see 2; remove 2; restore 1",
        &["refused no_such_line", "refused no_such_item"],
        COLA,
    );
}

#[test]
fn a_change_leads_back_from_the_review() {
    let review = "put 1 cola; see 2; review; see 3";
    check(review, "review | 1 cola x1 = 150 on 1");
    check(
        &format!("{review}; hide 1; see 2; unhide 1; see 1; move 1 4; see 1"),
        "review | 1 cola x1 = 150 on 1",
    );
    check(&format!("{review}; back"), COLA);
    check(
        &format!("{review}; put 2 bread; see 2"),
        "scanning | 1 cola x1 = 150 on 1 | 2 bread x1 = 200 on 2",
    );
    check(&format!("{review}; take 1; see 5"), "scanning | blocked by empty");
    check(&format!("{review}; add bag"), "scanning | 1 cola x1 = 150 on 1 | 2 bag x1 = 20");
    check_log("review; back; pay; finish; stop; add bag; cancel; more", &["refused wrong_phase"; 8], "idle");
}

#[test]
fn shown_one_by_one_things_stay_on_the_bill() {
    let config = || CheckoutConfig { tray: TrayRule::OneByOne, ..shop::config() };
    let one = "put 1 cola; see 2; take 1; see 5";
    check_with(config(), one, "scanning | 1 cola x1 = 150");
    check_with(config(), &format!("{one}; put 1 cola; see 2"), "scanning | 1 cola x2 = 300 on 2");
    check_with(
        config(),
        &format!("{one}; put 1 cola; see 2; take 1; see 5; pieces 1 1"),
        "scanning | 1 cola x1 = 150",
    );
    check_with(config(), &format!("{one}; remove 1; put 1 cola; see 2"), "scanning | 2 cola x1 = 150 on 2");
    check_with(config(), &format!("{one}; reopen 1; choose 1 lime"), "scanning | 2 lime x1 = 35");
    let asked = "put 1 lime/cola?; see 2; take 1; see 5";
    check_with(config(), asked, "scanning | which 1: lime/cola | blocked by questions");
    check_with(config(), &format!("{asked}; choose 1 cola"), "scanning | 1 cola x1 = 150");
    check_with(config(), &format!("{asked}; ignore 1"), "scanning | blocked by empty");
    check_with(
        config(),
        &format!("{asked}; put 1 bread; see 2; choose 1 lime; choose 1 lime"),
        "scanning | 1 bread x1 = 200 on 2 | 2 lime x1 = 35",
    );
    let paid = format!("{one}; review; pay; recorded; approved; committed");
    check_with(config(), &format!("{paid}; finish"), "idle");
    check_with(config(), &format!("{paid}; finish; put 1 cola; see 2"), "scanning | 1 cola x1 = 150 on 2");
}

#[test]
fn abandons_a_basket_that_nobody_touches() {
    let basket = "put 1 cola; see 2";
    check(&format!("{basket}; wait 69800"), COLA);
    check(&format!("{basket}; wait 71900"), "scanning | 1 cola x1 = 150 on 1 | ends in 18000");
    check(&format!("{basket}; wait 71900; more"), COLA);
    check(
        &format!("{basket}; wait 71900; more; wait 80000"),
        "scanning | 1 cola x1 = 150 on 1 | ends in 10000",
    );
    check(&format!("{basket}; wait 90000"), "idle | 1 ignored");
    check(&format!("{basket}; wait 90000; see 9"), "idle | 1 ignored");
    check(&format!("{basket}; review; wait 90000; take 1; see 5"), "idle");
    // Moved, or put again, it counts again.
    check(&format!("{basket}; wait 90000; see 1; move 1 5; see 2"), "scanning | 1 cola x1 = 150 on 2");
    check(&format!("{basket}; wait 90000; start; restore 1"), COLA);
    check(
        &format!("{basket}; wait 90000; put 3 bread; see 2"),
        "scanning | 1 bread x1 = 200 on 2 | 1 ignored",
    );
    check("start; wait 90000", "idle");
    check(&format!("{basket}; cancel; see 9"), "idle | 1 ignored");
}

#[test]
fn a_lost_camera_leaves_what_is_on_the_bill() {
    check("put 1 cola; see 2; blur; camera lost; review", "review | 1 cola x1 = 150 on 1");
    check("put 1 cola; see 2; put 2 bread; see 1; camera lost; wait 9000", COLA);
    check(
        "put 1 cola; see 2; camera lost; wait 9000; camera works; take 1; see 5",
        "scanning | blocked by empty",
    );
}

#[test]
fn a_lost_store_blocks_paying() {
    check("put 1 cola; see 2; storage lost", "scanning | 1 cola x1 = 150 on 1 | blocked by device");
    check("storage lost; start; storage works; add bag", "scanning | 1 bag x1 = 20");
}

#[test]
fn new_prices_wait_for_the_next_basket() {
    check("put 1 cola; see 2; catalogue 10; put 2 cola; see 2", "scanning | 1 cola x2 = 300 on 1,2");
    check(
        "put 1 cola; see 2; catalogue 10; take 1; see 5; cancel; put 1 cola; see 2",
        "scanning | 1 cola x1 = 160 on 2",
    );
    check("catalogue 10; put 1 cola; see 2", "scanning | 1 cola x1 = 160 on 1");
    let mut play = Play::new(shop::config());
    play.run("put 1 cola; see 2; catalogue 10");
    assert_eq!((play.view().generation.0, play.checkout.generation().0), (1, 1));
    play.run("cancel");
    assert_eq!(play.checkout.generation().0, 2);
}

#[test]
fn calls_staff_in_any_phase() {
    let mut play = Play::new(shop::config());
    assert!(play.run("help").view().staff_called);
    assert!(play.run("put 1 cola; see 2; review").view().staff_called);
    assert!(!play.run("helped").view().staff_called);
    assert_eq!(summary(&play.view()), "review | 1 cola x1 = 150 on 1");
}
