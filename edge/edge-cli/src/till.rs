//! The till a command works on, whether its daemon runs or not.

use domain::catalogue::Catalogue;
use domain::ids::{Generation, ProductId, SequenceNumber};
use domain::product::Product;
use domain::sale::Sale;
use edge_store::{
    CatalogueGeneration, DiskState, GenerationInfo, JournalEntry, JournalReport, OnDamage, OpenReport, Store,
    StoreOptions, ViewChange,
};
use serde_json::Value;

use crate::Context;
use crate::failure::Failure;
use crate::suggest::did_you_mean;

/// An open till.
pub(crate) struct Till {
    store: Store,
    damage: Option<String>,
}

impl Till {
    /// Reaches the till in the data directory.
    pub(crate) fn open(context: &Context) -> Result<Self, Failure> {
        let options = StoreOptions { on_damage: OnDamage::Inspect, ..StoreOptions::default() };
        let (store, report) = Store::open_with(&context.global.data, None, &options)?;
        let damage = match report {
            OpenReport::Damaged { problem } => Some(problem),
            _ => None,
        };
        Ok(Self { store, damage })
    }

    /// What is wrong with the store, where it is damaged and open for inspection only.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// The newest generation, if there is one.
    pub(crate) fn newest(&self) -> Result<Option<CatalogueGeneration>, Failure> {
        Ok(self.store.catalogue()?)
    }

    /// The newest generation; an error before the first catalogue.
    pub(crate) fn catalogue(&self) -> Result<CatalogueGeneration, Failure> {
        self.newest()?.ok_or_else(|| {
            Failure::new("this till has no catalogue yet").hint("import one: `tillsight catalog import FILE`")
        })
    }

    /// The kept generations, newest first.
    pub(crate) fn generations(&self) -> Result<Vec<GenerationInfo>, Failure> {
        Ok(self.store.generations()?)
    }

    /// Makes a generation with other products, prices or rates.
    pub(crate) fn publish_catalogue(&self, catalogue: &Catalogue) -> Result<Generation, Failure> {
        Ok(self.store.publish_catalogue(catalogue)?)
    }

    /// Makes a generation with other views.
    pub(crate) fn publish_views(&self, change: ViewChange) -> Result<Generation, Failure> {
        Ok(self.store.publish_views(change)?)
    }

    /// Makes a generation with the contents of an earlier one.
    pub(crate) fn rollback(&self, to: Generation) -> Result<Generation, Failure> {
        Ok(self.store.rollback(to)?)
    }

    /// Up to `limit` sales, newest first.
    pub(crate) fn newest_sales(&self, limit: u32) -> Result<Vec<(JournalEntry, Sale)>, Failure> {
        Ok(self.store.newest_sales(limit)?)
    }

    /// The sale at a place of the journal.
    pub(crate) fn sale_at(&self, place: SequenceNumber) -> Result<Option<(JournalEntry, Sale)>, Failure> {
        let next = self.store.sales(SequenceNumber(place.0.saturating_sub(1)), 1)?;
        Ok(next.into_iter().find(|(entry, _)| entry.sequence == place))
    }

    /// Walks the whole journal.
    pub(crate) fn verify_journal(&self) -> Result<JournalReport, Failure> {
        Ok(self.store.verify_journal()?)
    }

    /// How many sales wait to be sent.
    pub(crate) fn outbox_len(&self) -> Result<u64, Failure> {
        Ok(self.store.outbox_len()?)
    }

    /// The value of a setting.
    pub(crate) fn setting(&self, key: &str) -> Result<Option<String>, Failure> {
        Ok(self.store.setting(key)?)
    }

    /// All settings in order of key.
    pub(crate) fn settings(&self) -> Result<Vec<(String, String)>, Failure> {
        Ok(self.store.settings()?)
    }

    /// Sets a setting, or removes it with `None`.
    pub(crate) fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), Failure> {
        Ok(self.store.set_setting(key, value)?)
    }

    /// Room on the disk under the store.
    pub(crate) fn disk_state(&self) -> Result<DiskState, Failure> {
        Ok(self.store.disk_state()?)
    }

    /// What the running daemon says of itself; `None` when none runs.
    pub(crate) fn daemon_status(&self) -> Result<Option<Value>, Failure> {
        Ok(None)
    }

    /// Has the running daemon do something of its own; `None` when none runs.
    pub(crate) fn ask_daemon(&self, _operation: &str, _body: &Value) -> Result<Option<Value>, Failure> {
        Ok(None)
    }
}

/// A product by its id as it was typed; an error names the one that was probably meant.
pub(crate) fn known_product<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a Product, Failure> {
    let found = ProductId::new(id).ok().and_then(|id| catalogue.product(&id));
    found.ok_or_else(|| {
        let ids = catalogue.products().map(|product| product.id.as_str());
        let hint = did_you_mean(id, ids);
        let hint = hint.unwrap_or_else(|| "`tillsight catalog list` lists the products".to_owned());
        Failure::new(format!("the catalogue has no product `{id}`")).hint(hint)
    })
}
