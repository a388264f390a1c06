//! The table at the end.

use std::fmt::Write as _;
use std::time::Duration;

/// How one stage went.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) took: Duration,
}

pub(super) enum Verdict {
    Passed,
    Skipped(String),
    Failed(String),
}

impl Verdict {
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

/// One line a stage, what tests skipped, and a closing line that counts stages.
pub(super) fn text(lines: &[Line], skipped_tests: &[String], took: Duration) -> String {
    // Writing to a String cannot fail.
    let mut text = String::from("\n");
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or_default();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for line in lines {
        let (word, reason) = match &line.verdict {
            Verdict::Passed => ("passed", ""),
            Verdict::Skipped(reason) => ("skipped", reason.as_str()),
            Verdict::Failed(reason) => ("FAILED", reason.as_str()),
        };
        match &line.verdict {
            Verdict::Passed => passed += 1,
            Verdict::Skipped(_) => skipped += 1,
            Verdict::Failed(_) => failed += 1,
        }
        let row = format!(
            "{:width$}  {word:7}  {:7.1} s  {}",
            line.name,
            line.took.as_secs_f64(),
            first_line(reason)
        );
        let _ = writeln!(text, "{}", row.trim_end());
    }
    if !skipped_tests.is_empty() {
        let _ = writeln!(text, "\nnot done on this machine:");
        for skipped in skipped_tests {
            let _ = writeln!(text, "  {skipped}");
        }
    }
    let seconds = took.as_secs();
    let _ =
        writeln!(text, "\n{seconds} s in all\nstages: {passed} passed, {failed} failed, {skipped} skipped");
    text
}

fn first_line(reason: &str) -> &str {
    reason.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_each_stage_and_counts_them() {
        let line =
            |name: &str, verdict, ms| Line { name: name.into(), verdict, took: Duration::from_millis(ms) };
        let lines = [
            line("fmt", Verdict::Passed, 1_250),
            line("power-cut", Verdict::Skipped("not root: run it as root".into()), 0),
            line("tests", Verdict::Failed("`cargo test` failed: exit status: 101\nmore".into()), 61_000),
        ];
        let shown =
            text(&lines, &["SKIPPED: vivid because there is no /dev/video0".into()], Duration::from_secs(63));
        let expected = "
fmt        passed       1.2 s
power-cut  skipped      0.0 s  not root: run it as root
tests      FAILED      61.0 s  `cargo test` failed: exit status: 101

not done on this machine:
  SKIPPED: vivid because there is no /dev/video0

63 s in all
stages: 1 passed, 1 failed, 1 skipped
";
        assert_eq!(shown, expected);
    }
}
