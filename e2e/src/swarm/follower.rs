//! How a till of the swarm follows the cloud's catalogue: told of a generation, it pulls the difference, checks who signed
//! it, and applies it.
//!
//! Each till applies by itself and checks the outcome's hash; then tills that have the same generation keep one copy of it
//! between them, or two thousand catalogues would not fit. What they compute is computed a few at a time, since they stand in
//! for boxes that have a processor each: so a report says when the difference had arrived and when it was applied.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use cloud_server::signing::is_signed;
use domain::ids::Generation;
use edge_store::cloud_identity::CloudIdentity;
use service::tasks::CancellationToken;
use sync_core::generation::{Content, Head};
use tokio::sync::Semaphore;
use wire::MESSAGE_MAX_LEN;
use wire::catalogue::{Assembly, Signature, encoded_len, to_head};
use wire::v1::catalogue_service_client::CatalogueServiceClient;
use wire::v1::{GenerationPart, GetHeadRequest, PullRequest};

use super::till::{Hint, SwarmTill};

/// The wait after a pull that failed, as on a real till.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A generation that a till took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// Which.
    pub generation: Generation,
    /// When all of it had arrived.
    pub arrived: Instant,
    /// When it was applied.
    pub applied: Instant,
    /// How long applying took, without waiting for a turn.
    pub applying: Duration,
    /// Its messages, in bytes, without what HTTP/2 and TLS add.
    pub pulled_bytes: u64,
}

/// The catalogues of a swarm.
#[derive(Debug)]
pub struct Shelf {
    contents: Mutex<BTreeMap<Generation, Arc<Content>>>,
    taken: Mutex<Vec<Taken>>,
    failures: Mutex<Vec<String>>,
    turns: Arc<Semaphore>,
}

impl Shelf {
    /// An empty one; so many tills apply at once.
    pub fn new(turns: usize) -> Self {
        Self {
            contents: Mutex::default(),
            taken: Mutex::default(),
            failures: Mutex::default(),
            turns: Arc::new(Semaphore::new(turns)),
        }
    }

    /// What was taken, by all tills together, in order of time.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.taken).clone()
    }

    /// How many tills took a generation.
    pub fn count(&self, generation: Generation) -> usize {
        lock(&self.taken).iter().filter(|taken| taken.generation == generation).count()
    }

    /// The content of a generation that some till took.
    pub fn content(&self, generation: Generation) -> Option<Arc<Content>> {
        lock(&self.contents).get(&generation).cloned()
    }

    /// Why pulls failed; each was tried again.
    pub fn failures(&self) -> Vec<String> {
        lock(&self.failures).clone()
    }

    /// Generations before this one are not needed any more, where no till has them.
    pub fn forget_before(&self, generation: Generation) {
        lock(&self.contents).retain(|number, _| *number >= generation);
    }

    fn share(&self, generation: Generation, content: Content) -> Arc<Content> {
        Arc::clone(lock(&self.contents).entry(generation).or_insert_with(|| Arc::new(content)))
    }
}

/// What a till sells from.
type Have = Option<(Generation, Arc<Content>)>;

/// Follows the hints of a till until told to stop.
pub async fn run(till: Arc<SwarmTill>, shelf: Arc<Shelf>, token: CancellationToken) -> anyhow::Result<()> {
    let mut hints = till.hints.subscribe();
    let mut have: Have = None;
    loop {
        let hint = hints.borrow_and_update().clone();
        let number = have.as_ref().map_or(Generation(0), |(number, _)| *number);
        let mut failed = false;
        if let Some(hint) = hint.filter(|hint| hint.generation > number) {
            tokio::select! {
                taken = take(&till, &shelf, &hint, &have) => match taken {
                    Ok(taken) => have = Some(taken),
                    Err(error) => {
                        lock(&shelf.failures).push(format!("{error:#}"));
                        failed = true;
                    }
                },
                () = token.cancelled() => return Ok(()),
            }
        }
        tokio::select! {
            changed = hints.changed() => changed.context("the till is gone")?,
            () = tokio::time::sleep(RETRY_AFTER), if failed => {}
            () = token.cancelled() => return Ok(()),
        }
    }
}

async fn take(
    till: &Arc<SwarmTill>,
    shelf: &Arc<Shelf>,
    hint: &Hint,
    have: &Have,
) -> anyhow::Result<(Generation, Arc<Content>)> {
    check_head(till, hint).await?;
    let (parts, pulled_bytes) =
        pull(hint, have.as_ref().map_or(Generation(0), |(number, _)| *number)).await?;
    let arrived = Instant::now();
    let _turn = Arc::clone(&shelf.turns).acquire_owned().await?;
    let (working, base) = (Arc::clone(till), have.clone());
    let done = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        apply(parts, &working.identity, &base).map(|(head, content)| (head, content, began.elapsed()))
    });
    let (head, content, applying) = done.await??;
    let generation = head.number;
    let content = shelf.share(generation, content);
    let applied = Instant::now();
    till.sells_from.store(generation.0, Ordering::Relaxed);
    lock(&shelf.taken).push(Taken { generation, arrived, applied, applying, pulled_bytes });
    Ok((generation, content))
}

/// Asks what is newest and who signed it, as a till does before it pulls.
async fn check_head(till: &SwarmTill, hint: &Hint) -> anyhow::Result<()> {
    let mut client = CatalogueServiceClient::new(hint.channel.clone());
    let (head, signature) = to_head(&client.get_head(GetHeadRequest {}).await?.into_inner())?;
    check_signature(&till.identity, &head, &signature)
}

/// All parts as they come, and how many bytes they are.
async fn pull(hint: &Hint, have: Generation) -> anyhow::Result<(Vec<GenerationPart>, u64)> {
    let mut client =
        CatalogueServiceClient::new(hint.channel.clone()).max_decoding_message_size(MESSAGE_MAX_LEN);
    let request = PullRequest { have: have.0, resume: 0, skip_parts: 0 };
    let mut stream = client.pull(request).await?.into_inner();
    let (mut parts, mut bytes) = (Vec::new(), 0);
    while let Some(part) = stream.message().await? {
        bytes += encoded_len(&part) as u64;
        parts.push(part);
    }
    Ok((parts, bytes))
}

/// Puts the parts together, checks the signature, and builds the content, whose hash must be what was signed.
fn apply(
    parts: Vec<GenerationPart>,
    identity: &CloudIdentity,
    have: &Have,
) -> anyhow::Result<(Head, Content)> {
    let mut parts = parts.into_iter();
    let mut assembly = Assembly::begin(parts.next().context("the cloud sent nothing")?)?;
    check_signature(identity, &assembly.head, &assembly.signature)?;
    for part in parts {
        assembly.add(part)?;
    }
    let (head, difference) = assembly.finish()?;
    let base = have.as_ref().map(|(number, content)| (*number, content.as_ref()));
    match difference.apply(if difference.base.is_some() { base } else { None }, &head) {
        Ok(content) => Ok((head, content)),
        Err(mismatch) => bail!("generation {} is not what was signed: {mismatch:?}", head.number),
    }
}

fn check_signature(identity: &CloudIdentity, head: &Head, signature: &Signature) -> anyhow::Result<()> {
    let CloudIdentity { till, catalogue_key, .. } = identity;
    ensure!(
        is_signed(catalogue_key, signature, &till.org, &till.store, head),
        "generation {} is not signed by the cloud",
        head.number
    );
    Ok(())
}

/// Every change is whole, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
