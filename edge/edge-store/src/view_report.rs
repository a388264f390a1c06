//! Checking enrolled views and their pictures, one by one, against the digests they were stored with.

use domain::ids::{Uuid, ViewId};
use rusqlite::Connection;

use crate::error::Failure;
use crate::view_pictures::{DAMAGED, origin_digest};
use crate::views::view_digest;
use sync_core::chain::digest;

/// How many bad views are named; the others are counted.
const NAMED_MAX: usize = 100;

/// What a walk over all views found, those of earlier generations included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewReport {
    /// Views in the store.
    pub views: u64,
    /// How many of them have their picture.
    pub with_picture: u64,
    /// Pictures in the store; views that were embedded anew share theirs.
    pub pictures: u64,
    /// Bytes of all pictures.
    pub picture_bytes: u64,
    /// Views that are not what was once written, or whose picture is not.
    pub bad: u64,
    /// The first of them.
    pub named: Vec<BadView>,
}

/// A view that is not what was once written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadView {
    /// The view.
    pub view: ViewId,
    /// Whose it is, as far as that can be read.
    pub product: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Walks all views. Run it in a transaction, so that it sees one state.
pub(crate) fn whole(connection: &Connection) -> Result<ViewReport, Failure> {
    let mut report = ViewReport::default();
    let mut statement = connection.prepare(
        "SELECT uuid, product, vector, view.digest, view_origin.digest, view_origin.picture
         FROM view LEFT JOIN view_origin ON view_origin.view = view.id ORDER BY view.id",
    )?;
    let pictures = Pictures::walk(connection, &mut report)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.views += 1;
        let uuid: [u8; 16] = row.get(0)?;
        let product = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let vector = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let (own, origin): ([u8; 8], Option<[u8; 8]>) = (row.get(3)?, row.get(4)?);
        report.with_picture += u64::from(origin.is_some());
        let problem = if view_digest(&uuid, product, vector) == own {
            match origin {
                Some(origin) => pictures.problem(&uuid, row.get(5)?, &origin)?,
                None => None,
            }
        } else {
            Some("its vector or its product is damaged: its digest does not fit".to_owned())
        };
        let Some(problem) = problem else { continue };
        report.bad += 1;
        if report.named.len() < NAMED_MAX {
            let view = ViewId(Uuid::from_bytes(uuid));
            report.named.push(BadView { view, product: product.to_owned(), problem });
        }
    }
    Ok(report)
}

/// The pictures' rows whose content does not fit; each picture is read once, however many views have it.
struct Pictures<'a> {
    connection: &'a Connection,
    damaged: Vec<i64>,
}

impl<'a> Pictures<'a> {
    fn walk(connection: &'a Connection, report: &mut ViewReport) -> Result<Self, Failure> {
        let mut damaged = Vec::new();
        let mut statement = connection.prepare("SELECT id, hash, body FROM view_picture ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let hash: [u8; 32] = row.get(1)?;
            let body = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            report.pictures += 1;
            report.picture_bytes += body.len() as u64;
            if digest(body) != hash {
                damaged.push(row.get(0)?);
            }
        }
        Ok(Self { connection, damaged })
    }

    fn problem(&self, view: &[u8; 16], picture: i64, origin: &[u8; 8]) -> Result<Option<String>, Failure> {
        if self.damaged.binary_search(&picture).is_ok() {
            return Ok(Some(DAMAGED.to_owned()));
        }
        let hash = self
            .connection
            .prepare_cached("SELECT hash FROM view_picture WHERE id = ?1")?
            .query_row([picture], |row| row.get(0))?;
        let fits = origin_digest(view, &hash) == *origin;
        Ok((!fits).then(|| "it points to a picture that it was not made from".to_owned()))
    }
}
