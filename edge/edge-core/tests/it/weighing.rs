//! Products priced by weight, and a scale that feels what the camera does not see.

use edge_core::CheckoutConfig;
use edge_core::config::TrayRule;

use crate::script::{Play, check, check_with, summary};
use crate::shop;

fn with_scale() -> CheckoutConfig {
    CheckoutConfig { has_scale: true, ..shop::config() }
}

#[track_caller]
fn weigh(script: &str, expected: &str) {
    check_with(with_scale(), script, expected);
}

#[test]
fn weighs_a_thing_by_the_difference_it_makes() {
    weigh("put 1 apple=412; see 3", "scanning | 1 apple 412g = 103 on 1");
    weigh(
        "put 1 cola=350; see 3; put 2 apple=412; see 3; put 3 pear=100; see 3",
        "scanning | 1 cola x1 = 150 on 1 | 2 apple 412g = 103 on 2 | 3 pear 100g = 30 on 3",
    );
    weigh(
        "put 1 apple=412; see 3; put 2 apple=100; see 3",
        "scanning | 1 apple 412g = 103 on 1 | 2 apple 100g = 25 on 2",
    );
}

#[test]
fn takes_a_reading_before_or_after_the_thing_is_seen() {
    // The scale settles first and says nothing more.
    weigh(
        "mute; reads 412; wait 50; put 1 apple=412; see 2",
        "scanning | 1 apple ?g on 1 | 1 weighing | blocked by unsettled",
    );
    weigh(
        "mute; reads 412; wait 50; put 1 apple=412; see 2; wait 1500",
        "scanning | 1 apple 412g = 103 on 1",
    );
    // The camera sees first.
    weigh(
        "mute; put 1 apple=412; see 5; reads 412",
        "scanning | 1 apple ?g on 1 | 1 weighing | blocked by unsettled",
    );
    weigh("mute; put 1 apple=412; see 5; reads 412; see 1", "scanning | 1 apple 412g = 103 on 1");
    // A reading that includes a hand is not the one that counts.
    weigh(
        "mute; reads 900; wait 50; put 1 apple=412; see 2; reads 412; see 1",
        "scanning | 1 apple 412g = 103 on 1",
    );
}

#[test]
fn weighs_at_once_even_if_pictures_come_late() {
    weigh("lag 250; see 1; put 1 apple=412; see 4", "scanning | 1 apple 412g = 103 on 1");
    weigh(
        "lag 250; see 1; put 1 apple=412; see 4; put 2 pear=100; see 4; take 1; see 8",
        "scanning | 2 pear 100g = 30 on 2",
    );
}

#[test]
fn asks_when_no_reading_comes_in_time() {
    let late = "mute; put 1 apple=412; see 2; wobble; wait 1500";
    weigh(late, "scanning | 1 apple ?g on 1 | weigh 1 | 1 weighing | blocked by questions");
    weigh(
        &format!("{late}; choose 1 lime"),
        "scanning | 1 apple ?g on 1 | weigh 1 | 1 weighing | blocked by questions",
    );
    weigh(&format!("{late}; unmute; see 2"), "scanning | 1 apple 412g = 103 on 1");
    weigh(&format!("{late}; ignore 1"), "scanning | 1 ignored | blocked by empty");
}

#[test]
fn asks_to_weigh_things_that_came_together() {
    let both = "put 1 apple=400; put 2 pear=100; see 3";
    weigh(
        both,
        "scanning | 1 apple ?g on 1 | 2 pear ?g on 2 | weigh 1 | weigh 2 | 1 weighing | 2 weighing | blocked by questions",
    );
    // The drop weighs the one that is lifted, and then the other is what is left.
    weigh(&format!("{both}; take 1; see 6"), "scanning | 2 pear 100g = 30 on 2");
    weigh(
        &format!("{both}; take 1; see 6; put 1 apple=400; see 3"),
        "scanning | 2 pear 100g = 30 on 2 | 3 apple 400g = 100 on 3",
    );
    // Lifted for a moment only.
    weigh(
        &format!("{both}; take 1; see 2; put 1 apple=400; see 2"),
        "scanning | 1 apple 400g = 100 on 1 | 2 pear 100g = 30 on 2",
    );
    // Only what is sold by weight is asked about.
    weigh(
        "put 1 apple=400; put 2 cola=350; see 3",
        "scanning | 1 apple ?g on 1 | 2 cola x1 = 150 on 2 | weigh 1 | 1 weighing | blocked by questions",
    );
}

#[test]
fn knows_again_what_was_lifted_together_with_others() {
    let weighed = "put 1 apple=400; see 3; put 2 pear=100; see 3; take 1; see 6; take 2; see 6";
    weigh(weighed, "scanning | blocked by empty");
    weigh(
        &format!("{weighed}; put 1 apple=400; put 2 pear=100; see 3"),
        "scanning | 3 apple 400g = 100 on 3 | 4 pear 100g = 30 on 4",
    );
    // Another apple is not that apple.
    weigh(
        &format!("{weighed}; put 1 apple=300; put 2 pear=100; see 3"),
        "scanning | 3 apple ?g on 3 | 4 pear ?g on 4 | weigh 3 | weigh 4 | 3 weighing | 4 weighing | blocked by questions",
    );
}

#[test]
fn charges_no_less_than_the_scale_may_weigh() {
    weigh("put 1 apple=9; see 3", "scanning | 1 apple ?g on 1 | weigh 1 | 1 weighing | blocked by questions");
    weigh("put 1 apple=10; see 3", "scanning | 1 apple 10g = 3 on 1");
}

#[test]
fn keeps_the_weight_when_the_product_changes() {
    weigh("put 1 lime?=412; see 3; choose 1 apple", "scanning | 1 apple 412g = 103 on 1");
    weigh("put 1 apple=412; see 3; reopen 1; choose 1 lime", "scanning | 2 lime x1 = 35 on 1");
    weigh(
        "put 1 apple=412; see 3; reopen 1; choose 1 lime; reopen 2; choose 1 pear",
        "scanning | 3 pear 412g = 124 on 1",
    );
    weigh("put 1 apple=412; see 3; remove 1; restore 1", "scanning | 2 apple 412g = 103 on 1");
}

#[test]
fn keeps_a_covered_thing_while_the_scale_feels_it() {
    let covered = "put 1 cola=350; see 3; put 2 apple=400; see 3; hide 1; see 6";
    weigh(covered, "scanning | 1 cola x1 = 150 on 1 | 2 apple 400g = 100 on 2 | 1 covered");
    weigh(
        &format!("{covered}; unhide 1; see 1"),
        "scanning | 1 cola x1 = 150 on 1 | 2 apple 400g = 100 on 2",
    );
    weigh(&format!("{covered}; take 1; see 1"), "scanning | 2 apple 400g = 100 on 2");
    // Of two that are covered the one that was taken goes.
    weigh(&format!("{covered}; hide 2; see 6; take 2; see 1"), "scanning | 1 cola x1 = 150 on 1 | 1 covered");
    // What the scale cannot feel must be seen.
    weigh("put 1 bag=4; see 3; hide 1; see 6", "scanning | blocked by empty");
}

#[test]
fn weighs_what_covers_another_thing() {
    let covered = "put 1 cola=350; see 3; hide 1; put 101 apple=400; see 7";
    weigh(covered, "scanning | 1 cola x1 = 150 on 1 | 2 apple 400g = 100 on 2 | 1 covered");
    weigh(&format!("{covered}; take 1; see 1"), "scanning | 2 apple 400g = 100 on 2");
    // Something elsewhere does not hide it.
    weigh("put 1 apple=400; see 3; hide 1; put 2 bread=500; see 7", "scanning | 2 bread x1 = 200 on 2");
    // Nor does something that came instead of it.
    weigh("put 1 cola=350; see 3; take 1; put 101 apple=340; see 7", "scanning | 2 apple 340g = 85 on 2");
}

#[test]
fn swaps_one_thing_for_another() {
    weigh("put 1 apple=400; see 3; take 1; put 2 pear=300; see 6", "scanning | 2 pear 300g = 90 on 2");
    weigh("put 1 apple=400; see 3; take 1; put 1 pear=300; see 12", "scanning | 2 pear 300g = 90 on 1");
}

#[test]
fn without_a_scale_nothing_can_be_weighed() {
    let unweighed = "scanning | 1 apple ?g on 1 | 1 weighing | blocked by device";
    check("put 1 apple=400; see 3; wait 2000", unweighed);
    check("put 1 apple=400; see 3; remove 1", "scanning | 1 ignored | blocked by empty");
    weigh("scale lost; put 1 apple=400; see 3", unweighed);
    // It comes back and cannot know what lay there.
    let back = "scale lost; put 1 apple=400; see 3; scale works; see 3";
    weigh(back, "scanning | 1 apple ?g on 1 | weigh 1 | 1 weighing | blocked by questions");
    weigh(&format!("{back}; take 1; see 6; put 1 apple=400; see 3"), "scanning | 2 apple 400g = 100 on 2");
    // What it weighed before stays on the bill.
    weigh("put 1 apple=400; see 3; scale lost; see 1", "scanning | 1 apple 400g = 100 on 1");
}

#[test]
fn loses_sight_of_a_thing_even_if_the_scale_never_settles() {
    weigh("put 1 cola=350; see 3; mute; wobble; take 1; see 10", "scanning | 1 cola x1 = 150 on 1");
    weigh("put 1 cola=350; see 3; mute; wobble; take 1; see 20", "scanning | blocked by empty");
}

#[test]
fn a_single_thing_weighs_what_the_scale_says() {
    weigh("put 1 apple=400; see 3; put 1 apple=500; see 30", "scanning | 1 apple 500g = 125 on 1");
    weigh(
        "put 1 apple=400; see 3; put 1 apple=500; see 3",
        "scanning | 1 apple 400g = 100 on 1 | blocked by unsettled",
    );
}

#[test]
fn shown_one_by_one_things_are_weighed_and_stay() {
    let config = CheckoutConfig { tray: TrayRule::OneByOne, ..with_scale() };
    let mut play = Play::new(config);
    play.run("put 1 apple=400; see 3; take 1; see 6; put 1 apple=300; see 3; take 1; see 6");
    assert_eq!(summary(&play.view()), "scanning | 1 apple 400g = 100 | 2 apple 300g = 75");
    // Taken away before it could be weighed: the drop weighs it, or it is shown again.
    let mut play = Play::new(CheckoutConfig { tray: TrayRule::OneByOne, ..with_scale() });
    play.run("put 1 apple=400; put 2 pear=100; see 3; take 1; see 6; take 2; see 6");
    assert_eq!(summary(&play.view()), "scanning | 1 apple 400g = 100 | 2 pear 100g = 30");
    let mut play = Play::new(CheckoutConfig { tray: TrayRule::OneByOne, ..with_scale() });
    play.run("put 1 apple=400; put 2 pear=100; see 3; take 1; take 2; see 6; put 1 apple=400; see 3");
    assert_eq!(
        summary(&play.view()),
        "scanning | 1 apple 400g = 100 on 3 | 2 pear ?g | weigh 2 | blocked by questions"
    );
}
