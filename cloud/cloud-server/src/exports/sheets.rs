//! Rows for a Google sheet, as its own service takes them: a service account's signed word (RFC 7523) is exchanged for a token, titles
//! are written with `values:batchUpdate` and rows are added with `values:append`.
//! <https://developers.google.com/workspace/sheets/api/reference/rest>
//!
//! Each row begins with the export's id, and before any row is sent the sheet is asked how many of this export it has. So whatever
//! became of a request whose answer was lost, the rows after those that are there are sent next, and none twice. No more is
//! written in a minute than the service allows, and a refusal for that reason is waited out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use axum::http::header::AUTHORIZATION;
use axum::http::{Method, StatusCode};
use cloud_store::SheetTarget;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use domain::time::WallMs;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::{Value, json};
use sync_core::backoff::Backoff;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::calls::{CallError, Called, Caller};
use crate::config;
use crate::key_files;
use crate::roles::now;

/// Where the service is.
const ADDRESS: &str = "https://sheets.googleapis.com";
/// What the token is asked for.
const SCOPE: &str = "https://www.googleapis.com/auth/spreadsheets";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long the account's word is good, in seconds; the service takes no longer one.
const WORD_LIFE_S: i64 = 3_600;
/// A token is asked for anew so long before it ends.
const TOKEN_SPARE_MS: i64 = 60_000;
/// The longest answer that is read: a column of ids.
const ANSWER_MAX_BYTES: usize = 64 << 20;
/// Rows that are sent at once.
const ROWS_AT_ONCE: usize = 500;
/// The pause before a request is made again.
const BACKOFF: Backoff = Backoff { first_ms: 1_000, most_ms: 64_000 };

/// Writes to sheets. Clones share the token.
#[derive(Clone)]
pub(crate) struct Sheets {
    shared: Arc<Shared>,
}

struct Shared {
    config: config::Sheets,
    account: Account,
    key: RsaKeyPair,
    caller: Caller,
    token: Mutex<Option<Token>>,
}

/// When this process may write next, whatever it writes: the quota is the account's.
static NEXT_WRITE: Mutex<Option<Instant>> = Mutex::const_new(None);

/// What is in the file that Google gives out for a service account.
#[derive(Deserialize)]
struct Account {
    client_email: String,
    private_key: String,
    private_key_id: String,
    token_uri: String,
}

struct Token {
    text: String,
    good_until: WallMs,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize, Default)]
struct Values {
    #[serde(default)]
    values: Vec<Vec<Value>>,
}

impl Sheets {
    /// Opens the account that the configuration names; `None` where it names none.
    pub(crate) fn open(config: &config::Sheets) -> anyhow::Result<Option<Self>> {
        if config.credentials_file.as_os_str().is_empty() {
            return Ok(None);
        }
        let account = read_account(&config.credentials_file)?;
        let key = read_key(&account.private_key)
            .with_context(|| format!("failed to read the key in `{}`", config.credentials_file.display()))?;
        let caller = Caller::new(Duration::from_millis(config.request_time_ms), ANSWER_MAX_BYTES)?;
        let shared = Shared { config: config.clone(), account, key, caller, token: Mutex::new(None) };
        Ok(Some(Self { shared: Arc::new(shared) }))
    }

    /// Adds rows to a sheet, those that it does not have of this export yet; gives back how many it had.
    pub(crate) async fn append(
        &self,
        target: &SheetTarget,
        export: &str,
        titles: &[String],
        rows: impl Iterator<Item = anyhow::Result<Vec<Value>>>,
    ) -> anyhow::Result<usize> {
        let known = self.first_column(target).await?;
        if known.is_empty() {
            self.write_titles(target, titles).await?;
        }
        let there = known.iter().filter(|mark| mark.as_str() == export).count();
        let mut together = Vec::with_capacity(ROWS_AT_ONCE);
        for row in rows.skip(there) {
            let mut marked = vec![Value::from(export)];
            marked.extend(row?);
            together.push(Value::from(marked));
            if together.len() == ROWS_AT_ONCE {
                self.send_rows(target, export, std::mem::take(&mut together)).await?;
            }
        }
        if !together.is_empty() {
            self.send_rows(target, export, together).await?;
        }
        Ok(there)
    }

    async fn first_column(&self, target: &SheetTarget) -> anyhow::Result<Vec<String>> {
        let path = format!("values/{}", encoded(&format!("{}!A:A", quoted(&target.sheet))));
        let answer = self.call(Method::GET, target, &path, None, Again::Always).await?;
        let values: Values =
            serde_json::from_slice(&answer.body).context("the sheet's first column cannot be read")?;
        let first =
            |row: Vec<Value>| row.into_iter().next().and_then(|cell| cell.as_str().map(str::to_owned));
        Ok(values.values.into_iter().map(|row| first(row).unwrap_or_default()).collect())
    }

    async fn write_titles(&self, target: &SheetTarget, titles: &[String]) -> anyhow::Result<()> {
        let row: Vec<&str> = std::iter::once("export").chain(titles.iter().map(String::as_str)).collect();
        let data = json!({"range": format!("{}!A1", quoted(&target.sheet)), "majorDimension": "ROWS", "values": [row]});
        let body = json!({"valueInputOption": "RAW", "data": [data]});
        self.call(Method::POST, target, "values:batchUpdate", Some(&body), Again::Always).await.map(drop)
    }

    /// Sends rows once; where it is not known whether they arrived, the sheet is asked.
    async fn send_rows(&self, target: &SheetTarget, export: &str, rows: Vec<Value>) -> anyhow::Result<()> {
        let range = format!("{}!A1", quoted(&target.sheet));
        let path = format!(
            "values/{}:append?valueInputOption=RAW&insertDataOption=INSERT_ROWS&includeValuesInResponse=false",
            encoded(&range)
        );
        // Texts stay texts: what is RAW is no formula.
        let body = json!({"range": range, "majorDimension": "ROWS", "values": rows});
        let sent = self.call(Method::POST, target, &path, Some(&body), Again::IfRefused).await;
        sent.map(drop)
            .with_context(|| format!("rows of export `{export}` may or may not be there; the next try looks"))
    }

    /// Makes a request, again where it may be, with the pace that the service asks for.
    async fn call(
        &self,
        method: Method,
        target: &SheetTarget,
        path: &str,
        body: Option<&Value>,
        again: Again,
    ) -> anyhow::Result<Called> {
        let shared = &self.shared;
        let address =
            if shared.config.url.is_empty() { ADDRESS } else { shared.config.url.trim_end_matches('/') };
        let url = format!("{address}/v4/spreadsheets/{}/{path}", target.spreadsheet);
        let mut attempt = 0;
        loop {
            let token = format!("Bearer {}", self.token().await?);
            if body.is_some() {
                self.wait_for_pace().await;
            }
            let called = shared.caller.call(method.clone(), &url, &[(AUTHORIZATION, &token)], body).await;
            attempt += 1;
            let is_last = attempt >= shared.config.attempts_max;
            match called {
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED && !is_last => {
                    *shared.token.lock().await = None;
                }
                // What was refused for its pace was not done.
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS && !is_last => {
                    metrics::counter!("tillsight_sheets_refused_total").increment(1);
                    self.pause(attempt, answer.retry_after()).await?;
                }
                Ok(answer) if answer.status.is_server_error() && again == Again::Always && !is_last => {
                    self.pause(attempt, answer.retry_after()).await?;
                }
                Err(CallError::Unreachable { .. } | CallError::TooSlow { .. })
                    if again == Again::Always && !is_last =>
                {
                    self.pause(attempt, None).await?;
                }
                Ok(answer) => bail!(self.refusal(target, &answer)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn refusal(&self, target: &SheetTarget, answer: &Called) -> String {
        let (spreadsheet, email) = (&target.spreadsheet, &self.shared.account.client_email);
        match answer.status {
            StatusCode::FORBIDDEN => {
                format!(
                    "the spreadsheet `{spreadsheet}` is not shared with `{email}`: let that address edit it"
                )
            }
            StatusCode::NOT_FOUND => format!("there is no spreadsheet `{spreadsheet}`, or not for `{email}`"),
            StatusCode::BAD_REQUEST => {
                format!(
                    "the spreadsheet `{spreadsheet}` refuses: has it a sheet `{}`? {}",
                    target.sheet,
                    answer.shown()
                )
            }
            status => format!("the service of sheets answers {status}: {}", answer.shown()),
        }
    }

    async fn pause(&self, attempt: u32, said: Option<Duration>) -> anyhow::Result<()> {
        let longest = Duration::from_millis(self.shared.config.wait_longest_ms);
        let random = getrandom::u64().context("the system gives no random numbers")?;
        let pause = said.unwrap_or_else(|| Duration::from_millis(BACKOFF.wait_ms(attempt, random)));
        tokio::time::sleep(pause.min(longest)).await;
        Ok(())
    }

    /// Writes are as far apart as the quota of a minute asks for.
    async fn wait_for_pace(&self) {
        let apart = Duration::from_millis(60_000 / u64::from(self.shared.config.writes_per_minute.max(1)));
        let mine = {
            let mut next = NEXT_WRITE.lock().await;
            let mine = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(mine + apart);
            mine
        };
        tokio::time::sleep_until(mine).await;
    }

    async fn token(&self) -> anyhow::Result<String> {
        let mut kept = self.shared.token.lock().await;
        let now = now();
        if let Some(token) = kept.as_ref().filter(|token| now.0 < token.good_until.0) {
            return Ok(token.text.clone());
        }
        let word = self.signed_word(now)?;
        let url = &self.shared.account.token_uri;
        let form = format!("grant_type={}&assertion={word}", encoded(GRANT));
        let answer = self.shared.caller.post_form(url, form).await?;
        ensure!(
            answer.status.is_success(),
            "the account `{}` gets no token: {} {}",
            self.shared.account.client_email,
            answer.status,
            answer.shown()
        );
        let given: TokenAnswer = serde_json::from_slice(&answer.body).context("the token cannot be read")?;
        let good_until = WallMs(now.0 + given.expires_in * 1_000 - TOKEN_SPARE_MS);
        *kept = Some(Token { text: given.access_token.clone(), good_until });
        Ok(given.access_token)
    }

    /// The account's word that it is itself (RFC 7519, RS256).
    fn signed_word(&self, now: WallMs) -> anyhow::Result<String> {
        let (account, issued) = (&self.shared.account, now.0 / 1_000);
        let head = json!({"alg": "RS256", "typ": "JWT", "kid": account.private_key_id});
        let claims = json!({
            "iss": account.client_email,
            "scope": SCOPE,
            "aud": account.token_uri,
            "iat": issued,
            "exp": issued + WORD_LIFE_S,
        });
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let text = format!("{}.{}", part(&head), part(&claims));
        let mut signature = vec![0; self.shared.key.public().modulus_len()];
        let signed =
            self.shared.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.map_err(|_| anyhow::anyhow!("the account's key does not sign"))?;
        Ok(format!("{text}.{}", BASE64URL_NOPAD.encode(&signature)))
    }
}

/// Whether a request may be made again when it is not known what became of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Always,
    /// Only where the service said that it did nothing.
    IfRefused,
}

fn read_account(path: &Path) -> anyhow::Result<Account> {
    let text = key_files::read_secret(path)?;
    let text = text
        .with_context(|| format!("there is no file `{}`: see `sheets.credentials_file`", path.display()))?;
    serde_json::from_str(&text).with_context(|| {
        format!(
            "`{}` is not the JSON key of a service account: make one in the Google Cloud console",
            path.display()
        )
    })
}

fn read_key(pem: &str) -> anyhow::Result<RsaKeyPair> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = BASE64.decode(body.as_bytes()).context("it is no PEM")?;
    RsaKeyPair::from_pkcs8(&der).map_err(|reason| anyhow::anyhow!("it is no RSA key in PKCS #8: {reason}"))
}

/// A sheet's name in a range (A1 notation).
fn quoted(sheet: &str) -> String {
    format!("'{}'", sheet.replace('\'', "''"))
}

/// RFC 3986, 2.1.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
