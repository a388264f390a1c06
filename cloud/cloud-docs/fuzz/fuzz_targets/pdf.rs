//! A PDF, within its first object.
#![no_main]

use cloud_docs::{Hints, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [&b"%PDF-1.7\n1 0 obj\n"[..], bytes].concat();
    // Whatever it says, it says it.
    let _ = cloud_docs::read(&file, &Hints::default(), &Limits::default());
});
