//! Only staff can say that a shopper is old enough.

use edge_daemon::staff_pin::{LOCK, Pin, TRIES};
use serde_json::json;

use crate::till::Till;

#[tokio::test]
async fn staff_approve_or_refuse_with_their_pin() {
    let till = Till::start(Some("2580")).await;
    till.says(json!({"action": "start"})).await;
    let approve = json!({"action": "approve_age", "pin": "2580"});
    let refuse = json!({"action": "refuse_age", "pin": "2580"});
    assert_eq!(till.says(approve.clone()).await, (409, "nothing_to_approve".to_owned()));
    assert_eq!(till.says(refuse.clone()).await, (409, "nothing_to_approve".to_owned()));
    till.says(json!({"action": "add_product", "product": "wine"})).await;
    let seen_less = json!({"action": "approve_age", "pin": "2580", "age_limit": 16});
    assert_eq!(till.says(seen_less).await, (200, "done".to_owned()));
    assert_eq!(till.says(approve.clone()).await, (200, "done".to_owned()));
    assert_eq!(till.says(approve).await, (409, "nothing_to_approve".to_owned()));
    assert_eq!(till.says(refuse).await, (200, "done".to_owned()));
    let gone = json!({"action": "remove_line", "line": 1});
    assert_eq!(till.says(gone).await, (422, "no_such_line".to_owned()));
}

#[tokio::test]
async fn what_is_no_pin_is_refused_unread_and_counts_as_no_try() {
    let till = Till::start(Some("2580")).await;
    for body in [
        json!({"action": "approve_age"}),
        json!({"action": "approve_age", "pin": "25x0"}),
        json!({"action": "approve_age", "pin": "258"}),
        json!({"action": "refuse_age", "pin": "2580", "age_limit": 18}),
    ] {
        assert_eq!(till.says(body.clone()).await, (422, "unprocessable".to_owned()), "{body}");
    }
    let wrong = till.act(json!({"action": "approve_age", "pin": "0000"})).await;
    assert_eq!(wrong.body["tries_left"], TRIES - 1);
}

#[tokio::test]
async fn a_till_without_a_pin_says_how_to_set_one() {
    let till = Till::start(None).await;
    let answer = till.act(json!({"action": "approve_age", "pin": "2580"})).await;
    assert_eq!((answer.status, answer.code.as_str()), (409, "pin_not_set"));
    assert!(answer.body["detail"].as_str().unwrap().contains("tillsightd --hash-pin"));
}

#[tokio::test]
async fn guessing_ends_after_a_few_tries_however_many_come_at_once() {
    let till = Till::start(Some("2580")).await;
    till.says(json!({"action": "start"})).await;
    till.says(json!({"action": "add_product", "product": "wine"})).await;
    let guesses =
        (0..12).map(|guess| till.act(json!({"action": "approve_age", "pin": format!("00{guess:02}")})));
    let answers = futures_util::future::join_all(guesses).await;
    let of = |code: &str| answers.iter().filter(|answer| answer.code == code).count();
    assert_eq!(of("wrong_pin") + of("pin_locked"), answers.len());
    assert!(of("wrong_pin") < TRIES as usize, "the last try is told of the lock");
    let right = json!({"action": "approve_age", "pin": "2580"});
    let locked = till.act(right.clone()).await;
    assert_eq!((locked.status, locked.code.as_str()), (429, "pin_locked"), "not even the right one opens");
    let left = locked.retry_after.unwrap();
    assert!((1..=LOCK.as_secs()).contains(&left) && locked.body["retry_after_s"] == left);
    till.staff_pin.set(Some(Pin::new("1357").unwrap().hash().unwrap()));
    assert_eq!(
        till.says(right).await.1,
        "wrong_pin",
        "a new PIN is set: the pause is over, the old one useless"
    );
    assert_eq!(till.says(json!({"action": "approve_age", "pin": "1357"})).await, (200, "done".to_owned()));
}
