//! The embedding itself: picture by picture, at the lowest priority, remembered from round to round.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::embedding::{Embedding, View};
use domain::ids::ViewId;
use edge_store::{FoundPicture, PictureHash};
use vision::calibrate::Experience;
use vision::embed::Embedder;
use vision::kept;
use vision::models::ModelFiles;

use super::Shop;
use crate::Context;
use crate::commands::render::count;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::models;
use crate::photos::embed_all;
use crate::progress::Progress;
use crate::till::Till;

/// Pictures that are in memory at once: some 40 MB. The till is asked for so many and left alone while they are embedded,
/// for a store that is held open keeps the daemon from starting.
const PICTURES_AT_ONCE: usize = 1024;
/// Pictures that tell how long one takes.
const SAMPLE: usize = 32;

/// What was done so far, by the view of the old model.
pub(super) struct Work {
    embedder: Embedder,
    done: BTreeMap<ViewId, (ViewId, Embedding)>,
    unusable: BTreeMap<ViewId, String>,
    brought: BTreeSet<ViewId>,
}

impl Work {
    /// Opens the new model and steps back behind everything else that runs here: the till's own vision above all.
    pub(super) fn open(files: &ModelFiles) -> Result<Self, Failure> {
        const LOWEST: i32 = 19;
        // Threads that are made from here on inherit it.
        rustix::process::setpriority_process(None, LOWEST)
            .context("failed to step back behind the till's own work")?;
        let embedder = models::open(files)?;
        Ok(Self { embedder, done: BTreeMap::new(), unusable: BTreeMap::new(), brought: BTreeSet::new() })
    }

    /// What the new model knows of itself.
    pub(super) fn experience(&self) -> Result<Experience, Failure> {
        Ok(self.embedder.experience()?)
    }

    /// How long one picture takes now, from a few of them.
    pub(super) fn pace(
        mut self,
        context: &Context,
        shop: &Shop,
        interrupt: &Interrupt,
    ) -> Result<Duration, Failure> {
        let sample: Vec<_> = self.to_do(shop).into_iter().take(SAMPLE).collect();
        let began = Instant::now();
        let progress = Progress::new(&context.console, sample.len() as u64, "embedding");
        self.embed_part(context, &sample, &progress, interrupt)?;
        Ok(began.elapsed() / u32::try_from(sample.len().max(1)).unwrap_or(u32::MAX))
    }

    /// Embeds what was not embedded before.
    pub(super) fn embed(
        &mut self,
        context: &Context,
        shop: &Shop,
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        let to_do = self.to_do(shop);
        if to_do.is_empty() {
            return Ok(());
        }
        context.console.say(format_args!(
            "embedding {} with {}",
            count(to_do.len(), "picture"),
            self.embedder.version()
        ));
        let progress = Progress::new(&context.console, to_do.len() as u64, "embedding");
        for part in to_do.chunks(PICTURES_AT_ONCE) {
            interrupt.check()?;
            self.embed_part(context, part, &progress, interrupt)?;
        }
        Ok(())
    }

    /// Views whose picture cannot be used, with the reason.
    pub(super) fn unusable(&self) -> &BTreeMap<ViewId, String> {
        &self.unusable
    }

    /// The new views of a shop, in the order of the old ones.
    pub(super) fn views_of(&self, shop: &Shop) -> Vec<View> {
        let anew = |old: &View| {
            let (id, embedding) = self.done.get(&old.id)?;
            Some(View { id: *id, product: old.product.clone(), embedding: embedding.clone() })
        };
        shop.newest.views.iter().filter_map(anew).collect()
    }

    /// What the new views were made from.
    pub(super) fn pictures_of(&self, shop: &Shop) -> BTreeMap<ViewId, PictureHash> {
        let anew = |(old, hash): (&ViewId, &PictureHash)| Some((self.done.get(old)?.0, *hash));
        shop.origins.iter().filter_map(anew).collect()
    }

    /// True when a new view is in the store already.
    pub(super) fn was_brought(&self, view: ViewId) -> bool {
        self.brought.contains(&view)
    }

    /// Notes that new views are in the store.
    pub(super) fn note_brought(&mut self, views: impl Iterator<Item = ViewId>) {
        self.brought.extend(views);
    }

    fn to_do(&self, shop: &Shop) -> Vec<(ViewId, PictureHash)> {
        let new = |id: &ViewId| !self.done.contains_key(id) && !self.unusable.contains_key(id);
        let views = shop.newest.views.iter().map(|view| view.id).filter(new);
        views.filter_map(|id| Some((id, *shop.origins.get(&id)?))).collect()
    }

    fn embed_part(
        &mut self,
        context: &Context,
        part: &[(ViewId, PictureHash)],
        progress: &Progress,
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        let hashes: Vec<PictureHash> = part.iter().map(|(_, hash)| *hash).collect();
        let pictures = Till::open(context)?.view_pictures(&hashes)?;
        let side = self.embedder.input_side();
        let prepare = |found: &FoundPicture| {
            let picture = found.as_ref().map_err(Clone::clone)?;
            let picture = kept::read(picture.jpeg()).map_err(|error| format!("its picture: {error}"))?;
            Ok::<_, String>(kept::input_of(&picture, side))
        };
        let vectors = embed_all(&mut self.embedder, &pictures, prepare, progress, interrupt)?;
        for ((old, _), vector) in part.iter().zip(vectors) {
            match vector {
                Ok(embedding) => {
                    self.done.insert(*old, (old.renewed(uuid::Uuid::now_v7()), embedding));
                }
                Err(reason) => {
                    self.unusable.insert(*old, reason);
                }
            }
        }
        Ok(())
    }
}
