use proptest::prelude::*;

use super::*;

fn item(id: &str, name: &str, minor: i64) -> Item {
    let price = Price { minor, currency: "RUB".to_owned(), exponent: 2, per: Measure::Piece };
    Item {
        id: id.to_owned(),
        sku: id.to_owned(),
        names: vec![("ru".to_owned(), name.to_owned())],
        price: Some(price),
        has_tax_rate: Some(true),
        ..Item::default()
    }
}

/// What is found of an item, each as code and fix.
#[track_caller]
fn check(item: &Item, expected: &[(&str, Option<&str>)]) {
    let found = report(std::slice::from_ref(item));
    let found: Vec<(&str, Option<&str>)> =
        found.iter().map(|one| (one.code.as_str(), one.fix.as_ref().map(|fix| fix.value.as_str()))).collect();
    assert_eq!(found, expected, "{item:?}");
}

#[test]
fn numbers_are_what_they_have_to_be() {
    let gtin = |text: &str| Item { gtin: Some(text.to_owned()), ..item("a", "Молоко", 9900) };
    check(&gtin("4006381333931"), &[]);
    check(&gtin("4006381333930"), &[("gtin_invalid", Some("4006381333931"))]);
    check(&gtin("no number"), &[("gtin_invalid", None)]);
    check(&gtin("2100001000004"), &[("gtin_restricted", None)]);
    let weighed = Price { per: Measure::Kilogram, ..item("a", "x", 100).price.unwrap() };
    check(&Item { price: Some(weighed), ..gtin("2100001000004") }, &[]);
}

#[test]
fn the_same_twice_is_found_once_for_each_repetition() {
    let gtin = Some("4006381333931".to_owned());
    let items = [
        Item { gtin: gtin.clone(), ..item("A-1", "Молоко 3,2% 1 л", 9900) },
        Item { gtin, ..item("a1", "МОЛОКО 3,2 % 1л", 9900) },
        item("b", "Молоко 3,2% 2 л", 17900),
    ];
    let found: Vec<_> =
        report(&items).into_iter().map(|one| (one.code.as_str(), one.item, one.other)).collect();
    assert_eq!(
        found,
        [("duplicate_gtin", 1, Some(0)), ("duplicate_sku", 1, Some(0)), ("same_product", 1, Some(0))]
    );
}

#[test]
fn prices_that_cannot_be() {
    check(&item("a", "Хлеб", 0), &[("price_zero", None)]);
    check(&item("a", "Хлеб", -5), &[("price_negative", None)]);
    check(&Item { cost_minor: Some(5000), ..item("a", "Хлеб", 4000) }, &[("price_under_cost", None)]);
    check(&Item { has_tax_rate: Some(false), ..item("a", "Хлеб", 4000) }, &[("tax_unknown", None)]);
    let was = |past: &[i64], now: i64| Item { past_minor: past.to_vec(), ..item("a", "Хлеб", now) };
    check(&was(&[4000, 4100, 3900], 40500), &[("price_factor", Some("40.50"))]);
    check(&was(&[4000], 42), &[("price_jump", None)]);
    check(&was(&[4000], 40), &[("price_factor", Some("40.00"))]);
    check(&was(&[4000], 4900), &[]);
}

#[test]
fn a_price_far_from_its_category_is_told_with_what_was_meant() {
    let of = |minor: i64, index: usize| Item {
        category: Some("Хлеб".to_owned()),
        ..item(&format!("bread-{index}"), &format!("Хлеб {index} сорт"), minor)
    };
    let mut items: Vec<Item> = (0..20).map(|index| of(4000 + 150 * index as i64, index)).collect();
    assert_eq!(report(&items), []);
    items.push(of(540_000, 20));
    let found = report(&items);
    let [outlier] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((outlier.code, outlier.item), (Code::PriceOutlier, 20));
    assert_eq!(outlier.fix.as_ref().unwrap().value, "54.00");
    // Few prices say nothing of what is usual.
    assert_eq!(report(&items[15..]), []);
}

#[test]
fn names_tell_units_letters_and_packs() {
    check(&item("a", "Сыр Гауда весовой", 89900), &[("unit_mistake", Some("kg"))]);
    check(&item("a", "Помидоры, кг", 19900), &[("unit_mistake", Some("kg"))]);
    let weighed = Price { per: Measure::Kilogram, ..item("a", "x", 5900).price.unwrap() };
    check(&Item { price: Some(weighed), ..item("a", "Сыр 200 г", 0) }, &[("unit_mistake", Some("piece"))]);
    check(&item("a", "Mолоко топлёное", 9900), &[("mixed_alphabet", Some("Молоко топлёное"))]);
    check(&item("a", "Соса-Cola", 9900), &[]);
    check(&item("a", "USB-кабель iPhone", 9900), &[]);
    check(&item("a", "Вафли\u{200b} «Артек» ", 9900), &[("invisible_characters", Some("Вафли «Артек»"))]);
    check(&item("a", "Семья 👨\u{200d}👩\u{200d}👧", 9900), &[]);
    let two = vec![("en".to_owned(), "Milk 1 l".to_owned()), ("ru".to_owned(), "Молоко 0,9 л".to_owned())];
    check(&Item { names: two, ..item("a", "", 9900) }, &[("pack_contradiction", None)]);
    check(&Item { content: Some("1000 мл".to_owned()), ..item("a", "Молоко 1 л", 9900) }, &[]);
}

#[test]
fn a_category_of_one_is_told_where_another_is_called_nearly_so() {
    let of = |index: usize, category: &str| Item {
        category: Some(category.to_owned()),
        ..item(
            &format!("{index}"),
            &format!("Товар {}", ["раз", "два", "три", "пять", "шесть", "семь", "восемь"][index]),
            9900,
        )
    };
    let categories = ["Напитки", "Напитки", "Хлеб", "Хлеб", "Напитки ", "Чай"];
    let items: Vec<Item> =
        categories.iter().enumerate().map(|(index, category)| of(index, category)).collect();
    let found = report(&items);
    let [lonely] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (lonely.code, lonely.item, lonely.fix.as_ref().unwrap().value.as_str()),
        (Code::LonelyCategory, 4, "Напитки")
    );
}

proptest! {
    /// Whatever a file says, the checks end, and what they propose needs no second proposal.
    #[test]
    fn whatever_names_say_fixes_are_final(name in "\\PC{0,40}", gtin in "[0-9]{0,15}", minor in any::<i64>()) {
        let one = Item { gtin: Some(gtin.clone()), past_minor: vec![minor.wrapping_add(1)], ..item("a", &name, minor) };
        report(&[one.clone(), one]);
        let clean = seen(&name);
        prop_assert_eq!(&seen(&clean), &clean);
        if let Some(right) = unmixed(&clean) {
            prop_assert_eq!(unmixed(&right), None);
        }
        if let Some(right) = right_gtin(&gtin) {
            let again = right_gtin(&right);
            prop_assert_eq!(again.as_deref(), Some(right.as_str()));
        }
    }
}
