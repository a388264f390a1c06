//! Apache Parquet, as little of it as a table needs: one data page (version 1) a column and group of rows, plain values, levels as
//! runs, GZIP. <https://parquet.apache.org/docs/file-format/>; the footer is Thrift's compact protocol.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use anyhow::Context as _;
use cloud_store::{Cell, ExportColumn, ExportKind};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::values::{Naming, TableFile, epoch_day, title};

const MAGIC: &[u8; 4] = b"PAR1";
/// Rows that are held before they are written.
const GROUP_ROWS: u64 = 65_536;

// Physical types, converted types, and the codec, by their numbers in parquet.thrift.
const INT32: i64 = 1;
const INT64: i64 = 2;
const BYTE_ARRAY: i64 = 6;
const UTF8: i64 = 0;
const DECIMAL: i64 = 5;
const DATE: i64 = 6;
const TIMESTAMP_MILLIS: i64 = 9;
const OPTIONAL: i64 = 1;
const PLAIN: i64 = 0;
const RLE: i64 = 3;
const GZIP: i64 = 2;

/// Digits behind the point, and all digits, of thousandths.
const DECIMAL_SCALE: i64 = 3;
const DECIMAL_PRECISION: i64 = 18;

/// A Parquet file that is being written.
pub(super) struct Parquet {
    to: BufWriter<File>,
    length: u64,
    columns: Vec<Column>,
    groups: Vec<Group>,
    rows: u64,
    group_rows: u64,
}

struct Column {
    name: String,
    kind: ExportKind,
    /// The definition levels as runs: 1 there, 0 nothing.
    runs: Vec<(bool, u64)>,
    values: Vec<u8>,
}

struct Group {
    rows: u64,
    chunks: Vec<Chunk>,
}

struct Chunk {
    offset: u64,
    values: u64,
    plain_bytes: u64,
    written_bytes: u64,
}

impl Parquet {
    pub(super) fn begin(file: File, columns: &[ExportColumn]) -> anyhow::Result<Self> {
        let mut to = BufWriter::new(file);
        to.write_all(MAGIC)?;
        let column = |column: &ExportColumn| Column {
            name: title(column, Naming::Exact),
            kind: column.kind,
            runs: Vec::new(),
            values: Vec::new(),
        };
        let columns = columns.iter().map(column).collect();
        Ok(Self { to, length: MAGIC.len() as u64, columns, groups: Vec::new(), rows: 0, group_rows: 0 })
    }

    fn write_group(&mut self) -> anyhow::Result<()> {
        let mut chunks = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let page = column.take_page();
            let mut packed = GzEncoder::new(Vec::new(), Compression::new(4));
            packed.write_all(&page)?;
            let packed = packed.finish()?;
            let head = page_head(page.len(), packed.len(), self.group_rows)?;
            self.to.write_all(&head)?;
            self.to.write_all(&packed)?;
            let written_bytes = (head.len() + packed.len()) as u64;
            chunks.push(Chunk {
                offset: self.length,
                values: self.group_rows,
                plain_bytes: (head.len() + page.len()) as u64,
                written_bytes,
            });
            self.length += written_bytes;
        }
        self.groups.push(Group { rows: self.group_rows, chunks });
        self.group_rows = 0;
        Ok(())
    }

    fn footer(&self) -> Vec<u8> {
        let mut footer = Thrift::default();
        footer.integer(1, 1, I32);
        footer.list(2, STRUCT, self.columns.len() + 1);
        footer.nested(|root| {
            root.text(4, "rows");
            root.integer(5, self.columns.len() as i64, I32);
        });
        for column in &self.columns {
            footer.nested(|element| {
                let (physical, converted) = types(column.kind);
                element.integer(1, physical, I32);
                element.integer(3, OPTIONAL, I32);
                element.text(4, &column.name);
                if let Some(converted) = converted {
                    element.integer(6, converted, I32);
                }
                if converted == Some(DECIMAL) {
                    element.integer(7, DECIMAL_SCALE, I32);
                    element.integer(8, DECIMAL_PRECISION, I32);
                }
            });
        }
        footer.integer(3, self.rows as i64, I64);
        footer.list(4, STRUCT, self.groups.len());
        for group in &self.groups {
            footer.nested(|it| self.write_group_head(it, group));
        }
        footer.text(6, concat!("tillsight version ", env!("CARGO_PKG_VERSION")));
        footer.end()
    }

    fn write_group_head(&self, it: &mut Thrift, group: &Group) {
        it.list(1, STRUCT, group.chunks.len());
        for (column, chunk) in self.columns.iter().zip(&group.chunks) {
            it.nested(|head| {
                head.integer(2, chunk.offset as i64, I64);
                head.field(3, STRUCT);
                head.nested(|meta| {
                    meta.integer(1, types(column.kind).0, I32);
                    meta.list(2, I32, 2);
                    meta.varint(zigzag(PLAIN));
                    meta.varint(zigzag(RLE));
                    meta.list(3, BINARY, 1);
                    meta.bytes(column.name.as_bytes());
                    meta.integer(4, GZIP, I32);
                    meta.integer(5, chunk.values as i64, I64);
                    meta.integer(6, chunk.plain_bytes as i64, I64);
                    meta.integer(7, chunk.written_bytes as i64, I64);
                    meta.integer(9, chunk.offset as i64, I64);
                });
            });
        }
        let plain: u64 = group.chunks.iter().map(|chunk| chunk.plain_bytes).sum();
        it.integer(2, plain as i64, I64);
        it.integer(3, group.rows as i64, I64);
    }
}

impl TableFile for Parquet {
    fn row(&mut self, row: &[Cell]) -> anyhow::Result<()> {
        for (cell, column) in row.iter().zip(&mut self.columns) {
            column.push(cell)?;
        }
        self.rows += 1;
        self.group_rows += 1;
        if self.group_rows == GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        if self.group_rows > 0 {
            self.write_group()?;
        }
        let footer = self.footer();
        let length = u32::try_from(footer.len()).context("the footer is longer than 4 GiB")?;
        self.to.write_all(&footer)?;
        self.to.write_all(&length.to_le_bytes())?;
        self.to.write_all(MAGIC)?;
        self.to.into_inner()?.sync_all()?;
        Ok(())
    }
}

impl Column {
    fn push(&mut self, cell: &Cell) -> anyhow::Result<()> {
        let there = !matches!(cell, Cell::Nothing);
        match self.runs.last_mut() {
            Some((last, count)) if *last == there => *count += 1,
            _ => self.runs.push((there, 1)),
        }
        match cell {
            Cell::Nothing => {}
            Cell::Integer(day) if self.kind == ExportKind::Day => {
                let day = i32::try_from(epoch_day(*day)?).context("a day is out of range")?;
                self.values.extend(day.to_le_bytes());
            }
            Cell::Integer(number) => self.values.extend(number.to_le_bytes()),
            Cell::Text(text) => self.push_bytes(text.as_bytes())?,
            Cell::Bytes(bytes) => self.push_bytes(bytes)?,
        }
        Ok(())
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let length = u32::try_from(bytes.len()).context("a text is longer than 4 GiB")?;
        self.values.extend(length.to_le_bytes());
        self.values.extend(bytes);
        Ok(())
    }

    /// The levels after their length, and the values.
    fn take_page(&mut self) -> Vec<u8> {
        let mut levels = Vec::new();
        for (there, count) in self.runs.drain(..) {
            write_varint(count << 1, &mut levels);
            levels.push(u8::from(there));
        }
        let mut page = u32::try_from(levels.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        page.append(&mut levels);
        page.append(&mut self.values);
        page
    }
}

fn types(kind: ExportKind) -> (i64, Option<i64>) {
    match kind {
        ExportKind::Text => (BYTE_ARRAY, Some(UTF8)),
        ExportKind::Integer | ExportKind::Money => (INT64, None),
        ExportKind::Thousandths => (INT64, Some(DECIMAL)),
        ExportKind::Moment => (INT64, Some(TIMESTAMP_MILLIS)),
        ExportKind::Day => (INT32, Some(DATE)),
    }
}

fn page_head(plain: usize, packed: usize, values: u64) -> anyhow::Result<Vec<u8>> {
    let size = |bytes: usize| i32::try_from(bytes).context("a page is longer than 2 GiB");
    let mut head = Thrift::default();
    head.integer(1, 0, I32);
    head.integer(2, size(plain)?.into(), I32);
    head.integer(3, size(packed)?.into(), I32);
    head.field(5, STRUCT);
    head.nested(|page| {
        page.integer(1, values as i64, I32);
        page.integer(2, PLAIN, I32);
        page.integer(3, RLE, I32);
        page.integer(4, RLE, I32);
    });
    Ok(head.end())
}

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// A structure in Thrift's compact protocol.
#[derive(Default)]
struct Thrift {
    bytes: Vec<u8>,
    last: u8,
}

impl Thrift {
    /// The head of a field; fields come in rising order.
    fn field(&mut self, number: u8, kind: u8) {
        self.bytes.push((number - self.last) << 4 | kind);
        self.last = number;
    }

    fn integer(&mut self, number: u8, value: i64, kind: u8) {
        self.field(number, kind);
        self.varint(zigzag(value));
    }

    fn text(&mut self, number: u8, text: &str) {
        self.field(number, BINARY);
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.bytes.extend(bytes);
    }

    /// The head of a list; its elements follow.
    fn list(&mut self, number: u8, kind: u8, length: usize) {
        self.field(number, LIST);
        match u8::try_from(length) {
            Ok(short) if short < 15 => self.bytes.push(short << 4 | kind),
            _ => {
                self.bytes.push(0xf0 | kind);
                self.varint(length as u64);
            }
        }
    }

    /// A structure in this one: an element of a list, or what follows a field's head.
    fn nested(&mut self, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        fill(&mut inner);
        self.bytes.append(&mut inner.end());
    }

    fn varint(&mut self, value: u64) {
        write_varint(value, &mut self.bytes);
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn write_varint(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}
