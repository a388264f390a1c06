//! The pictures that views were made from: kept so that another model can look at them again.
//!
//! Only what staff enrolled comes here. A picture is stored once, under its hash, and goes when the last view that was made
//! from it goes. Damage is found by the hash whenever a picture is read, and by [`Store::verify_views`](crate::Store::verify_views).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use domain::ids::{Generation, Uuid, ViewId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::error::{Failure, StoreError};
use sync_core::chain::{Hash, digest, to_hex};

/// The largest picture, in bytes: several times what 384 x 384 pixels need. The table's CHECK says the same.
const PICTURE_MAX_LEN: usize = 256 * 1024;

/// The name of a view's picture: the SHA-256 of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureHash(pub [u8; 32]);

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PictureHash({self})")
    }
}

/// The picture that a view was made from: a JPEG of at most 256 KiB.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewPicture(Arc<[u8]>);

impl ViewPicture {
    /// Refuses what is no JPEG, or too large.
    pub fn new(jpeg: impl Into<Arc<[u8]>>) -> Result<Self, StoreError> {
        let jpeg = jpeg.into();
        if !jpeg.starts_with(&[0xff, 0xd8, 0xff]) {
            return Err(StoreError::Refused("a view's picture must be a JPEG".to_owned()));
        }
        if jpeg.len() > PICTURE_MAX_LEN {
            let text = format!("a view's picture has {} bytes, allowed are {PICTURE_MAX_LEN}", jpeg.len());
            return Err(StoreError::Refused(text));
        }
        Ok(Self(jpeg))
    }

    /// The JPEG.
    pub fn jpeg(&self) -> &[u8] {
        &self.0
    }

    /// Its name.
    pub fn hash(&self) -> PictureHash {
        PictureHash(digest(&self.0))
    }
}

impl fmt::Debug for ViewPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ViewPicture({} bytes)", self.0.len())
    }
}

/// The picture that comes with a new view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenPicture {
    /// A new one.
    New(ViewPicture),
    /// One that the store has, from another view.
    Kept(PictureHash),
}

/// A page of what the newest generation's views were made from: see [`Store::view_origins`](crate::Store::view_origins).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPage {
    /// The newest generation.
    pub generation: Generation,
    /// Views that have a picture, with its name.
    pub origins: Vec<(ViewId, PictureHash)>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<i64>,
}

/// A picture that was asked for, or why there is none.
pub type FoundPicture = Result<ViewPicture, String>;

/// Notes what a view was made from, and stores the picture if need be.
pub(crate) fn attach(
    transaction: &Transaction<'_>,
    view: ViewId,
    row: i64,
    given: &GivenPicture,
) -> Result<(), Failure> {
    let hash = match given {
        GivenPicture::New(picture) => picture.hash(),
        GivenPicture::Kept(hash) => *hash,
    };
    let known: Option<i64> = transaction
        .prepare_cached("SELECT id FROM view_picture WHERE hash = ?1")?
        .query_row([hash.0], |row| row.get(0))
        .optional()?;
    let picture = match (known, given) {
        (Some(known), _) => known,
        (None, GivenPicture::New(picture)) => transaction
            .prepare_cached("INSERT INTO view_picture (hash, body) VALUES (?1, ?2)")?
            .insert(params![hash.0, picture.jpeg()])?,
        (None, GivenPicture::Kept(_)) => return Err(StoreError::NoSuchPicture { view }.into()),
    };
    transaction
        .prepare_cached("INSERT INTO view_origin (view, picture, digest) VALUES (?1, ?2, ?3)")?
        .execute(params![row, picture, origin_digest(view.0.as_bytes(), &hash.0)])?;
    Ok(())
}

/// Forgets what views that nobody has any more were made from, and the pictures that no other view was made from.
pub(crate) fn prune(transaction: &Transaction<'_>) -> Result<(), Failure> {
    let left: Vec<i64> = transaction
        .prepare_cached(
            "DELETE FROM view_origin
             WHERE NOT EXISTS (SELECT 1 FROM view_span WHERE view_span.view = view_origin.view)
               AND NOT EXISTS (SELECT 1 FROM view_waiting WHERE view_waiting.view = view_origin.view)
             RETURNING picture",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut delete = transaction.prepare_cached(
        "DELETE FROM view_picture WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM view_origin WHERE picture = ?1)",
    )?;
    for picture in left {
        delete.execute([picture])?;
    }
    Ok(())
}

/// Views of a generation that have a picture, with their rows, in the order they were enrolled.
pub(crate) fn origins(
    connection: &Connection,
    generation: Generation,
    after_row: i64,
    limit: u32,
) -> Result<Vec<(i64, ViewId, PictureHash)>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT view.id, uuid, hash FROM view_origin
         CROSS JOIN view ON view.id = view_origin.view
         CROSS JOIN view_picture ON view_picture.id = view_origin.picture
         WHERE view_origin.view > ?2 AND EXISTS (
             SELECT 1 FROM view_span WHERE view_span.view = view_origin.view
               AND added_in <= ?1 AND (removed_in IS NULL OR removed_in > ?1))
         ORDER BY view_origin.view LIMIT ?3",
    )?;
    let rows = statement.query_map(params![generation.0, after_row, limit], |row| {
        Ok((row.get(0)?, ViewId(Uuid::from_bytes(row.get(1)?)), PictureHash(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The pictures with these names, in order.
pub(crate) fn load(connection: &Connection, hashes: &[PictureHash]) -> Result<Vec<FoundPicture>, Failure> {
    let mut statement = connection.prepare_cached("SELECT body FROM view_picture WHERE hash = ?1")?;
    let mut found = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let body: Option<Vec<u8>> = statement.query_row([hash.0], |row| row.get(0)).optional()?;
        found.push(match body {
            None => Err("its picture is not in the store any more".to_owned()),
            Some(body) if digest(&body) != hash.0 => Err(DAMAGED.to_owned()),
            Some(body) => ViewPicture::new(body).map_err(|error| error.to_string()),
        });
    }
    Ok(found)
}

/// What is said of a picture whose hash does not fit.
pub(crate) const DAMAGED: &str = "its picture is damaged: its hash does not fit its content";

/// Guards a row of `view_origin`: a picture that changed places would teach the wrong product.
pub(crate) fn origin_digest(view: &[u8; 16], picture: &Hash) -> [u8; 8] {
    let mut hasher = Sha256::new();
    hasher.update(view);
    hasher.update(picture);
    *hasher.finalize().first_chunk().expect("SHA-256 has 32 bytes")
}

/// True when a change brings picture bytes.
pub(crate) fn any_new(pictures: &BTreeMap<ViewId, GivenPicture>) -> bool {
    pictures.values().any(|given| matches!(given, GivenPicture::New(_)))
}
