//! A building model, within its first instance.
#![no_main]

use cloud_docs::{Hints, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [&b"ISO-10303-21;HEADER;FILE_SCHEMA((\x27IFC4\x27));ENDSEC;DATA;#1=IFCWALL("[..], bytes].concat();
    // Whatever it says, it says it.
    let _ = cloud_docs::read(&file, &Hints::default(), &Limits::default());
});
