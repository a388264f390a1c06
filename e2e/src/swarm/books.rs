//! What the cloud has of a swarm's sales, against what its tills sold and were acked.

use std::collections::BTreeMap;

use cloud_store::{SaleFilter, Store};

use super::fleet::Swarm;
use super::journal::Sum;
use super::provision;

/// The comparison.
#[derive(Debug, Default, Clone, Copy, serde::Serialize)]
pub struct Books {
    /// Sales that the tills made.
    pub sold: u64,
    /// Sales that the cloud has.
    pub in_cloud: u64,
    /// Tills whose number, sum or newest place is not what the cloud has. Must be 0.
    pub unequal_tills: u64,
    /// Gaps, forks, quarantined and parked records. Must be 0.
    pub odd: u64,
    /// Everything arrived exactly once.
    pub exact: bool,
}

/// Compares; every till must have all its acks.
pub async fn compare(swarm: &Swarm, store: &Store) -> anyhow::Result<Books> {
    let (org, place) = (provision::org()?, provision::store_id()?);
    let mut in_cloud: BTreeMap<String, Sum> = BTreeMap::new();
    for day in store.day_sums(&org, &place, &SaleFilter::default()).await? {
        let sum = in_cloud.entry(day.till.till.to_string()).or_default();
        sum.sales += day.sales;
        sum.gross_minor += day.gross_minor;
    }
    let heads: BTreeMap<String, _> =
        store.heads(&org).await?.into_iter().map(|head| (head.till.till.to_string(), head.mark)).collect();
    let mut books = Books::default();
    for till in &swarm.tills {
        let name = till.identity.till.till.to_string();
        let journal = till.journal();
        let found = in_cloud.remove(&name).unwrap_or_default();
        let is_equal = found == journal.sold()
            && found == journal.acked_sum()
            && heads.get(&name).copied().unwrap_or(journal.genesis()) == journal.head();
        books.unequal_tills += u64::from(!is_equal);
        books.sold += journal.sold().sales;
        books.in_cloud += found.sales;
    }
    let gaps = store.gaps(&org, 1_000).await?.len() + store.forks(&org, 1_000).await?.len();
    books.odd = gaps as u64 + store.set_aside_count(&org).await?;
    books.exact = books.unequal_tills == 0 && books.odd == 0 && in_cloud.is_empty();
    Ok(books)
}

/// Sales that the cloud has committed, of all tills, by the places that it has reached.
pub async fn committed(store: &Store) -> anyhow::Result<u64> {
    let heads = store.heads(&provision::org()?).await?;
    Ok(heads.iter().map(|head| head.mark.sequence.0).sum())
}
