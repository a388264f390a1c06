//! The till a command works on, whether its daemon runs or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::{Generation, ModelVersion, ProductId, SequenceNumber, ViewId};
use domain::product::Product;
use domain::sale::Sale;
use edge_store::control::{Access, Origins, Status};
use edge_store::{
    FoundPicture, GenerationInfo, GivenPicture, JournalEntry, JournalReport, Learnt, OnDamage, OpenReport,
    PictureHash, SightingPage, Store, StoreOptions, ViewChange, ViewReport,
};
use serde_json::Value;

use crate::Context;
use crate::failure::Failure;
use crate::suggest::did_you_mean;

/// The most sales that are asked for at once.
const SALES_A_PAGE: u32 = 1000;

/// A way to a till. A daemon ends a connection that is silent for long, and a store that is open keeps the daemon from
/// starting: whoever thinks, or asks a person, [`reopen`](Self::reopen)s it afterwards.
pub(crate) struct Till {
    folder: PathBuf,
    access: Access,
}

/// The newest generation, as far as commands need it.
pub(crate) struct Newest {
    /// Its number.
    pub(crate) generation: Generation,
    /// Products, prices, rates.
    pub(crate) catalogue: Catalogue,
    /// The model that made the views; `None` when there are none.
    pub(crate) model: Option<ModelVersion>,
    /// All views, those of archived products included.
    pub(crate) views: Vec<View>,
}

impl Newest {
    /// The views of products that are sold: those that the till recognises by.
    pub(crate) fn sold_views(&self) -> Vec<View> {
        let sold = |id: &ProductId| self.catalogue.product(id).is_some_and(|product| !product.archived);
        self.views.iter().filter(|view| sold(&view.product)).cloned().collect()
    }
}

impl Till {
    /// Reaches the till in the data directory.
    pub(crate) fn open(context: &Context) -> Result<Self, Failure> {
        let folder = context.global.data.clone();
        let access = Access::open(&folder)?;
        Ok(Self { folder, access })
    }

    /// Reaches the same till again.
    pub(crate) fn reopen(self) -> Result<Self, Failure> {
        let Self { folder, access } = self;
        // Gone first: the store can be open only once.
        drop(access);
        let access = Access::open(&folder)?;
        Ok(Self { folder, access })
    }

    /// True when the till's daemon answers.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.access, Access::Daemon(_))
    }

    /// The newest generation, if there is one.
    pub(crate) fn newest(&mut self) -> Result<Option<Newest>, Failure> {
        // Somebody may publish between the two questions; then both are asked again.
        for _ in 0..3 {
            let Some((generation, catalogue)) = self.access.catalogue()? else { return Ok(None) };
            let Some(enrolled) = self.access.views()? else {
                return Ok(Some(Newest { generation, catalogue, model: None, views: Vec::new() }));
            };
            if enrolled.generation == generation {
                let model = Some(enrolled.model);
                return Ok(Some(Newest { generation, catalogue, model, views: enrolled.views }));
            }
        }
        Err(Failure::new("the catalogue kept changing while it was read").hint("run the command again"))
    }

    /// The newest generation; an error before the first catalogue.
    pub(crate) fn catalogue(&mut self) -> Result<Newest, Failure> {
        self.newest()?.ok_or_else(|| {
            Failure::new("this till has no catalogue yet").hint("import one: `tillsight catalog import FILE`")
        })
    }

    /// What sold things looked like to a model, oldest first.
    pub(crate) fn sightings(&mut self, model: &ModelVersion) -> Result<SightingPage, Failure> {
        Ok(self.access.all_sightings(model)?)
    }

    /// What was learnt from them so far.
    pub(crate) fn learnt(&mut self) -> Result<Learnt, Failure> {
        Ok(self.access.learnt()?)
    }

    /// Forgets what sold things looked like; gives their number.
    pub(crate) fn forget_sightings(&mut self) -> Result<u64, Failure> {
        Ok(self.access.forget_sightings()?)
    }

    /// What the newest generation sells by.
    pub(crate) fn calibration_json(&mut self) -> Result<Option<String>, Failure> {
        Ok(self.access.calibration_json()?)
    }

    /// The kept generations, newest first.
    pub(crate) fn generations(&mut self) -> Result<Vec<GenerationInfo>, Failure> {
        Ok(self.access.generations()?)
    }

    /// Makes a generation with other products, prices or rates.
    pub(crate) fn publish_catalogue(&mut self, catalogue: &Catalogue) -> Result<Generation, Failure> {
        Ok(self.access.publish_catalogue(catalogue)?)
    }

    /// Makes a generation with other views.
    pub(crate) fn publish_views(&mut self, change: ViewChange) -> Result<Generation, Failure> {
        Ok(self.access.publish_views(change)?)
    }

    /// Makes a generation with other views, unless another was made since: `None` then.
    pub(crate) fn publish_views_if_newest(
        &mut self,
        change: ViewChange,
    ) -> Result<Option<Generation>, Failure> {
        match self.access.publish_views(change) {
            Ok(generation) => Ok(Some(generation)),
            Err(error) if error.is_generation_moved() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts new views into the store before the generation that is to have them.
    pub(crate) fn bring_views(
        &mut self,
        model: &ModelVersion,
        views: Vec<View>,
        pictures: BTreeMap<ViewId, GivenPicture>,
    ) -> Result<(), Failure> {
        Ok(self.access.bring_views(model, views, pictures)?)
    }

    /// What the newest generation's views were made from, with its number.
    pub(crate) fn view_origins(&mut self) -> Result<(Generation, Origins), Failure> {
        Ok(self.access.view_origins()?.unwrap_or_default())
    }

    /// Pictures of views, in order.
    pub(crate) fn view_pictures(&mut self, hashes: &[PictureHash]) -> Result<Vec<FoundPicture>, Failure> {
        Ok(self.access.view_pictures(hashes)?)
    }

    /// Reads every view and every picture.
    pub(crate) fn verify_views(&mut self) -> Result<ViewReport, Failure> {
        Ok(self.access.verify_views()?)
    }

    /// Makes a generation with the contents of an earlier one.
    pub(crate) fn rollback(&mut self, to: Generation) -> Result<Generation, Failure> {
        Ok(self.access.rollback(to)?)
    }

    /// Up to `limit` sales, newest first.
    pub(crate) fn newest_sales(&mut self, limit: u32) -> Result<Vec<(JournalEntry, Sale)>, Failure> {
        let mut sales: Vec<(JournalEntry, Sale)> = Vec::new();
        loop {
            let wanted = (limit as usize - sales.len()).min(SALES_A_PAGE as usize);
            let before = sales.last().map(|(entry, _)| entry.sequence);
            let page = self.access.sales_before(before, u32::try_from(wanted).unwrap_or(SALES_A_PAGE))?;
            let ended = page.len() < wanted;
            sales.extend(page);
            if ended || sales.len() >= limit as usize {
                return Ok(sales);
            }
        }
    }

    /// The sale at a place of the journal.
    pub(crate) fn sale_at(&mut self, place: SequenceNumber) -> Result<Option<(JournalEntry, Sale)>, Failure> {
        let next = self.access.sales(SequenceNumber(place.0.saturating_sub(1)), 1)?;
        Ok(next.into_iter().find(|(entry, _)| entry.sequence == place))
    }

    /// Walks the whole journal.
    pub(crate) fn verify_journal(&mut self) -> Result<JournalReport, Failure> {
        Ok(self.access.verify()?)
    }

    /// How the till and its store are.
    pub(crate) fn status(&mut self) -> Result<Status, Failure> {
        Ok(self.access.status()?)
    }

    /// The value of a setting.
    pub(crate) fn setting(&mut self, key: &str) -> Result<Option<String>, Failure> {
        Ok(self.settings()?.into_iter().find(|(known, _)| known == key).map(|(_, value)| value))
    }

    /// All settings in order of key.
    pub(crate) fn settings(&mut self) -> Result<Vec<(String, String)>, Failure> {
        Ok(self.access.settings()?)
    }

    /// Sets a setting, or removes it with `None`.
    pub(crate) fn set_setting(&mut self, key: &str, value: Option<&str>) -> Result<(), Failure> {
        Ok(self.access.set_setting(key, value)?)
    }

    /// Has the running daemon do something of its own; an error when none runs.
    pub(crate) fn ask_daemon(&mut self, operation: &str, body: Value) -> Result<Value, Failure> {
        Ok(self.access.extra(operation, body)?)
    }
}

/// What is wrong with the file of a store that no daemon has open; `None` when nothing is.
pub(crate) fn damage(folder: &Path) -> Result<Option<String>, Failure> {
    let options = StoreOptions { on_damage: OnDamage::Inspect, ..StoreOptions::default() };
    let (_, report) = Store::open_with(folder, None, &options)?;
    Ok(match report {
        OpenReport::Damaged { problem } => Some(problem),
        _ => None,
    })
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
