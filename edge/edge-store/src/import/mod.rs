//! Catalogue files: JSON and CSV in, every problem reported by line; the same formats out.

use std::fmt;
use std::path::{Path, PathBuf};

use domain::catalogue::Catalogue;
use domain::ids::ProductId;
use domain::money::Currency;
use domain::tax::TaxTable;

/// What a CSV file does not say of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopTerms {
    /// The currency of every price.
    pub currency: Currency,
    /// The rates.
    pub taxes: TaxTable,
}

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line it is on, from 1; `None` when it concerns the whole file.
    pub line: Option<u64>,
    /// What is wrong and what to do about it.
    pub text: String,
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
        for problem in &self.problems {
            match problem.line {
                Some(line) => write!(f, "\n  line {line}: {}", problem.text)?,
                None => write!(f, "\n  {}", problem.text)?,
            }
        }
        Ok(())
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

/// A picture file that belongs to a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSource {
    /// Whose it is.
    pub product: ProductId,
    /// Where it lies.
    pub from: PathBuf,
    /// Its name in the store's picture folder.
    pub name: String,
}

/// Reads a catalogue file, JSON or CSV by its extension (`.json`, `.csv`). `terms` is needed for CSV, and refused for JSON, which
/// has its own.
pub fn read_catalogue(_path: &Path, _terms: Option<&ShopTerms>) -> Result<ImportedCatalogue, ImportError> {
    unimplemented!()
}

/// Copies pictures into `<dir>/pictures/`; those that are there already are left. Do it before publishing the catalogue.
pub fn install_pictures(_pictures: &[PictureSource], _dir: &Path) -> std::io::Result<u64> {
    unimplemented!()
}

/// Where a product's picture lies in the store in `dir`.
pub fn picture_path(dir: &Path, name: &str) -> PathBuf {
    dir.join("pictures").join(name)
}

/// A catalogue in the JSON that [`read_catalogue`] reads, a product a line.
pub fn to_json(_catalogue: &Catalogue) -> String {
    unimplemented!()
}

/// A catalogue's products in the CSV that [`read_catalogue`] reads. Currency and rates are not in it.
pub fn to_csv(_catalogue: &Catalogue) -> String {
    unimplemented!()
}
