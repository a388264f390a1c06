//! Buying: suppliers, what they ask, orders and what came of them; and what is read elsewhere about products.
//!
//! An order's row is held by whoever changes it; an organisation's `family_head` by whoever places raw products in families.

mod families;
mod offers;
mod on_order;
mod orders;
mod raw_products;
mod receipts;
mod suppliers;
mod targets;

use cloud_core::offers::Validity;
use domain::time::BusinessDay;
use rust_decimal::Decimal;

pub use self::families::{Family, FamilyFieldChange, FamilyFilter};
pub use self::offers::{NewOffer, OFFERS_AT_ONCE_MAX, StoredOffer};
pub use self::on_order::OnOrder;
pub use self::orders::{NewPurchaseOrder, OrderFilter, OrderLine, PurchaseOrder};
pub(crate) use self::orders::{check_order, insert_draft, read_ordered};
pub use self::raw_products::{NewRawProduct, Placed, RAW_PRODUCTS_AT_ONCE_MAX, RawProduct};
pub(crate) use self::receipts::count_receipt;
pub use self::receipts::{GoodsReceipt, ReceiptLine, Received};
pub(crate) use self::suppliers::read_one as read_supplier;
pub use self::suppliers::{Contact, Supplier, SupplierDetails, SupplierMarks};
pub use self::targets::{NewPageTarget, PageTarget, PageTargetKind, Visit};
use crate::error::{StoreError, What};
use crate::sql::column;

/// Longest text of an order, an offer or a contact, in bytes.
const TEXT_MAX_LEN: usize = 2_000;
/// A price without a last day.
const NO_LAST_DAY: BusinessDay = BusinessDay { year: 9999, month: 12, day: 31 };
/// A price without a first day: it reads back as none.
const NO_FIRST_DAY: BusinessDay = BusinessDay { year: 0, month: 0, day: 0 };

column!(Decimal as String, ToString::to_string, |text| text
    .parse::<Decimal>()
    .map_err(|error| error.to_string()));

/// The bounds of a validity as columns have them.
fn bounds(validity: Validity) -> (BusinessDay, BusinessDay) {
    (validity.from.unwrap_or(NO_FIRST_DAY), validity.to.unwrap_or(NO_LAST_DAY))
}

/// What [`bounds`] wrote.
fn validity(from: BusinessDay, to: BusinessDay) -> Validity {
    Validity {
        from: Some(from).filter(|day| *day != NO_FIRST_DAY),
        to: Some(to).filter(|day| *day != NO_LAST_DAY),
    }
}

/// Refuses texts that nobody writes.
fn check_text(what: What, name: &str, text: &str) -> Result<(), StoreError> {
    if text.len() > TEXT_MAX_LEN {
        let problem = format!("a text of it has {} bytes: at most {TEXT_MAX_LEN} are kept", text.len());
        return Err(StoreError::invalid(what, name, problem));
    }
    Ok(())
}
