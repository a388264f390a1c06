//! A mail, behind its first headers.
#![no_main]

use cloud_docs::{Hints, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [&b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Invoice\r\nMIME-Version: 1.0\r\n"[..], bytes].concat();
    // Whatever it says, it says it.
    let _ = cloud_docs::read(&file, &Hints::default(), &Limits::default());
});
