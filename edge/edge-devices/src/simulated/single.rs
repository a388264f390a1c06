//! Photos of one product, for enrolling it.

use domain::frame::{Frame, PixelBox};
use domain::ids::ProductId;

use super::{PutError, Shop};

/// One product on the tray, and the same tray without it.
#[derive(Debug, Clone)]
pub struct SinglePhoto {
    /// With the item.
    pub with_item: Frame,
    /// Without.
    pub empty: Frame,
    /// Where the item is.
    pub bounds: PixelBox,
}

/// Photographs one product in a pose, on a tray and in a light that the seed chooses. The seeds of live scenes lead to
/// other poses, trays and lights: what is enrolled is never what is shown later.
pub fn render_single(shop: &Shop, product: &ProductId, seed: u64) -> Result<SinglePhoto, PutError> {
    let _ = (shop, product, seed);
    unimplemented!()
}
