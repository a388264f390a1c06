//! How the facts of a report are gathered.

use std::collections::{BTreeMap, BTreeSet};

use cloud_store::{
    DaySum, HealthState, HealthSubject, NoticeFilter, NoticeReader, Organisation, Role, SaleFilter, Severity,
    Store, StoreError, StoreInfo,
};
use domain::ids::{OrgId, ProductId, StoreId};
use domain::time::{BusinessDay, WallMs};

use super::facts::{CurrencySum, Facts, Identified, NoticeCount, ProductFacts, StockOut, TillFacts};
use super::{Period, period_before};
use crate::monitoring::CONTACT;

/// Changes of one part that are looked at: one that flutters more often has no share of time worth knowing.
const CHANGES_MAX: u32 = 5_000;
/// Notices that are counted, balances that are looked at, and products without stock that are named.
const NOTICES_MAX: u32 = 5_000;
const BALANCES_MAX: u32 = 5_000;
const STOCK_OUTS_MAX: usize = 50;

/// Everything that a report says.
pub(super) async fn gather(
    store: &Store,
    organisation: &Organisation,
    (stores, shop): (&[StoreInfo], Option<&StoreInfo>),
    period: &Period,
    products_max: u32,
    now: WallMs,
) -> anyhow::Result<Facts> {
    let (org, id) = (&organisation.id, shop.map(|shop| &shop.id));
    let days = (period.first_day, period.last_day);
    let sums = day_sums(store, org, stores, days).await?;
    let before = day_sums(store, org, stores, period_before(period)?).await?;
    let identified = store.identified_sums(org, id, days).await?;
    let identified = identified.into_iter().map(|sum| Identified { by: sum.by, lines: sum.lines });
    Ok(Facts {
        organisation: organisation.name.clone(),
        store: shop.map(|shop| shop.details.name.clone()),
        kind: period.kind.as_str().to_owned(),
        first_day: period.first_day.to_string(),
        last_day: period.last_day.to_string(),
        made_at_ms: now.0,
        time_zone: stores.first().map_or_else(String::new, |shop| shop.details.time_zone.clone()),
        sums: by_currency(&sums),
        sums_before: by_currency(&before),
        tills: tills(store, org, stores, period, &sums).await?,
        products: products(store, org, id, days, products_max).await?,
        identified: identified.collect(),
        stock_outs: stock_outs(store, org, stores).await?,
        notices: notices(store, org, id, period).await?,
        set_aside: store.set_aside_count(org).await?,
    })
}

async fn day_sums(
    store: &Store,
    org: &OrgId,
    stores: &[StoreInfo],
    (first, last): (BusinessDay, BusinessDay),
) -> Result<Vec<DaySum>, StoreError> {
    let filter = SaleFilter { first_day: Some(first), last_day: Some(last), ..SaleFilter::default() };
    let mut sums = Vec::new();
    for shop in stores {
        sums.append(&mut store.day_sums(org, &shop.id, &filter).await?);
    }
    Ok(sums)
}

fn by_currency(sums: &[DaySum]) -> Vec<CurrencySum> {
    let mut found: BTreeMap<&str, CurrencySum> = BTreeMap::new();
    for sum in sums {
        let currency = sum.currency.code();
        let all = found.entry(currency).or_insert_with(|| CurrencySum {
            currency: currency.to_owned(),
            sales: 0,
            gross_minor: 0,
            tax_minor: 0,
        });
        all.sales += sum.sales;
        all.gross_minor = all.gross_minor.saturating_add(sum.gross_minor);
        all.tax_minor = all.tax_minor.saturating_add(sum.tax_minor);
    }
    found.into_values().collect()
}

/// Tills that are in use, and others that sold.
async fn tills(
    store: &Store,
    org: &OrgId,
    stores: &[StoreInfo],
    period: &Period,
    sums: &[DaySum],
) -> Result<Vec<TillFacts>, StoreError> {
    let parts = store.health(Some(org)).await?;
    let contacts: BTreeMap<HealthSubject, (WallMs, HealthState)> = parts
        .into_iter()
        .filter(|part| part.now.part == CONTACT)
        .map(|part| (part.subject, (part.since, part.now.state)))
        .collect();
    let mut found = Vec::new();
    for shop in stores {
        for info in store.tills(org, Some(&shop.id)).await? {
            let own: Vec<&DaySum> = sums.iter().filter(|sum| sum.till == info.till).collect();
            if info.retired_at.is_some() && own.is_empty() {
                continue;
            }
            let subject = HealthSubject::of_till(&info.till);
            found.push(TillFacts {
                store: shop.details.name.clone(),
                name: info.name.clone(),
                sales: own.iter().map(|sum| sum.sales).sum(),
                gross_minor: own.iter().map(|sum| sum.gross_minor).sum(),
                currency: shop.details.currency.code().to_owned(),
                unsent: info.last_seen.as_ref().map_or(0, |seen| seen.unsent),
                heard_basis_points: heard(store, org, &subject, contacts.get(&subject).copied(), period)
                    .await?,
                faults: faults(store, org, &subject, period).await?,
            });
        }
    }
    Ok(found)
}

/// The part of the period in which a till was heard of.
async fn heard(
    store: &Store,
    org: &OrgId,
    subject: &HealthSubject,
    contact: Option<(WallMs, HealthState)>,
    period: &Period,
) -> Result<Option<u32>, StoreError> {
    let Some((since, state)) = contact else { return Ok(None) };
    let changes = store.part_changes(Some(org), subject, CONTACT, period.until, CHANGES_MAX).await?;
    // What became of it long ago is forgotten by now.
    if changes.is_empty() && state == HealthState::Down && since < period.from {
        return Ok(Some(0));
    }
    Ok(share_well(&changes, period.from, period.until))
}

/// Of 10,000 moments from `from` to `until`, at how many a part was well: `changes` are what it became before the end, the newest
/// first. What never changed was well.
fn share_well(changes: &[(WallMs, HealthState)], from: WallMs, until: WallMs) -> Option<u32> {
    let (mut end, mut well_ms) = (until.0, 0);
    let mut reached = false;
    for (at, state) in changes {
        let begin = at.0.max(from.0);
        if *state == HealthState::Ok {
            well_ms += end - begin;
        }
        end = begin;
        if at.0 <= from.0 {
            reached = true;
            break;
        }
    }
    if !reached {
        // Before what is written down it was the opposite of what it became first.
        let was_well = changes.last().is_none_or(|(_, state)| *state != HealthState::Ok);
        well_ms += if was_well { end - from.0 } else { 0 };
    }
    let whole = until.0 - from.0;
    (whole > 0).then(|| u32::try_from(well_ms.saturating_mul(10_000) / whole).unwrap_or(0))
}

/// How often a part stopped working.
async fn faults(
    store: &Store,
    org: &OrgId,
    subject: &HealthSubject,
    period: &Period,
) -> Result<u64, StoreError> {
    let changes = store.health_changes(Some(org), Some(subject), None, CHANGES_MAX).await?;
    let within = |at: WallMs| (period.from.0..period.until.0).contains(&at.0);
    let is_fault = |part: &str| part != CONTACT && part != "cloud";
    let faults = changes.iter().filter(|change| {
        within(change.at) && change.now.state == HealthState::Down && is_fault(&change.now.part)
    });
    Ok(faults.count() as u64)
}

async fn products(
    store: &Store,
    org: &OrgId,
    shop: Option<&StoreId>,
    days: (BusinessDay, BusinessDay),
    limit: u32,
) -> Result<Vec<ProductFacts>, StoreError> {
    let sums = store.product_sums(org, shop, days, limit).await?;
    let names = names(store, org, sums.iter().map(|sum| sum.product.as_str())).await?;
    let fact = |sum: cloud_store::ProductSum| ProductFacts {
        names: names
            .get(&sum.product)
            .cloned()
            .unwrap_or_else(|| BTreeMap::from([(String::new(), sum.product)])),
        unit: sum.unit,
        quantity: sum.quantity,
        amount_minor: sum.amount_minor,
    };
    Ok(sums.into_iter().map(fact).collect())
}

/// A name in each language.
type Names = BTreeMap<String, String>;

/// The names of those that are in the catalogue still.
async fn names(
    store: &Store,
    org: &OrgId,
    ids: impl Iterator<Item = &str>,
) -> Result<BTreeMap<String, Names>, StoreError> {
    let ids: BTreeSet<ProductId> = ids.filter_map(|id| ProductId::new(id).ok()).collect();
    let ids: Vec<ProductId> = ids.into_iter().collect();
    let mut names = BTreeMap::new();
    for some in ids.chunks(cloud_store::PRODUCTS_AT_ONCE_MAX) {
        for stored in store.products_of(org, some).await? {
            let said = stored.product.name.0.iter();
            let said = said.map(|(language, name)| (language.clone(), name.clone())).collect();
            names.insert(stored.product.id.to_string(), said);
        }
    }
    Ok(names)
}

async fn stock_outs(store: &Store, org: &OrgId, stores: &[StoreInfo]) -> Result<Vec<StockOut>, StoreError> {
    let mut found = Vec::new();
    for shop in stores {
        let balances = store.stock(org, &shop.id, None, BALANCES_MAX).await?;
        let gone: Vec<String> = balances
            .iter()
            .filter(|balance| balance.quantity <= 0)
            .map(|balance| balance.key.product.to_string())
            .collect();
        let names = names(store, org, gone.iter().map(String::as_str)).await?;
        let named = gone.into_iter().filter_map(|id| names.get(&id).cloned());
        found.extend(named.map(|names| StockOut { store: shop.details.name.clone(), names }));
    }
    found.truncate(STOCK_OUTS_MAX);
    Ok(found)
}

/// What people of the store could read, or of the whole organisation.
async fn notices(
    store: &Store,
    org: &OrgId,
    shop: Option<&StoreId>,
    period: &Period,
) -> Result<Vec<NoticeCount>, StoreError> {
    let reader = NoticeReader {
        person: None,
        roles: vec![Role::Owner, Role::Manager],
        stores: shop.map(|shop| vec![shop.clone()]),
    };
    let told = store.notices(org, &reader, &NoticeFilter::default(), None, NOTICES_MAX).await?;
    let mut counts: BTreeMap<&'static str, (Severity, u64)> = BTreeMap::new();
    for (notice, _) in told {
        if (period.from.0..period.until.0).contains(&notice.raised_at.0) {
            let (worst, count) = counts.entry(notice.event.as_str()).or_insert((Severity::Info, 0));
            (*worst, *count) = ((*worst).max(notice.severity), *count + 1);
        }
    }
    let count = |(event, (severity, count)): (&str, (Severity, u64))| NoticeCount {
        event: event.to_owned(),
        severity: severity.as_str().to_owned(),
        count,
    };
    Ok(counts.into_iter().map(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_how_much_of_a_period_was_well() {
        use HealthState::{Down, Ok};
        let at = |ms, state| (WallMs(ms), state);
        for (changes, share) in [
            (vec![], 10_000),
            // Away from the fifth of ten moments on, and back at the ninth.
            (vec![at(150, Down)], 5_000),
            (vec![at(190, Ok), at(150, Down)], 6_000),
            // It was away when the period began.
            (vec![at(120, Ok), at(50, Down)], 8_000),
            (vec![at(50, Down)], 0),
            (vec![at(50, Ok), at(10, Down)], 10_000),
            // Only its coming back is still written down.
            (vec![at(120, Ok)], 8_000),
        ] {
            assert_eq!(share_well(&changes, WallMs(100), WallMs(200)), Some(share), "{changes:?}");
        }
        assert_eq!(share_well(&[], WallMs(5), WallMs(5)), None);
    }
}
