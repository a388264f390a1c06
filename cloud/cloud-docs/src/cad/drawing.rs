//! A drawing: its unit, its blocks, and what stands in model space.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, WINDOWS_1252};
use thiserror::Error;

use super::geometry::Vector;
use super::tags::{Tag, Tags, code_page, decoded};
use crate::notes::{self, Note};

/// Entities that are kept of one file.
const ENTITIES: usize = 1_000_000;

/// Why nothing of it can be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum DrawingError {
    /// There is no section that could hold something.
    #[error("it has no section of entities or blocks{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Nothing(Option<String>),
}

impl DrawingError {
    /// The same as a note.
    pub(super) fn into_note(self) -> Note {
        match self {
            Self::Nothing(None) => notes::drawing_empty(),
            Self::Nothing(Some(why)) => notes::drawing_unreadable(why),
        }
    }
}

/// An entity: its pairs, and those of its vertices.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entity<'a> {
    pub(super) kind: &'a [u8],
    pub(super) tags: Vec<Tag<'a>>,
    /// Of a `POLYLINE`.
    pub(super) vertices: Vec<Vec<Tag<'a>>>,
}

/// What is read of a file.
#[derive(Debug, Default)]
pub(super) struct Drawing<'a> {
    pub(super) version: Option<String>,
    /// As `$INSUNITS` has it; 0 where it is not said.
    pub(super) unit: i64,
    pub(super) entities: Vec<Entity<'a>>,
    /// By their names in capitals: names of blocks mean the same in either case.
    pub(super) blocks: BTreeMap<String, Vec<Entity<'a>>>,
    pub(super) notes: Vec<Note>,
    code_page: Option<&'static Encoding>,
}

impl<'a> Entity<'a> {
    pub(super) fn first(&self, code: i32) -> Option<&Tag<'a>> {
        self.tags.iter().find(|tag| tag.code == code)
    }

    pub(super) fn real(&self, code: i32) -> Option<f64> {
        self.first(code).map(Tag::real)
    }

    pub(super) fn whole(&self, code: i32) -> Option<i64> {
        self.first(code).map(Tag::whole)
    }

    /// The point whose first coordinate has this code.
    pub(super) fn point(&self, code: i32) -> Option<Vector> {
        let at = |code| self.real(code).unwrap_or(0.0);
        self.real(code).map(|x| [x, at(code + 10), at(code + 20)])
    }

    pub(super) fn extrusion(&self) -> Vector {
        self.point(210).unwrap_or([0.0, 0.0, 1.0])
    }

    fn is_on_paper(&self) -> bool {
        self.whole(67) == Some(1)
    }
}

impl<'a> Drawing<'a> {
    /// Reads what can be read; where the file breaks off is noted.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, DrawingError> {
        let mut drawing = Self::default();
        let mut tags = Tags::new(bytes);
        let mut has_content = false;
        let mut ended = false;
        while let Some(tag) = tags.next() {
            if tag.is(0, b"EOF") {
                ended = true;
                break;
            }
            if tag.code != 2 {
                continue;
            }
            match tag.word() {
                b"HEADER" => drawing.header(&mut tags),
                b"BLOCKS" => {
                    has_content = true;
                    drawing.blocks(&mut tags);
                }
                b"ENTITIES" => {
                    has_content = true;
                    let entities = drawing.list(&mut tags, b"ENDSEC");
                    drawing.entities = entities.into_iter().filter(|entity| !entity.is_on_paper()).collect();
                }
                _ => {}
            }
        }
        if !has_content {
            return Err(DrawingError::Nothing(tags.broken.take()));
        }
        if let Some(why) = tags.broken.take() {
            drawing.note(notes::broken_off(why));
        } else if !ended {
            drawing.note(notes::no_end());
        }
        Ok(drawing)
    }

    pub(super) fn name(&self, text: &[u8]) -> String {
        decoded(text, self.code_page.unwrap_or(WINDOWS_1252))
    }

    /// Notes it, once of each code.
    fn note(&mut self, note: Note) {
        if !self.notes.iter().any(|noted| noted.code == note.code) {
            self.notes.push(note);
        }
    }

    fn header(&mut self, tags: &mut Tags<'a>) {
        let mut variable: &[u8] = b"";
        for tag in tags.by_ref() {
            if tag.is(0, b"ENDSEC") {
                return;
            }
            match (tag.code, variable) {
                (9, _) => variable = tag.word(),
                (1, b"$ACADVER") => self.version = Some(String::from_utf8_lossy(tag.word()).into_owned()),
                (3, b"$DWGCODEPAGE") => self.code_page = Some(code_page(tag.word())),
                (70, b"$INSUNITS") => self.unit = tag.whole(),
                _ => {}
            }
        }
    }

    fn blocks(&mut self, tags: &mut Tags<'a>) {
        let (mut name, mut kept) = (None, 0);
        while let Some(tag) = tags.next() {
            if tag.is(0, b"ENDSEC") {
                return;
            }
            if tag.is(0, b"BLOCK") {
                name = None;
            } else if tag.code == 2 && name.is_none() {
                name = Some(self.name(tag.word()));
            } else if tag.code == 0
                && let Some(name) = name.take()
            {
                let first = tag.word();
                let mut entities = Vec::new();
                if first != b"ENDBLK" {
                    entities = self.list_from(tags, first, b"ENDBLK");
                }
                kept += entities.len();
                if kept > ENTITIES {
                    self.note(notes::entities_cut(ENTITIES));
                } else {
                    self.blocks.insert(name.to_uppercase(), entities);
                }
            }
        }
    }

    /// Entities up to the mark `end`.
    fn list(&mut self, tags: &mut Tags<'a>, end: &[u8]) -> Vec<Entity<'a>> {
        for tag in tags.by_ref() {
            if tag.code == 0 {
                let kind = tag.word();
                return if kind == end { Vec::new() } else { self.list_from(tags, kind, end) };
            }
        }
        Vec::new()
    }

    fn list_from(&mut self, tags: &mut Tags<'a>, first: &'a [u8], end: &[u8]) -> Vec<Entity<'a>> {
        let mut entities = Vec::new();
        let mut kind = first;
        loop {
            let (own, next) = until_next(tags);
            self.push(&mut entities, kind, own);
            match next {
                Some(next) if next == end || next == b"EOF" => return entities,
                Some(next) => kind = next,
                None => return entities,
            }
        }
    }

    /// Vertices belong to the polyline before them; attributes belong to an insert and are nothing that is counted.
    fn push(&mut self, entities: &mut Vec<Entity<'a>>, kind: &'a [u8], tags: Vec<Tag<'a>>) {
        match kind {
            b"VERTEX" => {
                if let Some(last) = entities.last_mut().filter(|last| last.kind == b"POLYLINE") {
                    last.vertices.push(tags);
                }
            }
            b"SEQEND" | b"ATTRIB" | b"ATTDEF" => {}
            _ if entities.len() >= ENTITIES => {
                self.note(notes::entities_cut(ENTITIES));
            }
            _ => entities.push(Entity { kind, tags, vertices: Vec::new() }),
        }
    }
}

/// The pairs up to the next entity, and which that is.
fn until_next<'a>(tags: &mut Tags<'a>) -> (Vec<Tag<'a>>, Option<&'a [u8]>) {
    let mut own = Vec::new();
    for tag in tags.by_ref() {
        if tag.code == 0 {
            return (own, Some(tag.word()));
        }
        // What other programs noted is none of the entity's own.
        if tag.code < 1000 {
            own.push(tag);
        }
    }
    (own, None)
}
