//! What is common to all series of an organisation: learnt once a run, kept as a blob by its content, read by whoever forecasts.
//!
//! The blob also says by which numbers stores, categories and holidays were known, so that all who forecast mean the same by them,
//! and on which days each shop sold, so that each of them need not look for that again.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use cloud_demand::forecast::all::{self, History, Input, Options};
use cloud_demand::forecast::trained::Trained;
use cloud_store::{NewShard, ProductFilter, ProductRange, Store, StoreInfo};
use domain::ids::OrgId;
use serde::{Deserialize, Serialize};

use super::days::{day_numbered, number_of};
use super::series::{self, Opening, Series, Window};
use crate::config::Forecast;

/// What a blob begins with: another layout has another one.
const MAGIC: &[u8; 8] = b"TSDEMND1";
/// After how many days a shop's pattern repeats.
pub(super) const SEASON: usize = 7;
/// What the random choices of training start from: the same sales give the same model.
const SEED: u64 = 1;

/// What was learnt, and the numbers by which it knows things.
#[derive(Debug)]
pub(crate) struct Learnt {
    pub(super) names: Names,
    pub(super) trained: Trained,
}

/// The numbers by which a model knows things: places in lists.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Names {
    stores: Vec<String>,
    categories: Vec<String>,
    /// Days and kinds.
    holidays: Vec<(i64, u16)>,
    /// The series that were learnt from: store and product.
    pub(super) series: Vec<(String, String)>,
    /// The days on which each shop sold anything.
    traded: BTreeMap<String, Vec<i64>>,
}

/// A plan: what is forecast in which parts.
pub(crate) async fn shards(store: &Store, org: &OrgId, size: u32) -> anyhow::Result<Vec<NewShard>> {
    let stores = store.stores(org).await?;
    let filter = ProductFilter { archived: Some(false), ..ProductFilter::default() };
    let mut ranges: Vec<(ProductRange, u32)> = Vec::new();
    let mut after = None;
    loop {
        let page = store.products(org, &filter, after.as_ref(), size).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
        after = Some(last.product.id.clone());
        let range = ProductRange { first: first.product.id.clone(), last: last.product.id.clone() };
        ranges.push((range, u32::try_from(page.len())?));
    }
    let of_store = |shop: &StoreInfo| {
        let shard = |(range, series): &(ProductRange, u32)| NewShard {
            store: shop.id.clone(),
            range: range.clone(),
            series: *series,
        };
        ranges.iter().map(shard).collect::<Vec<_>>()
    };
    Ok(stores.iter().flat_map(of_store).collect())
}

/// Learns from some of the shards, evenly spread, so that there are no more series than the settings allow.
pub(crate) async fn learn(
    store: &Store,
    org: &OrgId,
    shards: &[NewShard],
    first_day: i64,
    settings: &Forecast,
) -> anyhow::Result<Learnt> {
    let window = Window { first_day, days: settings.days, history_days: settings.history_days };
    let mut names = Names::default();
    let (mut shops, mut openings) = (BTreeMap::new(), BTreeMap::new());
    for shop in store.stores(org).await? {
        let traded = series::traded(store, &shop, window).await?;
        openings.insert(shop.id.clone(), Opening::new(&traded, window));
        names.traded.insert(shop.id.to_string(), traded);
        names.stores.push(shop.id.to_string());
        shops.insert(shop.id.clone(), shop);
    }
    names.categories = store.categories(org).await?.into_iter().map(|category| category.name).collect();
    names.holidays = holidays(store, org, window).await?;
    let mut histories = Vec::new();
    for shard in spread(shards, settings.training_series_max) {
        let (Some(shop), Some(opening)) = (shops.get(&shard.store), openings.get(&shard.store)) else {
            continue;
        };
        for one in series::read(store, shop, &shard.range, opening, window).await? {
            let id = histories.len();
            names.series.push((shop.id.to_string(), one.product.to_string()));
            histories.push(names.numbered(shop, one, id));
        }
    }
    let input = names.input(histories, window);
    let options = options(settings);
    let trained = tokio::task::spawn_blocking(move || all::train(&input, &options)).await??;
    Ok(Learnt { names, trained })
}

/// How series are forecast.
pub(super) fn options(settings: &Forecast) -> Options {
    Options {
        trials: settings.trials,
        seed: SEED,
        rows_max: settings.training_rows_max,
        ..Options::default()
    }
}

/// The holidays that the history and the forecast can have seen; the same name is the same kind.
pub(super) async fn holidays(store: &Store, org: &OrgId, window: Window) -> anyhow::Result<Vec<(i64, u16)>> {
    let from = day_numbered(window.first_day - i64::from(window.history_days) - 30);
    let to = day_numbered(window.first_day + i64::from(window.days) + 30);
    let found = store.holidays(org, from, to).await?;
    let mut kinds: Vec<&str> = found.iter().map(|holiday| holiday.name.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let kind = |name: &str| kinds.binary_search(&name).ok().and_then(|kind| u16::try_from(kind).ok());
    Ok(found.iter().filter_map(|holiday| Some((number_of(holiday.day), kind(&holiday.name)?))).collect())
}

/// Every so-manieth shard, so that together they have at most so many series; at least one.
fn spread(shards: &[NewShard], series_max: u32) -> impl Iterator<Item = &NewShard> {
    let series: u64 = shards.iter().map(|shard| u64::from(shard.series)).sum();
    let step = usize::try_from(series.div_ceil(u64::from(series_max.max(1)))).unwrap_or(usize::MAX);
    shards.iter().step_by(step.max(1))
}

impl Names {
    /// A series with the numbers by which a model knows its store and its category. A category that came later is none.
    pub(super) fn numbered(&self, shop: &StoreInfo, series: Series, id: usize) -> History {
        let store = self.stores.iter().position(|name| name == shop.id.as_str());
        let category = series.category.and_then(|name| self.categories.binary_search(&name).ok());
        let number = |place: Option<usize>| place.map_or(0, |place| u32::try_from(place + 1).unwrap_or(0));
        History { id, category: number(category), store: number(store), ..series.history }
    }

    /// When a shop sold.
    pub(super) fn opening(&self, shop: &StoreInfo, window: Window) -> Opening {
        let traded = self.traded.get(shop.id.as_str()).map_or([].as_slice(), Vec::as_slice);
        Opening::new(traded, window)
    }

    /// What is asked of the arithmetic.
    pub(super) fn input(&self, series: Vec<History>, window: Window) -> Input {
        let holiday = |(day, kind): &(i64, u16)| all::Holiday { day: *day, kind: *kind };
        Input {
            series,
            holidays: self.holidays.iter().map(holiday).collect(),
            horizon: window.days as usize,
            season: SEASON,
        }
    }
}

impl Learnt {
    /// What is kept.
    pub(crate) fn to_bytes(&self) -> anyhow::Result<Vec<u8>> {
        let names = serde_json::to_vec(&self.names)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u64::try_from(names.len())?.to_le_bytes());
        bytes.extend(names);
        bytes.extend(self.trained.to_bytes());
        Ok(bytes)
    }

    /// What was kept.
    pub(crate) fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        let rest = bytes.strip_prefix(MAGIC).context("what was learnt is of another version: run it anew")?;
        let (length, rest) = rest.split_first_chunk().context("what was learnt breaks off: run it anew")?;
        let length = usize::try_from(u64::from_le_bytes(*length))?;
        ensure!(length <= rest.len(), "what was learnt breaks off: run it anew");
        let (names, trained) = rest.split_at(length);
        Ok(Self { names: serde_json::from_slice(names)?, trained: Trained::from_bytes(trained)? })
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{ProductId, StoreId};

    use super::*;

    fn shard(series: u32) -> NewShard {
        let product = ProductId::new("p").unwrap();
        let range = ProductRange { first: product.clone(), last: product };
        NewShard { store: StoreId::new("s").unwrap(), range, series }
    }

    #[test]
    fn learns_from_no_more_series_than_allowed_all_over_the_organisation() {
        let shards = vec![shard(10); 100];
        for (most, taken) in [(1_000, 100), (999, 50), (100, 10), (1, 1)] {
            assert_eq!(spread(&shards, most).count(), taken, "{most}");
        }
        assert_eq!(spread(&[], 10).count(), 0);
    }

    #[test]
    fn reads_what_it_wrote_and_refuses_the_rest() {
        let names = Names {
            stores: vec!["a".to_owned()],
            holidays: vec![(20_000, 3)],
            series: vec![("a".to_owned(), "milk".to_owned())],
            traded: BTreeMap::from([("a".to_owned(), vec![1, 2])]),
            ..Names::default()
        };
        let learnt = Learnt { names, trained: Trained::default() };
        let bytes = learnt.to_bytes().unwrap();
        assert_eq!(Learnt::from_bytes(&bytes).unwrap().names, learnt.names);
        for bad in [&b""[..], b"TSDEMND0", &bytes[..12], &bytes[..20]] {
            assert!(Learnt::from_bytes(bad).is_err());
        }
    }
}
