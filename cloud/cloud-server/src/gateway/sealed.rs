//! An answer as it lies in Redis: sealed with what only who sends the same request again knows, its `Idempotency-Key` and
//! its body. Answers hold passwords and tokens that are shown once; whoever reads Redis sees neither them nor what was asked.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use data_encoding::{BASE64, HEXLOWER};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a request is known by: where its answer lies, what shows that it is the same, and the seal.
pub(super) struct Seal {
    /// The key in Redis.
    pub(super) place: String,
    mark: String,
    key: LessSafeKey,
}

/// Status, headers and body.
pub(super) type Answer = (StatusCode, HeaderMap, Bytes);

/// What lies in Redis.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Equal for equal requests.
    mark: String,
    /// Nothing while the first request is under way.
    answer: Option<String>,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Plain {
    status: u16,
    content_type: Option<String>,
    location: Option<String>,
    body: String,
}

/// What a record says to a request.
pub(super) enum Opened {
    /// It is of another request.
    Other,
    /// The first one is under way.
    UnderWay,
    /// The answer that was given.
    Answered(Answer),
}

impl Seal {
    /// Of the request that `caller` sent to a path with a key and a body of this hash.
    pub(super) fn of(caller: &str, path: &str, key: &str, asked: &[u8; 32]) -> Self {
        let place = HEXLOWER.encode(&derived("place", &[caller, path, key], &[]));
        let mark = HEXLOWER.encode(&derived("mark", &[caller, path, key], asked));
        let secret = derived("seal", &[caller, path, key], asked);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &secret).expect("a SHA-256 is as long as the key");
        Self { place, mark, key: LessSafeKey::new(key) }
    }

    /// What says that the request is under way.
    pub(super) fn under_way(&self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec(&Record { mark: self.mark.clone(), answer: None })?)
    }

    /// What says how it was answered.
    pub(super) fn answered(&self, (status, headers, body): &Answer) -> anyhow::Result<Vec<u8>> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let plain = Plain {
            status: status.as_u16(),
            content_type: text(header::CONTENT_TYPE),
            location: text(header::LOCATION),
            body: BASE64.encode(body),
        };
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce)?;
        let mut bytes = serde_json::to_vec(&plain)?;
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
            .map_err(|_| anyhow::anyhow!("an answer is too large to be sealed"))?;
        let sealed = BASE64.encode(&[&nonce[..], &bytes].concat());
        Ok(serde_json::to_vec(&Record { mark: self.mark.clone(), answer: Some(sealed) })?)
    }

    /// What a record says; nothing for one that is none of ours.
    pub(super) fn open(&self, record: &[u8]) -> Option<Opened> {
        let record: Record = serde_json::from_slice(record).ok()?;
        if record.mark != self.mark {
            return Some(Opened::Other);
        }
        let Some(sealed) = record.answer else { return Some(Opened::UnderWay) };
        let mut bytes = BASE64.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.key.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        let plain: Plain = serde_json::from_slice(plain).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::CONTENT_TYPE, plain.content_type), (header::LOCATION, plain.location)]
        {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(&value).ok()?);
            }
        }
        let body = BASE64.decode(plain.body.as_bytes()).ok()?;
        Some(Opened::Answered((StatusCode::from_u16(plain.status).ok()?, headers, body.into())))
    }
}

fn derived(purpose: &str, parts: &[&str], asked: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in std::iter::once(&purpose).chain(parts).map(|part| part.as_bytes()).chain([asked]) {
        // The lengths keep `ab`, `c` apart from `a`, `bc`.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &str, asked: u8) -> Seal {
        Seal::of("acme\nuser:1", "/api/v1/people", key, &[asked; 32])
    }

    #[test]
    fn shows_an_answer_to_the_same_request_alone() {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_static("/api/v1/people/1"));
        let answer = (StatusCode::CREATED, headers, Bytes::from_static(b"{\"password\":\"hush\"}"));
        let (first, record) = (seal("k1", 1), seal("k1", 1).answered(&answer).unwrap());
        assert!(!record.windows(4).any(|part| part == b"hush"));
        let Some(Opened::Answered(opened)) = first.open(&record) else { panic!("it is the same request") };
        assert_eq!(opened, answer);
        assert!(matches!(seal("k1", 2).open(&record), Some(Opened::Other)));
        assert_eq!(seal("k1", 2).place, first.place, "the same key is at the same place");
        assert_ne!(seal("k2", 1).place, first.place);
        assert!(matches!(first.open(&first.under_way().unwrap()), Some(Opened::UnderWay)));
    }

    #[test]
    fn takes_nothing_that_was_tampered_with() {
        let seal = seal("k1", 1);
        let record = seal.answered(&(StatusCode::OK, HeaderMap::new(), Bytes::from_static(b"{}"))).unwrap();
        let mut record: Record = serde_json::from_slice(&record).unwrap();
        let mut bytes = BASE64.decode(record.answer.unwrap().as_bytes()).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        record.answer = Some(BASE64.encode(&bytes));
        assert!(seal.open(&serde_json::to_vec(&record).unwrap()).is_none());
        assert!(seal.open(b"nonsense").is_none());
    }
}
