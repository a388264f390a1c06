//! Catalogues of other systems: tables, JSON and CommerceML become [`CatalogueRow`]s, each with what it says of one product.
//!
//! Nothing is decided here: a row says what the file says, as text, and whoever asked compares that with what is known. What a cell
//! holds is kept to the last letter, because a catalogue that was exported has to come back the same; only numbers are brought into
//! one way of writing.

mod cells;
mod columns;
mod commerceml;
mod json;
mod values;

use crate::notes::{self, Note};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::archive::Archive;
use crate::detect::{Content, detect};
use crate::encoding::{Text, text_of};
use crate::reading::{Hints, Limits, Refusal};

pub use values::unguarded;

/// Products that are read of one file; larger catalogues come in parts.
pub const ROWS_MAX: usize = 250_000;
/// After so many products whoever waits is told that reading goes on.
const TOLD_EVERY: usize = 1_000;

/// What a file says of one product. What it does not say is absent; what it says to be empty is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CatalogueRecord {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its article number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Its names by language; the one without a language is under an empty text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Its GTIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Its PLU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plu: Option<String>,
    /// Its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The family of that category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// What it costs, with a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// The currency's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What the price is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its tax code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// Its tax in percent, where the file knows no code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<String>,
    /// The buyer's least age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_limit: Option<String>,
    /// Whether it is no longer sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<String>,
    /// What it is bought for, which is looked at and not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// What is in a package, which is looked at and not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// A record and where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueRow {
    /// The row as the program shows it, or the product's place in the file, from 1.
    pub number: u32,
    /// What it says.
    pub record: CatalogueRecord,
    /// Why nothing can be made of it, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What kind of file it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CatalogueFormat {
    /// Separated values.
    #[default]
    Csv,
    /// A workbook.
    Sheet,
    /// JSON.
    Json,
    /// CommerceML, the exchange format of 1C.
    CommerceMl,
}

impl CatalogueFormat {
    /// The word that it is stored and written as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Sheet => "sheet",
            Self::Json => "json",
            Self::CommerceMl => "commerceml",
        }
    }
}

/// A catalogue as a file says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueFile {
    /// What kind of file it is.
    pub format: CatalogueFormat,
    /// Its products, in its order.
    pub rows: Vec<CatalogueRow>,
    /// Columns or fields of which nobody knows what they say.
    pub unknown_columns: Vec<String>,
    /// What else to mind.
    pub notes: Vec<Note>,
    /// The file says of itself that it has only what changed: what it lacks is not gone.
    pub is_partial: bool,
}

/// Reads a catalogue of any kind that is known here.
pub fn catalogue(bytes: &[u8], hints: &Hints, limits: &Limits) -> Result<CatalogueFile, Refusal> {
    let name = || hints.file_name.clone();
    let broken = |why| Refusal::Broken { name: name(), why };
    let file = match detect(bytes) {
        Content::Workbook(kind) => {
            crate::sheet::check_size(bytes, kind, limits)
                .map_err(|why| Refusal::TooLarge { name: name(), why })?;
            cells::of_workbook(bytes, kind).and_then(|cells| columns::read(cells, CatalogueFormat::Sheet))
        }
        Content::Archive => archive(bytes, limits),
        Content::Xml(_, text) | Content::Csv(text, _) | Content::Plain(text) => of_text(&text),
        // What only looks like something else by its first words is a text all the same.
        other @ (Content::Mail | Content::Dxf | Content::Ifc | Content::Unknown(_)) => match text_of(bytes) {
            Some(text) => of_text(&text),
            None => Err(no_catalogue(&other)),
        },
        other => Err(no_catalogue(&other)),
    };
    let file = file.map_err(broken)?;
    match file.rows.len() {
        0 => Err(broken(notes::no_products())),
        1..=ROWS_MAX => Ok(file),
        _ => Err(Refusal::TooLarge { name: name(), why: notes::products_cut(ROWS_MAX) }),
    }
}

fn no_catalogue(content: &Content) -> Note {
    notes::no_catalogue(content.word())
}

fn of_text(text: &Text) -> Result<CatalogueFile, Note> {
    let start = text.text.trim_start();
    let mut file = if start.starts_with('<') {
        commerceml::read(&[&text.text])
    } else if start.starts_with(['{', '[']) {
        json::read(&text.text)
    } else {
        columns::read(cells::of_text(&text.text), CatalogueFormat::Csv)
    }?;
    if text.is_damaged {
        file.notes.push(notes::letters_damaged(text.encoding));
    }
    Ok(file)
}

/// A ZIP of the files of one exchange, which are read together: one says what there is, another what that costs.
fn archive(bytes: &[u8], limits: &Limits) -> Result<CatalogueFile, Note> {
    let mut texts = Vec::new();
    let mut left = limits.unpacked_bytes;
    unpack(bytes, limits, 0, &mut left, &mut texts)?;
    // What there is comes before what it costs, whatever order they were packed in.
    texts.sort_by_key(|(name, _)| (commerceml::rank(name), name.clone()));
    let texts: Vec<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
    if texts.is_empty() {
        return Err(notes::no_catalogue_xml());
    }
    commerceml::read(&texts)
}

/// Takes the XML files out of an archive, and out of those in it: 1C may pack each file alone.
fn unpack(
    bytes: &[u8],
    limits: &Limits,
    depth: u32,
    left: &mut u64,
    texts: &mut Vec<(String, String)>,
) -> Result<(), Note> {
    let mut archive = Archive::open(bytes)?;
    if archive.len() > limits.entries as usize {
        return Err(notes::too_many_files(limits.entries));
    }
    for index in 0..archive.len() {
        let Some(entry) = archive.entry(index, *left, limits.unpack_ratio) else { continue };
        let name = entry.name.to_lowercase();
        let is_archive = name.ends_with(".zip") && depth == 0;
        // Pictures of products lie beside the catalogue; they are registered another way.
        if !is_archive && !name.ends_with(".xml") {
            continue;
        }
        let content = entry.content?;
        *left = left.saturating_sub(content.len() as u64);
        if is_archive {
            unpack(&content, limits, depth + 1, left, texts)?;
            continue;
        }
        let text = text_of(&content).ok_or_else(|| notes::file_no_text(&entry.name))?;
        texts.push((entry.name, text.text));
        crate::confined::page_done(u32::try_from(texts.len()).unwrap_or(u32::MAX));
    }
    Ok(())
}

/// Says to whoever waits that reading goes on.
fn tell(row: usize) {
    if row.is_multiple_of(TOLD_EVERY) {
        crate::confined::page_done(u32::try_from(row / TOLD_EVERY).unwrap_or(u32::MAX));
    }
}
