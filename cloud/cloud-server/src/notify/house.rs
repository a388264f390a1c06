//! What an organisation's notices are said with: its stores, their clocks, and its own words where it has some.

use std::collections::BTreeMap;

use cloud_store::{Notice, NoticeEvent, Organisation, Store, StoreError, StoreInfo, TemplateText};
use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use super::render::{Missing, Rendered, render};
use super::words::{built_in, language_of};

/// An organisation as its notices know it.
pub(super) struct House {
    organisation: Organisation,
    stores: BTreeMap<StoreId, StoreInfo>,
    templates: BTreeMap<(NoticeEvent, String), TemplateText>,
}

/// Says notices in a language.
pub(crate) struct Speaker {
    house: House,
    language: &'static str,
}

impl Speaker {
    /// One for an organisation and a language's tag, for example `ru`.
    pub(crate) async fn load(store: &Store, org: &OrgId, language: &str) -> Result<Self, StoreError> {
        Ok(Self { house: House::load(store, org).await?, language: language_of(language) })
    }

    /// A notice in words, by the clock of its store.
    pub(crate) fn say(&self, notice: &Notice) -> Rendered {
        let zone = self.house.zone("", notice.store.as_ref());
        self.house.render(notice.event, self.language, &self.house.data(notice, zone, "")).0
    }
}

impl House {
    pub(super) async fn load(store: &Store, org: &OrgId) -> Result<Self, StoreError> {
        let stores = store.stores(org).await?.into_iter().map(|info| (info.id.clone(), info)).collect();
        let own = store.templates(org).await?.into_iter().filter(|template| !template.text.body.is_empty());
        let templates = own.map(|template| ((template.event, template.language), template.text)).collect();
        Ok(Self { organisation: store.organisation(org).await?, stores, templates })
    }

    /// What a template sees.
    pub(super) fn data(&self, notice: &Notice, zone: TimeZone, page_url: &str) -> Value {
        let at = local(notice.raised_at, zone);
        let store = notice.store.as_ref().and_then(|store| self.stores.get(store));
        let place = store.map_or(self.organisation.name.as_str(), |store| store.details.name.as_str());
        let mut data = notice.data.clone();
        if let Some(fields) = data.as_object_mut() {
            for (name, value) in [
                ("event", notice.event.as_str().to_owned()),
                ("severity", notice.severity.as_str().to_owned()),
                ("organisation", self.organisation.name.clone()),
                ("store", place.to_owned()),
                ("at", at.strftime("%d.%m.%Y %H:%M").to_string()),
                ("where", format!("{place}, {}", at.strftime("%d.%m. %H:%M"))),
                ("link", link(page_url)),
            ] {
                fields.insert(name.to_owned(), value.into());
            }
        }
        data
    }

    /// An organisation's own words, or the built-in ones, and whether they are its own. Where its own cannot be filled in the
    /// built-in ones stand in, for a notice is told in any case.
    pub(super) fn render(
        &self,
        event: NoticeEvent,
        language: &'static str,
        data: &Value,
    ) -> (Rendered, bool) {
        if let Some(own) = self.templates.get(&(event, language.to_owned())) {
            match render(own, data, Missing::Empty) {
                Ok(rendered) => return (rendered, true),
                Err(problem) => {
                    let (org, event) = (&self.organisation.id, event.as_str());
                    metrics::counter!("tillsight_notify_template_failures_total").increment(1);
                    tracing::warn!(%org, event, language, "the built-in words stand in for a template: {problem}");
                }
            }
        }
        (render_built_in(event.as_str(), language, data), false)
    }

    /// As [`House::render`]; the built-in words end with where and when it was, and where to look at it.
    pub(super) fn render_with_place(
        &self,
        event: NoticeEvent,
        language: &'static str,
        data: &Value,
    ) -> Rendered {
        let (mut rendered, is_own) = self.render(event, language, data);
        if !is_own {
            let text = |name: &str| data[name].as_str().unwrap_or_default();
            rendered.add_lines(&[text("where"), text("link")]);
        }
        rendered
    }

    /// The zone of that name, or of the store that it is about.
    pub(super) fn zone(&self, name: &str, store: Option<&StoreId>) -> TimeZone {
        let of_store = || Some(self.stores.get(store?)?.details.time_zone.as_str());
        let name = Some(name).filter(|name| !name.is_empty()).or_else(of_store);
        name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }
}

/// Built-in words need nothing that could be missing; a test fills every one of them in.
pub(crate) fn render_built_in(event: &str, language: &str, data: &Value) -> Rendered {
    match built_in(event, language).map(|text| render(text, data, Missing::Empty)) {
        Some(Ok(rendered)) => rendered,
        Some(Err(problem)) => gap(event, &problem.to_string()),
        None => gap(event, "no words"),
    }
}

fn gap(event: &str, problem: &str) -> Rendered {
    tracing::error!(event, "the built-in words of `{event}` cannot be said: {problem}");
    Rendered { subject: event.to_owned(), body: event.to_owned(), html: event.to_owned() }
}

/// Where notices are looked at; nothing where nobody said where the dashboard is.
fn link(page_url: &str) -> String {
    if page_url.is_empty() { String::new() } else { format!("{}/#/inbox", page_url.trim_end_matches('/')) }
}

/// A moment on a clock.
pub(super) fn local(at: WallMs, zone: TimeZone) -> Zoned {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone)
}
