//! Parts and readiness.

use service::health::{Health, PartState};

#[test]
fn is_ready_when_every_required_part_works() {
    let health = Health::new();
    let (camera, scale) = (health.part("camera", true), health.part("scale", false));
    assert!(!health.is_ready(), "the camera is starting");
    camera.ok();
    assert!(health.is_ready(), "the scale is not required");
    scale.down("unplugged");
    assert!(health.is_ready());
    camera.degraded("only 3 frames a second");
    assert!(health.is_ready(), "it does its work");
    camera.down("unplugged");
    assert!(!health.is_ready());
}

#[test]
fn keeps_since_while_the_state_stays_and_wakes_on_changes_only() {
    let health = Health::new();
    let camera = health.part("camera", true);
    let mut changes = health.changes();
    camera.down("unplugged");
    assert!(changes.has_changed().unwrap());
    let first = health.parts().remove(0);
    assert_eq!((first.state, first.detail.as_deref()), (PartState::Down, Some("unplugged")));

    changes.mark_unchanged();
    camera.down("unplugged");
    assert!(!changes.has_changed().unwrap(), "nothing new");
    camera.down("still unplugged");
    assert!(changes.has_changed().unwrap());
    assert_eq!(health.parts()[0].since, first.since);
    camera.ok();
    assert_eq!((health.parts()[0].detail.clone(), camera.state()), (None, PartState::Ok));
}

#[test]
fn the_same_name_is_the_same_part() {
    let health = Health::new();
    health.part("camera", true).ok();
    assert_eq!(health.part("camera", true).state(), PartState::Ok);
    assert_eq!(health.parts().len(), 1);
}
