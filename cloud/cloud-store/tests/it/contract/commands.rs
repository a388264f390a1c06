//! What tills are told to do.

use cloud_store::{CommandState, NewCommand, OPEN_COMMANDS_MAX, StoreError, What};
use domain::ids::{CommandId, Uuid};

use crate::support::{NOW, Rig, by_hand, later, over_both_engines, till};

over_both_engines!(
    a_command_goes_forward_and_never_back,
    a_command_is_its_tills_alone,
    what_nobody_began_with_is_given_up,
    a_till_has_few_open_commands,
);

fn command(number: u128, org: &str) -> NewCommand {
    NewCommand {
        id: CommandId(Uuid::from_u128(number)),
        till: till(org),
        operation: "report".to_owned(),
        made_by: by_hand(),
        expires_at: later(1_000),
    }
}

async fn a_command_goes_forward_and_never_back(rig: Rig) {
    use CommandState::{Executing, Failed, Init, Successful};
    let rig = rig.with_tills().await;
    let (store, asked) = (&rig.store, command(1, "demo"));
    store.create_command(&asked, NOW).await.unwrap();
    let kept = store.command(&asked.till, asked.id).await.unwrap();
    assert_eq!((kept.asked.clone(), kept.state, kept.made_at), (asked.clone(), Init, NOW));
    assert_eq!(store.open_commands(10).await.unwrap(), [kept]);
    let note = async |state, detail: &str| {
        store.note_command(&asked.till, asked.id, state, detail, later(5)).await.unwrap()
    };
    assert!(!note(Init, "").await, "it is asked for already");
    assert!(note(Executing, "").await && !note(Executing, "").await);
    assert!(note(Successful, "done").await);
    assert!(!note(Failed, "late").await && !note(Executing, "").await, "what is done is done");
    let kept = store.command(&asked.till, asked.id).await.unwrap();
    assert_eq!((kept.state, kept.detail.as_str(), kept.changed_at), (Successful, "done", later(5)));
    assert!(store.open_commands(10).await.unwrap().is_empty());
    let again = store.create_command(&asked, NOW).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict { what: What::Command, .. }), "{again}");
}

async fn a_command_is_its_tills_alone(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, asked) = (&rig.store, command(1, "demo"));
    store.create_command(&asked, NOW).await.unwrap();
    let stranger = till("other");
    let found = store.command(&stranger, asked.id).await.unwrap_err();
    assert!(matches!(found, StoreError::NotFound { what: What::Command, .. }), "{found}");
    assert!(!store.note_command(&stranger, asked.id, CommandState::Failed, "", NOW).await.unwrap());
    let mut nowhere = command(2, "demo");
    nowhere.till.till = domain::ids::TillId::new("nowhere").unwrap();
    let made = store.create_command(&nowhere, NOW).await.unwrap_err();
    assert!(matches!(made, StoreError::NotFound { what: What::Till, .. }), "{made}");
}

async fn what_nobody_began_with_is_given_up(rig: Rig) {
    let rig = rig.with_tills().await;
    let (store, asked) = (&rig.store, command(1, "demo"));
    store.create_command(&asked, NOW).await.unwrap();
    assert_eq!(store.give_up_commands(later(1_000), "late", later(1_000)).await.unwrap(), 0);
    assert_eq!(store.give_up_commands(later(1_001), "late", later(1_001)).await.unwrap(), 1);
    let kept = store.command(&asked.till, asked.id).await.unwrap();
    assert_eq!((kept.state, kept.detail.as_str()), (CommandState::Failed, "late"));
}

async fn a_till_has_few_open_commands(rig: Rig) {
    let rig = rig.with_tills().await;
    let most = u128::try_from(OPEN_COMMANDS_MAX).unwrap();
    for number in 1..=most {
        rig.store.create_command(&command(number, "demo"), NOW).await.unwrap();
    }
    let more = rig.store.create_command(&command(most + 1, "demo"), NOW).await.unwrap_err();
    assert!(matches!(more, StoreError::Conflict { what: What::Till, .. }), "{more}");
    rig.store.create_command(&command(most + 1, "other"), NOW).await.unwrap();
}
