//! Products in what a page says for programs: schema.org's Product in JSON-LD or microdata, else Open Graph's.

use domain::gtin::Gtin;
use domain::money::Currency;
use rust_decimal::Decimal;
use serde_json::Value;
use url::Url;

use super::markup::Markup;
use crate::sourcing::raw::RawRecord;

/// Products that are taken from one page, and how deep they are looked for.
const PRODUCTS_MAX: usize = 200;
const DEPTH_MAX: usize = 12;
/// Names of properties that hold a GTIN.
const GTINS: [&str; 7] = ["gtin13", "gtin", "gtin14", "gtin12", "gtin8", "ean", "isbn"];

/// The products of a page. Of JSON-LD, microdata and Open Graph the first that has any says which there are.
pub(super) fn products(markup: &Markup, page: &Url) -> Vec<RawRecord> {
    let mut found = Vec::new();
    for said in [&markup.json_ld, &markup.items] {
        for value in said {
            collect(value, 0, &mut found);
        }
        if !found.is_empty() {
            break;
        }
    }
    let mut records: Vec<RawRecord> = found.iter().filter_map(|value| record(value, page)).collect();
    if records.is_empty() {
        records.extend(of_graph(markup, page));
    }
    records.truncate(PRODUCTS_MAX);
    if let [only] = &mut records[..] {
        fill_from_graph(only, markup);
    }
    let several = records.len() > 1;
    for (number, record) in records.iter_mut().enumerate() {
        // What a page says of one product is known again by the page, whatever it calls it then.
        record.key = Some(match (&record.url, &record.gtin, &record.sku) {
            _ if !several => page.to_string(),
            (Some(url), ..) if *url != page.as_str() => url.clone(),
            (_, Some(number), _) | (_, None, Some(number)) => format!("{page}#{number}"),
            _ => format!("{page}#{number}"),
        });
        record.url.get_or_insert_with(|| page.to_string());
        if several && record.url.as_deref() == Some(page.as_str()) {
            // A list's address is the address of none of its products.
            record.url = None;
        }
    }
    records
}

fn collect<'a>(value: &'a Value, depth: usize, found: &mut Vec<&'a Value>) {
    if depth > DEPTH_MAX || found.len() >= PRODUCTS_MAX {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, depth + 1, found)),
        Value::Object(object) => {
            if is_product(value) {
                found.push(value);
                return;
            }
            for name in ["@graph", "mainEntity", "itemListElement", "item", "hasVariant"] {
                object.get(name).into_iter().for_each(|value| collect(value, depth + 1, found));
            }
        }
        _ => {}
    }
}

fn is_product(value: &Value) -> bool {
    texts(value.get("@type")).iter().any(|kind| {
        let kind = kind.rsplit(['/', '#', ':']).next().unwrap_or_default();
        ["Product", "IndividualProduct", "ProductModel", "SomeProducts"].contains(&kind)
    })
}

fn record(value: &Value, page: &Url) -> Option<RawRecord> {
    let text = |name: &str| texts(value.get(name)).into_iter().next();
    let offer = offer(value.get("offers"));
    let gtin = GTINS
        .iter()
        .flat_map(|name| texts(value.get(*name)))
        .chain(offer.gtin)
        .find_map(|text| read_gtin(&text));
    let link = |link: String| page.join(&link).ok().map(|url| url.to_string());
    let record = RawRecord {
        gtin,
        name: text("name"),
        brand: text("brand").or_else(|| text("manufacturer")),
        sku: text("sku").or_else(|| text("mpn")).or(offer.sku),
        category: text("category"),
        description: text("description"),
        content: text("size").or_else(|| quantity(value.get("weight"))),
        country: text("countryOfOrigin"),
        picture: text("image").and_then(link),
        url: text("url").and_then(link),
        price: offer.price.map(|price| price.to_string()),
        currency: offer.currency,
        ..RawRecord::default()
    };
    (record.name.is_some() || record.gtin.is_some()).then_some(record)
}

#[derive(Default)]
struct Offer {
    price: Option<Decimal>,
    currency: Option<String>,
    gtin: Option<String>,
    sku: Option<String>,
}

/// The first offer with a price; of a range the lowest.
fn offer(value: Option<&Value>) -> Offer {
    let Some(value) = value else { return Offer::default() };
    let all: Vec<&Value> = match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    };
    let read = |offer: &Value| {
        let inner = offer.get("priceSpecification");
        let inner = inner.and_then(|inner| if inner.is_array() { inner.get(0) } else { Some(inner) });
        let find = |name: &str| {
            texts(offer.get(name)).into_iter().next().or_else(|| texts(inner?.get(name)).into_iter().next())
        };
        let price = find("price").or_else(|| find("lowPrice"))?;
        let currency = find("priceCurrency").map(|code| code.trim().to_uppercase());
        let gtin = GTINS.iter().find_map(|name| find(name));
        Some(Offer {
            price: Some(read_price(&price)?),
            currency: currency.filter(|code| Currency::new(code).is_ok()),
            gtin,
            sku: find("sku"),
        })
    };
    all.into_iter().find_map(read).unwrap_or_default()
}

/// Open Graph's one product.
fn of_graph(markup: &Markup, page: &Url) -> Option<RawRecord> {
    let get = |name: &str| markup.graph.get(name).cloned();
    let price = get("product:price:amount").or_else(|| get("og:price:amount"));
    let is_product = get("og:type").is_some_and(|kind| kind.contains("product")) || price.is_some();
    if !is_product {
        return None;
    }
    let mut record = RawRecord { name: get("og:title"), ..RawRecord::default() };
    record.url = get("og:url").and_then(|url| page.join(&url).ok()).map(|url| url.to_string());
    record.name.is_some().then_some(record)
}

/// What Open Graph says beside of the page's one product.
fn fill_from_graph(record: &mut RawRecord, markup: &Markup) {
    let get = |name: &str| markup.graph.get(name).cloned();
    let fill = |place: &mut Option<String>, names: &[&str]| {
        if place.is_none() {
            *place = names.iter().find_map(|name| get(name));
        }
    };
    fill(&mut record.brand, &["product:brand", "og:brand"]);
    fill(&mut record.sku, &["product:retailer_item_id", "product:mfr_part_no"]);
    fill(&mut record.category, &["product:category"]);
    fill(&mut record.description, &["og:description", "description"]);
    fill(&mut record.picture, &["og:image", "og:image:url"]);
    if record.gtin.is_none() {
        record.gtin =
            ["product:gtin", "product:ean", "product:upc"].iter().find_map(|name| read_gtin(&get(name)?));
    }
    if record.price.is_none() {
        let amount = get("product:price:amount").or_else(|| get("og:price:amount"));
        record.price = amount.and_then(|amount| read_price(&amount)).map(|price| price.to_string());
        let currency = get("product:price:currency").or_else(|| get("og:price:currency"));
        record.currency = currency.filter(|code| Currency::new(code).is_ok());
    }
}

/// The texts of a value: itself, those of its list, or the name, address or id of what it is.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => vec![text.clone()],
        Some(Value::Number(number)) => vec![number.to_string()],
        Some(Value::Array(values)) => values.iter().take(20).flat_map(|value| texts(Some(value))).collect(),
        Some(Value::Object(object)) => {
            let named = ["name", "url", "contentUrl", "@value", "value", "@id"].iter();
            named.filter_map(|name| object.get(*name)?.as_str().map(str::to_owned)).take(1).collect()
        }
        _ => Vec::new(),
    }
}

/// `{"value": 500, "unitCode": "GRM"}` as `500 g`.
fn quantity(value: Option<&Value>) -> Option<String> {
    let value = value?;
    if let Value::String(text) = value {
        return Some(text.clone());
    }
    let amount = texts(value.get("value")).into_iter().next()?;
    let unit = texts(value.get("unitCode")).into_iter().chain(texts(value.get("unitText"))).next()?;
    let unit = match unit.to_uppercase().as_str() {
        "GRM" => "g",
        "KGM" => "kg",
        "MLT" => "ml",
        "LTR" => "l",
        _ => return None,
    };
    Some(format!("{amount} {unit}"))
}

/// A page's number that is none is nobody's mistake that could be told to somebody: it is left out.
fn read_gtin(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    Gtin::parse(&digits).ok().map(|_| digits)
}

/// A price however it is written; `None` where that cannot be told.
fn read_price(text: &str) -> Option<Decimal> {
    let kept: String =
        text.chars().filter(|letter| letter.is_ascii_digit() || ['.', ','].contains(letter)).collect();
    let comma_last = kept.rfind(',') > kept.rfind('.');
    // The last sign stands before the cents; a lone comma before three digits is between thousands.
    let plain = match (kept.matches(',').count(), kept.matches('.').count()) {
        (1, 0) if kept.len() - kept.find(',')? != 4 => kept.replace(',', "."),
        (_, 0 | 1) if !comma_last => kept.replace(',', ""),
        (1, _) if comma_last && kept.contains('.') => kept.replace('.', "").replace(',', "."),
        (1, 0) => kept.replace(',', ""),
        _ => return None,
    };
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::markup::read;
    use super::*;

    fn page(html: &str) -> Vec<RawRecord> {
        let url = Url::parse("https://shop.example/milk").unwrap();
        products(&read(html, &url), &url)
    }

    fn json_ld(json: &str) -> Vec<RawRecord> {
        page(&format!("<script type='application/ld+json'>{json}</script>"))
    }

    #[test]
    fn reads_a_product_wherever_it_stands() {
        let product = r#"{"@type": ["Thing", "Product"], "name": "Milk", "brand": {"@type": "Brand", "name": "Alm"}, "sku": "M-1",
            "gtin13": "4006381333931", "image": ["/a.png", "/b.png"], "weight": {"value": 1.5, "unitCode": "KGM"},
            "offers": [{"@type": "Offer", "price": "1.29", "priceCurrency": "eur"}]}"#;
        for json in [
            product.to_owned(),
            format!("[{product}]"),
            format!(r#"{{"@graph": [{{"@type": "WebPage", "mainEntity": {product}}}]}}"#),
            format!(
                r#"{{"@type": "ItemList", "itemListElement": [{{"@type": "ListItem", "item": {product}}}]}}"#
            ),
        ] {
            let records = json_ld(&json);
            assert_eq!(records.len(), 1, "{json}");
            let one = &records[0];
            assert_eq!(one.key.as_deref(), Some("https://shop.example/milk"));
            assert_eq!((one.name.as_deref(), one.brand.as_deref()), (Some("Milk"), Some("Alm")));
            assert_eq!(
                (one.gtin.as_deref(), one.content.as_deref()),
                (Some("4006381333931"), Some("1.5 kg"))
            );
            assert_eq!(one.picture.as_deref(), Some("https://shop.example/a.png"));
            assert_eq!((one.price.as_deref(), one.currency.as_deref()), (Some("1.29"), Some("EUR")));
        }
    }

    #[test]
    fn several_products_have_keys_of_their_own() {
        let records = json_ld(
            r#"[{"@type": "Product", "name": "A", "url": "/a"}, {"@type": "Product", "name": "B", "sku": "7"},
                {"@type": "Product", "name": "C"}, {"@type": "Product"}]"#,
        );
        let keys: Vec<_> = records.iter().map(|one| one.key.clone().unwrap()).collect();
        assert_eq!(
            keys,
            ["https://shop.example/a", "https://shop.example/milk#7", "https://shop.example/milk#2"]
        );
        assert_eq!(records[1].url, None);
    }

    #[test]
    fn open_graph_fills_what_is_missing_and_stands_in() {
        let graph = "<meta property=og:type content=product><meta property=og:title content='Milk 1 l'>\
                     <meta property=product:price:amount content='1,29'><meta property=product:price:currency content=EUR>";
        let records = page(graph);
        assert_eq!(
            (records[0].name.as_deref(), records[0].price.as_deref()),
            (Some("Milk 1 l"), Some("1.29"))
        );
        let both = format!(
            "{graph}<div itemscope itemtype='https://schema.org/Product'><b itemprop=name>Milk</b></div>"
        );
        let records = page(&both);
        assert_eq!((records[0].name.as_deref(), records[0].price.as_deref()), (Some("Milk"), Some("1.29")));
        assert!(page("<meta property=og:title content='About us'>").is_empty());
    }

    #[test]
    fn reads_prices_however_they_are_written() {
        for (text, price) in [
            ("1.29", Some("1.29")),
            ("1,29 €", Some("1.29")),
            ("1.299,00", Some("1299.00")),
            ("1,299.00", Some("1299.00")),
            ("1 299,5", Some("1299.5")),
            ("1,299", Some("1299")),
            ("12", Some("12")),
            ("free", None),
            ("1.2.3,4,5", None),
        ] {
            assert_eq!(read_price(text).map(|price| price.to_string()).as_deref(), price, "{text}");
        }
        assert_eq!(read_gtin("4006381333932"), None);
    }
}
