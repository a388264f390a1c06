//! Views that cannot be taken along, and what their products are left with.

use std::collections::BTreeMap;

use domain::ids::{ProductId, ViewId};
use serde::Serialize;
use vision::models::ModelFiles;

use super::Shop;
use crate::Context;
use crate::cli::ReEmbedArgs;
use crate::commands::render::count;
use crate::failure::Failure;
use crate::models::name_of;

/// Products that are named on the screen; the others are counted. `--json` names all.
const NAMED_MAX: usize = 10;

/// Views without a picture that can be used.
#[derive(Debug, Default)]
pub(super) struct Missing {
    without: usize,
    damaged: Vec<(ProductId, String)>,
    below: Vec<Below>,
}

/// A product that loses views and is left with few.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Below {
    product: String,
    views: usize,
    left: usize,
}

impl Missing {
    /// `unusable` are views whose picture was read and cannot be used, with the reason.
    pub(super) fn find(shop: &Shop, unusable: &BTreeMap<ViewId, String>, min_views: usize) -> Self {
        let mut missing = Self::default();
        let mut counts: BTreeMap<&ProductId, (usize, usize)> = BTreeMap::new();
        for view in &shop.newest.views {
            let (views, left) = counts.entry(&view.product).or_default();
            *views += 1;
            if !shop.origins.contains_key(&view.id) {
                missing.without += 1;
            } else if let Some(reason) = unusable.get(&view.id) {
                missing.damaged.push((view.product.clone(), reason.clone()));
            } else {
                *left += 1;
            }
        }
        let few = |&(_, (views, left)): &(&ProductId, (usize, usize))| left < views && left < min_views;
        let below =
            |(product, (views, left)): (&ProductId, _)| Below { product: product.to_string(), views, left };
        missing.below = counts.into_iter().filter(few).map(below).collect();
        missing
    }

    /// How many views cannot be taken along.
    pub(super) fn views(&self) -> usize {
        self.without + self.damaged.len()
    }

    /// How many of them have a picture that cannot be used.
    pub(super) fn damaged(&self) -> usize {
        self.damaged.len()
    }

    /// The products that are left with few.
    pub(super) fn products_below(&self) -> &[Below] {
        &self.below
    }

    /// Says what a person should know of it.
    pub(super) fn tell(&self, context: &Context, args: &ReEmbedArgs) {
        let console = &context.console;
        if self.without > 0 {
            let verb = if self.without == 1 { "has" } else { "have" };
            console.warn(format_args!(
                "{} {verb} no picture: enrolled with `--no-pictures`, or before pictures were kept",
                count(self.without, "view")
            ));
        }
        for (product, reason) in self.damaged.iter().take(NAMED_MAX) {
            console.warn(format_args!("a view of `{product}` cannot be taken along: {reason}"));
        }
        if self.damaged.len() > NAMED_MAX {
            console.warn(format_args!("so it is with {} in all", count(self.damaged.len(), "view")));
        }
        if self.below.is_empty() {
            return;
        }
        let named: Vec<String> = self
            .below
            .iter()
            .take(NAMED_MAX)
            .map(|below| format!("`{}` ({} of {})", below.product, below.left, below.views))
            .collect();
        let more = match self.below.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        console.warn(format_args!(
            "left with fewer than {}: {}{more}",
            count(args.min_views, "view"),
            named.join(", ")
        ));
    }

    /// Refuses unless nothing is lost, or the person said that it may be.
    pub(super) fn allow(&self, args: &ReEmbedArgs, shop: &Shop, files: &ModelFiles) -> Result<(), Failure> {
        let all = shop.newest.views.len();
        let name = name_of(&files.version);
        if self.views() == all {
            let text = format!(
                "none of the {} has a picture that {} could look at",
                count(all, "view"),
                files.version
            );
            return Err(Failure::new(text).hint(format!(
                "enrol from photos again: `tillsight enroll --model {name} --folder DIR`; from then on pictures are kept"
            )));
        }
        if self.views() == 0 || args.drop_missing {
            return Ok(());
        }
        let text = format!(
            "{} of {all} cannot be moved to {}; nothing was changed",
            count(self.views(), "view"),
            files.version
        );
        Err(Failure::new(text).hint(
            "enrol those products again (`tillsight enroll --product ID --replace PHOTOS`), or let these views go with `--drop-missing`",
        ))
    }
}
