//! Which products look alike: what is needed to compare their views, here or by whoever asks.

use domain::ids::{ModelVersion, OrgId, ProductId, ViewId};
use domain::time::WallMs;

use crate::error::{StoreError, What};
use crate::ids::PhotoId;
use crate::sql::{fetch_each, values};
use crate::store::Store;

/// What the views of an organisation are just now. What was made of them counts while this stays the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ViewsMark {
    /// The model of the newest of them.
    pub model: ModelVersion,
    /// How many that model has made that are looked at.
    pub views: u64,
    /// When the newest came.
    pub newest: WallMs,
    /// When the last of that model left; zero where none did.
    pub last_retired: WallMs,
}

/// A view of a product, and the photo that it came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Whose it is.
    pub product: ProductId,
    /// Which.
    pub view: ViewId,
    /// The photo; `None` for a view that was enrolled without one.
    pub photo: Option<PhotoId>,
}

/// The two views by which two products look most alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Alike {
    /// Of the product that was asked about, or of the one whose id comes first.
    pub one: Seen,
    /// Of the other.
    pub other: Seen,
    /// Cosine of the angle between their vectors, -1 to 1.
    pub similarity: f32,
}

impl Store {
    /// What the views of an organisation are; `None` where it has none. The newest view says of which model.
    pub async fn views_mark(&self, org: &OrgId) -> Result<Option<ViewsMark>, StoreError> {
        self.answer(async {
            let sql = "SELECT model,
                              CAST(SUM(CASE WHEN retired_at IS NULL AND archived = 0 THEN 1 ELSE 0 END) AS BIGINT) AS views,
                              MAX(CASE WHEN retired_at IS NULL AND archived = 0 THEN made_at ELSE 0 END) AS newest,
                              MAX(COALESCE(retired_at, 0)) AS last_retired
                       FROM product_view
                       JOIN product ON product.org = product_view.org AND product.id = product_view.product
                       WHERE product_view.org = $1
                       GROUP BY model ORDER BY newest DESC, model LIMIT 1";
            let mut connection = self.reading().await?;
            let marks = fetch_each(&mut connection, What::View, sql, values![org], |fields| {
                Ok(ViewsMark {
                    model: fields.take()?,
                    views: fields.take()?,
                    newest: fields.take()?,
                    last_retired: fields.take()?,
                })
            });
            Ok(marks.await?.into_iter().next().filter(|mark| mark.views > 0))
        })
        .await
    }
}
