//! The index as a file, so that a start need not build the graph again.
//!
//! Little-endian: magic, model, layout, base, graph, tail, and a checksum of all before it. It holds nothing that the
//! store does not: whatever looks wrong about it is a reason to build anew, never to repair.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ids::{ModelVersion, ProductId, Uuid, ViewId};

use super::IndexError;
use super::graph::Graph;
use super::segment::{Entry, Segment, Snapshot, Tombstones, Way, to_slot};

const MAGIC: &[u8; 8] = b"TILLVIX1";

pub(super) fn save(path: &Path, model: &ModelVersion, snapshot: &Snapshot) -> Result<(), IndexError> {
    let failed = |source| IndexError::File { action: "write", path: path.to_owned(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let write = || {
        let mut out =
            Output { out: BufWriter::with_capacity(1 << 18, File::create(&unfinished)?), sum: Sum::new() };
        write_snapshot(&mut out, model, snapshot)?;
        let sum = out.sum.finish();
        out.out.write_all(&sum.to_le_bytes())?;
        out.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&unfinished, path)?;
        // The rename itself is only durable once the folder is.
        File::open(folder)?.sync_all()
    };
    write().map_err(failed)
}

pub(super) fn load(path: &Path, model: &ModelVersion) -> Result<Snapshot, IndexError> {
    let bytes = std::fs::read(path).map_err(|source| IndexError::File {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    read_snapshot(&bytes, model).map_err(|reason| IndexError::Unusable { path: path.to_owned(), reason })
}

fn write_snapshot(out: &mut Output, model: &ModelVersion, snapshot: &Snapshot) -> io::Result<()> {
    let base = &snapshot.base;
    out.bytes(MAGIC)?;
    out.text(model.as_str())?;
    out.number(base.dim)?;
    out.number(base.len())?;
    out.number(base.products.len())?;
    out.number(snapshot.tail.len())?;
    for (product, start) in &base.products {
        out.text(product.as_str())?;
        out.number(*start as usize)?;
    }
    for id in &base.ids {
        out.bytes(id.0.as_bytes())?;
    }
    out.vector(&base.vectors)?;
    for word in snapshot.dead.words() {
        out.bytes(&word.to_le_bytes())?;
    }
    for entry in &snapshot.tail {
        out.text(entry.product.as_str())?;
        out.bytes(entry.id.0.as_bytes())?;
        out.vector(&entry.vector)?;
    }
    match &base.way {
        Way::Scan => out.number(0),
        Way::BetterScan => out.number(1),
        Way::Graph(graph) => {
            out.number(2)?;
            write_graph(out, graph)
        }
    }
}

fn write_graph(out: &mut Output, graph: &Graph) -> io::Result<()> {
    out.number(graph.entry as usize)?;
    out.number(graph.breadth as usize)?;
    out.number(graph.links.len())?;
    out.slots(&graph.starts)?;
    out.slots(&graph.links)?;
    out.number(graph.upper.len())?;
    for layer in &graph.upper {
        out.number(layer.len())?;
        let mut slots: Vec<_> = layer.iter().collect();
        slots.sort_unstable();
        for (slot, links) in slots {
            out.number(*slot as usize)?;
            out.number(links.len())?;
            out.slots(links)?;
        }
    }
    Ok(())
}

/// What is wrong with a file, in words.
type Reason = &'static str;
const CUT_OFF: Reason = "it is cut off";
const CONTRADICTION: Reason = "it contradicts itself";

fn read_snapshot(bytes: &[u8], model: &ModelVersion) -> Result<Snapshot, Reason> {
    if !bytes.starts_with(MAGIC) {
        return Err("it is something else or of another version");
    }
    let (body, sum) = bytes.split_last_chunk::<8>().ok_or(CUT_OFF)?;
    let mut check = Sum::new();
    check.add(body);
    if check.finish() != u64::from_le_bytes(*sum) {
        return Err("it is damaged or cut off");
    }
    let mut input = Input { rest: &body[MAGIC.len()..] };
    if input.text()? != model.as_str() {
        return Err("it holds vectors of another model");
    }
    let dim = input.number()?;
    let len = input.number()?;
    let product_count = input.number()?;
    let tail_len = input.number()?;
    let mut products = Vec::new();
    for _ in 0..product_count {
        products.push((input.product()?, input.slot()?));
    }
    let starts_fit = products.first().is_none_or(|p| p.1 == 0)
        && products.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1)
        && products.last().is_none_or(|p| (p.1 as usize) < len)
        && products.is_empty() == (len == 0);
    if !starts_fit || dim == 0 {
        return Err(CONTRADICTION);
    }
    let ids = input.take(len.checked_mul(16).ok_or(CONTRADICTION)?)?;
    let ids = ids.as_chunks::<16>().0.iter().map(|id| ViewId(Uuid::from_bytes(*id))).collect();
    let vectors = input.vector(len.checked_mul(dim).ok_or(CONTRADICTION)?)?;
    let words = input.take(len.div_ceil(64) * 8)?.as_chunks::<8>().0;
    let dead = Tombstones::from_words(words.iter().map(|word| u64::from_le_bytes(*word)).collect());
    let mut tail = Vec::new();
    for _ in 0..tail_len {
        let product = input.product()?;
        let id = ViewId(Uuid::from_bytes(*input.take(16)?.first_chunk().ok_or(CUT_OFF)?));
        tail.push(Arc::new(Entry { id, product, vector: input.vector(dim)?.into() }));
    }
    let way = match input.number()? {
        0 => Way::Scan,
        1 => Way::BetterScan,
        2 => Way::Graph(read_graph(&mut input, len)?),
        _ => return Err(CONTRADICTION),
    };
    let tail_fits = tail.is_sorted_by(|a: &Arc<Entry>, b| a.product <= b.product);
    if !input.rest.is_empty() || dead.count() > len || !tail_fits {
        return Err(CONTRADICTION);
    }
    let base = Segment { dim, vectors, ids, products, way };
    Ok(Snapshot::assembled(base, dead, tail))
}

fn read_graph(input: &mut Input<'_>, len: usize) -> Result<Graph, Reason> {
    let entry = input.slot()?;
    let breadth = input.slot()?;
    let link_count = input.number()?;
    let starts = input.slots(len + 1)?;
    let links = input.slots(link_count)?;
    let mut upper = Vec::new();
    for _ in 0..input.number()? {
        let mut layer = HashMap::new();
        for _ in 0..input.number()? {
            let slot = input.slot()?;
            let count = input.number()?;
            layer.insert(slot, input.slots(count)?);
        }
        upper.push(layer);
    }
    let inside = |slots: &[u32]| slots.iter().all(|&slot| (slot as usize) < len);
    let fits = (1..=4096).contains(&breadth)
        && inside(&[entry])
        && inside(&links)
        && upper.iter().all(|layer| layer.values().all(|links| inside(links)))
        && starts.is_sorted()
        && starts.first() == Some(&0)
        && starts.last() == Some(&to_slot(links.len()));
    if fits { Ok(Graph { starts, links, upper, entry, breadth }) } else { Err(CONTRADICTION) }
}

struct Output {
    out: BufWriter<File>,
    sum: Sum,
}

impl Output {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.add(bytes);
        self.out.write_all(bytes)
    }

    fn number(&mut self, number: usize) -> io::Result<()> {
        self.bytes(&(number as u64).to_le_bytes())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.number(text.len())?;
        self.bytes(text.as_bytes())
    }

    fn vector(&mut self, values: &[i16]) -> io::Result<()> {
        let mut buffer = [0; 4096];
        for values in values.chunks(buffer.len() / 2) {
            for (bytes, value) in buffer.as_chunks_mut::<2>().0.iter_mut().zip(values) {
                *bytes = value.to_le_bytes();
            }
            self.bytes(&buffer[..values.len() * 2])?;
        }
        Ok(())
    }

    fn slots(&mut self, slots: &[u32]) -> io::Result<()> {
        let mut buffer = [0; 4096];
        for slots in slots.chunks(buffer.len() / 4) {
            for (bytes, slot) in buffer.as_chunks_mut::<4>().0.iter_mut().zip(slots) {
                *bytes = slot.to_le_bytes();
            }
            self.bytes(&buffer[..slots.len() * 4])?;
        }
        Ok(())
    }
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Reason> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A number that something of at least a byte each is counted by: never more than there are bytes.
    fn number(&mut self) -> Result<usize, Reason> {
        let bytes = *self.take(8)?.first_chunk().ok_or(CUT_OFF)?;
        usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| CONTRADICTION)
    }

    fn slot(&mut self) -> Result<u32, Reason> {
        u32::try_from(self.number()?).map_err(|_| CONTRADICTION)
    }

    fn text(&mut self) -> Result<&'a str, Reason> {
        let len = self.number()?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CONTRADICTION)
    }

    fn product(&mut self) -> Result<ProductId, Reason> {
        ProductId::new(self.text()?).map_err(|_| CONTRADICTION)
    }

    fn vector(&mut self, len: usize) -> Result<Vec<i16>, Reason> {
        let bytes = self.take(len.checked_mul(2).ok_or(CONTRADICTION)?)?;
        Ok(bytes.as_chunks::<2>().0.iter().map(|value| i16::from_le_bytes(*value)).collect())
    }

    fn slots(&mut self, len: usize) -> Result<Vec<u32>, Reason> {
        let bytes = self.take(len.checked_mul(4).ok_or(CONTRADICTION)?)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|slot| u32::from_le_bytes(*slot)).collect())
    }
}

/// A checksum against torn and rotten files, not against forgers: four lanes of multiply and rotate, some ten times as
/// quick as reading the file.
struct Sum {
    lanes: [u64; 4],
    pending: Vec<u8>,
    length: u64,
}

impl Sum {
    const STEP: usize = 32;

    fn new() -> Self {
        Self { lanes: [1, 2, 3, 4], pending: Vec::with_capacity(Self::STEP), length: 0 }
    }

    fn add(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if !self.pending.is_empty() {
            let (head, rest) = bytes.split_at((Self::STEP - self.pending.len()).min(bytes.len()));
            self.pending.extend_from_slice(head);
            bytes = rest;
            if self.pending.len() == Self::STEP {
                let block = std::mem::take(&mut self.pending);
                self.blocks(&block);
                self.pending = block;
                self.pending.clear();
            }
        }
        let whole = bytes.len() / Self::STEP * Self::STEP;
        self.blocks(&bytes[..whole]);
        self.pending.extend_from_slice(&bytes[whole..]);
    }

    fn blocks(&mut self, bytes: &[u8]) {
        for block in bytes.as_chunks::<{ Self::STEP }>().0 {
            for (lane, word) in self.lanes.iter_mut().zip(block.as_chunks::<8>().0) {
                *lane =
                    (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
            }
        }
    }

    fn finish(&self) -> u64 {
        let ends =
            self.pending.iter().map(|&byte| u64::from(byte) + 1).chain([self.length]).chain(self.lanes);
        ends.fold(0, |sum: u64, word| (sum ^ word).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(31))
    }
}
