//! Products, their categories, photos, views and prices to come.
//!
//! A product belongs to the organisation; what a store sells at what time is a generation (`generations.rs`). Everything
//! that changes a product is one transaction with the event that tells of it, and holds the product's row. Every price that a
//! product ever had is a row (`price_history.rs`), whoever set it and how.

mod alike;
mod photos;
mod price_history;
mod prices;
mod queries;
mod register;
mod rows;
mod store_prices;
mod vectors;
mod views;

use domain::embedding::View;
use domain::ids::{ProductId, StoreId};
use domain::product::Product;
use domain::quantity::UnitPrice;
use domain::time::WallMs;

pub use self::alike::{Alike, Seen, ViewsMark};
pub use self::price_history::{PriceOrigin, PriceSpan, PriceSpanCursor};
pub(crate) use self::prices::put_price;
pub(crate) use self::queries::words;
pub use self::queries::{PRODUCTS_AT_ONCE_MAX, ProductNumber, SEARCH_WORDS_MAX};
pub(crate) use self::register::{check_registration, product_values, put_category};
pub(crate) use self::rows::check_product;
pub(crate) use self::rows::{PRODUCT, floats, read_price, read_product, vector_bytes};
pub use self::rows::{ProductFault, SKU_MAX_LEN, look_at_product};
pub(crate) use self::store_prices::put_store_price;
use crate::events::NewEvent;
use crate::ids::{Actor, EventId, Hash, JobId, PhotoId};
use crate::jobs::NewJob;
use crate::sql::word_column;

/// A category of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its name, the same for everybody.
    pub name: String,
    /// The family of categories that it belongs to; empty where it has none.
    pub family: String,
}

/// A photo as it comes: its bytes lie in the blob store already, or will, under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhoto {
    /// A new id.
    pub id: PhotoId,
    /// Where its bytes are.
    pub blob_key: String,
    /// SHA-256 of its bytes: the same photo of a product is taken once.
    pub hash: Hash,
    /// For example `image/jpeg`.
    pub media_type: String,
    /// How long it is, in bytes.
    pub size_bytes: u64,
}

/// How far a photo has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhotoState {
    /// It waits to be embedded.
    Waiting,
    /// It has views.
    Embedded,
    /// It cannot be embedded.
    Failed,
    /// It is taken away; its bytes may go.
    Removed,
}

word_column!(PhotoState:
    Waiting = "waiting",
    Embedded = "embedded",
    Failed = "failed",
    Removed = "removed",
);

/// A photo of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// Whose it is.
    pub product: ProductId,
    /// As it came.
    pub photo: NewPhoto,
    /// How far it has come.
    pub state: PhotoState,
    /// When it came.
    pub made_at: WallMs,
}

/// What is said about a product, with what has to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The product as it is to be.
    pub product: Product,
    /// Its category, which is made where it is not there; a family that is given replaces the one before.
    pub category: Option<Category>,
    /// Photos; those that the product has already are passed over.
    pub photos: Vec<NewPhoto>,
    /// Written where the product is new or changed.
    pub event: NewEvent,
    /// Asked for where a photo is new.
    pub job: Option<NewJob>,
}

/// What a registration did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registered {
    /// The product was not there before.
    pub is_new: bool,
    /// Anything of the product is other than before; new photos alone are no change.
    pub changed: bool,
    /// The photos that were taken.
    pub new_photos: Vec<PhotoId>,
    /// The event, where one was written.
    pub event: Option<EventId>,
    /// The job, where one was asked for that did not wait already.
    pub job: Option<JobId>,
}

/// A product with what the catalogue does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProduct {
    /// The product.
    pub product: Product,
    /// The name of its category.
    pub category: Option<String>,
    /// When it was made.
    pub created_at: WallMs,
    /// When it was changed last.
    pub updated_at: WallMs,
}

/// Which products.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProductFilter {
    /// Those whose names or numbers have each of these words in them, whatever the case.
    pub search: Option<String>,
    /// Those of this category.
    pub category: Option<String>,
    /// Archived ones only, or others only; `None` is both.
    pub archived: Option<bool>,
}

/// A price from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledPrice {
    /// Whose it is.
    pub product: ProductId,
    /// From when on.
    pub effective_from: WallMs,
    /// The price.
    pub price: UnitPrice,
    /// Who said so.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
}

/// A price of one store from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePrice {
    /// Where.
    pub store: StoreId,
    /// From when on.
    pub effective_from: WallMs,
    /// The price, which counts there in place of the organisation's; `None` where that counts again.
    pub price: Option<UnitPrice>,
    /// Who said so.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
}

/// A view as it is enrolled.
#[derive(Debug, Clone, PartialEq)]
pub struct NewView {
    /// The view.
    pub view: View,
    /// The photo that it came from.
    pub photo: Option<PhotoId>,
}

/// Views that come and go together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ViewsChange {
    /// New ones. One whose id is there already is passed over.
    pub add: Vec<NewView>,
    /// Those that are no longer looked at.
    pub retire: Vec<domain::ids::ViewId>,
    /// Photos that have come further by this.
    pub photos: Vec<(PhotoId, PhotoState)>,
    /// Written with it.
    pub events: Vec<NewEvent>,
}

/// A view of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredView {
    /// The view.
    pub view: View,
    /// The photo that it came from.
    pub photo: Option<PhotoId>,
    /// When it was enrolled.
    pub made_at: WallMs,
    /// Since when it is no longer looked at.
    pub retired_at: Option<WallMs>,
}
