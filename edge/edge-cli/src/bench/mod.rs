//! stub
use crate::Context;
use crate::cli::BenchArgs;
use crate::failure::{Exit, Failure};
pub(crate) fn run(_: &Context, _: &BenchArgs) -> Result<Exit, Failure> {
    unimplemented!()
}
