//! Claim codes and certificates.

use cloud_store::{
    CertificateSerial, ClaimId, ClaimProblem, NewCertificate, NewClaim, Store, StoreError, What,
};
use domain::ids::Uuid;
use domain::sale::TillRef;

use crate::support::{DAY_MS, NOW, Rig, by_hand, later, over_both_engines, till, till_named};

over_both_engines!(
    a_code_makes_a_till_once,
    of_many_who_redeem_one_code_one_wins,
    a_failed_redemption_leaves_the_code_open,
    a_later_code_withdraws_the_earlier,
    renewing_needs_a_certificate_that_is_not_revoked,
    takes_up_a_certificate_of_a_till_that_has_one_that_counts,
    revoking_names_what_was_revoked,
    a_retired_till_is_neither_claimed_nor_certified,
);

const CODE: [u8; 32] = [7; 32];

fn claim(number: u128, till: TillRef, code_hash: [u8; 32]) -> NewClaim {
    NewClaim {
        id: ClaimId(Uuid::from_u128(number)),
        till,
        code_hash,
        made_by: by_hand(),
        expires_at: later(DAY_MS),
    }
}

fn serial(number: u8) -> CertificateSerial {
    CertificateSerial::new(&[0, 1, number]).unwrap()
}

fn certificate(number: u8) -> NewCertificate {
    NewCertificate {
        serial: serial(number),
        fingerprint: [number; 32],
        not_before: NOW,
        not_after: later(DAY_MS * 30),
    }
}

async fn problem(store: &Store, code: [u8; 32], at_ms: i64) -> ClaimProblem {
    match store.redeem_claim(&code, &certificate(99), later(at_ms)).await.unwrap_err() {
        StoreError::Claim(problem) => problem,
        other => panic!("{other}"),
    }
}

async fn a_code_makes_a_till_once(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    store.create_claim(&claim(1, till.clone(), CODE), NOW).await.unwrap();
    assert_eq!(store.open_claim(&CODE, NOW).await.unwrap().till, till);
    assert_eq!(problem(store, CODE, DAY_MS).await, ClaimProblem::Expired);
    assert_eq!(problem(store, [8; 32], 0).await, ClaimProblem::Unknown);

    assert_eq!(store.redeem_claim(&CODE, &certificate(1), later(1)).await.unwrap(), till);
    assert_eq!(problem(store, CODE, 2).await, ClaimProblem::Used);
    assert_eq!(store.claims(&till).await.unwrap()[0].used_at, Some(later(1)));
    let found = store.certificate(&CertificateSerial::new(&[1, 1]).unwrap()).await.unwrap();
    assert_eq!((found.till, found.certificate, found.revoked_at), (till, certificate(1), None));
}

async fn of_many_who_redeem_one_code_one_wins(rig: Rig) {
    let rig = rig.with_tills().await;
    let till = till("demo");
    rig.store.create_claim(&claim(1, till.clone(), CODE), NOW).await.unwrap();
    let attempts = (0..8).map(|number| {
        let store = rig.store.clone();
        async move { store.redeem_claim(&CODE, &certificate(number), NOW).await }
    });
    let results = crate::support::all_at_once(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.into_iter().filter_map(Result::err) {
        assert!(matches!(error, StoreError::Claim(ClaimProblem::Used)), "{error}");
    }
    assert_eq!(rig.store.certificates(&till).await.unwrap().len(), 1);
}

async fn a_failed_redemption_leaves_the_code_open(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, first, second) = (&rig.store, till("demo"), till_named("demo", "till-2"));
    store.create_till(&second, "Till", NOW).await.unwrap();
    store.create_claim(&claim(1, first, CODE), NOW).await.unwrap();
    store.create_claim(&claim(2, second.clone(), [9; 32]), NOW).await.unwrap();
    store.redeem_claim(&CODE, &certificate(1), NOW).await.unwrap();
    // The serial number is taken: the whole redemption fails.
    let error = store.redeem_claim(&[9; 32], &certificate(1), NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { what: What::Certificate, .. }), "{error}");
    assert!(store.certificates(&second).await.unwrap().is_empty());
    store.redeem_claim(&[9; 32], &certificate(2), NOW).await.unwrap();
}

async fn a_later_code_withdraws_the_earlier(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till) = (&rig.store, till("demo"));
    store.create_claim(&claim(1, till.clone(), CODE), NOW).await.unwrap();
    store.create_claim(&claim(2, till.clone(), [9; 32]), later(1)).await.unwrap();
    assert_eq!(problem(store, CODE, 2).await, ClaimProblem::Withdrawn);
    assert!(store.open_claim(&[9; 32], later(2)).await.is_ok());
    let same_code = store.create_claim(&claim(3, till, [9; 32]), later(3)).await.unwrap_err();
    assert!(matches!(same_code, StoreError::Conflict { what: What::Claim, .. }), "{same_code}");
    assert!(store.open_claim(&[9; 32], later(4)).await.is_ok(), "a refused claim withdraws nothing");
}

async fn takes_up_a_certificate_of_a_till_that_has_one_that_counts(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till_1) = (&rig.store, till("demo"));
    let first = store.take_up_certificate(&till_1, &certificate(1), NOW).await.unwrap_err();
    assert!(matches!(first, StoreError::Conflict { .. }), "it was never claimed: {first}");
    store.create_claim(&claim(1, till_1.clone(), CODE), NOW).await.unwrap();
    store.redeem_claim(&CODE, &certificate(1), NOW).await.unwrap();
    store.take_up_certificate(&till_1, &certificate(2), later(1)).await.unwrap();
    let again = store.take_up_certificate(&till_1, &certificate(2), later(1)).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict { .. }), "it is there: {again}");
    assert_eq!(store.certificates(&till_1).await.unwrap().len(), 2);
    store.revoke_certificates(&till_1, later(2)).await.unwrap();
    let revoked = store.take_up_certificate(&till_1, &certificate(3), later(3)).await.unwrap_err();
    assert!(matches!(revoked, StoreError::Conflict { .. }), "all were revoked: {revoked}");
}

async fn renewing_needs_a_certificate_that_is_not_revoked(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till_1, other) = (&rig.store, till("demo"), till("other"));
    store.create_claim(&claim(1, till_1.clone(), CODE), NOW).await.unwrap();
    store.redeem_claim(&CODE, &certificate(1), NOW).await.unwrap();
    store.renew_certificate(&till_1, &serial(1), &certificate(2), later(1)).await.unwrap();
    let anothers = store.renew_certificate(&other, &serial(2), &certificate(3), later(2)).await.unwrap_err();
    assert!(matches!(anothers, StoreError::NotFound { what: What::Certificate, .. }), "{anothers}");
    store.revoke_certificates(&till_1, later(3)).await.unwrap();
    let revoked = store.renew_certificate(&till_1, &serial(2), &certificate(3), later(4)).await.unwrap_err();
    assert!(revoked.to_string().contains("is revoked"), "{revoked}");
}

async fn revoking_names_what_was_revoked(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till_1) = (&rig.store, till("demo"));
    store.create_claim(&claim(1, till_1.clone(), CODE), NOW).await.unwrap();
    store.redeem_claim(&CODE, &certificate(1), NOW).await.unwrap();
    assert!(store.revoke_certificates(&till("other"), later(1)).await.unwrap().is_empty());
    assert_eq!(store.revoke_certificates(&till_1, later(1)).await.unwrap(), [serial(1)]);
    assert!(store.revoke_certificates(&till_1, later(2)).await.unwrap().is_empty());
    let listed = store.revoked_certificates(later(2)).await.unwrap();
    assert_eq!((listed.len(), listed[0].revoked_at), (1, Some(later(1))));
    assert!(store.revoked_certificates(later(DAY_MS * 31)).await.unwrap().is_empty());
}

async fn a_retired_till_is_neither_claimed_nor_certified(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, till_1) = (&rig.store, till("demo"));
    store.create_claim(&claim(1, till_1.clone(), CODE), NOW).await.unwrap();
    store.redeem_claim(&CODE, &certificate(1), NOW).await.unwrap();
    store.create_claim(&claim(2, till_1.clone(), [9; 32]), NOW).await.unwrap();
    assert_eq!(store.retire_till(&till_1, later(1)).await.unwrap(), [serial(1)]);
    assert_eq!(problem(store, [9; 32], 2).await, ClaimProblem::Withdrawn);
    for error in [
        store.create_claim(&claim(3, till_1.clone(), [3; 32]), later(2)).await.unwrap_err(),
        store.renew_certificate(&till_1, &serial(1), &certificate(2), later(2)).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Conflict { what: What::Till, .. }), "{error}");
    }
    assert_eq!(store.till(&till_1).await.unwrap().retired_at, Some(later(1)));
}
