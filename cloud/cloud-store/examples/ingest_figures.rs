//! How many sales a second the store takes in, and how long a till waits for its ack.
//!
//! `cargo run --release -p cloud-store --example ingest_figures -- ADDRESS [TILLS BATCHES SALES]`: so many tills at once,
//! each sending so many batches of so many sales of ten lines, the next when the one before is acked. ADDRESS is a database
//! that may be filled: `sqlite:PATH` or `postgres://...`; `private` starts a PostgreSQL that is gone afterwards.
#![allow(clippy::print_stdout, reason = "it prints figures")]
#![allow(clippy::unwrap_used, reason = "whoever runs it reads why it stopped")]

use std::time::{Duration, Instant};

use cloud_store::{Address, Outcome, Store, StoreDetails, StoreOptions};
use domain::ids::{OrgId, SequenceNumber, StoreId, TillId};
use domain::product::Product;
use domain::quantity::Quantity;
use domain::sale::TillRef;
use domain::time::WallMs;
use sync_core::entry::Entry;
use sync_core::{chain, sale_document};
use testkit::{build, postgres};

/// Noon UTC of 2026-01-02: the day that the sales are of.
const NOW: WallMs = WallMs(1_767_355_200_000);

struct Load {
    tills: u64,
    batches: u64,
    sales: u64,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, usual| arguments.get(index).map_or(usual, |text| text.parse().unwrap());
    let load = Load { tills: number(1, 16), batches: number(2, 20), sales: number(3, 10) };
    let address = arguments.first().map_or("private", String::as_str);
    let server =
        (address == "private").then(|| postgres::start().unwrap_or_else(|reason| panic!("{reason}")));
    let address = server.as_ref().map_or(address.to_owned(), |server| server.create_database().unwrap());
    let store = Store::open(&StoreOptions::new(Address::parse(&address).unwrap())).await.unwrap();
    let tills = make_tills(&store, load.tills).await;
    let journals: Vec<Vec<Vec<Entry>>> =
        (0..).zip(&tills).map(|(number, till)| journal(till, number, &load)).collect();

    let began = Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for (till, batches) in tills.into_iter().zip(journals) {
        set.spawn(send(store.clone(), till, batches));
    }
    let mut waits = tokio::select! {
        () = store.run_ingest(std::future::pending()) => panic!("nobody stopped the writer"),
        waits = set.join_all() => waits.concat(),
    };
    let took = began.elapsed();
    waits.sort_unstable();
    let sales = load.tills * load.batches * load.sales;
    let at = |share: usize| waits[(waits.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    println!("{}", store.name());
    println!(
        "{sales} sales of ten lines in {:.2} s: {:.0} a second; ack p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        took.as_secs_f64(),
        sales as f64 / took.as_secs_f64(),
        at(50),
        at(99),
        at(100),
    );
}

async fn send(store: Store, till: TillRef, batches: Vec<Vec<Entry>>) -> Vec<Duration> {
    let mut waits = Vec::with_capacity(batches.len());
    for batch in batches {
        let began = Instant::now();
        let ingested = store.ingest(&till, batch, NOW).await.unwrap();
        waits.push(began.elapsed());
        assert!(ingested.outcomes.iter().all(|&outcome| outcome == Outcome::Booked));
    }
    waits
}

async fn make_tills(store: &Store, count: u64) -> Vec<TillRef> {
    let org = OrgId::new(&format!("org-{}", std::process::id())).unwrap();
    let shop = StoreId::new("corner-shop").unwrap();
    let details = StoreDetails {
        name: "Corner Shop".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: build::euro(),
        taxes: build::taxes(),
    };
    store.create_organisation(&org, "Figures", NOW).await.unwrap();
    store.create_store(&org, &shop, &details, NOW).await.unwrap();
    let mut tills = Vec::new();
    for number in 1..=count {
        let id = TillId::new(&format!("till-{number}")).unwrap();
        let till = TillRef { org: org.clone(), store: shop.clone(), till: id };
        store.create_till(&till, "Till", NOW).await.unwrap();
        tills.push(till);
    }
    tills
}

fn journal(till: &TillRef, till_number: u64, load: &Load) -> Vec<Vec<Entry>> {
    let products: Vec<Product> =
        (0..50).map(|number| build::piece(&format!("p{number}"), 99 + number)).collect();
    let (mut previous, mut sequence) = (chain::genesis(till), 0);
    let mut batches = Vec::new();
    for _ in 0..load.batches {
        let mut batch = Vec::new();
        for _ in 0..load.sales {
            sequence += 1;
            let lines: Vec<_> = (0..10_u64)
                .map(|line| (&products[((sequence * 7 + line * 3) % 50) as usize], Quantity::Pieces(1)))
                .collect();
            let mut sale = build::sale(till_number * 1_000_000 + sequence, &lines);
            sale.till = till.clone();
            let payload = sale_document::encode(&sale);
            let entry = Entry::chained(SequenceNumber(sequence), sale.id, previous, payload);
            previous = entry.hash;
            batch.push(entry);
        }
        batches.push(batch);
    }
    batches
}
