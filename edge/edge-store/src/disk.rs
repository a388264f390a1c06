//! Room on the disk.

use std::io;
use std::path::Path;

/// Bytes that an ordinary process can still write in `dir`.
pub(crate) fn free_bytes(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
