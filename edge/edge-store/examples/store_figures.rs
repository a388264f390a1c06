//! Measures the store: `cargo run --release -p edge-store --example store_figures -- [DIR]`.
//!
//! Commits sales, loads and changes a catalogue of 10,000 products with 8 views each, once more with a picture for each view
//! (3 GB), opens a store with a long journal, and prints one JSON object. DIR should lie on the disk that a till would use; without it a scratch folder in the
//! current directory is used.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::catalogue::Catalogue;
use domain::embedding::{Embedding, View};
use domain::ids::{
    Generation, ModelVersion, OrgId, PaymentId, ProductId, SaleId, StoreId, TaxCode, TillId, Uuid, ViewId,
};
use domain::money::{Currency, Money, Rounding};
use domain::observation::Probability;
use domain::product::Product;
use domain::quantity::{Measure, Quantity, UnitPrice};
use domain::sale::{Identification, LineItem, Sale, Tender, TenderKind, TillRef};
use domain::tax::{TaxRate, TaxTable, totals};
use domain::text::LocalizedText;
use domain::time::{BusinessDay, WallMs};
use edge_store::{GivenPicture, Store, ViewChange, ViewPicture};
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

const PRODUCTS: u32 = 10_000;
const VIEWS_EACH: u32 = 8;
const DIMENSION: u32 = 256;
/// What a kept picture has, about.
const PICTURE_LEN: usize = 35_000;
const SALES: u64 = 1_000;
/// The pause between customers: long enough for the store's idle work to come in between, as at a till.
const PAUSE: Duration = Duration::from_millis(120);

fn main() -> Result<(), Failure> {
    let scratch = match std::env::args().nth(1) {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir_in(".")?,
    };
    let (burst, journal_bytes) = commit_times(&scratch.path().join("burst"), SALES, Duration::ZERO)?;
    let (paced, _) = commit_times(&scratch.path().join("paced"), 200, PAUSE)?;
    let start = start_times(&scratch.path().join("burst"))?;
    let catalogue = catalogue_times(&scratch.path().join("catalogue"))?;
    let pictures = picture_times(&scratch.path().join("pictures"))?;
    let figures = json!({
        "commit_burst_ms": burst,
        "commit_paced_ms": paced,
        "bytes_per_sale": journal_bytes / SALES,
        "start": start,
        "catalogue": catalogue,
        "pictures": pictures,
    });
    writeln!(std::io::stdout(), "{figures}")?;
    Ok(())
}

/// Intent and commit for each sale, as the daemon does it.
fn commit_times(dir: &Path, count: u64, pause: Duration) -> Result<(serde_json::Value, u64), Failure> {
    let (store, _) = Store::open(dir, &till()?)?;
    let (mut intents, mut commits) = (Vec::new(), Vec::new());
    for number in 1..=count {
        let sale = sale(number)?;
        let began = Instant::now();
        store.record_intent(sale.tenders[0].payment, &sale)?;
        intents.push(began.elapsed());
        std::thread::sleep(pause / 2);
        let began = Instant::now();
        store.commit_sale(&sale)?;
        commits.push(began.elapsed());
        std::thread::sleep(pause / 2);
    }
    drop(store);
    let bytes = std::fs::metadata(dir.join("till.db"))?.len();
    Ok((json!({ "intent": percentiles(&mut intents), "commit": percentiles(&mut commits) }), bytes))
}

/// Opening a store of `SALES` sales, and walking its journal.
fn start_times(dir: &Path) -> Result<serde_json::Value, Failure> {
    let began = Instant::now();
    let (store, report) = Store::open(dir, &till()?)?;
    let open_ms = ms(began.elapsed());
    let began = Instant::now();
    let journal = store.verify_journal()?;
    let verify_ms = ms(began.elapsed());
    Ok(
        json!({ "sales": journal.entries, "open_ms": open_ms, "verify_ms": verify_ms, "report": format!("{report:?}") }),
    )
}

fn catalogue_times(dir: &Path) -> Result<serde_json::Value, Failure> {
    let (store, _) = Store::open(dir, &till()?)?;
    let catalogue = catalogue(100)?;
    let timed = |work: &mut dyn FnMut() -> Result<(), Failure>| -> Result<f64, Failure> {
        let began = Instant::now();
        work()?;
        Ok(ms(began.elapsed()))
    };
    let publish_catalogue_ms = timed(&mut || Ok(store.publish_catalogue(&catalogue).map(drop)?))?;
    let views = (0..PRODUCTS * VIEWS_EACH)
        .map(|number| view(number, number / VIEWS_EACH))
        .collect::<Result<_, _>>()?;
    let mut all = Some(ViewChange { add: views, ..ViewChange::new(model()) });
    let publish_views_ms = timed(&mut || {
        let all = all.take().ok_or("published once")?;
        Ok(store.publish_views(all).map(drop)?)
    })?;
    let load_ms = timed(&mut || Ok(store.catalogue().map(drop)?))?;
    let number = PRODUCTS * VIEWS_EACH;
    let one = ViewChange { add: vec![view(number, 7)?], ..ViewChange::new(model()) };
    let enrol_one_ms = timed(&mut || Ok(store.publish_views(one.clone()).map(drop)?))?;
    let dearer = self::catalogue(110)?;
    let price_change_ms = timed(&mut || Ok(store.publish_catalogue(&dearer).map(drop)?))?;
    let rollback_ms = timed(&mut || Ok(store.rollback(Generation(2)).map(drop)?))?;
    drop(store);
    let file_mb = std::fs::metadata(dir.join("till.db"))?.len() / 1_000_000;
    let began = Instant::now();
    let (store, report) = Store::open(dir, &till()?)?;
    let open_ms = ms(began.elapsed());
    let loaded = store.catalogue()?.ok_or("it was published")?;
    Ok(json!({
        "products": PRODUCTS, "views": loaded.views.len(), "publish_catalogue_ms": publish_catalogue_ms,
        "publish_views_ms": publish_views_ms, "load_ms": load_ms, "enrol_one_ms": enrol_one_ms,
        "price_change_ms": price_change_ms, "rollback_ms": rollback_ms, "file_mb": file_mb, "open_ms": open_ms,
        "report": format!("{report:?}"),
    }))
}

/// The same shop with a picture for each view, enrolled in parts as the technician's tool does it, and then moved to another
/// model.
fn picture_times(dir: &Path) -> Result<serde_json::Value, Failure> {
    let (store, _) = Store::open(dir, &till()?)?;
    store.publish_catalogue(&catalogue(100)?)?;
    let all: Vec<View> = (0..PRODUCTS * VIEWS_EACH)
        .map(|number| view(number, number / VIEWS_EACH))
        .collect::<Result<_, _>>()?;
    let mut bring = Vec::new();
    let mut names = BTreeMap::new();
    for part in all.chunks(64) {
        let pictures: BTreeMap<ViewId, ViewPicture> =
            part.iter().map(|view| Ok((view.id, picture(view)?))).collect::<Result<_, Failure>>()?;
        names.extend(pictures.iter().map(|(&view, picture)| (view, picture.hash())));
        let given = pictures.into_iter().map(|(view, picture)| (view, GivenPicture::New(picture))).collect();
        let began = Instant::now();
        store.bring_views(&model(), part.to_vec(), given)?;
        bring.push(began.elapsed());
    }
    let brought = all.iter().map(|view| view.id).collect();
    let began = Instant::now();
    store.publish_views(ViewChange { brought, ..ViewChange::new(model()) })?;
    let publish_ms = ms(began.elapsed());
    let other = ModelVersion::new("other-320-fp32.0123456789ab");
    let mut bring_anew = Vec::new();
    let mut brought = Vec::new();
    for part in all.chunks(1024) {
        let mut given = BTreeMap::new();
        let mut anew = Vec::with_capacity(part.len());
        for old in part {
            let id = ViewId(Uuid::from_u64_pair(4, old.id.0.as_u64_pair().1));
            let embedding = Embedding::new(other.clone(), old.embedding.values().into())?;
            given.insert(id, GivenPicture::Kept(names[&old.id]));
            anew.push(View { id, product: old.product.clone(), embedding });
            brought.push(id);
        }
        let began = Instant::now();
        store.bring_views(&other, anew, given)?;
        bring_anew.push(began.elapsed());
    }
    let began = Instant::now();
    store.publish_views(ViewChange { brought, ..ViewChange::new(other) })?;
    let switch_ms = ms(began.elapsed());
    let timed = |work: &dyn Fn(&Store) -> Result<(), Failure>| -> Result<f64, Failure> {
        let began = Instant::now();
        work(&store)?;
        Ok(ms(began.elapsed()))
    };
    let load_ms = timed(&|store| Ok(store.catalogue().map(drop)?))?;
    let dearer = catalogue(110)?;
    let price_change_ms = timed(&|store| Ok(store.publish_catalogue(&dearer).map(drop)?))?;
    let verify_ms = timed(&|store| Ok(store.verify_views().map(drop)?))?;
    let rollback_ms = timed(&|store| Ok(store.rollback(Generation(2)).map(drop)?))?;
    drop(store);
    let file_mb = std::fs::metadata(dir.join("till.db"))?.len() / 1_000_000;
    let began = Instant::now();
    let (_, report) = Store::open(dir, &till()?)?;
    let open_ms = ms(began.elapsed());
    Ok(json!({
        "views": all.len(), "picture_bytes": PICTURE_LEN, "bring_64_ms": percentiles(&mut bring),
        "publish_ms": publish_ms, "bring_1024_anew_ms": percentiles(&mut bring_anew), "switch_ms": switch_ms,
        "load_ms": load_ms, "price_change_ms": price_change_ms, "verify_ms": verify_ms, "rollback_ms": rollback_ms,
        "file_mb": file_mb, "open_ms": open_ms, "report": format!("{report:?}"),
    }))
}

/// Bytes that look like a JPEG to the store, of the usual length, another for each view.
fn picture(view: &View) -> Result<ViewPicture, Failure> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0];
    let mut state = view.id.0.as_u64_pair().1 | 1 << 40;
    while jpeg.len() < PICTURE_LEN {
        // Xorshift (Marsaglia 2003): cheap, and nothing that a file system could make smaller.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        jpeg.extend(state.to_le_bytes());
    }
    Ok(ViewPicture::new(jpeg)?)
}

fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

fn percentiles(times: &mut [Duration]) -> serde_json::Value {
    times.sort();
    let at = |percent: usize| ms(times[(times.len() * percent / 100).min(times.len() - 1)]);
    json!({ "p50": at(50), "p99": at(99), "max": at(100) })
}

fn till() -> Result<TillRef, Failure> {
    Ok(TillRef {
        org: OrgId::new("demo")?,
        store: StoreId::new("corner-shop")?,
        till: TillId::new("till-1")?,
    })
}

fn model() -> ModelVersion {
    ModelVersion::new("lite2-260-fp32.0123456789ab")
}

fn euro() -> Result<Currency, Failure> {
    Ok(Currency::new("EUR")?)
}

fn sale(number: u64) -> Result<Sale, Failure> {
    let unit_price = UnitPrice { amount: Money::new(249, euro()?), per: Measure::Kilogram };
    let line = |at: u32| -> Result<LineItem, Failure> {
        let quantity = Quantity::Grams(400 + at);
        Ok(LineItem {
            product: ProductId::new(&format!("product-{at}"))?,
            sku: format!("{at}"),
            name: names("Red apples", "Яблоки красные"),
            gtin: None,
            unit_price,
            quantity,
            tare_g: 0,
            tax_code: TaxCode::new("vat7")?,
            tax_rate: TaxRate { basis_points: 700 },
            amount: unit_price.line_amount(quantity, Rounding::HalfUp)?,
            identified_by: Identification::Vision { probability: Probability::from_basis_points(9931) },
        })
    };
    let lines = (0..5).map(line).collect::<Result<Vec<_>, _>>()?;
    let priced = lines.iter().map(|line| (&line.tax_code, line.tax_rate, line.amount));
    let totals = totals(euro()?, true, priced)?;
    Ok(Sale {
        id: SaleId(Uuid::from_u64_pair(1, number)),
        till: till()?,
        business_day: BusinessDay { year: 2026, month: 1, day: 2 },
        started_at: WallMs(1_767_355_200_000),
        completed_at: WallMs(1_767_355_260_000),
        generation: Generation(1),
        tax_inclusive: true,
        tenders: vec![Tender {
            payment: PaymentId(Uuid::from_u64_pair(2, number)),
            kind: TenderKind::Card,
            amount: totals.gross,
            authorisation: "471100".to_owned(),
        }],
        lines,
        totals,
        age_checked: None,
    })
}

fn names(en: &str, ru: &str) -> LocalizedText {
    LocalizedText(BTreeMap::from([("en".to_owned(), en.to_owned()), ("ru".to_owned(), ru.to_owned())]))
}

fn catalogue(price_minor: i64) -> Result<Catalogue, Failure> {
    let product = |number: u32| -> Result<Product, Failure> {
        Ok(Product {
            id: ProductId::new(&format!("product-{number}"))?,
            sku: format!("{number}"),
            name: names(&format!("Product number {number}"), &format!("Товар номер {number}")),
            gtin: None,
            plu: None,
            price: UnitPrice { amount: Money::new(price_minor, euro()?), per: Measure::Piece },
            tax_code: TaxCode::new("vat7")?,
            age_limit: None,
            archived: false,
            picture: Some(format!("product-{number}-0123456789ab.png")),
        })
    };
    let products = (0..PRODUCTS).map(product).collect::<Result<Vec<_>, _>>()?;
    let rates = BTreeMap::from([(TaxCode::new("vat7")?, TaxRate { basis_points: 700 })]);
    Catalogue::new(euro()?, TaxTable { rates, inclusive: true }, products)
        .map_err(|problems| format!("{problems:?}").into())
}

fn view(number: u32, of_product: u32) -> Result<View, Failure> {
    let value =
        |at: u32| f32::from(u16::try_from((number.wrapping_mul(31) + at * 17) % 97).unwrap_or(0)) - 48.0;
    let values: Vec<f32> = (0..DIMENSION).map(value).collect();
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    let values: Arc<[f32]> = values.iter().map(|v| v / length).collect();
    Ok(View {
        id: ViewId(Uuid::from_u64_pair(3, number.into())),
        product: ProductId::new(&format!("product-{of_product}"))?,
        embedding: Embedding::new(model(), values)?,
    })
}
