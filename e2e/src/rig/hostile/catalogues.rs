//! Catalogues of other systems that are larger, deeper or odder than any.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Maker;
use super::archives::pack;
use super::mutations::damage;
use super::sheets::{book, row};

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("csv-long-cell", long_cell),
    ("csv-million-columns", million_columns),
    ("csv-blank-columns", blank_columns),
    ("csv-too-many-rows", too_many_rows),
    ("csv-odd-numbers", odd_numbers),
    ("csv-nul", nul),
    ("csv-bom-in-the-middle", bom),
    ("csv-utf-16", utf_16),
    ("csv-windows-1251", windows_1251),
    ("csv-open-quote", open_quote),
    ("csv-column-twice", column_twice),
    ("json-deep", deep_json),
    ("json-odd-numbers", odd_json),
    ("json-same-keys", same_keys),
    ("json-many-keys", many_keys),
    ("json-many-languages", many_languages),
    ("json-many-empty", many_empty),
    ("commerceml-laughs", laughs),
    ("commerceml-external", external),
    ("commerceml-deep-groups", deep_groups),
    ("commerceml-offers-alone", offers_alone),
    ("commerceml-price-types", price_types),
    ("commerceml-same-id", same_id),
    ("commerceml-wrong-encoding", wrong_encoding),
    ("zip-bomb", bomb),
    ("zip-in-zip", nested),
    ("zip-names", names),
    ("xlsx-two-far-cells", far_cells),
    ("xlsx-formulas", formulas),
    ("xlsx-many-cells", many_cells),
    ("damaged", damaged),
];

const HEAD: &str = "sku;name;price;unit;tax_code\n";

fn csv(rows: &str) -> Vec<u8> {
    format!("{HEAD}{rows}").into_bytes()
}

fn commerceml(before: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{before}<КоммерческаяИнформация ВерсияСхемы=\"2.08\">{inside}</КоммерческаяИнформация>"
    )
}

fn goods(inside: &str) -> String {
    format!("<Каталог><Товары>{inside}</Товары></Каталог>")
}

fn product(id: &str, name: &str) -> String {
    format!("<Товар><Ид>{id}</Ид><Артикул>{id}</Артикул><Наименование>{name}</Наименование></Товар>")
}

fn offer(id: &str, price: &str) -> String {
    format!(
        "<Предложение><Ид>{id}</Ид><Наименование>{id}</Наименование><Цены><Цена><ИдТипаЦены>t1</ИдТипаЦены>\
         <ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу></Цена></Цены></Предложение>"
    )
}

fn long_cell(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let long = "я".repeat(rng.random_range(1..8) << 20);
    csv(&format!("A1;{long};1.20;piece;vat7\nA2;Pears;{long};piece;vat7\n{long};Plums;1;{long};{long}\n"))
}

fn million_columns(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let columns = rng.random_range(300_000..1_500_000);
    let titles: String = (0..columns).map(|column| format!(";c{column}")).collect();
    let cells = ";x".repeat(columns);
    format!("sku;name{titles}\nA1;Apple{cells}\n").into_bytes()
}

fn blank_columns(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let blank = ";".repeat(rng.random_range(100_000..2_000_000));
    format!("{HEAD}A1;Apple;1.20;piece;vat7{blank}\n{blank}\n{blank}A2\n").into_bytes()
}

fn too_many_rows(rng: &mut ChaCha8Rng) -> Vec<u8> {
    csv(&"A;B;1;piece;vat7\n".repeat(rng.random_range(250_001..600_000)))
}

const ODD: [&str; 14] = [
    "1e400",
    "-1e400",
    "1e-400",
    "NaN",
    "inf",
    "-0",
    "99999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000001",
    "1.2.3,4,5",
    "0x10",
    "\u{661}\u{662}",
    "--1",
    "e",
    "1/0",
];

fn odd_numbers(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut pick = || ODD[rng.random_range(0..ODD.len())];
    let lines: String = (0..200)
        .map(|number| format!("{};Apple {number};{};{};{}\n", pick(), pick(), pick(), pick()))
        .collect();
    csv(&lines)
}

fn nul(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let nuls = "\0".repeat(rng.random_range(1..10_000));
    // Beyond what a text is told by.
    let before = "A;Apple;1.20;piece;vat7\n".repeat(rng.random_range(0..100));
    csv(&format!("{before}B{nuls};Pe{nuls}ars;1.2{nuls}0;piece;vat7\n"))
}

fn bom(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let marks = "\u{feff}".repeat(rng.random_range(1..100));
    format!(
        "{marks}sku;{marks}name;price{marks};unit;tax_code\nA1;Ap{marks}ple;1{marks}.20;piece;vat7\n{marks}\n"
    )
    .into_bytes()
}

fn utf_16(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let text = "артикул;название;цена\nА1;Яблоки 🍎;1,20\n".repeat(rng.random_range(1..50));
    let mut bytes: Vec<u8> = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    // A letter that is cut through, or half a pair of surrogates.
    bytes.truncate(bytes.len() - rng.random_range(0..5_usize));
    bytes.extend([0x00, 0xd8][..rng.random_range(0..=2)].iter());
    bytes
}

/// `Артикул;Название;Цена` and a product in windows-1251, with bytes in it that stand for no letter there.
fn windows_1251(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes =
        b"\xc0\xf0\xf2\xe8\xea\xf3\xeb;\xcd\xe0\xe7\xe2\xe0\xed\xe8\xe5;\xd6\xe5\xed\xe0\n".to_vec();
    for number in 0..rng.random_range(1..200) {
        bytes.extend(format!("{number};").into_bytes());
        bytes.extend(b"\xcc\xee\xeb\xee\xea\xee \x98\x98;1,20\n");
    }
    bytes
}

fn open_quote(rng: &mut ChaCha8Rng) -> Vec<u8> {
    csv(&format!(
        "A1;\"Apple;1.20;piece;vat7\n{}",
        "A2;Pears;2;piece;vat7\n".repeat(rng.random_range(1..200_000))
    ))
}

fn column_twice(_: &mut ChaCha8Rng) -> Vec<u8> {
    b"sku;name;price;\xd1\x86\xd0\xb5\xd0\xbd\xd0\xb0\nA1;Apple;1;2\n".to_vec()
}

fn deep_json(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let depth = rng.random_range(100..2_000_000);
    let (open, close) = [("[", "]"), ("{\"name\":", "}")][rng.random_range(0..2)];
    format!("{{\"products\":{}1{}}}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

fn odd_json(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let odd =
        ["1e400", "-1e400", "1e-400", "-0.0", "123456789012345678901234567890", "1E+2", "true", "null", "[]"];
    let mut pick = || odd[rng.random_range(0..odd.len())];
    let list: Vec<String> = (0..5)
        .map(|number| {
            let (gtin, price) = (pick(), pick());
            format!(
                "{{\"sku\":{number},\"name\":\"Apple\",\"gtin\":{gtin},\"price\":{price},\"archived\":{}}}",
                pick()
            )
        })
        .collect();
    format!("[{}]", list.join(",")).into_bytes()
}

fn same_keys(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let keys = "\"price\":1,\"цена\":2,\"sku\":\"A\",".repeat(rng.random_range(1..200_000));
    format!("[{{{keys}\"name\":\"Apple\"}}]").into_bytes()
}

fn many_keys(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let keys: String =
        (0..rng.random_range(1_000..800_000)).map(|number| format!("\"k{number}\":1,")).collect();
    format!("[{{{keys}\"sku\":\"A\",\"name\":\"Apple\"}}]").into_bytes()
}

fn many_languages(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let names: Vec<String> =
        (0..rng.random_range(100..300_000)).map(|number| format!("\"l{number}\":\"Apple\"")).collect();
    format!("[{{\"sku\":\"A\",\"price\":1,\"name\":{{{}}}}}]", names.join(",")).into_bytes()
}

fn many_empty(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let one = ["[]", "{}", "0", "\"\""][rng.random_range(0..4)];
    format!("[{}{one}]", format!("{one},").repeat(rng.random_range(10_000..4_000_000))).into_bytes()
}

fn laughs(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let levels = rng.random_range(5..40);
    let mut entities = "<!ENTITY e0 \"lol\">".to_owned();
    for level in 1..levels {
        entities.push_str(&format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10)));
    }
    let name = format!("&e{};", levels - 1);
    commerceml(&format!("<!DOCTYPE x [{entities}]>"), &goods(&product("1", &name))).into_bytes()
}

fn external(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let target = ["file:///etc/passwd", "http://127.0.0.1:9/x", "file:///dev/zero"][rng.random_range(0..3)];
    let declared = match rng.random_range(0..3) {
        0 => format!("<!DOCTYPE x [<!ENTITY x SYSTEM \"{target}\">]>"),
        1 => format!("<!DOCTYPE x SYSTEM \"{target}\">"),
        _ => format!("<!DOCTYPE x [<!ENTITY % p SYSTEM \"{target}\"> %p;]>"),
    };
    let text = commerceml(&declared, &goods(&product("1", "&x;")));
    if rng.random_bool(0.5) { text.into_bytes() } else { pack(&[("import.xml", text.as_bytes())]) }
}

fn deep_groups(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let depth = rng.random_range(10..200_000);
    let (open, close) = ("<Группы><Группа><Ид>g</Ид>", "</Группа></Группы>");
    let groups = format!("<Классификатор>{}{}</Классификатор>", open.repeat(depth), close.repeat(depth));
    commerceml("", &(groups + &goods(&product("1", "Tea")))).into_bytes()
}

fn offers_alone(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let offers: String =
        (0..rng.random_range(1..50_000)).map(|number| offer(&number.to_string(), "1e400")).collect();
    let text =
        commerceml("", &format!("<ПакетПредложений><Предложения>{offers}</Предложения></ПакетПредложений>"));
    if rng.random_bool(0.5) { text.into_bytes() } else { pack(&[("offers.xml", text.as_bytes())]) }
}

/// As many types of prices as offers, which is a square for whoever looks for each in a list.
fn price_types(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let many = rng.random_range(1_000..30_000);
    let types: String = (0..many)
        .map(|number| format!("<ТипЦены><Ид>t{number}</Ид><Валюта>руб</Валюта></ТипЦены>"))
        .collect();
    let offers: String = (0..many).map(|number| offer(&number.to_string(), "1,20")).collect();
    let all = format!(
        "<ПакетПредложений><ТипыЦен>{types}</ТипыЦен><Предложения>{offers}</Предложения></ПакетПредложений>"
    );
    commerceml("", &all).into_bytes()
}

fn same_id(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let all =
        product("1", "Tea").repeat(rng.random_range(2..60_000)) + &product("1#red", "Tea").repeat(1_000);
    commerceml("", &goods(&all)).into_bytes()
}

fn wrong_encoding(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let names = ["UTF-16", "UTF-7", "EBCDIC-CP-US", "x", "windows-1251", "UTF-32", "KOI8-R"];
    let text = commerceml("", &goods(&product("1", "Чай")));
    let text = text.replacen("UTF-8", names[rng.random_range(0..names.len())], 1);
    match rng.random_range(0..3) {
        0 => text.into_bytes(),
        1 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => pack(&[("import.xml", &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())]),
    }
}

fn bomb(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let blank = " ".repeat(rng.random_range(8..64) << 20);
    pack(&[("import.xml", commerceml("", &blank).as_bytes()), ("offers.xml", blank.as_bytes())])
}

fn nested(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut inner = commerceml("", &goods(&product("1", "Tea"))).into_bytes();
    let mut name = "import.xml";
    for _ in 0..rng.random_range(1..60) {
        inner = pack(&[(name, &inner)]);
        name = "inner.zip";
    }
    inner
}

fn names(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let good = commerceml("", &goods(&product("1", "Tea")));
    let bad = ["<x/>", "", "<КоммерческаяИнформация>", "\0\0"][rng.random_range(0..4)];
    pack(&[
        ("../../../../etc/import.xml", good.as_bytes()),
        ("/etc/passwd.xml", bad.as_bytes()),
        ("..\\offers\u{202e}.xml", good.as_bytes()),
    ])
}

fn far_cells(_: &mut ChaCha8Rng) -> Vec<u8> {
    let near = row(1, &["sku", "name", "price"]) + &row(2, &["A1", "Red apples", "1.20"]);
    let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row><row r=\"9\"><c r=\"ZZZZZZ9\"><v>1</v></c></row>";
    book(&[near + far], "")
}

fn formulas(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let deep = "(".repeat(rng.random_range(10..100_000));
    let head = row(1, &["sku", "name", "price"]);
    let formula = format!(
        "<row r=\"2\"><c t=\"str\"><f>SUM{deep}A1</f><v>=cmd|' /C calc'!A0</v></c><c t=\"e\"><v>#REF!</v></c><c><f>1/0</f><v>1e400</v></c></row>"
    );
    book(&[head + &formula], "")
}

fn many_cells(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let cells = "<c><v>1</v></c>".repeat(rng.random_range(1_000..16_000));
    let head = row(1, &["sku", "name", "price"]);
    book(
        &[head + &(2..200).map(|number| format!("<row r=\"{number}\">{cells}</row>")).collect::<String>()],
        "",
    )
}

/// A small valid catalogue of any kind, with up to a dozen damages.
fn damaged(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let import = commerceml("", &goods(&product("1", "Tea")));
    let offers = commerceml("", &format!("<Предложения>{}</Предложения>", offer("1", "1,20")));
    let mut bytes = match rng.random_range(0..5) {
        0 => csv("A1;Apple;1.20;piece;vat7\nA2;Pears;2.40;kg;vat7\n"),
        1 => b"{\"products\":[{\"sku\":\"A1\",\"name\":{\"en\":\"Apple\"},\"price\":1.20}]}".to_vec(),
        2 => import.into_bytes(),
        3 => pack(&[("import.xml", import.as_bytes()), ("offers.xml", offers.as_bytes())]),
        _ => book(&[row(1, &["sku", "name", "price"]) + &row(2, &["A1", "Apple", "1.20"])], ""),
    };
    for _ in 0..rng.random_range(1..12) {
        damage(&mut bytes, rng);
    }
    bytes
}
