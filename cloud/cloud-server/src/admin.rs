//! What an administrator does on the cloud's own machine: the first organisation, people who cannot get in, and the files
//! of a broker that stands beside it.
//!
//! It works on the database directly, so it needs neither a running gateway nor a password; who can read the
//! configuration's secrets is trusted with the rest. Everything it changes is in the audit log as `system:admin`.

mod eval_documents;
mod eval_forecast;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use cloud_store::{Actor, Grant, NewAuditEntry, NewUser, Publishing, Role, Store, StoreDetails, UserId};
use domain::ids::{Generation, OrgId, StoreId, TaxCode, TillId};
use domain::money::Currency;
use domain::tax::{TaxRate, TaxTable};
use sync_core::generation::Head;
use uuid::Uuid;

use crate::auth::password::{PASSWORD_MAX_BYTES, Password};
use crate::ca::Authority;
use crate::config::Config;
use crate::mqtt::mosquitto;
use crate::roles::{make_folder, now, open_store, owner};
use crate::search::follow::Follower;
use crate::signing::Signer;

/// What an administrator does.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own commands are what people see")]
    OnStore(OnStore),
    /// Shows how well documents are read: every file below a folder whose contents are known, because they are e-invoices, because
    /// one is attached to them, or by labels in a JSON file of the same name beside them. Needs no database.
    ///
    /// Example: tillsight-cloud admin eval-documents invoices --json --learn
    EvalDocuments(Box<eval_documents::EvalDocuments>),
    /// Shows how well sales are forecast that are known: each of several times by what was known then, by every method and by what is
    /// chosen of them. Needs no database.
    ///
    /// Example: tillsight-cloud admin eval-forecast sales.csv --horizon 14 --origins 4 --season 7 --json
    EvalForecast(Box<eval_forecast::EvalForecast>),
}

/// Commands on the database.
#[derive(Debug, Subcommand)]
pub enum OnStore {
    /// Makes the first organisation with a store and its owner. The owner's password is made up and printed once, or read
    /// from standard input with `--password-stdin`.
    Init(Box<Init>),
    /// Lists the people of an organisation.
    People {
        /// The organisation's id.
        #[arg(long)]
        org: String,
    },
    /// Makes another owner of an organisation.
    AddOwner {
        /// The organisation's id.
        #[arg(long)]
        org: String,
        /// Who.
        #[command(flatten)]
        person: PersonArgs,
    },
    /// Gives somebody a new password and lets them in again; their sessions end.
    ResetPassword {
        /// What they sign in with.
        #[arg(long)]
        email: String,
        /// Read the password from standard input instead of making one up.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Locks somebody out at once; their sessions end.
    Disable {
        /// What they sign in with.
        #[arg(long)]
        email: String,
    },
    /// Makes a store sell from an earlier generation of its catalogue again: a new generation with the contents of that one.
    /// It lasts until the catalogue is changed; the next change, a price that takes effect included, brings back everything
    /// as it is in the cloud.
    ///
    /// Example: tillsight-cloud admin rollback --store acme/main --to 41
    Rollback {
        /// The store, with its organisation before it.
        #[arg(long, value_name = "ORG/STORE")]
        store: String,
        /// The number of a generation that is kept; another number is answered with those that are.
        #[arg(long, value_name = "GENERATION")]
        to: u64,
    },
    /// Compares everything that can be found with the tables it is made of, and puts right what differs; with Meilisearch the
    /// index is emptied and filled again. Searching goes on meanwhile. Servers do it by themselves once in a while
    /// (`search.review_hours`); run it after somebody has changed the database by hand.
    Reindex,
    /// Writes what Mosquitto needs to be this cloud's broker: its configuration, its certificate, who may do what, and which
    /// certificates were revoked. Run it with `--lists-only` when tills come and go or are revoked, and send Mosquitto a SIGHUP;
    /// restart it to cut off who is connected, which loses nothing.
    MosquittoConfig(Box<MosquittoConfig>),
}

/// What `admin mosquitto-config` takes.
#[derive(Debug, Args)]
pub struct MosquittoConfig {
    /// The folder to write to. Mosquitto has to be able to read it, its key too.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where Mosquitto is to listen.
    #[arg(long, default_value = "0.0.0.0:8883")]
    listen: SocketAddr,
    /// A host name or address that tills and the cloud reach it by; may be given several times. Those of `ca.server_names`
    /// when it is not.
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<String>,
    /// `mqtt.client_name` of each process of the cloud; this configuration's when it is not given.
    #[arg(long = "client", value_name = "NAME")]
    clients: Vec<String>,
    /// Where Mosquitto keeps what it knows.
    #[arg(long, default_value = "/var/lib/mosquitto", value_name = "DIR")]
    persistence: PathBuf,
    /// Write the lists of who may do what and of revoked certificates anew, and nothing else.
    #[arg(long)]
    lists_only: bool,
}

/// What `admin init` takes.
#[derive(Debug, Args)]
pub struct Init {
    /// The organisation's id: part of topics and certificates, so it never changes.
    #[arg(long)]
    org: String,
    /// Its name as people read it.
    #[arg(long)]
    org_name: Option<String>,
    /// The first store's id.
    #[arg(long)]
    store: String,
    /// Its name as people read it.
    #[arg(long)]
    store_name: Option<String>,
    /// Its IANA time zone.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// ISO 4217 code of its prices.
    #[arg(long, default_value = "EUR")]
    currency: String,
    /// A tax code and its rate in hundredths of a percent; may be given several times.
    #[arg(long = "tax", value_name = "CODE=BASIS_POINTS", default_value = "none=0")]
    taxes: Vec<String>,
    /// Prices do not contain the tax.
    #[arg(long)]
    tax_exclusive: bool,
    #[command(flatten)]
    owner: PersonArgs,
}

/// A new person.
#[derive(Debug, Args)]
pub struct PersonArgs {
    /// What they sign in with.
    #[arg(long)]
    email: String,
    /// Their name as people read it.
    #[arg(long)]
    name: Option<String>,
    /// The language of their screens.
    #[arg(long, default_value = "en")]
    language: String,
    /// Read the password from standard input instead of making one up.
    #[arg(long)]
    password_stdin: bool,
}

/// Does one command; gives back what belongs on standard output.
pub async fn run(config: &Config, command: Command) -> anyhow::Result<String> {
    let command = match command {
        Command::OnStore(command) => command,
        Command::EvalDocuments(told) => return eval_documents::run(config, &told),
        Command::EvalForecast(told) => return eval_forecast::run(&told),
    };
    make_folder(&config.data.dir)?;
    let store = open_store(config, true).await?;
    let said = match command {
        OnStore::Init(init) => first_organisation(&store, *init).await,
        OnStore::People { org } => people(&store, &OrgId::new(&org)?).await,
        OnStore::AddOwner { org, person } => add_owner(&store, &OrgId::new(&org)?, person).await,
        OnStore::ResetPassword { email, password_stdin } => {
            reset_password(&store, &email, password_stdin).await
        }
        OnStore::Disable { email } => disable(&store, &email).await,
        OnStore::Rollback { store: place, to } => {
            rollback(&store, config, &StoreName::parse(&place)?, Generation(to)).await
        }
        OnStore::Reindex => reindex(config, &store).await,
        OnStore::MosquittoConfig(told) => write_mosquitto(config, &store, *told).await,
    };
    store.close().await;
    said
}

async fn first_organisation(store: &Store, init: Init) -> anyhow::Result<String> {
    let (org, first) = (OrgId::new(&init.org)?, StoreId::new(&init.store)?);
    let taxes = read_taxes(&init.taxes, !init.tax_exclusive)?;
    ensure!(
        jiff::tz::TimeZone::get(&init.time_zone).is_ok(),
        "`{}` is no time zone: use an IANA name such as `Europe/Berlin`",
        init.time_zone
    );
    let details = StoreDetails {
        name: init.store_name.unwrap_or_else(|| init.store.clone()),
        time_zone: init.time_zone,
        currency: Currency::new(&init.currency)?,
        taxes,
    };
    // What can be refused is refused before anything is made.
    let (password, made) = choose_password(init.owner.password_stdin)?;
    let now = now();
    let name = init.org_name.as_deref().unwrap_or(&init.org);
    audited(store, &org, "organisation.create", "")?.create_organisation(&org, name, now).await?;
    let object = format!("store:{first}");
    audited(store, &org, "store.create", &object)?.create_store(&org, &first, &details, now).await?;
    create_owner(store, &org, init.owner, password).await?;
    Ok(made.map(|password| format!("{password}\n")).unwrap_or_default())
}

async fn add_owner(store: &Store, org: &OrgId, person: PersonArgs) -> anyhow::Result<String> {
    let (password, made) = choose_password(person.password_stdin)?;
    create_owner(store, org, person, password).await?;
    Ok(made.map(|password| format!("{password}\n")).unwrap_or_default())
}

async fn create_owner(
    store: &Store,
    org: &OrgId,
    person: PersonArgs,
    password: Password,
) -> anyhow::Result<()> {
    let id = UserId(Uuid::now_v7());
    let user = NewUser {
        id,
        name: person.name.unwrap_or_else(|| person.email.clone()),
        email: person.email,
        password_hash: password.hash().await?,
        language: person.language,
        grants: vec![Grant { role: Role::Owner, store: None }],
    };
    let object = format!("person:{id}");
    Ok(audited(store, org, "person.create", &object)?.create_user(org, &user, now()).await?)
}

async fn people(store: &Store, org: &OrgId) -> anyhow::Result<String> {
    store.organisation(org).await?;
    let mut lines = String::new();
    for user in store.users(org).await? {
        let state = if user.disabled_at.is_some() { "locked out" } else { "active" };
        lines.push_str(&format!("{}\t{}\t{}\t{state}\n", user.id, user.email, user.name));
    }
    Ok(lines)
}

async fn reset_password(store: &Store, email: &str, from_stdin: bool) -> anyhow::Result<String> {
    let user = store.user_by_email(email).await?;
    let (password, made) = choose_password(from_stdin)?;
    let hash = password.hash().await?;
    let object = format!("person:{}", user.id);
    let audited = audited(store, &user.org, "person.password-reset", &object)?;
    audited.set_password(&user.org, user.id, &hash).await?;
    store.enable_user(&user.org, user.id).await?;
    store.forget_failed_sign_ins(&format!("account:{}", user.email)).await?;
    Ok(made.map(|password| format!("{password}\n")).unwrap_or_default())
}

async fn disable(store: &Store, email: &str) -> anyhow::Result<String> {
    let user = store.user_by_email(email).await?;
    let object = format!("person:{}", user.id);
    audited(store, &user.org, "person.disable", &object)?.disable_user(&user.org, user.id, now()).await?;
    Ok(String::new())
}

/// A store by its full name.
struct StoreName {
    org: OrgId,
    store: StoreId,
}

impl StoreName {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let parts = text.split_once('/');
        let (org, store) = parts
            .with_context(|| format!("`{text}` names no store: write ORG/STORE, for example `acme/main`"))?;
        Ok(Self { org: OrgId::new(org)?, store: StoreId::new(store)? })
    }
}

async fn rollback(
    store: &Store,
    config: &Config,
    place: &StoreName,
    to: Generation,
) -> anyhow::Result<String> {
    store.store(&place.org, &place.store).await?;
    let kept = store.generations(&place.org, &place.store).await?;
    if kept.iter().all(|info| info.head.number != to) {
        let numbers: Vec<String> = kept.iter().map(|info| info.head.number.to_string()).collect();
        let numbers = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
        bail!("generation {to} of store `{}` is not kept; these are: {numbers}", place.store);
    }
    // Tills take what is signed with the key that they know, and no other.
    let signer = Signer::open(&config.data.dir)?.with_context(|| {
        format!(
            "`{}` holds no signing key: name the server's folder in `data.dir`",
            config.data.dir.display()
        )
    })?;
    let object = format!("store:{}", place.store);
    let audited = detailed(store, &place.org, "generation.rollback", &object, &format!("to {to}"))?;
    let publishing = Publishing {
        by: Actor::System("admin".to_owned()),
        expected: None,
        keep: config.worker.generations_kept,
    };
    let sign = |head: &Head| signer.sign(&place.org, &place.store, head).to_vec();
    let made = audited.rollback_generation(&place.org, &place.store, to, &publishing, &sign, now()).await?;
    let number = made.info.head.number;
    if !made.is_new {
        return Ok(format!("generation {number}, the newest, has the contents of {to} already\n"));
    }
    Ok(format!(
        "store {} sells from generation {number} now, with the contents of {to}; the next change of the catalogue ends that\n",
        place.store
    ))
}

async fn reindex(config: &Config, store: &Store) -> anyhow::Result<String> {
    let mut follower = Follower::open(config, store.clone(), owner()?)?;
    let reviewed = follower.reindex().await?;
    Ok(match reviewed {
        Some(reviewed) => format!("{} things looked at, {} put right\n", reviewed.things, reviewed.changed),
        None => "the server that follows changes has looked at everything again\n".to_owned(),
    })
}

async fn write_mosquitto(config: &Config, store: &Store, told: MosquittoConfig) -> anyhow::Result<String> {
    let authority = Authority::open_or_make(&config.data.dir, now())?;
    let given = |given: Vec<String>, otherwise: &[String]| {
        if given.is_empty() { otherwise.to_vec() } else { given }
    };
    let plan = mosquitto::Plan {
        listen: told.listen,
        names: given(told.names, &config.ca.server_names),
        clients: given(told.clients, std::slice::from_ref(&config.mqtt.client_name)),
        persistence: told.persistence,
        connections_max: config.mqtt.connections_max,
        queued_max: config.mqtt.queued_max,
        lists_only: told.lists_only,
        folder: std::path::absolute(told.out)?,
    };
    for client in &plan.clients {
        // It becomes a line of the access list.
        TillId::new(client).with_context(|| format!("`{client}` cannot be a client's name"))?;
    }
    mosquitto::write(&plan, store, &authority, now()).await?;
    eprintln!("hint: mosquitto -c {}", plan.folder.join(mosquitto::CONFIG_FILE).display());
    Ok(String::new())
}

/// The store for one change that the audit log is to tell of.
fn audited(store: &Store, org: &OrgId, action: &str, object: &str) -> anyhow::Result<Store> {
    detailed(store, org, action, object, "")
}

fn detailed(store: &Store, org: &OrgId, action: &str, object: &str, detail: &str) -> anyhow::Result<Store> {
    let entry = NewAuditEntry {
        actor: Actor::System("admin".to_owned()),
        action: action.to_owned(),
        object: object.to_owned(),
        detail: detail.to_owned(),
    };
    Ok(store.audited(org, &entry, now())?)
}

/// The password, and its text where it was made up and has to be told.
fn choose_password(from_stdin: bool) -> anyhow::Result<(Password, Option<String>)> {
    if !from_stdin {
        let made = Password::generate()?;
        let text = made.reveal().to_owned();
        return Ok((made, Some(text)));
    }
    let mut text = String::new();
    let most = PASSWORD_MAX_BYTES as u64 + 2;
    std::io::stdin().take(most).read_to_string(&mut text).context("failed to read the password")?;
    let password = Password::typed(text.trim_end_matches(['\r', '\n']));
    password.check_choice()?;
    Ok((password, None))
}

fn read_taxes(given: &[String], inclusive: bool) -> anyhow::Result<TaxTable> {
    let mut rates = BTreeMap::new();
    for text in given {
        let Some((code, points)) = text.split_once('=') else {
            bail!("`{text}` is no tax rate: write CODE=BASIS_POINTS, for example `vat19=1900`");
        };
        let basis_points = points.parse().ok().filter(|points| *points <= 10_000);
        let basis_points = basis_points
            .with_context(|| format!("`{points}` is no rate in basis points: 1900 is 19 %, at most 10000"))?;
        rates.insert(TaxCode::new(code)?, TaxRate { basis_points });
    }
    Ok(TaxTable { rates, inclusive })
}
