//! What a store should order: worked out after each run, kept for people to decide on, told to those who want to know.

use std::collections::BTreeMap;

use anyhow::Context as _;
use cloud_demand::replenish::propose::{self, Proposal as Line};
use cloud_store::{
    ForecastRun, NewNotice, NewProposal, NoticeEvent, OpenPurchase, PendingOf, ProposalFilter, ProposalId,
    ProposalLine, ProposalState, Severity, Store, StoreError, StoreInfo, SupplierId,
};
use domain::ids::StoreId;
use domain::time::WallMs;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::json;
use uuid::Uuid;

use super::because::LineReason;
use super::days::{day_numbered, number_of};
use super::low_stock;
use super::needs::{self, Changes, Goods, Needs};
use crate::roles::now;

/// Lines of one order; what is beyond them waits for the next run.
const LINES_MAX: usize = 1_000;
/// Open proposals of a store that are looked at for what they spend.
const OPEN_MAX: u32 = 500;

/// What the notice of a store's proposals is about.
pub(crate) fn notice_key(store: &StoreId) -> String {
    store.to_string()
}

/// Proposes what a store should order after a run. Done twice, the proposals of the first time stay.
pub(crate) async fn propose(
    store: &Store,
    shop: &StoreInfo,
    run: &ForecastRun,
    proposal_ms: i64,
) -> anyhow::Result<()> {
    let today = number_of(run.run.first_day);
    let open = store.open_purchases(&shop.org, &shop.id).await?;
    let mut needs = needs::of_store(store, shop, today, &open, None, &Changes::default()).await?;
    let spent = spent(store, shop, &open).await?;
    needs.request.budget_minor = needs.request.budget_minor.map(|budget| (budget - spent).max(0));
    let (needs, proposed) = tokio::task::spawn_blocking(move || {
        let proposed = propose::propose(&needs.request);
        (needs, proposed)
    })
    .await?;
    let lines = proposed.context("what the store can order cannot be worked out")?.lines;
    let proposals = proposals(shop, &needs, &lines, today)?;
    let now = now();
    let until = WallMs(now.0 + proposal_ms);
    if store.replace_proposals(&shop.org, &shop.id, run.run.id, &proposals, &open, (now, until)).await? {
        tracing::info!(store.id = %shop.id, proposals = proposals.len(), "orders are proposed for `{}`", shop.id);
    }
    tell(store, shop, now).await?;
    let points = low_stock::reorder_points(&needs, &lines);
    store.put_reorder_points(&shop.org, &shop.id, &points).await?;
    low_stock::tell(store, shop, &needs, &lines, now).await?;
    Ok(())
}

/// What proposals that a person has changed spend already: they stay.
async fn spent(store: &Store, shop: &StoreInfo, open: &[OpenPurchase]) -> anyhow::Result<i64> {
    if !open.iter().any(|one| matches!(one.of, PendingOf::Proposal(_))) {
        return Ok(0);
    }
    let filter = ProposalFilter { store: Some(shop.id.clone()), state: Some(ProposalState::Open) };
    let found = store.proposals(&shop.org, &filter, None, OPEN_MAX).await?;
    let edited = found.iter().filter(|one| one.edited).flat_map(|one| &one.proposal.lines);
    let amount: Decimal = edited.map(|line| line.pack_price * Decimal::from(line.packs)).sum();
    let factor = Decimal::from(10_i64.pow(shop.details.currency.exponent()));
    (amount * factor).round().to_i64().context("open proposals cost more than can be counted")
}

/// One proposal for each supplier of which something is needed.
fn proposals(
    shop: &StoreInfo,
    needs: &Needs,
    lines: &[Line],
    today: i64,
) -> anyhow::Result<Vec<NewProposal>> {
    let mut of_supplier: BTreeMap<SupplierId, Vec<(&Goods, &Line)>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.packs > 0) {
        let goods = usize::try_from(line.item).ok().and_then(|item| needs.goods.get(item));
        let goods = goods.context("what is proposed was not asked for")?;
        of_supplier.entry(goods.offer.supplier).or_default().push((goods, line));
    }
    let proposals = of_supplier.into_iter().map(|(supplier, mut lines)| {
        lines.truncate(LINES_MAX);
        let arrives = lines.iter().filter_map(|(_, line)| line.arrives).max();
        let lines: anyhow::Result<Vec<ProposalLine>> =
            lines.into_iter().map(|(goods, line)| line_of(needs, goods, line)).collect();
        Ok(NewProposal {
            id: ProposalId(Uuid::now_v7()),
            supplier,
            currency: shop.details.currency,
            order_on: day_numbered(today),
            arrives_on: arrives.map(day_numbered),
            lines: lines?,
        })
    });
    proposals.collect()
}

fn line_of(needs: &Needs, goods: &Goods, line: &Line) -> anyhow::Result<ProposalLine> {
    let offer = &goods.offer.offer;
    let name_of = |item: u64| {
        let other = usize::try_from(item).ok().and_then(|item| needs.goods.get(item));
        other.map_or_else(String::new, |other| other.product.product.name.get("en").to_owned())
    };
    let because: Vec<LineReason> = line.because.iter().map(|one| LineReason::of(one, name_of)).collect();
    let packs = u32::try_from(line.packs)?;
    Ok(ProposalLine {
        product: goods.product.product.id.clone(),
        article: offer.article.clone(),
        gtin: offer.gtin,
        name: offer.name.clone(),
        packs_proposed: packs,
        packs,
        rule: offer.offer.rule,
        pack: offer.offer.pack,
        pack_price: offer.offer.pack_price,
        tax_basis_points: offer.tax_basis_points,
        because: serde_json::to_string(&because)?,
    })
}

/// Tells that proposals wait, or that none do any more.
async fn tell(store: &Store, shop: &StoreInfo, now: WallMs) -> Result<(), StoreError> {
    let filter = ProposalFilter { store: Some(shop.id.clone()), state: Some(ProposalState::Open) };
    let open = store.proposals(&shop.org, &filter, None, OPEN_MAX).await?;
    let (event, key) = (NoticeEvent::ProposalsReady, notice_key(&shop.id));
    if open.is_empty() {
        store.settle_notice(&shop.org, event, &key, now).await?;
        return Ok(());
    }
    let notice = NewNotice {
        store: Some(shop.id.clone()),
        event,
        severity: Severity::Info,
        key,
        data: json!({"store": shop.details.name, "count": open.len()}),
    };
    store.raise_notice(&shop.org, &notice, now).await?;
    Ok(())
}
