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
/// The longest text of a product, in bytes: names and numbers that are kept are far shorter.
const TEXT_MAX_LEN: usize = 4_096;
/// What is kept of a longer one, for people to know it by.
const SHOWN_MAX_LEN: usize = 300;
/// Languages that a product's names may be in.
const LANGUAGES_MAX: usize = 50;
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

impl CatalogueRecord {
    /// Every text of it, by the field's name.
    fn texts_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut String)> {
        let fields = [
            ("id", &mut self.id),
            ("sku", &mut self.sku),
            ("gtin", &mut self.gtin),
            ("plu", &mut self.plu),
            ("category", &mut self.category),
            ("family", &mut self.family),
            ("price", &mut self.price),
            ("currency", &mut self.currency),
            ("unit", &mut self.unit),
            ("tax_code", &mut self.tax_code),
            ("tax_rate", &mut self.tax_rate),
            ("age_limit", &mut self.age_limit),
            ("archived", &mut self.archived),
            ("cost", &mut self.cost),
            ("content", &mut self.content),
        ];
        let names = self.names.values_mut().map(|name| ("name", name));
        fields.into_iter().filter_map(|(field, text)| Some((field, text.as_mut()?))).chain(names)
    }
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
    pub problem: Option<RowProblem>,
}

/// Why nothing can be made of a row. Whoever shows it makes the sentences, in every language that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RowProblem {
    /// A product of JSON is no object.
    NoObject,
    /// Two fields of it say the same.
    FieldTwice {
        /// The second one, as the file calls it.
        key: String,
    },
    /// Its `name` is an object, and not one of texts by language.
    NamesNoTexts,
    /// A field holds others in it.
    NoText {
        /// The field, as the file calls it.
        key: String,
    },
    /// A product of CommerceML has no `Ид`.
    NoId,
    /// It has names in too many languages.
    TooManyLanguages {
        /// How many there may be.
        limit: usize,
    },
    /// A text is longer than any of a product is.
    TextTooLong {
        /// The field of [`CatalogueRecord`].
        field: String,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
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
            cells::of_workbook(bytes, kind)
                .and_then(|cells| columns::read(cells, CatalogueFormat::Sheet))
                .map_err(broken)?
        }
        Content::Archive => archive(bytes, limits).map_err(|(inside, why)| {
            let path = if inside.is_empty() { name() } else { format!("{}/{inside}", hints.file_name) };
            Refusal::Broken { name: path, why }
        })?,
        Content::Xml(_, text) | Content::Csv(text, _) | Content::Plain(text) => {
            of_text(&text).map_err(broken)?
        }
        // What only looks like something else by its first words is a text all the same.
        other @ (Content::Mail | Content::Dxf | Content::Ifc | Content::Unknown(_)) => match text_of(bytes) {
            Some(text) => of_text(&text).map_err(broken)?,
            None => return Err(broken(no_catalogue(&other))),
        },
        other => return Err(broken(no_catalogue(&other))),
    };
    match file.rows.len() {
        0 => Err(broken(notes::no_products())),
        1..=ROWS_MAX => Ok(fit(file)),
        _ => Err(Refusal::TooLarge { name: name(), why: notes::products_cut(ROWS_MAX) }),
    }
}

fn no_catalogue(content: &Content) -> Note {
    notes::no_catalogue(content.word())
}

fn of_text(text: &Text) -> Result<CatalogueFile, Note> {
    let start = text.text.trim_start();
    let mut file = if start.starts_with('<') {
        commerceml::read(&[&text.text]).map_err(|(_, why)| why)
    } else if start.starts_with(['{', '[']) {
        json::read(&text.text)
    } else {
        cells::of_text(&text.text).and_then(|cells| columns::read(cells, CatalogueFormat::Csv))
    }?;
    if text.is_damaged {
        file.notes.push(notes::letters_damaged(text.encoding));
    }
    Ok(file)
}

/// Leaves out rows that say more than a product ever does, so that nobody has to carry it around.
fn fit(mut file: CatalogueFile) -> CatalogueFile {
    for row in &mut file.rows {
        if row.record.names.len() > LANGUAGES_MAX {
            row.problem = Some(RowProblem::TooManyLanguages { limit: LANGUAGES_MAX });
            row.record.names =
                std::mem::take(&mut row.record.names).into_iter().take(LANGUAGES_MAX).collect();
        }
        for (field, text) in row.record.texts_mut().filter(|(_, text)| text.len() > TEXT_MAX_LEN) {
            let (field, bytes) = (field.to_owned(), text.len());
            row.problem = Some(RowProblem::TextTooLong { field, bytes, limit: TEXT_MAX_LEN });
            text.truncate(text.floor_char_boundary(SHOWN_MAX_LEN));
        }
    }
    file
}

/// Why nothing can be made of an archive, and which file in it is at fault; none where the archive is.
type Fault = (String, Note);

/// A ZIP of the files of one exchange, which are read together: one says what there is, another what that costs.
fn archive(bytes: &[u8], limits: &Limits) -> Result<CatalogueFile, Fault> {
    let mut texts = Vec::new();
    let mut left = limits.unpacked_bytes;
    unpack(bytes, limits, "", &mut left, &mut texts)?;
    // What there is comes before what it costs, whatever order they were packed in.
    texts.sort_by_key(|(name, _)| (commerceml::rank(name), name.clone()));
    let contents: Vec<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
    if contents.is_empty() {
        return Err((String::new(), notes::no_catalogue_xml()));
    }
    commerceml::read(&contents).map_err(|(place, why)| (texts[place].0.clone(), why))
}

/// Takes the XML files out of an archive, and out of those in it: 1C may pack each file alone. `around` is the archive's own path.
fn unpack(
    bytes: &[u8],
    limits: &Limits,
    around: &str,
    left: &mut u64,
    texts: &mut Vec<(String, String)>,
) -> Result<(), Fault> {
    let of_all = |why| (around.to_owned(), why);
    let mut archive = Archive::open(bytes).map_err(of_all)?;
    if archive.len() > limits.entries as usize {
        return Err(of_all(notes::too_many_files(limits.entries)));
    }
    for index in 0..archive.len() {
        let Some(entry) = archive.entry(index, *left, limits.unpack_ratio) else { continue };
        let name = entry.name.to_lowercase();
        let is_archive = name.ends_with(".zip") && around.is_empty();
        // Pictures of products lie beside the catalogue; they are registered another way.
        if !is_archive && !name.ends_with(".xml") {
            continue;
        }
        let path = if around.is_empty() { entry.name } else { format!("{around}/{}", entry.name) };
        let content = entry.content.map_err(|why| (path.clone(), why))?;
        *left = left.saturating_sub(content.len() as u64);
        if is_archive {
            unpack(&content, limits, &path, left, texts)?;
            continue;
        }
        let text = text_of(&content).ok_or_else(|| of_all(notes::file_no_text(&path)))?;
        texts.push((path, text.text));
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
