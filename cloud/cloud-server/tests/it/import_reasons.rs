//! Why rows of an import are left out or refused, in the words of whoever looks at it.

use cloud_store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::exchange::{IMPORTS, applied, file, planned};
use super::support::{Caller, Cloud};

/// What is said of each row of an import that has a reason, in their order.
async fn reasons(cloud: &Cloud, who: &Caller, import: &Value) -> Vec<(u64, Value)> {
    let rows = format!("{IMPORTS}/{}/rows", import["id"].as_str().unwrap());
    let rows: Value = cloud.get_as(who, &rows).await.json().await.unwrap();
    let with_reason = rows["items"].as_array().unwrap().iter().filter(|row| !row["problem"].is_null());
    with_reason.map(|row| (row["row"].as_u64().unwrap(), row["problem"].clone())).collect()
}

/// Rows that are known by their id, a fault each, with the code and what its Russian sentence has to name.
const ROWS: [(&str, &str, &[&str]); 15] = [
    ("п-1;А-1;Чай;;1;шт;vat7;;", "identifier_wrong", &["Ид «п-1»", "a–z"]),
    ("a-2;А-2;Чай;4006381333932;1;шт;vat7;;", "gtin_check_digit", &["GTIN «4006381333932»", "должна быть 1"]),
    ("a-3;А-3;Чай;12;1;шт;vat7;;", "gtin_shape", &["«12»", "8, 12, 13 или 14"]),
    ("a-4;А-4;Чай;;тридцать;шт;vat7;;", "price_wrong", &["Цена «тридцать»", "EUR", "129.90"]),
    ("a-5;А-5;Чай;;-1;шт;vat7;;", "price_bounds", &["-1.00 EUR", "от нуля"]),
    ("a-6;А-6;Чай;;;шт;vat7;;", "missing", &["«цена»"]),
    ("a-7;М-1;Чай;;1;шт;vat7;;", "number_taken", &["Артикул «М-1»", "«milk»"]),
    ("a-8;А-8;Чай;04006381333931;1;шт;vat7;;", "number_taken", &["GTIN «04006381333931»", "«milk»"]),
    ("a-9;А-9;Чай;;1;ящик;vat7;;", "unit_unknown", &["Единица «ящик»"]),
    ("a-10;А-10;Чай;;1;шт;;13 %;", "tax_rate_unknown", &["ставка 13 %", "налоговый код"]),
    ("a-11;А-11;Чай;;1;шт;;много;", "tax_rate_wrong", &["«много»", "НДС"]),
    ("a-12;А-12;Чай;;1;шт;vat5;;", "store_without_rate", &["«main»", "«vat5»", "vat19, vat7"]),
    ("a-13;А-13;Чай;;1;шт;vat7;;200", "age_wrong", &["«200»", "до 99"]),
    ("milk;М-1;Молоко;;1;шт;vat7;;", "row_twice", &["строке 2", "«milk»"]),
    (";А-15;Чай;;1;шт;vat7;;", "key_missing", &["«ид»"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_a_row_has_a_code_and_a_sentence_in_both_languages() {
    let cloud = Cloud::start("import-reasons", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let head =
        "id;sku;name;gtin;price;unit;tax_code;vat;age_limit\nmilk;М-1;Молоко;4006381333931;2;шт;vat7;;\n";
    let before = planned(&cloud, &owner, "?match=id", file("a.csv", head)).await;
    applied(&cloud, &owner, &before).await;
    let lines: String = ROWS.iter().map(|(line, ..)| format!("{line}\n")).collect();
    let plan = planned(&cloud, &owner, "?match=id", file("b.csv", format!("{head}{lines}"))).await;
    assert_eq!(plan["counts"]["left_out"], ROWS.len(), "{plan}");
    let told = reasons(&cloud, &owner, &plan).await;
    // The head and the milk stand above them.
    for (((row, reason), (line, code, names)), expected) in told.iter().zip(ROWS).zip(3..) {
        assert_eq!((*row, &reason["code"]), (expected, &json!(code)), "{line}: {reason}");
        let (english, russian) =
            (reason["text"]["en"].as_str().unwrap(), reason["text"]["ru"].as_str().unwrap());
        assert!(english.ends_with('.') && english != russian, "{reason}");
        for name in names {
            assert!(russian.contains(name), "{name}: {reason}");
        }
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_objects_is_told_which_of_its_fields_is_wrong() {
    let cloud = Cloud::start("import-reasons-json", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let text = r#"[5, {"sku": "A", "price": 1, "цена": 2}, {"sku": "B", "цена": [1]}, {"sku": "C", "name": {"ru": 5}}]"#;
    let plan = planned(&cloud, &owner, "", file("a.json", text)).await;
    let told = reasons(&cloud, &owner, &plan).await;
    let codes: Vec<&Value> = told.iter().map(|(_, reason)| &reason["code"]).collect();
    assert_eq!(codes, ["no_object", "field_twice", "no_text", "names_no_texts"]);
    assert_eq!(told[1].1["values"], json!({"key": "цена"}));
    assert!(told[2].1["text"]["ru"].as_str().unwrap().contains("«цена»"), "{told:?}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plu_that_another_product_has_by_now_is_told_with_whose_it_is() {
    let cloud = Cloud::start("import-reasons-plu", &super::documents::settings("")).await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "ann", &[(Role::Owner, None)]).await;
    let sheet = |id: &str| file("a.csv", format!("id;name;plu;price;tax_code\n{id};Бананы;4011;2;vat7\n"));
    let plan = planned(&cloud, &owner, "?match=id", sheet("first")).await;
    let between = planned(&cloud, &owner, "?match=id", sheet("second")).await;
    applied(&cloud, &owner, &between).await;
    let done = applied(&cloud, &owner, &plan).await;
    assert_eq!(done["counts"]["refused"], 1, "{done}");
    let told = reasons(&cloud, &owner, &plan).await;
    assert_eq!(
        told[0].1["values"],
        json!({"field": "plu", "number": "4011", "product": "second"}),
        "{told:?}"
    );
    let path = format!("{IMPORTS}/{}", plan["id"].as_str().unwrap());
    cloud.send(&owner, Method::DELETE, &path, json!({}), StatusCode::NO_CONTENT).await;
    cloud.stop().await;
}
