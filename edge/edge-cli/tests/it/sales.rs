//! Sales, the journal and settings.

use domain::quantity::Quantity;
use serde_json::json;
use testkit::build;

use crate::support::Bench;

fn sell(till: &Bench, count: u64) {
    let store = till.store();
    for number in 1..=count {
        let (lime, apples) = (build::piece("lime", 35), build::by_weight("apple-red", 249));
        let items = [(&lime, Quantity::Pieces(2)), (&apples, Quantity::Grams(412))];
        store.commit_sale(&build::sale(number, &items)).unwrap();
    }
}

#[test]
fn an_empty_store_has_no_sales_and_a_whole_journal() {
    let till = Bench::new("empty");
    let run = till.run(["sales", "list"]);
    assert_eq!((run.code, run.stdout.lines().count()), (0, 1), "only the heading is data: {run:#?}");
    assert!(run.stderr.contains("this till has sold nothing yet"), "{}", run.stderr);
    assert_eq!(till.json(["sales", "list"])["sales"], json!([]));
    let journal = till.json(["journal", "verify"]);
    assert_eq!((&journal["ok"], &journal["entries"], &journal["head"]), (&json!(true), &json!(0), &json!(0)));
    let none = till.run(["sales", "show", "1"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains("hint: this till has sold nothing yet"), "{}", none.stderr);
}

#[test]
fn lists_the_newest_first_and_shows_one_in_full() {
    let till = Bench::new("sales");
    sell(&till, 7);
    let sales = till.json(["sales", "list", "--limit", "3"]);
    let numbers: Vec<u64> =
        sales["sales"].as_array().unwrap().iter().map(|sale| sale["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [7, 6, 5]);
    let sale = till.json(["sales", "show", "2"]);
    assert_eq!((&sale["gross_minor"], &sale["currency"]), (&json!(173), &json!("EUR")));
    assert_eq!(sale["lines"][1]["quantity"], json!({"grams": 412}));
    assert_eq!(sale["tenders"][0]["amount_minor"], 173);
    let shown = till.must(["sales", "show", "2"]);
    for part in ["0.70 EUR", "0.412 kg", "2.49 EUR per kg", "total 1.73 EUR", "2026-01-02 12:01:00 UTC"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let journal = till.json(["journal", "verify"]);
    assert_eq!(
        (&journal["ok"], &journal["entries"], &journal["outbox"]),
        (&json!(true), &json!(7), &json!(7))
    );
    assert_eq!(journal["head_hash"], till.json(["sales", "show", "7"])["hash"]);
    assert_eq!(till.json(["status"])["sales"], 7);
    let beyond = till.run(["sales", "show", "8"]);
    assert!(beyond.stderr.contains("from 1 to 7"), "{}", beyond.stderr);
}

#[test]
fn shows_what_age_staff_checked() {
    let till = Bench::new("age");
    let wine = build::piece("wine", 899);
    let mut sale = build::sale(1, &[(&wine, Quantity::Pieces(1))]);
    till.store().commit_sale(&sale).unwrap();
    sale = build::sale(2, &[(&wine, Quantity::Pieces(1))]);
    sale.age_checked = Some(18);
    till.store().commit_sale(&sale).unwrap();
    assert_eq!(till.json(["sales", "show", "1"])["age_checked"], json!(null));
    assert_eq!(till.json(["sales", "show", "2"])["age_checked"], 18);
    assert!(!till.must(["sales", "show", "1"]).contains("staff checked"));
    assert!(till.must(["sales", "show", "2"]).contains("staff checked that the shopper is 18 or older"));
}

#[test]
fn settings_are_set_shown_and_removed() {
    let till = Bench::new("settings");
    assert_eq!(till.json(["settings", "set", "receipt.footer", "Thank you"])["changed"], true);
    assert_eq!(till.must(["settings", "get", "receipt.footer"]), "Thank you\n");
    let dry = till.json(["settings", "set", "receipt.footer", "Bye", "--dry-run"]);
    assert_eq!((&dry["before"], &dry["dry_run"]), (&json!("Thank you"), &json!(true)));
    assert_eq!(till.json(["settings", "get"])["settings"], json!({"receipt.footer": "Thank you"}));
    let typo = till.run(["settings", "get", "reciept.footer"]);
    assert_eq!(typo.code, 1);
    assert!(typo.stderr.contains("did you mean `receipt.footer`?"), "{}", typo.stderr);
    till.must(["settings", "unset", "receipt.footer"]);
    assert_eq!(till.json(["settings", "get"])["settings"], json!({}));
}
