//! The newest generation of every store, for whoever has to hear of it at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::{Generation, OrgId, StoreId};
use tokio::sync::watch;

/// The newest generation by store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heads(Arc<BTreeMap<(OrgId, StoreId), Generation>>);

/// Where heads are told and heard of.
#[derive(Debug)]
pub struct HeadBoard {
    board: watch::Sender<Heads>,
}

impl Heads {
    /// Of one store; `None` before its first.
    pub fn of(&self, org: &OrgId, store: &StoreId) -> Option<Generation> {
        self.0.get(&(org.clone(), store.clone())).copied()
    }

    /// Of every store that has one.
    pub fn iter(&self) -> impl Iterator<Item = (&(OrgId, StoreId), &Generation)> {
        self.0.iter()
    }
}

impl Default for HeadBoard {
    fn default() -> Self {
        Self { board: watch::Sender::new(Heads::default()) }
    }
}

impl HeadBoard {
    /// Follows the board.
    pub fn watch(&self) -> watch::Receiver<Heads> {
        self.board.subscribe()
    }

    /// Puts up what the store knows; whoever follows is woken only by a change.
    pub fn put_up(&self, heads: BTreeMap<(OrgId, StoreId), Generation>) {
        let heads = Heads(Arc::new(heads));
        self.board.send_if_modified(|before| {
            let changed = *before != heads;
            *before = heads;
            changed
        });
    }
}
