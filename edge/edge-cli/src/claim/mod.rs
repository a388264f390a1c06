//! `cloud`: making this till one of a store's tills, and undoing it.

mod first_contact;

use std::io::BufRead as _;
use std::time::Duration;

use anyhow::Context as _;
use domain::ids::{OrgId, StoreId, TillId};
use domain::sale::TillRef;
use domain::time::WallMs;
use edge_store::cloud_identity::{BrokerAddress, CloudIdentity, KeyAndRequest};
use serde_json::json;
use sync_core::claim_code::ClaimCode;
use wire::v1::device_service_client::DeviceServiceClient;
use wire::v1::{ClaimRequest, ClaimResponse};

use crate::Context;
use crate::cli::{ClaimArgs, CloudArgs, CloudCommand, ForgetArgs};
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::till::Till;

/// How long the whole of a claim may take.
const CLAIM_MAX: Duration = Duration::from_secs(30);
/// The longest line that is read as a code.
const LINE_MAX: u64 = 1024;

/// Runs `cloud`.
pub(crate) fn run(context: &Context, args: &CloudArgs) -> Result<Exit, Failure> {
    match &args.command {
        CloudCommand::Claim(args) => claim(context, args),
        CloudCommand::Forget(args) => forget(context, args),
    }
}

fn claim(context: &Context, args: &ClaimArgs) -> Result<Exit, Failure> {
    let till = Till::open(context)?.status()?.till;
    let code = read_code(context)?;
    let code = ClaimCode::parse(&code)?;
    let made = KeyAndRequest::make()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = ask(&args.address, &code, &made.request_pem);
    let answer = runtime.block_on(async { tokio::time::timeout(CLAIM_MAX, asked).await });
    let answer = answer.map_err(|_| {
        Failure::new(format!("{} did not answer within {} s", args.address, CLAIM_MAX.as_secs()))
            .hint("check the address, and that the cloud runs and can be reached from here")
    })??;
    let identity = identity(&args.address, made.key_pem, answer)?;
    let named = sync_core::sale_document::till_name(&identity.till);
    if named != till {
        return Err(Failure::new(format!("the code is for till {named}, but this is till {till}")).hint(format!(
            "make a code for {till}, or set org, store and till in the [till] part of this till's configuration before its first sale"
        )));
    }
    identity.save(&context.global.data)?;
    if context.console.json() {
        context.console.object(&json!({
            "till": named,
            "address": identity.address,
            "certificate_not_after_ms": identity.not_after.0,
        }))?;
    } else {
        context
            .console
            .line(format_args!("till {named} belongs to the cloud at {} now", identity.address))?;
    }
    Ok(Exit::Ok)
}

fn forget(context: &Context, args: &ForgetArgs) -> Result<Exit, Failure> {
    let folder = &context.global.data;
    let Some(identity) = CloudIdentity::load(folder)? else {
        return Err(Failure::new("this till was never claimed, or has forgotten its cloud already"));
    };
    let question =
        format!("Forget the cloud at {}? The till needs a new code to come back.", identity.address);
    if !args.change.dry_run {
        context.console.confirm(&args.change, &question, &Interrupt::watch()?)?;
        CloudIdentity::remove(folder)?;
    }
    if context.console.json() {
        context.console.object(&json!({ "address": identity.address, "dry_run": args.change.dry_run }))?;
    } else if args.change.dry_run {
        context.console.line(format_args!("the cloud at {} would be forgotten", identity.address))?;
    } else {
        context.console.line(format_args!("the cloud at {} is forgotten", identity.address))?;
    }
    Ok(Exit::Ok)
}

fn read_code(context: &Context) -> Result<String, Failure> {
    if context.console.has_terminal() {
        context.console.say("claim code: ");
    }
    let mut line = String::new();
    let mut input = std::io::Read::take(std::io::stdin().lock(), LINE_MAX);
    input.read_line(&mut line).context("failed to read the claim code from stdin")?;
    if line.trim().is_empty() {
        return Err(Failure::usage("no claim code came on stdin")
            .hint("make one in the cloud, and type it when asked or give it in a file: < code.txt"));
    }
    Ok(line)
}

async fn ask(address: &str, code: &ClaimCode, request_pem: &str) -> Result<ClaimResponse, Failure> {
    let channel = first_contact::connect(address, code.pin()).await?;
    let request = ClaimRequest { code: code.to_string(), csr_pem: request_pem.to_owned() };
    let answer = DeviceServiceClient::new(channel).claim(request).await;
    answer.map(tonic::Response::into_inner).map_err(|status| {
        let failure = Failure::new(format!("the cloud did not take the code: {}", status.message()));
        match status.code() {
            tonic::Code::NotFound | tonic::Code::FailedPrecondition => {
                failure.hint("make a new code in the cloud: each is good once and for a short time")
            }
            _ => failure,
        }
    })
}

fn identity(address: &str, key_pem: String, answer: ClaimResponse) -> Result<CloudIdentity, Failure> {
    let key = answer.catalogue_key.try_into();
    Ok(CloudIdentity {
        address: address.to_owned(),
        broker: BrokerAddress::told(&answer.mqtt_host, answer.mqtt_port, address),
        till: TillRef {
            org: OrgId::new(&answer.organisation)?,
            store: StoreId::new(&answer.store)?,
            till: TillId::new(&answer.till)?,
        },
        key_pem,
        certificate_pem: answer.certificate_pem,
        not_before: WallMs(answer.not_before_ms),
        not_after: WallMs(answer.not_after_ms),
        authority_pem: answer.authority_pem,
        catalogue_key: key.map_err(|_| Failure::new("the cloud's catalogue key is not 32 bytes long"))?,
    })
}
