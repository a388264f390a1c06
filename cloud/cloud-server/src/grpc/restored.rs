//! What is done when a till has taken a generation that this cloud does not have: its database was restored from an old copy.
//!
//! A till takes rising numbers only, so that nobody can send it an old generation again. A cloud that fell back would give
//! out numbers a second time, and its tills would pass them over. It therefore leaps: the newest generation is made anew with
//! a number above every one that a till can show it has. A till shows the head that it was given, signed by this cloud's own
//! key, so that no till can make the numbers leap by just saying so.

use cloud_store::{Actor, NewAuditEntry, Publishing, StoreError};
use domain::ids::Generation;
use domain::sale::TillRef;
use sync_core::generation::Head;
use wire::catalogue::SignedHead;

use crate::gateway::Shared;
use crate::roles::now;
use crate::signing::is_signed;

/// Looks whether the till will take what is made next, and sees to it that it does.
pub(super) async fn look(
    shared: &Shared,
    till: &TillRef,
    (taken, signature): &SignedHead,
) -> Result<(), StoreError> {
    let newest = shared.store.newest_generation(&till.org, &till.store).await?;
    let Some(newest) = newest.filter(|newest| !newest.has_room_for(taken)) else { return Ok(()) };
    if !is_signed(&shared.signer.public_key(), signature, &till.org, &till.store, taken) {
        tracing::warn!(
            till = %till.till,
            generation = taken.number.0,
            "a till shows generation {}, which this cloud did not sign: was the till another cloud's?",
            taken.number
        );
        return Ok(());
    }
    let leapt = Leap { from: newest.head.number, over: taken.number };
    match leapt.make(shared, till, taken).await {
        // Another till was faster, or somebody published: the next report is looked at again.
        Err(StoreError::Conflict { .. }) => Ok(()),
        made => made,
    }
}

/// From the newest generation over one that only tills have.
struct Leap {
    from: Generation,
    over: Generation,
}

impl Leap {
    async fn make(&self, shared: &Shared, till: &TillRef, taken: &Head) -> Result<(), StoreError> {
        let entry = NewAuditEntry {
            actor: Actor::System("cloud".to_owned()),
            action: "generation.leap".to_owned(),
            object: format!("store:{}", till.store),
            detail: format!("from {} over {}, which {} has", self.from, self.over, till.till),
        };
        let audited = shared.store.audited(&till.org, &entry, now())?;
        let publishing = Publishing {
            by: Actor::System("cloud".to_owned()),
            expected: None,
            keep: shared.config.worker.generations_kept,
        };
        let sign = |head: &Head| shared.signer.sign(&till.org, &till.store, head).to_vec();
        let made =
            audited.outrun_generation(&till.org, &till.store, taken, &publishing, &sign, now()).await?;
        if let Some(made) = made {
            tracing::error!(
                store = %till.store,
                till = %till.till,
                newest = self.from.0,
                taken = self.over.0,
                made = made.head.number.0,
                "a till has generation {} of store `{}`, and the newest here was {} (was the database restored from an old copy?): what the newest has is generation {} now; check prices that were changed since that copy",
                self.over,
                till.store,
                self.from,
                made.head.number
            );
        }
        Ok(())
    }
}
