//! Sales and catalogues to try the store with.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::embedding::{Embedding, View};
use domain::gtin::{Gtin, Plu};
use domain::ids::{
    Generation, ModelVersion, OrgId, PaymentId, ProductId, SaleId, StoreId, TaxCode, TillId, Uuid, ViewId,
};
use domain::money::{Currency, Money, Rounding};
use domain::observation::Probability;
use domain::product::Product;
use domain::quantity::{Measure, Quantity, UnitPrice};
use domain::sale::{Identification, LineItem, Sale, Tender, TenderKind, TillRef};
use domain::tax::{self, TaxRate, TaxTable};
use domain::text::LocalizedText;
use domain::time::{BusinessDay, WallMs};
use edge_store::{OpenReport, Store};

/// The till of the tests.
pub(crate) fn till() -> TillRef {
    TillRef {
        org: OrgId::new("acme").unwrap(),
        store: StoreId::new("corner").unwrap(),
        till: TillId::new("till-1").unwrap(),
    }
}

pub(crate) fn eur() -> Currency {
    Currency::new("EUR").unwrap()
}

/// A paid sale, another one for each number.
pub(crate) fn sale(number: u64) -> Sale {
    let lines = vec![
        line(number, "apple-red", Quantity::Grams(400 + number as u32 % 900)),
        line(number, "lime", Quantity::Pieces(3)),
    ];
    let priced = lines.iter().map(|line| (&line.tax_code, line.tax_rate, line.amount));
    let totals = tax::totals(eur(), true, priced).unwrap();
    let tender = Tender {
        payment: payment(number),
        kind: TenderKind::Card,
        amount: totals.gross,
        authorisation: format!("A{number}"),
    };
    Sale {
        id: SaleId(Uuid::from_u128(0x5a1e << 64 | u128::from(number))),
        till: till(),
        business_day: BusinessDay { year: 2026, month: 3, day: 1 },
        started_at: WallMs(1_770_000_000_000 + number as i64),
        completed_at: WallMs(1_770_000_030_000 + number as i64),
        generation: Generation(7),
        tax_inclusive: true,
        lines,
        totals,
        tenders: vec![tender],
        age_checked: number.is_multiple_of(4).then_some(18),
    }
}

/// The payment of [`sale`].
pub(crate) fn payment(number: u64) -> PaymentId {
    PaymentId(Uuid::from_u128(0xbeef << 64 | u128::from(number)))
}

fn line(number: u64, product: &str, quantity: Quantity) -> LineItem {
    let per = match quantity {
        Quantity::Pieces(_) => Measure::Piece,
        Quantity::Grams(_) => Measure::Kilogram,
    };
    let unit_price = UnitPrice { amount: Money::new(249, eur()), per };
    LineItem {
        product: ProductId::new(product).unwrap(),
        sku: format!("sku-{product}"),
        name: LocalizedText(BTreeMap::from([
            ("en".to_owned(), "Red apples".to_owned()),
            ("ru".to_owned(), "Яблоки «красные»\n".to_owned()),
        ])),
        gtin: number.is_multiple_of(2).then(|| Gtin::parse("4006381333931").unwrap()),
        unit_price,
        quantity,
        tare_g: 5,
        tax_code: TaxCode::new("vat7").unwrap(),
        tax_rate: TaxRate { basis_points: 700 },
        amount: unit_price.line_amount(quantity, Rounding::HalfUp).unwrap(),
        identified_by: Identification::Vision { probability: Probability::from_basis_points(9931) },
    }
}

/// Taxes of the tests.
pub(crate) fn taxes() -> TaxTable {
    let rates = [("vat7", 700), ("vat19", 1900)];
    let rates = rates.map(|(code, basis_points)| (TaxCode::new(code).unwrap(), TaxRate { basis_points }));
    TaxTable { rates: BTreeMap::from(rates), inclusive: true }
}

/// A product, another one for each number.
pub(crate) fn product(number: u32, price_minor: i64) -> Product {
    let gtin_head = format!("{:012}", u64::from(number) + 400_000_000_000);
    let digits: Vec<u8> = gtin_head.bytes().map(|b| b - b'0').collect();
    let gtin = format!("{gtin_head}{}", domain::gtin::check_digit(&digits));
    Product {
        id: ProductId::new(&format!("product-{number}")).unwrap(),
        sku: format!("{number}"),
        name: LocalizedText(BTreeMap::from([
            ("en".to_owned(), format!("Product {number}, \"quoted\"; with separators")),
            ("ru".to_owned(), format!("Товар {number}")),
        ])),
        gtin: (!number.is_multiple_of(3)).then(|| Gtin::parse(&gtin).unwrap()),
        plu: (number.is_multiple_of(3) && number < 1000)
            .then(|| Plu::parse(&(3000 + number).to_string()).unwrap()),
        price: UnitPrice {
            amount: Money::new(price_minor, eur()),
            per: if number.is_multiple_of(2) { Measure::Kilogram } else { Measure::Piece },
        },
        tax_code: TaxCode::new("vat7").unwrap(),
        age_limit: number.is_multiple_of(10).then_some(18),
        archived: number % 7 == 6,
        picture: None,
    }
}

/// A catalogue of the products 0, 1, ...
pub(crate) fn catalogue(products: u32, price_minor: i64) -> Catalogue {
    Catalogue::new(eur(), taxes(), (0..products).map(|number| product(number, price_minor))).unwrap()
}

pub(crate) fn model() -> ModelVersion {
    ModelVersion::new("lite2-260-fp32.0123456789ab")
}

/// A view of a product of [`catalogue`], another one for each number.
pub(crate) fn view(number: u32, of_product: u32) -> View {
    view_of(&model(), number, of_product, 16)
}

pub(crate) fn view_of(model: &ModelVersion, number: u32, of_product: u32, dimension: u32) -> View {
    let values: Vec<f32> = (0..dimension).map(|at| ((number * 31 + at * 17) % 97) as f32 - 48.0).collect();
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    let values: Arc<[f32]> = values.iter().map(|v| v / length).collect();
    View {
        id: ViewId(Uuid::from_u128(0x51e3 << 64 | u128::from(number))),
        product: ProductId::new(&format!("product-{of_product}")).unwrap(),
        embedding: Embedding::new(model.clone(), values).unwrap(),
    }
}

/// Opens a store that must be whole.
pub(crate) fn open(dir: &std::path::Path) -> Store {
    let (store, report) = Store::open(dir, &till()).unwrap();
    assert!(matches!(report, OpenReport::Created | OpenReport::Opened(_)), "{report:?}");
    store
}
