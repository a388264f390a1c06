//! How things are doing, and what they did before.

use cloud_store::{HealthState, HealthSubject, PartNow, ServiceCheck, ServiceSum};

use crate::support::{DAY_MS, NOW, Rig, later, org, over_both_engines, till};

over_both_engines!(
    a_change_is_written_down_once,
    the_clouds_own_parts_are_nobodys,
    checks_of_a_service_are_summed_and_forgotten,
);

fn part(name: &str, state: HealthState, detail: &str) -> PartNow {
    PartNow { part: name.to_owned(), state, detail: detail.to_owned() }
}

async fn a_change_is_written_down_once(rig: Rig) {
    use HealthState::{Degraded, Down, Ok};
    let (rig, demo) = (rig.with_tills().await, org("demo"));
    let (store, subject) = (&rig.store, HealthSubject::of_till(&till("demo")));
    let note = async |parts: &[PartNow], ms| {
        store.note_health(Some(&demo), &subject, parts, later(ms)).await.unwrap()
    };
    let (camera, scale) = (part("camera", Ok, ""), part("scale", Down, "unplugged"));
    assert_eq!(
        note(&[camera.clone(), scale.clone()], 0).await,
        std::slice::from_ref(&scale),
        "well from the first is none"
    );
    assert!(note(&[camera.clone(), part("scale", Down, "still unplugged")], 10).await.is_empty());
    let known = store.health(Some(&demo)).await.unwrap();
    let told: Vec<_> = known.iter().map(|k| (k.now.part.as_str(), k.now.state, k.since, k.seen_at)).collect();
    assert_eq!(told, [("camera", Ok, NOW, later(10)), ("scale", Down, NOW, later(10))]);
    assert_eq!(known[1].now.detail, "still unplugged");

    let (slow, back) = (part("camera", Degraded, "3 frames a second"), part("scale", Ok, ""));
    assert_eq!(note(&[slow.clone(), back.clone()], 20).await, [slow.clone(), back.clone()]);
    assert_eq!(store.tills_in_use(10).await.unwrap().len(), 2);
    let of_tills = store.health_of_tills(10).await.unwrap();
    assert_eq!(of_tills, [(till("demo"), slow.clone()), (till("demo"), back.clone())]);
    let changes = store.health_changes(Some(&demo), Some(&subject), None, 10).await.unwrap();
    assert_eq!(changes.iter().map(|c| c.now.clone()).collect::<Vec<_>>(), [back, slow, scale]);
    assert_eq!(changes[0].at, later(20));
    let of_scale = store.part_changes(Some(&demo), &subject, "scale", later(20), 10).await.unwrap();
    assert_eq!(of_scale, [(NOW, Down)], "before, not at");
    let older = store.health_changes(Some(&demo), None, Some(changes[1].id), 10).await.unwrap();
    assert_eq!(older, [changes[2].clone()]);
    assert!(store.health(Some(&org("other"))).await.unwrap().is_empty());
    assert!(store.health_changes(Some(&org("other")), None, None, 10).await.unwrap().is_empty());
    let another = HealthSubject::Process("server".to_owned());
    assert!(store.health_changes(Some(&demo), Some(&another), None, 10).await.unwrap().is_empty());

    assert_eq!(store.prune_health(later(20), 10).await.unwrap(), 1, "the first change");
    assert_eq!(store.health(Some(&demo)).await.unwrap().len(), 2);
    assert_eq!(store.prune_health(later(21), 10).await.unwrap(), 4, "two changes and two parts");
    assert!(store.health(Some(&demo)).await.unwrap().is_empty());
}

async fn the_clouds_own_parts_are_nobodys(rig: Rig) {
    let rig = rig.with_tills().await;
    let subject = HealthSubject::Process("server".to_owned());
    let long = part("database", HealthState::Down, &"я".repeat(1_000));
    rig.store.note_health(None, &subject, &[long], NOW).await.unwrap();
    assert!(rig.store.health(Some(&org("demo"))).await.unwrap().is_empty());
    let known = rig.store.health(None).await.unwrap();
    assert_eq!((known[0].subject.clone(), known[0].now.detail.chars().count()), (subject, 300));
    assert!(HealthSubject::parse("till:shop").is_err() && HealthSubject::parse("cat:x").is_err());
}

async fn checks_of_a_service_are_summed_and_forgotten(rig: Rig) {
    let store = &rig.store;
    let check = |ms, answered, latency_ms| ServiceCheck {
        at: later(ms),
        answered,
        latency_ms,
        detail: if answered { String::new() } else { "refused".to_owned() },
    };
    for made in [check(0, true, 10), check(1, false, 5_000), check(2, true, 30)] {
        store.add_service_check("mail", &made).await.unwrap();
    }
    store.add_service_check("bus", &check(0, true, 1)).await.unwrap();
    let named = |made| ("mail".to_owned(), made);
    let newest = [named(check(2, true, 30)), named(check(1, false, 5_000))];
    assert_eq!(store.service_checks(Some("mail"), 2).await.unwrap(), newest);
    assert_eq!(store.service_checks(None, 10).await.unwrap().len(), 4);
    let sum = ServiceSum { checks: 3, answered: 2, latency_mean_ms: 20, latency_max_ms: 30 };
    assert_eq!(store.service_sum("mail", NOW).await.unwrap(), sum);
    assert_eq!(store.service_sum("mail", later(3)).await.unwrap(), ServiceSum::default());
    assert_eq!(store.prune_health(later(DAY_MS), 3).await.unwrap(), 3);
    assert_eq!(store.prune_health(later(DAY_MS), 3).await.unwrap(), 1);
}
