//! What the system allows this process and those it starts.

use anyhow::{Context as _, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that a process of the swarm has open beside its tills' connections.
const FILES_BESIDE: u64 = 256;

/// Allows a connection for each till, here and in the processes that are started from here.
pub fn allow_connections(tills: u64) -> anyhow::Result<()> {
    let wanted = tills + FILES_BESIDE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    ensure!(
        limit.maximum.is_none_or(|maximum| maximum >= wanted),
        "{tills} tills need {wanted} open files and the system allows {}: raise the hard limit (`ulimit -Hn`)",
        limit.maximum.unwrap_or_default()
    );
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
        .context("failed to raise the limit of open files")
}

/// Processor time that a process has used, in milliseconds, to ten of them.
pub fn cpu_ms(process: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read `{path}`"))?;
    used_ms(&text).with_context(|| format!("`{path}` is not what Linux writes"))
}

/// User and system time of a process's `stat`. Linux counts in hundredths of a second on every machine we run on.
fn used_ms(stat: &str) -> Option<u64> {
    // The name, in parentheses, may hold anything; the state behind it is field 3, the times are 14 and 15.
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_processor_time_whatever_the_process_is_called() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 13 0 0 20 0";
        assert_eq!(used_ms(stat), Some(2_630));
        assert_eq!(used_ms("7 (a) S 1 2"), None);
        assert_eq!(used_ms(""), None);
    }
}
