//! What PostgreSQL itself can write: the rows of sales that the cloud took in, inserted once more by `pgbench`, into another
//! database of the same server with the same schema, as many sales a transaction as the cloud's median group had.
//!
//! The rows come out of `pg_dump`, and go into statements of at most [`ROWS`] rows: much longer ones take PostgreSQL longer for
//! each row. What the cloud only updates (the newest place of each till, the balances of stock) is left out, so the
//! reference does a little less than the cloud.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Lines, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use domain::time::WallMs;
use testkit::postgres::Postgres;

use crate::swarm::sales::LINES;

/// Tables that an ingest inserts into, with the rows of a sale.
const TABLES: [(&str, usize); 7] = [
    ("received", 1),
    ("sale_inbox", 1),
    ("sale", 1),
    ("sale_line", LINES),
    ("sale_tender", 1),
    ("stock_movement", LINES),
    ("outbox_event", 1),
];
/// Sales that are written again, more or less, where there are so many.
const SALES_MAX: usize = 10_000;
/// Rows of a statement at most; the cloud's own have no more.
const ROWS: usize = 128;
/// Sales of one run of pgbench, some 20 kB each: it measures the rest of its script after every statement that it reads, so
/// that a script of all of them would take minutes to read. Reading is not counted.
const PART_SALES: usize = 2_500;

/// What pgbench did.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// Sales of a transaction.
    pub group_sales: u64,
    /// Sales that were written.
    pub sales: u64,
    /// Sales a second.
    pub sales_per_s: f64,
}

/// Writes what the database at `address` has once more. `window` is when the groups arrived whose median counts.
pub fn run(postgres: &Postgres, address: &str, window: (WallMs, WallMs)) -> anyhow::Result<Reference> {
    let (from, to) = (database_name(address)?, postgres.create_database()?);
    let to = database_name(&to)?;
    let server = Server { postgres, socket: postgres.folder() };
    let group_sales = server.median_group(from, window)?;
    ensure!(group_sales > 0, "no group of sales was committed while it was counted: let it run longer");
    let schema = server.path("schema.sql");
    server.run("pg_dump", from, &["--schema-only", "--file", &schema])?;
    server.run("psql", to, &["--quiet", "--set", "ON_ERROR_STOP=1", "--file", &schema])?;
    let mut dumps = Vec::new();
    for (table, rows) in TABLES {
        let path = server.path(&format!("{table}.sql"));
        server.dump(from, table, &path)?;
        dumps.push((PathBuf::from(path), rows * group_sales));
    }
    // What the cloud left to be written is not pgbench's.
    server.run("psql", to, &["--quiet", "--command", "CHECKPOINT"])?;
    let mut source = Groups::open(&dumps)?;
    let script = server.path("script.sql");
    let (mut groups, mut took_ms) = (0, 0.0);
    while groups * group_sales < SALES_MAX {
        let part = source.write_script(Path::new(&script), PART_SALES.div_ceil(group_sales))?;
        if part == 0 {
            break;
        }
        took_ms += server.pgbench(to, &script)?;
        groups += part;
    }
    ensure!(groups > 0, "there are fewer sales than one group of {group_sales}: let it run longer");
    let beside = [PathBuf::from(&script), PathBuf::from(&schema)];
    for path in dumps.iter().map(|(path, _)| path).chain(&beside) {
        std::fs::remove_file(path).with_context(|| format!("failed to remove `{}`", path.display()))?;
    }
    let sales = (groups * group_sales) as u64;
    let written: u64 = server.ask(to, "SELECT count(*) FROM sale")?.parse()?;
    ensure!(written == sales, "pgbench wrote {written} sales and not {sales}");
    Ok(Reference { group_sales: group_sales as u64, sales, sales_per_s: sales as f64 / (took_ms / 1000.0) })
}

struct Server<'a> {
    postgres: &'a Postgres,
    socket: String,
}

impl Server<'_> {
    /// A file that the server's programs may write.
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.socket)
    }

    fn run(&self, program: &str, database: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let connection = ["--username=postgres", "--host", &self.socket];
        let all: Vec<&str> =
            connection.into_iter().chain(arguments.iter().copied()).chain([database]).collect();
        self.postgres.run(program, &all)
    }

    fn ask(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let said =
            self.run("psql", database, &["--no-align", "--tuples-only", "--quiet", "--command", sql])?;
        Ok(said.trim().to_owned())
    }

    /// Runs a script once; gives how long it took, in milliseconds, without reading and connecting.
    fn pgbench(&self, database: &str, script: &str) -> anyhow::Result<f64> {
        let arguments =
            ["--no-vacuum", "--client=1", "--transactions=1", "--protocol=simple", "--file", script];
        let said = self.run("pgbench", database, &arguments)?;
        average_ms(&said).with_context(|| format!("pgbench said nothing of times: {said}"))
    }

    /// Rows that one transaction wrote have its number.
    fn median_group(&self, database: &str, window: (WallMs, WallMs)) -> anyhow::Result<usize> {
        let (WallMs(from), WallMs(until)) = window;
        let sql = format!(
            "SELECT COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY sales), 0) FROM (
                 SELECT count(*) AS sales FROM sale WHERE received_at BETWEEN {from} AND {until}
                 GROUP BY xmin::text) AS groups"
        );
        Ok(self.ask(database, &sql)?.parse()?)
    }

    /// The rows of a table and of its partitions.
    fn dump(&self, database: &str, table: &str, path: &str) -> anyhow::Result<()> {
        let tables = ["", "_2*", "_other"].map(|partition| format!("--table=public.{table}{partition}"));
        let rows = format!("--rows-per-insert={ROWS}");
        let mut arguments = vec!["--data-only", "--load-via-partition-root", "--inserts", &rows];
        arguments.extend(tables.iter().map(String::as_str));
        arguments.extend(["--file", path]);
        self.run("pg_dump", database, &arguments).map(drop)
    }
}

/// The name in `postgres://user@host/name?options`.
fn database_name(address: &str) -> anyhow::Result<&str> {
    let path = address.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().filter(|name| !name.is_empty());
    name.with_context(|| format!("`{address}` names no database"))
}

/// What each transaction writes: so many rows of every table.
struct Groups {
    sources: Vec<(Rows<BufReader<File>>, usize)>,
}

impl Groups {
    fn open(dumps: &[(PathBuf, usize)]) -> anyhow::Result<Self> {
        let mut sources = Vec::new();
        for (path, rows) in dumps {
            let file = File::open(path).with_context(|| format!("failed to open `{}`", path.display()))?;
            sources.push((Rows { insert: String::new(), lines: BufReader::new(file).lines() }, *rows));
        }
        Ok(Self { sources })
    }

    /// The statements of the next transaction; `None` where a table has not enough rows left.
    fn next_group(&mut self) -> std::io::Result<Option<String>> {
        let mut text = String::from("BEGIN;\n");
        for (source, rows) in &mut self.sources {
            for row in 0..*rows {
                let Some(values) = source.next_row()? else { return Ok(None) };
                let is_last = row % ROWS == ROWS - 1 || row == *rows - 1;
                if row % ROWS == 0 {
                    text.push_str(&source.insert);
                    text.push('\n');
                }
                text.push_str(&values);
                text.push_str(if is_last { ";\n" } else { ",\n" });
            }
        }
        text.push_str("COMMIT;\n");
        Ok(Some(text))
    }

    /// One transaction after the other, at most so many; gives how many there were.
    fn write_script(&mut self, path: &Path, most: usize) -> anyhow::Result<usize> {
        let file = File::create(path).with_context(|| format!("failed to create `{}`", path.display()))?;
        let mut script = BufWriter::new(file);
        let mut written = 0;
        while written < most
            && let Some(group) = self.next_group()?
        {
            script.write_all(group.as_bytes())?;
            written += 1;
        }
        script.flush()?;
        Ok(written)
    }
}

/// The rows of a dump.
struct Rows<R> {
    /// What stands before the rows of a statement.
    insert: String,
    lines: Lines<R>,
}

impl<R: BufRead> Rows<R> {
    /// The next one, in parentheses; what else is in a dump is passed over. A row is a line: nothing that the swarm writes
    /// into a text holds a line's end.
    fn next_row(&mut self) -> std::io::Result<Option<String>> {
        for line in self.lines.by_ref() {
            let line = line?;
            if line.starts_with("INSERT INTO ") {
                self.insert = line;
            } else if let Some(row) = line.strip_prefix("\t(").and_then(|row| row.strip_suffix([',', ';'])) {
                return Ok(Some(format!("({row}")));
            }
        }
        Ok(None)
    }
}

/// How long a transaction of pgbench took on average, in milliseconds.
fn average_ms(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("latency average = "))?;
    line.strip_suffix(" ms")?.parse().ok().filter(|ms| *ms > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_rows_of_a_dump() {
        let dump = "-- a comment;\nSET x = 0;\n\nINSERT INTO public.a VALUES\n\t(1, 'x'),\n\t(2, ');');\n\
                    INSERT INTO public.a VALUES\n\t(3, 'z');\nSELECT 1;\n";
        let mut rows = Rows { insert: String::new(), lines: dump.as_bytes().lines() };
        for expected in [Some("(1, 'x')"), Some("(2, ');')"), Some("(3, 'z')"), None] {
            assert_eq!(rows.next_row().unwrap().as_deref(), expected);
        }
        assert_eq!(rows.insert, "INSERT INTO public.a VALUES");
    }

    #[test]
    fn writes_whole_groups_in_statements_of_bounded_length() {
        let folder = tempfile::tempdir().unwrap();
        // Of each sale one row here, and two there; two sales and a half.
        let dump = |table: &str, rows: usize| {
            let path = folder.path().join(table);
            let lines: String = (0..rows).map(|row| format!("\t({row}),\n")).collect();
            std::fs::write(&path, format!("INSERT INTO {table} VALUES\n{lines}")).unwrap();
            path
        };
        let dumps = [(dump("a", 250), 100), (dump("b", 500), 200)];
        let script = folder.path().join("script");
        let mut groups = Groups::open(&dumps).unwrap();
        assert_eq!(groups.write_script(&script, 1).unwrap(), 1);
        assert_eq!(groups.write_script(&script, 9).unwrap(), 1);
        let text = std::fs::read_to_string(&script).unwrap();
        assert_eq!(text.matches("INSERT INTO a VALUES\n(100),\n").count(), 1);
        assert_eq!(text.matches("INSERT INTO b VALUES\n").count(), 2, "128 rows and 72");
        assert_eq!((text.matches(',').count(), text.matches(';').count()), (297, 5));
        assert!(text.starts_with("BEGIN;\n") && text.ends_with("(399);\nCOMMIT;\n"), "{text}");
        assert_eq!(groups.write_script(&script, 9).unwrap(), 0);
    }

    #[test]
    fn reads_what_pgbench_says_and_the_name_of_a_database() {
        assert_eq!(average_ms("number of clients: 1\nlatency average = 12.500 ms\ntps = 80"), Some(12.5));
        assert_eq!(average_ms("pgbench: error"), None);
        assert_eq!(database_name("postgres://u@localhost/test_0?host=/x/y").unwrap(), "test_0");
        assert!(database_name("postgres://").is_err());
    }
}
