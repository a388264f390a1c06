//! Contents as bytes, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::embedding::{Embedding, View};
use domain::ids::{Generation, ModelVersion, ProductId, ViewId};
use domain::time::WallMs;
use sync_core::generation::{Content, Head};
use sync_core::{catalogue_document, chain};

use super::GenerationInfo;
use crate::error::{StoreError, What};
use crate::ids::Hash;
use crate::products::{floats, vector_bytes};
use crate::sql::{Failure, Fields};

pub(super) const GENERATION: &str =
    "SELECT number, made_at, catalogue, calibration, model, views_hash, signature, kind,
                                            made_by, products, views FROM generation";

/// A view as a span has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpanView {
    pub(super) product: ProductId,
    pub(super) vector: Hash,
}

/// Contents as they are stored. Making it takes a while: it is done on a thread for that.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Its number is not known yet.
    pub(super) head: Head,
    pub(super) catalogue: Vec<u8>,
    pub(super) calibration: Option<Vec<u8>>,
    pub(super) views: BTreeMap<ViewId, SpanView>,
    pub(super) vectors: BTreeMap<Hash, Vec<u8>>,
    pub(super) products: u64,
}

impl Prepared {
    pub(super) fn new(content: &Content, now: WallMs) -> Result<Self, StoreError> {
        let mut prepared = Self {
            head: Head::of(Generation(0), now, content),
            catalogue: catalogue_document::encode(&content.catalogue).into_bytes(),
            calibration: content.calibration_json.clone().map(String::into_bytes),
            views: BTreeMap::new(),
            vectors: BTreeMap::new(),
            products: content.catalogue.products().len() as u64,
        };
        for view in content.views.values() {
            if content.model.as_ref() != Some(view.embedding.model()) {
                let problem = format!("view {} is not of its model", view.id.0);
                return Err(StoreError::invalid(What::Generation, "to come", problem));
            }
            let body = vector_bytes(&view.embedding);
            let vector = chain::digest(&body);
            prepared.views.insert(view.id, SpanView { product: view.product.clone(), vector });
            prepared.vectors.insert(vector, body);
        }
        Ok(prepared)
    }
}

/// Contents as they were read.
pub(super) struct Bodies {
    pub(super) catalogue: Vec<u8>,
    pub(super) calibration: Option<Vec<u8>>,
    pub(super) views: Vec<(ViewId, ProductId, Vec<u8>)>,
}

impl Bodies {
    /// Checks every hash on the way: what a till is given is what was signed. Takes a while.
    pub(super) fn content(self, head: &Head) -> Result<Content, StoreError> {
        let unreadable = |problem: String| StoreError::Unreadable {
            what: What::Generation,
            name: head.number.to_string(),
            problem,
        };
        let catalogue = catalogue_document::decode(&self.catalogue).map_err(unreadable)?;
        let calibration_json = self.calibration.map(String::from_utf8).transpose();
        let calibration_json = calibration_json.map_err(|error| unreadable(error.to_string()))?;
        let mut views = BTreeMap::new();
        for (id, product, vector) in self.views {
            let model = head.model.clone().ok_or_else(|| unreadable("its views have no model".to_owned()))?;
            let embedding =
                Embedding::new(model, floats(&vector)).map_err(|error| unreadable(error.to_string()))?;
            views.insert(id, View { id, product, embedding });
        }
        let content =
            Content { catalogue: Arc::new(catalogue), model: head.model.clone(), views, calibration_json };
        if Head::of(head.number, head.made_at, &content) == *head {
            Ok(content)
        } else {
            Err(unreadable("its contents are not what was signed".to_owned()))
        }
    }
}

pub(super) fn read_info(fields: &mut Fields<'_>) -> Result<GenerationInfo, Failure> {
    let number = fields.take()?;
    let made_at = fields.take()?;
    let catalogue = fields.take()?;
    let calibration = fields.take_option()?;
    let model: Option<ModelVersion> = fields.take_option()?;
    let views = fields.take()?;
    Ok(GenerationInfo {
        head: Head { number, made_at, catalogue, calibration, model, views },
        signature: fields.take()?,
        kind: fields.take()?,
        made_by: fields.take()?,
        products: fields.take()?,
        views: fields.take()?,
    })
}
