//! Mails in mails, parts without ends.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Maker;

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("mail-in-mail", nested),
    ("mail-multipart-deep", multipart),
    ("mail-many-parts", many_parts),
    ("mail-large-header", header),
    ("mail-broken-base64", base64),
    ("mail-encoded-words", words),
];

const HEAD: &str = "From: a@example.org\r\nTo: b@example.org\r\nSubject: Invoice\r\nMIME-Version: 1.0\r\n";

/// A mail with one attached file, whose content is given as it stands.
pub(super) fn with_attachment(name: &str, content: &str) -> Vec<u8> {
    format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee attached.\r\n--b\r\n\
         Content-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n\
         {content}\r\n--b--\r\n"
    )
    .into_bytes()
}

fn nested(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let depth = rng.random_range(10..1_500);
    format!("{}{HEAD}\r\nhello\r\n", format!("{HEAD}Content-Type: message/rfc822\r\n\r\n").repeat(depth))
        .into_bytes()
}

fn multipart(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut mail = HEAD.to_owned();
    for level in 0..rng.random_range(10..2_000) {
        mail.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
    }
    mail.push_str("Content-Type: text/plain\r\n\r\nend\r\n");
    mail.into_bytes()
}

fn many_parts(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let part = "--b\r\nContent-Disposition: attachment; filename=\"p.csv\"\r\n\r\nArticle;Name;Price\r\nA;Apple;1.20\r\nB;Pear;2\r\n";
    let parts = part.repeat(rng.random_range(100..5_000));
    format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n").into_bytes()
}

fn header(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let long = "x ".repeat(rng.random_range(1_000..2_000_000));
    format!("{HEAD}X-Long: {long}\r\nContent-Type: multipart/mixed; boundary=\"{long}\"\r\n\r\n--{long}\r\n\r\nhello\r\n").into_bytes()
}

fn base64(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let noise: String =
        (0..rng.random_range(1_000..100_000)).map(|_| char::from(rng.random_range(33_u8..127))).collect();
    format!(
        "{HEAD}Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"a.pdf\"\r\n\r\n{noise}\r\n"
    )
    .into_bytes()
}

fn words(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let word =
        ["=?utf-8?B?4pyT", "=?x?Q?=ff=fe?=", "=?utf-8?B?AAAA?=", "=?utf-7?Q?+AAA-?="][rng.random_range(0..4)];
    let subject = format!("{word} ").repeat(rng.random_range(100..20_000));
    format!(
        "From: {subject}\r\nTo: b@example.org\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\r\nhello\r\n"
    )
    .into_bytes()
}
