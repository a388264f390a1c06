//! Catalogues: in, out, back, and refused.

use serde_json::json;

use crate::support::{Bench, SHOP};

#[test]
fn imports_shows_and_exports_the_same_catalogue() {
    let till = Bench::new("catalogue");
    let answer = till.json(["catalog", "import", till.write("shop.json", SHOP).to_str().unwrap()]);
    assert_eq!((&answer["products"], &answer["changes"]["added"]), (&json!(3), &json!(3)));
    let list = till.must(["catalog", "list"]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 4, "{list}");
    assert!(lines[0].starts_with("PRODUCT"), "{list}");
    assert!(
        lines[1].contains("Red apples") && lines[1].contains("2.49 EUR") && lines[1].contains("kg"),
        "{list}"
    );
    let price_ends = |line: &str| line.find(" EUR");
    assert!(
        lines[1..].iter().all(|line| price_ends(line) == price_ends(lines[1])),
        "columns stand straight: {list}"
    );
    assert_eq!(till.json(["catalog", "list", "--search", "лайм"])["products"][0]["id"], "lime");
    assert_eq!(till.json(["catalog", "show", "lemon"])["product"]["gtin"], "04006381333931");
    let exported = till.must(["catalog", "export"]);
    let again = till.json(["catalog", "import", till.write("again.json", exported).to_str().unwrap()]);
    assert_eq!(again["generation"], answer["generation"], "what is there already makes no new generation");
}

#[test]
fn reads_csv_with_currency_and_rates_from_the_command_line() {
    let till = Bench::new("csv");
    let csv = "id,sku,name_en,name_ru,gtin,plu,price,per,tax_code,age_limit,archived,picture\n\
               lime,1001,Lime,Лайм,,4048,0.35,piece,vat7,,,\n";
    let file = till.write("products.csv", csv);
    let file = file.to_str().unwrap();
    let without = till.run(["catalog", "import", file]);
    assert_eq!(without.code, 2);
    assert!(without.stderr.contains("hint: add, for example, `--currency EUR"), "{}", without.stderr);
    till.must(["catalog", "import", file, "--currency", "EUR", "--tax", "vat7=700", "--tax-exclusive"]);
    assert_eq!(till.json(["catalog", "show"])["tax"], json!({"inclusive": false, "rates": {"vat7": 700}}));
    assert!(till.must(["catalog", "export", "--format", "csv"]).contains("lime,1001,Lime"));
}

#[test]
fn refuses_a_bad_catalogue_whole_and_names_every_line() {
    let till = Bench::new("bad");
    till.import_shop();
    let product = |id: &str, rest: &str| {
        format!(r#"{{"id":"{id}","sku":"{id}","name":{{"en":"{id}"}},"per":"piece",{rest}}}"#)
    };
    let fine = r#""price":"1.00","tax_code":"vat7""#;
    let cases: [(&str, [String; 2], &[&str]); 6] = [
        (
            "the same GTIN twice",
            ["a", "b"].map(|id| product(id, &format!(r#""gtin":"4006381333931",{fine}"#))),
            &["GTIN", "04006381333931", "a", "b"],
        ),
        (
            "a wrong check digit",
            [product("a", fine), product("b", &format!(r#""gtin":"4006381333932",{fine}"#))],
            &["line 3", "4006381333932", "check digit", "1"],
        ),
        (
            "a tax code without a rate",
            [product("a", fine), product("b", r#""price":"1.00","tax_code":"vat99""#)],
            &["vat99", "vat7"],
        ),
        (
            "a negative price",
            [product("a", fine), product("b", r#""price":"-1.00","tax_code":"vat7""#)],
            &["-1.00"],
        ),
        (
            "a price that is no number",
            [product("a", fine), product("b", r#""price":"1,00","tax_code":"vat7""#)],
            &["line 3", "1,00"],
        ),
        ("an id that is none", [product("a", fine), product("Big Apple", fine)], &["line 3", "Big Apple"]),
    ];
    for (what, products, expected) in cases {
        let text = format!(
            "{{\"currency\":\"EUR\",\"tax\":{{\"inclusive\":true,\"rates\":{{\"vat7\":700}}}},\"products\":[\n{},\n{}\n]}}",
            products[0], products[1]
        );
        let run = till.run(["catalog", "import", till.write("bad.json", text).to_str().unwrap()]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{what}: {run:#?}");
        for part in expected {
            assert!(run.stderr.contains(part), "{what} names `{part}`: {}", run.stderr);
        }
        assert!(run.stderr.contains("hint: "), "{what}: {}", run.stderr);
        assert_eq!(till.json(["catalog", "show"])["products"], 3, "{what} changes nothing");
    }
    for (name, text) in [("cut.json", &SHOP[..200]), ("what.txt", SHOP), ("empty.json", "")] {
        let run = till.run(["catalog", "import", till.write(name, text).to_str().unwrap()]);
        assert_eq!(run.code, 1, "{name}: {run:#?}");
        assert!(run.stderr.contains(name), "{name}: {}", run.stderr);
    }
}

#[test]
fn asks_before_products_leave_and_goes_back_to_an_earlier_generation() {
    let till = Bench::new("leave");
    till.import_shop();
    let smaller = SHOP.replace("{\"id\":\"lemon\"", "{\"id\":\"kiwi\"");
    let file = till.write("smaller.json", smaller);
    let file = file.to_str().unwrap();
    let dry = till.json(["catalog", "import", file, "--dry-run"]);
    assert_eq!((&dry["changes"]["removed"], &dry["generation"]), (&json!(1), &json!(1)));
    let unasked = till.run(["catalog", "import", file]);
    assert_eq!(unasked.code, 2, "nobody is there to say yes");
    assert!(unasked.stderr.contains("`lemon`") && unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    assert_eq!(till.json(["catalog", "show"])["generation"], 1);
    till.must(["catalog", "import", file, "--yes"]);
    assert_eq!(till.json(["catalog", "list"])["products"][1]["id"], "kiwi");
    assert_eq!(till.json(["catalog", "rollback", "1", "--dry-run"])["generation"], 2);
    assert_eq!(till.json(["catalog", "rollback", "1", "--yes"])["generation"], 3);
    assert_eq!(till.json(["catalog", "list"])["products"][1]["id"], "lemon");
    let kinds = till.json(["catalog", "generations"]);
    assert_eq!(kinds["generations"][0]["kind"], "rollback");
    let wrong = till.run(["catalog", "rollback", "77", "--yes"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("hint: these are: 3, 2, 1"), "{}", wrong.stderr);
}
