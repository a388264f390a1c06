//! Reports of days and weeks: what was sold, how tills did, what people were told. Facts are gathered once the period is over and
//! kept as they were then; from them come a page and a PDF in each language, by one description of what is shown.
//!
//! Read [`facts`] first: it is what a report knows.

pub mod facts;
mod gather;
mod html;
mod pdf;
mod sheet;
mod words;

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use cloud_store::{
    NewNotice, NoticeEvent, Organisation, Report, ReportFile, ReportId, ReportKind, Severity, Store,
    StoreInfo,
};
use domain::ids::{OrgId, StoreId};
use domain::time::{BusinessDay, WallMs};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use service::tasks::CancellationToken;
use uuid::Uuid;

use crate::blobs::{BlobName, Blobs};
use crate::config::Reports;
use crate::roles::now;
use crate::sourcing::papers::Language;
pub use facts::Facts;

/// One process at a time writes reports.
const DUTY: &str = "reports";
/// Organisations that are read at once.
const PAGE: u32 = 500;

/// A report's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its language.
    pub language: Language,
    /// `html` or `pdf`.
    pub format: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What a report is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// A day or a week.
    pub kind: ReportKind,
    /// Its first day.
    pub first_day: BusinessDay,
    /// Its last day.
    pub last_day: BusinessDay,
    /// From the first midnight to the last one, where the store is.
    pub from: WallMs,
    /// See there.
    pub until: WallMs,
}

/// The files of a report.
pub fn write(facts: &Facts, language: Language) -> anyhow::Result<[Written; 2]> {
    let sheet = sheet::of(facts, language);
    Ok([
        Written { language, format: "html", bytes: html::page(&sheet, language).into_bytes() },
        Written { language, format: "pdf", bytes: pdf::make(&sheet, language, facts.made_at_ms)? },
    ])
}

/// Writes the last day or week of a store that was over at a moment, whether or not it is due; gives back the report.
pub async fn write_last(
    store: &Store,
    blobs: &Blobs,
    config: &Reports,
    (org, shop): (&OrgId, &StoreId),
    kind: ReportKind,
    at: WallMs,
) -> anyhow::Result<ReportId> {
    let desk = Desk { config, store, blobs };
    let (organisation, shop) = (store.organisation(org).await?, store.store(org, shop).await?);
    let period = last_period(kind, &local(&shop, at)?, 0)?;
    let made = desk.make(&organisation, std::slice::from_ref(&shop), Some(&shop), &period, at).await?;
    made.context("there is a report of this store, kind and day already")
}

/// Writes what is due again and again, until told to stop.
pub(crate) async fn run(
    config: &Reports,
    (store, blobs): (&Store, &Blobs),
    owner: &str,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    let every = Duration::from_millis(config.poll_ms);
    loop {
        let now = now();
        let until = WallMs(now.0 + i64::try_from(every.as_millis())? + 60_000);
        if store.take_duty(DUTY, owner, now, until).await? {
            let desk = Desk { config, store, blobs };
            desk.write_due(now).await?;
        }
        if token.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            store.leave_duty(DUTY, owner).await?;
            return Ok(());
        }
    }
}

struct Desk<'a> {
    config: &'a Reports,
    store: &'a Store,
    blobs: &'a Blobs,
}

impl Desk<'_> {
    async fn write_due(&self, now: WallMs) -> anyhow::Result<()> {
        let mut after: Option<OrgId> = None;
        loop {
            let page = self.store.organisations(after.as_ref(), PAGE).await?;
            for organisation in &page {
                let stores = self.store.stores(&organisation.id).await?;
                for shop in &stores {
                    self.write_of(organisation, std::slice::from_ref(shop), Some(shop), now).await?;
                }
                // One shop is the organisation.
                if stores.len() > 1 {
                    self.write_of(organisation, &stores, None, now).await?;
                }
            }
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id.clone());
        }
    }

    /// Writes the reports of a store, or of all stores once the day is over in each of them.
    async fn write_of(
        &self,
        organisation: &Organisation,
        stores: &[StoreInfo],
        shop: Option<&StoreInfo>,
        now: WallMs,
    ) -> anyhow::Result<()> {
        let places: Vec<Zoned> = stores.iter().map(|shop| local(shop, now)).collect::<Result<_, _>>()?;
        // Where it is earliest says which day is over everywhere.
        let Some(earliest) = places.iter().min_by_key(|place| place.datetime()) else { return Ok(()) };
        let kinds = [(ReportKind::Daily, self.config.daily), (ReportKind::Weekly, self.config.weekly)];
        for (kind, _) in kinds.into_iter().filter(|(_, wanted)| *wanted) {
            let period = last_period(kind, earliest, self.config.hour)?;
            let id = shop.map(|shop| &shop.id);
            // What was before the place was there is no report.
            let is_older = stores.iter().all(|shop| shop.created_at >= period.until);
            if is_older || self.store.has_report(&organisation.id, id, kind, period.first_day).await? {
                continue;
            }
            self.make(organisation, stores, shop, &period, now).await?;
        }
        Ok(())
    }

    async fn make(
        &self,
        organisation: &Organisation,
        stores: &[StoreInfo],
        shop: Option<&StoreInfo>,
        period: &Period,
        now: WallMs,
    ) -> anyhow::Result<Option<ReportId>> {
        let org = &organisation.id;
        let facts =
            gather::gather(self.store, organisation, (stores, shop), period, self.config.products_max, now);
        let facts = facts.await?;
        let id = ReportId(Uuid::now_v7());
        let mut files = Vec::new();
        for language in self.config.languages.iter().filter_map(|code| Language::from_code(code)) {
            let known = facts.clone();
            let written = tokio::task::spawn_blocking(move || write(&known, language)).await??;
            for Written { language, format, bytes } in written {
                let name = BlobName::of_report(org, id.0, language.code(), format);
                let size_bytes = Some(bytes.len() as u64);
                self.blobs.put(&name, Bytes::from(bytes)).await?;
                let (language, format) = (language.code().to_owned(), format.to_owned());
                files.push(ReportFile { language, format, blob: name.as_str().to_owned(), size_bytes });
            }
        }
        let report = Report {
            id,
            store: shop.map(|shop| shop.id.clone()),
            kind: period.kind,
            first_day: period.first_day,
            last_day: period.last_day,
            facts: serde_json::to_string(&facts).context("failed to write the facts of a report")?,
            made_at: now,
        };
        // Somebody else was faster: the sweeper takes the files away.
        if !self.store.add_report(org, &report, &files).await? {
            return Ok(None);
        }
        metrics::counter!("tillsight_reports_written_total", "kind" => period.kind.as_str()).increment(1);
        let kind = period.kind.as_str();
        let first = self.config.languages.iter().find_map(|code| Language::from_code(code));
        let sheet = sheet::of(&facts, first.unwrap_or(Language::English));
        let data = serde_json::json!({
            "report": id.to_string(), "kind": kind, "first_day": period.first_day.to_string(),
            "last_day": period.last_day.to_string(), "title": sheet.title, "text": sheet.subtitle,
        });
        let key = format!("{kind}:{}", id);
        let (store, event, severity) = (report.store.clone(), NoticeEvent::Report, Severity::Info);
        let notice = NewNotice { store, event, severity, key: key.clone(), data };
        self.store.raise_notice(org, &notice, now).await?;
        // It tells of something, and nothing has to be done.
        self.store.settle_notice(org, event, &key, now).await?;
        tracing::info!(%org, kind, day = %period.first_day, "a report was written");
        Ok(Some(id))
    }
}

/// What time it is where a store is.
fn local(shop: &StoreInfo, now: WallMs) -> anyhow::Result<Zoned> {
    let zone = TimeZone::get(&shop.details.time_zone)
        .with_context(|| format!("the time zone of the store `{}` is not known", shop.id))?;
    Ok(Timestamp::from_millisecond(now.0)?.to_zoned(zone))
}

/// The last day or week that is over and may be written up from this hour on.
fn last_period(kind: ReportKind, here: &Zoned, hour: u8) -> anyhow::Result<Period> {
    let today = here.date();
    let yesterday = today.checked_sub(1.day())?;
    let is_late_enough = here.hour() >= i8::try_from(hour)?;
    let (first, last) = match kind {
        ReportKind::Daily if is_late_enough => (yesterday, yesterday),
        ReportKind::Daily => {
            let before = yesterday.checked_sub(1.day())?;
            (before, before)
        }
        ReportKind::Weekly => {
            let since_monday = i64::from(today.weekday().since(Weekday::Monday));
            let monday = today.checked_sub(since_monday.days())?;
            let ended =
                if since_monday == 0 && !is_late_enough { monday.checked_sub(7.days())? } else { monday };
            (ended.checked_sub(7.days())?, ended.checked_sub(1.day())?)
        }
    };
    let midnight = |day: Date| -> anyhow::Result<WallMs> {
        Ok(WallMs(
            here.time_zone()
                .to_zoned(day.to_datetime(jiff::civil::Time::midnight()))?
                .timestamp()
                .as_millisecond(),
        ))
    };
    let (from, until) = (midnight(first)?, midnight(last.checked_add(1.day())?)?);
    Ok(Period { kind, first_day: day_of(first)?, last_day: day_of(last)?, from, until })
}

fn day_of(date: Date) -> anyhow::Result<BusinessDay> {
    Ok(BusinessDay { year: date.year(), month: u8::try_from(date.month())?, day: u8::try_from(date.day())? })
}

/// The period of the same length before.
fn period_before(period: &Period) -> anyhow::Result<(BusinessDay, BusinessDay)> {
    let date = |day: BusinessDay| {
        Date::new(day.year, i8::try_from(day.month)?, i8::try_from(day.day)?).map_err(anyhow::Error::from)
    };
    // A day is compared with the same day of the week before: shops live by weeks.
    let (first, last) = (date(period.first_day)?, date(period.last_day)?);
    Ok((day_of(first.checked_sub(7.days())?)?, day_of(last.checked_sub(7.days())?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day of two tills and so many products.
    pub(super) fn facts(products: usize) -> Facts {
        let names =
            |en: &str, ru: &str| [("en", en), ("ru", ru)].map(|(l, n)| (l.to_owned(), n.to_owned())).into();
        let till = |name: &str, heard, faults, unsent| facts::TillFacts {
            store: "Corner <Shop>".to_owned(),
            name: name.to_owned(),
            sales: 120,
            gross_minor: 123_456,
            currency: "EUR".to_owned(),
            unsent,
            heard_basis_points: heard,
            faults,
        };
        let product = |number: usize| facts::ProductFacts {
            names: names(&format!("Apples & pears {number}"), &format!("Яблоки и груши {number}")),
            unit: if number.is_multiple_of(2) { "gram" } else { "piece" }.to_owned(),
            quantity: 12_345,
            amount_minor: 99_900,
        };
        let sum = |sales, gross_minor| facts::CurrencySum {
            currency: "EUR".to_owned(),
            sales,
            gross_minor,
            tax_minor: gross_minor / 15,
        };
        let identified = |by: &str, lines| facts::Identified { by: by.to_owned(), lines };
        Facts {
            organisation: "Acme".to_owned(),
            store: Some("Corner <Shop>".to_owned()),
            kind: "daily".to_owned(),
            first_day: "2026-01-02".to_owned(),
            last_day: "2026-01-02".to_owned(),
            made_at_ms: 1_767_416_400_000,
            time_zone: "Europe/Berlin".to_owned(),
            sums: vec![sum(1_240, 1_234_567)],
            sums_before: vec![sum(1_100, 1_000_000)],
            tills: vec![till("Left of the door", Some(9_876), 0, 0), till("By the bakery", None, 3, 7)],
            products: (1..=products).map(product).collect(),
            identified: vec![
                identified("barcode", 400),
                identified("candidate", 60),
                identified("vision", 1_740),
            ],
            stock_outs: vec![facts::StockOut {
                store: "Corner <Shop>".to_owned(),
                names: names("Milk", "Молоко"),
            }],
            notices: vec![facts::NoticeCount {
                event: "till_offline".to_owned(),
                severity: "warning".to_owned(),
                count: 2,
            }],
            set_aside: 1,
        }
    }

    #[test]
    fn says_the_same_in_each_language_and_escapes_what_people_wrote() {
        for language in [Language::English, Language::Russian, Language::German] {
            let [page, file] = write(&facts(3), language).unwrap();
            let html = String::from_utf8(page.bytes).unwrap();
            assert!(
                !html.contains("<Shop>") && html.contains("&lt;Shop&gt;") && html.contains(" &amp; ")
                    || language == Language::Russian
            );
            insta::assert_snapshot!(
                format!("report_{}", language.code()),
                html.replace("<tr>", "\n<tr>").replace("<h2>", "\n<h2>")
            );
            let pdf = lopdf::Document::load_mem(&file.bytes).unwrap();
            assert_eq!(pdf.get_pages().len(), 1);
        }
    }

    fn periods(text: &str, kind: ReportKind) -> (String, String, i64) {
        let here: Zoned = text.parse().unwrap();
        let period = last_period(kind, &here, 6).unwrap();
        let hours = (period.until.0 - period.from.0) / 3_600_000;
        (period.first_day.to_string(), period.last_day.to_string(), hours)
    }

    #[test]
    fn knows_which_day_and_week_is_over() {
        use ReportKind::{Daily, Weekly};
        for (here, kind, first, last, hours) in [
            ("2026-01-02T06:00:00[Europe/Berlin]", Daily, "2026-01-01", "2026-01-01", 24),
            ("2026-01-02T05:59:00[Europe/Berlin]", Daily, "2025-12-31", "2025-12-31", 24),
            // Clocks were set on the last Sunday of March: the day has 23 hours.
            ("2026-03-30T07:00:00[Europe/Berlin]", Daily, "2026-03-29", "2026-03-29", 23),
            // A Monday, before and after the hour, and the Sunday before.
            ("2026-01-05T05:00:00[Europe/Moscow]", Weekly, "2025-12-22", "2025-12-28", 168),
            ("2026-01-05T07:00:00[Europe/Moscow]", Weekly, "2025-12-29", "2026-01-04", 168),
            ("2026-01-04T23:00:00[Europe/Moscow]", Weekly, "2025-12-22", "2025-12-28", 168),
        ] {
            assert_eq!(periods(here, kind), (first.to_owned(), last.to_owned(), hours), "{here}");
        }
    }
}
