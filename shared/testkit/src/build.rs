//! Products, catalogues and sales to work with: valid, small, and different where a test says so.

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use domain::ids::{Generation, OrgId, PaymentId, ProductId, SaleId, StoreId, TaxCode, TillId, Uuid};
use domain::money::{Currency, Money, Rounding};
use domain::product::Product;
use domain::quantity::{Measure, Quantity, UnitPrice};
use domain::sale::{Identification, LineItem, Sale, Tender, TenderKind, TillRef};
use domain::tax::{TaxRate, TaxTable, totals};
use domain::text::LocalizedText;
use domain::time::{BusinessDay, WallMs};

const VALID: &str = "what is built here is valid, or the test that asked for it is wrong";

/// The currency of everything built here.
pub fn euro() -> Currency {
    Currency::new("EUR").expect(VALID)
}

/// Till `till-1` of store `corner-shop` of `demo`.
pub fn till() -> TillRef {
    TillRef {
        org: OrgId::new("demo").expect(VALID),
        store: StoreId::new("corner-shop").expect(VALID),
        till: TillId::new("till-1").expect(VALID),
    }
}

/// A product sold by the piece, in tax category `vat7`. Its names are made from its id.
pub fn piece(id: &str, price_minor: i64) -> Product {
    Product {
        id: ProductId::new(id).expect(VALID),
        sku: format!("sku-{id}"),
        name: LocalizedText(BTreeMap::from([
            ("en".into(), format!("{id} (en)")),
            ("ru".into(), format!("{id} (ru)")),
        ])),
        gtin: None,
        plu: None,
        price: UnitPrice { amount: Money::new(price_minor, euro()), per: Measure::Piece },
        tax_code: TaxCode::new("vat7").expect(VALID),
        age_limit: None,
        archived: false,
        picture: None,
    }
}

/// A product sold by weight.
pub fn by_weight(id: &str, price_per_kg_minor: i64) -> Product {
    let mut product = piece(id, price_per_kg_minor);
    product.price.per = Measure::Kilogram;
    product
}

/// Rates of 7 % (`vat7`) and 19 % (`vat19`), contained in prices.
pub fn taxes() -> TaxTable {
    let rate = |code, basis_points| (TaxCode::new(code).expect(VALID), TaxRate { basis_points });
    TaxTable { rates: BTreeMap::from([rate("vat7", 700), rate("vat19", 1900)]), inclusive: true }
}

/// A catalogue of these products with [`taxes`].
///
/// # Panics
/// When the products do not make one.
pub fn catalogue(products: impl IntoIterator<Item = Product>) -> Catalogue {
    Catalogue::new(euro(), taxes(), products).expect(VALID)
}

/// A sale of these products, paid by card. `number` makes its ids, so that equal numbers are the same sale.
///
/// # Panics
/// When a quantity does not fit its product.
pub fn sale(number: u64, items: &[(&Product, Quantity)]) -> Sale {
    let lines: Vec<LineItem> = items.iter().map(|(product, quantity)| line(product, *quantity)).collect();
    let taxes = taxes();
    let taxed = lines.iter().map(|line| (&line.tax_code, line.tax_rate, line.amount));
    let totals = totals(euro(), taxes.inclusive, taxed).expect(VALID);
    let id = |kind: u64| Uuid::from_u64_pair(kind, number);
    Sale {
        id: SaleId(id(1)),
        till: till(),
        business_day: BusinessDay { year: 2026, month: 1, day: 2 },
        started_at: WallMs(1_767_355_200_000),
        completed_at: WallMs(1_767_355_260_000),
        generation: Generation(1),
        tax_inclusive: taxes.inclusive,
        tenders: vec![Tender {
            payment: PaymentId(id(2)),
            kind: TenderKind::Card,
            amount: totals.gross,
            authorisation: format!("{number:06}"),
        }],
        totals,
        lines,
        age_checked: None,
    }
}

fn line(product: &Product, quantity: Quantity) -> LineItem {
    LineItem {
        product: product.id.clone(),
        sku: product.sku.clone(),
        name: product.name.clone(),
        gtin: product.gtin,
        unit_price: product.price,
        quantity,
        tare_g: 0,
        tax_code: product.tax_code.clone(),
        tax_rate: taxes().rates[&product.tax_code],
        amount: product.price.line_amount(quantity, Rounding::HalfUp).expect(VALID),
        identified_by: Identification::Search,
    }
}
