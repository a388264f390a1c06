//! What was sold, holidays, and runs of forecasts.

use cloud_core::ledger::{Movement, StockKey, StockUnit};
use cloud_store::{
    ForecastRunId, ForecastRunState, ForecastShard, Holiday, NewEvent, NewForecast, NewForecastPart,
    NewForecastRun, NewForecastTotal, NewJob, NewShard, ProductRange, StockReason, TotalLevel, TotalsOf,
};
use domain::ids::Uuid;
use domain::money::Currency;
use domain::time::{BusinessDay, WallMs};

use super::sourcing::{day, product, refused, shop, with_goods};
use crate::support::{
    Journal, NOW, Rig, all_at_once, by_hand, later, org, over_both_engines, till, while_writing,
};

over_both_engines!(
    sales_are_summed_by_trading_day_and_other_changes_are_kept_apart,
    a_run_ends_once_however_often_and_at_once_its_shards_are_done,
    a_day_has_one_nightly_run,
    a_forecast_of_a_later_day_stays,
    totals_take_the_place_of_older_ones_and_go_with_their_products,
    a_day_is_a_holiday_by_its_last_name,
);

fn range(first: &str, last: &str) -> ProductRange {
    ProductRange { first: product(first), last: product(last) }
}

pub(super) fn run(number: u128, nightly: bool, first_day: BusinessDay) -> NewForecastRun {
    NewForecastRun { id: ForecastRunId(Uuid::from_u128(number)), nightly, first_day, days: 2 }
}

fn job(kind: &str, subject: String) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        payload: subject.clone().into_bytes(),
        dedupe_key: Some(subject),
        run_after: NOW,
        attempts_max: 3,
    }
}

fn forecast(name: &str, mean: f32) -> NewForecast {
    NewForecast {
        product: product(name),
        unit: StockUnit::Piece,
        method: "seasonal_naive".to_owned(),
        mase: Some(0.75),
        mase_naive: None,
        history_days: 28,
        figures: vec![mean; 46],
        reasons: "[]".to_owned(),
    }
}

async fn sales_are_summed_by_trading_day_and_other_changes_are_kept_apart(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let key = StockKey { product: product("milk"), unit: StockUnit::Piece };
    let opening = [Movement { key, change: 24 }];
    store.move_stock(&till.org, &till.store, &opening, StockReason::Opening, &by_hand(), NOW).await.unwrap();
    assert!(!store.has_sales(&till.org).await.unwrap());
    let mut journal = Journal::new(till.clone());
    let mut sales: Vec<_> = (1..=3).map(crate::support::sale).collect();
    let first_day = sales[0].business_day;
    sales[2].business_day = BusinessDay { year: 2026, month: 2, day: 1 };
    let entries = sales.into_iter().map(|sale| journal.append(sale)).collect();
    while_writing(store, store.ingest(&till, entries, later(1))).await.unwrap();

    assert!(store.has_sales(&till.org).await.unwrap() && !store.has_sales(&org("other")).await.unwrap());
    let all = range("apple", "milk");
    let sold = store.sold_by_day(&till.org, &till.store, &all, first_day).await.unwrap();
    let told: Vec<_> = sold.iter().map(|one| (one.product.as_str(), one.day, one.quantity)).collect();
    let february = day(2, 1);
    assert_eq!(
        told,
        [
            ("apple", first_day, 1_000),
            ("apple", february, 500),
            ("milk", first_day, 4),
            ("milk", february, 2)
        ]
    );
    let late = store.sold_by_day(&till.org, &till.store, &range("milk", "milk"), february).await.unwrap();
    assert_eq!(late.iter().map(|one| one.quantity).collect::<Vec<_>>(), [2]);
    assert_eq!(store.trading_days(&till.org, &till.store, first_day).await.unwrap(), [first_day, february]);
    let booked = store.booked_by_hand(&till.org, &till.store, &all).await.unwrap();
    assert_eq!(booked.iter().map(|one| (one.change, one.at)).collect::<Vec<_>>(), [(24, NOW)]);
    assert!(store.sold_by_day(&org("other"), &till.store, &all, first_day).await.unwrap().is_empty());
}

async fn a_run_ends_once_however_often_and_at_once_its_shards_are_done(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let run = run(1, false, day(3, 1));
    let begun = store.begin_forecast_run(&demo, &run, &job("plan", "1".to_owned()), &by_hand(), NOW).await;
    assert!(begun.unwrap());
    let shard = |name: &str| NewShard { store: shop(), range: range(name, name), series: 1 };
    let shards = [shard("beer"), shard("milk")];
    for _ in 0..2 {
        let part = |number: u32| job("shard", number.to_string());
        store.plan_forecast_run(&demo, run.id, Some(&[7; 32]), &shards, &part, NOW).await.unwrap();
    }
    let running = store.forecast_run(&demo, run.id).await.unwrap();
    assert_eq!((running.state, running.series, running.shards), (ForecastRunState::Running, 2, 2));
    assert_eq!(store.job_counts().await.unwrap().waiting, 3, "planned twice, asked for once");

    let finish = |number: u32| {
        let (store, demo, run) = (store.clone(), demo.clone(), run.clone());
        async move {
            let shard: ForecastShard = store.forecast_shard(&demo, run.id, number).await.unwrap();
            let forecasts = [forecast(shard.shard.range.first.as_str(), 3.5)];
            let then = [job("then", "shop".to_owned())];
            store.finish_forecast_shard(&demo, &run, &shard, &forecasts, &then, later(5)).await.unwrap()
        }
    };
    let ended = all_at_once([1, 2, 1, 2, 2, 1].map(finish).into_iter()).await;
    assert_eq!(ended.iter().filter(|ended| **ended).count(), 1, "{ended:?}");
    let done = store.forecast_run(&demo, run.id).await.unwrap();
    assert_eq!(
        (done.state, done.shards_done, done.finished_at, done.model),
        (ForecastRunState::Done, 2, Some(later(5)), Some([7; 32]))
    );
    assert_eq!(store.job_counts().await.unwrap().waiting, 4, "what follows is asked for once");
    let forecasts = store.forecasts(&demo, &shop(), None, 10).await.unwrap();
    let told: Vec<_> = forecasts.iter().map(|one| one.forecast.clone()).collect();
    assert_eq!(told, [forecast("beer", 3.5), forecast("milk", 3.5)]);
    assert!(store.forecasts(&org("other"), &shop(), None, 10).await.unwrap().is_empty());
    refused(store.forecast_run(&org("other"), run.id).await, "no forecast run");

    assert_eq!(store.prune_forecast_runs(later(6)).await.unwrap(), 1);
    assert_eq!(store.forecast(&demo, &shop(), &product("milk")).await.unwrap().run, run.id);
}

async fn a_day_has_one_nightly_run(rig: Rig) {
    let rig = with_goods(rig).await;
    let demo = org("demo");
    let begin = |number: u128, nightly: bool| {
        let (store, demo) = (rig.store.clone(), demo.clone());
        async move {
            let run = run(number, nightly, day(3, 1));
            let plan = job("plan", number.to_string());
            store.begin_forecast_run(&demo, &run, &plan, &by_hand(), NOW).await.unwrap()
        }
    };
    let begun = all_at_once((1..=4).map(|number| begin(number, true))).await;
    assert_eq!(begun.iter().filter(|begun| **begun).count(), 1);
    assert!(begin(9, false).await, "one that is asked for comes beside it");
    assert!(rig.store.has_nightly_run(&demo, day(3, 1)).await.unwrap());
    assert!(!rig.store.has_nightly_run(&demo, day(3, 2)).await.unwrap());
    assert_eq!(rig.store.job_counts().await.unwrap().waiting, 2);
    assert_eq!(rig.store.forecast_runs(&demo, 10).await.unwrap().len(), 2);
}

async fn a_forecast_of_a_later_day_stays(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    for (number, first_day, mean) in [(1, day(3, 2), 5.0), (2, day(3, 1), 9.0), (3, day(3, 2), 6.0)] {
        let run = run(number, false, first_day);
        let plan = job("plan", number.to_string());
        store.begin_forecast_run(&demo, &run, &plan, &by_hand(), NOW).await.unwrap();
        let shards = [NewShard { store: shop(), range: range("milk", "milk"), series: 1 }];
        let part = |part: u32| job("shard", format!("{number} {part}"));
        store.plan_forecast_run(&demo, run.id, None, &shards, &part, NOW).await.unwrap();
        let shard = store.forecast_shard(&demo, run.id, 1).await.unwrap();
        let made = [forecast("milk", mean)];
        assert!(store.finish_forecast_shard(&demo, &run, &shard, &made, &[], NOW).await.unwrap());
    }
    let kept = store.forecast(&demo, &shop(), &product("milk")).await.unwrap();
    assert_eq!((kept.first_day, kept.forecast), (day(3, 2), forecast("milk", 6.0)));
}

fn total(level: TotalLevel, category: &str, mean: i64) -> NewForecastTotal {
    NewForecastTotal {
        level,
        category: category.to_owned(),
        currency: Currency::new("EUR").unwrap(),
        products: 2,
        method: "mix".to_owned(),
        mase: Some(0.5),
        mase_naive: None,
        history_days: 60,
        figures: vec![mean, i64::MAX, -1],
        own: vec![mean + 1],
        sold: Vec::new(),
        reasons: "[]".to_owned(),
    }
}

async fn totals_take_the_place_of_older_ones_and_go_with_their_products(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    let of = |number: u128, first_day: BusinessDay, forecast_at: WallMs| TotalsOf {
        run: ForecastRunId(Uuid::from_u128(number)),
        first_day,
        days: 1,
        forecast_at,
    };
    let part =
        |name: &str, amount: i64| NewForecastPart { product: product(name), amounts: vec![amount, -1] };
    let put = async |of: TotalsOf, categories: &[&str], mean: i64| {
        let whole = total(TotalLevel::Store, "", mean);
        let each = categories.iter().map(|name| total(TotalLevel::Category, name, mean));
        let totals: Vec<_> = std::iter::once(whole).chain(each).collect();
        let parts = [part("beer", mean), part("milk", mean)];
        store.replace_forecast_totals(&demo, &shop(), &of, (&totals, &parts), later(9)).await.unwrap()
    };
    let listed = async |level: TotalLevel, after: Option<&str>| {
        let found = store.forecast_totals(&demo, &shop(), level, after, 2).await.unwrap();
        found.into_iter().map(|one| (one.total.category, one.total.figures[0])).collect::<Vec<_>>()
    };
    let told =
        |all: &[(&str, i64)]| all.iter().map(|(name, mean)| ((*name).to_owned(), *mean)).collect::<Vec<_>>();
    assert!(put(of(1, day(3, 1), later(5)), &["", "Drinks", "Dairy"], 10).await);
    assert_eq!(listed(TotalLevel::Category, None).await, told(&[("", 10), ("Dairy", 10)]));
    assert_eq!(listed(TotalLevel::Category, Some("")).await, told(&[("Dairy", 10), ("Drinks", 10)]));
    assert_eq!(listed(TotalLevel::Category, Some("Dairy")).await, told(&[("Drinks", 10)]));
    let whole = store.forecast_totals(&demo, &shop(), TotalLevel::Store, None, 2).await.unwrap();
    assert_eq!((whole.len(), &whole[0].total), (1, &total(TotalLevel::Store, "", 10)));
    assert_eq!((whole[0].of, whole[0].made_at), (of(1, day(3, 1), later(5)), later(9)));

    // What is of forecasts that were made earlier, or of an earlier day, comes too late.
    assert!(!put(of(2, day(3, 1), later(4)), &["Drinks"], 20).await);
    assert!(!put(of(2, day(2, 28), later(8)), &["Drinks"], 20).await);
    assert_eq!(listed(TotalLevel::Store, None).await, told(&[("", 10)]));
    // The same again changes nothing; newer ones leave nothing of the old ones.
    for _ in 0..2 {
        assert!(put(of(3, day(3, 1), later(6)), &["Drinks"], 30).await);
        assert_eq!(listed(TotalLevel::Category, None).await, told(&[("Drinks", 30)]));
    }
    assert!(
        store.forecast_totals(&org("other"), &shop(), TotalLevel::Store, None, 2).await.unwrap().is_empty()
    );
    let beer = store.forecast_part(&demo, &shop(), &product("beer")).await.unwrap();
    assert_eq!(beer, Some((day(3, 1), vec![30, -1])));
    let event = NewEvent { topic: "t".to_owned(), key: "beer".to_owned(), payload: Vec::new() };
    store.delete_product(&demo, &product("beer"), &event, None, NOW).await.unwrap();
    assert_eq!(store.forecast_part(&demo, &shop(), &product("beer")).await.unwrap(), None);
    assert_eq!(listed(TotalLevel::Category, None).await, told(&[("Drinks", 30)]));
}

async fn a_day_is_a_holiday_by_its_last_name(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let named = |day: BusinessDay, name: &str| Holiday { day, name: name.to_owned() };
    let both = [named(day(5, 1), "Labour Day"), named(day(1, 1), "New Year")];
    store.put_holidays(&demo, &both).await.unwrap();
    store.put_holidays(&demo, &[named(day(1, 1), "New Year's Day")]).await.unwrap();
    let all = store.holidays(&demo, day(1, 1), day(12, 31)).await.unwrap();
    assert_eq!(all, [named(day(1, 1), "New Year's Day"), named(day(5, 1), "Labour Day")]);
    assert_eq!(store.holidays(&demo, day(1, 2), day(4, 30)).await.unwrap(), []);
    assert_eq!(store.holidays(&org("other"), day(1, 1), day(12, 31)).await.unwrap(), []);
    refused(store.put_holidays(&demo, &[named(day(2, 2), " ")]).await, "name");
    store.remove_holiday(&demo, day(5, 1)).await.unwrap();
    refused(store.remove_holiday(&demo, day(5, 1)).await, "no holiday");
}
