//! Nothing with an age limit is paid before a member of staff has looked at the shopper.

use crate::script::{Play, check, check_log};
use crate::shop;

#[test]
fn an_age_limit_holds_up_paying_until_staff_approve() {
    check(
        "put 1 beer; see 2",
        "scanning | 1 beer x1 = 180 on 1 | age 16 of 1 unchecked | blocked by approval",
    );
    check("put 1 beer; see 2; approve", "scanning | 1 beer x1 = 180 on 1 | age 16 of 1 checked");
    check_log(
        "put 1 beer; put 3 cola; see 2; review; pay; approve; pay",
        &["refused pay_blocked", "intent 2 of 2"],
        "paying | 1 beer x1 = 180 on 1 | 2 cola x1 = 150 on 2 | preparing 330 | age 16 of 1 checked",
    );
}

#[test]
fn shopping_goes_on_while_staff_are_waited_for_and_approval_leads_nowhere_else() {
    check(
        "start; add wine; put 1 cola; see 2; pieces 2 3",
        "scanning | 1 wine x1 = 700 | 2 cola x3 = 450 on 1 | age 18 of 1 unchecked | blocked by approval",
    );
    check("start; add wine; review; approve", "review | 1 wine x1 = 700 | age 18 of 1 checked");
}

#[test]
fn a_check_covers_lower_limits_and_a_higher_one_asks_again() {
    let both = "scanning | 1 wine x1 = 700 | 2 beer x1 = 180 | age 18 of 1,2";
    check("start; add wine; approve; add beer", &format!("{both} checked"));
    check("start; add wine; add beer; approve", &format!("{both} checked"));
    check(
        "start; add beer; approve; add wine",
        "scanning | 1 beer x1 = 180 | 2 wine x1 = 700 | age 18 of 1,2 unchecked | blocked by approval",
    );
    // More of the same, and the same again after it was taken out, were looked at with it.
    check("start; add wine; approve; remove 1; add wine", "scanning | 2 wine x1 = 700 | age 18 of 2 checked");
}

#[test]
fn staff_approve_no_more_than_they_were_shown() {
    check(
        "start; add beer; add wine; approve 16",
        "scanning | 1 beer x1 = 180 | 2 wine x1 = 700 | age 18 of 1,2 unchecked | blocked by approval",
    );
    check(
        "start; add beer; approve 99; add wine",
        "scanning | 1 beer x1 = 180 | 2 wine x1 = 700 | age 18 of 1,2 unchecked | blocked by approval",
    );
    check(
        "start; add beer; add wine; approve 16; remove 2",
        "scanning | 1 beer x1 = 180 | age 16 of 1 checked",
    );
}

#[test]
fn taking_the_limited_lines_out_withdraws_the_need() {
    check("start; add wine; add cola; remove 1", "scanning | 2 cola x1 = 150");
    check("put 1 beer; put 3 cola; see 2; take 1; see 8", "scanning | 2 cola x1 = 150 on 2");
}

#[test]
fn a_refusal_takes_the_limited_lines_out_and_leaves_the_rest() {
    check(
        "put 1 beer; put 3 cola; see 2; add wine; review; refuse",
        "scanning | 2 cola x1 = 150 on 2 | 1 ignored",
    );
    // What was refused after it had been approved was not approved.
    check(
        "start; add wine; approve; refuse; add wine",
        "scanning | 2 wine x1 = 700 | age 18 of 2 unchecked | blocked by approval",
    );
    // Bought after all, it is asked about again.
    check(
        "put 1 beer; see 2; refuse; restore 1",
        "scanning | 2 beer x1 = 180 on 1 | age 16 of 2 unchecked | blocked by approval",
    );
}

#[test]
fn a_new_basket_starts_unchecked() {
    let unchecked = "scanning | 1 wine x1 = 700 | age 18 of 1 unchecked | blocked by approval";
    check("start; add wine; approve; cancel; start; add wine", unchecked);
    check("start; add wine; approve; wait 200000; start; add wine", unchecked);
    let sale = "review; pay; recorded; approved; committed; finish";
    check(&format!("start; add wine; approve; {sale}; start; add wine"), unchecked);
}

#[test]
fn there_is_nothing_to_approve_without_an_age_limit() {
    let plain = "scanning | 1 cola x1 = 150";
    let refused = ["refused nothing_to_approve", "refused nothing_to_approve"];
    check_log("start; add cola; approve; refuse", &refused, plain);
    check_log(
        "start; add beer; approve; approve",
        &["refused nothing_to_approve"],
        "scanning | 1 beer x1 = 180 | age 16 of 1 checked",
    );
    check_log("approve; refuse", &["refused wrong_phase", "refused wrong_phase"], "idle");
}

#[test]
fn staff_are_called_by_themselves_and_the_call_goes_out_with_its_reason() {
    let called = |script: &str| Play::new(shop::config()).run(script).view().staff_called;
    assert!(called("put 1 beer; see 2"));
    assert!(!called("put 1 beer; see 2; approve"));
    assert!(!called("put 1 beer; see 2; refuse"));
    assert!(!called("start; add beer; remove 1"));
    assert!(!called("start; add beer; wait 200000"), "nobody is there any more");
    assert!(
        !called("start; add beer; helped; add cola"),
        "who was sent away is not called for the same again"
    );
    assert!(called("start; add beer; helped; add wine"));
    assert!(called("start; add beer; approve; add wine"));
    assert!(called("start; help; add beer; remove 1"), "the shopper's own call stands");
}

#[test]
fn a_sale_says_what_age_was_checked() {
    let checked =
        |script: &str| Play::new(shop::config()).run(script).newest_sale.clone().unwrap().age_checked;
    assert_eq!(checked("start; add cola; review; pay"), None);
    assert_eq!(checked("start; add beer; approve; review; pay"), Some(16));
    assert_eq!(checked("start; add beer; add wine; approve; remove 2; review; pay"), Some(18));
    assert_eq!(checked("start; add wine; approve; remove 1; add cola; review; pay"), None);
}
