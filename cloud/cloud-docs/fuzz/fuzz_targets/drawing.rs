//! A drawing, within its entities.
#![no_main]

use cloud_docs::{Hints, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [&b"0\nSECTION\n2\nENTITIES\n0\nLINE\n8\na\n"[..], bytes].concat();
    // Whatever it says, it says it.
    let _ = cloud_docs::read(&file, &Hints::default(), &Limits::default());
});
