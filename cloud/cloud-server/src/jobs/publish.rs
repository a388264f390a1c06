//! The organisation's products, prices and vectors become the next generation of each of its stores.
//!
//! A store sells what is priced in its currency, by its own price where it has one. Where nothing has changed for a store, it keeps its generation: the store
//! compares hashes, so this may be done as often as one likes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use cloud_store::{Actor, GenerationKind, LeasedJob, PhotoState, Publishing, StoreInfo};
use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{OrgId, ProductId, ViewId};
use domain::product::Product;
use domain::quantity::UnitPrice;
use sync_core::generation::{Content, Head};
use vision::calibrate::{Calibration, OperatingPoints};

use super::{EMBED_PRODUCT, Worker};
use crate::products::picture;
use crate::roles::now;

/// Products and views that are read at once.
const PAGE: u32 = 500;

/// What asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody changed something.
    Change,
    /// The worker looks from time to time whether something was missed; it does not undo what people went back to.
    Routine,
}

/// Makes what is new; done twice, it finds nothing new the second time.
pub(super) async fn run(worker: &Worker, job: &LeasedJob, cause: Cause) -> anyhow::Result<()> {
    let org = &job.org;
    // Half an import is nothing that was missed: its end asks for generations itself.
    if cause == Cause::Routine && worker.store.is_importing(org).await? {
        return Ok(());
    }
    let mut products = all_products(worker, org).await?;
    let views = current_views(worker, org, &products).await?;
    if wait_for_views(worker, org, &products, &views).await? {
        return Ok(());
    }
    name_pictures(worker, org, &mut products).await?;
    let mut failed = Vec::new();
    for store in worker.store.stores(org).await? {
        let newest = worker.store.newest_generation(org, &store.id).await?;
        let went_back = newest.is_some_and(|newest| newest.kind == GenerationKind::Rollback);
        if cause == Cause::Routine && went_back {
            continue;
        }
        // One store with a broken tax table must not keep prices from the others.
        if let Err(error) = publish(worker, &store, &products, &views).await {
            failed.push(format!("store `{}`: {error:#}", store.id));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("; ")) }
}

async fn publish(
    worker: &Worker,
    store: &StoreInfo,
    products: &[Product],
    views: &BTreeMap<ViewId, View>,
) -> anyhow::Result<()> {
    let currency = store.details.currency;
    let own = worker.store.prices_of_store(&store.org, &store.id, now()).await?;
    let sold = products.iter().map(|product| priced(product, &own));
    let sold = sold.filter(|product| product.price.amount.currency == currency);
    let catalogue = Catalogue::new(currency, store.details.taxes.clone(), sold).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", texts.join("; "))
    })?;
    let newest = worker.store.newest_generation(&store.org, &store.id).await?;
    if catalogue.products().len() == 0 && newest.is_none() {
        return Ok(());
    }
    let views: BTreeMap<ViewId, View> = views
        .iter()
        .filter(|(_, view)| catalogue.product(&view.product).is_some())
        .map(|(id, view)| (*id, view.clone()))
        .collect();
    let content = content(worker, catalogue, views).await?;
    let publishing = Publishing {
        by: Actor::System("worker".to_owned()),
        expected: None,
        keep: worker.config.worker.generations_kept,
    };
    let sign = |head: &Head| worker.signer.sign(&store.org, &store.id, head).to_vec();
    let published = worker
        .store
        .publish_generation(&store.org, &store.id, Arc::new(content), &publishing, &sign, now())
        .await?;
    if published.is_new {
        let number = published.info.head.number;
        metrics::counter!("tillsight_worker_generations_total").increment(1);
        tracing::info!(
            store = %store.id,
            generation = number.0,
            products = published.info.products,
            views = published.info.views,
            "store `{}` sells from generation {number}",
            store.id
        );
    }
    Ok(())
}

/// The product at the store's own price, where it has one.
fn priced(product: &Product, own: &BTreeMap<ProductId, UnitPrice>) -> Product {
    let price = own.get(&product.id).copied().unwrap_or(product.price);
    Product { price, ..product.clone() }
}

/// Vectors are rounded as they travel, and the thresholds are fitted on what tills will have.
async fn content(
    worker: &Worker,
    catalogue: Catalogue,
    views: BTreeMap<ViewId, View>,
) -> anyhow::Result<Content> {
    let model = views.values().next().map(|view| view.embedding.model().clone());
    let content = Content { catalogue: Arc::new(catalogue), model, views, calibration_json: None };
    if content.views.is_empty() {
        return Ok(content);
    }
    let experience = worker.eye.experience().await?;
    let fit = move || -> anyhow::Result<Content> {
        let mut content = content.rounded();
        let views: Vec<View> = content.views.values().cloned().collect();
        let calibration = Calibration::fit(&views, &OperatingPoints::default(), &experience)
            .context("failed to fit the thresholds on the views")?;
        content.calibration_json = Some(calibration.to_json());
        Ok(content)
    };
    tokio::task::spawn_blocking(fit).await.context("fitting the thresholds was broken off")?
}

async fn all_products(worker: &Worker, org: &OrgId) -> anyhow::Result<Vec<Product>> {
    let mut all: Vec<Product> = Vec::new();
    loop {
        let after = all.last().map(|product| product.id.clone());
        let filter = cloud_store::ProductFilter::default();
        let page = worker.store.products(org, &filter, after.as_ref(), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|stored| stored.product));
    }
}

/// Says with each product which of its photos shoppers see; tills fetch the picture by its name.
async fn name_pictures(worker: &Worker, org: &OrgId, products: &mut [Product]) -> anyhow::Result<()> {
    for product in products.iter_mut().filter(|product| !product.archived) {
        let photos = worker.store.photos(org, &product.id).await?;
        let shown = picture::shown(&photos);
        product.picture = shown.map(|photo| picture::name_of(&product.id, &photo.photo.hash));
    }
    Ok(())
}

/// Views of the model in use; an organisation without photos needs no model.
async fn current_views(
    worker: &Worker,
    org: &OrgId,
    products: &[Product],
) -> anyhow::Result<BTreeMap<ViewId, View>> {
    let model = match worker.eye.version().await {
        Ok(model) => model,
        Err(error) => {
            for product in products.iter().filter(|product| !product.archived) {
                if !worker.store.photos(org, &product.id).await?.is_empty() {
                    return Err(error);
                }
            }
            return Ok(BTreeMap::new());
        }
    };
    let mut all = BTreeMap::new();
    let mut after = None;
    loop {
        let page = worker.store.current_views(org, &model, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.view.id);
        all.extend(page.into_iter().map(|stored| (stored.view.id, stored.view)));
    }
}

/// Whether products were embedded by another model and have no views of this one: then they are embedded again first, and
/// the last of those jobs asks for this one again. Until then tills keep the generation whose views belong together.
async fn wait_for_views(
    worker: &Worker,
    org: &OrgId,
    products: &[Product],
    views: &BTreeMap<ViewId, View>,
) -> anyhow::Result<bool> {
    let seen: BTreeSet<&ProductId> = views.values().map(|view| &view.product).collect();
    let mut wait = false;
    for product in products.iter().filter(|product| !product.archived && !seen.contains(&product.id)) {
        let photos = worker.store.photos(org, &product.id).await?;
        if photos.iter().any(|photo| photo.state == PhotoState::Embedded) {
            let now = now();
            worker.store.add_job(org, &super::job(EMBED_PRODUCT, product.id.as_str(), now), now).await?;
            wait = true;
        }
    }
    Ok(wait)
}
