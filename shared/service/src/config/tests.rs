#[expect(unused_imports, reason = "cases follow")]
use super::*;
