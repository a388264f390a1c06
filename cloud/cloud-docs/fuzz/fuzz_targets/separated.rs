//! A table in text, behind its head.
#![no_main]

use cloud_docs::{Hints, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [&b"Article;Name;Price\nA1;Red apples;1,20\nA2;Pears;2,40\n"[..], bytes].concat();
    // Whatever it says, it says it.
    let _ = cloud_docs::read(&file, &Hints::default(), &Limits::default());
});
