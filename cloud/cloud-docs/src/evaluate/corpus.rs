//! Reads a collection of documents whose contents are known, each in every way it can be read, and counts what came of it.
//!
//! What is known of a document is the XML attached to it, or labels beside it. A PDF is read with its attachment taken off, then
//! as pictures of its pages. The same document in several formats has the same name up to the first dot.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value as Json;

use super::report::{Learning, Report, Way};
use super::{Miss, Printed, Score, Truth, agreement, labels, score};
use crate::detect::{Content, detect};
use crate::document::{Field, Format, ParsedDocument};
use crate::page::Page;
use crate::reading::{Hints, Limits};
use crate::scan::{self, Picture, Recogniser};
use crate::{hybrid, learn, pdf, read, understand};

/// Fewer words than this on all pages: they are pictures.
const WORDS_MIN: usize = 5;

/// One file of the collection.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it lies in the collection, with `/` between folders.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Options {
    /// Pages as pictures too, with this many pixels in an inch; needs Tesseract.
    pub scan_dpi: Option<u32>,
    /// What one correction for each supplier changes.
    pub learn: bool,
    /// How much of each document.
    pub limits: Limits,
}

/// Formats that say what their values mean.
const STRUCTURED: [Format; 6] =
    [Format::Ubl, Format::Cii, Format::Zugferd1, Format::HybridPdf, Format::FatturaPa, Format::Upd];

/// A document whose contents are known, and what was read of its pages.
struct Known {
    path: String,
    truth: Truth,
    corrected: ParsedDocument,
    supplier: String,
    pages: Vec<Page>,
    printed: Printed,
}

/// One evaluation under way.
struct Session<'a> {
    files: &'a [File],
    options: &'a Options,
    recogniser: Option<Recogniser>,
    report: Report,
    told: &'a mut dyn FnMut(&str),
}

/// Reads everything; `told` hears of each value that was not read as it is.
pub fn run(files: &[File], options: &Options, told: &mut dyn FnMut(&str)) -> Report {
    let mut session = Session { files, options, recogniser: None, report: Report::default(), told };
    if options.scan_dpi.is_some() {
        match Recogniser::find() {
            Ok(found) => session.recogniser = Some(found),
            Err(error) => session.report.skip("scans", &error.to_string()),
        }
    }
    session.agree();
    let pdfs = files.iter().filter(|file| matches!(detect(&file.bytes), Content::Pdf));
    let known: Vec<Known> = pdfs.filter_map(|file| session.pdf(file)).collect();
    if options.learn {
        session.learn(&known);
    }
    session.report
}

impl Session<'_> {
    /// Compares documents of one name in the formats that say what they mean. Those of another number or day are another invoice, an
    /// edition of an example for instance: they are counted, not compared.
    fn agree(&mut self) {
        let mut named: BTreeMap<&str, Vec<(&str, ParsedDocument)>> = BTreeMap::new();
        for file in self.files.iter().filter(|file| !file.path.ends_with(".json")) {
            let hints = Hints { file_name: file.path.clone(), ..Hints::default() };
            let documents = match read(&file.bytes, &hints, &self.options.limits) {
                Ok(reading) => reading.documents,
                Err(refusal) => {
                    if matches!(detect(&file.bytes), Content::Xml(..)) {
                        self.report.skip(&file.path, &refusal.to_string());
                    }
                    continue;
                }
            };
            let mut documents =
                documents.into_iter().filter(|document| STRUCTURED.contains(&document.format));
            if let Some(document) = documents.next() {
                self.report.xml.documents += 1;
                named.entry(stem(&file.path)).or_default().push((&file.path, document));
            }
        }
        for documents in named.values() {
            let Some(((first, one), rest)) = documents.split_first() else { continue };
            for (path, other) in rest {
                if !is_same_invoice(one, other) {
                    self.report.xml.others += 1;
                    (self.told)(&format!("{first} and {path} have other numbers or days: not compared"));
                    continue;
                }
                let (tally, misses) = agreement::compare(one, other);
                self.report.xml.agreement.add(tally);
                for document in [one, other] {
                    let profile =
                        document.producer.clone().unwrap_or_else(|| format!("{:?}", document.format));
                    self.report.producers.entry(profile).or_default().xml.agreement.add(tally);
                }
                self.tell(&format!("{first} = {path}"), &misses);
            }
        }
    }

    fn tell(&mut self, path: &str, misses: &[Miss]) {
        for miss in misses {
            (self.told)(&format!("{path}: {}: `{}` was read as `{}`", miss.what, miss.truth, miss.read));
        }
    }

    /// Reads one PDF in the ways it can be read; nothing where its contents are not known or it cannot be read.
    fn pdf(&mut self, file: &File) -> Option<Known> {
        let attached = self.attached(file);
        let Some(truth) = attached.as_ref().map(Truth::of).or_else(|| self.labelled(file)) else {
            self.report.skip(&file.path, "neither an attached invoice nor labels tell what is in it");
            return None;
        };
        let bytes = hybrid::without_attachments(&file.bytes).unwrap_or_else(|_| file.bytes.clone());
        let began = Instant::now();
        let mut read = match pdf::pages(&bytes, &self.options.limits, &mut |_| {}) {
            Ok(read) => read,
            Err(error) => {
                self.report.skip(&file.path, &error.to_string());
                return None;
            }
        };
        let is_picture = read.pages.iter().map(|page| page.words.len()).sum::<usize>() < WORDS_MIN;
        if is_picture {
            read.pages = self.scanned(file, &bytes, read.page_count)?;
        }
        let document = understand(&read.pages, &hints(file), &self.options.limits);
        let seconds = began.elapsed().as_secs_f64();
        let printed = Printed::of(&read.pages);
        let (scored, misses) = score(&truth, &document, &printed);
        self.tell(&file.path, &misses);
        let producer = read.producer.clone().unwrap_or_else(|| "unknown".to_owned());
        let way = if attached.is_none() { Way::Labels } else { Way::Pdf };
        self.report.add(&producer, way, &scored, (read.pages.len(), seconds));
        if attached.is_some() && !is_picture {
            self.as_scan(file, &bytes, read.page_count, &producer, &truth, &printed);
        }
        let corrected = attached.unwrap_or_else(|| labels::correct(&truth, &document));
        let supplier = learn::supplier_key(&corrected).unwrap_or_default();
        Some(Known { path: file.path.clone(), truth, corrected, supplier, pages: read.pages, printed })
    }

    /// What the attached invoice says.
    fn attached(&self, file: &File) -> Option<ParsedDocument> {
        let reading = read(&file.bytes, &hints(file), &self.options.limits).ok()?;
        reading.documents.into_iter().find(|document| document.format == Format::HybridPdf)
    }

    /// What labels of the same name say; of several, those that lie nearest.
    fn labelled(&self, file: &File) -> Option<Truth> {
        let name = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
        };
        let shared = |path: &str| path.bytes().zip(file.path.bytes()).take_while(|(a, b)| a == b).count();
        let labels = self
            .files
            .iter()
            .filter(|other| other.path.ends_with(".json") && name(&other.path) == name(&file.path));
        let labels = labels.max_by_key(|labels| shared(&labels.path))?;
        labels::truth(&serde_json::from_slice::<Json>(&labels.bytes).ok()?)
    }

    /// The words on the pictures of some pages; nothing, with the reason in the report, where they cannot be had.
    fn scanned(&mut self, file: &File, bytes: &[u8], count: u32) -> Option<Vec<Page>> {
        let pictures = self.pictures(file, bytes, count)?;
        self.recognised(file, pictures)
    }

    fn pictures(&mut self, file: &File, bytes: &[u8], count: u32) -> Option<Vec<Picture>> {
        let dpi = self.options.scan_dpi?;
        let limits = &self.options.limits;
        let mut pictures = Vec::new();
        for number in 1..=count.min(limits.pages) {
            match pdf::render(bytes, number, dpi, limits) {
                Ok(grey) => pictures.push(Picture { grey, number, dpi: Some(dpi as f32) }),
                Err(error) => {
                    self.report.skip(&file.path, &error.to_string());
                    return None;
                }
            }
        }
        Some(pictures)
    }

    fn recognised(&mut self, file: &File, pictures: Vec<Picture>) -> Option<Vec<Page>> {
        match scan::pages(pictures, self.recogniser.as_ref()?, &mut |_| {}) {
            Ok(pages) => Some(pages),
            Err(error) => {
                self.report.skip(&file.path, &error.to_string());
                None
            }
        }
    }

    /// Reads the pages as if they had been scanned. Drawing them is not timed: a scanner does that.
    fn as_scan(
        &mut self,
        file: &File,
        bytes: &[u8],
        count: u32,
        producer: &str,
        truth: &Truth,
        printed: &Printed,
    ) {
        let Some(pictures) = self.pictures(file, bytes, count) else { return };
        let began = Instant::now();
        let Some(pages) = self.recognised(file, pictures) else { return };
        let document = understand(&pages, &hints(file), &self.options.limits);
        let seconds = began.elapsed().as_secs_f64();
        let (scored, misses) = score(truth, &document, printed);
        self.tell(&format!("{} (scan)", file.path), &misses);
        self.report.add(producer, Way::Scan, &scored, (pages.len(), seconds));
    }

    /// Corrects the first document of each supplier, and reads the others again with what that taught; then everything with what
    /// the other suppliers taught, which has to change nothing for the worse.
    fn learn(&mut self, known: &[Known]) {
        let mut suppliers: BTreeMap<&str, Vec<&Known>> = BTreeMap::new();
        for known in known {
            suppliers.entry(&known.supplier).or_default().push(known);
        }
        let examples: BTreeMap<&str, Json> = suppliers
            .iter()
            .filter_map(|(supplier, all)| {
                Some((*supplier, learn::example(&all.first()?.pages, &all.first()?.corrected)))
            })
            .collect();
        let mut learning = Learning::default();
        for (supplier, all) in &suppliers {
            for known in all {
                let own = examples.get(supplier).cloned().into_iter().collect();
                let others = examples.iter().filter(|(other, _)| *other != supplier);
                let others = others.map(|(_, example)| example.clone()).collect();
                let [before, after, replayed] =
                    [Vec::new(), own, others].map(|examples| self.again(known, examples));
                learning.replayed += 1;
                if is_worse(&replayed.0, &before.0) {
                    learning.worse += 1;
                    self.tell(&format!("{} (after other suppliers' corrections)", known.path), &replayed.1);
                }
                if known.path != all[0].path {
                    learning.before.add(&before.0);
                    learning.after.add(&after.0);
                    self.tell(&format!("{} (learnt)", known.path), &after.1);
                }
            }
        }
        self.report.learn = Some(learning);
    }

    fn again(&self, known: &Known, examples: Vec<Json>) -> (Score, Vec<Miss>) {
        let hints = Hints { examples, ..Hints::default() };
        let mut document = understand(&known.pages, &hints, &self.options.limits);
        learn::apply(&known.pages, &mut document, &hints);
        score(&known.truth, &document, &known.printed)
    }
}

/// True when fewer values are right, or more lines are wrong.
fn is_worse(after: &Score, before: &Score) -> bool {
    let wrong =
        |score: &Score| score.lines.scored + score.lines.read - 2 * score.lines.found.min(score.lines.read);
    after.header.right < before.header.right || wrong(after) > wrong(before)
}

fn hints(file: &File) -> Hints {
    Hints { file_name: file.path.clone(), ..Hints::default() }
}

fn is_same_invoice(one: &ParsedDocument, other: &ParsedDocument) -> bool {
    fn values<T>(one: Option<&Field<T>>) -> Option<&T> {
        one.map(|field| &field.value)
    }
    values(one.number.as_ref()) == values(other.number.as_ref())
        && values(one.issued.as_ref()) == values(other.issued.as_ref())
}

/// The name of a file up to its first dot.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}
