//! Sightings: what things that were sold looked like. They may be lost, and old ones make room for new ones.

use domain::embedding::Embedding;
use domain::ids::{Generation, ModelVersion, ProductId, SightingId};
use domain::observation::{Candidate, Probability, Verdict};
use domain::sighting::{Settled, Sighting};
use domain::time::BusinessDay;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use crate::error::Failure;
use crate::views::{from_bytes, model_row, to_bytes};

/// Sightings of a product that are kept. Four times the views that the till ever learns of it, to choose among, and enough
/// to see one error in fifty; a bestseller must not push out what sells once a week.
pub const PER_PRODUCT_MAX: u32 = 64;
/// Sightings that are kept in all: as many as calibration looks at. With vectors of 256 numbers some 5 MB, with 1,280 some
/// 21 MB.
pub const ALL_MAX: u32 = 4096;

/// The tables. `day` is year * 10000 + month * 100 + day. `digest` is the head of SHA-256 over all that is told. Ids are
/// never used again, for a learning says how far it came by one.
pub(crate) const TABLES: &str = "
-- What a thing that was sold looked like. No sale, no time of day, no picture.
CREATE TABLE sighting (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    day         INTEGER NOT NULL,
    product     TEXT NOT NULL,
    settled     TEXT NOT NULL,
    verdict     TEXT NOT NULL,
    first       TEXT,
    probability INTEGER,
    model       INTEGER NOT NULL REFERENCES model (id),
    vector      BLOB NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 8)
) STRICT;
CREATE INDEX sighting_product ON sighting (product);

-- Generations that were learnt from sales, and up to which sighting. One that was gone back from is undone, and what it was
-- learnt from teaches nothing any more.
CREATE TABLE learning (
    generation INTEGER PRIMARY KEY,
    through    INTEGER NOT NULL,
    undone     INTEGER NOT NULL DEFAULT 0
) STRICT;
";

/// A page of sightings: see [`Store::sightings`](crate::Store::sightings).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SightingPage {
    /// The sightings, oldest first.
    pub sightings: Vec<(SightingId, Sighting)>,
    /// Rows that damage made unreadable; they were passed over.
    pub unreadable: u64,
    /// Where the next page starts; `None` after the last.
    pub next: Option<SightingId>,
}

/// What was learnt from sales so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Learnt {
    /// The last generation that was learnt.
    pub generation: Option<Generation>,
    /// Sightings up to this one were looked at.
    pub through: SightingId,
    /// Sightings up to this one teach nothing: the generation learnt from them was gone back from.
    pub discarded: SightingId,
}

/// Puts sightings in and the oldest out.
pub(crate) fn remember(connection: &mut Connection, sightings: &[Sighting]) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for sighting in sightings {
        insert(&transaction, sighting)?;
    }
    let mut crowded = transaction.prepare_cached(
        "DELETE FROM sighting WHERE product = ?1 AND id <=
           (SELECT id FROM sighting WHERE product = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )?;
    for sighting in sightings {
        crowded.execute(params![sighting.product.as_str(), PER_PRODUCT_MAX])?;
    }
    drop(crowded);
    transaction
        .prepare_cached(
            "DELETE FROM sighting WHERE id <= (SELECT id FROM sighting ORDER BY id DESC LIMIT 1 OFFSET ?1)",
        )?
        .execute([ALL_MAX])?;
    transaction.commit()?;
    Ok(())
}

/// Loads a page of the sightings of one model.
pub(crate) fn page(
    connection: &Connection,
    model: &ModelVersion,
    after: SightingId,
    limit: u32,
) -> Result<SightingPage, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT sighting.id, day, product, settled, verdict, first, probability, vector, digest
         FROM sighting JOIN model ON model.id = sighting.model
         WHERE sighting.id > ?1 AND label = ?2 ORDER BY sighting.id LIMIT ?3",
    )?;
    let mut rows = statement.query(params![after.0, model.as_str(), limit])?;
    let mut page = SightingPage::default();
    let (mut last, mut count) = (after, 0);
    while let Some(row) = rows.next()? {
        last = SightingId(row.get(0)?);
        count += 1;
        match read(row, model) {
            Some(sighting) => page.sightings.push((last, sighting)),
            None => page.unreadable += 1,
        }
    }
    page.next = (count == limit).then_some(last);
    Ok(page)
}

/// How many sightings there are, of every model.
pub(crate) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM sighting", [], |row| row.get(0))
}

/// What the newest generation sells by; `None` when nothing was fitted.
pub(crate) fn calibration(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let newest =
        "SELECT body FROM generation LEFT JOIN calibration ON calibration.id = generation.calibration
                  ORDER BY number DESC LIMIT 1";
    Ok(connection.query_row(newest, [], |row| row.get(0)).optional()?.flatten())
}

/// Forgets all of them; gives their number.
pub(crate) fn forget(connection: &Connection) -> rusqlite::Result<u64> {
    connection.execute("DELETE FROM sighting", []).map(|rows| rows as u64)
}

/// What was learnt so far.
pub(crate) fn learnt(connection: &Connection) -> rusqlite::Result<Learnt> {
    let generation: Option<u64> = connection
        .query_row(
            "SELECT generation FROM learning WHERE undone = 0 ORDER BY generation DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let (through, discarded) = connection.query_row(
        "SELECT coalesce(max(through), 0), coalesce(max(CASE WHEN undone THEN through END), 0) FROM learning",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(Learnt {
        generation: generation.map(Generation),
        through: SightingId(through),
        discarded: SightingId(discarded),
    })
}

/// Notes that a generation was learnt from the sightings up to one.
pub(crate) fn note_learning(
    transaction: &Transaction<'_>,
    generation: Generation,
    through: SightingId,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO learning (generation, through) VALUES (?1, ?2)")?
        .execute(params![generation.0, through.0])
        .map(|_| ())
}

/// Notes that the till went back to generation `to`: what was learnt after it is undone, and what it had itself counts
/// again.
pub(crate) fn note_rollback(transaction: &Transaction<'_>, to: Generation) -> rusqlite::Result<()> {
    transaction.execute("UPDATE learning SET undone = 1 WHERE generation > ?1", [to.0])?;
    transaction.execute("UPDATE learning SET undone = 0 WHERE generation = ?1", [to.0]).map(|_| ())
}

fn insert(transaction: &Transaction<'_>, sighting: &Sighting) -> Result<(), Failure> {
    let look = &sighting.look;
    let model = model_row(transaction, look.model(), Some(look.values().len()))?;
    let vector = to_bytes(look.values());
    let day = day_number(sighting.day);
    let (settled, verdict) = (settled_name(sighting.settled), verdict_name(sighting.verdict));
    let first = sighting.first.as_ref().map(|first| first.product.as_str());
    let probability = sighting.first.as_ref().map(|first| first.probability.basis_points());
    let digest = digest(day, sighting.product.as_str(), [settled, verdict], (first, probability), &vector);
    transaction
        .prepare_cached(
            "INSERT INTO sighting (day, product, settled, verdict, first, probability, model, vector, digest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            day,
            sighting.product.as_str(),
            settled,
            verdict,
            first,
            probability,
            model,
            vector,
            digest
        ])?;
    Ok(())
}

/// A row as it was written; `None` when it is not that any more.
fn read(row: &Row<'_>, model: &ModelVersion) -> Option<Sighting> {
    let (day, product): (u32, String) = (row.get(1).ok()?, row.get(2).ok()?);
    let (settled, verdict): (String, String) = (row.get(3).ok()?, row.get(4).ok()?);
    let (first, probability): (Option<String>, Option<u16>) = (row.get(5).ok()?, row.get(6).ok()?);
    let (vector, known): (Vec<u8>, [u8; 8]) = (row.get(7).ok()?, row.get(8).ok()?);
    let told = digest(day, &product, [&settled, &verdict], (first.as_deref(), probability), &vector);
    if told != known {
        return None;
    }
    let first = match (first, probability) {
        (Some(product), Some(points)) => Some(Candidate {
            product: ProductId::new(&product).ok()?,
            probability: Probability::from_basis_points(points),
        }),
        _ => None,
    };
    Some(Sighting {
        day: day_of(day)?,
        look: Embedding::new(model.clone(), from_bytes(&vector)).ok()?,
        first,
        verdict: VERDICTS.iter().find(|(_, name)| *name == verdict)?.0,
        product: ProductId::new(&product).ok()?,
        settled: SETTLED.iter().find(|(_, name)| *name == settled)?.0,
    })
}

/// Guards a row, as the views' digest does.
pub(crate) fn digest(
    day: u32,
    product: &str,
    words: [&str; 2],
    first: (Option<&str>, Option<u16>),
    vector: &[u8],
) -> [u8; 8] {
    let mut hasher = Sha256::new();
    hasher.update(format!("{day}\n{product}\n{}\n{}\n{first:?}\n", words[0], words[1]));
    hasher.update(vector);
    *hasher.finalize().first_chunk().expect("SHA-256 has 32 bytes")
}

pub(crate) fn day_number(day: BusinessDay) -> u32 {
    u32::from(day.year.unsigned_abs()) * 10_000 + u32::from(day.month) * 100 + u32::from(day.day)
}

pub(crate) fn day_of(number: u32) -> Option<BusinessDay> {
    Some(BusinessDay {
        year: i16::try_from(number / 10_000).ok()?,
        month: u8::try_from(number / 100 % 100).ok()?,
        day: u8::try_from(number % 100).ok()?,
    })
}

const SETTLED: [(Settled, &str); 6] = [
    (Settled::BySight, "by_sight"),
    (Settled::Chosen, "chosen"),
    (Settled::Found, "found"),
    (Settled::Corrected, "corrected"),
    (Settled::Staff, "staff"),
    (Settled::Code, "code"),
];

const VERDICTS: [(Verdict, &str); 3] =
    [(Verdict::Accept, "accept"), (Verdict::AskCustomer, "ask_customer"), (Verdict::Unknown, "unknown")];

pub(crate) fn settled_name(settled: Settled) -> &'static str {
    SETTLED.iter().find(|(known, _)| *known == settled).expect("every way has a name").1
}

pub(crate) fn verdict_name(verdict: Verdict) -> &'static str {
    VERDICTS.iter().find(|(known, _)| *known == verdict).expect("every verdict has a name").1
}

/// The reverse of [`settled_name`].
pub(crate) fn settled_of(name: &str) -> Option<Settled> {
    SETTLED.iter().find(|(_, known)| *known == name).map(|(settled, _)| *settled)
}

/// The reverse of [`verdict_name`].
pub(crate) fn verdict_of(name: &str) -> Option<Verdict> {
    VERDICTS.iter().find(|(_, known)| *known == name).map(|(verdict, _)| *verdict)
}
