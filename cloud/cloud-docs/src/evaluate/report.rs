//! What came of an evaluation: for programs as JSON, for people as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::header::name_of;
use super::{Score, Tally};

/// How a document was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A PDF's own text; what it says is known from the invoice that was attached.
    Pdf,
    /// Pictures of the same pages.
    Scan,
    /// A PDF that labels tell about.
    Labels,
}

/// How well documents were read in one way, and how fast.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// What was right.
    pub score: Score,
    /// Pages that were read.
    pub pages: usize,
    /// Seconds that took.
    pub seconds: f64,
}

/// How far the same document agrees in several formats.
#[derive(Debug, Clone, Copy, Default)]
pub struct Agreement {
    /// Values that are alike.
    pub agreement: Tally,
    /// Documents that were read.
    pub documents: u32,
    /// Documents of the same name that are another invoice: they have another number or day.
    pub others: u32,
}

/// What one correction for each supplier changes.
#[derive(Debug, Clone, Default)]
pub struct Learning {
    /// The documents after each supplier's first, as they are read without an example.
    pub before: Score,
    /// The same, read with the first one's correction.
    pub after: Score,
    /// Documents that were read with what other suppliers taught.
    pub replayed: u32,
    /// How many of these were read worse by that.
    pub worse: u32,
}

/// What one producing program's documents came to.
#[derive(Debug, Clone, Default)]
pub struct Producer {
    /// Its structured files.
    pub xml: Agreement,
    /// Its PDFs.
    pub pdf: Part,
    /// The same as scans.
    pub scan: Part,
    /// Its PDFs that labels tell about.
    pub labels: Part,
}

/// Everything that was counted.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Structured files.
    pub xml: Agreement,
    /// PDFs without their attachment.
    pub pdf: Part,
    /// Pictures of the same pages.
    pub scan: Part,
    /// PDFs that labels tell about.
    pub labels: Part,
    /// What corrections change; nothing where that was not asked for.
    pub learn: Option<Learning>,
    /// The same by the program that made the file.
    pub producers: BTreeMap<String, Producer>,
    /// Files that were passed over, with the reason.
    pub skipped: Vec<(String, String)>,
}

impl Part {
    fn add(&mut self, score: &Score, (pages, seconds): (usize, f64)) {
        self.score.add(score);
        self.pages += pages;
        self.seconds += seconds;
    }

    /// How fast.
    pub fn pages_per_s(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.pages as f64 / self.seconds)
    }

    fn json(&self) -> Json {
        let Score { documents, header, lines, .. } = &self.score;
        json!({
            "header_accuracy": rounded(header.accuracy()),
            "line_f1": rounded(lines.f1()),
            "documents": documents,
            "pages": self.pages,
            "fields_scored": header.scored,
            "fields_left_out": header.left_out,
            "lines_scored": lines.scored,
            "lines_left_out": lines.left_out,
            "fields": fields(&self.score),
        })
    }
}

impl Report {
    pub(super) fn skip(&mut self, path: &str, reason: &str) {
        self.skipped.push((path.to_owned(), reason.to_owned()));
    }

    pub(super) fn add(&mut self, producer: &str, way: Way, score: &Score, pages: (usize, f64)) {
        let of_producer = self.producers.entry(producer.to_owned()).or_default();
        let (all, own) = match way {
            Way::Pdf => (&mut self.pdf, &mut of_producer.pdf),
            Way::Scan => (&mut self.scan, &mut of_producer.scan),
            Way::Labels => (&mut self.labels, &mut of_producer.labels),
        };
        all.add(score, pages);
        own.add(score, pages);
    }

    /// The report for programs. Names and their meaning stay.
    pub fn json(&self) -> Json {
        let agreement = |xml: &Agreement| rounded(xml.agreement.accuracy());
        let producers: BTreeMap<&String, Json> = self
            .producers
            .iter()
            .map(|(name, one)| {
                let mut parts = serde_json::Map::new();
                if one.xml.agreement.scored > 0 {
                    parts.insert("xml".to_owned(), json!({ "agreement": agreement(&one.xml) }));
                }
                for (name, part) in [("pdf", &one.pdf), ("scan", &one.scan), ("labels", &one.labels)] {
                    if part.score.documents > 0 {
                        parts.insert(name.to_owned(), part.json());
                    }
                }
                (name, Json::Object(parts))
            })
            .collect();
        let speed = |part: &Part| rounded(part.pages_per_s());
        json!({
            "xml": {
                "agreement": agreement(&self.xml),
                "values": self.xml.agreement.scored,
                "documents": self.xml.documents,
                "other_invoices": self.xml.others,
            },
            "pdf": self.pdf.json(),
            "scan": self.scan.json(),
            "labels": self.labels.json(),
            "pages_per_s": {
                "pdf": speed(&self.pdf).or(speed(&self.labels)),
                "scan": speed(&self.scan),
            },
            "learn": self.learn.as_ref().map(learning),
            "producers": producers,
            "skipped": self.skipped.iter().map(|(path, reason)| json!({ "path": path, "reason": reason })).collect::<Vec<_>>(),
        })
    }

    /// The report for people, as a Markdown table.
    pub fn table(&self) -> String {
        let mut text = "| read | documents | header fields | lines (F1) | left out | pages/s |\n".to_owned();
        text.push_str("| --- | ---: | ---: | ---: | ---: | ---: |\n");
        let agreement = share(self.xml.agreement.accuracy());
        let documents = self.xml.documents;
        let _ = writeln!(text, "| structured files, agreement | {documents} | {agreement} | | | |");
        for (name, part) in [("PDF", &self.pdf), ("scan", &self.scan), ("labels", &self.labels)] {
            row(&mut text, name, part);
        }
        if let Some(learning) = &self.learn {
            let (before, after) = (&learning.before, &learning.after);
            for (name, score) in
                [("next document, as before", before), ("next document, after one correction", after)]
            {
                row(&mut text, name, &Part { score: score.clone(), ..Part::default() });
            }
            let _ = writeln!(
                text,
                "| read worse by what others taught | {} of {} | | | | |",
                learning.worse, learning.replayed
            );
        }
        for (name, one) in &self.producers {
            for (way, part) in [("PDF", &one.pdf), ("scan", &one.scan), ("labels", &one.labels)] {
                row(&mut text, &format!("{way}, made by {}", name.replace('|', "/")), part);
            }
        }
        text
    }
}

fn row(text: &mut String, name: &str, part: &Part) {
    let Score { documents, header, lines, .. } = &part.score;
    if *documents == 0 {
        return;
    }
    let speed = part.pages_per_s().map_or_else(String::new, |speed| format!("{speed:.1}"));
    let (fields, found) = (share(header.accuracy()), share(lines.f1()));
    let _ = writeln!(
        text,
        "| {name} | {documents} | {fields} of {} | {found} of {} | {} + {} | {speed} |",
        header.scored, lines.scored, header.left_out, lines.left_out
    );
}

fn learning(learning: &Learning) -> Json {
    let score = |score: &Score| json!({ "header_accuracy": rounded(score.header.accuracy()), "line_f1": rounded(score.lines.f1()), "fields": fields(score) });
    json!({
        "documents": learning.after.documents,
        "before": score(&learning.before),
        "after": score(&learning.after),
        "replayed": learning.replayed,
        "worse": learning.worse,
    })
}

fn fields(score: &Score) -> BTreeMap<String, Json> {
    let one = |tally: &Tally| json!({ "accuracy": rounded(tally.accuracy()), "scored": tally.scored, "left_out": tally.left_out });
    score.fields.iter().map(|(field, tally)| (name_of(*field), one(tally))).collect()
}

fn rounded(share: Option<f64>) -> Option<f64> {
    share.map(|share| (share * 10_000.0).round() / 10_000.0)
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"))
}
