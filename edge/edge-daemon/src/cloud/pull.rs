//! Pulling catalogue generations: as a difference where the cloud still has what the till has, as a whole otherwise.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use domain::ids::Generation;
use edge_store::FromCloud;
use edge_store::cloud_identity::CloudIdentity;
use ring::signature::{ED25519, UnparsedPublicKey};
use sync_core::generation::{Content, Difference, Head, Mismatch};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use wire::MESSAGE_MAX_LEN;
use wire::catalogue::{Assembly, Signature, SignedHead, decode_head, encode_head, to_head};
use wire::v1::catalogue_service_client::CatalogueServiceClient;
use wire::v1::{GetHeadRequest, PullRequest};

use super::CloudParts;
use super::link::{Hint, Switch, blocking};
use super::{models, pictures};

/// The wait after a pull that failed.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How often a pull that breaks off is gone on with before it is begun anew.
pub(super) const RESUMES_MAX: u32 = 20;
/// How long pictures are fetched before a generation is taken, and after.
const PICTURES_FIRST_MAX: Duration = Duration::from_secs(1);
const PICTURES_MAX: Duration = Duration::from_secs(600);
/// How long one message of a pull may take.
pub(super) const PART_MAX: Duration = Duration::from_secs(60);

/// Follows the hints until told to stop.
pub(super) async fn run(
    parts: CloudParts,
    switch: Arc<Switch>,
    token: CancellationToken,
) -> anyhow::Result<()> {
    let mut hinted = switch.hints.subscribe();
    loop {
        let hint = hinted.borrow_and_update().clone();
        let failed = match hint {
            None => false,
            Some(hint) => tokio::select! {
                done = follow(&parts, &hint, &switch.report) => match done {
                    Ok(()) => false,
                    Err(error) => {
                        tracing::error!(error = %format!("{error:#}"), "failed to take the cloud's catalogue; the till sells from what it has");
                        true
                    }
                },
                () = token.cancelled() => return Ok(()),
            },
        };
        tokio::select! {
            changed = hinted.changed() => {
                if changed.is_err() {
                    // The link ends only when the till stops, and may be first to.
                    return Ok(());
                }
            }
            () = tokio::time::sleep(RETRY_AFTER), if failed => {}
            () = token.cancelled() => return Ok(()),
        }
    }
}

/// Takes what there is to take.
async fn follow(parts: &CloudParts, hint: &Hint, report: &Notify) -> anyhow::Result<()> {
    // Newer prices do not wait for the model of the views that are here.
    let fetched = fetch_missing_model(parts, hint).await;
    take_newest(parts, hint, report).await?;
    fetched.context("failed to fetch the model of the views that the till has")
}

/// Takes the newest generation, if it is newer than what was ever taken.
async fn take_newest(parts: &CloudParts, hint: &Hint, report: &Notify) -> anyhow::Result<()> {
    let store = parts.store.clone();
    let (standing, head) = blocking(move || Ok((store.cloud_standing()?, store.cloud_head()?))).await?;
    parts.status.sells_from(standing.sells_from);
    let other_cloud = is_of_another_cloud(head.as_deref(), &hint.identity);
    let newest_taken = if other_cloud { Generation(0) } else { standing.newest_taken };
    if hint.generation.0 > 0 && hint.generation <= newest_taken {
        return Ok(());
    }
    let mut client = CatalogueServiceClient::new(hint.channel.clone());
    let head = client.get_head(GetHeadRequest {}).await;
    let head = match head {
        Err(status) if status.code() == tonic::Code::NotFound => return Ok(()),
        other => other.context("failed to ask for the newest generation")?.into_inner(),
    };
    let (head, signature) = to_head(&head).context("the cloud's newest generation makes no sense")?;
    check(&head, &signature, &hint.identity)?;
    if head.number <= newest_taken {
        return Ok(());
    }
    let began = Instant::now();
    let have = if other_cloud {
        tracing::warn!(
            "the till belongs to another cloud than the one whose catalogue it has: it takes all of this one's"
        );
        None
    } else {
        let store = parts.store.clone();
        blocking(move || store.cloud_content()).await?
    };
    let (signed, content) = obtain(hint, have).await?;
    let number = signed.0.number;
    if let (Some(models), Some(version)) = (&parts.models, content.model.as_ref()) {
        models::fetch(hint, models, version).await?;
    }
    let catalogue = Arc::clone(&content.catalogue);
    // Most pictures come before their products do; a price waits for none of them for long.
    let data = parts.store.dir().to_owned();
    let missing = pictures::fetch(&hint.channel, &data, &catalogue, PICTURES_FIRST_MAX).await;
    let whole = FromCloud { number, head: encode_head(&signed), content, other_cloud };
    let store = parts.store.clone();
    let local = blocking(move || store.take_cloud_generation(whole)).await?;
    (parts.on_generation)();
    report.notify_one();
    parts.status.sells_from(number);
    tracing::info!(
        generation = local.0,
        cloud_generation = number.0,
        duration_ms = began.elapsed().as_millis() as u64,
        "took generation {number} of the cloud's"
    );
    if let Some(models) = &parts.models {
        let store = parts.store.clone();
        let kept = blocking(move || store.generations()).await?;
        models::forget_others(models, kept.into_iter().filter_map(|info| info.model).collect()).await;
    }
    if missing {
        pictures::fetch(&hint.channel, &data, &catalogue, PICTURES_MAX).await;
    }
    Ok(())
}

/// The model of what the till sells from, where it took that without it.
async fn fetch_missing_model(parts: &CloudParts, hint: &Hint) -> anyhow::Result<()> {
    let store = parts.store.clone();
    let newest = blocking(move || store.generations()).await?.into_iter().next();
    let (Some(models), Some(version)) = (&parts.models, newest.and_then(|newest| newest.model)) else {
        return Ok(());
    };
    if models::is_there(models, &version).await? {
        return Ok(());
    }
    models::fetch(hint, models, &version).await?;
    if models::is_there(models, &version).await? {
        (parts.on_generation)();
    }
    Ok(())
}

/// Whether the newest generation that was taken came from another cloud than the one that the till belongs to: numbers of
/// two clouds have nothing to do with each other.
fn is_of_another_cloud(head: Option<&[u8]>, identity: &CloudIdentity) -> bool {
    let signed = head.and_then(|bytes| decode_head(bytes).ok());
    signed.is_some_and(|(head, signature)| check(&head, &signature, identity).is_err())
}

/// The newest content: by a difference, and as a whole where that does not lead to what was signed.
async fn obtain(hint: &Hint, have: Option<(Generation, Content)>) -> anyhow::Result<(SignedHead, Content)> {
    let have = have.map(Arc::new);
    if let Some(have) = &have {
        let (signed, difference) = pull(hint, have.0).await?;
        match apply(&signed.0, difference, Some(Arc::clone(have))).await? {
            Ok(content) => return Ok((signed, content)),
            Err(mismatch) => tracing::warn!(
                ?mismatch,
                "the difference does not lead to the generation that was signed (was the cloud restored from an old copy?); asking for the whole"
            ),
        }
    }
    let (signed, difference) = pull(hint, Generation(0)).await?;
    match apply(&signed.0, difference, None).await? {
        Ok(content) => Ok((signed, content)),
        Err(mismatch) => bail!("the cloud's catalogue is not what it has signed: {mismatch:?}"),
    }
}

/// Builds the content on a thread for such work: some ten thousand views are hashed.
async fn apply(
    head: &Head,
    difference: Difference,
    have: Option<Arc<(Generation, Content)>>,
) -> anyhow::Result<Result<Content, Mismatch>> {
    let head = head.clone();
    let work = move || {
        let base = have.as_deref().map(|(number, content)| (*number, content));
        difference.apply(base, &head)
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}

async fn pull(hint: &Hint, have: Generation) -> anyhow::Result<(SignedHead, Difference)> {
    let mut assembly: Option<Assembly> = None;
    for _ in 0..RESUMES_MAX {
        match go_on(&hint.channel, &hint.identity, have, &mut assembly).await {
            Ok(()) => break,
            // What arrived stays; the rest is asked for again.
            Err(error) if assembly.is_some() => {
                tracing::info!(error = %format!("{error:#}"), "a pull broke off");
            }
            Err(error) => return Err(error),
        }
    }
    let assembly = assembly.context("the cloud sent nothing")?;
    let signature = assembly.signature;
    let (head, difference) = assembly.finish()?;
    Ok(((head, signature), difference))
}

/// Asks for the parts that are missing, and takes them as they come.
async fn go_on(
    channel: &Channel,
    identity: &CloudIdentity,
    have: Generation,
    assembly: &mut Option<Assembly>,
) -> anyhow::Result<()> {
    let mut client = CatalogueServiceClient::new(channel.clone()).max_decoding_message_size(MESSAGE_MAX_LEN);
    let request = PullRequest {
        have: have.0,
        resume: assembly.as_ref().map_or(0, |begun| begun.head.number.0),
        skip_parts: assembly.as_ref().map_or(0, Assembly::arrived),
    };
    let mut parts = client.pull(request).await?.into_inner();
    let mut first = true;
    while let Some(part) = tokio::time::timeout(PART_MAX, parts.message()).await?? {
        if !first {
            assembly.as_mut().context("the parts have no beginning")?.add(part)?;
            continue;
        }
        first = false;
        let begun = Assembly::begin(part)?;
        check(&begun.head, &begun.signature, identity)?;
        // The same generation goes on; another one, made meanwhile, begins anew.
        if assembly.as_ref().is_none_or(|before| before.head != begun.head) {
            *assembly = Some(begun);
        }
    }
    let done = assembly.clone().is_some_and(|assembly| assembly.finish().is_ok());
    if done { Ok(()) } else { bail!("the cloud ended the pull early") }
}

fn check(head: &Head, signature: &Signature, identity: &CloudIdentity) -> anyhow::Result<()> {
    let hash = head.content_hash(&identity.till.org, &identity.till.store);
    let key = UnparsedPublicKey::new(&ED25519, identity.catalogue_key);
    if key.verify(&hash, signature).is_err() {
        bail!(
            "generation {} is not signed by the cloud that this till was claimed by: it was not taken",
            head.number
        );
    }
    Ok(())
}
