//! What concerns the whole cloud concerns each of its organisations: its notices are raised and settled in all of them.

use cloud_store::{NewNotice, NoticeEvent, Store, StoreError};
use domain::ids::OrgId;
use domain::time::WallMs;

/// Organisations that are read at once.
const PAGE: u32 = 500;

/// Raises the notice in every organisation.
pub(crate) async fn raise(store: &Store, notice: &NewNotice, now: WallMs) -> Result<(), StoreError> {
    let mut page = Page::default();
    while let Some(org) = page.next(store).await? {
        store.raise_notice(&org, notice, now).await?;
    }
    Ok(())
}

/// Settles what was raised of this event under this key in every organisation.
pub(crate) async fn settle(
    store: &Store,
    event: NoticeEvent,
    key: &str,
    now: WallMs,
) -> Result<(), StoreError> {
    let mut page = Page::default();
    while let Some(org) = page.next(store).await? {
        store.settle_notice(&org, event, key, now).await?;
    }
    Ok(())
}

/// Goes through the organisations, a page of them at a time.
#[derive(Default)]
struct Page {
    left: std::vec::IntoIter<OrgId>,
    last: Option<OrgId>,
    is_last: bool,
}

impl Page {
    async fn next(&mut self, store: &Store) -> Result<Option<OrgId>, StoreError> {
        if self.left.len() == 0 && !self.is_last {
            let page = store.organisations(self.last.as_ref(), PAGE).await?;
            self.is_last = page.len() < PAGE as usize;
            self.last = page.last().map(|organisation| organisation.id.clone());
            self.left = page.into_iter().map(|organisation| organisation.id).collect::<Vec<_>>().into_iter();
        }
        Ok(self.left.next())
    }
}
