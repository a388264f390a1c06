//! Rebuilding a damaged store from what can still be read of it and from the journal's copy.
//!
//! Everything goes into a fresh file. The journal comes first: a sale counts as found where its hash fits its content, in
//! the damaged file or in the copy, and the chain is laid again from the genesis. A stretch that neither has is put on
//! record as lost; its sequence numbers are not used again, and the sales after it keep theirs. Then intents, settings,
//! catalogue, views with their pictures, each row checked by itself. The damaged files are kept, beside the store.

mod journal;
mod rest;
mod rows;
pub(crate) mod swap;

use std::path::Path;

use domain::sale::TillRef;
use rusqlite::Connection;

use crate::connection;
use crate::copy::{self, Record};
use crate::error::{Failure, OpenError, plainly};
use crate::identity;
use crate::report::Repair;
use crate::schema;

/// Rebuilds the store in `dir`. When it fails the damaged one is still in place.
pub(crate) fn rebuild(dir: &Path, identity: Option<&TillRef>, problem: &str) -> Result<Repair, OpenError> {
    let file = dir.join("till.db");
    tracing::error!(store.file = %file.display(), "the till's store is damaged and is being rebuilt: {problem}");
    let source = if file.exists() { connection::open_reader(&file).ok() } else { None };
    let Some(identity) = identity.cloned().or_else(|| find_identity(dir, source.as_ref())) else {
        return Err(OpenError::Damaged { file, problem: problem.to_owned() });
    };
    let failed = |failure: Failure| OpenError::RepairFailed {
        file: file.clone(),
        problem: problem.to_owned(),
        source: Box::new(plainly(dir, failure)),
    };
    let mut repair = fill(dir, &identity, source.as_ref()).map_err(failed)?;
    drop(source);
    problem.clone_into(&mut repair.problem);
    let set_aside = swap::set_aside_name(dir);
    let io =
        |source| OpenError::Io { action: "put the rebuilt database in place of", path: file.clone(), source };
    swap::begin(dir, &set_aside).map_err(io)?;
    repair.set_aside = swap::finish(dir).map_err(io)?;
    Ok(repair)
}

/// Makes the rebuilt file.
fn fill(dir: &Path, identity: &TillRef, source: Option<&Connection>) -> Result<Repair, Failure> {
    let path = swap::rebuilt_file(dir);
    let mut target = connection::open_draft(&path)?;
    schema::migrate(&mut target, schema::MIGRATIONS)?;
    let transaction = target.transaction()?;
    let mut repair = Repair::default();
    identity::write(&transaction, identity)?;
    let copied = read_copy(dir);
    let found = journal::restore(&transaction, source, &copied, identity, &mut repair)?;
    rest::restore(&transaction, source, &copied, &found, &mut repair)?;
    transaction.commit()?;
    target.close().map_err(|(_, error)| error)?;
    Ok(repair)
}

/// Every record that the copy still has, in order.
fn read_copy(dir: &Path) -> Vec<Record> {
    let segments = copy::segments(dir).unwrap_or_default();
    let read = |path| copy::read_segment(path).map(|segment| segment.records).unwrap_or_default();
    segments.iter().flat_map(|(_, path)| read(path)).collect()
}

fn find_identity(dir: &Path, source: Option<&Connection>) -> Option<TillRef> {
    let stored = source.and_then(|source| identity::read(source).ok().flatten());
    stored.or_else(|| {
        let till = read_copy(dir).into_iter().find_map(|record| match record {
            Record::Till(name) => Some(name),
            _ => None,
        });
        till.as_deref().and_then(identity::parse)
    })
}
