//! Catalogue files: JSON and CSV in, every problem reported by line; the same formats out.
//!
//! JSON is what [`to_json`] writes:
//! `{"currency":"EUR","tax":{"inclusive":true,"rates":{"vat7":700}},"products":[{"id":"lime","sku":"1","name":{"en":"Lime"},
//! "gtin":"..","plu":"4048","price":"0.35","per":"piece","tax_code":"vat7","age_limit":18,"archived":false,"picture":"lime.png"}]}`.
//!
//! CSV has a header with some of `id,sku,name_en,name_ru,gtin,plu,price,per,tax_code,age_limit,archived,picture` in any order
//! (`name_` with any language), separated by comma, semicolon or tab. It says nothing of currency and rates: the caller
//! does. Where columns are separated by semicolons a price may have a decimal comma, as European spreadsheets write it.

mod csv;
mod json;
mod pictures;
mod rows;
mod suggest;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use domain::catalogue::Catalogue;
use domain::ids::TaxCode;
use domain::money::Currency;
use domain::tax::{TaxRate, TaxTable};

pub use pictures::{PictureSource, install_pictures, picture_path};

use sync_core::catalogue_document;

/// The largest file that is read, in bytes: some 100,000 products.
const FILE_MAX_LEN: u64 = 32 * 1024 * 1024;
/// Problems that an error's text lists one by one.
const PROBLEMS_SHOWN: usize = 50;

/// What a CSV file does not say of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopTerms {
    /// The currency of every price.
    pub currency: Currency,
    /// The rates.
    pub taxes: TaxTable,
}

impl ShopTerms {
    /// Reads a currency code and rates as a command line gives them: `EUR` and `vat7=700`, in hundredths of a percent.
    pub fn parse<'a>(
        currency: &str,
        rates: impl IntoIterator<Item = &'a str>,
        inclusive: bool,
    ) -> Result<Self, String> {
        let currency = Currency::new(currency).map_err(|error| error.to_string())?;
        let mut taxes = TaxTable { rates: std::collections::BTreeMap::new(), inclusive };
        for text in rates {
            let bad = || {
                format!(
                    "`{text}` is not a tax rate: write a code and hundredths of a percent, for example `vat7=700`"
                )
            };
            let (code, rate) = text.split_once('=').ok_or_else(bad)?;
            let code = TaxCode::new(code).map_err(|error| error.to_string())?;
            let basis_points = rate.parse().ok().filter(|rate| *rate <= rows::RATE_MAX).ok_or_else(bad)?;
            if taxes.rates.insert(code.clone(), TaxRate { basis_points }).is_some() {
                return Err(format!("tax code `{code}` is given twice"));
            }
        }
        Ok(Self { currency, taxes })
    }
}

/// How to read a catalogue file.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions<'a> {
    /// Needed for CSV; refused for JSON, which says it itself.
    pub terms: Option<&'a ShopTerms>,
    /// The store that the catalogue is for: pictures that it has already need not lie beside the file.
    pub store: Option<&'a Path>,
}

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line it is on, from 1; `None` when it concerns the whole file.
    pub line: Option<u64>,
    /// What is wrong and what to do about it.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Why a catalogue file was refused: everything that is wrong with it. Its text has one problem a line.
#[derive(Debug)]
pub struct ImportError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, in order of lines.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "`{}` was not imported, {count} problem{plural}:", self.path.display())?;
        for problem in self.problems.iter().take(PROBLEMS_SHOWN) {
            write!(f, "\n  {problem}")?;
        }
        match count.saturating_sub(PROBLEMS_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for ImportError {}

/// A catalogue file that was read without problems.
#[derive(Debug, Clone)]
pub struct ImportedCatalogue {
    /// What it says. Products whose picture was found name it as the store's picture folder will.
    pub catalogue: Catalogue,
    /// Pictures to copy with [`install_pictures`].
    pub pictures: Vec<PictureSource>,
    /// What is not as it should be but does not stand in the way, for example a missing picture.
    pub warnings: Vec<Problem>,
}

/// Reads a catalogue file, JSON or CSV by its extension (`.json`, `.csv`).
pub fn read_catalogue(path: &Path, options: ReadOptions<'_>) -> Result<ImportedCatalogue, ImportError> {
    read(path, options).map_err(|mut problems| {
        problems.sort();
        ImportError { path: path.to_owned(), problems }
    })
}

/// A catalogue in the JSON that [`read_catalogue`] reads, a product a line.
pub fn to_json(catalogue: &Catalogue) -> String {
    catalogue_document::encode(catalogue)
}

/// A catalogue's products in the CSV that [`read_catalogue`] reads. Currency and rates are not in it.
pub fn to_csv(catalogue: &Catalogue) -> String {
    csv::write(catalogue)
}

fn read(path: &Path, options: ReadOptions<'_>) -> Result<ImportedCatalogue, Vec<Problem>> {
    let whole = |text: String| vec![Problem { line: None, text }];
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let parsed = match (extension.as_deref(), options.terms) {
        (Some("json"), None) => json::parse(&text_of(path).map_err(whole)?)?,
        (Some("json"), Some(_)) => {
            return Err(whole(
                "a JSON catalogue says its currency and tax itself: leave them out".to_owned(),
            ));
        }
        (Some("csv"), Some(terms)) => csv::parse(&text_of(path).map_err(whole)?, terms)?,
        (Some("csv"), None) => {
            return Err(whole(
                "a CSV file says neither currency nor tax rates: give them beside it".to_owned(),
            ));
        }
        _ => {
            return Err(whole("it is neither `.json` nor `.csv`: name the file after what it is".to_owned()));
        }
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    rows::finish(parsed, folder, options.store)
}

/// A file's text, and what is wrong with its encoding.
struct Text {
    text: String,
    problems: Vec<Problem>,
}

fn text_of(path: &Path) -> Result<Text, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_MAX_LEN + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > FILE_MAX_LEN {
        return Err(format!("it is larger than {} MiB: is it a catalogue?", FILE_MAX_LEN / 1024 / 1024));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is in UTF-16: save it as UTF-8".to_owned());
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&bytes);
    let mut problems = Vec::new();
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1..) {
        if std::str::from_utf8(line).is_err() {
            let text =
                "it has bytes that are not UTF-8: save the file as UTF-8, not in the encoding of one country"
                    .to_owned();
            problems.push(Problem { line: Some(number), text });
        }
    }
    Ok(Text { text: String::from_utf8_lossy(bytes).into_owned(), problems })
}
