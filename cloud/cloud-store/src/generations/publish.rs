//! Making generations, and letting old ones leave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ids::{Generation, OrgId, StoreId, ViewId};
use domain::time::WallMs;
use sqlx::AnyConnection;
use sync_core::generation::{Content, Head};

use super::load::newest;
use super::rows::{Prepared, SpanView};
use super::{GenerationInfo, GenerationKind, Published, Publishing, Sign};
use crate::bulk::{insert_all, update_all_of};
use crate::error::{StoreError, What};
use crate::events::{NewEvent, emit};
use crate::ids::Hash;
use crate::sql::{Failure, execute, fetch_each, fetch_value, fetch_values, push_values, values, write_u64};
use crate::store::Store;

/// The topic that tells of new generations; the key is the store and the payload `{"store":"...","number":1}`.
pub const GENERATIONS_TOPIC: &str = "generations";

/// How the next generation comes about.
#[derive(Default)]
struct How {
    /// What it changes, where that is not to be found out.
    kind: Option<GenerationKind>,
    /// Its number is higher than this one, whatever the newest is.
    after: Generation,
}

/// Where a generation is made: its store, and what is already there.
struct Place<'a> {
    org: &'a OrgId,
    store: &'a StoreId,
    newest: Option<GenerationInfo>,
}

impl Store {
    /// Makes the next generation of a store with these contents; where the newest has them already, nothing. Vectors are kept
    /// bit by bit: where tills get rounded ones, round them first ([`Content::rounded`]).
    pub async fn publish_generation(
        &self,
        org: &OrgId,
        store: &StoreId,
        content: Arc<Content>,
        publishing: &Publishing,
        sign: Sign<'_>,
        now: WallMs,
    ) -> Result<Published, StoreError> {
        let prepared = tokio::task::spawn_blocking(move || Prepared::new(&content, now)).await;
        let prepared = prepared.map_err(|error| self.stopped(error))??;
        self.publish(org, store, prepared, How::default(), publishing, sign).await
    }

    /// Makes the newest generation of a store anew, with the number after `taken`, where a till has taken that one and this
    /// store does not have it: the database was restored from an old copy, and numbers that it gave out since would be given
    /// out twice. `None` where there is nothing to be done.
    pub async fn outrun_generation(
        &self,
        org: &OrgId,
        store: &StoreId,
        taken: &Head,
        publishing: &Publishing,
        sign: Sign<'_>,
        now: WallMs,
    ) -> Result<Option<GenerationInfo>, StoreError> {
        let newest = self.newest_generation(org, store).await?;
        let Some(newest) = newest.filter(|newest| !newest.has_room_for(taken)) else { return Ok(None) };
        let content = self.load_generation(org, store, newest.head.number).await?.content;
        let prepared = tokio::task::spawn_blocking(move || Prepared::new(&content, now)).await;
        let prepared = prepared.map_err(|error| self.stopped(error))??;
        // Where somebody publishes meanwhile, the next report of a till is looked at again.
        let publishing = Publishing { expected: Some(newest.head.number), ..publishing.clone() };
        let how = How { kind: Some(newest.kind), after: taken.number };
        self.publish(org, store, prepared, how, &publishing, sign).await.map(|made| Some(made.info))
    }

    /// Makes the next generation of a store with the contents of an earlier one that is kept.
    pub async fn rollback_generation(
        &self,
        org: &OrgId,
        store: &StoreId,
        to: Generation,
        publishing: &Publishing,
        sign: Sign<'_>,
        now: WallMs,
    ) -> Result<Published, StoreError> {
        let content = self.load_generation(org, store, to).await?.content;
        let prepared = tokio::task::spawn_blocking(move || Prepared::new(&content, now)).await;
        let prepared = prepared.map_err(|error| self.stopped(error))??;
        let how = How { kind: Some(GenerationKind::Rollback), ..How::default() };
        self.publish(org, store, prepared, how, publishing, sign).await
    }

    async fn publish(
        &self,
        org: &OrgId,
        store: &StoreId,
        prepared: Prepared,
        how: How,
        publishing: &Publishing,
        sign: Sign<'_>,
    ) -> Result<Published, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            // Contents are shared within the organisation: nobody may remove what another is about to use.
            self.lock_organisation(connection, org).await?;
            crate::people::check_store(connection, org, Some(store)).await?;
            let newest = newest(connection, org, store).await?;
            let number = newest.as_ref().map_or(Generation(0), |newest| newest.head.number);
            if let Some(expected) = publishing.expected.filter(|&expected| expected != number) {
                let problem = format!("is not the newest, {number} is: look at that one, and decide again");
                return Err(StoreError::conflict(What::Generation, expected, problem).into());
            }
            let place = Place { org, store, newest };
            let same = |newest: &GenerationInfo| number > how.after && is_same(newest, &prepared);
            if let Some(newest) = place.newest.clone().filter(same) {
                return Ok(Published { info: newest, is_new: false });
            }
            let now = prepared.head.made_at;
            let info = place.make(connection, prepared, how, publishing, sign).await?;
            place.forget_old(connection, info.head.number, publishing.keep).await?;
            let payload = format!(r#"{{"store":"{store}","number":{}}}"#, info.head.number).into_bytes();
            let event = NewEvent { topic: GENERATIONS_TOPIC.to_owned(), key: store.to_string(), payload };
            emit(connection, org, &event, now).await?;
            writing.commit().await?;
            Ok(Published { info, is_new: true })
        })
        .await
    }
}

fn is_same(newest: &GenerationInfo, prepared: &Prepared) -> bool {
    let (old, new) = (&newest.head, &prepared.head);
    (&old.catalogue, &old.calibration, &old.model, &old.views)
        == (&new.catalogue, &new.calibration, &new.model, &new.views)
}

fn kind_of_change(newest: Option<&GenerationInfo>, prepared: &Prepared) -> GenerationKind {
    let new = &prepared.head;
    match newest.map(|newest| &newest.head) {
        Some(old) if (&old.views, &old.model) != (&new.views, &new.model) => GenerationKind::Views,
        Some(old) if old.calibration != new.calibration => GenerationKind::Calibration,
        None if !prepared.views.is_empty() => GenerationKind::Views,
        _ => GenerationKind::Catalogue,
    }
}

impl Place<'_> {
    async fn make(
        &self,
        connection: &mut AnyConnection,
        prepared: Prepared,
        how: How,
        publishing: &Publishing,
        sign: Sign<'_>,
    ) -> Result<GenerationInfo, Failure> {
        let kind = how.kind.unwrap_or_else(|| kind_of_change(self.newest.as_ref(), &prepared));
        let before = self.current_views(connection).await?;
        self.write_contents(connection, &prepared, &before).await?;
        let mut head = prepared.head;
        let newest = self.newest.as_ref().map_or(Generation(0), |newest| newest.head.number);
        head.number = Generation(newest.max(how.after).0 + 1);
        let signature = sign(&head);
        let views = prepared.views.len() as u64;
        let sql = "INSERT INTO generation (org, store, number, kind, made_by, made_at, catalogue, calibration, model,
                                           views_hash, signature, products, views)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let mut values = values![self.org, self.store, &head.number, &kind, &publishing.by, &head.made_at];
        push_values!(values; &head.catalogue, &head.calibration, &head.model, &head.views);
        push_values!(values; signature.as_slice(), &prepared.products, &views);
        execute(connection, sql, values).await?;
        self.write_spans(connection, head.number, &before, &prepared.views).await?;
        let (made_by, products) = (publishing.by.clone(), prepared.products);
        Ok(GenerationInfo { head, signature, kind, made_by, products, views })
    }

    /// The views of the newest generation.
    async fn current_views(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<BTreeMap<ViewId, SpanView>, Failure> {
        let sql = "SELECT view, product, vector FROM generation_view
                   WHERE org = $1 AND store = $2 AND removed_in IS NULL";
        let values = values![self.org, self.store];
        let views = fetch_each(connection, What::Generation, sql, values, |fields| {
            let view = fields.take()?;
            Ok((view, SpanView { product: fields.take()?, vector: fields.take()? }))
        });
        Ok(views.await?.into_iter().collect())
    }

    async fn write_contents(
        &self,
        connection: &mut AnyConnection,
        prepared: &Prepared,
        before: &BTreeMap<ViewId, SpanView>,
    ) -> Result<(), Failure> {
        let there: BTreeSet<&Hash> = before.values().map(|view| &view.vector).collect();
        let mut bodies: Vec<(&Hash, &[u8])> = vec![(&prepared.head.catalogue, &prepared.catalogue)];
        bodies.extend(prepared.head.calibration.as_ref().zip(prepared.calibration.as_deref()));
        let vectors = prepared.vectors.iter().filter(|(hash, _)| !there.contains(hash));
        bodies.extend(vectors.map(|(hash, body)| (hash, body.as_slice())));
        let insert = "INSERT INTO content (org, hash, body)";
        let rest = "ON CONFLICT (org, hash) DO NOTHING";
        insert_all(connection, insert, 3, rest, &bodies, |(hash, body), values| {
            push_values!(values; self.org, *hash, *body);
        })
        .await?;
        Ok(())
    }

    async fn write_spans(
        &self,
        connection: &mut AnyConnection,
        number: Generation,
        before: &BTreeMap<ViewId, SpanView>,
        after: &BTreeMap<ViewId, SpanView>,
    ) -> Result<(), Failure> {
        let gone: Vec<&ViewId> = before.keys().filter(|id| before.get(id) != after.get(id)).collect();
        let update = "UPDATE generation_view SET removed_in = $1
                      WHERE removed_in IS NULL AND (org, store, view)";
        update_all_of(connection, update, &[write_u64(number.0)], 3, &gone, |id, values| {
            push_values!(values; self.org, self.store, *id);
        })
        .await?;
        let new: Vec<(&ViewId, &SpanView)> =
            after.iter().filter(|(id, view)| before.get(id) != Some(*view)).collect();
        let insert = "INSERT INTO generation_view (org, store, view, added_in, product, vector)";
        insert_all(connection, insert, 6, "", &new, |(id, view), values| {
            push_values!(values; self.org, self.store, *id, &number, &view.product, &view.vector);
        })
        .await?;
        Ok(())
    }

    /// Removes generations beyond the newest `keep`, and the contents that nothing needs then.
    async fn forget_old(
        &self,
        connection: &mut AnyConnection,
        newest: Generation,
        keep: u32,
    ) -> Result<(), Failure> {
        // Numbers may have been leapt over, so generations are counted.
        let sql = "SELECT number FROM generation WHERE org = $1 AND store = $2 ORDER BY number DESC LIMIT 1 OFFSET $3";
        let values = values![self.org, self.store, &(keep.max(1) - 1)];
        let oldest: Option<Generation> = fetch_value(connection, What::Generation, sql, values).await?;
        let oldest = oldest.unwrap_or(Generation(1)).min(newest);
        let sql = "DELETE FROM generation WHERE org = $1 AND store = $2 AND number < $3
                   RETURNING catalogue, calibration";
        let values = values![self.org, self.store, &oldest];
        let gone = fetch_each(connection, What::Generation, sql, values, |fields| {
            let catalogue: Hash = fields.take()?;
            Ok((catalogue, fields.take_option::<Hash>()?))
        });
        let gone = gone.await?;
        let sql =
            "DELETE FROM generation_view WHERE org = $1 AND store = $2 AND removed_in <= $3 RETURNING vector";
        let values = values![self.org, self.store, &oldest];
        let vectors: Vec<Hash> = fetch_values(connection, What::Generation, sql, values).await?;
        let mut hashes: BTreeSet<Hash> = vectors.into_iter().collect();
        for (catalogue, calibration) in gone {
            hashes.extend([Some(catalogue), calibration].into_iter().flatten());
        }
        let hashes: Vec<(&OrgId, Hash)> = hashes.into_iter().map(|hash| (self.org, hash)).collect();
        let delete = "DELETE FROM content
            WHERE NOT EXISTS (SELECT 1 FROM generation AS a WHERE a.org = content.org AND a.catalogue = content.hash)
              AND NOT EXISTS (SELECT 1 FROM generation AS b WHERE b.org = content.org AND b.calibration = content.hash)
              AND NOT EXISTS (SELECT 1 FROM generation_view AS c WHERE c.org = content.org AND c.vector = content.hash)
              AND (org, hash)";
        update_all_of(connection, delete, &[], 2, &hashes, |(org, hash), values| {
            push_values!(values; *org, hash);
        })
        .await?;
        Ok(())
    }
}
