//! Signatures of requests: Standard Webhooks (<https://www.standardwebhooks.com>), and the plain one over the content that some
//! systems have instead (`X-Hub-Signature-256`, WebSub section 8).

use axum::http::HeaderMap;
use cloud_store::HookSigning;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use domain::time::WallMs;
use ring::hmac;
use thiserror::Error;

/// What begins a secret.
pub(crate) const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret that is made here.
const SECRET_BYTES: usize = 24;
/// Bytes that the secret of another system may have.
const SECRET_BYTES_TAKEN: std::ops::RangeInclusive<usize> = 16..=64;
/// Signatures of one request that are looked at.
const SIGNATURES_MAX: usize = 10;

/// Why a request is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Unbelieved {
    /// Something of the signature is not there.
    #[error("the header `{0}` is missing or cannot be read: sign requests as the hook's `signing` says")]
    Missing(&'static str),
    /// It is too old, or of a clock that is wrong.
    #[error(
        "`webhook-timestamp` is {off_s} s away from the cloud's clock, and at most {allowed_s} s are allowed: sign each request anew when it is sent, and set the sender's clock"
    )]
    Late {
        /// How far.
        off_s: u64,
        /// How far it may be.
        allowed_s: u64,
    },
    /// No signature is one with the hook's secret.
    #[error(
        "no signature of the request fits: sign the very bytes that are sent, with the secret that the hook has now"
    )]
    Wrong,
}

/// A new secret.
pub(crate) fn new_secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{SECRET_PREFIX}{}", BASE64.encode(&bytes)))
}

/// Whether requests can be signed in this way with this secret.
pub(crate) fn is_secret(signing: HookSigning, secret: &str) -> bool {
    match signing {
        HookSigning::Standard => key_bytes(secret).is_some_and(|key| SECRET_BYTES_TAKEN.contains(&key.len())),
        HookSigning::Hub => {
            (16..=255).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
        }
    }
}

/// The `webhook-signature` over an id, a time and a content; nothing where the secret is none.
pub(crate) fn sign(secret: &str, id: &str, seconds: &str, body: &[u8]) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key_bytes(secret)?);
    let tag = hmac::sign(&key, &signed(id, seconds, body));
    Some(format!("v1,{}", BASE64.encode(tag.as_ref())))
}

/// Checks that a request was signed with one of these secrets, and not long ago.
pub(crate) fn verify(
    signing: HookSigning,
    secrets: &[&str],
    headers: &HeaderMap,
    body: &[u8],
    (now, allowed_s): (WallMs, u64),
) -> Result<(), Unbelieved> {
    match signing {
        HookSigning::Standard => verify_standard(secrets, headers, body, (now, allowed_s)),
        HookSigning::Hub => verify_hub(secrets, headers, body),
    }
}

fn verify_standard(
    secrets: &[&str],
    headers: &HeaderMap,
    body: &[u8],
    (now, allowed_s): (WallMs, u64),
) -> Result<(), Unbelieved> {
    let id = text(headers, "webhook-id")?;
    let seconds = text(headers, "webhook-timestamp")?;
    let signatures = text(headers, "webhook-signature")?;
    let said: i64 = seconds.parse().map_err(|_| Unbelieved::Missing("webhook-timestamp"))?;
    let off_s = said.abs_diff(now.0 / 1_000);
    if off_s > allowed_s {
        return Err(Unbelieved::Late { off_s, allowed_s });
    }
    let content = signed(id, seconds, body);
    // While secrets change hands a request bears a signature with each; those of other versions are passed over.
    let ours = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).take(SIGNATURES_MAX);
    let tags: Vec<Vec<u8>> = ours.filter_map(|tag| BASE64.decode(tag.as_bytes()).ok()).collect();
    let mut keys = secrets.iter().filter_map(|secret| key_bytes(secret));
    if keys.any(|key| fits_any(&key, &content, &tags)) { Ok(()) } else { Err(Unbelieved::Wrong) }
}

fn verify_hub(secrets: &[&str], headers: &HeaderMap, body: &[u8]) -> Result<(), Unbelieved> {
    let given = text(headers, "x-hub-signature-256")?;
    let tag = given.strip_prefix("sha256=").and_then(|tag| HEXLOWER_PERMISSIVE.decode(tag.as_bytes()).ok());
    let tags = [tag.ok_or(Unbelieved::Missing("x-hub-signature-256"))?];
    let fits = secrets.iter().any(|secret| fits_any(secret.as_bytes(), body, &tags));
    if fits { Ok(()) } else { Err(Unbelieved::Wrong) }
}

/// The time that this takes says nothing about where two signatures differ.
fn fits_any(key: &[u8], content: &[u8], tags: &[Vec<u8>]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    tags.iter().any(|tag| hmac::verify(&key, content, tag).is_ok())
}

fn signed(id: &str, seconds: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", seconds.as_bytes(), b".", body].concat()
}

fn key_bytes(secret: &str) -> Option<Vec<u8>> {
    BASE64.decode(secret.strip_prefix(SECRET_PREFIX)?.as_bytes()).ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Unbelieved> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    value.ok_or(Unbelieved::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = b"{\"test\": 2432232314}";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const AT: WallMs = WallMs(1_614_265_330_000);

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn standard(signature: &str) -> HeaderMap {
        headers(&[("webhook-id", ID), ("webhook-timestamp", "1614265330"), ("webhook-signature", signature)])
    }

    fn check(secrets: &[&str], headers: &HeaderMap, body: &[u8], at: WallMs) -> Result<(), Unbelieved> {
        verify(HookSigning::Standard, secrets, headers, body, (at, 300))
    }

    #[test]
    fn signs_as_the_standard_does() {
        assert_eq!(sign(SECRET, ID, "1614265330", BODY).as_deref(), Some(SIGNATURE));
        assert_eq!(sign("secret", "a", "1", b"{}"), None);
        let made = new_secret().unwrap();
        assert!(is_secret(HookSigning::Standard, &made) && made != new_secret().unwrap());
        assert!(!is_secret(HookSigning::Standard, "whsec_AAAA") && !is_secret(HookSigning::Hub, "short"));
    }

    #[test]
    fn believes_what_is_signed_and_nothing_else() {
        assert_eq!(check(&[SECRET], &standard(SIGNATURE), BODY, AT), Ok(()));
        let several = format!("v1a,AAAA v1,AAAA {SIGNATURE}");
        let other = new_secret().unwrap();
        assert_eq!(check(&[&other, SECRET], &standard(&several), BODY, AT), Ok(()), "while secrets change");
        assert_eq!(check(&[&other], &standard(SIGNATURE), BODY, AT), Err(Unbelieved::Wrong));
        assert_eq!(check(&[SECRET], &standard(SIGNATURE), b"{}", AT), Err(Unbelieved::Wrong));
        assert_eq!(check(&[SECRET], &standard("v1,"), BODY, AT), Err(Unbelieved::Wrong));
        let mut renamed = standard(SIGNATURE);
        renamed.insert("webhook-id", "msg_other".parse().unwrap());
        assert_eq!(check(&[SECRET], &renamed, BODY, AT), Err(Unbelieved::Wrong));
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut bare = standard(SIGNATURE);
            bare.remove(name);
            assert_eq!(check(&[SECRET], &bare, BODY, AT), Err(Unbelieved::Missing(name)));
        }
    }

    #[test]
    fn believes_nothing_old_and_nothing_of_the_future() {
        for (ms, is_fine) in [(-300_000, true), (300_000, true), (-301_000, false), (301_000, false)] {
            let checked = check(&[SECRET], &standard(SIGNATURE), BODY, WallMs(AT.0 + ms));
            let late = Err(Unbelieved::Late { off_s: 301, allowed_s: 300 });
            assert_eq!(checked, if is_fine { Ok(()) } else { late }, "{ms}");
        }
    }

    #[test]
    fn knows_the_plain_signature_too() {
        // The example of GitHub's documentation of webhooks.
        let (secret, body) = ("It's a Secret to Everybody", b"Hello, World!");
        let tag = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let check = |tag: &str, secret: &str| {
            let headers = headers(&[("x-hub-signature-256", tag)]);
            verify(HookSigning::Hub, &[secret], &headers, body, (AT, 300))
        };
        assert_eq!(check(tag, secret), Ok(()));
        assert_eq!(check(tag, "another"), Err(Unbelieved::Wrong));
        assert_eq!(check("sha1=00", secret), Err(Unbelieved::Missing("x-hub-signature-256")));
    }
}
