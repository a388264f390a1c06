//! Organisations, their stores and their tills.

use cloud_store::{LastSeen, Store, StoreError, StoreOptions, What};
use domain::ids::{Generation, SequenceNumber, StoreId};

use crate::support::{NOW, Rig, details, later, org, over_both_engines, till, till_named};

over_both_engines!(
    keeps_what_it_is_told_about_an_organisation,
    refuses_what_is_there_already_and_what_nobody_made,
    one_organisation_finds_nothing_of_another,
    keeps_the_newest_of_what_a_till_says,
    opens_again_with_everything_there,
    refuses_a_database_without_tables_where_it_may_not_make_them,
    refuses_a_database_that_a_later_version_made,
);

async fn keeps_what_it_is_told_about_an_organisation(rig: Rig) {
    let (store, demo) = (&rig.store, org("demo"));
    store.ping().await.unwrap();
    store.create_organisation(&demo, "Лавка", NOW).await.unwrap();
    let shop = StoreId::new("corner-shop").unwrap();
    store.create_store(&demo, &shop, &details(), NOW).await.unwrap();
    let mut changed = details();
    changed.name = "Another name".to_owned();
    changed.taxes.inclusive = false;
    store.update_store(&demo, &shop, &changed, later(1)).await.unwrap();

    assert_eq!(store.organisation(&demo).await.unwrap().name, "Лавка");
    let found = store.store(&demo, &shop).await.unwrap();
    assert_eq!((found.details, found.created_at, found.updated_at), (changed, NOW, later(1)));
    assert_eq!(store.stores(&demo).await.unwrap().len(), 1);

    store.create_organisation(&org("zoo"), "Zoo", NOW).await.unwrap();
    let first = store.organisations(None, 1).await.unwrap();
    let second = store.organisations(Some(&first[0].id), 10).await.unwrap();
    assert_eq!(second.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["zoo"]);
}

async fn refuses_what_is_there_already_and_what_nobody_made(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    let again = store.create_organisation(&till.org, "Again", NOW).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict { what: What::Organisation, .. }), "{again}");
    let again = store.create_store(&till.org, &till.store, &details(), NOW).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict { what: What::Store, .. }), "{again}");
    let again = store.create_till(&till, "Again", NOW).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict { what: What::Till, .. }), "{again}");
    let nowhere = store.create_store(&org("nobody"), &till.store, &details(), NOW).await.unwrap_err();
    assert_eq!(nowhere.to_string(), "there is no organisation `nobody`");
    let mut nowhere = till.clone();
    nowhere.store = StoreId::new("elsewhere").unwrap();
    let error = store.create_till(&nowhere, "Till", NOW).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no store `elsewhere`");
    let nameless = store.create_till(&till_named("demo", "till-2"), " ", NOW).await.unwrap_err();
    assert!(matches!(nameless, StoreError::Invalid { .. }), "{nameless}");
}

async fn one_organisation_finds_nothing_of_another(rig: Rig) {
    let (store, shop) = (&rig.store, StoreId::new("corner-shop").unwrap());
    store.create_organisation(&org("demo"), "Demo", NOW).await.unwrap();
    store.create_store(&org("demo"), &shop, &details(), NOW).await.unwrap();
    store.create_till(&till("demo"), "Till", NOW).await.unwrap();
    store.create_organisation(&org("other"), "Other", NOW).await.unwrap();

    assert!(store.stores(&org("other")).await.unwrap().is_empty());
    assert!(store.tills(&org("other"), None).await.unwrap().is_empty());
    let error = store.store(&org("other"), &shop).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: What::Store, .. }));
    assert!(store.update_store(&org("other"), &shop, &details(), NOW).await.is_err());
    assert!(store.till(&till("other")).await.is_err());
    assert!(store.retire_till(&till("other"), NOW).await.is_err());
}

async fn keeps_the_newest_of_what_a_till_says(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    assert_eq!(store.till(&till).await.unwrap().last_seen, None);
    let seen = |at, generation, sequence| LastSeen {
        at,
        generation: Generation(generation),
        sequence: SequenceNumber(sequence),
        unsent: sequence / 10,
        software: "0.1.0".to_owned(),
    };
    store.note_seen(&till, &seen(later(10), 3, 70)).await.unwrap();
    store.note_seen(&till, &seen(later(5), 2, 60)).await.unwrap();
    assert_eq!(store.till(&till).await.unwrap().last_seen, Some(seen(later(10), 3, 70)));
    store.note_seen(&till, &seen(later(20), 1, 71)).await.unwrap();
    let tills = store.tills(&till.org, Some(&till.store)).await.unwrap();
    assert_eq!(tills[0].last_seen, Some(seen(later(20), 1, 71)));
    assert!(store.note_seen(&till_named("demo", "till-9"), &seen(NOW, 1, 1)).await.is_err());
}

async fn opens_again_with_everything_there(rig: Rig) {
    let rig = rig.with_tills().await;
    rig.store.close().await;
    let gone = rig.store.ping().await.unwrap_err();
    assert!(gone.is_retryable() && gone.to_string().contains(rig.store.name()), "{gone}");
    let options = StoreOptions { migrate: false, ..rig.options.clone() };
    let store = Store::open(&options).await.unwrap();
    assert_eq!(store.tills(&org("demo"), None).await.unwrap().len(), 1);
}

async fn refuses_a_database_without_tables_where_it_may_not_make_them(rig: Rig) {
    // The rig's own database has tables: another one is made beside it.
    let empty = match &rig.options.address {
        cloud_store::Address::Sqlite { file } => {
            cloud_store::Address::Sqlite { file: file.with_extension("empty") }
        }
        cloud_store::Address::Postgres { .. } => {
            let server = testkit::postgres::shared().unwrap();
            cloud_store::Address::parse(&server.create_database().unwrap()).unwrap()
        }
    };
    let options = StoreOptions { migrate: false, ..StoreOptions::new(empty) };
    let error = Store::open(&options).await.err().unwrap();
    assert!(matches!(error, StoreError::Schema { .. }), "{error}");
    assert!(error.to_string().contains("run the migration first"), "{error}");
}

async fn refuses_a_database_that_a_later_version_made(rig: Rig) {
    rig.damage(if rig.is_postgres() {
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, '\\x00', 0)"
    } else {
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, x'00', 0)"
    })
    .await;
    for migrate in [true, false] {
        let options = StoreOptions { migrate, ..rig.options.clone() };
        let error = Store::open(&options).await.err().unwrap();
        assert!(matches!(error, StoreError::Schema { .. }), "{error:?}");
        assert!(error.to_string().contains("later version"), "{error}");
    }
}
