//! People, grants, tokens, sessions.

use cloud_store::{
    Grant, NewServiceToken, NewSession, NewUser, Role, Store, StoreError, TokenId, UserId, What,
};
use domain::ids::{OrgId, StoreId, Uuid};

use crate::support::{DAY_MS, NOW, Rig, by_hand, later, org, over_both_engines};

over_both_engines!(
    finds_a_person_by_address_in_any_case,
    one_address_is_one_person,
    the_last_owner_stays,
    two_owners_cannot_leave_at_once,
    grants_name_stores_that_are_there,
    one_organisation_cannot_touch_the_people_of_another,
    a_session_ends_in_every_way_it_can,
    a_session_says_what_its_person_may_do_now,
    a_token_is_good_until_it_is_revoked_or_expires,
    counts_failed_sign_ins_since_a_moment,
);

fn user(number: u128, grants: Vec<Grant>) -> NewUser {
    NewUser {
        id: UserId(Uuid::from_u128(number)),
        email: format!("Person-{number}@Example.org"),
        name: format!("Person {number}"),
        password_hash: "$argon2id$v=19$...".to_owned(),
        language: "ru".to_owned(),
        grants,
    }
}

fn owner() -> Grant {
    Grant { role: Role::Owner, store: None }
}

fn clerk(store: &str) -> Grant {
    Grant { role: Role::Clerk, store: Some(StoreId::new(store).unwrap()) }
}

fn session(number: u8, user: UserId) -> NewSession {
    NewSession {
        token_hash: [number; 32],
        user,
        csrf: "csrf".to_owned(),
        expires_at: later(DAY_MS),
        idle_expires_at: later(1_000),
    }
}

async fn with_owner(rig: Rig) -> (Rig, OrgId, UserId) {
    let rig = rig.with_tills().await;
    let owner = user(1, vec![owner()]);
    rig.store.create_user(&org("demo"), &owner, NOW).await.unwrap();
    (rig, org("demo"), owner.id)
}

async fn finds_a_person_by_address_in_any_case(rig: Rig) {
    let (rig, demo, id) = with_owner(rig).await;
    let found = rig.store.user_by_email(" PERSON-1@example.ORG ").await.unwrap();
    assert_eq!(
        (found.id, found.org.clone(), found.email.as_str()),
        (id, demo.clone(), "person-1@example.org")
    );
    rig.store.update_user(&demo, id, "Анна", "en").await.unwrap();
    rig.store.set_password(&demo, id, "$other").await.unwrap();
    let changed = rig.store.user(&demo, id).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.language.as_str()), ("Анна", "en"));
    assert_eq!(changed.password_hash, "$other");
    assert!(rig.store.user_by_email("nobody@example.org").await.is_err());
}

async fn one_address_is_one_person(rig: Rig) {
    let (rig, demo, _) = with_owner(rig).await;
    let mut second = user(2, vec![]);
    second.email = "person-1@example.org".to_owned();
    for place in [&demo, &org("other")] {
        let error = rig.store.create_user(place, &second, NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { what: What::User, .. }), "{error}");
    }
    for bad in ["", "ann", "@x", "ann@", "a n@x", &format!("{}@x", "a".repeat(260))] {
        second.email = bad.to_owned();
        let error = rig.store.create_user(&demo, &second, NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{bad}: {error}");
    }
    assert_eq!(rig.store.users(&demo).await.unwrap().len(), 1);
}

async fn the_last_owner_stays(rig: Rig) {
    let (rig, demo, first) = with_owner(rig).await;
    let store = &rig.store;
    for error in [
        store.set_grants(&demo, first, &[clerk("corner-shop")]).await.unwrap_err(),
        store.disable_user(&demo, first, NOW).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("is the last owner"), "{error}");
    }
    assert_eq!(store.grants(&demo, first).await.unwrap(), [owner()]);
    let second = user(2, vec![owner(), clerk("corner-shop")]);
    store.create_user(&demo, &second, NOW).await.unwrap();
    store.disable_user(&demo, first, later(1)).await.unwrap();
    assert_eq!(store.user(&demo, first).await.unwrap().disabled_at, Some(later(1)));
    assert!(store.set_grants(&demo, second.id, &[]).await.is_err(), "a disabled owner does not count");
    store.enable_user(&demo, first).await.unwrap();
    store.set_grants(&demo, second.id, &[]).await.unwrap();
}

async fn two_owners_cannot_leave_at_once(rig: Rig) {
    let (rig, demo, first) = with_owner(rig).await;
    let second = user(2, vec![owner()]);
    rig.store.create_user(&demo, &second, NOW).await.unwrap();
    let leaving = [first, second.id].map(|id| {
        let (store, demo) = (rig.store.clone(), demo.clone());
        async move { store.disable_user(&demo, id, NOW).await.is_ok() }
    });
    let left = crate::support::all_at_once(leaving.into_iter()).await;
    assert_eq!(left.iter().filter(|&&left| left).count(), 1);
}

async fn grants_name_stores_that_are_there(rig: Rig) {
    let (rig, demo, first) = with_owner(rig).await;
    let error = rig.store.set_grants(&demo, first, &[owner(), clerk("elsewhere")]).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no store `elsewhere`");
    assert_eq!(rig.store.grants(&demo, first).await.unwrap(), [owner()]);
    rig.store.set_grants(&demo, first, &[owner(), clerk("corner-shop"), owner()]).await.unwrap();
    assert_eq!(rig.store.grants(&demo, first).await.unwrap(), [clerk("corner-shop"), owner()]);
}

async fn one_organisation_cannot_touch_the_people_of_another(rig: Rig) {
    let (rig, demo, first) = with_owner(rig).await;
    let (store, other): (&Store, _) = (&rig.store, org("other"));
    store.create_user(&demo, &user(2, vec![owner()]), NOW).await.unwrap();
    for result in [
        store.user(&other, first).await.map(drop),
        store.set_password(&other, first, "$mine").await,
        store.update_user(&other, first, "Mine", "en").await,
        store.disable_user(&other, first, NOW).await,
        store.enable_user(&other, first).await,
        store.set_grants(&other, first, &[owner()]).await,
        store.create_session(&other, &session(1, first), NOW).await,
    ] {
        assert!(matches!(result, Err(StoreError::NotFound { what: What::User, .. })), "{result:?}");
    }
    assert!(store.users(&other).await.unwrap().is_empty());
    assert!(store.grants(&other, first).await.unwrap().is_empty());
    assert_eq!(store.user(&demo, first).await.unwrap().password_hash, "$argon2id$v=19$...");
}

async fn a_session_ends_in_every_way_it_can(rig: Rig) {
    let (rig, demo, first) = with_owner(rig).await;
    let store = &rig.store;
    store.create_user(&demo, &user(2, vec![owner()]), NOW).await.unwrap();
    let good = async |number: u8, at_ms: i64| store.session(&[number; 32], later(at_ms)).await.is_ok();

    store.create_session(&demo, &session(1, first), NOW).await.unwrap();
    assert!(good(1, 999).await && !good(1, 1_000).await, "idle");
    store.touch_session(&[1; 32], later(2 * DAY_MS)).await.unwrap();
    assert!(good(1, DAY_MS - 1).await && !good(1, DAY_MS).await, "over");
    store.end_session(&[1; 32]).await.unwrap();
    assert!(!good(1, 1).await);

    for (number, end) in [(2, "password"), (3, "sessions"), (4, "disabled")] {
        store.create_session(&demo, &session(number, first), NOW).await.unwrap();
        assert!(good(number, 1).await);
        match end {
            "password" => store.set_password(&demo, first, "$new").await.unwrap(),
            "sessions" => store.end_sessions(&demo, first).await.unwrap(),
            _ => store.disable_user(&demo, first, NOW).await.unwrap(),
        }
        assert!(!good(number, 1).await, "{end}");
    }
    store.create_session(&demo, &session(5, UserId(Uuid::from_u128(2))), NOW).await.unwrap();
    assert_eq!(store.sweep_sessions(later(DAY_MS), NOW).await.unwrap(), 1);
}

async fn a_session_says_what_its_person_may_do_now(rig: Rig) {
    let (rig, demo, first) = with_owner(rig).await;
    rig.store.create_session(&demo, &session(1, first), NOW).await.unwrap();
    let found = rig.store.session(&[1; 32], later(1)).await.unwrap();
    assert_eq!((found.user.id, found.grants, found.csrf.as_str()), (first, vec![owner()], "csrf"));
    rig.store.set_grants(&demo, first, &[owner(), clerk("corner-shop")]).await.unwrap();
    assert_eq!(rig.store.session(&[1; 32], later(1)).await.unwrap().grants.len(), 2);
}

async fn a_token_is_good_until_it_is_revoked_or_expires(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, demo) = (&rig.store, org("demo"));
    let token = |number: u8, expires_at| NewServiceToken {
        id: TokenId(Uuid::from_u128(number.into())),
        name: "ERP".to_owned(),
        token_hash: [number; 32],
        grant: clerk("corner-shop"),
        made_by: by_hand(),
        expires_at,
    };
    store.create_service_token(&demo, &token(1, None), NOW).await.unwrap();
    store.create_service_token(&demo, &token(2, Some(later(10))), later(1)).await.unwrap();
    let mut elsewhere = token(3, None);
    elsewhere.grant = clerk("elsewhere");
    assert!(store.create_service_token(&demo, &elsewhere, NOW).await.is_err());

    let found = store.service_token(&[1; 32], later(20)).await.unwrap();
    assert_eq!((found.org, found.grant), (demo.clone(), clerk("corner-shop")));
    assert!(store.service_token(&[2; 32], later(9)).await.is_ok());
    assert!(store.service_token(&[2; 32], later(10)).await.is_err());
    store.note_token_used(&demo, found.id, later(20)).await.unwrap();
    assert!(store.revoke_service_token(&org("other"), found.id, later(21)).await.is_err());
    store.revoke_service_token(&demo, found.id, later(21)).await.unwrap();
    assert!(store.service_token(&[1; 32], later(22)).await.is_err());
    let listed = store.service_tokens(&demo).await.unwrap();
    assert_eq!(
        (listed.len(), listed[1].used_at, listed[1].revoked_at),
        (2, Some(later(20)), Some(later(21)))
    );
    assert!(store.service_tokens(&org("other")).await.unwrap().is_empty());
}

async fn counts_failed_sign_ins_since_a_moment(rig: Rig) {
    let store = &rig.store;
    for at in [0, 10, 20] {
        store.note_failed_sign_in("Ann@example.org", later(at)).await.unwrap();
    }
    store.note_failed_sign_in(&"я".repeat(1_000), NOW).await.unwrap();
    assert_eq!(store.failed_sign_ins("ann@EXAMPLE.org", later(10)).await.unwrap(), 2);
    assert_eq!(store.failed_sign_ins(&"я".repeat(999), NOW).await.unwrap(), 1);
    assert_eq!(store.failed_sign_ins("10.0.0.1", NOW).await.unwrap(), 0);
    store.forget_failed_sign_ins("ann@example.org").await.unwrap();
    assert_eq!(store.failed_sign_ins("ann@example.org", NOW).await.unwrap(), 0);
    assert_eq!(store.sweep_sessions(NOW, later(1)).await.unwrap(), 1);
}
