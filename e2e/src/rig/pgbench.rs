//! What PostgreSQL itself can write: the rows of sales that the cloud took in, inserted once more by `pgbench`, into another
//! database of the same server with the same schema, as many sales a transaction as the cloud's median group had.
//!
//! The rows come out of `pg_dump` in statements of as many rows as a group has in each table. What the cloud only updates
//! (the newest place of each till, the balances of stock) is left out, so the reference does a little less than the cloud.

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
        server.dump(from, table, rows * group_sales, &path)?;
        dumps.push(PathBuf::from(path));
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
    for path in dumps.iter().chain([&PathBuf::from(&script), &PathBuf::from(&schema)]) {
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

    /// The rows of a table and of its partitions, in statements of so many.
    fn dump(&self, database: &str, table: &str, rows: usize, path: &str) -> anyhow::Result<()> {
        let tables = ["", "_2*", "_other"].map(|partition| format!("--table=public.{table}{partition}"));
        let rows = format!("--rows-per-insert={rows}");
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

/// What each transaction writes: one statement for every table.
struct Groups {
    sources: Vec<Statements<BufReader<File>>>,
    /// The next group. One is read ahead, since the last statement of a dump may be a short one and is not used.
    ready: Option<Vec<String>>,
}

impl Groups {
    fn open(dumps: &[PathBuf]) -> anyhow::Result<Self> {
        let mut sources = Vec::new();
        for path in dumps {
            let file = File::open(path).with_context(|| format!("failed to open `{}`", path.display()))?;
            sources.push(Statements { lines: BufReader::new(file).lines() });
        }
        let mut groups = Self { sources, ready: None };
        groups.ready = groups.read()?;
        Ok(groups)
    }

    fn read(&mut self) -> std::io::Result<Option<Vec<String>>> {
        self.sources.iter_mut().map(Statements::next_statement).collect()
    }

    fn next_group(&mut self) -> std::io::Result<Option<Vec<String>>> {
        let following = self.read()?;
        let group = std::mem::replace(&mut self.ready, following);
        Ok(group.filter(|_| self.ready.is_some()))
    }

    /// One transaction after the other, at most so many; gives how many there were.
    fn write_script(&mut self, path: &Path, most: usize) -> anyhow::Result<usize> {
        let file = File::create(path).with_context(|| format!("failed to create `{}`", path.display()))?;
        let mut script = BufWriter::new(file);
        let mut written = 0;
        while written < most
            && let Some(group) = self.next_group()?
        {
            script.write_all(b"BEGIN;\n")?;
            for statement in &group {
                script.write_all(statement.as_bytes())?;
            }
            script.write_all(b"COMMIT;\n")?;
            written += 1;
        }
        script.flush()?;
        Ok(written)
    }
}

/// The `INSERT` statements of a dump.
struct Statements<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Statements<R> {
    /// The next one, whole; what else is in a dump is passed over.
    fn next_statement(&mut self) -> std::io::Result<Option<String>> {
        let mut statement = String::new();
        for line in self.lines.by_ref() {
            let line = line?;
            if statement.is_empty() && !line.starts_with("INSERT INTO ") {
                continue;
            }
            statement.push_str(&line);
            statement.push('\n');
            // Nothing that the swarm writes into a text holds a line's end.
            if line.ends_with(");") {
                return Ok(Some(statement));
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
    fn finds_the_statements_of_a_dump() {
        let dump = "-- a comment;\nSET x = 0;\n\nINSERT INTO public.a VALUES\n\t(1, 'x'),\n\t(2, 'y');\n\
                    INSERT INTO public.a VALUES\n\t(3, ');');\nSELECT 1;\n";
        let mut statements = Statements { lines: dump.as_bytes().lines() };
        let mut next = || statements.next_statement().unwrap();
        assert_eq!(next().as_deref(), Some("INSERT INTO public.a VALUES\n\t(1, 'x'),\n\t(2, 'y');\n"));
        assert_eq!(next().as_deref(), Some("INSERT INTO public.a VALUES\n\t(3, ');');\n"));
        assert_eq!(next(), None);
    }

    #[test]
    fn writes_whole_groups_and_leaves_the_last_statement_out() {
        let folder = tempfile::tempdir().unwrap();
        let dumps = ["a", "b"].map(|table| {
            let path = folder.path().join(table);
            let rows = |number| format!("INSERT INTO {table} VALUES\n\t({number});\n");
            std::fs::write(&path, (1..=4).map(rows).collect::<String>()).unwrap();
            path
        });
        let script = folder.path().join("script");
        let mut groups = Groups::open(&dumps).unwrap();
        for expected in [2, 1, 0] {
            assert_eq!(groups.write_script(&script, 2).unwrap(), expected);
            let text = std::fs::read_to_string(&script).unwrap();
            assert_eq!(text.matches("BEGIN;\n").count(), expected);
            assert_eq!(text.matches("INSERT").count(), 2 * expected);
        }
    }

    #[test]
    fn reads_what_pgbench_says_and_the_name_of_a_database() {
        assert_eq!(average_ms("number of clients: 1\nlatency average = 12.500 ms\ntps = 80"), Some(12.5));
        assert_eq!(average_ms("pgbench: error"), None);
        assert_eq!(database_name("postgres://u@localhost/test_0?host=/x/y").unwrap(), "test_0");
        assert!(database_name("postgres://").is_err());
    }
}
