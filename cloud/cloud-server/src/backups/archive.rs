//! What is in a backup's archive: records in a gzip stream (RFC 1952), sealed (`seal.rs`).
//!
//! A record is a byte that says what it is, the length of what follows in four bytes (the low byte first), and that. In order:
//! `0` the head, `1` a key file each, `2` the version of the tables, for each table `3` its head and `4` its rows, `5` the sums of
//! all tables, `6` a blob each, `7` the end. All are JSON but rows, which are their number in four bytes and then as
//! `cloud_store::dump` writes them.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use anyhow::{Context as _, bail};
use cloud_store::{ColumnKind, DumpColumn, DumpPart, DumpRows, DumpSummary, DumpTable, TableSum};
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::key::BackupKey;
use super::seal::{Opening, Sealing};

/// The version of this format.
pub(super) const FORMAT: u32 = 1;
/// The longest record that is read: a row can hold a whole catalogue.
const RECORD_MAX_LEN: u32 = 1 << 30;

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Record {
    /// What the archive is.
    Head(Head),
    /// A file of the data folder without which tills do not know the cloud.
    KeyFile(KeyFile),
    /// A part of the database.
    Dump(DumpPart),
    /// A blob that belongs to it.
    Blob(BlobEntry),
    /// Nothing follows.
    End(Contents),
}

/// What an archive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The format's version.
    pub format: u32,
    /// The backup's name.
    pub id: String,
    /// When it was begun, in milliseconds since 1970.
    pub made_at_ms: i64,
    /// The version of the program that made it.
    pub program: String,
}

/// A file of the data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// Its name in the data folder.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// A blob, whose copy lies beside the archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobEntry {
    /// Its name in the blob store.
    pub name: String,
    /// The name of its copy.
    pub copy: String,
    /// How long it is.
    pub size_bytes: u64,
}

/// How much there is in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contents {
    /// Rows of all tables.
    pub rows: u64,
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Version {
    schema_version: i64,
}

#[derive(Serialize, Deserialize)]
struct TableHead {
    name: String,
    columns: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct Sums {
    schema_version: i64,
    tables: BTreeMap<String, (u64, String)>,
    numbers: BTreeMap<String, i64>,
}

/// Writes an archive.
pub(super) struct Writing<W: Write> {
    to: GzEncoder<Sealing<W>>,
}

impl<W: Write> Writing<W> {
    pub(super) fn begin(to: W, key: &BackupKey, id: &str) -> io::Result<Self> {
        Ok(Self { to: GzEncoder::new(Sealing::begin(to, key, &file_name(id))?, Compression::new(4)) })
    }

    pub(super) fn write(&mut self, record: &Record) -> io::Result<()> {
        let (kind, body) = match record {
            Record::Head(head) => (0, json(head)?),
            Record::KeyFile(file) => (1, json(file)?),
            Record::Dump(DumpPart::Begin { schema_version }) => {
                (2, json(&Version { schema_version: *schema_version })?)
            }
            Record::Dump(DumpPart::Table(table)) => (3, json(&table_head(table))?),
            Record::Dump(DumpPart::Rows(rows)) => {
                (4, [rows.count.to_le_bytes().as_slice(), &rows.bytes].concat())
            }
            Record::Dump(DumpPart::End(summary)) => (5, json(&sums(summary))?),
            Record::Blob(blob) => (6, json(blob)?),
            Record::End(contents) => (7, json(contents)?),
        };
        let length = u32::try_from(body.len()).ok().filter(|length| *length <= RECORD_MAX_LEN);
        let length = length.ok_or_else(|| io::Error::other("a row is longer than 1 GiB"))?;
        self.to.write_all(&[kind])?;
        self.to.write_all(&length.to_le_bytes())?;
        self.to.write_all(&body)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.to.finish()?.finish()
    }
}

/// Reads an archive.
pub(super) struct Reading<R: Read> {
    from: GzDecoder<Opening<R>>,
}

impl<R: Read> Reading<R> {
    pub(super) fn begin(from: R, key: &BackupKey, id: &str) -> io::Result<Self> {
        Ok(Self { from: GzDecoder::new(Opening::begin(from, key, &file_name(id))?) })
    }

    /// The next record. After the end there is nothing.
    pub(super) fn next(&mut self) -> anyhow::Result<Record> {
        let mut head = [0; 5];
        self.from.read_exact(&mut head)?;
        let length = u32::from_le_bytes(head[1..].try_into().expect("four bytes"));
        if length > RECORD_MAX_LEN {
            bail!("a record is said to be {length} bytes long: the archive was not made by this program");
        }
        // What is said of the length is believed only as far as bytes come.
        let mut body = Vec::new();
        (&mut self.from).take(length.into()).read_to_end(&mut body)?;
        if body.len() < length as usize {
            bail!("a record ends before its end");
        }
        read(head[0], &body).with_context(|| format!("failed to read a record of kind {}", head[0]))
    }

    /// Makes sure that the end of the file is there and whole.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let mut more = [0; 1];
        if self.from.read(&mut more)? > 0 {
            bail!("something stands behind the end of the archive");
        }
        io::copy(self.from.get_mut(), &mut io::sink())?;
        Ok(())
    }
}

/// What an archive is sealed as.
fn file_name(id: &str) -> String {
    format!("archive {id}")
}

fn read(kind: u8, body: &[u8]) -> anyhow::Result<Record> {
    Ok(match kind {
        0 => Record::Head(serde_json::from_slice(body)?),
        1 => Record::KeyFile(serde_json::from_slice(body)?),
        2 => {
            let Version { schema_version } = serde_json::from_slice(body)?;
            Record::Dump(DumpPart::Begin { schema_version })
        }
        3 => Record::Dump(DumpPart::Table(read_table_head(serde_json::from_slice(body)?)?)),
        4 => {
            let (count, bytes) = body.split_at_checked(4).context("rows without their number")?;
            let count = u32::from_le_bytes(count.try_into().expect("four bytes"));
            Record::Dump(DumpPart::Rows(DumpRows { count, bytes: bytes.to_vec() }))
        }
        5 => Record::Dump(DumpPart::End(read_sums(serde_json::from_slice(body)?)?)),
        6 => Record::Blob(serde_json::from_slice(body)?),
        7 => Record::End(serde_json::from_slice(body)?),
        _ => bail!("it is not known: a later version made the archive"),
    })
}

fn table_head(table: &DumpTable) -> TableHead {
    let column = |column: &DumpColumn| (column.name.clone(), column.kind.as_str().to_owned());
    TableHead { name: table.name.clone(), columns: table.columns.iter().map(column).collect() }
}

fn read_table_head(head: TableHead) -> anyhow::Result<DumpTable> {
    let column = |(name, kind): (String, String)| {
        let kind = ColumnKind::from_word(&kind).with_context(|| format!("`{kind}` is no kind of column"))?;
        anyhow::Ok(DumpColumn { name, kind })
    };
    Ok(DumpTable {
        name: head.name,
        columns: head.columns.into_iter().map(column).collect::<Result<_, _>>()?,
    })
}

fn sums(summary: &DumpSummary) -> Sums {
    let sum = |(name, sum): (&String, &TableSum)| (name.clone(), (sum.rows, HEXLOWER.encode(&sum.digest)));
    Sums {
        schema_version: summary.schema_version,
        tables: summary.tables.iter().map(sum).collect(),
        numbers: summary.numbers.clone(),
    }
}

fn read_sums(sums: Sums) -> anyhow::Result<DumpSummary> {
    let sum = |(name, (rows, digest)): (String, (u64, String))| {
        let digest = HEXLOWER.decode(digest.as_bytes())?;
        let digest = <[u8; 32]>::try_from(digest).ok().context("a sum has 32 bytes")?;
        anyhow::Ok((name, TableSum { rows, digest }))
    };
    let tables = sums.tables.into_iter().map(sum).collect::<Result<_, _>>()?;
    Ok(DumpSummary { schema_version: sums.schema_version, tables, numbers: sums.numbers })
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let table = DumpTable {
            name: "sale".to_owned(),
            columns: vec![DumpColumn { name: "id".to_owned(), kind: ColumnKind::Bytes }],
        };
        let sum = TableSum { rows: 2, digest: [9; 32] };
        let summary = DumpSummary {
            schema_version: 12,
            tables: [("sale".to_owned(), sum)].into(),
            numbers: [("job".to_owned(), 7)].into(),
        };
        vec![
            Record::Head(Head {
                format: FORMAT,
                id: "b".to_owned(),
                made_at_ms: 5,
                program: "1.0".to_owned(),
            }),
            Record::KeyFile(KeyFile { name: "ca.pem".to_owned(), text: "x\n".to_owned() }),
            Record::Dump(DumpPart::Begin { schema_version: 12 }),
            Record::Dump(DumpPart::Table(table)),
            Record::Dump(DumpPart::Rows(DumpRows { count: 2, bytes: vec![0; 100_000] })),
            Record::Dump(DumpPart::End(summary)),
            Record::Blob(BlobEntry { name: "photos/a/b".to_owned(), copy: "ff".to_owned(), size_bytes: 3 }),
            Record::End(Contents { rows: 2, blobs: 1, blob_bytes: 3 }),
        ]
    }

    fn write(key: &BackupKey) -> Vec<u8> {
        let mut writing = Writing::begin(Vec::new(), key, "b").unwrap();
        for record in records() {
            writing.write(&record).unwrap();
        }
        writing.finish().unwrap()
    }

    fn read_all(key: &BackupKey, bytes: &[u8]) -> anyhow::Result<Vec<Record>> {
        let mut reading = Reading::begin(bytes, key, "b")?;
        let mut read = Vec::new();
        while !matches!(read.last(), Some(Record::End(_))) {
            read.push(reading.next()?);
        }
        reading.finish()?;
        Ok(read)
    }

    #[test]
    fn gives_back_every_record_and_tells_a_cut_anywhere() {
        let key = BackupKey::random().unwrap();
        let archive = write(&key);
        assert_eq!(read_all(&key, &archive).unwrap(), records());
        for length in 0..archive.len() {
            assert!(read_all(&key, &archive[..length]).is_err(), "{length}");
        }
    }
}
