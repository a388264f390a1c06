//! Generations of the catalogue, in parts.
//!
//! The parts of one difference are always the same and in the same order, so that a pull that broke off goes on where it
//! ended.

use std::sync::Arc;

use domain::ids::{Generation, ModelVersion, ProductId, ViewId};
use domain::time::WallMs;
use sync_core::catalogue_document;
use sync_core::generation::{Difference, Head};
use sync_core::model_offer::{MODEL_MAX_BYTES, ModelOffer};
use sync_core::quantised::Quantised;

use crate::fields::{Malformed, hash, optional_hash, product, required, uuid};
use crate::v1;
use crate::v1::generation_part::Kind;

/// A generation's signature (Ed25519).
pub type Signature = [u8; 64];

/// A generation's head and what the cloud signed it with.
pub type SignedHead = (Head, Signature);

/// Views in one part: some 200 kB of vectors of 384 numbers.
const VIEWS_IN_PART: usize = 512;
/// The longest catalogue document that travels, in bytes; some 15,000 products.
const DOCUMENT_MAX_LEN: usize = crate::MESSAGE_MAX_LEN - 64 * 1024;

/// A head with its signature as a message.
pub fn from_head(head: &Head, signature: &Signature) -> v1::GenerationHead {
    v1::GenerationHead {
        number: head.number.0,
        made_at_ms: head.made_at.0,
        catalogue_hash: head.catalogue.to_vec(),
        calibration_hash: head.calibration.map(|hash| hash.to_vec()).unwrap_or_default(),
        model: head.model.as_ref().map_or(String::new(), |model| model.as_str().to_owned()),
        views_hash: head.views.to_vec(),
        signature: signature.to_vec(),
    }
}

/// Reads a head and its signature; nobody has checked the signature yet.
pub fn to_head(message: &v1::GenerationHead) -> Result<(Head, Signature), Malformed> {
    let signature = message.signature.as_slice().try_into();
    let head = Head {
        number: Generation(message.number),
        made_at: WallMs(message.made_at_ms),
        catalogue: hash("catalogue_hash", &message.catalogue_hash)?,
        calibration: optional_hash("calibration_hash", &message.calibration_hash)?,
        model: (!message.model.is_empty()).then(|| ModelVersion::new(&message.model)),
        views: hash("views_hash", &message.views_hash)?,
    };
    Ok((head, signature.map_err(|_| Malformed::new("signature", "is not 64 bytes long"))?))
}

/// A head with its signature as bytes, to be kept.
pub fn encode_head((head, signature): &SignedHead) -> Vec<u8> {
    prost::Message::encode_to_vec(&from_head(head, signature))
}

/// Reads what [`encode_head`] made.
pub fn decode_head(bytes: &[u8]) -> Result<SignedHead, Malformed> {
    let message = <v1::GenerationHead as prost::Message>::decode(bytes);
    to_head(&message.map_err(|error| Malformed::new("head", error.to_string()))?)
}

/// The parts that a difference travels in, the opening first. Fails for a catalogue that is too long to travel.
pub fn to_parts(
    head: &Head,
    signature: &Signature,
    difference: &Difference,
) -> Result<Vec<v1::GenerationPart>, Malformed> {
    let mut kinds = Vec::new();
    if difference.catalogue.is_some() || !difference.removed_products.is_empty() {
        let document =
            difference.catalogue.as_ref().map(|part| catalogue_document::encode(part).into_bytes());
        let document = document.unwrap_or_default();
        if document.len() > DOCUMENT_MAX_LEN {
            let problem = format!("has {} bytes, at most {DOCUMENT_MAX_LEN} can travel", document.len());
            return Err(Malformed::new("document", problem));
        }
        let removed = difference.removed_products.iter().map(ToString::to_string).collect();
        kinds.push(Kind::Catalogue(v1::CatalogueChange { document, removed }));
    }
    kinds.extend(difference.calibration_json.clone().map(Kind::CalibrationJson));
    for ids in difference.removed_views.chunks(VIEWS_IN_PART) {
        let removed = ids.iter().map(|id| id.0.as_bytes().to_vec()).collect();
        kinds.push(Kind::Views(v1::ViewsChange { added: Vec::new(), removed }));
    }
    for views in difference.added_views.chunks(VIEWS_IN_PART) {
        let added = views.iter().map(to_view).collect();
        kinds.push(Kind::Views(v1::ViewsChange { added, removed: Vec::new() }));
    }
    let opening = v1::Opening {
        head: Some(from_head(head, signature)),
        base: difference.base.map_or(0, |base| base.0),
        parts: kinds.len() as u32,
    };
    kinds.insert(0, Kind::Opening(opening));
    Ok(kinds.into_iter().map(|kind| v1::GenerationPart { kind: Some(kind) }).collect())
}

/// A model's offer with its signature as the first part of the model.
pub fn from_offer(offer: &ModelOffer, signature: &Signature) -> v1::ModelPart {
    let offer = v1::ModelOffer {
        version: offer.version.as_str().to_owned(),
        sha256: offer.sha256.to_vec(),
        bytes: offer.bytes,
        input_side: offer.input_side,
        embedding_dim: offer.embedding_dim,
        signature: signature.to_vec(),
    };
    v1::ModelPart { kind: Some(v1::model_part::Kind::Offer(offer)) }
}

/// Some of a model's file as a part.
pub fn from_chunk(chunk: Vec<u8>) -> v1::ModelPart {
    v1::ModelPart { kind: Some(v1::model_part::Kind::Chunk(chunk)) }
}

/// Reads the first part of a model; nobody has checked the signature yet.
pub fn to_offer(part: v1::ModelPart) -> Result<(ModelOffer, Signature), Malformed> {
    let Some(v1::model_part::Kind::Offer(offer)) = part.kind else {
        return Err(Malformed::new("offer", "must be the first part"));
    };
    if offer.bytes == 0 || offer.bytes > MODEL_MAX_BYTES {
        return Err(Malformed::new(
            "bytes",
            format!("is {}, and may be up to {MODEL_MAX_BYTES}", offer.bytes),
        ));
    }
    let signature = offer.signature.as_slice().try_into();
    let signature = signature.map_err(|_| Malformed::new("signature", "is not 64 bytes long"))?;
    let read = ModelOffer {
        version: ModelVersion::new(&offer.version),
        sha256: hash("sha256", &offer.sha256)?,
        bytes: offer.bytes,
        input_side: offer.input_side,
        embedding_dim: offer.embedding_dim,
    };
    Ok((read, signature))
}

/// Reads a later part of a model.
pub fn to_chunk(part: v1::ModelPart) -> Result<Vec<u8>, Malformed> {
    match part.kind {
        Some(v1::model_part::Kind::Chunk(chunk)) => Ok(chunk),
        _ => Err(Malformed::new("chunk", "is missing")),
    }
}

/// How many bytes a part has on the wire.
pub fn encoded_len(part: &v1::GenerationPart) -> usize {
    prost::Message::encoded_len(part)
}

/// A difference being put together from its parts.
#[derive(Debug, Clone)]
pub struct Assembly {
    /// The generation it leads to.
    pub head: Head,
    /// The head's signature; nobody has checked it yet.
    pub signature: Signature,
    difference: Difference,
    expected: u32,
    arrived: u32,
}

impl Assembly {
    /// Begins with the first part.
    pub fn begin(part: v1::GenerationPart) -> Result<Self, Malformed> {
        let Some(Kind::Opening(opening)) = part.kind else {
            return Err(Malformed::new("opening", "must be the first part"));
        };
        let (head, signature) = to_head(&required("head", opening.head)?)?;
        let difference = Difference {
            base: (opening.base != 0).then_some(Generation(opening.base)),
            catalogue: None,
            removed_products: Vec::new(),
            calibration_json: None,
            added_views: Vec::new(),
            removed_views: Vec::new(),
        };
        Ok(Self { head, signature, difference, expected: opening.parts, arrived: 0 })
    }

    /// Parts after the opening that have arrived.
    pub fn arrived(&self) -> u32 {
        self.arrived
    }

    /// Takes the next part.
    pub fn add(&mut self, part: v1::GenerationPart) -> Result<(), Malformed> {
        if self.arrived >= self.expected {
            return Err(Malformed::new("parts", "are more than the opening said"));
        }
        match required("kind", part.kind)? {
            Kind::Opening(_) => return Err(Malformed::new("opening", "comes once")),
            Kind::Catalogue(change) => self.add_catalogue(&change)?,
            Kind::CalibrationJson(text) => self.difference.calibration_json = Some(text),
            Kind::Views(views) => {
                for view in views.added {
                    self.difference.added_views.push(view_of(view)?);
                }
                for id in &views.removed {
                    self.difference.removed_views.push(ViewId(uuid("removed", id)?));
                }
            }
        }
        self.arrived += 1;
        Ok(())
    }

    /// The difference, once all parts are there.
    pub fn finish(self) -> Result<(Head, Difference), Malformed> {
        if self.arrived < self.expected {
            let problem = format!("are {} of {}", self.arrived, self.expected);
            return Err(Malformed::new("parts", problem));
        }
        Ok((self.head, self.difference))
    }

    fn add_catalogue(&mut self, change: &v1::CatalogueChange) -> Result<(), Malformed> {
        if !change.document.is_empty() {
            let catalogue = catalogue_document::decode(&change.document)
                .map_err(|problem| Malformed::new("document", problem))?;
            self.difference.catalogue = Some(Arc::new(catalogue));
        }
        for id in &change.removed {
            self.difference.removed_products.push(product("removed", id)?);
        }
        Ok(())
    }
}

fn to_view((id, product, vector): &(ViewId, ProductId, Quantised)) -> v1::View {
    v1::View {
        id: id.0.as_bytes().to_vec(),
        product: product.to_string(),
        exponent: vector.exponent,
        values: vector.values.iter().map(|number| number.cast_unsigned()).collect(),
    }
}

fn view_of(view: v1::View) -> Result<(ViewId, ProductId, Quantised), Malformed> {
    let values = view.values.into_iter().map(u8::cast_signed).collect();
    let vector = Quantised { exponent: view.exponent, values };
    Ok((ViewId(uuid("id", &view.id)?), product("product", &view.product)?, vector))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::embedding::{Embedding, View};
    use domain::ids::Uuid;
    use sync_core::generation::Content;
    use testkit::build;

    use super::*;

    fn content(views: u128) -> Content {
        let model = ModelVersion::new("m");
        let view = |number: u128| {
            let mut values = [0.0_f32; 4];
            values[(number % 4) as usize] = 1.0;
            let embedding = Embedding::new(model.clone(), Arc::from(values)).unwrap();
            View { id: ViewId(Uuid::from_u128(number)), product: ProductId::new("milk").unwrap(), embedding }
        };
        let views: BTreeMap<_, _> = (1..=views).map(view).map(|view| (view.id, view)).collect();
        Content {
            catalogue: Arc::new(build::catalogue([build::piece("milk", 139)])),
            model: Some(model),
            views,
            calibration_json: Some("{}".to_owned()),
        }
        .rounded()
    }

    #[test]
    fn a_generation_arrives_in_parts_and_is_what_was_sent() {
        let content = content(1_200);
        let head = Head::of(Generation(4), WallMs(9), &content);
        let parts = to_parts(&head, &[7; 64], &content.since(None)).unwrap();
        assert_eq!(parts.len(), 1 + 1 + 1 + 3);
        let mut parts = parts.into_iter();
        let mut assembly = Assembly::begin(parts.next().unwrap()).unwrap();
        assert!(assembly.clone().finish().is_err(), "nothing has arrived yet");
        for part in parts {
            assembly.add(part).unwrap();
        }
        assert_eq!(assembly.signature, [7; 64]);
        assert_eq!(decode_head(&encode_head(&(head.clone(), [7; 64]))), Ok((head, [7; 64])));
        let (head, difference) = assembly.finish().unwrap();
        assert_eq!(difference.apply(None, &head), Ok(content));
    }

    #[test]
    fn a_models_offer_arrives_and_an_impossible_one_is_refused() {
        let offer = ModelOffer {
            version: ModelVersion::new("m.1"),
            sha256: [5; 32],
            bytes: 7,
            input_side: 260,
            embedding_dim: 384,
        };
        assert_eq!(to_offer(from_offer(&offer, &[9; 64])), Ok((offer.clone(), [9; 64])));
        assert_eq!(to_chunk(from_chunk(vec![1, 2])), Ok(vec![1, 2]));
        assert!(to_chunk(from_offer(&offer, &[9; 64])).is_err() && to_offer(from_chunk(vec![1])).is_err());
        let huge = ModelOffer { bytes: MODEL_MAX_BYTES + 1, ..offer };
        assert!(to_offer(from_offer(&huge, &[9; 64])).is_err());
    }

    #[test]
    fn parts_beyond_the_announced_or_out_of_order_are_refused() {
        let content = content(1);
        let head = Head::of(Generation(4), WallMs(9), &content);
        let parts = to_parts(&head, &[7; 64], &content.since(None)).unwrap();
        assert!(Assembly::begin(parts[1].clone()).is_err());
        let mut assembly = Assembly::begin(parts[0].clone()).unwrap();
        assert!(assembly.add(parts[0].clone()).is_err());
        for part in &parts[1..] {
            assembly.add(part.clone()).unwrap();
        }
        assert!(assembly.add(parts[1].clone()).is_err());
    }
}
